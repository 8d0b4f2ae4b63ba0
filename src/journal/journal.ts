// The journal of transitions and the memory of what was last written (.orchestrate/state.db). An entry is durable before the files
// follow it. Does not know the YAML, nor what a change means.

import path from 'node:path';
import type { Failure } from '../base/failure.ts';
import { err, ok, type Result } from '../base/result.ts';
import { attemptQuery, type Db, type OpenOptions, openDatabase, prepared } from '../database/open.ts';
import { openForReading } from '../database/read.ts';
import type { LogLine } from '../events/types.ts';
import { exists, fileId } from '../system/files.ts';
import type { ProcessIdentity } from '../system/process-identity.ts';
import { STATE_DB } from './file.ts';
import { STATE_MIGRATIONS } from './migrations.ts';
import { dropOldReceipts, keepReceipts, type ReceiptRow, receiptsOf, withdrawReceipts } from './receipts.ts';

/** What is remembered of a task: its status as last written, and a mark of its definition (undefined where none was taken yet). */
export type Remembered = { readonly status: string; readonly definition?: string | undefined };

/** `changes` and `former` are JSON for whoever made them (run/step.ts). */
export type NewEntry = {
  /** The entry that began the step which this one belongs to (a task's attempt); its own where it begins one. */
  readonly stepSeq?: number;
  readonly at: string;
  readonly runId: string;
  /** What happened, for a person who looks for a step to undo. */
  readonly title: string;
  readonly changes: unknown;
  /** What stood in the files before. */
  readonly former: unknown;
  readonly lines: readonly LogLine[];
  /** How long the log was, in bytes: the lines stand behind that, if they were written. */
  readonly logSize: number;
};

/**
 * `pending`: the files and the log are about to follow. `waiting`: the files cannot take it now. `written`: all is in place.
 * `settled`: and the log is durable. `overruled`: a person's value stands in the files. `undone`: taken back.
 */
export type EntryState = 'pending' | 'waiting' | 'written' | 'settled' | 'overruled' | 'undone';
export type Entry = NewEntry & { readonly seq: number; readonly stepSeq: number; readonly state: EntryState };

/** A task that a run has set to RUNNING. */
export type RunningRow = {
  readonly taskId: string;
  readonly runId: string;
  readonly process: ProcessIdentity;
  /** ISO 8601, UTC. */
  readonly since: string;
  /** It waits for a person, under a claim and not under the project's lock. */
  readonly waiting: boolean;
};

export type Recording = {
  readonly entry: NewEntry;
  readonly state: 'pending' | 'waiting' | 'overruled';
  readonly remember: ReadonlyMap<string, Remembered>;
  /** Entries that this one takes back. */
  readonly undoes: readonly number[];
  readonly begin?: RunningRow | undefined;
  /** Tasks that no longer run. */
  readonly end: readonly string[];
};

export type Recorded = { readonly seq: number; readonly before: Former };

/** How things stood for the tasks of an entry before it was recorded. */
export type Former = {
  readonly memory: ReadonlyMap<string, Remembered | undefined>;
  readonly running: readonly RunningRow[];
  /** What the entry took back. */
  readonly undone: readonly number[];
};

export type Journal = {
  readonly memory: () => Result<Map<string, Remembered>, Failure>;
  /** Makes the database if there is none yet: to be called before anything else is written. */
  readonly prepare: () => Result<undefined, Failure>;
  /** One durable transaction for all of them; gives the number of each entry, and what it takes to withdraw it. */
  readonly record: (recordings: readonly Recording[]) => Result<readonly Recorded[], Failure>;
  /** Takes an entry back of which nothing has reached the files, with what was remembered, and who ran, before it. */
  readonly withdraw: (seq: number, former: Former) => Result<undefined, Failure>;
  readonly mark: (seqs: readonly number[], state: EntryState) => Result<undefined, Failure>;
  readonly remember: (statuses: ReadonlyMap<string, Remembered>) => Result<undefined, Failure>;
  /** Those of which something may still be missing in the files or in the log, the oldest first. */
  readonly unsettled: () => Result<Entry[], Failure>;
  /** Those of which something may still be missing in the files, the oldest first. */
  readonly open: () => Result<Entry[], Failure>;
  /** The newest first. */
  readonly newest: () => Result<Entry[], Failure>;
  readonly running: () => Result<RunningRow[], Failure>;
  /** Undefined where no run has it RUNNING. */
  readonly runningTask: (taskId: string) => Result<RunningRow | undefined, Failure>;
  readonly setWaiting: (taskId: string, waiting: boolean) => Result<undefined, Failure>;
  readonly forget: (taskIds: readonly string[]) => Result<undefined, Failure>;
  readonly close: () => void;
};

/** More than anybody undoes; older ones are thrown away. */
const MOST_KEPT = 5000;

/** Where it is and what it is. */
export function optionsIn(root: string): OpenOptions {
  return { file: path.join(root, STATE_DB), migrations: STATE_MIGRATIONS };
}

/**
 * For a command that may write: one that is refused leaves no database behind. A file that was deleted meanwhile is made anew: the
 * project stays usable without its memory.
 */
export function openJournal(root: string): Result<Journal, Failure> {
  const file = path.join(root, STATE_DB);
  let opened: { readonly db: Db; readonly id: string | undefined } | undefined;
  const prepare = (): Result<undefined, Failure> => {
    if (opened && opened.id === fileId(file)) return ok(undefined);
    opened?.db.close();
    opened = undefined;
    const made = openDatabase(optionsIn(root));
    if (!made.ok) return made;
    opened = { db: made.value, id: fileId(file) };
    return ok(undefined);
  };
  const ready = exists(file) ? prepare() : ok(undefined);
  if (!ready.ok) return ready;
  const read = <T>(work: (db: Db) => T, none: T): Result<T, Failure> => {
    const db = opened?.db;
    return db === undefined ? ok(none) : attemptQuery(file, () => work(db));
  };
  const write = <T>(work: (db: Db) => T): Result<T, Failure> => {
    const made = prepare();
    if (!made.ok) return made;
    const db = opened?.db;
    return db === undefined ? err(notOpen(file)) : attemptQuery(file, () => transaction(db, work));
  };
  return ok({
    memory: () => read(memoryOf, new Map()),
    prepare,
    record(recordings) {
      let made: readonly Recorded[] = [];
      const recorded = write((db) => {
        made = recordings.map((each) => record(db, each));
        return made;
      });
      const seq = made.at(-1)?.seq;
      if (recorded.ok || seq === undefined) return recorded;
      // A commit may fail when it has happened, because its folder could not be synced. What everybody will read counts as recorded.
      const stands = read((db) => holdsEntry(db, seq), false);
      return stands.ok && stands.value ? ok(made) : recorded;
    },
    withdraw: (seq, former) => write((db) => withdraw(db, seq, former)),
    mark: (seqs, state) => (seqs.length === 0 ? ok(undefined) : write((db) => mark(db, seqs, state))),
    remember: (statuses) => write((db) => remember(db, statuses)),
    unsettled: () => read((db) => entriesOf(db, `WHERE ${UNSETTLED} ORDER BY seq`, []), []),
    open: () => read(openOf, []),
    newest: () => read(newestOf, []),
    running: () => read(runningOf, []),
    runningTask: (taskId) => read((db) => runningRow(db, taskId), undefined),
    setWaiting: (taskId, waiting) =>
      write((db) => {
        prepared(db, 'UPDATE running SET waiting = ? WHERE task_id = ?').run(waiting ? 1 : 0, taskId);
        return undefined;
      }),
    forget: (taskIds) => write((db) => forget(db, taskIds)),
    close: () => opened?.db.close(),
  });
}

type Work = (work: (db: Db) => unknown) => unknown;
const transactions = new WeakMap<Db, Work & { readonly immediate: Work }>();

/** better-sqlite3 prepares the statements of each `transaction` anew: one is enough for a database. */
function transaction<T>(db: Db, work: (db: Db) => T): T {
  const known = transactions.get(db) ?? db.transaction((given: (db: Db) => unknown) => given(db));
  transactions.set(db, known);
  return known.immediate(work) as T;
}

function notOpen(file: string): Failure {
  return { code: 'database', path: file, message: 'it is not open', advice: 'run "orchestrate doctor"' };
}

const UNSETTLED = "state IN ('pending', 'waiting', 'written')";

function record(db: Db, { entry, state, undoes, remember: statuses, begin, end }: Recording): Recorded {
  const before = { ...formerOf(db, [...statuses.keys()]), undone: undoes };
  if (undoes.length > 0) mark(db, undoes, 'undone');
  const { lastInsertRowid } = prepared(
    db,
    `INSERT INTO journal (step_seq, at, run_id, title, changes, former, lines, log_size, state)
       VALUES (@stepSeq, @at, @runId, @title, @changes, @former, @lines, @logSize, @state)`,
  ).run({
    ...entry,
    state,
    stepSeq: entry.stepSeq ?? null,
    changes: JSON.stringify(entry.changes),
    former: JSON.stringify(entry.former),
    lines: JSON.stringify(entry.lines),
  });
  remember(db, statuses);
  forget(db, end);
  if (begin) start(db, begin);
  const seq = Number(lastInsertRowid);
  keepReceipts(db, seq, entry.lines);
  if (seq % 100 === 0) {
    // First: which receipts were taken back is known by their entries.
    dropOldReceipts(db, seq - MOST_KEPT);
    prepared(db, `DELETE FROM journal WHERE seq < ? AND NOT ${UNSETTLED}`).run(seq - MOST_KEPT);
  }
  return { seq, before };
}

function holdsEntry(db: Db, seq: number): boolean {
  return prepared(db, 'SELECT 1 FROM journal WHERE seq = ?').get(seq) !== undefined;
}

function formerOf(db: Db, taskIds: readonly string[]): Omit<Former, 'undone'> {
  const find = prepared<[string], { status: string; definition: string | null }>(
    db,
    'SELECT status, definition FROM memory WHERE task_id = ?',
  );
  const memory = taskIds.map((id): [string, Remembered | undefined] => {
    const row = find.get(id);
    return [id, row && { status: row.status, definition: row.definition ?? undefined }];
  });
  return { memory: new Map(memory), running: taskIds.flatMap((id) => runningRow(db, id) ?? []) };
}

function start(db: Db, { taskId, runId, process, since, waiting }: RunningRow): void {
  prepared(db, 'INSERT OR REPLACE INTO running (task_id, run_id, process, since, waiting) VALUES (?, ?, ?, ?, ?)').run(
    taskId,
    runId,
    JSON.stringify(process),
    since,
    waiting ? 1 : 0,
  );
}

/** Without its row a task that is RUNNING again in the files would be nobody's: no start could ever put an end to it. */
function withdraw(db: Db, seq: number, { memory, running, undone }: Former): undefined {
  prepared(db, 'DELETE FROM journal WHERE seq = ?').run(seq);
  withdrawReceipts(db, seq);
  const back = prepared(db, "UPDATE journal SET state = 'settled' WHERE seq = ?");
  for (const one of undone) back.run(one);
  const known = new Map([...memory].filter((pair): pair is [string, Remembered] => pair[1] !== undefined));
  const unknown = prepared(db, 'DELETE FROM memory WHERE task_id = ?');
  for (const id of memory.keys()) if (!known.has(id)) unknown.run(id);
  remember(db, known);
  forget(db, [...memory.keys()]);
  for (const row of running) start(db, row);
}

function mark(db: Db, seqs: readonly number[], state: EntryState): undefined {
  const which = 'seq IN (SELECT value FROM json_each(?))';
  prepared(db, `UPDATE journal SET state = ? WHERE ${which} AND state <> 'undone'`).run(state, JSON.stringify(seqs));
}

function remember(db: Db, statuses: ReadonlyMap<string, Remembered>): undefined {
  const upsert = prepared(
    db,
    `INSERT INTO memory (task_id, status, definition) VALUES (?, ?, ?)
     ON CONFLICT (task_id) DO UPDATE SET status = excluded.status, definition = coalesce(excluded.definition, definition),
       updated_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now')`,
  );
  for (const [id, { status, definition }] of statuses) upsert.run(id, status, definition ?? null);
}

function forget(db: Db, taskIds: readonly string[]): undefined {
  const remove = prepared(db, 'DELETE FROM running WHERE task_id = ?');
  for (const id of taskIds) remove.run(id);
}

type EntryRow = {
  seq: number;
  step_seq: number | null;
  at: string;
  run_id: string;
  title: string;
  changes: string;
  former: string;
  lines: string;
  log_size: number;
  state: EntryState;
};

function entriesOf(db: Db, rest: string, values: readonly number[]): Entry[] {
  return prepared<number[], EntryRow>(db, `SELECT * FROM journal ${rest}`)
    .all(...values)
    .map((row) => ({
      seq: row.seq,
      stepSeq: row.step_seq ?? row.seq,
      at: row.at,
      runId: row.run_id,
      title: row.title,
      changes: listOf(row.changes),
      former: listOf(row.former),
      lines: listOf(row.lines) as LogLine[],
      logSize: row.log_size,
      state: row.state,
    }));
}

function openOf(db: Db): Entry[] {
  // By the words of the index.
  return entriesOf(db, `WHERE ${UNSETTLED} AND state <> 'written' ORDER BY seq`, []);
}

function newestOf(db: Db): Entry[] {
  return entriesOf(db, 'ORDER BY seq DESC LIMIT ?', [MOST_KEPT]);
}

function listOf(json: string): readonly unknown[] {
  const value: unknown = JSON.parse(json);
  if (!Array.isArray(value)) throw new SyntaxError('a list was expected');
  return value;
}

type RunningColumns = { task_id: string; run_id: string; process: string; since: string; waiting: number };

function runningOf(db: Db): RunningRow[] {
  return prepared<[], RunningColumns>(db, 'SELECT * FROM running ORDER BY since').all().map(rowOf);
}

function runningRow(db: Db, taskId: string): RunningRow | undefined {
  const row = prepared<[string], RunningColumns>(db, 'SELECT * FROM running WHERE task_id = ?').get(taskId);
  return row && rowOf(row);
}

function rowOf({ task_id: taskId, run_id: runId, process, since, waiting }: RunningColumns): RunningRow {
  return { taskId, runId, process: JSON.parse(process) as ProcessIdentity, since, waiting: waiting === 1 };
}

function memoryOf(db: Db): Map<string, Remembered> {
  const rows = prepared<[], { task_id: string; status: string; definition: string | null }>(
    db,
    'SELECT task_id, status, definition FROM memory',
  ).all();
  return new Map(
    rows.map(({ task_id, status, definition }) => [task_id, { status, definition: definition ?? undefined }]),
  );
}

/** For a reader; the newest first. Leaves nothing behind. */
export function readEntries(root: string): Result<Entry[], Failure> {
  return reading(root, newestOf, []);
}

/** Reads all that is in it: an `ok` says that every row can be understood. */
export function checkState(root: string): Result<unknown, Failure> {
  return reading(root, (db) => [memoryOf(db), runningOf(db), newestOf(db)], []);
}

function reading<T>(root: string, work: (db: Db) => T, none: T): Result<T, Failure> {
  const options = optionsIn(root);
  const opened = openForReading(options);
  if (!opened.ok) return opened;
  const db = opened.value;
  if (db === undefined) return ok(none);
  // All of it as it is at one moment.
  const result = attemptQuery(options.file, () => db.transaction(work)(db), 'read');
  db.close();
  return result;
}

export type State = { readonly memory: Map<string, Remembered>; readonly open: readonly Entry[] };

/** For a reader: empty where nothing was ever written or the database cannot be read. Leaves nothing behind. */
export function readState(root: string): State {
  return readOr(root, (db) => ({ memory: memoryOf(db), open: openOf(db) }), { memory: new Map(), open: [] });
}

/** The same of the tasks that run. */
export function readRunning(root: string): readonly RunningRow[] {
  return readOr(root, runningOf, []);
}

export type Kept = {
  readonly receipts: ReadonlyMap<string, ReceiptRow>;
  readonly memory: ReadonlyMap<string, Remembered>;
};

/** Why each task is DONE, for a reader; empty where nothing is known: a lost database is no error. Leaves nothing behind. */
export function readReceipts(root: string): Kept {
  return readOr(root, (db) => ({ receipts: receiptsOf(db), memory: memoryOf(db) }), {
    receipts: new Map(),
    memory: new Map(),
  });
}

function readOr<T>(root: string, work: (db: Db) => T, none: T): T {
  const read = reading(root, work, none);
  return read.ok ? read.value : none;
}
