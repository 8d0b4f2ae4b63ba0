// Takes the receipt of a task: a look before it starts, and one when it is DONE. Judges nothing.

import path from 'node:path';
import type { Check } from '../../runbook/schema.ts';
import type { Runbook, Task } from '../../runbook/task.ts';
import type { CheckResult } from '../evidence.ts';
import { isStatic } from '../expects.ts';
import type { Outcome } from '../outcome.ts';
import { definitionMarks, markOf, valueMarks } from './definition.ts';
import { fingerprint, isEqual } from './fingerprint.ts';
import { madeFrom } from './inputs.ts';
import type { Begun, Input, Receipt } from './receipt.ts';

/** To be called before the task starts: what changes while it runs changed after it was read, as far as anybody can know. */
export async function begin(root: string, runbook: Runbook, task: Task): Promise<Begun> {
  const { files, values } = await madeFrom(root, runbook, task);
  return {
    definition: definitionMarks(task),
    values: valueMarks(runbook, task, values),
    inputs: files.map((named) => ({ ...named, was: fingerprint(root, named.file) })),
  };
}

/** The details of an outcome with the receipt among them; only what is DONE has one. */
export function withReceipt(root: string, task: Task, { outcome, begun }: { outcome: Outcome; begun: Begun }): Outcome {
  if (outcome.kind !== 'done') return outcome;
  const { evidence, note } = outcome.details as { evidence?: readonly CheckResult[]; note?: string };
  const usedFallback = (outcome.lastRun.attempts ?? 1) > 1;
  const inputs = begun.inputs.filter(({ kind }) => kind !== 'fallback' || usedFallback);
  const receipt = receiptOf(root, task, { begun: { ...begun, inputs }, evidence: evidence ?? [], note });
  return { ...outcome, details: { ...outcome.details, receipt } };
}

export type Findings = {
  readonly begun: Begun;
  readonly evidence: readonly CheckResult[];
  /** What a person said of it. */
  readonly note?: string | undefined;
};

/** Without the parts of which there are none. */
export function receiptOf(root: string, task: Task, { begun, evidence, note = '' }: Findings): Partial<Receipt> {
  const artifact = task.outputArtifact;
  const made = task.type === 'AUTOMATED_SCRIPT' ? begun.inputs.map((input) => withLeft(root, input)) : begun.inputs;
  const receipt: Receipt = {
    ...begun,
    inputs: [...made, ...attached(root, note)],
    ...(artifact === undefined ? {} : { artifact: fingerprint(root, path.normalize(artifact)) }),
    files: checkedFiles(task.expects).map((file) => fingerprint(root, file)),
    held: evidence.filter(({ ok }) => ok).map(({ label }) => markOf(label)),
  };
  return Object.fromEntries(Object.entries(receipt).filter(([, part]) => Object.keys(part).length > 0));
}

/** A note may be a text, a link, or the name of a file of the project: then that is evidence, and kept by its hash. */
function attached(root: string, note: string): Input[] {
  const name = note.trim();
  if (name === '' || path.isAbsolute(name)) return [];
  const was = fingerprint(root, path.normalize(name));
  return was.is === undefined ? [{ kind: 'attachment', file: was.file, was }] : [];
}

/** A script may go on with the very file that an earlier task wrote, as signing or formatting does. */
function withLeft(root: string, input: Input): Input {
  if (input.kind !== 'output') return input;
  const left = fingerprint(root, input.file);
  return isEqual(input.was, left) ? input : { ...input, left };
}

function checkedFiles(expects: readonly Check[]): string[] {
  const files = expects
    .filter(isStatic)
    .flatMap(({ file, schema }) => (schema === undefined ? [file] : [file, schema]));
  return [...new Set(files.map((file) => path.normalize(file)))];
}
