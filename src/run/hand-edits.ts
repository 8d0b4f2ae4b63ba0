// What follows from a status that a person changed: it counts, is logged, and is asked about where it would undo or redo more than one
// task (design.md §3, Hand edits). Does not find the edits.

import type { Failure } from '../base/failure.ts';
import { err, ok, type Result } from '../base/result.ts';
import { localTime } from '../base/text.ts';
import type { Remembered } from '../journal/journal.ts';
import { loadRunbook, whenSaved } from '../runbook/store.ts';
import type { Runbook, Task } from '../runbook/task.ts';
import type { News } from './ports.ts';
import { type HandEdit, reconcile } from './reconcile.ts';
import { changesOf } from './roll-forward.ts';
import { findRollback, type Rollback } from './rollback.ts';
import type { Session } from './session.ts';
import { doneOn } from './states.ts';
import type { Transition } from './transition.ts';

type Edited = {
  readonly runbook: Runbook;
  readonly edits: readonly HandEdit[];
  readonly remembered: ReadonlyMap<string, Remembered>;
};

/** The edits are logged and count, unless they are an older version of the whole: then it must be said what counts. */
export async function takeEdits(session: Session, edited: Edited): Promise<Result<unknown, Failure>> {
  const { runbook, edits, remembered } = edited;
  const known = edits.filter(({ from }) => from !== undefined);
  const found = known.length > 1 ? rollbackOf(session, runbook, remembered) : ok(undefined);
  if (!found.ok) return found;
  const rollback = found.value;
  const keep = rollback ? await whatCounts(session, rollback, known) : 'files';
  if (keep === undefined) return err(wentBack(rollback as Rollback, known));
  if (keep === 'journal') return session.ledger.apply(known.map(putBack));
  for (const edit of edits) session.report(editNews(edit));
  const applied = await session.ledger.apply(edits.map((edit) => editTransition(edit, rollback)));
  return applied.ok && rollback === undefined ? askAboutRedone(session, runbook, known) : applied;
}

function rollbackOf(
  session: Session,
  runbook: Runbook,
  remembered: Edited['remembered'],
): Result<Rollback | undefined, Failure> {
  const entries = session.ledger.entries();
  if (!entries.ok) return entries;
  const done = entries.value
    .filter(({ state }) => state === 'written' || state === 'settled')
    .map((entry) => ({ ...entry, changes: changesOf(entry) }));
  return ok(findRollback(runbook, remembered, done));
}

/** An outcome waits for its files, and these are an older version of the whole: what it says must not be judged against them yet. */
export function looksRolledBack(session: Session, runbook: Runbook): boolean {
  const entries = session.ledger.entries();
  const remembered = session.ledger.remembered();
  if (!entries.ok || !remembered.ok || !entries.value.some(({ state }) => state === 'waiting')) return false;
  const known = new Map([...remembered.value].filter(([id]) => runbook.tasks.some((task) => task.id === id)));
  const rollback = rollbackOf(session, reconcile(runbook, known).runbook, known);
  return rollback.ok && rollback.value !== undefined;
}

async function whatCounts(
  session: Session,
  rollback: Rollback,
  edits: readonly HandEdit[],
): Promise<'files' | 'journal' | undefined> {
  if (session.keep !== undefined || session.person === undefined) return session.keep;
  session.report({ kind: 'warning', message: wentBackText(rollback, edits) });
  const answer = await session.person.choose({
    kind: 'rollback',
    message: 'Which states count?',
    choices: [
      { key: 'f', label: 'those in the files' },
      { key: 'j', label: 'the newer ones of the journal: put them back' },
      { key: 'q', label: 'quit' },
    ],
  });
  return answer === 'f' ? 'files' : answer === 'j' ? 'journal' : undefined;
}

function wentBackText({ seq, at }: Rollback, edits: readonly HandEdit[]): string {
  const names = edits.slice(0, 5).map(({ task, from, to }) => `${task.id} ${from} → ${to}`);
  const more = edits.length > 5 ? `, and ${edits.length - 5} more` : '';
  return `the states in the files are those from before ${localTime(at)} (step ${seq}): ${names.join(', ')}${more}`;
}

/** Nothing is run again unasked (design.md §3). */
function wentBack(rollback: Rollback, edits: readonly HandEdit[]): Failure {
  return {
    code: 'waiting',
    message: wentBackText(rollback, edits),
    advice:
      'say which count: "orchestrate doctor --keep files" (an old version was wanted) or "orchestrate doctor --keep journal" (put the newer states back)',
  };
}

function putBack({ task, from, to }: HandEdit): Transition {
  return {
    task,
    to: from ?? to,
    event: 'EDIT_CONFLICT',
    actor: 'person',
    statusChange: `${to} -> ${from}`,
    details: { reason: 'the files went back to an older version; the states of the journal were put back' },
  };
}

/** DONE tasks that rest on a result that is being made anew: kept, unless a person wants them done again too. */
async function askAboutRedone(
  session: Session,
  before: Runbook,
  edits: readonly HandEdit[],
): Promise<Result<unknown, Failure>> {
  const again = edits.filter(({ to }) => to === 'READY' || to === 'PENDING').map(({ task }) => task.id);
  const resting = doneOn(before.tasks, again);
  if (resting.length === 0) return ok(undefined);
  session.report(redoneNews(resting, again));
  const answer = await session.person?.choose({
    kind: 'redone',
    message: 'Keep them?',
    choices: [
      { key: 'k', label: 'keep them as they are' },
      { key: 'r', label: 'do them again too' },
    ],
  });
  if (answer !== 'r') return ok(undefined);
  const runbook = await whenSaved(() => loadRunbook(session.states, session.files));
  if (!runbook.ok) return runbook;
  const ids = new Set(resting.map(({ id }) => id));
  const tasks = runbook.value.tasks.filter(({ id }) => ids.has(id));
  return session.ledger.apply(
    tasks.map((task) => ({
      task,
      to: 'PENDING',
      event: 'TASK_RESET',
      details: { because_of: again },
      resolution: 'Reset',
    })),
  );
}

/** Said by whoever sets a task to be done again. */
export function redoneNews(resting: readonly Task[], again: readonly string[]): News {
  const ids = resting.map(({ id }) => id);
  return {
    kind: 'warning',
    message: `${ids.join(', ')} ${ids.length === 1 ? 'is DONE and rests' : 'are DONE and rest'} on ${again.join(', ')}: kept as ${ids.length === 1 ? 'it is' : 'they are'}`,
    advice: `to do ${ids.length === 1 ? 'it' : 'them'} again too: orchestrate reset ${ids.join(' ')}`,
  };
}

function otherFile({ task }: HandEdit): string {
  return task.detailStatus ?? task.status;
}

/** Without a memory nobody can say who changed what: the runbook counts, with a notice (design.md §3). */
function editNews(edit: HandEdit): News {
  const { task, from, to, file } = edit;
  if (from !== undefined) return { kind: 'edited', taskId: task.id, from, to, file };
  return {
    kind: 'note',
    message: `${task.id}: ${file} says ${to}, ${task.detail?.file ?? 'its detail file'} says ${otherFile(edit)}; ${file} counts`,
  };
}

/** A person who sets a failed task to another state has dealt with its issue. */
function editTransition(edit: HandEdit, rollback: Rollback | undefined): Transition {
  const { task, from, to, file } = edit;
  return {
    task,
    to,
    was: from,
    event: 'STATUS_EDITED',
    statusChange: `${from ?? otherFile(edit)} -> ${to}`,
    actor: from === undefined ? 'orchestrate' : 'person',
    details: {
      file,
      ...(rollback ? { back_to_before_step: rollback.seq } : {}),
      ...(from === undefined ? { reason: 'the files disagreed, and nothing was remembered' } : {}),
    },
    ...(to === 'ERROR' ? {} : { resolution: 'Edited by hand' }),
  };
}
