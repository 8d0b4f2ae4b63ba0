// The project's lock: one writer at a time (design.md §3), and the claims of runs that wait for a person without it. Knows no task.
//
// The proof that nobody holds it is the lock on .orchestrate/lock itself. What stands beside it, in lock.json, is for messages; and
// where the lock is free although the process named there lives, somebody deleted or replaced the file: then it is not free.

import path from 'node:path';
import type { Failure } from '../base/failure.ts';
import { err, ok, type Result } from '../base/result.ts';
import { localTime } from '../base/text.ts';
import { type FileLock, lockFile } from '../database/file-lock.ts';
import { pause, timestamp } from '../system/clock.ts';
import { exists, readText, removeFolderNow, removeNow, writeText } from '../system/files.ts';
import { isAliveIdentity, type ProcessIdentity, thisProcess } from '../system/process-identity.ts';
import { STATE_DB } from './file.ts';
import { readRunning } from './journal.ts';

const FOLDER = '.orchestrate';
const POLL_MS = 50;
const PATIENCE_MS = 5000;

/** `root`: a copy of the folder names the process that works in the original. */
type Holder = ProcessIdentity & { readonly since: string; readonly root: string };

export type Waiting = {
  /** Milliseconds; infinite for as long as it takes. */
  readonly forMs: number;
  readonly signal: AbortSignal;
  /** Called once, when the first look finds it held. */
  readonly onWait?: (heldBy: string) => void;
};

export type ProjectLock = {
  /** To be asked before each transition: the file may have been deleted or replaced, and another may hold the new one. */
  readonly ensure: () => Promise<Result<'held' | 'taken again', Failure>>;
  /** After `release`; where it was taken again for something else meanwhile (`ensure`), it is held already. */
  readonly retake: (waiting: Waiting) => Promise<Result<undefined, Failure>>;
  /** Nothing happens where it is not held. */
  readonly release: () => void;
};

/** `task`: the one that this command runs inside of, whose orchestrate holds the lock until the command ends (design.md §3). */
export type LockOptions = { readonly root: string; readonly task: string | undefined; readonly waiting: Waiting };

export async function takeLock(options: LockOptions): Promise<Result<ProjectLock, Failure>> {
  const { root } = options;
  const isNew = !exists(path.join(root, FOLDER));
  let held: FileLock | undefined;
  let wasReleased = false;
  const take = async (waiting: Waiting): Promise<Result<undefined, Failure>> => {
    const taken = await takeWithin(options, waiting);
    if (!taken.ok) return taken;
    held = taken.value;
    wasReleased = false;
    return ok(undefined);
  };
  const isHeld = () => {
    if (held?.isInPlace()) return true;
    held?.release();
    held = undefined;
    return false;
  };
  const first = await take(options.waiting);
  if (!first.ok) return first;
  return ok({
    async ensure() {
      if (isHeld()) return ok('held');
      // Whoever got in through the deleted file is let finish; what has happened here must still be recorded. Who let go of it has
      // been waiting already.
      const again = await take({ forMs: wasReleased ? 0 : PATIENCE_MS, signal: new AbortController().signal });
      return again.ok ? ok('taken again') : again;
    },
    retake: async (waiting) => (isHeld() ? ok(undefined) : take(waiting)),
    release() {
      if (held === undefined) return;
      removeNow(holderFile(root));
      // A command that was refused leaves nothing behind.
      const leaveNothing = isNew && !exists(path.join(root, STATE_DB));
      held.release({ remove: leaveNothing });
      if (leaveNothing) removeFolderNow(path.join(root, FOLDER));
      held = undefined;
      wasReleased = true;
    },
  });
}

async function takeWithin({ root, task }: LockOptions, waiting: Waiting): Promise<Result<FileLock, Failure>> {
  const deadline = performance.now() + waiting.forMs;
  let told = false;
  for (;;) {
    const taken = takeNow(root);
    if (!taken.ok) return taken;
    if (taken.value !== undefined) return ok(taken.value);
    if (task !== undefined) return err(insideOf(task));
    if (waiting.signal.aborted) return err(interruptedBefore(root));
    if (performance.now() >= deadline) return err(lockedBy(root, waiting.forMs));
    if (!told) waiting.onWait?.(describeHolder(root));
    told = true;
    await pause(POLL_MS, waiting.signal);
  }
}

/** Undefined where somebody else has it. */
function takeNow(root: string): Result<FileLock | undefined, Failure> {
  const taken = lockFile(path.join(root, FOLDER, 'lock'));
  if (!taken.ok || taken.value === undefined) return taken;
  const holder = readHolder(root);
  if (holder && holder.pid !== process.pid && holder.root === root && isAliveIdentity(holder)) {
    taken.value.release();
    return ok(undefined);
  }
  const mine: Holder = { ...thisProcess(), since: timestamp(), root };
  const told = writeText(holderFile(root), `${JSON.stringify(mine)}\n`);
  if (told.ok) return taken;
  taken.value.release();
  return told;
}

function holderFile(root: string): string {
  return path.join(root, FOLDER, 'lock.json');
}

function readHolder(root: string): Holder | undefined {
  const text = readText(holderFile(root));
  if (!text.ok) return undefined;
  try {
    const value = JSON.parse(text.value) as Partial<Holder> | null;
    return typeof value?.pid === 'number' && typeof value.since === 'string' ? (value as Holder) : undefined;
  } catch {
    return undefined;
  }
}

/** "pid 123, since 12:03, at task build", as far as that is known. */
function describeHolder(root: string): string {
  const holder = readHolder(root);
  if (holder === undefined) return 'its process is not known';
  const task = readRunning(root).find((row) => row.process.pid === holder.pid && !row.waiting)?.taskId;
  const where = holder.host === thisProcess().host ? '' : ` on ${holder.host}`;
  return `pid ${holder.pid}${where}, since ${localTime(holder.since)}${task === undefined ? '' : `, at task ${task}`}`;
}

function lockedBy(root: string, waitedMs: number): Failure {
  const pid = readHolder(root)?.pid;
  const waited = waitedMs > 0;
  const wait = waited
    ? 'try again when it is done ("--wait" without a number waits as long as it takes)'
    : 'wait for it with "--wait"';
  return {
    code: 'locked',
    message: `another orchestrate is ${waited ? 'still ' : ''}at work here${waited ? ` after ${waitedMs / 1000} s` : ''} (${describeHolder(root)})`,
    advice: `${wait}${pid === undefined ? '' : `, or end it: kill ${pid}`}`,
  };
}

function interruptedBefore(root: string): Failure {
  return {
    code: 'interrupted',
    message: `interrupted while it waited for another orchestrate (${describeHolder(root)})`,
    advice: 'nothing was changed by this command; the other one goes on',
  };
}

function insideOf(task: string): Failure {
  return {
    code: 'locked',
    message: `this command runs inside the task "${task}", whose orchestrate holds the lock of the project until it ends`,
    advice: 'commands that only read work here; change states before or after the task',
  };
}

/** A run that waits for a person holds its claim, so that everybody can tell that it lives. */
export type Claim = { readonly release: () => void };

export function takeClaim(root: string, runId: string): Result<Claim, Failure> {
  const file = claimFile(root, runId);
  const taken = lockFile(file);
  if (!taken.ok) return taken;
  if (taken.value === undefined) throw new Error(`somebody else holds the claim of this run: ${file}`);
  const lock = taken.value;
  return ok({ release: () => lock.release({ remove: true }) });
}

/** Not to be asked of one's own run: looking would end the claim. */
export function isClaimed(root: string, runId: string): boolean {
  const file = claimFile(root, runId);
  if (!exists(file)) return false;
  const taken = lockFile(file);
  if (!taken.ok) return true;
  taken.value?.release({ remove: true });
  return taken.value === undefined;
}

function claimFile(root: string, runId: string): string {
  return path.join(root, FOLDER, 'claims', `${runId}.lock`);
}
