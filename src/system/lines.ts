// The lines of a large file, read as they are needed and as often as they are needed. Knows bytes and UTF-8, no format.

import nodeFs from 'node:fs';
import { err, ok, type Result } from '../base/result.ts';
import { type FileFailure, failure } from './files.ts';

export type Line =
  /** `number` from 1; `text` with its line end, where it has one. */
  | { readonly kind: 'line'; readonly number: number; readonly text: string }
  /** `column` from 1, in characters; `text` is what can be read of it. */
  | { readonly kind: 'not-utf8'; readonly number: number; readonly column: number; readonly text: string }
  /** Nothing behind it is read. */
  | { readonly kind: 'too-long'; readonly number: number };

export type LineFile = {
  /** From the beginning, each time; a byte order mark is left out. A disk that fails in the middle is thrown. */
  readonly lines: () => Generator<Line, void>;
  /** Whether somebody has written to it since it was opened. */
  readonly changed: () => boolean;
  readonly close: () => void;
};

/** Longer ones are no line of anything: they would be held in memory whole. */
const MOST_BYTES = 64 * 1024 * 1024;
const CHUNK = 256 * 1024;
const LF = 0x0a;

/** A file that can be read again: no pipe, no folder. What is replaced under its name later is not read. */
export function openLines(file: string): Result<LineFile, FileFailure> {
  try {
    // Looked at before it is opened: to open a pipe waits for whoever writes to it.
    const found = nodeFs.statSync(file);
    if (!found.isFile())
      return err({ code: 'io', operation: 'read', path: file, errno: found.isDirectory() ? 'EISDIR' : 'ESPIPE' });
    const descriptor = nodeFs.openSync(file, 'r');
    const before = nodeFs.fstatSync(descriptor);
    return ok({
      lines: () => linesOf(descriptor),
      changed() {
        const now = nodeFs.fstatSync(descriptor);
        return now.size !== before.size || now.mtimeMs !== before.mtimeMs;
      },
      close: () => nodeFs.closeSync(descriptor),
    });
  } catch (error) {
    return err(failure('read', file, error));
  }
}

/** One buffer for all of it, which grows only for a line that is longer. */
function* linesOf(descriptor: number): Generator<Line, void> {
  let buffer = Buffer.alloc(CHUNK);
  let filled = 0;
  let number = 1;
  for (let position = 0; ; ) {
    if (filled === buffer.length) buffer = Buffer.concat([buffer, Buffer.alloc(buffer.length)]);
    const read = nodeFs.readSync(descriptor, buffer, filled, buffer.length - filled, position);
    position += read;
    filled += read;
    const bytes = buffer.subarray(0, filled);
    let start = 0;
    for (let end = bytes.indexOf(LF, start); end >= 0; end = bytes.indexOf(LF, start)) {
      yield lineOf(bytes.subarray(start, end + 1), number);
      [start, number] = [end + 1, number + 1];
    }
    if (read === 0) {
      if (start < filled) yield lineOf(bytes.subarray(start), number);
      return;
    }
    buffer.copyWithin(0, start, filled);
    filled -= start;
    if (filled > MOST_BYTES) return yield { kind: 'too-long', number };
  }
}

const DECODER = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function lineOf(bytes: Buffer, number: number): Line {
  const whole = (text: string) => (number === 1 ? text.replace(/^\uFEFF/, '') : text);
  try {
    return { kind: 'line', number, text: whole(DECODER.decode(bytes)) };
  } catch {
    const text = bytes.toString('utf8');
    return { kind: 'not-utf8', number, column: text.indexOf('\uFFFD') + 1, text: whole(text) };
  }
}
