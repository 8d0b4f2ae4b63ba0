// Transitions together with what follows from them: the tasks that become READY or go back to PENDING. Pure.

import type { Runbook, Task, TaskId } from '../runbook/task.ts';
import type { Status } from '../runbook/words.ts';
import { settle } from './states.ts';
import type { Transition } from './transition.ts';

/** The runbook as it stands after the transitions. */
export function afterwards(runbook: Runbook, transitions: readonly Transition[]): Runbook {
  const changed = new Map<string, Status>(transitions.map(({ task, to }) => [task.id, to]));
  // What scripts leave for others is in it, and the next may be among those: it must not wait for the files.
  const ran = new Map(
    transitions.flatMap(({ task, lastRun }) => (lastRun ? [[task.id as string, lastRun] as const] : [])),
  );
  const unblocked = new Set(
    transitions.filter(({ entry }) => entry?.allow_skipped === true).map(({ task }) => task.id),
  );
  const update = (task: Task): Task => {
    const to = changed.get(task.id);
    const moved =
      to === undefined ? task : { ...task, status: to, detailStatus: task.detail?.writable ? to : task.detailStatus };
    const lastRun = ran.get(task.id);
    const told = lastRun && task.detail?.writable ? { ...moved, lastRun } : moved;
    return unblocked.has(task.id) ? { ...told, allowSkipped: true } : told;
  };
  return { ...runbook, tasks: runbook.tasks.map(update) };
}

/** The given transitions and, after them, those that they bring about: one step for the ledger. */
export function withConsequences(runbook: Runbook, transitions: readonly Transition[]): Transition[] {
  return [...transitions, ...settling(afterwards(runbook, transitions))];
}

/** Its file could not take the new state; it is looked at again when it is mended. */
function hasBrokenDetail({ detail }: Task): boolean {
  return detail?.source !== undefined && !detail.writable && detail.source.text.trim() !== '';
}

/** What the states of the others make of each PENDING and READY task, as transitions. */
export function settling(runbook: Runbook, forced?: TaskId): Transition[] {
  return settle(runbook.tasks, forced)
    .filter(({ task }) => !hasBrokenDetail(task))
    .map(({ task, to, reason }) => ({
      task,
      to,
      event: to === 'READY' ? ('TASK_READY' as const) : ('TASK_RESET' as const),
      actor: 'orchestrate',
      details: { reason },
    }));
}
