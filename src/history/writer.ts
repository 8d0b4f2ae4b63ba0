// What a person changes in the history afterwards: texts forgotten, costs computed anew. Knows no price.

import path from 'node:path';
import type { Failure } from '../base/failure.ts';
import { ok, type Result } from '../base/result.ts';
import { attemptQuery, type Db, openDatabase } from '../database/open.ts';
import { exists } from '../system/files.ts';
import { HISTORY_DB } from './calls.ts';
import { repriceMessages } from './conversation-content.ts';
import { type ForgetParts, type Forgetting, forget, isClean, type Scrubbed, scrub } from './forget.ts';
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

/** `signal` ends it between two steps. */
export type Watch = Pick<ForgetParts, 'signal' | 'onProgress'>;

export type HistoryWriter = {
  /** Takes the texts away and leaves the cost line. Calls that are open stay whole. */
  readonly forget: (ids: readonly string[], watch: Watch) => Promise<Forgetting>;
  /** False where bytes of forgotten texts may be left in the file. */
  readonly isClean: () => boolean;
  readonly scrub: (watch: Watch) => Promise<Result<Scrubbed, Failure>>;
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
  const opened = openDatabase({ file, migrations: HISTORY_MIGRATIONS });
  return opened.ok ? ok(writerOf(opened.value, file)) : opened;
}

function writerOf(db: Db, file: string): HistoryWriter {
  return {
    forget: (ids, watch) => forget({ db, file, ...watch }, ids),
    isClean: () => isClean(db),
    scrub: (watch) => scrub({ db, file, ...watch }),
    olderThan: (time) =>
      attemptQuery(file, () =>
        db
          .prepare<[string], { id: string }>(
            `SELECT id FROM quickies WHERE created_at < ? AND deleted_at IS NULL AND status IN ('complete', 'error') ORDER BY rowid`,
          )
          .all(time)
          .map(({ id }) => id),
      ),
    priceable: () => attemptQuery(file, () => priceable(db)),
    reprice: (costs) => attemptQuery(file, () => reprice(db, costs)),
    close: () => db.close(),
  };
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
  const update = db.prepare<
    [number, string, string]
  >(`UPDATE quickies SET cost_usd = ?, cost_source = ?, reserved_usd = CASE WHEN cost_usd IS NULL THEN NULL ELSE reserved_usd END
     WHERE id = ?`);
  const all = db.transaction(() => {
    for (const { id, usd, source } of costs) update.run(usd, source, id);
    repriceMessages(db, costs);
  });
  all.immediate();
  return undefined;
}
