// Whether an SQLite file of ours is sound, and a damaged one moved aside. Knows migrations by name, not what the tables are for.

import path from 'node:path';
import Database from 'better-sqlite3';
import { ok, type Result } from '../base/result.ts';
import { timestamp } from '../system/clock.ts';
import { exists, type FileFailure } from '../system/files.ts';
import { canWrite, moveAside } from '../system/upkeep.ts';
import { type Db, integrityProblems, type Migration, messageOf } from './open.ts';

export type DatabaseHealth =
  | { readonly kind: 'absent' }
  | { readonly kind: 'sound' }
  /** Written by a newer version, which knows this migration. */
  | { readonly kind: 'newer'; readonly migration: string }
  | { readonly kind: 'damaged'; readonly reason: string }
  /** Another process holds it, or it cannot be opened: nothing is known. */
  | { readonly kind: 'unknown'; readonly reason: string };

const DAMAGE = /^SQLITE_(NOTADB|CORRUPT)/;
const BUSY_MS = 1000;

/**
 * Opened for writing where that is possible: only so can SQLite roll back what a crash left half done, and only so does it take its
 * own -wal and -shm away again at the end. Writes nothing else.
 */
export function databaseHealth(file: string, migrations: readonly Migration[]): DatabaseHealth {
  if (!exists(file)) return { kind: 'absent' };
  let db: Db | undefined;
  try {
    db = new Database(file, { fileMustExist: true, readonly: !canWrite(path.dirname(file)), timeout: BUSY_MS });
    const [reason] = integrityProblems(db);
    if (reason !== undefined) return { kind: 'damaged', reason };
    const newer = newerMigration(db, migrations);
    return newer === undefined ? { kind: 'sound' } : { kind: 'newer', migration: newer };
  } catch (error) {
    const reason = messageOf(error);
    const code = error instanceof Database.SqliteError ? error.code : '';
    return { kind: DAMAGE.test(code) ? 'damaged' : 'unknown', reason };
  } finally {
    db?.close();
  }
}

function newerMigration(db: Db, migrations: readonly Migration[]): string | undefined {
  const table = db.prepare("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'migrations'").get();
  if (table === undefined) return undefined;
  const known = new Set(migrations.map(({ name }) => name));
  const names = db.prepare<[], { name: string }>('SELECT name FROM migrations ORDER BY name').all();
  return names.map(({ name }) => name).find((name) => !known.has(name));
}

/** Moves the database with its companions to `<name>.corrupt-<time>`; the next command that needs one makes it anew. Gives the new name. */
export function setAside(file: string): Result<string, FileFailure> {
  const aside = `${file}.corrupt-${timestamp().replaceAll(/[:.]/g, '-')}`;
  for (const suffix of ['', '-wal', '-shm', '-journal']) {
    if (!exists(file + suffix)) continue;
    const moved = moveAside(file + suffix, aside + suffix);
    if (!moved.ok) return moved;
  }
  return ok(aside);
}
