// What a person changes in the history afterwards: texts forgotten, costs computed anew. Knows no price.

import path from 'node:path';
import type { Failure } from '../base/failure.ts';
import { ok, type Result } from '../base/result.ts';
import { type Db, openDatabase } from '../database/open.ts';
import { readQuery } from '../database/read.ts';
import { exists } from '../system/files.ts';
import { HISTORY_DB } from './calls.ts';
import { HISTORY_MIGRATIONS } from './migrations.ts';

/** A call with known token counts that a server was paid for. */
export type Priceable = {
  readonly id: string;
  readonly model: string;
  readonly resolved_model: string | null;
  readonly prompt_tokens: number;
  readonly cached_tokens: number | null;
  readonly completion_tokens: number;
  readonly cost_usd: number | null;
  readonly cost_source: string | null;
};

export type NewCost = { readonly id: string; readonly usd: number; readonly source: 'computed' | 'override' };

export type HistoryWriter = {
  /** Takes the texts away and leaves the cost line. Calls that are open stay whole; gives the ids of those that went. */
  readonly forget: (ids: readonly string[]) => Result<readonly string[], Failure>;
  /** Takes what is left of forgotten texts out of the file, which is rewritten for it. Fails while another process uses it. */
  readonly scrub: () => Result<undefined, Failure>;
  /** Settled calls made before that time (ISO 8601 in UTC). */
  readonly olderThan: (time: string) => Result<readonly string[], Failure>;
  readonly priceable: () => Result<readonly Priceable[], Failure>;
  /** All of them or none. */
  readonly reprice: (costs: readonly NewCost[]) => Result<undefined, Failure>;
  readonly close: () => void;
};

/** Undefined where the project has no history: none is made for this. */
export function openWriter(root: string): Result<HistoryWriter | undefined, Failure> {
  const file = path.join(root, HISTORY_DB);
  if (!exists(file)) return ok(undefined);
  const opened = openDatabase({ file, migrations: HISTORY_MIGRATIONS, journalMode: 'wal' });
  return opened.ok ? ok(writerOf(opened.value, file)) : opened;
}

function writerOf(db: Db, file: string): HistoryWriter {
  return {
    forget: (ids) => readQuery(file, () => forget(db, ids)),
    scrub: () => readQuery(file, () => scrub(db)),
    olderThan: (time) =>
      readQuery(file, () =>
        db
          .prepare<[string], { id: string }>(
            `SELECT id FROM quickies WHERE created_at < ? AND deleted_at IS NULL AND status IN ('complete', 'error') ORDER BY rowid`,
          )
          .all(time)
          .map(({ id }) => id),
      ),
    priceable: () => readQuery(file, () => priceable(db)),
    reprice: (costs) => readQuery(file, () => reprice(db, costs)),
    close: () => db.close(),
  };
}

/** What names the model and the server stays, so that the cost can be computed anew; so does what stands in no text. */
const FORGET = `UPDATE quickies SET deleted_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now'), prompt_text = '', output = NULL, error = NULL,
    input_params = '{}', request_hash = NULL, review = NULL, request = NULL, attempt_log = NULL, answer_rules = NULL,
    metadata = CASE WHEN json_valid(metadata) THEN json_object('provider', json_extract(metadata, '$.provider')) END
  WHERE id = ? AND deleted_at IS NULL AND status IN ('complete', 'error')`;

function forget(db: Db, ids: readonly string[]): string[] {
  // The bytes are overwritten, not only given free.
  db.pragma('secure_delete = ON');
  const update = db.prepare<[string]>(FORGET);
  const gone = db.transaction(() => {
    const done = ids.filter((id) => update.run(id).changes > 0);
    db.exec(
      `DELETE FROM prompt_sources WHERE prompt_hash NOT IN (SELECT prompt_hash FROM quickies WHERE deleted_at IS NULL)`,
    );
    return done;
  });
  return gone.immediate();
}

/**
 * Overwriting on deletion is not enough: where a page was split once, or a row moved, an older copy stands in the unused part of a page.
 * Row numbers, by which the search index knows the calls, stay: no row was ever removed.
 */
function scrub(db: Db): undefined {
  db.exec('VACUUM');
  // The log still holds what was overwritten. Another reader may keep it from being emptied; then the last one to close does it.
  db.pragma('wal_checkpoint(TRUNCATE)');
  return undefined;
}

function priceable(db: Db): Priceable[] {
  return db
    .prepare<[], Priceable>(
      `SELECT id, model, resolved_model, prompt_tokens, cached_tokens, completion_tokens, cost_usd, cost_source FROM quickies
       WHERE prompt_tokens IS NOT NULL AND completion_tokens IS NOT NULL AND model IS NOT NULL
         AND json_valid(metadata) AND json_extract(metadata, '$.provider') = 'openai' ORDER BY rowid`,
    )
    .all();
}

function reprice(db: Db, costs: readonly NewCost[]): undefined {
  const update = db.prepare<[number, string, string]>('UPDATE quickies SET cost_usd = ?, cost_source = ? WHERE id = ?');
  const all = db.transaction(() => {
    for (const { id, usd, source } of costs) update.run(usd, source, id);
  });
  all.immediate();
  return undefined;
}
