// The runbook as a command that changes state begins with: read, compared with what was last written, hand edits logged.

import type { Failure } from '../base/failure.ts';
import { err, ok, type Result } from '../base/result.ts';
import { loadRunbook } from '../runbook/store.ts';
import type { Runbook } from '../runbook/task.ts';
import type { Transition } from './ledger.ts';
import { type Conflict, type HandEdit, reconcile } from './reconcile.ts';
import type { Session } from './session.ts';

/** Reads everything anew: people edit while it runs. A conflict is a failure that names both places. */
export async function openRunbook(session: Session): Promise<Result<Runbook, Failure>> {
  const loaded = await loadRunbook(session.root);
  if (!loaded.ok) return loaded;
  const { runbook, edits, conflicts } = reconcile(loaded.value, session.ledger.remembered());
  const [conflict] = conflicts;
  if (conflict) return err(conflictFailure(conflict));
  if (edits.length === 0) return ok(runbook);
  for (const edit of edits) session.report({ kind: 'edited', taskId: edit.task.id, from: edit.from ?? otherFile(edit), to: edit.to, file: edit.file });
  const applied = await session.ledger.apply(edits.map(editTransition));
  return applied.ok ? loadRunbook(session.root) : applied;
}

function otherFile({ task }: HandEdit): string {
  return task.detailStatus ?? task.status;
}

/** A person who sets a failed task to another state has dealt with its issue. */
function editTransition(edit: HandEdit): Transition {
  const { task, from, to, file } = edit;
  return {
    task,
    to,
    event: 'STATUS_EDITED',
    statusChange: `${from ?? otherFile(edit)} -> ${to}`,
    actor: 'person',
    details: { file },
    ...(to === 'ERROR' ? {} : { resolution: 'Edited by hand' }),
  };
}

function conflictFailure({ task, remembered, inRunbook, inDetail }: Conflict): Failure {
  return {
    code: 'waiting',
    id: task.id,
    message: `"${task.id}" was ${remembered}, and was changed to ${inRunbook} in runbook.yaml but to ${inDetail} in ${task.detail?.file ?? 'its detail file'}`,
    advice: 'make the two files say the same, then try again',
  };
}
