// What the program last wrote as each task's status (.orchestrate/state.db), so that a person's edit can be told from its own.
// Does not know the YAML. The journal of transitions will stand beside it in the same database.

import path from 'node:path';
import type { Failure } from '../base/failure.ts';
import { ok, type Result } from '../base/result.ts';
import { type Db, type Migration, openDatabase, openReadOnly } from '../database/open.ts';
import { exists } from '../system/files.ts';

export const STATE_DB = path.join('.orchestrate', 'state.db');

export const STATE_MIGRATIONS: readonly Migration[] = [
  {
    name: '001_memory',
    why: 'tell a hand edit from our own write (design.md §3, Hand edits)',
    sql: `CREATE TABLE memory (
            task_id    TEXT PRIMARY KEY,
            status     TEXT NOT NULL,
            updated_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
          ) STRICT`,
  },
];

export type Memory = {
  readonly statuses: () => Map<string, string>;
  /** Makes the database if there is none yet: to be called before anything else is written. */
  readonly prepare: () => Result<undefined, Failure>;
  /** Remembers what has just been written, in one transaction; after `prepare`. */
  readonly remember: (written: readonly { readonly taskId: string; readonly status: string }[]) => void;
  readonly close: () => void;
};

/**
 * For a command that may write: one that is refused leaves no database behind. Not WAL: readers must be able to open it in a
 * read-only folder (design.md §3).
 */
export function openMemory(root: string): Result<Memory, Failure> {
  const file = path.join(root, STATE_DB);
  let db: Db | undefined;
  const prepare = (): Result<undefined, Failure> => {
    if (db !== undefined) return ok(undefined);
    const opened = openDatabase({ file, migrations: STATE_MIGRATIONS, journalMode: 'delete' });
    if (!opened.ok) return opened;
    db = opened.value;
    return ok(undefined);
  };
  const ready = exists(file) ? prepare() : ok(undefined);
  if (!ready.ok) return ready;
  return ok({
    statuses: () => (db === undefined ? new Map() : readStatuses(db)),
    prepare,
    remember: (written) => db !== undefined && writeStatuses(db, written),
    close: () => db?.close(),
  });
}

function readStatuses(db: Db): Map<string, string> {
  const rows = db.prepare<[], { task_id: string; status: string }>('SELECT task_id, status FROM memory').all();
  return new Map(rows.map((row) => [row.task_id, row.status]));
}

function writeStatuses(db: Db, written: readonly { readonly taskId: string; readonly status: string }[]): void {
  const upsert = db.prepare(
    `INSERT INTO memory (task_id, status) VALUES (?, ?)
     ON CONFLICT (task_id) DO UPDATE SET status = excluded.status, updated_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now')`,
  );
  db.transaction(() => {
    for (const { taskId, status } of written) upsert.run(taskId, status);
  })();
}

/** For a reader: empty where nothing was ever written or the database cannot be read. */
export function readMemory(root: string): Map<string, string> {
  const opened = openReadOnly(path.join(root, STATE_DB));
  if (!opened.ok || opened.value === undefined) return new Map();
  const db = opened.value;
  try {
    return readStatuses(db);
  } catch {
    return new Map();
  } finally {
    db.close();
  }
}
