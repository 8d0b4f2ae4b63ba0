// What a command that only reads makes of files that do not say the same: somebody has edited one of them, or a run is in the middle of
// writing them. Writes nothing and needs no lock; where the files contradict each other it takes a tenth of a second longer.

import type { Failure } from '../base/failure.ts';
import { ok, type Result } from '../base/result.ts';
import { type Entry, readState } from '../journal/journal.ts';
import type { Runbook } from '../runbook/task.ts';
import { pause } from '../system/clock.ts';
import { type Conflict, conflictProblem, type Reconciled, reconcile } from './reconcile.ts';
import { changesOf } from './roll-forward.ts';

/** As long as the files may stay behind the journal (design.md §3). */
const BEHIND_MS = 100;

/** The runbook with the status that counts for each task; conflicts are among its problems. */
export async function readBeside(
  root: string,
  runbook: Runbook,
  readAgain: () => Promise<Result<Runbook, Failure>>,
): Promise<Result<Runbook, Failure>> {
  const first = reconciled(root, runbook);
  if (first.conflicts.length === 0) return ok(first.runbook);
  // The files were read before the journal, which may have gone on meanwhile: only what is seen again is a conflict.
  await pause(BEHIND_MS);
  const again = await readAgain();
  if (!again.ok) return again;
  const { runbook: counting, conflicts } = reconciled(root, again.value);
  const seen = new Set(first.conflicts.map(keyOf));
  const told = conflicts.filter((one) => seen.has(keyOf(one))).map((one) => conflictProblem(counting, one));
  return ok({ ...counting, problems: [...counting.problems, ...told] });
}

function keyOf({ task, inRunbook, inDetail }: Conflict): string {
  return JSON.stringify([task.id, inRunbook, inDetail]);
}

function reconciled(root: string, runbook: Runbook): Reconciled {
  const { memory, open } = readState(root);
  return reconcile(runbook, memory, inWriting(runbook, open));
}

/** Tasks whose files hold nothing but what entries begin with and make that have not got into all of them. */
function inWriting(runbook: Runbook, open: readonly Entry[]): Set<string> {
  const changes = Map.groupBy(open.flatMap(changesOf), ({ taskId }) => taskId);
  const isInWriting = ({ id, status, detailStatus = status }: Runbook['tasks'][number]) => {
    const known = (changes.get(id) ?? []).flatMap(({ from, to, detail }) => [from, to, detail?.from]);
    return known.includes(status) && known.includes(detailStatus);
  };
  return new Set(runbook.tasks.filter(isInWriting).map(({ id }) => id));
}
