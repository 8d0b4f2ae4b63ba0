// The schema of history.db, step by step (design.md §8). A step that was released is never changed; a new one is added.

import type { Migration } from '../database/open.ts';
import { BATCHES_MIGRATION } from './batches.ts';
import { CONVERSATIONS_MIGRATION } from './conversations-migration.ts';
import { SEARCH_MIGRATION } from './search-migration.ts';

export const HISTORY_MIGRATIONS: readonly Migration[] = [
  {
    name: '001_quickies',
    why: 'one row a model call, whoever made it: the columns, trigger and four indexes of S000, and ours',
    sql: `
      CREATE TABLE quickies (
        id                TEXT PRIMARY KEY,
        template_name     TEXT NOT NULL,
        prompt_text       TEXT NOT NULL,
        prompt_hash       TEXT NOT NULL,
        input_params      TEXT NOT NULL DEFAULT '{}',
        output            TEXT,
        status            TEXT NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'running', 'complete', 'error')),
        error             TEXT,
        model             TEXT,
        created_at        TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
        updated_at        TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
        metadata          TEXT,
        source            TEXT NOT NULL CHECK (source IN ('task', 'quickie', 'prompt', 'workshop', 'chat')),
        task_id           TEXT,
        run_id            TEXT,
        attempts          INTEGER,
        finish_reason     TEXT,
        resolved_model    TEXT,
        prompt_tokens     INTEGER,
        cached_tokens     INTEGER,
        completion_tokens INTEGER,
        cost_usd          REAL,
        ttft_ms           REAL,
        total_ms          REAL
      ) STRICT;
      CREATE TRIGGER update_timestamp_quickies AFTER UPDATE ON quickies
        WHEN new.updated_at = old.updated_at
        BEGIN UPDATE quickies SET updated_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now') WHERE id = new.id; END;
      CREATE INDEX idx_quickies_template_name ON quickies (template_name);
      CREATE INDEX idx_quickies_prompt_hash ON quickies (prompt_hash);
      CREATE INDEX idx_quickies_status ON quickies (status);
      CREATE INDEX idx_quickies_created_at ON quickies (created_at);
      CREATE TABLE prompt_sources (
        prompt_hash TEXT PRIMARY KEY,
        source      TEXT NOT NULL,
        created_at  TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
      ) STRICT;`,
  },
  {
    name: '002_review',
    why: 'an answer that was paid for but not reviewed is shown again instead of being asked for again (design.md §3)',
    sql: `
      ALTER TABLE quickies ADD COLUMN request_hash TEXT;
      ALTER TABLE quickies ADD COLUMN review TEXT CHECK (review IN ('accepted', 'edited', 'rejected', 'skipped'));
      CREATE INDEX idx_quickies_task ON quickies (task_id, created_at);`,
  },
  {
    name: '003_owner_and_money',
    why: 'whose call it is, so that a dead process leaves none open; what it may cost before it is known; the request and its attempts',
    sql: `
      ALTER TABLE quickies ADD COLUMN owner TEXT;
      ALTER TABLE quickies ADD COLUMN reserved_usd REAL;
      ALTER TABLE quickies ADD COLUMN cost_source TEXT CHECK (cost_source IN ('reported', 'computed', 'override'));
      ALTER TABLE quickies ADD COLUMN reasoning_tokens INTEGER;
      ALTER TABLE quickies ADD COLUMN request TEXT;
      ALTER TABLE quickies ADD COLUMN attempt_log TEXT;
      CREATE INDEX idx_quickies_run ON quickies (run_id);`,
  },
  SEARCH_MIGRATION,
  CONVERSATIONS_MIGRATION,
  BATCHES_MIGRATION,
  {
    name: '007_quickies_answer_rules',
    why: 'what an answer must be, so that a quickie can be run later or again although its template has changed',
    sql: 'ALTER TABLE quickies ADD COLUMN answer_rules TEXT;',
  },
];
