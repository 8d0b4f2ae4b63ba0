// Whether what made a task DONE still holds: its receipt compared with how things are now. Pure; how files are compared is given.

import path from 'node:path';
import type { Kept } from '../../journal/journal.ts';
import type { ReceiptRow } from '../../journal/receipts.ts';
import { isBroken, type Runbook, type Task, type TaskId } from '../../runbook/task.ts';
import { isStatic, labelOf } from '../expects.ts';
import { definitionMarks, markOf, valueMarks } from './definition.ts';
import { type Compare, type Difference, type Fingerprint, isEqual } from './fingerprint.ts';
import { type Input, type InputKind, type Receipt, receiptIn } from './receipt.ts';

export type ReasonCode =
  /** A person set it to DONE, and nobody looked. */
  | 'by-hand'
  | 'artifact'
  | 'input'
  | 'definition'
  /** A check of `expects` does not hold any more, or may not. */
  | 'check'
  /** A check that came later. */
  | 'unchecked';

export type Reason = { readonly code: ReasonCode; readonly message: string; readonly file?: string };

/** `unverified`: nothing was kept when it became DONE, so nothing can be compared. */
export type Trust =
  /** `row` is left out where it was not needed to see that. */
  | { readonly kind: 'holds'; readonly row?: ReceiptRow }
  | { readonly kind: 'stale'; readonly row: ReceiptRow | undefined; readonly reasons: readonly Reason[] }
  | { readonly kind: 'unverified' };

export type Trusts = ReadonlyMap<TaskId, Trust>;

export type Looking = {
  readonly runbook: Runbook;
  readonly kept: Kept;
  readonly compare: Compare;
  /** What is wrong with the checks of `expects`, where they are made again; else the files that they looked at are compared. */
  readonly recheck?: (task: Task) => readonly Reason[];
};

/** Of a task that is DONE. */
export function trustOf(task: Task, looking: Looking): Trust {
  const { receipts, memory } = looking.kept;
  const row = receipts.get(task.id);
  const remembered = memory.get(task.id)?.status;
  const again = looking.recheck?.(task) ?? [];
  // What was remembered last was no DONE: the files say so since, and no command has taken that over yet.
  const byHand = row?.event === 'STATUS_EDITED' || (remembered !== undefined && remembered !== 'DONE');
  if (byHand) return { kind: 'stale', row, reasons: [BY_HAND, ...again] };
  if (row === undefined) return again.length > 0 ? { kind: 'stale', row, reasons: again } : { kind: 'unverified' };
  const receipt = receiptIn(row);
  if (receipt === undefined) return again.length > 0 ? { kind: 'stale', row, reasons: again } : { kind: 'unverified' };
  const reasons = [
    ...definitionReasons(task, receipt, looking.runbook),
    ...artifactReasons(row, receipt, looking),
    ...receipt.inputs.flatMap((input) => inputReasons(input, looking)),
    ...(looking.recheck ? again : []),
    ...(row.details.forced === true ? [] : checkReasons(task, receipt, looking)),
  ];
  return reasons.length === 0 ? { kind: 'holds', row } : { kind: 'stale', row, reasons };
}

export const BY_HAND: Reason = { code: 'by-hand', message: 'set to DONE by hand, and not verified' };

/** The marks of its files with errors are not known, and told elsewhere. */
function definitionReasons(task: Task, { definition, values }: Receipt, runbook: Runbook): Reason[] {
  if (isBroken(runbook, task)) return [];
  const now = definitionMarks(task);
  const names = new Set([...Object.keys(definition), ...Object.keys(now)]);
  const parts = [...names].filter((name) => definition[name] !== now[name]);
  const used = valueMarks(runbook, task, Object.keys(values));
  const changed = Object.keys(values).filter((name) => values[name] !== used[name]);
  return [...parts, ...changed].map((name) => ({ code: 'definition', message: `${name} was changed since` }));
}

function artifactReasons({ seq }: ReceiptRow, { artifact }: Receipt, { compare, kept }: Looking): Reason[] {
  if (artifact === undefined) return [];
  const how = compare(artifact);
  if (how === undefined || compare(lastLeft(artifact, seq, kept)) === undefined) return [];
  const message = how === 'changed' ? `its artifact ${artifact.file} was changed since` : told(artifact.file, how);
  return [{ code: 'artifact', message, file: artifact.file }];
}

/** Later tasks that went on with the file: what the last of them left. */
function lastLeft(artifact: Fingerprint, seq: number, { receipts }: Kept): Fingerprint {
  const later = [...receipts.values()].filter((row) => row.seq > seq).sort((a, b) => a.seq - b.seq);
  return later.reduce((left, row) => {
    const input = receiptIn(row)?.inputs.find(({ file }) => file === artifact.file);
    return input?.left !== undefined && isEqual(input.was, left) ? input.left : left;
  }, artifact);
}

const WORDS: Record<InputKind, string> = {
  script: 'its script',
  env_file: 'its env_file',
  template: 'its template',
  partial: 'a part of its template',
  fallback: 'its fallback template',
  context: 'a context file',
  output: 'the output',
  attachment: 'attached as evidence',
};

function inputReasons({ kind, file, of, was, left }: Input, { compare }: Looking): Reason[] {
  const how = compare(left ?? was);
  if (how === undefined) return [];
  const what = of === undefined ? WORDS[kind] : `${WORDS[kind]} of ${of}`;
  return [{ code: 'input', message: `${told(file, how)} (${what})`, file }];
}

function told(file: string, how: Difference): string {
  return { changed: `${file} was changed since`, gone: `${file} is gone`, appeared: `${file} is there now` }[how];
}

/** Whoever said `done --force` has decided about the checks, and is not asked again. */
function checkReasons(task: Task, receipt: Receipt, looking: Looking): Reason[] {
  return [...(looking.recheck ? [] : fileReasons(task, receipt, looking)), ...uncheckedReasons(task, receipt)];
}

/** Without making the checks again: a file that changed may fail what was asked of it, one that was only to exist may not be gone. */
function fileReasons(task: Task, receipt: Receipt, { compare }: Looking): Reason[] {
  const files = new Map(receipt.files.map((was) => [was.file, was]));
  const own = receipt.artifact?.file;
  const found = task.expects.filter(isStatic).flatMap((check): Reason[] => {
    const named = [check.file, check.schema].flatMap((file) => (file === undefined ? [] : [path.normalize(file)]));
    const onlyExists = check.matches === undefined && check.schema === undefined && check.json === undefined;
    return named.flatMap((file): Reason[] => {
      const was = files.get(file);
      const how = was === undefined || file === own ? undefined : compare(was);
      if (how === undefined || (how === 'changed' && onlyExists)) return [];
      return [{ code: 'check', message: `${told(file, how)}: ${labelOf(check)}`, file }];
    });
  });
  return found.filter(({ file }, at) => found.findIndex((one) => one.file === file) === at);
}

/** Checks that came later. */
function uncheckedReasons(task: Task, { held }: Receipt): Reason[] {
  const known = new Set(held);
  const missing = task.expects.map(labelOf).filter((label) => !known.has(markOf(label)));
  if (missing.length === 0) return [];
  return [{ code: 'unchecked', message: `not checked when it became DONE: ${missing.join('; ')}` }];
}
