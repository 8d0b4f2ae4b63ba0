// What a run says of a task that is RUNNING and not its own. Pure but for asking the ledger.

import type { Task } from '../runbook/task.ts';
import type { Waiting } from './outcome.ts';
import type { Session } from './session.ts';

export function openElsewhere(task: Task): Waiting {
  return {
    task,
    reason: 'it waits for an answer in another terminal',
    advice: `answer it there, or here: orchestrate review ${task.id}`,
  };
}

/** A RUNNING that this run did not set: nobody can say yet whether its process lives, so it is not touched (design.md §3). */
export function whyRunning(session: Session, task: Task): Waiting {
  const behind = session.ledger.behind();
  if (behind.ok && behind.value.has(task.id))
    return {
      task,
      reason: `it has ended, and its outcome is in the journal: ${task.detail?.file ?? 'its file'} cannot take it as it is`,
      advice: `mend that file ("orchestrate validate"), then: orchestrate next`,
    };
  return {
    task,
    reason: 'it is marked RUNNING, and nobody on this machine can say whether the orchestrate that did so still lives',
    advice: `when no other orchestrate is at work: orchestrate retry ${task.id} --take-over`,
  };
}
