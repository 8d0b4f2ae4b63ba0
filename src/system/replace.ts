// Replaces whole files so that nothing is ever half written and no write of somebody else is lost. Knows bytes, nothing of YAML.

import nodeFs, { type Stats } from 'node:fs';
import path from 'node:path';
import { err, ok, type Result } from '../base/result.ts';
import { monotonicMs, pause } from './clock.ts';
import { type Exchange, loadExchange } from './exchange.ts';
import { type FileFailure, failure, holdsMeanwhile, readBytes, removeNow } from './files.ts';
import { ensureFolder } from './folders.ts';
import { asideName, markOf, newName, shortBase } from './leftovers.ts';

/**
 * `changed`: the file was not what was expected, and was not touched. `displaced`: somebody replaced it in the very moment before ours
 * took its place; theirs is at `keptAs` beside it, until the caller has made sure that nothing of it is lost.
 */
export type Replaced =
  | { readonly kind: 'replaced' }
  | { readonly kind: 'changed' }
  | { readonly kind: 'displaced'; readonly keptAs: string };

/**
 * Replaces a file as a whole or not at all: a temporary file beside it, fsync, then the two change places in one step, fsync of the
 * folder. With `former`, what the file is taken to hold (null: that there is none), a write of somebody else that came in between is
 * seen and not lost. A symlink stays one (its target is replaced); mode and owner are kept, `mode` is for a new file. Missing folders
 * are made.
 */
export async function replaceFile(
  file: string,
  content: string | Buffer,
  former?: string | Buffer | null,
  mode?: number,
): Promise<Result<Replaced, FileFailure>> {
  const target = targetOf(file);
  const folder = path.dirname(target);
  const expected = former === undefined || former === null ? undefined : contentOf(former);
  const next = contentOf(content);
  const temporary = newName(target);
  let displaced: string | undefined;
  try {
    ensureFolder(folder);
    const exchange = await loadExchange();
    const like = nodeFs.statSync(target, { throwIfNoEntry: false });
    if (like && !like.isFile()) return intoNoFile({ file, content, like, isOnly: former === undefined });
    await writeTemporary(temporary, next, like ?? { mode });
    if (expected && !(await holds(target, expected))) {
      nodeFs.unlinkSync(temporary);
      if (!(await reappeared(target))) return err({ code: 'io', operation: 'write', path: file, errno: 'ENOENT' });
      await settle(target);
      return ok({ kind: 'changed' });
    }
    const aside = (before: Content) => asideName(target, [before.mark, next.mark]);
    if (expected) displaced = exchanged(temporary, target, { aside: aside(expected), exchange });
    else if (former === undefined) nodeFs.renameSync(temporary, target);
    else if (!putWhereNone(temporary, target)) return ok({ kind: 'changed' });
  } catch (error) {
    removeNow(temporary);
    return err(failure('write', file, error));
  }
  // From here on the name aside may hold the work of somebody else: it is never removed unseen.
  try {
    rememberOwn(target);
    await syncFolder(folder);
    return ok(expected ? await judgeDisplaced(displaced, target, expected) : { kind: 'replaced' });
  } catch (error) {
    if (expected) await removeFormer(displaced, target, expected);
    return err(failure('write', file, error));
  }
}

type NoFile = {
  readonly file: string;
  readonly content: string | Buffer;
  readonly like: Stats;
  /** Nothing need be known of what it held. */
  readonly isOnly: boolean;
};

/** To `/dev/null` or a terminal it is simply written: an exchange would put a file in the place of the device, or of a folder. */
function intoNoFile({ file, content, like, isOnly }: NoFile): Result<Replaced, FileFailure> {
  if (!isOnly || !like.isCharacterDevice())
    return err({ code: 'io', operation: 'write', path: file, errno: like.isDirectory() ? 'EISDIR' : 'ENXIO' });
  nodeFs.writeFileSync(file, content);
  return ok({ kind: 'replaced' });
}

/** After a failure: whoever tries again finds the file written, and would leave what it held before lying about. */
async function removeFormer(displaced: string | undefined, target: string, former: Content): Promise<void> {
  try {
    if (displaced === undefined) return;
    if (await holds(displaced, former)) nodeFs.unlinkSync(displaced);
    else keepBeside(displaced, target);
  } catch {
    // The disk does not take it now: the next start looks at it.
  }
}

/** Where a link leads; it may go, or come, at any moment. */
function targetOf(file: string): string {
  try {
    return nodeFs.realpathSync.native(file);
  } catch {
    return file;
  }
}

/** From here on, others go on while it is read, written or removed: that takes milliseconds. Below, going to another thread would. */
const LARGE_BYTES = 64 * 1024;

type Content = { readonly bytes: Buffer; readonly mark: string };

/** The last large text: what is written is what the next write expects. */
let lastLarge: { readonly text: string; readonly content: Content } | undefined;

function contentOf(given: string | Buffer): Content {
  if (lastLarge?.text === given) return lastLarge.content;
  const bytes = typeof given === 'string' ? Buffer.from(given) : given;
  const content = { bytes, mark: markOf(bytes) };
  if (bytes.length >= LARGE_BYTES && typeof given === 'string') lastLarge = { text: given, content };
  return content;
}

/** At this moment; false also where there is no such file any more. */
async function holds(file: string, { bytes }: Content): Promise<boolean> {
  const isLarge = bytes.length >= LARGE_BYTES;
  const before = isLarge ? versionNow(file) : undefined;
  const held = isLarge ? await holdsMeanwhile(file, bytes) : holdsNow(file, bytes);
  if (!held.ok && held.error.errno !== 'ENOENT') throw Object.assign(new Error('read'), { code: held.error.errno });
  // Whoever wrote into it while it was read may have done so behind the reader.
  return held.ok && held.value && (!isLarge || versionNow(file) === before);
}

function holdsNow(file: string, bytes: Buffer): Result<boolean, FileFailure> {
  const read = readBytes(file);
  return read.ok ? ok(read.value.equals(bytes)) : read;
}

type Like = Pick<Stats, 'mode' | 'uid' | 'gid'> | { readonly mode: number | undefined };

async function writeTemporary(file: string, { bytes }: Content, like: Like): Promise<void> {
  const descriptor = nodeFs.openSync(file, 'w', like.mode);
  try {
    if (bytes.length < LARGE_BYTES) nodeFs.writeFileSync(descriptor, bytes);
    else await done((tell) => nodeFs.writeFile(descriptor, bytes, tell));
    if ('uid' in like) {
      giveAway(descriptor, like);
      nodeFs.fchmodSync(descriptor, like.mode & 0o7777);
    }
    // A busy disk holds this up.
    await done((tell) => nodeFs.fsync(descriptor, tell));
  } finally {
    nodeFs.closeSync(descriptor);
  }
}

/** In another thread. */
function done(begin: (tell: nodeFs.NoParamCallback) => void): Promise<void> {
  return new Promise((resolve, reject) => begin((error) => (error ? reject(error) : resolve())));
}

/** Only root can give a file away; for everybody else it is their own already. */
function giveAway(descriptor: number, { uid, gid }: Pick<Stats, 'uid' | 'gid'>): void {
  try {
    nodeFs.fchownSync(descriptor, uid, gid);
  } catch {
    // As above.
  }
}

type Aside = { readonly aside: string; readonly exchange: Exchange | undefined };

/**
 * Gives the name under which the former file is now, if there was one. Without an exchange a second link keeps it: then a file that
 * somebody else moves into place between the two calls is the only write that is not seen.
 */
function exchanged(temporary: string, target: string, { aside, exchange }: Aside): string | undefined {
  if (exchange) {
    nodeFs.renameSync(temporary, aside);
    if (exchange(aside, target)) return aside;
    nodeFs.renameSync(aside, temporary);
  }
  const had = tryLink(target, aside);
  nodeFs.renameSync(temporary, target);
  return had ? aside : undefined;
}

/** False where there is a file of that name by now; then the temporary one is removed. */
function putWhereNone(temporary: string, target: string): boolean {
  try {
    nodeFs.linkSync(temporary, target);
  } catch (error) {
    // A file system without hard links: then somebody who makes the file between the two calls is not seen.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST' && !nodeFs.existsSync(target)) {
      nodeFs.renameSync(temporary, target);
      return true;
    }
    nodeFs.unlinkSync(temporary);
    return false;
  }
  nodeFs.unlinkSync(temporary);
  return true;
}

/** False where there is nothing to link to, or on a file system without hard links. */
function tryLink(file: string, name: string): boolean {
  try {
    nodeFs.linkSync(file, name);
    return true;
  } catch {
    return false;
  }
}

async function judgeDisplaced(displaced: string | undefined, target: string, former: Content): Promise<Replaced> {
  if (displaced === undefined) return { kind: 'replaced' };
  if (await holds(displaced, former)) {
    if (former.bytes.length < LARGE_BYTES) nodeFs.unlinkSync(displaced);
    else await done((tell) => nodeFs.unlink(displaced, tell));
    return { kind: 'replaced' };
  }
  await quiet(displaced, { quietMs: QUIET_DISPLACED_MS, longestMs: LONGEST_WAIT_MS.displaced });
  const keptAs = keepBeside(displaced, target);
  return { kind: 'displaced', keptAs };
}

/**
 * Removes a file if it holds just this; false where it does not, and stays. It is moved aside first, so that what somebody saves in
 * this very moment is seen.
 */
export async function removeIfHolds(file: string, bytes: Buffer): Promise<Result<boolean, FileFailure>> {
  const target = targetOf(file);
  const content = contentOf(bytes);
  const aside = asideName(target, [content.mark]);
  try {
    await settle(target);
    if (!(await holds(target, content))) return ok(false);
    nodeFs.renameSync(target, aside);
    if (!(await holds(aside, content))) {
      if (nodeFs.existsSync(target)) keepBeside(aside, target);
      else nodeFs.renameSync(aside, target);
      return ok(false);
    }
    nodeFs.unlinkSync(aside);
    await syncFolder(path.dirname(target));
    return ok(true);
  } catch (error) {
    return err(failure('remove', file, error));
  }
}

/** The n-th name, from 1, under which something is kept beside a file. */
export function conflictName(target: string, number: number): string {
  const name = `${shortBase(path.basename(target))}.conflict${number === 1 ? '' : `-${number}`}`;
  return path.join(path.dirname(target), name);
}

/** Moves a file to `<target>.conflict`, or to the next free name of that kind; gives the name. */
export function moveBeside(file: string, target: string): Result<string, FileFailure> {
  try {
    return ok(keepBeside(file, target));
  } catch (error) {
    return err(failure('move', file, error));
  }
}

function keepBeside(file: string, target: string): string {
  for (let number = 1; ; number += 1) {
    const name = conflictName(target, number);
    if (nodeFs.existsSync(name)) continue;
    nodeFs.renameSync(file, name);
    return name;
  }
}

/** How long a file must have been left alone to be taken as whole. */
export const QUIET_MS = 25;
/** One that was displaced is thrown away afterwards: whoever still writes into it is waited for longer. */
const QUIET_DISPLACED_MS = 80;
const POLL_MS = 5;
/** An empty file is one that is about to be filled; somebody who writes without pause is not waited for long. */
const LONGEST_WAIT_MS = { empty: 1000, busy: 250, displaced: 1000, missing: 500 };

/** What replaceFile itself wrote lately: whole from the first moment. */
const own = new Map<string, string>();
/** More are not written before the first of them is old enough for everybody. */
const MOST_OWN = 256;

function rememberOwn(file: string): void {
  const version = versionNow(file);
  if (version === undefined) return;
  own.delete(file);
  own.set(file, version);
  const [oldest] = own.keys();
  if (own.size > MOST_OWN && oldest !== undefined) own.delete(oldest);
}

/** Whether nobody has written in it since replaceFile put it in its place, a moment ago. */
export function isAsWritten(file: string): boolean {
  const target = targetOf(file);
  return own.get(target) !== undefined && own.get(target) === versionNow(target);
}

function versionNow(file: string): string | undefined {
  const stats = nodeFs.statSync(file, { throwIfNoEntry: false });
  return stats && versionOf(stats);
}

function versionOf({ ino, size, mtimeMs }: Stats): string {
  return `${ino} ${size} ${mtimeMs}`;
}

/**
 * Waits while somebody is in the middle of writing the file: most editors empty it and write it anew. Waits for nothing where it was
 * not touched in the last moments, or by this program; at most a second.
 */
export async function settle(file: string): Promise<void> {
  await quiet(file, { quietMs: QUIET_MS, longestMs: LONGEST_WAIT_MS.busy });
}

/** Whether `settle` would wait for nothing. */
export function isQuiet(file: string): boolean {
  return !isBeingWritten(file, 0, { quietMs: QUIET_MS, longestMs: LONGEST_WAIT_MS.busy });
}

async function quiet(file: string, limits: { quietMs: number; longestMs: number }): Promise<void> {
  const since = monotonicMs();
  while (isBeingWritten(file, monotonicMs() - since, limits)) await pause(POLL_MS);
}

function isBeingWritten(
  file: string,
  waited: number,
  { quietMs, longestMs }: { quietMs: number; longestMs: number },
): boolean {
  const stats = nodeFs.statSync(file, { throwIfNoEntry: false });
  if (stats === undefined || own.get(file) === versionOf(stats)) return false;
  const age = Date.now() - stats.mtimeMs;
  if (age < 0) return false; // the clock was set back
  if (stats.size === 0) return age < LONGEST_WAIT_MS.empty && waited < LONGEST_WAIT_MS.empty;
  return age < quietMs && waited < longestMs;
}

/** Some editors move the old file away before they write the new one: a file that must be there is waited for, but not for long. */
export async function reappeared(file: string): Promise<boolean> {
  const until = monotonicMs() + LONGEST_WAIT_MS.missing;
  for (;;) {
    if (nodeFs.existsSync(file)) return true;
    if (monotonicMs() >= until) return false;
    await pause(POLL_MS);
  }
}

/** What a file system says that cannot sync a folder. */
const NO_FOLDER_SYNC = new Set(['EINVAL', 'ENOTSUP', 'EPERM']);

/** Without this the rename itself may be lost in a power cut. Some file systems refuse it: then there is nothing to gain. */
async function syncFolder(folder: string): Promise<void> {
  const descriptor = nodeFs.openSync(folder, nodeFs.constants.O_RDONLY);
  try {
    await done((tell) => nodeFs.fsync(descriptor, tell)).catch((error: NodeJS.ErrnoException) => {
      if (!NO_FOLDER_SYNC.has(error.code ?? '')) throw error;
    });
  } finally {
    nodeFs.closeSync(descriptor);
  }
}
