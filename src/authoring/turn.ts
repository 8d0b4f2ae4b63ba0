// One `add` at a time in a project. Knows nothing of what is added; runs are not kept waiting by it, nor does it wait for them.

import path from 'node:path';
import type { Failure } from '../base/failure.ts';
import { err, type Result } from '../base/result.ts';
import { lockFile } from '../database/file-lock.ts';
import { pause } from '../system/clock.ts';
import { exists, removeFolderNow } from '../system/files.ts';

const FOLDER = '.orchestrate';
const POLL_MS = 15;
/** An `add` takes milliseconds: whoever holds it for longer hangs. */
const LONGEST_MS = 20_000;

/** Does the work while no other `add` is at work; leaves nothing behind. */
export async function inTurn<T>(root: string, work: () => Promise<Result<T, Failure>>): Promise<Result<T, Failure>> {
  const folder = path.join(root, FOLDER);
  const isNew = !exists(folder);
  const until = performance.now() + LONGEST_MS;
  for (;;) {
    const taken = lockFile(path.join(folder, 'add.lock'));
    if (!taken.ok) return taken;
    if (taken.value !== undefined) {
      try {
        return await work();
      } finally {
        taken.value.release({ remove: true });
        if (isNew) removeFolderNow(folder);
      }
    }
    if (performance.now() > until)
      return err({
        code: 'locked',
        message: 'another "orchestrate add" is at work here, and does not end',
        advice: 'look for it with: ps ax | grep "orchestrate add"',
      });
    await pause(POLL_MS, new AbortController().signal);
  }
}
