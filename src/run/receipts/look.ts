// Which DONE tasks can still be trusted, by their receipts and the sizes and times of files. Reads only, takes no lock.

import { readReceipts } from '../../journal/journal.ts';
import type { Runbook, Task } from '../../runbook/task.ts';
import { compareStamps, stampsOf } from './fingerprint.ts';
import { type Trusts, trustOf } from './stale.ts';

/** Of these tasks, by size and time. */
export function lookFully(root: string, runbook: Runbook, tasks: readonly Task[]): Trusts {
  const looking = { runbook, kept: readReceipts(root), compare: compareStamps(stampsOf(root)) };
  return new Map(tasks.map((task) => [task.id, trustOf(task, looking)]));
}

/** Whether there is nothing to confirm: what `status` shows of it is that it holds. */
export function isTrusted(root: string, runbook: Runbook, task: Task): boolean {
  return lookFully(root, runbook, [task]).get(task.id)?.kind === 'holds';
}
