// What became of each task in one run, put together for reports: from the news, the files before and after, and how it ended. Knows
// no format.

import type { Place } from '../../base/diagnostic.ts';
import type { Redactor } from '../../base/secrets.ts';
import type { RunEnd } from '../../run/outcome.ts';
import type { Report } from '../../run/ports.ts';
import { blockReason, inScope, isFinished, type Scope } from '../../run/states.ts';
import { openIssue, type Runbook, type Task } from '../../runbook/task.ts';

/** `finished-before`: DONE or SKIPPED when the run began. `not-run`: it did not come to its turn. */
export type Result = 'passed' | 'failed' | 'interrupted' | 'skipped' | 'waiting' | 'finished-before' | 'not-run';

export type TaskRecord = {
  readonly task: Task;
  readonly result: Result;
  /** Why it is as it is; empty where that goes without saying. */
  readonly reason: string;
  /** What a person can do about it. */
  readonly advice?: string;
  /** The type of its issue, such as SCRIPT_ERROR. */
  readonly issue?: string;
  readonly durationMs: number;
  /** The end of what its script printed, and where the whole stands. */
  readonly output: Output | undefined;
  /** Where the task is written, in the files as they were before the run: only those lines are in the commit. */
  readonly place?: Place;
};

export type Output = { readonly text: string; readonly isCut: boolean; readonly logFile: string };

export type RunRecord = {
  readonly name: string;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  readonly durationMs: number;
  readonly tasks: readonly TaskRecord[];
  /** What kept the run from going on, besides its tasks. */
  readonly problems: readonly ProblemRecord[];
};

export type ProblemRecord = {
  readonly severity: 'error' | 'warning';
  readonly code: string;
  readonly message: string;
  readonly advice?: string;
  readonly place?: Place;
};

/** Of what a script printed, in characters. The whole is in its log. */
const KEPT_OUTPUT = 16_384;

type Facts = {
  detail?: string | undefined;
  durationMs: number;
  output?: { text: string; isCut: boolean; logFile: string };
};

export type Collector = { readonly listen: Report; readonly facts: ReadonlyMap<string, Facts> };

/** Keeps of the news what a report needs; of the output, the end. */
export function createCollector(): Collector {
  const facts = new Map<string, Facts>();
  let current: Facts = { durationMs: 0 };
  const listen: Report = (news, of) => {
    current = (of === undefined ? undefined : facts.get(of)) ?? current;
    switch (news.kind) {
      case 'task-started':
        current = { durationMs: 0 };
        facts.set(news.task.id, current);
        return;
      case 'script-started':
        current.output = { text: '', isCut: false, logFile: news.logFile };
        return;
      case 'script-output':
        if (current.output) keep(current.output, news.text);
        return;
      case 'task-ended':
        current.durationMs = news.durationMs;
        current.detail = news.detail;
        return;
      case 'moved':
        if (news.to === 'SKIPPED') facts.set(news.task.id, { durationMs: 0, detail: news.reason });
        return;
      default:
    }
  };
  return { listen, facts };
}

function keep(output: NonNullable<Facts['output']>, text: string): void {
  const whole = output.text + text;
  output.text = whole.slice(-KEPT_OUTPUT);
  output.isCut ||= output.text.length < whole.length;
}

export type Ended = {
  readonly scope: Scope;
  readonly before: Runbook;
  /** The files as the run left them; as they were where they cannot be read any more. */
  readonly after: Runbook;
  /** Undefined where the run could not go on. */
  readonly end: RunEnd | undefined;
  readonly facts: ReadonlyMap<string, Facts>;
};

/** The tasks in scope, in file order. */
export function recordsOf({ scope, before, after, end, facts }: Ended): TaskRecord[] {
  const waiting = new Map((end?.waiting ?? []).map((one) => [one.task.id as string, one]));
  const now = new Map(after.tasks.map((task) => [task.id as string, task]));
  return inScope(before.tasks, scope).map((task) => {
    const present = now.get(task.id) ?? task;
    const own = facts.get(task.id);
    const waits = waiting.get(task.id);
    const shared = { task: present, durationMs: own?.durationMs ?? 0, output: own?.output };
    if (own === undefined && isFinished(task))
      return { ...shared, result: 'finished-before', reason: `${task.status} before this run` };
    switch (present.status) {
      case 'DONE':
        return { ...shared, result: 'passed', reason: '' };
      case 'SKIPPED':
        return { ...shared, result: 'skipped', reason: own?.detail ?? 'skipped' };
      case 'ERROR':
        return failed(present, shared);
      default:
        if (waits) return { ...shared, result: 'waiting', reason: waits.reason, advice: waits.advice };
        return { ...shared, result: 'not-run', reason: whyNotRun(after, present, end) };
    }
  });
}

function failed(task: Task, shared: Pick<TaskRecord, 'task' | 'durationMs' | 'output'>): TaskRecord {
  const issue = openIssue(task);
  return {
    ...shared,
    result: issue?.type === 'INTERRUPTED' ? 'interrupted' : 'failed',
    reason: issue?.detail ?? 'it failed',
    ...(issue?.type ? { issue: issue.type } : {}),
    advice: `mend it, then: orchestrate retry ${task.id}`,
  };
}

function whyNotRun(after: Runbook, task: Task, end: RunEnd | undefined): string {
  const reason = blockReason(after, task);
  if (reason !== undefined) return `not run: ${reason}`;
  return end?.error ? `not run: ${end.error.id} stopped the run` : 'not run: the run ended before its turn';
}

/** The same without secrets: in each text by itself, because a form of their own (XML, Markdown) would hide them from a later look. */
export function redacted(run: RunRecord, { text }: Redactor): RunRecord {
  const advised = (advice: string | undefined) => (advice === undefined ? {} : { advice: text(advice) });
  return {
    ...run,
    name: text(run.name),
    problems: run.problems.map((problem) => ({
      ...problem,
      message: text(problem.message),
      ...advised(problem.advice),
    })),
    tasks: run.tasks.map(({ task, reason, advice, output, ...rest }) => ({
      ...rest,
      task: {
        ...task,
        name: text(task.name),
        ...(task.phase === undefined ? {} : { phase: text(task.phase) }),
      },
      reason: text(reason),
      ...advised(advice),
      output: output && { ...output, text: text(output.text) },
    })),
  };
}
