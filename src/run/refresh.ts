// `run --refresh`: which tasks are done again, the stale ones and those that rest on them, with what an earlier refresh did not come to;
// and their way back to the beginning. Does not run them.

import type { Failure } from '../base/failure.ts';
import { ok, type Result } from '../base/result.ts';
import type { LogLine } from '../events/types.ts';
import { readEntries } from '../journal/journal.ts';
import type { Runbook, Task, TaskId } from '../runbook/task.ts';
import { withConsequences } from './advance.ts';
import { openRunbook } from './open.ts';
import { verify } from './receipts/verify.ts';
import type { Session } from './session.ts';
import { doneOn, inScope, isFinished, type Scope } from './states.ts';
import type { Transition } from './transition.ts';

/** One task that is done again; without reasons it only rests on one that has some. */
export type Again = { readonly task: Task; readonly reasons: readonly string[] };

export type Refresh = {
  readonly again: readonly Again[];
  /** Set back by an earlier refresh that was cut off or stopped, and not finished since. */
  readonly left: readonly Task[];
};

export async function refreshOf(root: string, runbook: Runbook, scope: Scope): Promise<Refresh> {
  return { again: await staleIn(root, runbook, scope), left: leftIn(root, inScope(runbook.tasks, scope)) };
}

/** What a run is then about. */
export function idsOf({ again, left }: Refresh): TaskId[] {
  return [...left, ...again.map(({ task }) => task)].map(({ id }) => id);
}

/** By the journal: the newest line that decides about each task. */
function leftIn(root: string, mine: readonly Task[]): Task[] {
  const open = mine.filter((task) => !isFinished(task));
  const entries = open.length === 0 ? ok([]) : readEntries(root);
  if (!entries.ok) return [];
  const decided = new Map<string, boolean>();
  for (const { lines, state } of entries.value) {
    if (state === 'undone' || state === 'overruled') continue;
    for (const line of lines.toReversed()) {
      const how = line.task_id === null || decided.has(line.task_id) ? undefined : isRefresh(line);
      if (line.task_id !== null && how !== undefined) decided.set(line.task_id, how);
    }
  }
  return open.filter(({ id }) => decided.get(id));
}

/** Undefined where the line decides nothing: an attempt at the task, its failure, what others made of it. */
function isRefresh({ event_type, details }: LogLine): boolean | undefined {
  if (event_type === 'TASK_RESET')
    return details?.by === 'refresh' ? true : details?.by === 'command' ? false : undefined;
  return event_type === 'COMPLETE_TASK' || event_type === 'SKIP_TASK' || event_type === 'STATE_IMPORTED'
    ? false
    : undefined;
}

/** In file order, in scope. By content: what was merely touched is left alone. Command checks are taken at their word. */
async function staleIn(root: string, runbook: Runbook, scope: Scope): Promise<Again[]> {
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
  const refresh = await refreshOf(session.root, opened.value, scope);
  const { again, left } = refresh;
  if (left.length > 0)
    session.report({
      kind: 'note',
      message: `set back by an earlier --refresh, and not finished yet: ${left.map(({ id }) => id).join(', ')}`,
    });
  if (again.length === 0) return ok(idsOf(refresh));
  session.report({ kind: 'note', message: `done again: ${again.map(told).join('; ')}` });
  const applied = await session.ledger.apply(withConsequences(opened.value, again.map(reset)));
  return applied.ok ? ok(idsOf(refresh)) : applied;
}

function told({ task, reasons: [first] }: Again): string {
  return first === undefined ? `${task.id} (rests on one of them)` : `${task.id} (${first})`;
}

function reset({ task, reasons }: Again): Transition {
  const details = { by: 'refresh', ...(reasons.length > 0 ? { reasons } : {}) };
  return { task, to: 'PENDING', event: 'TASK_RESET', details, resolution: 'Reset' };
}
