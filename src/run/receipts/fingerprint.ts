// What a file was like at one moment, and whether it still is. Knows no task.

import path from 'node:path';
import { type FileStamp, fileStamp, hashFile } from '../../system/files.ts';
import { insideRoot } from '../../system/paths.ts';

/** `file` is relative to the project. Of what was no file only `is` is kept. */
export type Fingerprint =
  | {
      readonly file: string;
      readonly is?: undefined;
      readonly size: number;
      /** Time of the last change, in milliseconds. */
      readonly mtime_ms: number;
      /** Null where it could not be read. */
      readonly sha256: string | null;
    }
  | { readonly file: string; readonly is: 'folder' | 'none' };

/** `appeared`: there was nothing before. */
export type Difference = 'changed' | 'gone' | 'appeared';

/** Compares the file as it is now with what it was. */
export type Compare = (before: Fingerprint) => Difference | undefined;

/** What lies outside the project is not looked at: it counts as nothing. */
export function fingerprint(root: string, file: string): Fingerprint {
  const absolute = insideRoot(root, file);
  const stamp = absolute === undefined ? undefined : fileStamp(absolute);
  if (absolute === undefined || stamp === undefined || stamp.is === 'none') return { file, is: 'none' };
  if (stamp.is === 'folder') return { file, is: 'folder' };
  const hash = hashFile(absolute);
  return { file, size: stamp.size, mtime_ms: stamp.changedMs, sha256: hash.ok ? hash.value : null };
}

/** Looks at each file once, however many tasks name it. */
export function stampsOf(root: string): (file: string) => FileStamp {
  const known = new Map<string, FileStamp>();
  return (file) => {
    const before = known.get(file);
    if (before) return before;
    const stamp = fileStamp(path.join(root, file));
    known.set(file, stamp);
    return stamp;
  };
}

/** By size and time alone: a file that was written anew with the same content counts as changed. */
export function compareStamps(look: (file: string) => FileStamp): Compare {
  return (before) => {
    const now = look(before.file);
    return differentKind(before, now) ?? (isSame(before, now) ? undefined : 'changed');
  };
}

function isSame(before: Fingerprint, now: FileStamp): boolean {
  return before.is !== undefined || (before.size === now.size && before.mtime_ms === now.changedMs);
}

/** By content. */
export function compareHashes(root: string): Compare {
  const known = new Map<string, Fingerprint>();
  return (before) => {
    const now = known.get(before.file) ?? fingerprint(root, before.file);
    known.set(before.file, now);
    const kind = differentKind(before, { is: now.is ?? 'file' });
    if (kind !== undefined || before.is !== undefined || now.is !== undefined) return kind;
    return before.sha256 === now.sha256 ? undefined : 'changed';
  };
}

function differentKind(before: Fingerprint, now: Pick<FileStamp, 'is'>): Difference | undefined {
  const was = before.is ?? 'file';
  if (was === now.is) return undefined;
  if (now.is === 'none') return 'gone';
  return was === 'none' ? 'appeared' : 'changed';
}

/** The same file at another time: whether the one is what the other was. */
export function isEqual(one: Fingerprint, other: Fingerprint): boolean {
  if (one.is !== undefined || other.is !== undefined) return one.is === other.is;
  return one.sha256 === other.sha256;
}
