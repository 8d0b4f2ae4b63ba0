// What was read of files, for as long as they stay as they were. Knows versions of files, not what they say.

import { fileVersion } from '../system/versions.ts';

/** A file that was written a moment before it was read may be written again within the same tick of the clock. */
export const SETTLED_MS = 50;

export type FileCache = {
  /** What was kept of the file, if it is unchanged since. */
  readonly known: (file: string) => unknown;
  /** Reads it, and keeps what comes of it where the file can be told from a later one. */
  readonly read: <T>(file: string, read: () => Promise<T>) => Promise<T>;
  /** Keeps what was read of this version, which must have been older than SETTLED_MS. */
  readonly keep: (file: string, version: string, value: unknown) => void;
};

/** A run reads its runbook again and again, to see what a person changed: nearly all of its files are as they were. */
export function createFileCache(): FileCache {
  const kept = new Map<string, { readonly version: string; readonly value: unknown }>();
  return {
    known(file) {
      const entry = kept.get(file);
      return entry !== undefined && entry.version === fileVersion(file)?.version ? entry.value : undefined;
    },
    async read(file, read) {
      // Before the reading: what is written meanwhile makes another version.
      const before = fileVersion(file);
      const value = await read();
      if (before !== undefined && before.ageMs > SETTLED_MS) kept.set(file, { version: before.version, value });
      else kept.delete(file);
      return value;
    },
    keep: (file, version, value) => void kept.set(file, { version, value }),
  };
}
