// The record of model calls in .orchestrate/history.db: written before the request leaves, settled at its end. Knows nothing of
// tasks beyond their id, nor of how a call is made.

import path from 'node:path';
import type { Failure } from '../base/failure.ts';
import { err, ok, type Result } from '../base/result.ts';
import type { Redactor } from '../base/secrets.ts';
import { attemptQuery, type Db, openDatabase } from '../database/open.ts';
import { newId, timestamp } from '../system/clock.ts';
import { thisProcess } from '../system/process-identity.ts';
import { type BatchRows, batchRows } from './batches.ts';
import { type Interrupted, interruptedError, settleInterrupted } from './interrupted.ts';
import { type LaterCalls, type LaterParts, laterCalls, withLater } from './later.ts';
import { HISTORY_MIGRATIONS } from './migrations.ts';
import { textOf } from './output.ts';
import { type BudgetLimits, type OverBudget, overBudget } from './spending.ts';

export const HISTORY_DB = path.join('.orchestrate', 'history.db');

export type NewCall = LaterParts & {
  readonly source: 'task' | 'quickie' | 'prompt' | 'workshop' | 'chat';
  readonly templateName: string;
  /** The template before substitution, with its partials. */
  readonly templateText: string;
  /** MD5 of `templateText` (S000). */
  readonly promptHash: string;
  /** The prompt as sent. */
  readonly promptText: string;
  /** Identifies the whole request (messages, model, schema): the same again is the same question. */
  readonly requestHash: string;
  readonly inputParams: Readonly<Record<string, unknown>>;
  readonly model: string;
  readonly taskId?: string;
  readonly runId: string;
  /** The whole request as it is sent: messages, model, settings. */
  readonly request?: Readonly<Record<string, unknown>>;
  /** The most that it can cost; held until it is settled, so that calls at the same time cannot go beyond a budget together. */
  readonly reservedUsd?: number | null;
  readonly metadata?: Readonly<Record<string, unknown>>;
  /** Which input of a batch it is for, from 1; the batch is the run. */
  readonly inputIndex?: number | undefined;
  /**
   * What of its content stays: all of it where not told; `turn`: of the request no earlier turns of the conversation, which are kept
   * with their own calls; `none`: nothing is ever written, neither prompt nor answer, and the row is its cost line from the start.
   */
  readonly keep?: 'turn' | 'none' | undefined;
};

/** An attempt that failed and is followed by another. */
export type FailedAttempt = {
  readonly attempt: number;
  readonly code: string;
  readonly status: number | null;
  readonly delayMs: number;
};

export type Settlement = {
  readonly status: 'complete' | 'error';
  readonly text: string;
  /** The answer as data, where it was asked for as such. */
  readonly data?: unknown;
  readonly error?: string;
  readonly attempts: number;
  readonly finishReason: string | null;
  readonly resolvedModel?: string | null;
  readonly promptTokens?: number | null;
  readonly cachedTokens?: number | null;
  readonly completionTokens?: number | null;
  /** Null where unknown, never 0 for unknown. */
  readonly costUsd?: number | null;
  readonly costSource?: 'reported' | 'computed' | 'override' | null;
  /** What a call of unknown cost may have cost: it counts for budgets, and for nothing else. */
  readonly heldUsd?: number | null;
  readonly reasoningTokens?: number | null;
  readonly ttftMs?: number | null;
  readonly totalMs?: number | null;
};

export type Review = 'accepted' | 'edited' | 'rejected' | 'skipped';

export type StoredCall = {
  readonly id: string;
  readonly text: string;
  readonly model: string;
  readonly createdAt: string;
  readonly costUsd: number | null;
  readonly requestHash: string;
  readonly review: Review | null;
  /** Which attempt of its task's start it was, from 1. */
  readonly attempt: number;
  /** What a further attempt was told of the one before, secrets replaced. */
  readonly retry?: { readonly previousOutput: string; readonly failure: string };
};

export type CallStore = {
  /** Inserts the row as `pending` and gives its id; with limits, only where what it may cost fits into them. */
  readonly begin: (call: NewCall, limits?: BudgetLimits) => Result<string, Failure | OverBudget>;
  /** Calls that wait to be made, and earlier ones that are asked again. */
  readonly later: LaterCalls<NewCall>;
  /** At the first byte. */
  readonly running: (id: string) => void;
  /** The text so far: at least every second while it streams. */
  readonly partial: (id: string, text: string) => void;
  /** The attempts of a call that were followed by another. */
  readonly attempted: (id: string, failed: FailedAttempt) => void;
  readonly settle: (id: string, end: Settlement) => Result<undefined, Failure>;
  /** A review that cannot be kept means that the answer is shown again: nothing is lost. */
  readonly review: (id: string, review: Review | null) => void;
  /** Calls of processes that died on this machine, settled when this store was opened. */
  readonly interrupted: readonly Interrupted[];
  /** Complete answers that a person or the runbook's rules accepted, newest first. */
  readonly accepted: () => readonly AcceptedCall[];
  /** Settles what a dead run left open for a task, and gives all its calls that were cut off, with the text that had arrived. */
  readonly interruptOf: (taskId: string, runId: string) => readonly { readonly id: string; readonly text: string }[];
  /** The newest complete answer of a task; the caller compares its request and review. */
  readonly latest: (taskId: string) => StoredCall | undefined;
  readonly batches: BatchRows;
  /** All that `work` writes in one commit: on the disk when it returns. Where that fails, nothing of it is written. */
  readonly together: (work: () => void) => Result<undefined, Failure>;
  readonly close: () => void;
};

export type AcceptedCall = {
  readonly id: string;
  readonly createdAt: string;
  readonly taskId: string | null;
  readonly templateName: string;
  readonly requestHash: string | null;
  readonly model: string;
  readonly resolvedModel: string | null;
  readonly promptText: string;
  readonly text: string;
  readonly finishReason: string | null;
  /** As it was given to `begin`; undefined in rows of an older version. */
  readonly request: Readonly<Record<string, unknown>> | undefined;
};

type Row = {
  id: string;
  output: string | null;
  model: string;
  created_at: string;
  cost_usd: number | null;
  request_hash: string | null;
  review: Review | null;
  input_params: string;
  metadata: string | null;
};

/** What a complete answer was found to be: data, or not what was asked for, which is an error. */
export type Verdict = { readonly data: unknown } | { readonly error: string };

/** Every text is redacted on its way in (design.md §7). */
export function openCalls(root: string, redactor: Redactor): Result<CallStore, Failure> {
  const file = path.join(root, HISTORY_DB);
  const opened = openDatabase({ file, migrations: HISTORY_MIGRATIONS, journalMode: 'wal' });
  if (!opened.ok) return opened;
  const settled = attemptQuery(file, () => settleInterrupted(opened.value));
  if (settled.ok) return ok(createStore(opened.value, file, { redactor, interrupted: settled.value }));
  opened.value.close();
  return settled;
}

type StoreParts = { readonly redactor: Redactor; readonly interrupted: readonly Interrupted[] };

function createStore(db: Db, file: string, { redactor, interrupted }: StoreParts): CallStore {
  const begin = withLater(db, redactor, prepareBegin(db, redactor));
  const settle = prepareSettle(db, redactor);
  const setRunning = db.prepare("UPDATE quickies SET status = 'running' WHERE id = ? AND status = 'pending'");
  const setPartial = db.prepare(
    "UPDATE quickies SET output = ? WHERE id = ? AND status = 'running' AND deleted_at IS NULL",
  );
  const addAttempt = db.prepare(
    `UPDATE quickies SET attempt_log = json_insert(coalesce(attempt_log, '[]'), '$[#]', json(?)), attempts = coalesce(attempts, 0) + 1
     WHERE id = ? AND status IN ('pending', 'running')`,
  );
  const setReview = db.prepare('UPDATE quickies SET review = ? WHERE id = ?');
  const newest = db.prepare<[string], Row>(
    `SELECT id, output, model, created_at, cost_usd, request_hash, review, input_params, metadata FROM quickies
     WHERE task_id = ? AND status = 'complete' AND deleted_at IS NULL ORDER BY rowid DESC LIMIT 1`,
  );
  /** Another process may hold the database for longer than we wait: that is no defect. */
  const attempt = <T>(advice: string, work: () => T): Result<T, Failure> => {
    try {
      return ok(work());
    } catch (error) {
      return err({
        code: 'database',
        path: file,
        message: error instanceof Error ? error.message : String(error),
        advice,
      });
    }
  };
  return {
    begin(call, limits) {
      const begun = attempt('a call that cannot be recorded is not sent; run "orchestrate doctor"', () =>
        begin(call, limits),
      );
      if (!begun.ok) return begun;
      return typeof begun.value === 'string' ? ok(begun.value) : err(begun.value);
    },
    attempted: (id, failed) =>
      void attempt('', () => addAttempt.run(JSON.stringify({ ...failed, at: timestamp() }), id)),
    interrupted,
    later: laterCalls(db, { file, begin }),
    accepted: () => acceptedCalls(db),
    running: (id) => void attempt('', () => setRunning.run(id)),
    partial: (id, text) => void attempt('', () => setPartial.run(outputOf(text, redactor), id)),
    settle: (id, end) => attempt('run "orchestrate doctor"', () => settle(id, end)),
    review: (id, review) => void attempt('', () => setReview.run(review, id)),
    interruptOf(taskId, runId) {
      db.prepare(
        `UPDATE quickies SET status = 'error', error = '${interruptedError}' WHERE task_id = ? AND run_id = ? AND status IN ('pending', 'running')`,
      ).run(taskId, runId);
      return db
        .prepare<[string, string], { id: string; output: string | null }>(
          `SELECT id, output FROM quickies WHERE task_id = ? AND run_id = ? AND error = '${interruptedError}'`,
        )
        .all(taskId, runId)
        .map(({ id, output }) => ({ id, text: textOf(output) }));
    },
    latest(taskId) {
      const row = newest.get(taskId);
      return row && stored(row);
    },
    batches: batchRows(db),
    together: (work) =>
      attempt('run "orchestrate doctor"', () => {
        db.transaction(work).immediate();
        return undefined;
      }),
    close: () => db.close(),
  };
}

/** Inserts the row and keeps the template's text, both or neither; gives the id, or the limit that it would break. */
function prepareBegin(db: Db, redactor: Redactor): (call: NewCall, limits?: BudgetLimits) => string | OverBudget {
  const insert = db.prepare(
    `INSERT INTO quickies (id, source, template_name, prompt_text, prompt_hash, request_hash, input_params, model, task_id, run_id, metadata,
       owner, reserved_usd, request, deleted_at, input_index)
     VALUES (@id, @source, @templateName, @promptText, @promptHash, @requestHash, @inputParams, @model, @taskId, @runId, @metadata,
       @owner, @reservedUsd, @request, @deletedAt, @inputIndex)`,
  );
  const keepSource = db.prepare(
    'INSERT INTO prompt_sources (prompt_hash, source) VALUES (?, ?) ON CONFLICT DO NOTHING',
  );
  const json = (value: unknown) => JSON.stringify(redactor.value(value));
  const both = db.transaction((call: NewCall, limits: BudgetLimits | undefined): string | OverBudget => {
    const over = limits && overBudget(db, limits, { runId: call.runId, usd: call.reservedUsd ?? 0 });
    if (over) return over;
    const id = newId();
    const kept = call.keep === 'none' ? withoutContent(call) : { ...call, deletedAt: null };
    if (call.keep !== 'none') keepSource.run(call.promptHash, redactor.text(call.templateText));
    insert.run({
      ...kept,
      id,
      promptText: redactor.text(kept.promptText),
      inputParams: json(kept.inputParams),
      taskId: kept.taskId ?? null,
      metadata: kept.metadata ? json(kept.metadata) : null,
      owner: JSON.stringify(thisProcess()),
      reservedUsd: kept.reservedUsd ?? null,
      inputIndex: kept.inputIndex ?? null,
      request: kept.request ? json(keptRequest(kept, kept.request)) : null,
    });
    return id;
  });
  return (call, limits) => both.immediate(call, limits);
}

/** The same that is left of a call that was forgotten (writer.ts). */
function withoutContent({ request: _, metadata, ...call }: NewCall) {
  return {
    ...call,
    promptText: '',
    inputParams: {},
    requestHash: null,
    metadata: { provider: metadata?.provider ?? null },
    request: undefined,
    deletedAt: timestamp(),
  };
}

/** Each call of a conversation sends all that was said before: kept with each, it would grow with the square of its length. */
function keptRequest({ keep }: Pick<NewCall, 'keep'>, request: NonNullable<NewCall['request']>): unknown {
  const { messages } = request;
  if (keep !== 'turn' || !Array.isArray(messages)) return request;
  const turn = messages.filter((each: { role?: string }, at) => each.role === 'system' || at === messages.length - 1);
  return { ...request, messages: turn, earlier_messages: messages.length - turn.length };
}

function prepareSettle(db: Db, redactor: Redactor): (id: string, end: Settlement) => undefined {
  const update = db.prepare(
    `UPDATE quickies SET status = @status, output = iif(deleted_at IS NULL, @output, NULL),
       error = iif(deleted_at IS NULL, @error, NULL), attempts = @attempts, finish_reason = @finishReason,
       resolved_model = @resolvedModel, prompt_tokens = @promptTokens, cached_tokens = @cachedTokens,
       completion_tokens = @completionTokens, reasoning_tokens = @reasoningTokens, cost_usd = @costUsd, cost_source = @costSource,
       reserved_usd = @heldUsd, ttft_ms = @ttftMs, total_ms = @totalMs, updated_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now')
     WHERE id = @id`,
  );
  // Servers say what they like, wherever they are asked for a word.
  const redacted = (said: string | null | undefined) => (said ? redactor.text(said) : null);
  return (id, end) => {
    update.run({
      id,
      status: end.status,
      output: end.text === '' ? null : outputOf(end.text, redactor, end.data),
      error: end.error === undefined ? null : redactor.text(end.error),
      attempts: end.attempts,
      finishReason: redacted(end.finishReason),
      resolvedModel: redacted(end.resolvedModel),
      promptTokens: end.promptTokens ?? null,
      cachedTokens: end.cachedTokens ?? null,
      completionTokens: end.completionTokens ?? null,
      reasoningTokens: end.reasoningTokens ?? null,
      costUsd: end.costUsd ?? null,
      costSource: end.costSource ?? null,
      heldUsd: end.heldUsd ?? null,
      ttftMs: end.ttftMs ?? null,
      totalMs: end.totalMs ?? null,
    });
  };
}

/** The `output` column is JSON (S000). */
function outputOf(text: string, redactor: Redactor, data?: unknown): string {
  return JSON.stringify({ text: redactor.text(text), ...(data === undefined ? {} : { data: redactor.value(data) }) });
}

function stored(row: Row): StoredCall {
  const given = JSON.parse(row.input_params) as { previous_output?: unknown; failure?: unknown };
  const { attempt = 1 } = row.metadata === null ? {} : (JSON.parse(row.metadata) as { attempt?: number });
  return {
    id: row.id,
    text: textOf(row.output),
    model: row.model,
    createdAt: row.created_at,
    costUsd: row.cost_usd,
    requestHash: row.request_hash ?? '',
    review: row.review,
    attempt,
    ...(attempt > 1 && typeof given.previous_output === 'string'
      ? {
          retry: {
            previousOutput: given.previous_output,
            failure: typeof given.failure === 'string' ? given.failure : '',
          },
        }
      : {}),
  };
}

type AcceptedRow = Omit<AcceptedCall, 'text' | 'request'> & {
  readonly output: string | null;
  readonly request: string | null;
};

function acceptedCalls(db: Db): AcceptedCall[] {
  const rows = db
    .prepare<[], AcceptedRow>(
      `SELECT id, created_at AS createdAt, task_id AS taskId, template_name AS templateName, request_hash AS requestHash, model,
         resolved_model AS resolvedModel, prompt_text AS promptText, output, finish_reason AS finishReason, request FROM quickies
       WHERE status = 'complete' AND deleted_at IS NULL AND (review IN ('accepted', 'edited') OR (review IS NULL AND source <> 'task')) ORDER BY rowid DESC`,
    )
    .all();
  return rows.map(({ output, request, ...row }) => ({
    ...row,
    text: textOf(output),
    request: request === null ? undefined : (JSON.parse(request) as Record<string, unknown>),
  }));
}
