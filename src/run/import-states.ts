// Takes the states of a file over into the project's files, as one step that can be taken back.

import { isDeepStrictEqual } from 'node:util';
import type { Failure } from '../base/failure.ts';
import { err, ok, type Result } from '../base/result.ts';
import type { Status } from '../runbook/words.ts';
import { stillRunning } from './change.ts';
import { openRunbook } from './open.ts';
import type { Session } from './session.ts';
import type { States } from './state-file.ts';
import type { Transition } from './transition.ts';

export type Imported = {
  readonly changed: readonly { readonly id: string; readonly from: Status; readonly to: Status }[];
  /** Tasks of the file that the runbook does not have (any more). */
  readonly unknown: readonly string[];
};

/** Of the issues, the newest open one comes along: it says why a task is in ERROR. */
export async function importStates(session: Session, states: States): Promise<Result<Imported, Failure>> {
  const opened = await openRunbook(session);
  if (!opened.ok) return opened;
  const { tasks } = opened.value;
  const running = tasks.find(({ status }) => status === 'RUNNING');
  if (running) return err(stillRunning(running));
  const transitions = tasks.flatMap((task): Transition[] => {
    const state = states.get(task.id);
    if (state === undefined) return [];
    const lastRun = state.last_run ?? undefined;
    const issue = state.issues?.findLast((one) => !one.resolution);
    if (state.status === task.status && (lastRun === undefined || isDeepStrictEqual(lastRun, task.lastRun))) return [];
    return [
      {
        task,
        to: state.status,
        event: 'STATE_IMPORTED',
        statusChange: `${task.status} -> ${state.status}`,
        actor: 'person',
        ...(lastRun ? { lastRun } : {}),
        ...(issue ? { issue } : {}),
        ...(state.status === 'ERROR' ? {} : { resolution: 'Imported' }),
      },
    ];
  });
  if (transitions.length > 0) {
    const applied = await session.ledger.apply(transitions);
    if (!applied.ok) return applied;
  }
  const known = new Set<string>(tasks.map(({ id }) => id));
  return ok({
    changed: transitions.map(({ task, to }) => ({ id: task.id, from: task.status, to })),
    unknown: [...states.keys()].filter((id) => !known.has(id)),
  });
}
