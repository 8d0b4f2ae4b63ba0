// What a command that only reads makes of files that do not say the same: somebody has edited one of them, or a run is in the middle of
// writing them. Writes nothing and waits for nobody's lock.

import type { Failure } from '../base/failure.ts';
import { ok, type Result } from '../base/result.ts';
import { readState } from '../journal/journal.ts';
import type { Runbook } from '../runbook/task.ts';
import { pause } from '../system/clock.ts';
import { conflictProblem, reconcile } from './reconcile.ts';
import { tasksOf } from './roll-forward.ts';

/** As long as the files may stay behind the journal (design.md §3). */
const BEHIND_MS = 100;
/** The files are read before the journal, which may have gone on meanwhile: only what is seen again counts as a conflict. */
const LOOKS = 3;

/** The runbook with the status that counts for each task; conflicts are among its problems. */
export async function readBeside(
  root: string,
  runbook: Runbook,
  readAgain: () => Promise<Result<Runbook, Failure>>,
): Promise<Result<Runbook, Failure>> {
  let seen = runbook;
  for (let looks = 1; ; looks += 1) {
    const { memory, open } = readState(root);
    const { runbook: counting, conflicts } = reconcile(seen, memory, tasksOf(open));
    if (conflicts.length === 0 || looks === LOOKS) {
      const told = conflicts.map((conflict) => conflictProblem(counting, conflict));
      return ok({ ...counting, problems: [...counting.problems, ...told] });
    }
    await pause(BEHIND_MS);
    const again = await readAgain();
    if (!again.ok) return again;
    seen = again.value;
  }
}
