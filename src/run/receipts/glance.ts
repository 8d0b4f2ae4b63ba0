// Which DONE tasks can still be trusted, at a glance: `status` is run in shell prompts. Reads no file but the database.

import { readReceipts } from '../../journal/journal.ts';
import type { Runbook } from '../../runbook/task.ts';
import { compareStamps, stampsOf } from './fingerprint.ts';
import { type Trusts, trustOf } from './stale.ts';

/** Of every task that is DONE, by size and time: each file is looked at once and read never. */
export function glance(root: string, runbook: Runbook): Trusts {
  const done = runbook.tasks.filter(({ status }) => status === 'DONE');
  if (done.length === 0) return new Map();
  const kept = readReceipts(root);
  if (kept.memory.size === 0) return new Map(done.map(({ id }) => [id, { kind: 'unverified' }]));
  const looking = { runbook, kept, compare: compareStamps(stampsOf(root)) };
  return new Map(done.map((task) => [task.id, trustOf(task, looking)]));
}
