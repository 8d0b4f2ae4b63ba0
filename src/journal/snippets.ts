// Takes the beginnings of answers out of the journal (`llm_response` of a task's last_run) when their calls are forgotten. Knows what a
// change looks like only that far.

import type { Failure } from '../base/failure.ts';
import { ok, type Result } from '../base/result.ts';
import { attemptQuery, type Db, openDatabase } from '../database/open.ts';
import { exists } from '../system/files.ts';
import { optionsIn } from './journal.ts';

/** A call that a task made. */
export type CallOfTask = { readonly id: string; readonly taskId: string; readonly runId: string | null };

type Plain = { readonly [key: string]: unknown };
/** Task → the texts that go. */
type Texts = ReadonlyMap<string, ReadonlySet<unknown>>;

/** What is not in the files yet stays: it is to be written. Gives the number of entries that held one. */
export function forgetSnippets(root: string, calls: readonly CallOfTask[]): Result<number, Failure> {
  const options = optionsIn(root);
  if (calls.length === 0 || !exists(options.file)) return ok(0);
  const opened = openDatabase(options);
  if (!opened.ok) return opened;
  const db = opened.value;
  const done = attemptQuery(options.file, () => {
    // The bytes are overwritten, not only given free; what was moved before is only gone when the file is rewritten.
    db.pragma('secure_delete = ON');
    const changed = db.transaction(() => forgetIn(db, calls)).immediate();
    if (changed > 0) {
      db.exec('VACUUM');
      // Out of the log, too, and out of the file that others still hold open.
      db.pragma('wal_checkpoint(TRUNCATE)');
    }
    return changed;
  });
  db.close();
  return done;
}

type Row = { seq: number; run_id: string; changes: string; former: string; lines: string };

function forgetIn(db: Db, calls: readonly CallOfTask[]): number {
  const rows = db
    .prepare<[], Row>(
      "SELECT seq, run_id, changes, former, lines FROM journal WHERE state NOT IN ('pending', 'waiting') AND changes || former LIKE '%llm_response%'",
    )
    .all();
  const texts = textsOf(rows, calls);
  const update = db.prepare<[string, string, number]>('UPDATE journal SET changes = ?, former = ? WHERE seq = ?');
  let changed = 0;
  for (const { seq, changes, former } of rows) {
    const [less, lessFormer] = [without(changes, texts, 'as null'), without(former, texts, 'gone')];
    if (less === changes && lessFormer === former) continue;
    update.run(less, lessFormer, seq);
    changed += 1;
  }
  return changed;
}

/** An entry belongs to a call whose id its lines name, or that the same run made for the same task. */
function textsOf(rows: readonly Row[], calls: readonly CallOfTask[]): Texts {
  const ids = new Set(calls.map(({ id }) => id));
  const made = new Set(calls.map(({ taskId, runId }) => JSON.stringify([runId, taskId])));
  const texts = new Map<string, Set<unknown>>();
  for (const row of rows) {
    const named = listOf(row.lines).some(({ details }) => ids.has(String((details as Plain | undefined)?.call_id)));
    for (const { taskId, lastRun } of listOf(row.changes)) {
      const text = (lastRun as Plain | undefined)?.llm_response;
      if (typeof text !== 'string' || !(named || made.has(JSON.stringify([row.run_id, taskId])))) continue;
      texts.set(String(taskId), (texts.get(String(taskId)) ?? new Set()).add(text));
    }
  }
  return texts;
}

/** `as null`: whoever takes the entry back must see that something stood there. */
function without(json: string, texts: Texts, how: 'as null' | 'gone'): string {
  const list = listOf(json).map((item) => {
    const own = texts.get(String(item.taskId));
    return own === undefined ? item : strip(item, own, how);
  });
  const text = JSON.stringify(list);
  return text.length === json.length ? json : text;
}

function strip(value: unknown, texts: ReadonlySet<unknown>, how: 'as null' | 'gone'): unknown {
  if (Array.isArray(value)) return value.map((item) => strip(item, texts, how));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, item]): [string, unknown][] => {
      if (key === 'llm_response' && texts.has(item)) return how === 'gone' ? [] : [[key, null]];
      // What stood before would be written as it is here.
      return [[key, strip(item, texts, key === 'detail' ? 'gone' : how)]];
    }),
  );
}

function listOf(json: string): readonly Plain[] {
  const value: unknown = JSON.parse(json);
  return Array.isArray(value) ? (value as Plain[]) : [];
}
