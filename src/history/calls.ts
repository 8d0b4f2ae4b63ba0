// The record of model calls in .orchestrate/history.db: written before the request leaves, settled at its end. Knows nothing of
// tasks beyond their id, nor of how a call is made.

import path from 'node:path';
import type { Failure } from '../base/failure.ts';
import { err, ok, type Result } from '../base/result.ts';
import type { Redactor } from '../base/secrets.ts';
import { type Db, openDatabase } from '../database/open.ts';
import { newId } from '../system/clock.ts';
import { HISTORY_MIGRATIONS } from './migrations.ts';

export const HISTORY_DB = path.join('.orchestrate', 'history.db');

export type NewCall = {
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
  readonly metadata?: Readonly<Record<string, unknown>>;
};

export type Settlement = {
  readonly status: 'complete' | 'error';
  readonly text: string;
  readonly error?: string;
  readonly attempts: number;
  readonly finishReason: string | null;
  readonly resolvedModel?: string | null;
  readonly promptTokens?: number | null;
  readonly cachedTokens?: number | null;
  readonly completionTokens?: number | null;
  /** Null where unknown, never 0 for unknown. */
  readonly costUsd?: number | null;
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
  /** Inserts the row as `pending` and gives its id. */
  readonly begin: (call: NewCall) => Result<string, Failure>;
  /** At the first byte. */
  readonly running: (id: string) => void;
  /** The text so far: at least every second while it streams. */
  readonly partial: (id: string, text: string) => void;
  readonly settle: (id: string, end: Settlement) => Result<undefined, Failure>;
  /** A review that cannot be kept means that the answer is shown again: nothing is lost. */
  readonly review: (id: string, review: Review) => void;
  /** Settles what a dead run left open for a task, and gives all its calls that were cut off, with the text that had arrived. */
  readonly interruptOf: (taskId: string, runId: string) => readonly { readonly id: string; readonly text: string }[];
  /** The newest complete answer of a task; the caller compares its request and review. */
  readonly latest: (taskId: string) => StoredCall | undefined;
  readonly close: () => void;
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

/** Every text is redacted on its way in (design.md §7). */
export function openCalls(root: string, redactor: Redactor): Result<CallStore, Failure> {
  const file = path.join(root, HISTORY_DB);
  const opened = openDatabase({ file, migrations: HISTORY_MIGRATIONS, journalMode: 'wal' });
  return opened.ok ? ok(createStore(opened.value, file, redactor)) : opened;
}

function createStore(db: Db, file: string, redactor: Redactor): CallStore {
  const begin = prepareBegin(db, redactor);
  const settle = prepareSettle(db, redactor);
  const setRunning = db.prepare("UPDATE quickies SET status = 'running' WHERE id = ? AND status = 'pending'");
  const setPartial = db.prepare("UPDATE quickies SET output = ? WHERE id = ? AND status = 'running'");
  const setReview = db.prepare('UPDATE quickies SET review = ? WHERE id = ?');
  const newest = db.prepare<[string], Row>(
    `SELECT id, output, model, created_at, cost_usd, request_hash, review, input_params, metadata FROM quickies
     WHERE task_id = ? AND status = 'complete' ORDER BY rowid DESC LIMIT 1`,
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
    begin: (call) => attempt('a call that cannot be recorded is not sent; run "orchestrate doctor"', () => begin(call)),
    running: (id) => void attempt('', () => setRunning.run(id)),
    partial: (id, text) => void attempt('', () => setPartial.run(outputOf(text, redactor), id)),
    settle: (id, end) => attempt('run "orchestrate doctor"', () => settle(id, end)),
    review: (id, review) => void attempt('', () => setReview.run(review, id)),
    interruptOf(taskId, runId) {
      db.prepare(
        `UPDATE quickies SET status = 'error', error = '${INTERRUPTED}' WHERE task_id = ? AND run_id = ? AND status IN ('pending', 'running')`,
      ).run(taskId, runId);
      return db
        .prepare<[string, string], { id: string; output: string | null }>(
          `SELECT id, output FROM quickies WHERE task_id = ? AND run_id = ? AND error = '${INTERRUPTED}'`,
        )
        .all(taskId, runId)
        .map(({ id, output }) => ({ id, text: textOf(output) }));
    },
    latest(taskId) {
      const row = newest.get(taskId);
      return row && stored(row);
    },
    close: () => db.close(),
  };
}

/** What stands as the error of a call whose program died. */
const INTERRUPTED = 'interrupted: orchestrate ended while it was in flight';

/** Inserts the row and keeps the template's text, both or neither; gives the id. */
function prepareBegin(db: Db, redactor: Redactor): (call: NewCall) => string {
  const insert = db.prepare(
    `INSERT INTO quickies (id, source, template_name, prompt_text, prompt_hash, request_hash, input_params, model, task_id, run_id, metadata)
     VALUES (@id, @source, @templateName, @promptText, @promptHash, @requestHash, @inputParams, @model, @taskId, @runId, @metadata)`,
  );
  const keepSource = db.prepare(
    'INSERT INTO prompt_sources (prompt_hash, source) VALUES (?, ?) ON CONFLICT DO NOTHING',
  );
  const json = (value: unknown) => JSON.stringify(redactor.value(value));
  const both = db.transaction((call: NewCall): string => {
    const id = newId();
    keepSource.run(call.promptHash, redactor.text(call.templateText));
    insert.run({
      ...call,
      id,
      promptText: redactor.text(call.promptText),
      inputParams: json(call.inputParams),
      taskId: call.taskId ?? null,
      metadata: call.metadata ? json(call.metadata) : null,
    });
    return id;
  });
  return (call) => both.immediate(call);
}

function prepareSettle(db: Db, redactor: Redactor): (id: string, end: Settlement) => undefined {
  const update = db.prepare(
    `UPDATE quickies SET status = @status, output = @output, error = @error, attempts = @attempts, finish_reason = @finishReason,
       resolved_model = @resolvedModel, prompt_tokens = @promptTokens, cached_tokens = @cachedTokens,
       completion_tokens = @completionTokens, cost_usd = @costUsd, ttft_ms = @ttftMs, total_ms = @totalMs WHERE id = @id`,
  );
  return (id, end) => {
    update.run({
      id,
      status: end.status,
      output: end.text === '' ? null : outputOf(end.text, redactor),
      error: end.error === undefined ? null : redactor.text(end.error),
      attempts: end.attempts,
      finishReason: end.finishReason,
      resolvedModel: end.resolvedModel ?? null,
      promptTokens: end.promptTokens ?? null,
      cachedTokens: end.cachedTokens ?? null,
      completionTokens: end.completionTokens ?? null,
      costUsd: end.costUsd ?? null,
      ttftMs: end.ttftMs ?? null,
      totalMs: end.totalMs ?? null,
    });
  };
}

/** The `output` column is JSON (S000). */
function outputOf(text: string, redactor: Redactor): string {
  return JSON.stringify({ text: redactor.text(text) });
}

function textOf(output: string | null): string {
  return output === null ? '' : ((JSON.parse(output) as { text?: string }).text ?? '');
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
