// The runbook as a command that changes state begins with: read, compared with what was last written, hand edits taken over.

import type { Failure } from '../base/failure.ts';
import { err, ok, type Result } from '../base/result.ts';
import { placeProblems } from '../runbook/problem.ts';
import { loadRunbook, whenSaved } from '../runbook/store.ts';
import type { Runbook } from '../runbook/task.ts';
import { takeEdits } from './hand-edits.ts';
import { conflictProblem, reconcile } from './reconcile.ts';
import type { Session } from './session.ts';
import { withVars } from './vars.ts';

/** Reads everything anew: people edit while it runs. A conflict is a failure that names both places. */
export async function openRunbook(session: Session): Promise<Result<Runbook, Failure>> {
  const opened = await openFiles(session);
  return opened.ok ? ok(withVars(opened.value, session.vars)) : opened;
}

async function openFiles(session: Session): Promise<Result<Runbook, Failure>> {
  const loaded = await whenSaved(() => loadRunbook(session.states));
  if (!loaded.ok) return loaded;
  const remembered = session.ledger.remembered();
  if (!remembered.ok) return remembered;
  const { runbook, edits, conflicts, unseen } = reconcile(loaded.value, remembered.value);
  if (conflicts.length > 0)
    return err({
      code: 'conflict',
      diagnostics: await placeProblems(conflicts.map((conflict) => conflictProblem(runbook, conflict))),
    });
  session.ledger.observe(new Map(unseen.map(({ id, status }) => [id, { status }])));
  if (edits.length === 0) return ok(runbook);
  const taken = await takeEdits(session, { runbook, edits, remembered: remembered.value });
  return taken.ok ? whenSaved(() => loadRunbook(session.states)) : taken;
}
