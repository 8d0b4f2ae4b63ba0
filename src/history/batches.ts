// What the history knows of a batch: which call answered which of its inputs, and what all of them cost. Makes no call.

import type { Db, Migration } from '../database/open.ts';
import { textOf } from './output.ts';

/**
 * What calls have cost and hold is kept as sums besides: added up anew for each call, a batch under a budget would take the square of
 * its length. By run, and by the minute for the days; triggers keep them in the transaction that changes a call.
 */
export const BATCHES_MIGRATION: Migration = {
  name: '006_batches',
  why: 'which input of a batch a call is for, so that it is found again and never paid for twice; sums of costs for the budgets',
  sql: `
    ALTER TABLE quickies ADD COLUMN input_index INTEGER;
    CREATE INDEX idx_quickies_input ON quickies (run_id, input_index) WHERE input_index IS NOT NULL;
    CREATE TABLE spent (scope TEXT PRIMARY KEY, usd REAL NOT NULL) STRICT, WITHOUT ROWID;
    INSERT INTO spent SELECT 'run ' || run_id, sum(coalesce(cost_usd, 0) + coalesce(reserved_usd, 0)) FROM quickies
      WHERE run_id IS NOT NULL AND coalesce(cost_usd, reserved_usd) IS NOT NULL GROUP BY 1;
    INSERT INTO spent SELECT 'minute ' || substr(created_at, 1, 16), sum(coalesce(cost_usd, 0) + coalesce(reserved_usd, 0)) FROM quickies
      WHERE coalesce(cost_usd, reserved_usd) IS NOT NULL GROUP BY 1;
    CREATE TRIGGER spent_insert AFTER INSERT ON quickies WHEN coalesce(new.cost_usd, new.reserved_usd) IS NOT NULL BEGIN
      INSERT INTO spent SELECT 'run ' || new.run_id, coalesce(new.cost_usd, 0) + coalesce(new.reserved_usd, 0) WHERE new.run_id IS NOT NULL
        ON CONFLICT DO UPDATE SET usd = usd + excluded.usd;
      INSERT INTO spent SELECT 'minute ' || substr(new.created_at, 1, 16), coalesce(new.cost_usd, 0) + coalesce(new.reserved_usd, 0) WHERE true
        ON CONFLICT DO UPDATE SET usd = usd + excluded.usd;
    END;
    CREATE TRIGGER spent_update AFTER UPDATE OF cost_usd, reserved_usd ON quickies
      WHEN coalesce(new.cost_usd, 0) + coalesce(new.reserved_usd, 0) <> coalesce(old.cost_usd, 0) + coalesce(old.reserved_usd, 0) BEGIN
      INSERT INTO spent
        SELECT 'run ' || new.run_id, coalesce(new.cost_usd, 0) + coalesce(new.reserved_usd, 0) - coalesce(old.cost_usd, 0) - coalesce(old.reserved_usd, 0)
        WHERE new.run_id IS NOT NULL ON CONFLICT DO UPDATE SET usd = usd + excluded.usd;
      INSERT INTO spent
        SELECT 'minute ' || substr(new.created_at, 1, 16),
          coalesce(new.cost_usd, 0) + coalesce(new.reserved_usd, 0) - coalesce(old.cost_usd, 0) - coalesce(old.reserved_usd, 0)
        WHERE true ON CONFLICT DO UPDATE SET usd = usd + excluded.usd;
    END;`,
};

/** A settled call for an input. */
export type PriorCall = {
  readonly id: string;
  readonly status: 'complete' | 'error';
  readonly text: string;
  readonly error: string | null;
  readonly costUsd: number | null;
  readonly promptTokens: number | null;
  readonly cachedTokens: number | null;
  readonly completionTokens: number | null;
};

export type BatchRows = {
  /** The run of the newest batch whose runs begin so, and how often it was begun anew; undefined where there is none. */
  readonly newest: (key: string) => { readonly runId: string; readonly generation: number } | undefined;
  /**
   * The answer to the same question for the same input, else why the last call for it failed. What was answered from a recording is not
   * paid for, and says nothing about what the model answers.
   */
  readonly prior: (runId: string, index: number, requestHash: string) => PriorCall | undefined;
  /** Whether a call for that input has been answered, whatever it asked. */
  readonly isComplete: (runId: string, index: number) => boolean;
  /** Which run a call belongs to. */
  readonly runOf: (callId: string) => string | undefined;
  /** Of all calls of the run; `unknown`: how many of them may have cost something that nobody knows. */
  readonly cost: (runId: string) => { readonly usd: number; readonly unknown: number };
};

type Row = Omit<PriorCall, 'text'> & { readonly output: string | null };

export function batchRows(db: Db): BatchRows {
  const prior = db.prepare<[string, number, string], Row>(
    `SELECT id, status, output, error, cost_usd AS costUsd, prompt_tokens AS promptTokens, cached_tokens AS cachedTokens,
       completion_tokens AS completionTokens FROM quickies
     WHERE run_id = ? AND input_index = ? AND request_hash = ? AND deleted_at IS NULL AND status IN ('complete', 'error')
       AND coalesce(json_extract(metadata, '$.provider'), '') <> 'replay'
     ORDER BY status = 'complete' DESC, rowid DESC LIMIT 1`,
  );
  return {
    newest(key) {
      const runs = db
        .prepare<[string, string], { runId: string }>(
          `SELECT DISTINCT run_id AS runId FROM quickies WHERE input_index IS NOT NULL AND run_id BETWEEN ? AND ?`,
        )
        .all(key, `${key}-~`);
      const all = runs.map(({ runId }) => ({ runId, generation: Number(runId.slice(key.length + 1) || 1) }));
      return all.toSorted((a, b) => b.generation - a.generation)[0];
    },
    prior(runId, index, requestHash) {
      const row = prior.get(runId, index, requestHash);
      if (row === undefined) return undefined;
      const { output, ...rest } = row;
      return { ...rest, text: textOf(output) };
    },
    isComplete: (runId, index) =>
      db
        .prepare<[string, number]>(
          `SELECT 1 FROM quickies WHERE run_id = ? AND input_index = ? AND status = 'complete' LIMIT 1`,
        )
        .get(runId, index) !== undefined,
    runOf: (callId) =>
      db.prepare<[string], { run: string | null }>('SELECT run_id AS run FROM quickies WHERE id = ?').get(callId)
        ?.run ?? undefined,
    cost: (runId) =>
      db
        .prepare<[string], { usd: number; unknown: number }>(
          `SELECT coalesce(sum(cost_usd), 0) AS usd, coalesce(sum(cost_usd IS NULL AND status = 'complete'), 0) AS unknown
           FROM quickies WHERE run_id = ?`,
        )
        .get(runId) ?? { usd: 0, unknown: 0 },
  };
}
