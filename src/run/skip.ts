// A task whose `when` does not hold at its turn: SKIPPED, with the reason, and what follows from it. Does not judge the condition.

import type { Failure } from '../base/failure.ts';
import { ok, type Result } from '../base/result.ts';
import type { Runbook, Task } from '../runbook/task.ts';
import { withConsequences } from './advance.ts';
import { whySkipped } from './outputs.ts';
import type { Session } from './session.ts';

/** True where it was skipped. */
export async function skipUnlessMeant(
  session: Session,
  runbook: Runbook,
  task: Task,
): Promise<Result<boolean, Failure>> {
  const reason = whySkipped(runbook, task);
  if (reason === undefined) return ok(false);
  const applied = await session.ledger.apply(
    withConsequences(runbook, [
      { task, to: 'SKIPPED', event: 'SKIP_TASK', actor: 'orchestrate', details: { reason }, resolution: 'Skipped' },
    ]),
  );
  if (!applied.ok) return applied;
  session.report({ kind: 'moved', task, to: 'SKIPPED', reason });
  return ok(true);
}
