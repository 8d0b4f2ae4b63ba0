// From an answer to what would be written: parsed, checked, compared with what is there. Writes nothing.

import { unifiedDiff } from '../../../base/diff.ts';
import { readStructured } from '../../../calls/structured.ts';
import { type CheckResult, checkStatic, failuresOf } from '../../evidence.ts';
import type { News } from '../../ports.ts';
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

/** The candidate as a person is to see it: whole, or its difference from the artifact that is there. */
export async function describeCandidate(
  task: AiTask,
  candidate: Candidate,
  artifact: Buffer | null | undefined,
): Promise<Extract<News, { kind: 'candidate' }>> {
  const former = artifact?.toString('utf8');
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
