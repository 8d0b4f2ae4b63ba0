// Versions of files: what tells what a file holds from what it held before. Knows nothing of what it says.

import nodeFs, { type BigIntStats } from 'node:fs';

export type FileVersion = { readonly version: string; readonly ageMs: number };

/**
 * What tells the content of a file from what it held before, and how long ago it was written, in milliseconds; undefined where there is
 * no file. Two writes within one tick of the file system's clock may have the same version: only one that has aged can be relied on.
 */
export function fileVersion(file: string): FileVersion | undefined {
  const stats = nodeFs.statSync(file, { throwIfNoEntry: false, bigint: true });
  return stats && versionOf(stats);
}

function versionOf({ dev, ino, size, mtimeNs, ctimeNs, mode }: BigIntStats): FileVersion {
  return {
    version: `${dev} ${ino} ${mode} ${size} ${mtimeNs} ${ctimeNs}`,
    ageMs: Date.now() - Number(ctimeNs / 1_000_000n),
  };
}

/**
 * The text of a file, with its version before it was read, where that is the simplest of things: a regular file and no link, of UTF-8,
 * with something in it but not more than so many bytes, and untouched for so long. Undefined else.
 */
export function readSimple(
  file: string,
  { mostBytes, leastAgeMs }: { readonly mostBytes: number; readonly leastAgeMs: number },
): { readonly text: string; readonly version: string } | undefined {
  try {
    const stats = nodeFs.lstatSync(file, { throwIfNoEntry: false, bigint: true });
    if (stats === undefined || !stats.isFile() || stats.size === 0n || stats.size > mostBytes) return undefined;
    const { version, ageMs } = versionOf(stats);
    if (ageMs <= leastAgeMs) return undefined;
    const text = nodeFs.readFileSync(file, 'utf8');
    return text.includes('\uFFFD') ? undefined : { text, version };
  } catch {
    return undefined;
  }
}
