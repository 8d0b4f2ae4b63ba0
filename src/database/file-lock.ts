// A lock on a file that dies with its process, also by kill -9. Knows neither who holds it nor what for.
//
// SQLite's own lock, because Node has none: an exclusive transaction on a file of its own that is never written. POSIX drops such a
// lock when the process closes any other descriptor of the same file: nothing but this module opens it, and only once.

import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import type { Failure } from '../base/failure.ts';
import { err, ok, type Result } from '../base/result.ts';
import { fileId, makeFolder, removeNow } from '../system/files.ts';

export type FileLock = {
  /** False once the file was deleted or replaced: then somebody else may have locked the new one. */
  readonly isInPlace: () => boolean;
  /** With `remove`, the file goes too: it is gone before the lock is, and who waits for it looks at the name again. */
  readonly release: (options?: { readonly remove?: boolean }) => void;
};

const MOST_TRIES = 20;

/** Undefined where somebody else holds it. Never waits. Makes the file and its folder where they are missing. */
export function lockFile(file: string): Result<FileLock | undefined, Failure> {
  const folder = makeFolder(dirname(file));
  if (!folder.ok) return folder;
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    const taken = take(file);
    if (taken !== 'again') return taken;
  }
  return err(failure(file, 'the file is replaced again and again'));
}

function take(file: string): Result<FileLock | undefined, Failure> | 'again' {
  let db: Database.Database | undefined;
  try {
    const before = fileId(file);
    db = new Database(file, { timeout: 0 });
    // No journal beside it: one would be left by kill -9.
    db.pragma('journal_mode = MEMORY');
    db.exec('BEGIN EXCLUSIVE');
    const id = fileId(file);
    if (id !== undefined && (before ?? id) === id) return ok(held(db, file, id));
    db.close();
    return 'again';
  } catch (error) {
    db?.close();
    return refused(file, error);
  }
}

function held(db: Database.Database, file: string, id: string): FileLock {
  const isInPlace = () => fileId(file) === id;
  return {
    isInPlace,
    release({ remove = false } = {}) {
      if (remove && isInPlace()) removeNow(file);
      db.close();
    },
  };
}

function refused(file: string, error: unknown): Result<undefined, Failure> | 'again' {
  const code = error instanceof Database.SqliteError ? error.code : '';
  if (/^SQLITE_(BUSY|LOCKED)/.test(code)) return ok(undefined);
  // Nobody holds it, and somebody wrote into it: what is locked is the file, not its content.
  if (code === 'SQLITE_NOTADB' && removeNow(file).ok) return 'again';
  const message = error instanceof Error ? error.message : String(error);
  if (/disk is full/.test(message)) return err({ code: 'io', operation: 'write', path: file, errno: 'ENOSPC' });
  return err(failure(file, message));
}

function failure(file: string, message: string): Failure {
  return { code: 'database', path: file, message, advice: 'make its folder writable, then try again' };
}
