// Which DONE tasks can still be trusted, looked at thoroughly: by content, with their checks made again. Reads only, takes no lock.

import { readReceipts } from '../../journal/journal.ts';
import type { Runbook, Task, TaskId } from '../../runbook/task.ts';
import { type CheckResult, checkStatic } from '../evidence.ts';
import { isStatic } from '../expects.ts';
import { compareHashes } from './fingerprint.ts';
import { type Reason, type Trusts, trustOf } from './stale.ts';

/** Of these tasks, by content: static checks are made again, and those that `commands` gives the results of. */
export async function verify(
  root: string,
  runbook: Runbook,
  { tasks, commands }: { tasks: readonly Task[]; commands?: (task: Task) => Promise<readonly CheckResult[]> },
): Promise<Trusts> {
  const again = new Map<TaskId, readonly Reason[]>();
  for (const task of tasks) {
    const results = await checkStatic(root, task.expects);
    // As at the end of a task: commands are not asked where a file is missing already.
    if (commands && results.every(({ ok }) => ok)) results.push(...(await commands(task)));
    again.set(task.id, results.filter(({ ok }) => !ok).map(failed));
  }
  const looking = {
    runbook,
    kept: readReceipts(root),
    compare: compareHashes(root),
    recheck: (task: Task) => again.get(task.id) ?? [],
  };
  return new Map(tasks.map((task) => [task.id, trustOf(task, looking)]));
}

function failed({ label, detail }: CheckResult): Reason {
  return { code: 'check', message: detail === undefined ? `a check fails: ${label}` : `a check fails: ${detail}` };
}

/** Checks that only a command can make. */
export function commandChecks(task: Task): number {
  return task.expects.filter((check) => !isStatic(check)).length;
}
