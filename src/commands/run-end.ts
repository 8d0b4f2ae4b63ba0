// What is said when a run has ended, and its exit code. Used by next, run and review.

import type { App } from '../app.ts';
import { exitCode, type Failure } from '../base/failure.ts';
import type { Result } from '../base/result.ts';
import { count, neutralise, oneLine } from '../base/text.ts';
import { type RunEnd, runExitCode, type Waiting } from '../run/outcome.ts';
import { openIssue, type Task } from '../runbook/task.ts';
import { timestamp } from '../system/clock.ts';
import { placeText } from '../terminal/diagnostics.ts';
import { jsonFailure, jsonPlace } from '../terminal/json.ts';
import { drawHalt } from '../terminal/reporter.ts';
import type { Style } from '../terminal/style.ts';
import { wrap } from '../terminal/wrap.ts';
import { fail } from './outcome.ts';

const MOST_SHOWN = 5;

/** The exit code of a run, or of what kept it from going on. */
export function endCode(result: Result<RunEnd, Failure>): number {
  return result.ok ? runExitCode(result.value) : exitCode(result.error);
}

type Telling = {
  /** What the process will end with. */
  readonly code?: number;
  /** The states are none of the project's, so no command can retry. */
  readonly fresh?: boolean;
  /** What is said where nothing had to be run. */
  readonly none?: string;
};

/** Says how it ended. */
export function tellEnd(app: App, result: Result<RunEnd, Failure>, telling: Telling = {}): number {
  const { code = endCode(result) } = telling;
  if (!result.ok) {
    if (app.io.json) app.io.out(lastLine({ ended: 'failed', ...jsonFailure(result.error) }, app.exitCode(code)));
    else fail(app.io, result.error);
    return code;
  }
  const end = result.value;
  if (app.io.json) app.io.out(lastLine(plain(end), app.exitCode(code)));
  else app.io.err(words(app, end, telling));
  return code;
}

/** One line, like the events before it (docs/events.md). */
function lastLine(fields: Readonly<Record<string, unknown>>, code: number): string {
  const event = { schema_version: 1, event: 'run_ended', timestamp: timestamp(), ...fields, exit_code: code };
  return `${JSON.stringify(event)}\n`;
}

function plain(end: RunEnd): Record<string, unknown> {
  return {
    ended: end.ended,
    ran: end.ran
      .filter(({ outcome }) => outcome !== 'released')
      .map(({ task, outcome }) => ({ task_id: task.id, outcome })),
    ...(end.error ? { error: { task_id: end.error.id, ...(end.errorPlace ? jsonPlace(end.errorPlace) : {}) } } : {}),
    waiting: end.waiting.map(({ task, reason, advice }) => ({ task_id: task.id, reason, advice })),
  };
}

function words({ io }: App, end: RunEnd, { fresh = false, none }: Telling): string {
  const style = io.errStyle;
  switch (end.ended) {
    case 'finished':
      if (io.quiet) return '';
      if (end.ran.length > 0) return `\n${style.good('All done')}: ${count(end.ran.length, 'task')} in this run.\n`;
      return `\n${none ?? `${style.good('All done')}: nothing is left to do.`}\n`;
    case 'one-done':
      return '';
    case 'interrupted':
      return interruptedWords(io, end, fresh);
    case 'error':
      return end.error ? errorWords(io, end, { task: end.error, fresh }) : '';
    case 'waiting':
      return waitingWords(io, end.waiting);
  }
}

/** What was just told is not told again: then only what to do. */
function errorWords(
  { errStyle: style, errWidth: width }: App['io'],
  end: RunEnd,
  { task, fresh }: { task: Task; fresh: boolean },
): string {
  if (end.errorTold === 'all') return '';
  const halt =
    end.errorTold === 'failure' ? '' : `${drawHalt(task, openIssue(task)?.detail ?? undefined, { style, width })}\n`;
  if (fresh) return `${halt}${arrow('mend it, then run again', { style, width })}\n`;
  const where = end.errorPlace ? `mend it (${placeText(end.errorPlace)}), then: ` : '';
  return `${halt}${arrow(`${where}orchestrate retry ${task.id}${sameFor(end, task)}`, { style, width })}\n`;
}

/** Several may fail in one run, or be cut off. */
function sameFor({ ran }: RunEnd, { id }: Task): string {
  const last = new Map(ran.map(({ task, outcome }) => [task.id, outcome]));
  const ids = [...last.keys()].filter(
    (other) => other !== id && ['failed', 'interrupted'].includes(last.get(other) ?? ''),
  );
  if (ids.length === 0) return '';
  const more = ids.length > MOST_SHOWN ? ` and ${ids.length - MOST_SHOWN} more` : '';
  return `; the same for ${ids.slice(0, MOST_SHOWN).join(', ')}${more}`;
}

/** A script or call that was cut off is in ERROR; what waited for a person is READY again. */
function interruptedWords({ errStyle: style, errWidth: width }: App['io'], end: RunEnd, fresh: boolean): string {
  const [waiting] = end.waiting;
  const advice = fresh
    ? 'to do it again: run again'
    : end.error
      ? `to do it again: orchestrate retry ${end.error.id}${sameFor(end, end.error)}`
      : (waiting?.advice ?? '"orchestrate status" shows how things stand');
  const what = waiting ? `: ${waiting.task.id} is READY again` : '';
  return `\n${style.warn('interrupted')}${what}\n${arrow(advice, { style, width })}\n`;
}

function waitingWords({ errStyle: style, errWidth: width }: App['io'], waiting: readonly Waiting[]): string {
  if (waiting.length === 0) return '';
  const lines = [`\n${style.warn('Waiting for a person')}:`];
  for (const { task, reason, advice } of waiting.slice(0, MOST_SHOWN)) {
    // The first line is the reason; what follows is shown as it is (what a recording and the request differ in).
    const [first = '', ...more] = neutralise(reason).split('\n');
    lines.push(
      wrap(`${style.bold(task.id)}: ${first}`, { width, indent: '  ', hanging: '  ' }),
      ...more.map((text) => `      ${text}`),
    );
    lines.push(arrow(advice, { style, width, indent: '    ' }));
  }
  if (waiting.length > MOST_SHOWN) lines.push(`  … and ${count(waiting.length - MOST_SHOWN, 'more task')}`);
  return `${lines.join('\n')}\n`;
}

function arrow(
  advice: string,
  { style, width, indent = '  ' }: { style: Style; width: number; indent?: string },
): string {
  return wrap(`${style.accent('→')} ${oneLine(advice)}`, { width, indent, hanging: '  ' });
}
