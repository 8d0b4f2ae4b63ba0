// The questions that are asked of the history: newest calls, calls with words, one call, figures. Changes nothing.

import path from 'node:path';
import type { Failure } from '../base/failure.ts';
import { ok, type Result } from '../base/result.ts';
import type { Redactor } from '../base/secrets.ts';
import { attemptQuery, type Db } from '../database/open.ts';
import { openForReading } from '../database/read.ts';
import type { TaskCall } from './acceptance.ts';
import { HISTORY_DB } from './calls.ts';
import { type CallFilter, conditionOf, matchExpression, prefixRange } from './filter.ts';
import { HISTORY_MIGRATIONS } from './migrations.ts';
import {
  type CallSummary,
  SUMMARY_COLUMNS,
  summaryOf,
  WHOLE_COLUMNS,
  type WholeCall,
  type WholeRow,
  wholeCall,
} from './rows.ts';
import type { Figure } from './stats.ts';

export type Page<T> = { readonly calls: readonly T[] /** There are further ones. */; readonly more: boolean };

export type Found =
  | { readonly kind: 'one'; readonly id: string }
  | { readonly kind: 'none' }
  /** Ids that begin so, newest first; `more` where there are further ones. */
  | { readonly kind: 'several'; readonly ids: readonly string[]; readonly more: boolean };

export type HistoryReader = {
  /** Newest first by the order in which they were made: the clock may have jumped. */
  readonly list: (filter: CallFilter, limit: number) => Result<Page<CallSummary>, Failure>;
  /** Calls in whose prompt or answer all the terms stand, newest first. */
  readonly search: (terms: readonly string[], filter: CallFilter, limit: number) => Result<Page<WholeCall>, Failure>;
  readonly find: (prefix: string) => Result<Found, Failure>;
  readonly show: (id: string) => Result<WholeCall | undefined, Failure>;
  /** Oldest first, one after the other: all of them need not fit into memory. */
  readonly each: (filter: CallFilter, use: (call: WholeCall) => void) => Result<undefined, Failure>;
  /** Deleted calls too. */
  readonly figures: (filter: CallFilter) => Result<readonly Figure[], Failure>;
  /** Every call of a task, oldest first; deleted ones too. */
  readonly taskCalls: () => Result<readonly TaskCall[], Failure>;
  readonly close: () => void;
};

const MOST_CANDIDATES = 5;

/** Undefined where the project has no history. */
export function openReader(root: string, redactor: Redactor): Result<HistoryReader | undefined, Failure> {
  const file = path.join(root, HISTORY_DB);
  const opened = openForReading({ file, migrations: HISTORY_MIGRATIONS });
  if (!opened.ok) return opened;
  return ok(opened.value && readerOf(opened.value, file, redactor));
}

function readerOf(db: Db, file: string, redactor: Redactor): HistoryReader {
  const look = <T>(query: () => T) => attemptQuery(file, query, 'read');
  return {
    list: (filter, limit) =>
      look(() => pageOf(newest(db, filter, limit), limit, (row: CallSummary) => summaryOf(row, redactor))),
    search: (terms, filter, limit) =>
      look(() => pageOf(matching(db, terms, filter, limit), limit, (row: WholeRow) => wholeCall(row, redactor))),
    find: (prefix) => look(() => findCall(db, prefix)),
    show: (id) =>
      look(() => {
        const row = db.prepare<[string], WholeRow>(`SELECT ${WHOLE_COLUMNS} FROM quickies WHERE id = ?`).get(id);
        return row && wholeCall(row, redactor);
      }),
    each: (filter, use) =>
      look(() => {
        const { sql, values } = conditionOf(filter);
        const rows = db
          .prepare<unknown[], WholeRow>(`SELECT ${WHOLE_COLUMNS} FROM quickies WHERE ${sql} ORDER BY quickies.rowid`)
          .iterate(...values);
        for (const row of rows) use(wholeCall(row, redactor));
        return undefined;
      }),
    figures: (filter) => look(() => figuresOf(db, filter, redactor)),
    taskCalls: () => look(() => taskCallsOf(db, redactor)),
    close: () => db.close(),
  };
}

/** The rows are chosen by an index alone, then read: a row is as long as its texts. */
function newest(db: Db, filter: CallFilter, limit: number): CallSummary[] {
  const { sql, values } = conditionOf(filter);
  return db
    .prepare<unknown[], CallSummary>(
      `SELECT ${SUMMARY_COLUMNS} FROM quickies WHERE rowid IN
         (SELECT rowid FROM quickies INDEXED BY ${indexFor(filter)} WHERE ${sql} ORDER BY rowid DESC LIMIT ?) ORDER BY rowid DESC`,
    )
    .all(...values, limit + 1);
}

/** Without a filter the newest stand at an index's end; with one, all of the wide index is gone through, whatever the filter is. */
function indexFor(filter: CallFilter): string {
  return Object.keys(filter).length > 0 ? 'idx_quickies_filter' : 'idx_quickies_deleted';
}

function matching(db: Db, terms: readonly string[], filter: CallFilter, limit: number): WholeRow[] {
  const filtered = Object.keys(filter).length > 0;
  const { sql, values } = conditionOf(filter);
  // A deleted call has no text, so without a filter the search index is enough. With one, the plus keeps SQLite from searching anew
  // for each call that passes the filter.
  const passing = filtered
    ? `AND +rowid IN (SELECT rowid FROM quickies INDEXED BY ${indexFor(filter)} WHERE ${sql})`
    : '';
  return db
    .prepare<unknown[], WholeRow>(
      `SELECT ${WHOLE_COLUMNS} FROM quickies WHERE rowid IN
         (SELECT rowid FROM call_search WHERE call_search MATCH ? ${passing} ORDER BY rowid DESC LIMIT ?) ORDER BY rowid DESC`,
    )
    .all(matchExpression(terms), ...(filtered ? values : []), limit + 1);
}

function pageOf<Row, T>(rows: readonly Row[], limit: number, read: (row: Row) => T): Page<T> {
  return { calls: rows.slice(0, limit).map(read), more: rows.length > limit };
}

function findCall(db: Db, prefix: string): Found {
  const ids = db
    .prepare<[string, string, number], { id: string }>(
      'SELECT id FROM quickies WHERE id BETWEEN ? AND ? AND deleted_at IS NULL ORDER BY rowid DESC LIMIT ?',
    )
    .all(...prefixRange(prefix), MOST_CANDIDATES + 1)
    .map(({ id }) => id);
  const [first, second] = ids;
  if (first === undefined) return { kind: 'none' };
  if (second === undefined || first === prefix) return { kind: 'one', id: first };
  return { kind: 'several', ids: ids.slice(0, MOST_CANDIDATES), more: ids.length > MOST_CANDIDATES };
}

function figuresOf(db: Db, filter: CallFilter, redactor: Redactor): Figure[] {
  const { sql, values } = conditionOf(filter, 'with');
  return db
    .prepare<unknown[], Figure>(
      `SELECT template_name AS template, prompt_hash AS hash, coalesce(resolved_model, model) AS model, task_id AS task, run_id AS run,
         created_at, status, cost_usd, total_ms, deleted_at IS NOT NULL AS deleted FROM quickies WHERE ${sql} ORDER BY rowid`,
    )
    .all(...values)
    .map((row) => redactor.value(row));
}

/** Another program may have written the metadata. */
function taskCallsOf(db: Db, redactor: Redactor): TaskCall[] {
  return db
    .prepare<[], TaskCall>(
      `SELECT template_name AS template, coalesce(resolved_model, model) AS model, task_id AS task, review, cost_usd, status,
         CASE WHEN json_valid(metadata) THEN json_extract(metadata, '$.attempt') END AS attempt
       FROM quickies WHERE source = 'task' AND task_id IS NOT NULL ORDER BY rowid`,
    )
    .all()
    .map((row) => redactor.value(row));
}
