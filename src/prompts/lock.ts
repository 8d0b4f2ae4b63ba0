// One process at a time sends in a conversation. The lock dies with its process. Knows no message.

import path from 'node:path';
import type { Failure } from '../base/failure.ts';
import { err, ok, type Result } from '../base/result.ts';
import { localTime } from '../base/text.ts';
import { lockFile } from '../database/file-lock.ts';
import { pause, timestamp } from '../system/clock.ts';
import { readText, removeNow, writeText } from '../system/files.ts';

const FOLDER = path.join('.orchestrate', 'conversations');
const POLL_MS = 25;

export type SendLock = { readonly release: () => void };
export type Waiting = {
  /** Milliseconds; infinite for as long as it takes. */
  readonly forMs: number;
  readonly signal: AbortSignal;
  /** Called once, when the first look finds it held. */
  readonly onWait?: (heldBy: string) => void;
};

export async function takeSendLock(root: string, id: string, waiting: Waiting): Promise<Result<SendLock, Failure>> {
  const deadline = performance.now() + waiting.forMs;
  for (let told = false; ; told = true) {
    const taken = tryLock(root, id);
    if (!taken.ok) return taken;
    if (taken.value !== undefined) return ok(taken.value);
    if (waiting.signal.aborted || performance.now() >= deadline) return err(locked(root, id));
    if (!told) waiting.onWait?.(holder(root, id));
    await pause(POLL_MS, waiting.signal);
  }
}

/** Undefined where another process sends. */
export function tryLock(root: string, id: string): Result<SendLock | undefined, Failure> {
  const file = lockPath(root, id);
  const taken = lockFile(file);
  if (!taken.ok || taken.value === undefined) return taken;
  const lock = taken.value;
  // For messages only; what proves that somebody sends is the lock itself.
  writeText(notePath(root, id), JSON.stringify({ pid: process.pid, since: timestamp() }));
  return ok({
    release() {
      removeNow(notePath(root, id));
      lock.release({ remove: true });
    },
  });
}

function lockPath(root: string, id: string): string {
  return path.join(root, FOLDER, `${id}.lock`);
}

function notePath(root: string, id: string): string {
  return path.join(root, FOLDER, `${id}.json`);
}

function holder(root: string, id: string): string {
  const text = readText(notePath(root, id));
  try {
    const { pid, since } = JSON.parse(text.ok ? text.value : '') as { pid: number; since: string };
    return `pid ${pid}, since ${localTime(since)}`;
  } catch {
    return 'its process is not known';
  }
}

function locked(root: string, id: string): Failure {
  return {
    code: 'locked',
    message: `another process sends in the conversation ${id.slice(0, 8)} at this moment (${holder(root, id)})`,
    advice: 'wait for it with "--wait", or try again when it is done',
  };
}
