// Versions of files: what tells what a file holds from what it held before. Knows nothing of what it says.

import nodeFs, { type BigIntStats, type Stats } from 'node:fs';

/**
 * What tells the content of a file from what it held before. Two writes within one tick of the file system's clock may have the same
 * version: only one that has aged can be relied on.
 */
export type Version = Pick<Stats, 'dev' | 'ino' | 'mode' | 'size' | 'mtimeMs' | 'ctimeMs'>;

/** Undefined where there is no file, or none that can be looked at. */
export function versionAt(file: string): Version | undefined {
  try {
    return nodeFs.statSync(file, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

export function isSameVersion(a: Version, b: Version): boolean {
  return (
    a.ctimeMs === b.ctimeMs &&
    a.mtimeMs === b.mtimeMs &&
    a.size === b.size &&
    a.ino === b.ino &&
    a.dev === b.dev &&
    a.mode === b.mode
  );
}

/** How long ago it was written, in milliseconds. */
export function ageOf({ ctimeMs }: Version): number {
  return Date.now() - ctimeMs;
}

export type FileVersion = { readonly version: string; readonly ageMs: number };

/** A version as a text that can be kept. */
export function fileVersion(file: string): FileVersion | undefined {
  const stats = nodeFs.statSync(file, { throwIfNoEntry: false, bigint: true });
  return stats && textOf(stats);
}

function textOf({ dev, ino, size, mtimeNs, ctimeNs, mode }: BigIntStats): FileVersion {
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
): { readonly text: string; readonly version: Version } | undefined {
  try {
    const version = nodeFs.lstatSync(file, { throwIfNoEntry: false });
    if (version === undefined || !version.isFile() || version.size === 0 || version.size > mostBytes) return undefined;
    if (ageOf(version) <= leastAgeMs) return undefined;
    const text = nodeFs.readFileSync(file, 'utf8');
    return text.includes('\uFFFD') ? undefined : { text, version };
  } catch {
    return undefined;
  }
}

/** The same of the name itself, where it is a link: that is never the version of a regular file. Undefined also where nobody can look. */
export function versionAtName(file: string): Version | undefined {
  try {
    return nodeFs.lstatSync(file, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

/** What Linux calls ext, XFS, Btrfs, tmpfs, overlay, ZFS, F2FS and bcachefs. */
const LOCAL = new Set([0xef53, 0x58465342, 0x9123683e, 0x01021994, 0x794c7630, 0x2fc12fc1, 0xf2f52010, 0xca451a4e]);

/** Whether what is seen of files there is how they are now: over a network it may be what they were some seconds ago. */
export function seesAtOnce(folder: string): boolean {
  try {
    return process.platform === 'linux' && LOCAL.has(nodeFs.statfsSync(folder).type);
  } catch {
    return false;
  }
}
