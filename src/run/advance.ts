// Transitions together with what follows from them: the tasks that become READY or go back to PENDING. Pure.

import type { Runbook, Task, TaskId } from '../runbook/task.ts';
import { settle } from './states.ts';
import { byId, withChanged } from './task-list.ts';
import type { Transition } from './transition.ts';

/** The runbook as it stands after the transitions. */
export function afterwards(runbook: Runbook, transitions: readonly Transition[]): Runbook {
  const changed = new Map<TaskId, Task>();
  const index = byId(runbook.tasks);
  for (const transition of transitions) {
    const { id } = transition.task;
    const task = changed.get(id) ?? index.get(id);
    if (task) changed.set(id, afterOne(task, transition));
  }
  return { ...runbook, tasks: withChanged(runbook.tasks, [...changed.values()]) };
}

function afterOne(task: Task, { to, lastRun, entry }: Transition): Task {
  return {
    ...task,
    status: to,
    detailStatus: task.detail?.writable ? to : task.detailStatus,
    // What scripts leave for others is in it, and the next may be among those: it must not wait for the files.
    ...(lastRun && task.detail?.writable ? { lastRun } : {}),
    ...(entry?.allow_skipped === true ? { allowSkipped: true } : {}),
  };
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
