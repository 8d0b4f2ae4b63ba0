// Appends whole lines to logs/run_log.jsonl and reads them back. Knows nothing of what the events mean.

import path from 'node:path';
import { ok, type Result } from '../base/result.ts';
import { createAppender } from '../system/appender.ts';
import { timestamp } from '../system/clock.ts';
import { cutFile, type FileFailure, fileInfo, readFrom, syncFile } from '../system/files.ts';
import type { LogEvent, LogLine, NewEvent } from './types.ts';

export const LOG_FILE = path.join('logs', 'run_log.jsonl');
const TAIL_BYTES = 256 * 1024;
/** A number above it is none of ours. */
const MOST_LINES = 2 ** 52;

export type EventLog = {
  /** Says before anything is done whether lines can be written: what was done must not stay without its line. */
  readonly prepare: () => Result<undefined, FileFailure>;
  /** In bytes. */
  readonly size: () => number;
  /** Writes the lines as whole lines with one call. */
  readonly append: (lines: readonly LogLine[]) => Result<undefined, FileFailure>;
  /** Writes those of the lines that do not stand in the log behind byte `from`: after a crash nobody knows which do. */
  readonly complete: (lines: readonly LogLine[], from: number) => Result<undefined, FileFailure>;
  /** Makes it durable. */
  readonly sync: () => Result<undefined, FileFailure>;
  /** To be called when another process may have written. */
  readonly lookAgain: () => void;
  readonly close: () => void;
};

/** The line of an event, with its time; secrets are to be replaced before it is kept anywhere. */
export function lineOf(event: NewEvent, { runId, actor }: { runId: string; actor: string }): LogLine {
  return { timestamp: timestamp(), ...event, run_id: runId, actor };
}

type Tail = { readonly seq: number; readonly unended: boolean };

export function openLog(root: string): EventLog {
  const file = path.join(root, LOG_FILE);
  const appender = createAppender(file);
  let tail: Tail | undefined;
  const append: EventLog['append'] = (lines) => {
    if (lines.length === 0) return ok(undefined);
    if (tail === undefined) {
      const found = readTail(file);
      if (!found.ok) return found;
      tail = found.value;
    }
    let { seq } = tail;
    const text = lines.map((line) => {
      seq += 1;
      const { timestamp: time, ...rest } = line;
      return `${JSON.stringify({ timestamp: time, seq, ...rest })}\n`;
    });
    const written = appender.append((tail.unended ? '\n' : '') + text.join(''));
    tail = written.ok ? { seq, unended: false } : undefined;
    return written;
  };
  return {
    prepare: () => (tail === undefined ? appender.append('') : ok(undefined)),
    size: () => fileInfo(file)?.size ?? 0,
    append,
    complete(lines, from) {
      const written = linesBehind(file, from);
      return written.ok ? append(lines.filter((line) => !written.value.has(identity(line)))) : written;
    },
    sync: () => syncFile(file),
    lookAgain: () => {
      tail = undefined;
    },
    close: appender.close,
  };
}

/** All of a line but its place. */
function identity(line: LogLine): string {
  const { seq: _, ...rest } = line as LogEvent;
  return JSON.stringify(Object.entries(rest).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** A log that is shorter than it was has been begun anew: then all of it is looked at. */
function linesBehind(file: string, from: number): Result<ReadonlySet<string>, FileFailure> {
  const size = fileInfo(file)?.size ?? 0;
  if (size === 0) return ok(new Set());
  const bytes = readFrom(file, size < from ? 0 : from);
  return bytes.ok ? ok(new Set(parseLog(bytes.value.toString('utf8')).events.map(identity))) : bytes;
}

/** `seq` goes on from the last whole lines. */
function readTail(file: string): Result<Tail, FileFailure> {
  const size = fileInfo(file)?.size ?? 0;
  if (size === 0) return ok({ seq: 0, unended: false });
  // A log grows for months: only where its end holds no readable event the whole is read.
  for (const from of new Set([Math.max(0, size - TAIL_BYTES), 0])) {
    const bytes = readFrom(file, from);
    if (!bytes.ok) return bytes;
    const text = bytes.value.toString('utf8');
    const numbers = parseLog(text)
      .events.map((event) => event.seq)
      .filter((seq) => Number.isSafeInteger(seq) && seq < MOST_LINES);
    if (numbers.length === 0 && from > 0) continue;
    const seq = numbers.reduce((max, number) => Math.max(max, number), 0);
    const unended = endLine(file, size, bytes.value.subarray(bytes.value.lastIndexOf('\n') + 1));
    return unended.ok ? ok({ seq, unended: unended.value }) : unended;
  }
  return ok({ seq: 0, unended: false });
}

/**
 * What a crash left of a line that was never completed is taken away: it comes again, or was never durable. Anything else without a
 * final line feed is somebody's work: it stays, and a new line is begun.
 */
function endLine(file: string, size: number, last: Buffer): Result<boolean, FileFailure> {
  if (last.length === 0) return ok(false);
  if (!isTornEvent(last.toString('utf8'))) return ok(true);
  const cut = cutFile(file, size - last.length);
  return cut.ok ? ok(false) : cut;
}

/** The beginning of a line of ours that does not go on. */
function isTornEvent(text: string): boolean {
  const head = '{"timestamp":"';
  return (text.startsWith(head) || head.startsWith(text)) && parseLine(text) === undefined;
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
