// Artifacts in which a dead run has left an answer that nothing had accepted yet: they are as they were before. Decides for each whether
// that still is what should be done.

import path from 'node:path';
import type { Runbook } from '../runbook/task.ts';
import { artifactTarget } from './artifact.ts';
import { type Former, forgetFormer, formersLeft, isSame, keepAside, type PutBack, putBack, readNow } from './former.ts';
import { changesOf } from './roll-forward.ts';
import type { Session } from './session.ts';

/**
 * `cutOff`: tasks whose run is known to be dead; one that is RUNNING otherwise is left alone. Gives the tasks whose answer was in its
 * artifact's place. To be called before their transitions: after a crash in between it finds nothing left to do.
 */
export async function endUnaccepted(
  session: Session,
  runbook: Runbook,
  cutOff: ReadonlySet<string>,
): Promise<ReadonlySet<string>> {
  const ended = new Set<string>();
  const left = await formersLeft(session.root);
  const accepted = left.length === 0 ? undefined : acceptedBy(session);
  for (const kept of left) {
    const status = runbook.tasks.find(({ id }) => id === kept.taskId)?.status;
    if (status === 'RUNNING' && !cutOff.has(kept.taskId)) continue;
    if (accepted?.has(keyOf(kept.runId, kept.taskId))) {
      forgetFormer(session.root, kept.taskId);
      continue;
    }
    ended.add(kept.taskId);
    tell(session, kept, status === 'DONE' ? await leave(session.root, kept) : await putBack(session.root, kept));
  }
  return ended;
}

/** The tasks that a run has brought to DONE, as far as the journal knows; one that it could not write is not among them. */
function acceptedBy({ ledger }: Session): ReadonlySet<string> {
  const entries = ledger.entries();
  const written = entries.ok ? entries.value.filter(({ state }) => state !== 'waiting' && state !== 'overruled') : [];
  return new Set(
    written.flatMap((entry) =>
      changesOf(entry).flatMap(({ taskId, to }) => (to === 'DONE' ? keyOf(entry.runId, taskId) : [])),
    ),
  );
}

function keyOf(runId: string, taskId: string): string {
  return `${runId} ${taskId}`;
}

/** A person has set the task to DONE with the artifact as it is: what it held before is kept beside it. */
async function leave(root: string, kept: Former): Promise<PutBack> {
  const target = artifactTarget(root, kept.artifact);
  if (!target.ok) return { kind: 'failed', why: target.error.message };
  const now = readNow(target.value);
  if (now.ok && isSame(now.value, kept.former)) {
    forgetFormer(root, kept.taskId);
    return { kind: 'back' };
  }
  const aside = await keepAside(root, target.value, kept.former);
  if (aside.kind !== 'failed') forgetFormer(root, kept.taskId);
  return aside;
}

function tell({ report }: Session, { taskId, artifact, former }: Former, result: PutBack): void {
  const name = path.normalize(artifact);
  switch (result.kind) {
    case 'back':
      return report({
        kind: 'warning',
        message:
          former === null
            ? `${name} is not there, as before: the answer in it had not been accepted when orchestrate ended without a word`
            : `${name} is as it was before: the answer in it had not been accepted when orchestrate ended without a word`,
      });
    case 'theirs':
      return report({
        kind: 'warning',
        message: `${name} was changed since orchestrate ended without a word while checking it: it stays as it is${
          result.keptAs === undefined ? '' : `; what it held before is in ${result.keptAs}`
        }`,
        advice: `look at it, then: orchestrate show ${taskId}`,
      });
    case 'failed':
      return report({
        kind: 'warning',
        message: `${name} may hold an answer that was not accepted, and what it held before could not be put back (${result.why})`,
        advice: 'the next command that writes tries again',
      });
  }
}
