// Adds to the end of a file, also again and again. Knows bytes, nothing of lines.

import nodeFs from 'node:fs';
import path from 'node:path';
import { err, ok, type Result } from '../base/result.ts';
import { type FileFailure, failure } from './files.ts';
import { ensureFolder } from './folders.ts';

export type Appender = {
  /** Adds all of the text or nothing of it; the file and its folder are made where they are missing. */
  readonly append: (text: string) => Result<undefined, FileFailure>;
  readonly close: () => void;
};

type Opened = { readonly descriptor: number; readonly dev: number; readonly ino: number };

/** The file stays open, and is opened anew where another has taken its name: somebody may move a log away. */
export function createAppender(file: string): Appender {
  let opened: Opened | undefined;
  const close = () => {
    if (opened) nodeFs.closeSync(opened.descriptor);
    opened = undefined;
  };
  const open = (): Opened => {
    close();
    ensureFolder(path.dirname(file));
    const descriptor = nodeFs.openSync(file, 'a');
    const { dev, ino } = nodeFs.fstatSync(descriptor);
    opened = { descriptor, dev, ino };
    return opened;
  };
  return {
    append(text) {
      try {
        const there = nodeFs.statSync(file, { throwIfNoEntry: false });
        const isSame = opened !== undefined && there?.ino === opened.ino && there.dev === opened.dev;
        const { descriptor } = isSame ? (opened as Opened) : open();
        appendWhole(descriptor, text);
        return ok(undefined);
      } catch (error) {
        return err(failure('append to', file, error));
      }
    },
    close,
  };
}

/** The same once. */
export function appendText(file: string, text: string): Result<undefined, FileFailure> {
  const { append, close } = createAppender(file);
  const appended = append(text);
  close();
  return appended;
}

/** A full disk takes a part of what is written: that is taken back. */
function appendWhole(descriptor: number, text: string): void {
  const { size } = nodeFs.fstatSync(descriptor);
  try {
    if (text !== '') nodeFs.writeFileSync(descriptor, text);
  } catch (error) {
    if (nodeFs.fstatSync(descriptor).size > size) nodeFs.ftruncateSync(descriptor, size);
    throw error;
  }
}
