// Versions of files: what tells what a file holds from what it held before. Knows nothing of what it says.

import nodeFs, { type Stats } from 'node:fs';

export type FileVersion = { readonly version: string; readonly ageMs: number };

/**
 * What tells the content of a file from what it held before, and how long ago it was written, in milliseconds; undefined where there is
 * no file. Two writes within one tick of the file system's clock may have the same version: only one that has aged can be relied on.
 */
export function fileVersion(file: string): FileVersion | undefined {
  const stats = nodeFs.lstatSync(file, { throwIfNoEntry: false });
  if (!stats?.isSymbolicLink()) return stats && versionOf(stats);
  // Where it leads counts, and what is there.
  const target = nodeFs.statSync(file, { throwIfNoEntry: false });
  if (target === undefined) return undefined;
  const { version, ageMs } = versionOf(target);
  return { version: `link ${versionOf(stats).version} to ${version}`, ageMs };
}

/** Plain numbers tell times that are a quarter of a microsecond apart: no clock of a file system is finer, and big ones take longer. */
function versionOf({ dev, ino, size, mtimeMs, ctimeMs, mode }: Stats): FileVersion {
  return { version: `${dev} ${ino} ${mode} ${size} ${mtimeMs} ${ctimeMs}`, ageMs: Date.now() - ctimeMs };
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

/** With this begins the version of every file that lies on the same device as the folder, and is no link. */
export function deviceMark(folder: string): string {
  return `${nodeFs.statSync(folder).dev} `;
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
    const stats = nodeFs.lstatSync(file, { throwIfNoEntry: false });
    if (!stats?.isFile() || stats.size === 0 || stats.size > mostBytes) return undefined;
    const { version, ageMs } = versionOf(stats);
    if (ageMs <= leastAgeMs) return undefined;
    const text = nodeFs.readFileSync(file, 'utf8');
    return text.includes('\uFFFD') ? undefined : { text, version };
  } catch {
    return undefined;
  }
}
