// What the record of calls asks of its database, as prepared statements. Knows the columns; what SQLite throws goes through.

import type { Failure } from '../base/failure.ts';
import { type Db, prepared, withoutSync } from '../database/open.ts';
import { timestamp } from '../system/clock.ts';
import { type BatchRows, batchRows } from './batches.ts';
import { interruptedError } from './interrupted.ts';
import { type LaterStatements, laterStatements, prepareTakeOver } from './later.ts';
import { textOf } from './output.ts';
import { type BudgetLimits, type OverBudget, overBudget, prepareHold } from './spending.ts';
import type { AcceptedCall, Alongside, FailedAttempt, Review, StoredCall } from './types.ts';
import type { CallRow, EndRow, KnownCall } from './written.ts';

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

export type Statements = {
  /** Inserts the row, or gives the limit that it would break. */
  readonly begin: (
    row: CallRow,
    limits: BudgetLimits | undefined,
    alongside?: Alongside['begun'],
  ) => OverBudget | Failure | undefined;
  /** The same in the row of a call that was kept for later. */
  readonly takeOver: (row: CallRow, limits: BudgetLimits | undefined) => OverBudget | Failure | undefined;
  readonly later: LaterStatements;
  readonly batches: BatchRows;
  readonly together: (work: () => void) => void;
  readonly running: (id: string) => void;
  readonly partial: (id: string, output: string) => void;
  readonly attempted: (id: string, failed: FailedAttempt) => void;
  readonly hold: (id: string, usd: number, limits: BudgetLimits | undefined) => OverBudget | undefined;
  /** Brings the row to where the call stands, and inserts it where it is not there. */
  readonly write: (known: KnownCall, alongside?: () => void) => void;
  readonly review: (id: string, review: Review | null) => void;
  readonly interruptOf: (taskId: string, runId: string) => { readonly id: string; readonly text: string }[];
  readonly accepted: () => AcceptedCall[];
  readonly latest: (taskId: string) => StoredCall | undefined;
};

const INSERT = `INSERT INTO quickies (id, source, template_name, prompt_text, prompt_hash, request_hash, input_params, model, task_id,
    run_id, metadata, owner, reserved_usd, request, created_at, deleted_at, input_index, answer_rules)
  VALUES (@id, @source, @templateName, @promptText, @promptHash, @requestHash, @inputParams, @model, @taskId,
    @runId, @metadata, @owner, @reservedUsd, @request, @createdAt, @deletedAt, @inputIndex, @answerRules) ON CONFLICT (id) DO NOTHING`;

const END = `UPDATE quickies SET status = @status, output = iif(deleted_at IS NULL, @output, NULL),
    error = iif(deleted_at IS NULL, @error, NULL), attempts = @attempts, finish_reason = @finishReason,
    resolved_model = @resolvedModel, prompt_tokens = @promptTokens, cached_tokens = @cachedTokens,
    completion_tokens = @completionTokens, reasoning_tokens = @reasoningTokens, cost_usd = @costUsd, cost_source = @costSource,
    reserved_usd = @heldUsd, ttft_ms = @ttftMs, total_ms = @totalMs WHERE id = @id`;

const ATTEMPT = `UPDATE quickies SET attempt_log = json_insert(coalesce(attempt_log, '[]'), '$[#]', json(?)), attempts = coalesce(attempts, 0) + 1
  WHERE id = ? AND status IN ('pending', 'running')`;

export function statementsOf(db: Db): Statements {
  const hold = prepareHold(db);
  const review = (id: string, given: Review | null) =>
    void prepared(db, 'UPDATE quickies SET review = ? WHERE id = ?').run(given, id);
  const running = (id: string) =>
    void prepared(db, "UPDATE quickies SET status = 'running' WHERE id = ? AND status = 'pending'").run(id);
  const end = (row: EndRow | undefined) => row !== undefined && prepared<[EndRow]>(db, END).run(row).changes > 0;
  const write = db.transaction((call: KnownCall, alongside?: () => void) => {
    if (!end(call.end)) {
      if (call.row) insert(db, call.row);
      if (call.running) running(call.id);
      end(call.end);
    }
    if (call.review !== undefined) review(call.id, call.review);
    alongside?.();
  });
  return {
    begin: prepareBegin(db),
    takeOver: prepareTakeOver(db),
    later: laterStatements(db),
    batches: batchRows(db),
    together(work) {
      db.transaction(work).immediate();
    },
    running: (id) => withoutSync(db, () => running(id)),
    partial: (id, output) =>
      withoutSync(
        db,
        () =>
          void prepared(
            db,
            "UPDATE quickies SET output = ? WHERE id = ? AND status = 'running' AND deleted_at IS NULL",
          ).run(output, id),
      ),
    attempted: (id, failed) => void prepared(db, ATTEMPT).run(JSON.stringify({ ...failed, at: timestamp() }), id),
    hold,
    write: (call, alongside) => write.immediate(call, alongside),
    review,
    interruptOf: (taskId, runId) => interruptOf(db, taskId, runId),
    accepted: () => acceptedCalls(db),
    latest(taskId) {
      const row = prepared<[string], Row>(db, NEWEST).get(taskId);
      return row && stored(row);
    },
  };
}

/** The row, the template's text and what goes alongside: all or nothing. */
function prepareBegin(db: Db): Statements['begin'] {
  type Wanted = { row: CallRow; limits: BudgetLimits | undefined; alongside: Alongside['begun'] | undefined };
  const all = db.transaction(({ row, limits, alongside }: Wanted): OverBudget | undefined => {
    const over = limits && overBudget(db, limits, { runId: row.runId, usd: row.reservedUsd ?? 0 });
    if (over !== undefined) return over;
    insert(db, row);
    const written = alongside?.(row.id);
    if (written?.ok === false) throw new TakenBack(written.error);
    return undefined;
  });
  return (row, limits, alongside) => {
    try {
      return all.immediate({ row, limits, alongside });
    } catch (error) {
      if (error instanceof TakenBack) return error.failure;
      throw error;
    }
  };
}

/** Ends a transaction so that nothing of it stays. */
class TakenBack extends Error {
  readonly failure: Failure;
  constructor(failure: Failure) {
    super('taken back');
    this.failure = failure;
  }
}

function insert(db: Db, row: CallRow): void {
  const { templateText, ...columns } = row;
  if (templateText !== null)
    prepared(db, 'INSERT INTO prompt_sources (prompt_hash, source) VALUES (?, ?) ON CONFLICT DO NOTHING').run(
      row.promptHash,
      templateText,
    );
  prepared<[typeof columns]>(db, INSERT).run(columns);
}

function interruptOf(db: Db, taskId: string, runId: string): { id: string; text: string }[] {
  prepared(
    db,
    `UPDATE quickies SET status = 'error', error = '${interruptedError}' WHERE task_id = ? AND run_id = ? AND status IN ('pending', 'running')`,
  ).run(taskId, runId);
  return prepared<[string, string], { id: string; output: string | null }>(
    db,
    `SELECT id, output FROM quickies WHERE task_id = ? AND run_id = ? AND error = '${interruptedError}'`,
  )
    .all(taskId, runId)
    .map(({ id, output }) => ({ id, text: textOf(output) }));
}

const NEWEST = `SELECT id, output, model, created_at, cost_usd, request_hash, review, input_params, metadata FROM quickies
  WHERE task_id = ? AND status = 'complete' AND deleted_at IS NULL ORDER BY rowid DESC LIMIT 1`;

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
