// Recognises states on disk that are an older version of the whole (design.md §3): a stale editor buffer, a checkout, a stash. Pure.

import type { Runbook } from '../runbook/task.ts';
import type { TaskChange } from './step.ts';

/** `seq`: the newest entry that the states on disk know nothing of. */
export type Rollback = { readonly seq: number; readonly at: string };

type Done = { readonly seq: number; readonly at: string; readonly changes: readonly TaskChange[] };

/**
 * The states on disk against those that were, entry by entry, from the newest back. Two tasks at the least must have gone back: one
 * alone is what a person does who wants it done again.
 */
export function findRollback(
  runbook: Runbook,
  remembered: ReadonlyMap<string, { readonly status: string }>,
  newest: readonly Done[],
): Rollback | undefined {
  const onDisk = new Map<string, string>(runbook.tasks.map(({ id, status }) => [id, status]));
  const wentBack = [...remembered].filter(([id, { status }]) => onDisk.has(id) && onDisk.get(id) !== status);
  if (wentBack.length < 2) return undefined;
  let differing = new Set(wentBack.map(([id]) => id));
  for (const { seq, at, changes } of newest) {
    for (const { taskId, from, was = from } of changes.toReversed()) {
      if (!onDisk.has(taskId)) continue;
      differing = withDifference(differing, taskId, onDisk.get(taskId) !== was);
    }
    if (differing.size === 0) return { seq, at };
  }
  return undefined;
}

function withDifference(differing: Set<string>, id: string, differs: boolean): Set<string> {
  if (differs) differing.add(id);
  else differing.delete(id);
  return differing;
}
