// The values that scripts leave for later tasks: where they are kept, who sees them, and under which names. Reads no file.

import { type Condition, comparable, holds } from '../runbook/condition.ts';
import { ancestors } from '../runbook/graph.ts';
import type { Runbook, Task } from '../runbook/task.ts';
import { hasOutputs } from './task-list.ts';

/** The file that a script writes to; and what the names of the values begin with. */
export const OUTPUT_VARIABLE = 'ORCHESTRATE_OUTPUT';

/** What the task has left, by key. Only while it is DONE: a run that failed or was taken back has left nothing. */
export function outputsOf(task: Task): Readonly<Record<string, string>> {
  if (task.status !== 'DONE') return {};
  return Object.fromEntries(Object.entries(task.lastRun?.outputs ?? {}).map(([key, value]) => [key, String(value)]));
}

/** As part of the name of a variable. Ids are unique in this form (design.md §2), and so are the keys of a task. */
export function foldedName(name: string): string {
  return name.replace(/[^A-Za-z0-9]/g, '_').toUpperCase();
}

/** `ORCHESTRATE_OUTPUT_<ID>_<KEY>` of all that the task rests on, in upper case and as it is written. */
export function outputVariables(runbook: Runbook, task: Task): Record<string, string> {
  // Most runbooks have none, and who rests on whom takes time to find out.
  if (!hasOutputs(runbook.tasks)) return {};
  const below = ancestors(runbook.tasks, task.id);
  const found: Record<string, string> = {};
  for (const other of runbook.tasks) {
    if (!below.has(other.id)) continue;
    for (const [key, value] of Object.entries(outputsOf(other))) {
      found[`${OUTPUT_VARIABLE}_${plainName(other.id)}_${plainName(key)}`] = value;
      found[`${OUTPUT_VARIABLE}_${foldedName(other.id)}_${foldedName(key)}`] = value;
    }
  }
  return found;
}

function plainName(name: string): string {
  return name.replace(/[^A-Za-z0-9]/g, '_');
}

/**
 * Why the task is to be SKIPPED instead of run; undefined where its `when` holds. A value that nobody wrote is the empty text.
 */
export function whySkipped(runbook: Runbook, { when }: Task): string | undefined {
  if (when === undefined) return undefined;
  const actual = actualOf(runbook, when);
  if (holds(when, actual)) return undefined;
  return `when: ${when.text} does not hold: it is "${actual}"`;
}

function actualOf(runbook: Runbook, { subject }: Condition): string {
  if (subject.kind === 'var') return comparable(runbook.vars[subject.name]) ?? '';
  const other = runbook.tasks.find(({ id }) => id === subject.id);
  return (other && outputsOf(other)[subject.key]) ?? '';
}

/** Whether that is certain before anything runs: no task that is still to come decides about it. */
export function isDecided(runbook: Runbook, { when }: Task): boolean {
  if (when?.subject.kind !== 'output') return true;
  const { id } = when.subject;
  const status = runbook.tasks.find((other) => other.id === id)?.status;
  return status === 'DONE' || status === 'SKIPPED';
}
