// Puts an accepted candidate in the artifact's place, has it checked there, and takes it back when a check fails. What somebody else
// writes into the artifact meanwhile is never overwritten. Asks nobody.

import path from 'node:path';
import { err, ok, type Result } from '../../../base/result.ts';
import type { Runbook } from '../../../runbook/task.ts';
import { replaceFile } from '../../../system/replace.ts';
import { artifactTarget, warnOfSecrets } from '../../artifact.ts';
import { type CheckResult, checkCommands, failuresOf } from '../../evidence.ts';
import { type Former, forgetFormer, isSame, keepFormer, putBack, readNow } from '../../former.ts';
import type { Session } from '../../session.ts';
import type { Candidate } from './candidate.ts';
import type { AiTask } from './prepare.ts';

/** What the artifact held when it was looked at: null where there was no file, undefined where it is not known. */
export type Seen = Buffer | null | undefined;

/**
 * Why a candidate did not become the artifact. `check`: a command of `expects` failed (`isBack`: the artifact is as it was). `changed`:
 * the artifact is not what was seen any more. `disk`: the answer is not to blame. In these two nothing was written.
 */
export type Refusal =
  | { readonly kind: 'check'; readonly message: string; readonly isBack: boolean }
  | { readonly kind: 'changed' | 'disk'; readonly message: string };

/** Undefined for a task without an artifact. */
export function lookAtArtifact(root: string, task: AiTask): Result<Seen, Refusal> {
  if (task.outputArtifact === undefined) return ok(undefined);
  const target = artifactTarget(root, task.outputArtifact);
  if (!target.ok) return err({ kind: 'disk', message: target.error.message });
  const now = readNow(target.value);
  if (now.ok) return now;
  const why = `the present ${task.outputArtifact} cannot be read (${now.error.errno}), so it is not replaced`;
  return err({ kind: 'disk', message: why });
}

/** True also where it cannot be told: the attempt to replace it will say why. */
export function isAsSeen(root: string, task: AiTask, seen: Seen): boolean {
  const now = lookAtArtifact(root, task);
  return !now.ok || now.value === undefined || seen === undefined || isSame(now.value, seen);
}

type Accepting = { readonly task: AiTask; readonly candidate: Candidate; readonly seen?: Seen };

/**
 * Writes the artifact, then runs the commands of `expects`; when one fails, the former artifact is put back (design.md §5). Gives the
 * evidence. `seen`: what a person was shown; anything else is not replaced. What the artifact held before stays on the disk until the
 * caller forgets it (former.ts), when the outcome is safe.
 */
export async function acceptCandidate(
  session: Session,
  runbook: Runbook,
  { task, candidate, seen }: Accepting,
): Promise<Result<readonly CheckResult[], Refusal>> {
  const placed = await place(session, task, { content: candidate.content, seen });
  if (!placed.ok) return placed;
  const evidence = [...candidate.evidence, ...(await checkCommands(session, runbook, task))];
  for (const { label, ok: held, detail } of evidence)
    session.report({ kind: 'check', label, ok: held, ...(detail ? { detail } : {}) });
  const failures = failuresOf(evidence);
  if (failures === undefined) return ok(evidence);
  const isBack = placed.value === undefined || (await takeBack(session, placed.value));
  return err({ kind: 'check', message: failures, isBack });
}

/** Gives what was there before; undefined where nothing had to be written. */
async function place(
  session: Session,
  task: AiTask,
  { content, seen }: { content: string; seen: Seen },
): Promise<Result<Former | undefined, Refusal>> {
  const artifact = task.outputArtifact;
  if (artifact === undefined) return ok(undefined);
  const now = lookAtArtifact(session.root, task);
  if (!now.ok) return now;
  const target = artifactTarget(session.root, artifact);
  if (!target.ok) return err({ kind: 'disk', message: target.error.message });
  const text = Buffer.from(content.endsWith('\n') || content === '' ? content : `${content}\n`);
  const former = now.value ?? null;
  if (seen !== undefined && !isSame(former, seen) && !isSame(former, text)) return err(changed(artifact));
  warnOfSecrets(session, artifact, content);
  const { root, runId } = session;
  const kept = await keepFormer(root, { taskId: task.id, runId, artifact, written: text, former });
  if (!kept.ok)
    return err({ kind: 'disk', message: `what ${artifact} holds cannot be kept aside (${kept.error.errno})` });
  const written = await replaceFile(target.value, text, former);
  if (written.ok && written.value.kind === 'replaced') return ok(kept.value);
  if (written.ok && written.value.kind === 'displaced') {
    const message = `${artifact} was saved by somebody else in this very moment: theirs is in ${path.relative(root, written.value.keptAs)}`;
    session.report({ kind: 'warning', message });
    return ok(kept.value);
  }
  if (written.ok) {
    forgetFormer(root, task.id);
    return err(changed(artifact));
  }
  await takeBack(session, kept.value);
  return err({ kind: 'disk', message: `cannot ${written.error.operation} ${artifact} (${written.error.errno})` });
}

function changed(artifact: string): Refusal {
  return { kind: 'changed', message: `${artifact} was changed by somebody else meanwhile: nothing was written` };
}

/** False where the artifact is not what it was before; that is said. */
async function takeBack(session: Session, kept: Former): Promise<boolean> {
  const result = await putBack(session.root, kept);
  switch (result.kind) {
    case 'back':
      return true;
    case 'theirs':
      session.report({
        kind: 'warning',
        message: `${kept.artifact} was changed by somebody else while it was checked: it stays as it is now${
          result.keptAs === undefined ? '' : `; what it held before is in ${result.keptAs}`
        }`,
      });
      return false;
    case 'failed':
      session.report({
        kind: 'warning',
        message: `the former ${kept.artifact} could not be put back (${result.why})`,
        advice: 'the next command that writes tries again',
      });
      return false;
  }
}
