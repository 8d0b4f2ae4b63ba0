// A file of lines that is written from its beginning, over what an earlier, perhaps killed, process left of the same lines. Knows no line.
//
// Lines that stand there already are passed by; a half one at the end is cut off; from there on, lines are added. Where a line is
// another than the one that stands there, all goes on in a new file beside it, which takes its place when it is whole: until then the
// old one stays as it is.

import nodeFs from 'node:fs';
import { err, ok, type Result } from '../base/result.ts';
import { type FileFailure, failure } from './files.ts';
import { openLines } from './lines.ts';

export type LineSink = {
  /** A whole line, without its end. */
  readonly write: (line: string) => FileFailure | undefined;
  /** `whole`: there are no further lines. Otherwise what was begun anew is given up. Tells whether the file holds what was written. */
  readonly close: (whole: boolean) => Result<'written' | 'left', FileFailure>;
};

export function openLineSink(file: string): Result<LineSink, FileFailure> {
  const old = nodeFs.existsSync(file) ? openLines(file) : undefined;
  if (old?.ok === false) return old;
  const fresh = `${file}.new`;
  const lines = old?.value.lines();
  let descriptor: number | undefined;
  let mode: 'pass' | 'add' | 'replace' = lines === undefined ? 'add' : 'pass';
  let offset = 0;

  const add = (line: string): void => {
    descriptor ??= nodeFs.openSync(mode === 'replace' ? fresh : file, mode === 'replace' ? 'w' : 'a');
    appendWhole(descriptor, `${line}\n`);
  };
  const replace = (): void => {
    mode = 'replace';
    descriptor = nodeFs.openSync(fresh, 'w');
    copyBeginning(file, descriptor, offset);
  };
  const pass = (line: string): void => {
    const next = lines?.next();
    const there = next === undefined || next.done || next.value.kind !== 'line' ? undefined : next.value.text;
    if (there === `${line}\n`) {
      offset += Buffer.byteLength(there);
      return;
    }
    if (there === undefined ? !next?.done : there.endsWith('\n')) replace();
    else {
      mode = 'add';
      if (there !== undefined) nodeFs.truncateSync(file, offset);
    }
    add(line);
  };
  const close = (whole: boolean): 'written' | 'left' => {
    if (old?.ok) old.value.close();
    if (mode === 'pass' && whole) nodeFs.truncateSync(file, offset);
    if (descriptor === undefined) return 'written';
    nodeFs.fsyncSync(descriptor);
    nodeFs.closeSync(descriptor);
    if (mode !== 'replace') return 'written';
    if (whole) nodeFs.renameSync(fresh, file);
    else nodeFs.unlinkSync(fresh);
    return whole ? 'written' : 'left';
  };
  return ok({
    write: (line) => attempt(file, () => (mode === 'pass' ? pass(line) : add(line))),
    close(whole) {
      let how: 'written' | 'left' = 'left';
      const failed = attempt(file, () => {
        how = close(whole);
      });
      return failed === undefined ? ok(how) : err(failed);
    },
  });
}

function attempt(file: string, work: () => void): FileFailure | undefined {
  try {
    work();
    return undefined;
  } catch (error) {
    return failure('write', file, error);
  }
}

/** A full disk takes a part of a line: that is taken back. */
function appendWhole(descriptor: number, text: string): void {
  const { size } = nodeFs.fstatSync(descriptor);
  try {
    nodeFs.writeFileSync(descriptor, text);
  } catch (error) {
    nodeFs.ftruncateSync(descriptor, size);
    throw error;
  }
}

function copyBeginning(file: string, to: number, length: number): void {
  const from = nodeFs.openSync(file, 'r');
  const buffer = Buffer.alloc(1024 * 1024);
  for (let done = 0; done < length; ) {
    const read = nodeFs.readSync(from, buffer, 0, Math.min(buffer.length, length - done), done);
    if (read === 0) break;
    nodeFs.writeSync(to, buffer, 0, read);
    done += read;
  }
  nodeFs.closeSync(from);
}
