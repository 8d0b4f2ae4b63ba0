// Opens an SQLite file and brings it up to date. Knows migrations as a list, not what the tables are for.

import path from 'node:path';
import Database from 'better-sqlite3';
import type { Failure } from '../base/failure.ts';
import { err, ok, type Result } from '../base/result.ts';
import { timestamp } from '../system/clock.ts';
import { makeFolder } from '../system/files.ts';

const DOCTOR = 'run "orchestrate doctor --repair": the damaged file is kept beside a new one';

export type Db = Database.Database;

/** One step of the schema. `why` is for the person who reads the list; a migration that was released is never changed. */
export type Migration = { readonly name: string; readonly why: string; readonly sql: string };

export type OpenOptions = {
  readonly file: string;
  readonly migrations: readonly Migration[];
};

/**
 * The database with every migration applied, in WAL and with `synchronous=EXTRA` (better-sqlite3's own default in WAL is NORMAL, which
 * loses the last commits in a power cut). A database with more migrations than this program knows was written by a newer one and is refused.
 */
export function openDatabase({ file, migrations }: OpenOptions): Result<Db, Failure> {
  const folder = makeFolder(path.dirname(file));
  if (!folder.ok) return folder;
  let db: Db | undefined;
  try {
    db = new Database(file);
    db.pragma('journal_mode = WAL');
    // FULL; and where the file system has no shared memory, so that SQLite stays with a rollback journal, its folder is synced too when
    // it is removed: a power cut could bring it back.
    db.pragma('synchronous = EXTRA');
    db.pragma('foreign_keys = ON');
    db.pragma('busy_timeout = 5000');
    const newer = migrate(db, migrations);
    if (newer === undefined) return ok(db);
    db.close();
    return err(
      failure(file, `it was written by a newer version (it has "${newer}")`, 'update orchestrate, then try again'),
    );
  } catch (error) {
    db?.close();
    if (isUnfinished(error)) return err(unfinished(file));
    return err(
      failure(
        file,
        error instanceof Error ? error.message : String(error),
        'run "orchestrate doctor" to check and repair it',
      ),
    );
  }
}

/** What a query gives, or what SQLite says instead: a full disk, a damaged file, another process that holds it for too long. */
export function attemptQuery<T>(
  file: string,
  work: () => T,
  operation: 'read' | 'write' = 'write',
): Result<T, Failure> {
  try {
    return ok(work());
  } catch (error) {
    // Text that we wrote as JSON and that is none any more: damage that SQLite cannot see.
    if (error instanceof SyntaxError) return err(failure(file, `it is damaged: ${error.message}`, DOCTOR));
    if (!(error instanceof Database.SqliteError)) throw error;
    if (isUnfinished(error)) return err(unfinished(file));
    const errno = ERRNO[error.code.replace(/^(SQLITE_[A-Z]+).*/, '$1')];
    if (errno !== undefined) return err({ code: 'io', operation, path: file, errno });
    return err(failure(file, error.message, DOCTOR));
  }
}

const ERRNO: Readonly<Record<string, string>> = {
  SQLITE_FULL: 'ENOSPC',
  SQLITE_IOERR: 'EIO',
  SQLITE_READONLY: 'EROFS',
  SQLITE_CANTOPEN: 'EACCES',
};

/** Another process holds the database: it may be free a moment later. */
export function isBusy(error: unknown): boolean {
  return error instanceof Database.SqliteError && /^SQLITE_(BUSY|LOCKED)/.test(error.code);
}

const UNFINISHED =
  'a command was killed while it wrote, and what it left half done cannot be taken back where nothing may be written';

/** A killed process left a transaction half done, and it cannot be rolled back by whoever may not write. */
function isUnfinished(error: unknown): boolean {
  return error instanceof Database.SqliteError && /^SQLITE_READONLY_(ROLLBACK|RECOVERY)$/.test(error.code);
}

function unfinished(file: string): Failure {
  const advice = 'make the file and its folder writable, or work on a copy; nothing that was done is lost';
  return { code: 'database', path: file, message: UNFINISHED, advice };
}

/** What SQLite says, in words that fit where its own mislead. */
export function messageOf(error: unknown): string {
  if (isUnfinished(error)) return UNFINISHED;
  return error instanceof Error ? error.message : String(error);
}

const statements = new WeakMap<Db, Map<string, Database.Statement>>();

/** The statement of a text, made once for a database: for what is asked for again and again. */
export function prepared<Given extends unknown[] = unknown[], Row = unknown>(
  db: Db,
  sql: string,
): Database.Statement<Given, Row> {
  const known = statements.get(db) ?? new Map<string, Database.Statement>();
  statements.set(db, known);
  const statement = known.get(sql) ?? db.prepare(sql);
  known.set(sql, statement);
  return statement as unknown as Database.Statement<Given, Row>;
}

/**
 * A commit that need not outlast a power cut by itself: it survives the end of the process, and the next commit that waits for the disk
 * takes it along, whoever makes it. Inside a transaction it is a part of that.
 */
export function withoutSync<T>(db: Db, work: () => T): T {
  if (db.inTransaction) return work();
  db.pragma('synchronous = NORMAL');
  try {
    return work();
  } finally {
    db.pragma('synchronous = EXTRA');
  }
}

/** SQLite's own integrity check: an empty list is a sound database. */
export function integrityProblems(db: Db): string[] {
  const rows = db.pragma('integrity_check') as { integrity_check: string }[];
  return rows.map((row) => row.integrity_check).filter((line) => line !== 'ok');
}

function failure(file: string, message: string, advice: string): Failure {
  if (/disk is full/.test(message)) return { code: 'io', operation: 'write', path: file, errno: 'ENOSPC' };
  if (/readonly database/.test(message)) return { code: 'io', operation: 'write', path: file, errno: 'EACCES' };
  return { code: 'database', path: file, message, advice };
}

/** Applies what is missing; gives the name of a migration that this program does not know. */
export function migrate(db: Db, migrations: readonly Migration[]): string | undefined {
  db.exec('CREATE TABLE IF NOT EXISTS migrations (name TEXT PRIMARY KEY, applied_at TEXT NOT NULL)');
  const applied = db.prepare<[], { name: string }>('SELECT name FROM migrations').all();
  const known = new Set(migrations.map((migration) => migration.name));
  const unknown = applied.find((row) => !known.has(row.name));
  if (unknown) return unknown.name;
  const done = new Set(applied.map((row) => row.name));
  const find = db.prepare<[string]>('SELECT 1 FROM migrations WHERE name = ?');
  const record = db.prepare('INSERT INTO migrations (name, applied_at) VALUES (?, ?)');
  const apply = db.transaction(({ name, sql }: Migration) => {
    // Another process may have been faster since `applied` was read.
    if (find.get(name) !== undefined) return;
    db.exec(sql);
    record.run(name, timestamp());
  });
  for (const migration of migrations) if (!done.has(migration.name)) apply.immediate(migration);
  return undefined;
}
