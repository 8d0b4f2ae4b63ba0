// Calls that were kept for later, and earlier calls that are to be asked again. Makes no call.

import type { Failure } from '../base/failure.ts';
import type { Result } from '../base/result.ts';
import type { Redactor } from '../base/secrets.ts';
import { attemptQuery, type Db } from '../database/open.ts';
import { thisProcess } from '../system/process-identity.ts';
import { type BudgetLimits, type OverBudget, overBudget } from './spending.ts';

type Json = Readonly<Record<string, unknown>>;

/** What a new call has for being made later or again. */
export type LaterParts = {
  /** What the answer must be. */
  readonly answerRules?: Json | undefined;
  /** The row of a call that was kept for later: it becomes this call. */
  readonly waiting?: string | undefined;
};

type NewCall = LaterParts & {
  readonly model: string;
  readonly runId: string;
  readonly request?: Json;
  readonly reservedUsd?: number | null;
  readonly metadata?: Json;
  readonly keep?: 'turn' | 'none' | undefined;
};

type Begin<Call, More = never> = (call: Call, limits?: BudgetLimits) => string | OverBudget | More;

/** The same, with the rules of the answer; a call that was kept for later keeps its row. */
export function withLater<Call extends NewCall>(db: Db, redactor: Redactor, begin: Begin<Call>): Begin<Call, Failure> {
  const setRules = db.prepare('UPDATE quickies SET answer_rules = ? WHERE id = ?');
  const takeOver = db.prepare(
    `UPDATE quickies SET model = @model, run_id = @runId, owner = @owner, reserved_usd = @reservedUsd, request = @request,
       metadata = @metadata WHERE id = @id AND status = 'pending' AND owner IS NULL`,
  );
  const json = (value: unknown) => JSON.stringify(redactor.value(value));
  const take = (id: string, call: Call): string | Failure => {
    const taken = takeOver.run({
      id,
      model: call.model,
      runId: call.runId,
      owner: JSON.stringify(thisProcess()),
      reservedUsd: call.reservedUsd ?? null,
      request: json(call.request ?? {}),
      metadata: json(call.metadata ?? {}),
    });
    return taken.changes > 0 ? id : takenAlready(id);
  };
  const both = db.transaction((call: Call, limits: BudgetLimits | undefined) => {
    if (call.waiting !== undefined) {
      const over = limits && overBudget(db, limits, { runId: call.runId, usd: call.reservedUsd ?? 0 });
      return over ?? take(call.waiting, call);
    }
    const begun = begin(call, limits);
    if (typeof begun === 'string' && call.answerRules !== undefined && call.keep !== 'none')
      setRules.run(json(call.answerRules), begun);
    return begun;
  });
  return (call, limits) => both.immediate(call, limits);
}

function takenAlready(id: string): Failure {
  const message = `another orchestrate makes the call ${id.slice(0, 8)}, or has made it`;
  return { code: 'locked', message, advice: `orchestrate quickie show ${id.slice(0, 8)}` };
}

/** A call as it was asked for, to be made now. */
export type AskedBefore = {
  readonly id: string;
  readonly templateName: string;
  readonly templateText: string | undefined;
  readonly promptHash: string;
  readonly promptText: string;
  readonly requestHash: string | null;
  readonly inputParams: Json;
  readonly metadata: Json;
  readonly status: string;
  readonly source: string;
  /** Undefined in rows of an older version. */
  readonly request: Json | undefined;
  readonly answerRules: Json | undefined;
};

export type LaterCalls<Call> = {
  /** Records a call that nobody makes yet, and gives its id. */
  readonly keep: (call: Call) => Result<string, Failure>;
  /** The ids of the calls that wait, oldest first. */
  readonly waiting: () => Result<readonly string[], Failure>;
  /** By its whole id; undefined where there is none, or it was forgotten. */
  readonly find: (id: string) => Result<AskedBefore | undefined, Failure>;
  /** Exchanges the ids of two calls: whoever was promised the first finds what the second became. */
  readonly exchange: (a: string, b: string) => Result<undefined, Failure>;
};

type Parts<Call> = { readonly file: string; readonly begin: Begin<Call, Failure> };

export function laterCalls<Call extends NewCall>(db: Db, { file, begin }: Parts<Call>): LaterCalls<Call> {
  const disown = db.prepare('UPDATE quickies SET owner = NULL, reserved_usd = NULL WHERE id = ?');
  const keep = db.transaction((call: Call): string => {
    const id = begin(call);
    if (typeof id !== 'string') throw new Error('a call without limits was refused');
    disown.run(id);
    return id;
  });
  const rename = db.prepare('UPDATE quickies SET id = ? WHERE id = ?');
  const exchange = db.transaction((a: string, b: string): undefined => {
    const between = `${a}~`;
    rename.run(between, a);
    rename.run(a, b);
    rename.run(b, between);
  });
  return {
    keep: (call) => attemptQuery(file, () => keep.immediate(call)),
    waiting: () => attemptQuery(file, () => waitingIds(db)),
    find: (id) => attemptQuery(file, () => findAsked(db, id)),
    exchange: (a, b) => attemptQuery(file, () => exchange.immediate(a, b)),
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
