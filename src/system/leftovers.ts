// The temporary files of replace.ts: their names, and which of them a killed process has left. Knows of their content only its marks.

import { lstatSync } from 'node:fs';
import path from 'node:path';
import { sha256 } from '../base/hash.ts';
import { listFolder, readBytes } from './files.ts';

/** For what is only ours, whole or in part, until it takes the place of the target. */
export function newName(target: string): string {
  return besideIt(target, 'new');
}

let asides = 0;

/**
 * For the exchange of the target with what holds one of `contents`. Nobody but us writes them: so whoever finds the file after a kill
 * can tell by the marks in its name whether it is somebody else's. A name is given once.
 */
export function asideName(target: string, contents: readonly (string | Buffer)[]): string {
  asides += 1;
  return besideIt(target, `${asides}.${contents.map(markOf).join('-')}`);
}

function besideIt(target: string, kind: string): string {
  return path.join(path.dirname(target), `.${path.basename(target)}.${process.pid}.${kind}.tmp`);
}

/** Long enough that what somebody saves in that very moment does not have it by chance. */
function markOf(content: string | Buffer): string {
  return sha256(content).slice(0, 12);
}

/** `target`: the file that was being written. `marks`: of all that it can hold by us; undefined where it is only ours. */
export type Leftover = { readonly file: string; readonly target: string; readonly marks?: readonly string[] };

const NAME = /^\.(.+)\.([1-9]\d{0,9})\.(?:new|\d+\.([0-9a-f]{12}(?:-[0-9a-f]{12})*))\.tmp$/;

/** Those in a folder whose process is gone. Numbers are given again: one that is this old is nobody's, whoever has its number now. */
export async function leftoversIn(folder: string): Promise<Leftover[]> {
  return (await listFolder(folder)).flatMap((name): Leftover[] => {
    const [, target, pid, marks] = NAME.exec(name) ?? [];
    if (target === undefined || Number(pid) === process.pid) return [];
    const file = path.join(folder, name);
    const stats = lstatSync(file, { throwIfNoEntry: false });
    if (!stats?.isFile() || (isAlive(Number(pid)) && Date.now() - stats.mtimeMs < LONGEST_WRITE_MS)) return [];
    return [{ file, target: path.join(folder, target), ...(marks === undefined ? {} : { marks: marks.split('-') }) }];
  });
}

/** Nobody writes a file for so long. */
const LONGEST_WRITE_MS = 60_000;

/** Signal 0 only asks. EPERM: there is such a process, of another user. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Whether it holds what somebody else has saved in the moment of the exchange, and what is nowhere else. What cannot be read may be. */
export function isForeign({ file, target, marks }: Leftover): boolean {
  if (marks === undefined) return false;
  const left = readBytes(file);
  if (!left.ok) return true;
  if (left.value.length === 0 || marks.includes(markOf(left.value))) return false;
  const now = readBytes(target);
  return !(now.ok && now.value.equals(left.value));
}
