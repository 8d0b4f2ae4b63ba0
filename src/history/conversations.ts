// Conversations in .orchestrate/history.db: their events in order, what is listed of them, their runs. Knows no meaning of an event.

import path from 'node:path';
import type { Failure } from '../base/failure.ts';
import { ok, type Result } from '../base/result.ts';
import type { Redactor } from '../base/secrets.ts';
import { attemptQuery, type Db, withoutSync } from '../database/open.ts';
import { openForReading } from '../database/read.ts';
import { timestamp } from '../system/clock.ts';
import { HISTORY_DB } from './calls.ts';
import { type Connection, connect } from './connection.ts';
import { RUN_TOTALS, TOTAL_COLUMNS } from './conversations-migration.ts';
import { prefixRange } from './filter.ts';
import { settleInterrupted } from './interrupted.ts';
import { HISTORY_MIGRATIONS } from './migrations.ts';
import { textOf } from './output.ts';

/** What is known of a settled call, by the names of its columns. */
export type CallFigures = {
  readonly finish_reason: string | null;
  readonly resolved_model: string | null;
  readonly prompt_tokens: number | null;
  readonly cached_tokens: number | null;
  readonly completion_tokens: number | null;
  readonly reasoning_tokens: number | null;
  /** Null where unknown, never 0 for unknown. */
  readonly cost_usd: number | null;
  readonly cost_source: string | null;
  readonly ttft_ms: number | null;
  readonly total_ms: number | null;
};

export type CallRow = CallFigures & {
  readonly id: string;
  readonly status: 'pending' | 'running' | 'complete' | 'error';
  readonly answer: string;
  readonly error: string | null;
};

/** `data` is JSON; `callId` where the event belongs to a call, so that it can be forgotten with it. */
export type NewEvent = { readonly kind: string; readonly callId: string | null; readonly data: object };
export type StoredEvent = {
  readonly seq: number;
  readonly at: string;
  readonly kind: string;
  readonly data: Record<string, unknown>;
};

/** What is listed of a conversation; made of its events by whoever knows their meaning. */
export type Summary = {
  readonly name: string;
  readonly status: 'idle' | 'streaming' | 'complete' | 'error';
  readonly messages: number;
  /** For the run. */
  readonly variables: Readonly<Record<string, string>>;
};

export type NewConversation = {
  readonly id: string;
  readonly runId: string;
  /** Prompt, values and model in one hash. */
  readonly startKey: string;
  readonly prompt: string;
};

export type ConversationRow = {
  readonly id: string;
  readonly run_id: string;
  readonly name: string;
  readonly prompt: string;
  readonly status: Summary['status'];
  readonly messages: number;
  readonly last_seq: number;
  readonly created_at: string;
  readonly updated_at: string;
};

export type RunTotals = {
  readonly calls: number;
  readonly failures: number;
  readonly prompt_tokens: number | null;
  readonly cached_tokens: number | null;
  readonly completion_tokens: number | null;
  readonly reasoning_tokens: number | null;
  readonly cost_usd: number | null;
  readonly cost_unknown: number;
  readonly total_ms: number | null;
};
export type RunRow = RunTotals & { readonly id: string; readonly name: string; readonly source: string };

export type ListFilter = {
  readonly prompt?: string | undefined;
  readonly status?: string | undefined;
  /** Nothing was recorded since: ISO 8601 in UTC. */
  readonly before?: string | undefined;
};

/** Ids that begin so, newest first. */
export type Matches = readonly string[];

export type Appending = {
  /** The last event that the caller knows. */
  readonly knownSeq: number;
  readonly events: readonly NewEvent[];
  /**
   * It follows from the row of a call, which is on the disk in any case: it need not wait for the disk itself. Name and variables stay as
   * they are.
   */
  readonly follows?: boolean | undefined;
  /** Called inside the transaction with what the caller does not know yet, its own events at the end. */
  readonly summarise: (events: readonly StoredEvent[]) => Summary;
};

export type ConversationStore = {
  /** With its first events; makes the run where there is none with that id. */
  readonly create: (made: NewConversation, appending: Appending) => Result<void, Failure>;
  /** False where the conversation is not there any more. */
  readonly append: (id: string, appending: Appending) => Result<boolean, Failure>;
  readonly events: (id: string, afterSeq?: number) => Result<StoredEvent[], Failure>;
  readonly find: (prefix: string) => Result<Matches, Failure>;
  readonly findRun: (prefix: string) => Result<Matches, Failure>;
  readonly row: (id: string) => Result<ConversationRow | undefined, Failure>;
  /** Newest first by their last event. */
  readonly list: (filter: ListFilter, limit: number) => Result<ConversationRow[], Failure>;
  /** Conversations in which something was sent and not settled. */
  readonly open: () => Result<string[], Failure>;
  /** Others that were started alike, newest first. */
  readonly startedAlike: (startKey: string, but: string) => Result<ConversationRow[], Failure>;
  readonly run: (id: string) => Result<RunRow | undefined, Failure>;
  readonly runs: () => Result<RunRow[], Failure>;
  /** The totals of a run as its calls give them now. */
  readonly sumOf: (runId: string) => Result<RunTotals, Failure>;
  readonly call: (id: string) => Result<CallRow | undefined, Failure>;
  /** Ids of the calls of a run, in the order in which they were made. */
  readonly callsOf: (runId: string) => Result<string[], Failure>;
  /** The settled calls that no other conversation holds a message of. */
  readonly callsOnlyIn: (ids: readonly string[]) => Result<string[], Failure>;
  /** Settles the calls of programs that died. */
  readonly settleCalls: () => Result<undefined, Failure>;
  /** Takes a conversation away; the run stays for what its calls cost. */
  readonly remove: (id: string) => Result<void, Failure>;
  readonly close: () => void;
};

/** For writing: the database is made where there is none. Every text is redacted on its way in. */
export function openConversations(root: string, redactor: Redactor): Result<ConversationStore, Failure> {
  const file = path.join(root, HISTORY_DB);
  const opened = connect(file);
  return opened.ok ? ok(storeOf(opened.value, file, redactor)) : opened;
}

/** Works in a read-only folder too. Undefined where there is no history: none is made for this. */
export function openConversationsForReading(
  root: string,
  redactor: Redactor,
): Result<ConversationStore | undefined, Failure> {
  const file = path.join(root, HISTORY_DB);
  const opened = openForReading({ file, migrations: HISTORY_MIGRATIONS });
  return opened.ok ? ok(opened.value && storeOf(alone(opened.value), file, redactor)) : opened;
}

const ROW = 'id, run_id, name, prompt, status, messages, last_seq, created_at, updated_at';
const FIGURES =
  'finish_reason, resolved_model, prompt_tokens, cached_tokens, completion_tokens, reasoning_tokens, cost_usd, cost_source, ttft_ms, total_ms';
const MOST_MATCHES = 5;
/** A fork holds messages of the conversation that it was forked from. */
const ONLY_IN = `SELECT DISTINCT call_id AS id FROM conversation_events
  WHERE call_id IS NOT NULL AND conversation_id IN (SELECT value FROM json_each(?)) AND call_id NOT IN
    (SELECT call_id FROM conversation_events WHERE call_id IS NOT NULL AND conversation_id NOT IN (SELECT value FROM json_each(?)))`;

function alone(db: Db): Pick<Connection, 'db' | 'close'> {
  return { db, close: () => db.close() };
}

function storeOf({ db, close }: Pick<Connection, 'db' | 'close'>, file: string, redactor: Redactor): ConversationStore {
  const attempt = <T>(work: () => T): Result<T, Failure> => attemptQuery(file, work);
  const append = prepareAppend(db, redactor);
  const begin = prepareCreate(db, redactor);
  const create = db.transaction((made: NewConversation, appending: Appending) => {
    begin(made);
    append(made.id, appending);
  });
  const appending = db.transaction(append);
  const appendAll = (id: string, given: Appending) => appending.immediate(id, given);
  const eventsAfter = prepareEvents(db);
  const row = db.prepare<[string], ConversationRow>(`SELECT ${ROW} FROM conversations WHERE id = ?`);
  const call = prepareCall(db);
  const run = db.prepare<[string], RunRow>(`SELECT id, name, source, ${TOTAL_COLUMNS} FROM runs WHERE id = ?`);
  return {
    create: (made, appending) => attempt(() => create.immediate(made, appending)),
    append: (id, appending) =>
      attempt(() => (appending.follows ? withoutSync(db, () => appendAll(id, appending)) : appendAll(id, appending))),
    events: (id, afterSeq = 0) => attempt(() => eventsAfter(id, afterSeq)),
    find: (prefix) => attempt(() => idsWith(db, 'conversations', prefix)),
    findRun: (prefix) => attempt(() => idsWith(db, 'runs', prefix)),
    row: (id) => attempt(() => row.get(id)),
    list: (filter, limit) => attempt(() => listed(db, filter, limit)),
    open: () => attempt(() => ids(db, "SELECT id FROM conversations WHERE status = 'streaming'")),
    startedAlike: (key, but) =>
      attempt(() =>
        db
          .prepare<[string, string], ConversationRow>(
            `SELECT ${ROW} FROM conversations WHERE start_key = ? AND id <> ? ORDER BY rowid DESC LIMIT ${MOST_MATCHES}`,
          )
          .all(key, but),
      ),
    run: (id) => attempt(() => run.get(id)),
    runs: () =>
      attempt(() => db.prepare<[], RunRow>(`SELECT id, name, source, ${TOTAL_COLUMNS} FROM runs ORDER BY rowid`).all()),
    sumOf: (runId) =>
      attempt(
        () => db.prepare<[string]>(`SELECT ${RUN_TOTALS} FROM quickies WHERE run_id = ?`).get(runId) as RunTotals,
      ),
    call: (id) => attempt(() => call(id)),
    callsOf: (runId) => attempt(() => ids(db, 'SELECT id FROM quickies WHERE run_id = ? ORDER BY rowid', runId)),
    callsOnlyIn: (own) => attempt(() => ids(db, ONLY_IN, JSON.stringify(own), JSON.stringify(own))),
    settleCalls: () => attempt(() => void settleInterrupted(db)),
    remove: (id) => attempt(() => db.transaction(() => remove(db, id)).immediate()),
    close,
  };
}

function prepareCreate(db: Db, redactor: Redactor): (made: NewConversation) => void {
  const addRun = db.prepare('INSERT INTO runs (id, name, source) VALUES (?, ?, ?) ON CONFLICT DO NOTHING');
  const add = db.prepare(
    `INSERT INTO conversations (id, run_id, start_key, name, prompt, status, messages, last_seq, created_at, updated_at)
     VALUES (@id, @runId, @startKey, '', @prompt, 'idle', 0, 0, @now, @now)`,
  );
  return (made) => {
    const prompt = redactor.text(made.prompt);
    addRun.run(made.runId, prompt, prompt);
    add.run({ ...made, prompt, now: timestamp() });
  };
}

/** The number of an event is given inside the transaction, so that two processes never give the same. */
function prepareAppend(db: Db, redactor: Redactor): (id: string, appending: Appending) => boolean {
  const last = db.prepare<[string], { last_seq: number }>('SELECT last_seq FROM conversations WHERE id = ?');
  const add = db.prepare(
    'INSERT INTO conversation_events (conversation_id, seq, at, kind, call_id, data) VALUES (?, ?, ?, ?, ?, ?)',
  );
  const update = db.prepare(
    `UPDATE conversations SET name = @name, status = @status, messages = @messages, last_seq = @seq, updated_at = @at WHERE id = @id`,
  );
  const eventsAfter = prepareEvents(db);
  const updateRun = db.prepare(
    'UPDATE runs SET name = @name, variables = @variables WHERE id = (SELECT run_id FROM conversations WHERE id = @id)',
  );
  return (id, { knownSeq, events, follows, summarise }) => {
    const before = last.get(id)?.last_seq;
    if (before === undefined) return false;
    const at = timestamp();
    const missed = before > knownSeq ? eventsAfter(id, knownSeq) : [];
    const added = events.map(({ kind, callId, data }, index): StoredEvent & { callId: string | null } => {
      return { seq: before + 1 + index, at, kind, callId, data: redactor.value({ ...data }) };
    });
    for (const { seq, kind, callId, data } of added) add.run(id, seq, at, kind, callId, JSON.stringify(data));
    const { name, status, messages, variables } = summarise([...missed, ...added]);
    update.run({ id, name: redactor.text(name), status, messages, seq: before + events.length, at });
    if (!follows)
      updateRun.run({ id, name: redactor.text(name), variables: JSON.stringify(redactor.value(variables)) });
    return true;
  };
}

function prepareEvents(db: Db): (id: string, afterSeq: number) => StoredEvent[] {
  const select = db.prepare<[string, number], Omit<StoredEvent, 'data'> & { data: string }>(
    'SELECT seq, at, kind, data FROM conversation_events WHERE conversation_id = ? AND seq > ? ORDER BY seq',
  );
  return (id, afterSeq) =>
    select.all(id, afterSeq).map((row) => ({ ...row, data: JSON.parse(row.data) as Record<string, unknown> }));
}

function idsWith(db: Db, table: 'conversations' | 'runs', prefix: string): string[] {
  const found = db
    .prepare<[string, string, number], { id: string }>(
      `SELECT id FROM ${table} WHERE id BETWEEN ? AND ? ORDER BY rowid DESC LIMIT ?`,
    )
    .all(...prefixRange(prefix), MOST_MATCHES + 1)
    .map(({ id }) => id);
  return found.includes(prefix) ? [prefix] : found;
}

function ids(db: Db, sql: string, ...values: readonly string[]): string[] {
  return db
    .prepare<string[], { id: string }>(sql)
    .all(...values)
    .map(({ id }) => id);
}

function listed(db: Db, { prompt, status, before }: ListFilter, limit: number): ConversationRow[] {
  return db
    .prepare<unknown[], ConversationRow>(
      `SELECT ${ROW} FROM conversations WHERE (@prompt IS NULL OR prompt = @prompt) AND (@status IS NULL OR status = @status)
         AND (@before IS NULL OR updated_at < @before)
       ORDER BY updated_at DESC, rowid DESC LIMIT @limit`,
    )
    .all({ prompt: prompt ?? null, status: status ?? null, before: before ?? null, limit });
}

function prepareCall(db: Db): (id: string) => CallRow | undefined {
  const select = db.prepare<[string], Omit<CallRow, 'answer'> & { output: string | null }>(
    `SELECT id, status, error, output, ${FIGURES} FROM quickies WHERE id = ?`,
  );
  return (id) => {
    const row = select.get(id);
    if (row === undefined) return undefined;
    const { output, ...rest } = row;
    return { ...rest, answer: textOf(output) };
  };
}

function remove(db: Db, id: string): void {
  // The bytes are overwritten, not only given free.
  db.pragma('secure_delete = ON');
  const run = db.prepare<[string], { run_id: string }>('SELECT run_id FROM conversations WHERE id = ?').get(id);
  db.prepare('DELETE FROM conversations WHERE id = ?').run(id);
  db.prepare(
    `UPDATE runs SET name = source, variables = '{}' WHERE id = ? AND NOT EXISTS (SELECT 1 FROM conversations WHERE run_id = runs.id)`,
  ).run(run?.run_id);
}
