// The step of history.db that adds conversations: their events, what is listed of them, and runs whose totals SQLite itself keeps. Knows
// the columns of the steps before.
//
// The totals of a run are summed anew from its calls whenever one of them is settled or priced, in the same transaction: no crash can
// come between. One wide index answers the sum without reading a row, and serves what the narrow one did.

import type { Migration } from '../database/open.ts';

/** The totals of a run, over its calls: tokens and costs that are unknown are in no sum, and counted. */
export const RUN_TOTALS = `count(*) AS calls, coalesce(sum(status = 'error'), 0) AS failures,
  sum(prompt_tokens) AS prompt_tokens, sum(cached_tokens) AS cached_tokens, sum(completion_tokens) AS completion_tokens,
  sum(reasoning_tokens) AS reasoning_tokens, sum(cost_usd) AS cost_usd,
  coalesce(sum(cost_usd IS NULL AND status IN ('complete', 'error')), 0) AS cost_unknown, sum(total_ms) AS total_ms`;

export const TOTAL_COLUMNS =
  'calls, failures, prompt_tokens, cached_tokens, completion_tokens, reasoning_tokens, cost_usd, cost_unknown, total_ms';

const SUM_UP = `UPDATE runs SET updated_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now'),
    (${TOTAL_COLUMNS}) = (SELECT ${RUN_TOTALS} FROM quickies WHERE run_id = new.run_id) WHERE id = new.run_id;`;

export const CONVERSATIONS_MIGRATION: Migration = {
  name: '005_conversations',
  why: 'conversations as recorded events, and runs whose totals always equal the sum of their calls (S001)',
  sql: `
    CREATE TABLE runs (
      id                TEXT PRIMARY KEY,
      name              TEXT NOT NULL,
      source            TEXT NOT NULL,
      variables         TEXT NOT NULL DEFAULT '{}',
      created_at        TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
      updated_at        TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
      calls             INTEGER NOT NULL DEFAULT 0,
      failures          INTEGER NOT NULL DEFAULT 0,
      prompt_tokens     INTEGER,
      cached_tokens     INTEGER,
      completion_tokens INTEGER,
      reasoning_tokens  INTEGER,
      cost_usd          REAL,
      cost_unknown      INTEGER NOT NULL DEFAULT 0,
      total_ms          REAL
    ) STRICT;
    CREATE TABLE conversations (
      id         TEXT PRIMARY KEY,
      run_id     TEXT NOT NULL REFERENCES runs (id),
      start_key  TEXT NOT NULL,
      name       TEXT NOT NULL,
      prompt     TEXT NOT NULL,
      status     TEXT NOT NULL CHECK (status IN ('idle', 'streaming', 'complete', 'error')),
      messages   INTEGER NOT NULL,
      last_seq   INTEGER NOT NULL,
      created_at TEXT NOT NULL,
      updated_at TEXT NOT NULL
    ) STRICT;
    CREATE INDEX idx_conversations_run ON conversations (run_id);
    CREATE INDEX idx_conversations_key ON conversations (start_key);
    CREATE INDEX idx_conversations_open ON conversations (id) WHERE status = 'streaming';
    CREATE TABLE conversation_events (
      conversation_id TEXT NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
      seq             INTEGER NOT NULL,
      at              TEXT NOT NULL,
      kind            TEXT NOT NULL,
      call_id         TEXT,
      data            TEXT NOT NULL,
      PRIMARY KEY (conversation_id, seq)
    ) STRICT;
    CREATE INDEX idx_conversation_events_call ON conversation_events (call_id) WHERE call_id IS NOT NULL;
    DROP INDEX idx_quickies_run;
    CREATE INDEX idx_quickies_run ON quickies
      (run_id, status, prompt_tokens, cached_tokens, completion_tokens, reasoning_tokens, cost_usd, total_ms);
    CREATE TRIGGER run_totals_insert AFTER INSERT ON quickies WHEN EXISTS (SELECT 1 FROM runs WHERE id = new.run_id)
      BEGIN ${SUM_UP} END;
    CREATE TRIGGER run_totals_update
      AFTER UPDATE OF status, prompt_tokens, cached_tokens, completion_tokens, reasoning_tokens, cost_usd, total_ms ON quickies
      WHEN EXISTS (SELECT 1 FROM runs WHERE id = new.run_id)
      BEGIN ${SUM_UP} END;`,
};
