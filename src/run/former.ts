// What an artifact held before an answer took its place whose checks have yet to hold: kept on the disk, so that a process that dies
// meanwhile destroys nothing (design.md, "Artifacts"). Puts it back; does not know when.

import path from 'node:path';
import { ok, type Result } from '../base/result.ts';
import { type FileFailure, listFolder, readBytes, readText, removeFolderNow, removeNow } from '../system/files.ts';
import { conflictName, removeIfHolds, replaceFile } from '../system/replace.ts';
import { artifactTarget } from './artifact.ts';

export const FORMER_FOLDER = path.join('.orchestrate', 'former');

export type Former = {
  readonly taskId: string;
  readonly runId: string;
  readonly artifact: string;
  /** What takes its place. */
  readonly written: Buffer;
  /** Null where there was no file. */
  readonly former: Buffer | null;
};

/** Bytes as base64. */
type Stored = Omit<Former, 'former' | 'written'> & { readonly written: string; readonly former: string | null };

/**
 * To be called before the artifact is replaced. An older note stays the truth where the artifact still holds what was written then:
 * nobody has accepted that either. Gives what is kept.
 */
export async function keepFormer(root: string, next: Former): Promise<Result<Former, FileFailure>> {
  const known = readFormer(root, next.taskId);
  const isUnaccepted = known?.artifact === next.artifact && next.former !== null && known.written.equals(next.former);
  const kept = isUnaccepted ? { ...next, former: known.former } : next;
  const stored: Stored = {
    ...kept,
    written: kept.written.toString('base64'),
    former: kept.former?.toString('base64') ?? null,
  };
  const written = await replaceFile(fileOf(root, next.taskId), `${JSON.stringify(stored)}\n`, undefined, 0o600);
  return written.ok ? ok(kept) : written;
}

/** What is kept no longer counts: the artifact is accepted, or as it was. */
export function forgetFormer(root: string, taskId: string): void {
  removeNow(fileOf(root, taskId));
  removeFolderNow(path.join(root, FORMER_FOLDER));
}

/** All that is kept. A file that cannot be understood was never whole, and is removed. */
export async function formersLeft(root: string): Promise<readonly Former[]> {
  const names = (await listFolder(path.join(root, FORMER_FOLDER))).filter((name) => /^[^.].*\.json$/.test(name));
  return names.flatMap((name) => {
    const taskId = name.slice(0, -'.json'.length);
    const found = readFormer(root, taskId);
    if (found === undefined) forgetFormer(root, taskId);
    return found ?? [];
  });
}

function fileOf(root: string, taskId: string): string {
  return path.join(root, FORMER_FOLDER, `${taskId}.json`);
}

function readFormer(root: string, taskId: string): Former | undefined {
  const text = readText(fileOf(root, taskId));
  if (!text.ok) return undefined;
  try {
    const { runId, artifact, written, former } = JSON.parse(text.value) as Partial<Stored>;
    if (typeof runId !== 'string' || typeof artifact !== 'string' || typeof written !== 'string') return undefined;
    return {
      taskId,
      runId,
      artifact,
      written: Buffer.from(written, 'base64'),
      former: typeof former === 'string' ? Buffer.from(former, 'base64') : null,
    };
  } catch {
    return undefined;
  }
}

/**
 * `back`: the artifact is as it was. `theirs`: it no longer held what had been written, so it was left alone; what it held before is
 * in `keptAs` (relative to the root), if there was anything. `failed`: nothing was done, and what is kept is kept on.
 */
export type PutBack =
  | { readonly kind: 'back' }
  | { readonly kind: 'theirs'; readonly keptAs?: string }
  | { readonly kind: 'failed'; readonly why: string };

export async function putBack(root: string, kept: Former): Promise<PutBack> {
  const target = artifactTarget(root, kept.artifact);
  if (!target.ok) return { kind: 'failed', why: target.error.message };
  const now = readNow(target.value);
  if (!now.ok) return { kind: 'failed', why: now.error.errno };
  const result = await putBackOver(root, kept, { target: target.value, now: now.value });
  if (result.kind !== 'failed') forgetFormer(root, kept.taskId);
  return result;
}

/** Null where there is no file. */
export function readNow(file: string): Result<Buffer | null, FileFailure> {
  const bytes = readBytes(file);
  return !bytes.ok && bytes.error.errno === 'ENOENT' ? ok(null) : bytes;
}

/** Whether two looks at a file saw the same. */
export function isSame(one: Buffer | null, other: Buffer | null): boolean {
  return one === null || other === null ? one === other : one.equals(other);
}

type Place = { readonly target: string; readonly now: Buffer | null };

async function putBackOver(root: string, kept: Former, { target, now }: Place): Promise<PutBack> {
  const { former, written } = kept;
  if (isSame(now, former)) return { kind: 'back' };
  if (now === null || !now.equals(written)) return keepAside(root, target, former);
  if (former === null) {
    const removed = await removeIfHolds(target, now);
    if (!removed.ok) return { kind: 'failed', why: removed.error.errno };
    return removed.value ? { kind: 'back' } : { kind: 'theirs' };
  }
  const replaced = await replaceFile(target, former, now);
  if (!replaced.ok) return { kind: 'failed', why: replaced.error.errno };
  switch (replaced.value.kind) {
    case 'replaced':
      return { kind: 'back' };
    case 'changed':
      return keepAside(root, target, former);
    case 'displaced':
      return takeTheirs(root, { target, theirs: replaced.value.keptAs, former });
  }
}

/** Somebody saved the artifact in the very moment of the exchange: theirs takes its place again. */
async function takeTheirs(
  root: string,
  { target, theirs, former }: { target: string; theirs: string; former: Buffer },
): Promise<PutBack> {
  const bytes = readBytes(theirs);
  const replaced = bytes.ok ? await replaceFile(target, bytes.value, former) : bytes;
  if (!replaced.ok || replaced.value.kind === 'changed') return { kind: 'theirs', keptAs: path.relative(root, theirs) };
  removeNow(theirs);
  return keepAside(root, target, former);
}

/** The next free name of `<artifact>.conflict`. */
export async function keepAside(root: string, target: string, content: Buffer | null): Promise<PutBack> {
  if (content === null) return { kind: 'theirs' };
  for (let number = 1; ; number += 1) {
    const name = conflictName(target, number);
    const made = await replaceFile(name, content, null);
    if (!made.ok) return { kind: 'failed', why: made.error.errno };
    if (made.value.kind === 'replaced') return { kind: 'theirs', keptAs: path.relative(root, name) };
  }
}
