// The temporary files of replace.ts: their names, and which of them a killed process has left. Knows of their content only its marks.

import { lstatSync } from 'node:fs';
import path from 'node:path';
import { sha256 } from '../base/hash.ts';
import { ok, type Result } from '../base/result.ts';
import { type FileFailure, listFolder, readBytes } from './files.ts';

/** For what is only ours, whole or in part, until it takes the place of the target. A name is given once. */
export function newName(target: string): string {
  return besideIt(target, 'new');
}

/**
 * For the exchange of the target with what has one of these marks. Whoever finds the file after a kill can tell by them whether it is
 * somebody else's.
 */
export function asideName(target: string, marks: readonly string[]): string {
  return besideIt(target, marks.join('-'));
}

/** In a container, every process may have the same number: those of another must not be met again, nor taken for living ones. */
const first = Math.floor(Math.random() * 1_000_000);
let given = first;

function besideIt(target: string, kind: string): string {
  given += 1;
  const name = `.${shortBase(path.basename(target))}.${process.pid}.${given}.${kind}.tmp`;
  return path.join(path.dirname(target), name);
}

/** Of the 255 bytes that a name may have, this leaves enough for what is put before and behind it. */
const LONGEST_BASE = 200;

/** The name itself, or the beginning of a very long one with a mark of the whole. */
export function shortBase(base: string): string {
  if (Buffer.byteLength(base) <= LONGEST_BASE) return base;
  const end = `~${sha256(base).slice(0, 8)}`;
  const characters = [...base];
  while (Buffer.byteLength(characters.join('')) > LONGEST_BASE - end.length) characters.pop();
  return characters.join('') + end;
}

/** Long enough that what somebody saves in that very moment does not have it by chance, and short: names end at 255 bytes. */
export function markOf(content: Buffer): string {
  return sha256(content).slice(0, 8);
}

/** `target`: the file that was being written. `marks`: of all that it can hold by us; undefined where it is only ours. */
export type Leftover = { readonly file: string; readonly target: string; readonly marks?: readonly string[] };

const NAME = /^\.(.+)\.([1-9]\d{0,9})\.(\d+)\.(?:new|([0-9a-f]{8}(?:-[0-9a-f]{8})*))\.tmp$/;

/**
 * Those in a folder whose process is gone. Numbers of processes are given again: one that was last touched so long ago is nobody's,
 * whoever has its number now. `known`: files, absolute, of which they may be.
 */
export async function leftoversIn(folder: string, known: ReadonlySet<string>): Promise<Leftover[]> {
  const here = [...known].filter((file) => path.dirname(file) === folder).map((file) => path.basename(file));
  const bases = new Map(here.map((base) => [shortBase(base), base]));
  return (await listFolder(folder)).flatMap((name): Leftover[] => {
    const [, base, pid, number, marks] = NAME.exec(name) ?? [];
    if (base === undefined) return [];
    const file = path.join(folder, name);
    const stats = lstatSync(file, { throwIfNoEntry: false });
    const isFresh = stats !== undefined && Date.now() - Math.max(stats.mtimeMs, stats.ctimeMs) < LONGEST_WRITE_MS;
    if (!stats?.isFile() || (isFresh && isInUse(Number(pid), Number(number)))) return [];
    const target = path.join(folder, bases.get(base) ?? base);
    return [{ file, target, ...(marks === undefined ? {} : { marks: marks.split('-') }) }];
  });
}

/** Nobody writes a file for so long. */
const LONGEST_WRITE_MS = 60_000;

/** Signal 0 only asks. EPERM: there is such a process, of another user. */
function isInUse(pid: number, number: number): boolean {
  if (pid === process.pid) return number > first && number <= given;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Whether it holds what somebody else has saved in the moment of the exchange, and what is nowhere else. */
export function isForeign({ file, target, marks }: Leftover): Result<boolean, FileFailure> {
  if (marks === undefined) return ok(false);
  const left = readBytes(file);
  if (!left.ok) return left;
  if (left.value.length === 0 || marks.includes(markOf(left.value))) return ok(false);
  const now = readBytes(target);
  return ok(!(now.ok && now.value.equals(left.value)));
}
