// `run --refresh`: which DONE tasks are done again, those that are stale and those that rest on them; and their way back to the
// beginning. Does not run them.

import type { Failure } from '../base/failure.ts';
import { ok, type Result } from '../base/result.ts';
import type { Runbook, Task, TaskId } from '../runbook/task.ts';
import { withConsequences } from './advance.ts';
import { openRunbook } from './open.ts';
import { verify } from './receipts/verify.ts';
import type { Session } from './session.ts';
import { doneOn, inScope, type Scope } from './states.ts';
import type { Transition } from './transition.ts';

/** One task that is done again; without reasons it only rests on one that has some. */
export type Again = { readonly task: Task; readonly reasons: readonly string[] };

/** In file order, in scope. By content: what was merely touched is left alone. Command checks are taken at their word. */
export async function staleIn(root: string, runbook: Runbook, scope: Scope): Promise<Again[]> {
  const mine = new Set(inScope(runbook.tasks, scope).map(({ id }) => id));
  const done = runbook.tasks.filter(({ id, status }) => status === 'DONE' && mine.has(id));
  const trusts = await verify(root, runbook, { tasks: done });
  const reasons = new Map<TaskId, readonly string[]>();
  for (const [id, trust] of trusts)
    if (trust.kind === 'stale')
      reasons.set(
        id,
        trust.reasons.map(({ message }) => message),
      );
  for (const { id } of doneOn(runbook.tasks, [...reasons.keys()])) if (mine.has(id)) reasons.set(id, []);
  return runbook.tasks.flatMap((task) => {
    const own = reasons.get(task.id);
    return own === undefined ? [] : [{ task, reasons: own }];
  });
}

/** The runbook with these set back, for a plan. */
export function setBack(runbook: Runbook, again: readonly Again[]): Runbook {
  const ids = new Set(again.map(({ task }) => task.id));
  const tasks = runbook.tasks.map((task): Task => (ids.has(task.id) ? { ...task, status: 'PENDING' } : task));
  return { ...runbook, tasks };
}

/** Sets them back in the files, as one step; gives the ids that a run is then about. */
export async function beginAgain(session: Session, scope: Scope): Promise<Result<TaskId[], Failure>> {
  const opened = await openRunbook(session);
  if (!opened.ok) return opened;
  const again = await staleIn(session.root, opened.value, scope);
  if (again.length === 0) return ok([]);
  session.report({ kind: 'note', message: `done again: ${again.map(told).join('; ')}` });
  const applied = await session.ledger.apply(withConsequences(opened.value, again.map(reset)));
  return applied.ok ? ok(again.map(({ task }) => task.id)) : applied;
}

function told({ task, reasons: [first] }: Again): string {
  return first === undefined ? `${task.id} (rests on one of them)` : `${task.id} (${first})`;
}

function reset({ task, reasons }: Again): Transition {
  const details = { by: 'refresh', ...(reasons.length > 0 ? { reasons } : {}) };
  return { task, to: 'PENDING', event: 'TASK_RESET', details, resolution: 'Reset' };
}
