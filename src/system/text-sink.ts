// A new file that is written to bit by bit. Knows text, not what it says.

import nodeFs from 'node:fs';
import path from 'node:path';
import { err, ok, type Result } from '../base/result.ts';
import { type FileFailure, failure } from './files.ts';
import { ensureFolder } from './folders.ts';

export type TextSink = {
  readonly write: (text: string) => void;
  /** Gives the failure that ended the writing before, such as a full disk. */
  readonly close: () => FileFailure | undefined;
};

/** Makes the file and its folders. Whatever has arrived is there even after a crash. */
export function openSink(file: string): Result<TextSink, FileFailure> {
  try {
    ensureFolder(path.dirname(file));
    return ok(sinkOf(file, nodeFs.openSync(file, 'w')));
  } catch (error) {
    return err(failure('create', file, error));
  }
}

function sinkOf(file: string, descriptor: number): TextSink {
  let failed: FileFailure | undefined;
  return {
    write(text) {
      // After a failed write nothing more is written: a log with a hole would be taken for a whole one.
      if (failed) return;
      try {
        // Not writeSync: on a disk that is filling up it may write a part of it, and say nothing.
        nodeFs.writeFileSync(descriptor, text);
      } catch (error) {
        failed = failure('write', file, error);
      }
    },
    close() {
      nodeFs.closeSync(descriptor);
      return failed;
    },
  };
}
