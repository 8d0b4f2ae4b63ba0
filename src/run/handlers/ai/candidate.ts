// From an answer to what would be written: parsed, checked, compared with what is there; and the writing itself when it is accepted.

import { unifiedDiff } from '../../../base/diff.ts';
import { err, ok, type Result } from '../../../base/result.ts';
import { readStructured } from '../../../calls/structured.ts';
import type { Runbook } from '../../../runbook/task.ts';
import { readBytes, readText, removeFile } from '../../../system/files.ts';
import { insideRoot } from '../../../system/paths.ts';
import { replaceFile } from '../../../system/replace.ts';
import { artifactTarget, warnOfSecrets } from '../../artifact.ts';
import { type CheckResult, checkCommands, checkStatic, failuresOf } from '../../evidence.ts';
import type { News } from '../../ports.ts';
import type { Session } from '../../session.ts';
import type { AiTask } from './prepare.ts';
import { readByQuickie } from './quickie.ts';

export type Candidate = {
  /** What will be written; the raw answer where it could not be parsed. */
  readonly content: string;
  /** Leniencies of the parser, for the person to see. */
  readonly notes: readonly string[];
  /** What keeps it from being accepted as it is. */
  readonly problems: readonly string[];
  readonly evidence: readonly CheckResult[];
  /** Why it was not taken when a person accepted it: a command of `expects` failed. It may be tried again. */
  readonly refused?: string;
  /** A person wrote it. */
  readonly byHand?: boolean;
};

/** Why a candidate did not become the artifact. */
export type Refusal = { readonly message: string; readonly onDisk: boolean };

export async function judgeAnswer(root: string, task: AiTask, answer: string): Promise<Candidate> {
  const { output_parser, output_schema: schema } = task.work.ai;
  const read =
    (await readByQuickie(root, task, answer)) ??
    (await readStructured({ parser: output_parser ?? (schema ? 'json' : 'text'), schema }, answer));
  const { content, notes, problems } = read;
  if (!read.parsed) return { content, notes, problems, evidence: [] };
  const judged = await judgeContent(root, task, content);
  return { ...judged, notes, problems: [...problems, ...judged.problems] };
}

/** The static checks on a text, whoever wrote it. */
export async function judgeContent(root: string, task: AiTask, content: string): Promise<Candidate> {
  const candidate = task.outputArtifact === undefined ? undefined : { file: task.outputArtifact, content };
  const evidence = await checkStatic(root, task.expects, candidate);
  const failures = failuresOf(evidence);
  return { content, notes: [], problems: failures === undefined ? [] : [failures], evidence };
}

/** What the artifact holds now; undefined where there is none. */
function formerArtifact(root: string, task: AiTask): string | undefined {
  const target = task.outputArtifact === undefined ? undefined : insideRoot(root, task.outputArtifact);
  const text = target === undefined ? undefined : readText(target);
  return text?.ok ? text.value : undefined;
}

/** The candidate as a person is to see it: whole, or its difference from the artifact that is there. */
export async function describeCandidate(
  root: string,
  task: AiTask,
  candidate: Candidate,
): Promise<Extract<News, { kind: 'candidate' }>> {
  const former = formerArtifact(root, task);
  const { content, notes, problems } = candidate;
  const diff =
    former === undefined || former === content
      ? undefined
      : await unifiedDiff(former, content.endsWith('\n') ? content : `${content}\n`);
  return {
    kind: 'candidate',
    file: task.outputArtifact,
    content,
    former,
    diff,
    reviewPoints: task.work.ai.review_points ?? [],
    notes,
    problems,
  };
}

/**
 * Writes the artifact, then runs the commands of `expects`; when one fails, the former artifact is put back (design.md §5). Gives the
 * evidence, or why it was not accepted: `onDisk` where the answer is not to blame.
 */
export async function acceptCandidate(
  session: Session,
  runbook: Runbook,
  { task, candidate }: { task: AiTask; candidate: Candidate },
): Promise<Result<readonly CheckResult[], Refusal>> {
  const former = formerBytes(session.root, task);
  if (!former.ok) return former;
  const written = await writeArtifact(session, task, candidate.content);
  if (!written.ok) return written;
  const evidence = [...candidate.evidence, ...(await checkCommands(session, runbook, task))];
  for (const { label, ok: held, detail } of evidence)
    session.report({ kind: 'check', label, ok: held, ...(detail ? { detail } : {}) });
  const failures = failuresOf(evidence);
  if (failures === undefined) return ok(evidence);
  await putBack(session, task, former.value);
  return err({ message: failures, onDisk: false });
}

async function writeArtifact(session: Session, task: AiTask, content: string): Promise<Result<undefined, Refusal>> {
  if (task.outputArtifact === undefined) return ok(undefined);
  const target = artifactTarget(session.root, task.outputArtifact);
  if (!target.ok) return err({ message: target.error.message, onDisk: true });
  warnOfSecrets(session, task.outputArtifact, content);
  const written = await replaceFile(target.value, content.endsWith('\n') || content === '' ? content : `${content}\n`);
  return written.ok
    ? ok(undefined)
    : err({
        message: `cannot ${written.error.operation} ${task.outputArtifact} (${written.error.errno})`,
        onDisk: true,
      });
}

/** What must be put back should the answer be refused, byte for byte; what cannot be read is not overwritten. */
function formerBytes(root: string, task: AiTask): Result<Buffer | undefined, Refusal> {
  const target = task.outputArtifact === undefined ? undefined : insideRoot(root, task.outputArtifact);
  if (target === undefined) return ok(undefined);
  const bytes = readBytes(target);
  if (bytes.ok) return bytes;
  return bytes.error.errno === 'ENOENT'
    ? ok(undefined)
    : err({
        message: `the present ${task.outputArtifact} cannot be read (${bytes.error.errno}), so it is not replaced`,
        onDisk: true,
      });
}

async function putBack(session: Session, task: AiTask, former: Buffer | undefined): Promise<void> {
  const target = task.outputArtifact === undefined ? undefined : insideRoot(session.root, task.outputArtifact);
  if (target === undefined) return;
  const result = former === undefined ? await removeFile(target) : await replaceFile(target, former);
  if (!result.ok)
    session.report({
      kind: 'warning',
      message: `the former ${task.outputArtifact} could not be put back (${result.error.errno})`,
    });
}
