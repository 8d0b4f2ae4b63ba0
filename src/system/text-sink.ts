// A new file that is written to bit by bit. Knows text, not what it says.

import nodeFs from 'node:fs';
import path from 'node:path';
import { type FileFailure, failure } from './files.ts';
import { ensureFolder } from './folders.ts';

export type TextSink = {
  readonly write: (text: string) => void;
  /** Why it could not be made, as soon as that is known; undefined where it was. */
  readonly opened: Promise<FileFailure | undefined>;
  /** Gives the failure that ended the writing before, such as a full disk. */
  readonly close: () => Promise<FileFailure | undefined>;
};

/**
 * The file and its folders are made while others go on, for a busy file system takes its time for that; what is written before is kept
 * until then. Whatever has arrived after is there even after a crash.
 */
export function openSink(file: string): TextSink {
  let early: string[] | undefined = [];
  let descriptor: number | undefined;
  let failed: FileFailure | undefined;
  /** After a failed write nothing more is written: a log with a hole would be taken for a whole one. */
  const write = (text: string) => {
    if (failed) return;
    if (early) early.push(text);
    else attempt('write', () => nodeFs.writeSync(descriptor as number, text));
  };
  const attempt = (operation: string, work: () => unknown) => {
    try {
      work();
    } catch (error) {
      failed = failure(operation, file, error);
    }
  };
  const begin = async (): Promise<FileFailure | undefined> => {
    try {
      descriptor = await openedIn(file);
    } catch (error) {
      failed = failure('create', file, error);
      return failed;
    }
    const text = early?.join('') ?? '';
    early = undefined;
    if (text !== '') write(text);
    return undefined;
  };
  const opened = begin();
  return {
    write,
    opened,
    async close() {
      if ((await opened) !== undefined) return undefined;
      nodeFs.closeSync(descriptor as number);
      return failed;
    },
  };
}

function openedIn(file: string): Promise<number> {
  const folder = path.dirname(file);
  return new Promise((resolve, reject) => {
    const open = () => nodeFs.open(file, 'w', (error, descriptor) => (error ? reject(error) : resolve(descriptor)));
    nodeFs.mkdir(folder, (error) => {
      // What is there already is told by the opening.
      if (error === null || error.code === 'EEXIST') return open();
      if (error.code !== 'ENOENT') return reject(error);
      // Folders above it are missing once in a project.
      try {
        ensureFolder(folder);
        open();
      } catch (reason) {
        reject(reason);
      }
    });
  });
}
