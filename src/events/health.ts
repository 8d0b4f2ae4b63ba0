// Whether the log is whole, and a torn end mended. Knows lines, not what the events mean.

import { ok, type Result } from '../base/result.ts';
import { appendText } from '../system/appender.ts';
import { type FileFailure, readText } from '../system/files.ts';
import { parseLog } from './log.ts';

export type LogHealth = {
  readonly events: number;
  /** The last line has no line feed: the program died while it was written. */
  readonly torn: boolean;
  /** 1-based numbers of lines that are no events. A torn last line is not among them. */
  readonly unreadable: readonly number[];
  /** 1-based numbers of lines whose `seq` is not above the one before. */
  readonly outOfOrder: readonly number[];
};

/** Undefined where there is no log yet. */
export function logHealth(file: string): Result<LogHealth | undefined, FileFailure> {
  const text = readText(file);
  if (!text.ok) return text.error.errno === 'ENOENT' ? ok(undefined) : text;
  return ok(checkLog(text.value));
}

export function checkLog(text: string): LogHealth {
  const torn = text !== '' && !text.endsWith('\n');
  const lines = text.split('\n').slice(0, -1);
  const unreadable: number[] = [];
  const outOfOrder: number[] = [];
  let events = 0;
  let last = 0;
  for (const [index, line] of lines.entries()) {
    if (line.trim() === '') continue;
    const [event] = parseLog(line).events;
    if (event === undefined) {
      unreadable.push(index + 1);
      continue;
    }
    events += 1;
    if (!(event.seq > last)) outOfOrder.push(index + 1);
    last = Math.max(last, event.seq ?? 0);
  }
  return { events, torn, unreadable, outOfOrder };
}

/** Ends the torn line, so that it stays readable by itself and the next event begins a line of its own. */
export function endTornLine(file: string): Result<undefined, FileFailure> {
  return appendText(file, '\n');
}
