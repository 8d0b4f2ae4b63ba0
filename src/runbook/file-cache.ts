// What was read of files, for as long as they stay as they were. Knows versions of files, not what they say.

import { ageOf, isSameVersion, type Version, versionAt } from '../system/versions.ts';

/** A file that was written a moment before it was read may be written again within the same tick of the clock. */
export const SETTLED_MS = 50;

export type FileCache = {
  /** What was kept of the file, if it is unchanged since. */
  readonly known: (file: string) => unknown;
  /** Reads it, and keeps what comes of it where the file can be told from a later one. */
  readonly read: <T>(file: string, read: () => Promise<T>) => Promise<T>;
  /** Keeps what was read of this version, which must have been older than SETTLED_MS. */
  readonly keep: (file: string, version: Version, value: unknown) => void;
  /** To be called when we have just put another file in its place; `value` is what would be read of it. */
  readonly wrote: (file: string, value?: unknown) => void;
  /** Whether it is as it was read or written last; false also where nobody could tell. */
  readonly isUntouched: (file: string) => boolean;
  /** What was seen of it last, without a look whether it still is so. */
  readonly seen: (file: string) => Seen | undefined;
  /** Whether any was written. */
  readonly hasWritten: () => boolean;
  /** What somebody else wrote has no place in the file any more: it stays here, and they must be told. */
  readonly keptBeside: (file: string) => void;
  /** Those since it was last asked. */
  readonly takeKept: () => readonly string[];
};

/** `version` is undefined where there was no file; `value`, where it was written and not yet read. */
export type Seen = {
  readonly version: Version | undefined;
  readonly value: unknown;
  /** Ours, and so young that somebody else may have written in it in the same moment. */
  readonly isFresh?: boolean;
};

/** A run reads its runbook again and again, to see what a person changed: nearly all of its files are as they were. */
export function createFileCache(): FileCache {
  const seen = new Map<string, Seen>();
  let hasWritten = false;
  let kept: string[] = [];
  const isUntouched = (file: string) => {
    const entry = seen.get(file);
    return entry !== undefined && isSame(entry.version, versionAt(file));
  };
  return {
    known: (file) => (isUntouched(file) ? seen.get(file)?.value : undefined),
    async read(file, read) {
      // Before the reading: what is written meanwhile makes another version.
      const before = versionAt(file);
      const value = await read();
      if (before === undefined) seen.set(file, { version: undefined, value: undefined });
      else if (ageOf(before) > SETTLED_MS) seen.set(file, { version: before, value });
      else seen.delete(file);
      return value;
    },
    keep: (file, version, value) => void seen.set(file, { version, value }),
    wrote(file, value) {
      hasWritten = true;
      // Whoever writes it makes sure that nobody else has written in it since (isAsWritten).
      seen.set(file, { version: versionAt(file), value, isFresh: true });
    },
    isUntouched,
    seen: (file) => seen.get(file),
    hasWritten: () => hasWritten,
    keptBeside: (file) => void kept.push(file),
    takeKept() {
      const all = kept;
      kept = [];
      return all;
    },
  };
}

function isSame(a: Version | undefined, b: Version | undefined): boolean {
  return a === undefined || b === undefined ? a === b : isSameVersion(a, b);
}
