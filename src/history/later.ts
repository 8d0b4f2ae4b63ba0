// Calls that were kept for later, and earlier calls that are to be asked again. Makes no call.

import type { Failure } from '../base/failure.ts';
import { type Db, prepared } from '../database/open.ts';
import { type BudgetLimits, type OverBudget, overBudget } from './spending.ts';
import type { AskedBefore } from './types.ts';
import type { CallRow } from './written.ts';

type Json = Readonly<Record<string, unknown>>;

/** A call that was kept for later keeps its row; gives why it cannot be made now. */
export function prepareTakeOver(
  db: Db,
): (row: CallRow, limits: BudgetLimits | undefined) => OverBudget | Failure | undefined {
  const both = db.transaction((row: CallRow, limits: BudgetLimits | undefined) => {
    const over = limits && overBudget(db, limits, { runId: row.runId, usd: row.reservedUsd ?? 0 });
    if (over) return over;
    const taken = prepared<[CallRow]>(
      db,
      `UPDATE quickies SET model = @model, run_id = @runId, owner = @owner, reserved_usd = @reservedUsd, request = @request,
         metadata = @metadata WHERE id = @id AND status = 'pending' AND owner IS NULL`,
    ).run(row);
    return taken.changes > 0 ? undefined : takenAlready(row.id);
  });
  return (row, limits) => both.immediate(row, limits);
}

function takenAlready(id: string): Failure {
  const message = `another orchestrate makes the call ${id.slice(0, 8)}, or has made it`;
  return { code: 'locked', message, advice: `orchestrate quickie show ${id.slice(0, 8)}` };
}

/** What SQLite throws goes through. */
export type LaterStatements = {
  readonly disown: (id: string) => void;
  readonly waiting: () => readonly string[];
  readonly find: (id: string) => AskedBefore | undefined;
  readonly exchange: (a: string, b: string) => void;
};

export function laterStatements(db: Db): LaterStatements {
  const rename = (to: string, from: string) =>
    void prepared<[string, string]>(db, 'UPDATE quickies SET id = ? WHERE id = ?').run(to, from);
  const exchange = db.transaction((a: string, b: string) => {
    const between = `${a}~`;
    rename(between, a);
    rename(a, b);
    rename(b, between);
  });
  return {
    disown: (id) =>
      void prepared<[string]>(db, 'UPDATE quickies SET owner = NULL, reserved_usd = NULL WHERE id = ?').run(id),
    waiting: () => waitingIds(db),
    find: (id) => findAsked(db, id),
    exchange: (a, b) => exchange.immediate(a, b),
  };
}

/** Those that belong to no process. */
function waitingIds(db: Db): string[] {
  return db
    .prepare<[], { id: string }>(
      `SELECT id FROM quickies WHERE source = 'quickie' AND status = 'pending' AND owner IS NULL ORDER BY rowid`,
    )
    .all()
    .map(({ id }) => id);
}

type Row = Omit<AskedBefore, 'templateText' | 'inputParams' | 'metadata' | 'request' | 'answerRules'> &
  Record<'templateText' | 'metadata' | 'request' | 'answerRules', string | null> & { readonly inputParams: string };

const COLUMNS = `id, template_name AS templateName, prompt_hash AS promptHash, prompt_text AS promptText, request_hash AS requestHash,
  input_params AS inputParams, metadata, status, source, request, answer_rules AS answerRules,
  (SELECT prompt_sources.source FROM prompt_sources WHERE prompt_sources.prompt_hash = quickies.prompt_hash) AS templateText`;

function findAsked(db: Db, id: string): AskedBefore | undefined {
  const row = db.prepare<[string], Row>(`SELECT ${COLUMNS} FROM quickies WHERE id = ? AND deleted_at IS NULL`).get(id);
  if (row === undefined) return undefined;
  const object = (text: string | null) => (text === null ? undefined : (JSON.parse(text) as Json));
  return {
    ...row,
    templateText: row.templateText ?? undefined,
    inputParams: object(row.inputParams) ?? {},
    metadata: object(row.metadata) ?? {},
    request: object(row.request),
    answerRules: object(row.answerRules),
  };
}
