// Settles the calls of processes that died: their rows are open, and nobody is left to settle them. Knows no task.

import type { Db } from '../database/open.ts';
import { isAliveIdentity, isThisMachine, type ProcessIdentity } from '../system/process-identity.ts';
import { textOf } from './output.ts';
import type { Interrupted } from './types.ts';

/** What stands as the error of a call whose program died. */
export const interruptedError = 'interrupted: orchestrate ended while it was in flight';

type OpenRow = { id: string; taskId: string | null; runId: string | null; output: string | null; owner: string | null };

/**
 * What it reserved stays reserved: the server may have answered, and charged, after the program was gone (a budget is never overshot).
 * Calls of living processes and of other machines are left alone; so are rows of a version that did not yet write an owner.
 */
export function settleInterrupted(db: Db): Interrupted[] {
  const open = db
    .prepare<[], OpenRow>(
      `SELECT id, task_id AS taskId, run_id AS runId, output, owner FROM quickies WHERE status IN ('pending', 'running')`,
    )
    .all();
  const dead = open.filter(({ owner }) => owner !== null && isDead(owner));
  const settle = db.prepare<[string, string]>(
    `UPDATE quickies SET status = 'error', error = ? WHERE id = ? AND status IN ('pending', 'running')`,
  );
  const mine = dead.filter(({ id }) => settle.run(interruptedError, id).changes > 0);
  return mine.map(({ id, taskId, runId, output }) => ({ id, taskId, runId, text: textOf(output) }));
}

function isDead(owner: string): boolean {
  const identity = JSON.parse(owner) as ProcessIdentity;
  return isThisMachine(identity) && !isAliveIdentity(identity);
}
