// The runbook as a command that changes state begins with: read, compared with what was last written, hand edits logged.

import type { Failure } from '../base/failure.ts';
import { err, ok, type Result } from '../base/result.ts';
import { placeProblems } from '../runbook/problem.ts';
import { loadRunbook } from '../runbook/store.ts';
import type { Runbook } from '../runbook/task.ts';
import { pause } from '../system/clock.ts';
import type { Transition } from './ledger.ts';
import type { News } from './ports.ts';
import { conflictProblem, type HandEdit, reconcile } from './reconcile.ts';
import type { Session } from './session.ts';

/** Reads everything anew: people edit while it runs. A conflict is a failure that names both places. */
export async function openRunbook(session: Session): Promise<Result<Runbook, Failure>> {
  const loaded = await loadWhole(session);
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
  for (const edit of edits) session.report(editNews(edit));
  const applied = await session.ledger.apply(edits.map(editTransition));
  return applied.ok ? loadRunbook(session.root) : applied;
}

const SAVING_MS = 200;

/** What does not parse may be half of what somebody is saving at this moment: it is looked at once more. */
async function loadWhole(session: Session): Promise<Result<Runbook, Failure>> {
  const loaded = await loadRunbook(session.root);
  if (loaded.ok || loaded.error.code !== 'problems') return loaded;
  await pause(SAVING_MS, session.signal);
  return loadRunbook(session.root);
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
function editTransition(edit: HandEdit): Transition {
  const { task, from, to, file } = edit;
  return {
    task,
    to,
    event: 'STATUS_EDITED',
    statusChange: `${from ?? otherFile(edit)} -> ${to}`,
    actor: from === undefined ? 'orchestrate' : 'person',
    details: { file, ...(from === undefined ? { reason: 'the files disagreed, and nothing was remembered' } : {}) },
    ...(to === 'ERROR' ? {} : { resolution: 'Edited by hand' }),
  };
}
