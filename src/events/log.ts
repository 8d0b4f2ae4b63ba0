// Appends whole lines to logs/run_log.jsonl and reads them back. Knows nothing of what the events mean.

import path from 'node:path';
import { ok, type Result } from '../base/result.ts';
import type { Redactor } from '../base/secrets.ts';
import { timestamp } from '../system/clock.ts';
import { appendText, type FileFailure, fileInfo, readFrom } from '../system/files.ts';
import type { LogEvent, NewEvent } from './types.ts';

export const LOG_FILE = path.join('logs', 'run_log.jsonl');
const TAIL_BYTES = 256 * 1024;

export type EventLog = {
  /** Says before anything is done whether lines can be written: what was done must not stay without its line. */
  readonly prepare: () => Result<undefined, FileFailure>;
  /** Writes the events as whole lines with one call, secrets replaced; `actor` says who did it. */
  readonly append: (actor: string, events: readonly NewEvent[]) => Result<undefined, FileFailure>;
};

export function openLog(root: string, runId: string, redactor: Redactor): EventLog {
  const file = path.join(root, LOG_FILE);
  let tail: { seq: number; torn: boolean } | undefined;
  return {
    prepare: () => (tail === undefined ? appendText(file, '') : ok(undefined)),
    append(actor, events) {
      if (tail === undefined) {
        const found = readTail(file);
        if (!found.ok) return found;
        tail = found.value;
      }
      const prefix = tail.torn ? '\n' : '';
      let seq = tail.seq;
      const lines = events.map((event) => {
        seq += 1;
        const full: LogEvent = { timestamp: timestamp(), seq, ...event, run_id: runId, actor };
        return `${JSON.stringify(redactor.value(full))}\n`;
      });
      const written = appendText(file, prefix + lines.join(''));
      if (written.ok) tail = { seq, torn: false };
      return written;
    },
  };
}

/** `seq` goes on from the last whole lines; a torn last line (no final line feed) is left as it is and a new line begun. */
function readTail(file: string): Result<{ seq: number; torn: boolean }, FileFailure> {
  const size = fileInfo(file)?.size ?? 0;
  if (size === 0) return ok({ seq: 0, torn: false });
  // A log grows for months: only where its end holds no readable event the whole is read.
  for (const from of new Set([Math.max(0, size - TAIL_BYTES), 0])) {
    const bytes = readFrom(file, from);
    if (!bytes.ok) return bytes;
    const text = bytes.value.toString('utf8');
    const numbers = parseLog(text)
      .events.map((event) => event.seq)
      .filter(Number.isSafeInteger);
    if (numbers.length > 0 || from === 0)
      return ok({ seq: numbers.reduce((max, seq) => Math.max(max, seq), 0), torn: !text.endsWith('\n') });
  }
  return ok({ seq: 0, torn: false });
}

/** The events of a log text; lines that are no JSON object are counted, not thrown away silently. */
export function parseLog(text: string): { events: LogEvent[]; unreadable: number } {
  const events: LogEvent[] = [];
  let unreadable = 0;
  for (const line of text.split('\n')) {
    if (line.trim() === '') continue;
    const event = parseLine(line);
    if (event) events.push(event);
    else unreadable += 1;
  }
  return { events, unreadable };
}

function parseLine(line: string): LogEvent | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return value !== null && typeof value === 'object' && 'event_type' in value ? (value as LogEvent) : undefined;
  } catch {
    return undefined;
  }
}
