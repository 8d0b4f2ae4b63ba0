// What is said when a run has ended, and its exit code. Used by next, run and review.

import type { App } from '../app.ts';
import type { Failure } from '../base/failure.ts';
import type { Result } from '../base/result.ts';
import { count, neutralise, oneLine } from '../base/text.ts';
import { type RunEnd, runExitCode, type Waiting } from '../run/outcome.ts';
import { openIssue, type Task } from '../runbook/task.ts';
import { fail } from './outcome.ts';

const MOST_SHOWN = 5;

export function tellEnd(app: App, result: Result<RunEnd, Failure>): number {
  if (!result.ok) return fail(app.io, result.error);
  const end = result.value;
  const code = runExitCode(end);
  if (app.io.json) app.io.out(`${JSON.stringify({ schema_version: 1, event: 'run_ended', ...plain(end), exit_code: code })}\n`);
  else app.io.err(words(app, end));
  return code;
}

function plain(end: RunEnd): Record<string, unknown> {
  return {
    ended: end.ended,
    ran: end.ran.map(({ task, outcome }) => ({ task_id: task.id, outcome })),
    ...(end.error ? { error: { task_id: end.error.id } } : {}),
    waiting: end.waiting.map(({ task, reason, advice }) => ({ task_id: task.id, reason, advice })),
  };
}

function words({ io }: App, end: RunEnd): string {
  const style = io.errStyle;
  switch (end.ended) {
    case 'finished':
      return io.quiet ? '' : `\n${style.good('All done')}${end.ran.length > 0 ? `: ${count(end.ran.length, 'task')} in this run` : ': nothing is left to do'}.\n`;
    case 'one-done':
      return '';
    case 'interrupted':
      return `\n${style.warn('interrupted')}\n  ${style.accent('→')} "orchestrate status" shows how things stand\n`;
    case 'error':
      return end.error ? errorWords(io, end.error, end.ran.some(({ task }) => task.id === end.error?.id)) : '';
    case 'waiting':
      return waitingWords(io, end.waiting);
  }
}

/** Id, name, newest open issue, where to edit, the command that retries it (design.md §3). What was just told is not told again. */
function errorWords({ errStyle: style }: App['io'], task: Task, justTold: boolean): string {
  const issue = justTold ? undefined : openIssue(task);
  const lines = [`\n${style.bad('✗')} stopped: ${style.bold(task.id)} (${oneLine(task.name)}) is in ERROR`];
  if (issue?.detail) lines.push(`  ${neutralise(issue.detail)}`);
  const where = task.detail ? `edit ${task.detail.file}, then: ` : '';
  lines.push(`  ${style.accent('→')} ${where}orchestrate retry ${task.id}`);
  return `${lines.join('\n')}\n`;
}

function waitingWords({ errStyle: style }: App['io'], waiting: readonly Waiting[]): string {
  if (waiting.length === 0) return '';
  const lines = [`\n${style.warn('Waiting for a person')}:`];
  for (const { task, reason, advice } of waiting.slice(0, MOST_SHOWN)) {
    lines.push(`  ${style.bold(task.id)}: ${oneLine(reason)}`, `    ${style.accent('→')} ${oneLine(advice)}`);
  }
  if (waiting.length > MOST_SHOWN) lines.push(`  … and ${count(waiting.length - MOST_SHOWN, 'more task')}`);
  return `${lines.join('\n')}\n`;
}
