// What the program last wrote as each task's status (.orchestrate/state.db), so that a person's edit can be told from its own.
// Does not know the YAML. The journal of transitions will stand beside it in the same database.

import path from 'node:path';
import type { Failure } from '../base/failure.ts';
import { ok, type Result } from '../base/result.ts';
import { type Migration, openDatabase, openReadOnly } from '../database/open.ts';

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
  /** Remembers what has just been written, in one transaction. */
  readonly remember: (written: readonly { readonly taskId: string; readonly status: string }[]) => void;
  readonly close: () => void;
};

/** For a command that writes. Not WAL: readers must be able to open it in a read-only folder (design.md §3). */
export function openMemory(root: string): Result<Memory, Failure> {
  const opened = openDatabase({ file: path.join(root, STATE_DB), migrations: STATE_MIGRATIONS, journalMode: 'delete' });
  if (!opened.ok) return opened;
  const db = opened.value;
  const select = db.prepare<[], { task_id: string; status: string }>('SELECT task_id, status FROM memory');
  const upsert = db.prepare(
    `INSERT INTO memory (task_id, status) VALUES (?, ?)
     ON CONFLICT (task_id) DO UPDATE SET status = excluded.status, updated_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now')`,
  );
  return ok({
    statuses: () => new Map(select.all().map((row) => [row.task_id, row.status])),
    remember: db.transaction((written: readonly { taskId: string; status: string }[]) => {
      for (const { taskId, status } of written) upsert.run(taskId, status);
    }),
    close: () => db.close(),
  });
}

/** For a reader: empty where nothing was ever written or the database cannot be read. */
export function readMemory(root: string): Map<string, string> {
  const opened = openReadOnly(path.join(root, STATE_DB));
  if (!opened.ok || opened.value === undefined) return new Map();
  const db = opened.value;
  try {
    const rows = db.prepare<[], { task_id: string; status: string }>('SELECT task_id, status FROM memory').all();
    return new Map(rows.map((row) => [row.task_id, row.status]));
  } catch {
    return new Map();
  } finally {
    db.close();
  }
}
