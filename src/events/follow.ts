// Watches the log and hands over each new whole line. Does not know who is shown them.

import { pause } from '../system/clock.ts';
import { fileInfo, readFrom } from '../system/files.ts';
import { parseLog } from './log.ts';
import type { LogEvent } from './types.ts';

const POLL_MS = 200;

export type FollowOptions = {
  readonly from: number;
  readonly signal: AbortSignal;
  readonly onEvent: (event: LogEvent) => void;
};

/**
 * From a byte offset on, until the signal fires. A file that became shorter is read from its beginning again. Polls: watching is
 * unreliable on network and container file systems, and five looks a second cost nothing.
 */
export async function followLog(file: string, { from, signal, onEvent }: FollowOptions): Promise<void> {
  let offset = from;
  let rest = Buffer.alloc(0);
  while (!signal.aborted) {
    const size = fileInfo(file)?.size ?? 0;
    if (size < offset) [offset, rest] = [0, Buffer.alloc(0)];
    if (size > offset) {
      const bytes = readFrom(file, offset);
      if (bytes.ok) {
        offset += bytes.value.length;
        // Cut as bytes: a character may have been read in half.
        const unread = Buffer.concat([rest, bytes.value]);
        const whole = unread.lastIndexOf('\n') + 1;
        rest = unread.subarray(whole);
        for (const event of parseLog(unread.toString('utf8', 0, whole)).events) onEvent(event);
      }
    }
    await pause(POLL_MS, signal);
  }
}
