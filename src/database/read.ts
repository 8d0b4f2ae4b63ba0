// Opens an SQLite file to look at it, wherever it lies, and leaves nothing behind. Knows no table.
//
// A database with a write-ahead log cannot be opened in a folder that is read-only, and a read-only connection leaves -wal and -shm in
// one that is not; nor can it roll back what a killed process left half done. So: where the folder is writable, it is opened as for
// writing, which does that and takes its companions away again at the end. Elsewhere its bytes and those of a log or of a rollback
// journal beside it are read into memory and opened there.

import path from 'node:path';
import Database from 'better-sqlite3';
import type { Failure } from '../base/failure.ts';
import { err, ok, type Result } from '../base/result.ts';
import { exists, readBytes } from '../system/files.ts';
import { canWrite, canWriteFile } from '../system/upkeep.ts';
import { type Db, migrate, type OpenOptions, openDatabase } from './open.ts';
import { rolledBack } from './rollback.ts';
import { withLog } from './wal.ts';

const DOCTOR = 'run "orchestrate doctor" to check and repair it';
const MOST_TRIES = 5;

/** Undefined where there is none. The schema is always the newest: in memory the steps are applied to the copy. */
export function openForReading(options: OpenOptions): Result<Db | undefined, Failure> {
  const { file } = options;
  const companions = [`${file}-wal`, `${file}-shm`, `${file}-journal`].filter(exists);
  if (exists(file) && canWrite(path.dirname(file)) && [file, ...companions].every(canWriteFile))
    return openDatabase(options);
  return openCopy(options);
}

function openCopy({ file, migrations }: OpenOptions): Result<Db | undefined, Failure> {
  const bytes = readWhole(file);
  if (!bytes.ok) return bytes;
  if (bytes.value === undefined) return ok(undefined);
  let db: Db | undefined;
  try {
    db = new Database(bytes.value);
    const newer = migrate(db, migrations);
    if (newer === undefined) return ok(db);
    db.close();
    const message = `it was written by a newer version (it has "${newer}")`;
    return err({ code: 'database', path: file, message, advice: 'update orchestrate, then try again' });
  } catch (error) {
    db?.close();
    const message = error instanceof Error ? error.message : String(error);
    return err({ code: 'database', path: file, message, advice: DOCTOR });
  }
}

type Companions = { readonly log: Buffer | undefined; readonly journal: Buffer | undefined };

/** Another user's process may move the log into the database meanwhile, or end its transaction: then all are read again. */
function readWhole(file: string): Result<Buffer | undefined, Failure> {
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    const before = readCompanions(file);
    if (!before.ok) return before;
    const database = readIfThere(file);
    if (!database.ok || database.value === undefined) return database;
    const after = readCompanions(file);
    if (!after.ok) return after;
    const { log, journal } = after.value;
    if (isSameUse(before.value.log, log, LOG_USE) && isSameUse(before.value.journal, journal, JOURNAL_USE))
      return ok(withLog(rolledBack(database.value, journal), log));
  }
  const advice = 'try again when the other orchestrate is done';
  return err({ code: 'database', path: file, message: 'it is being written all the time', advice });
}

function readCompanions(file: string): Result<Companions, Failure> {
  const log = readIfThere(`${file}-wal`);
  if (!log.ok) return log;
  const journal = readIfThere(`${file}-journal`);
  return journal.ok ? ok({ log: log.value, journal: journal.value }) : journal;
}

/** Undefined where there is none. One that may not be read is there: without it a database would be told as it was not. */
function readIfThere(file: string): Result<Buffer | undefined, Failure> {
  const bytes = readBytes(file);
  return bytes.ok || bytes.error.errno !== 'ENOENT' ? bytes : ok(undefined);
}

/** What in the header of each says which use of the file it is; within one, they only grow. */
const LOG_USE = [0, 32] as const;
const JOURNAL_USE = [12, 28] as const;

function isSameUse(
  before: Buffer | undefined,
  after: Buffer | undefined,
  [from, to]: readonly [number, number],
): boolean {
  const use = (bytes: Buffer | undefined) => (bytes ?? Buffer.alloc(0)).subarray(from, to);
  return use(before).equals(use(after)) && (after?.length ?? 0) >= (before?.length ?? 0);
}
