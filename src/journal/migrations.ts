// The schema of .orchestrate/state.db as a list of steps. Knows no query.

import type { Migration } from '../database/open.ts';

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
  {
    name: '002_journal',
    why: 'a transition is one durable step, and a dead run is known (design.md §3)',
    sql: `CREATE TABLE journal (
            seq      INTEGER PRIMARY KEY AUTOINCREMENT,
            step_seq INTEGER,
            at       TEXT NOT NULL,
            run_id   TEXT NOT NULL,
            title    TEXT NOT NULL,
            changes  TEXT NOT NULL,
            former   TEXT NOT NULL,
            lines    TEXT NOT NULL,
            log_size INTEGER NOT NULL,
            state    TEXT NOT NULL CHECK (state IN ('pending', 'waiting', 'written', 'settled', 'overruled', 'undone'))
          ) STRICT;
          CREATE INDEX journal_unsettled ON journal (seq) WHERE state IN ('pending', 'waiting', 'written');
          CREATE TABLE running (
            task_id TEXT PRIMARY KEY,
            run_id  TEXT NOT NULL,
            process TEXT NOT NULL,
            since   TEXT NOT NULL,
            waiting INTEGER NOT NULL DEFAULT 0
          ) STRICT;
          ALTER TABLE memory ADD COLUMN definition TEXT`,
  },
  {
    name: '003_receipts',
    why: 'why a task is DONE: what was checked, what it was made from (design.md §6); the newest that was not taken back counts',
    sql: `CREATE TABLE receipts (
            seq     INTEGER NOT NULL,
            task_id TEXT NOT NULL,
            at      TEXT NOT NULL,
            run_id  TEXT NOT NULL,
            actor   TEXT NOT NULL,
            event   TEXT NOT NULL CHECK (event IN ('COMPLETE_TASK', 'STATUS_EDITED')),
            details TEXT NOT NULL,
            PRIMARY KEY (task_id, seq)
          ) STRICT;
          CREATE INDEX journal_taken_back ON journal (seq) WHERE state IN ('undone', 'overruled')`,
  },
];
