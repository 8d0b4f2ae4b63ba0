// Takes the texts of calls out of the history: in small steps, so that others get in between and Ctrl-C ends it, and in the end out of
// every byte of the file. Knows nothing of why.
//
// Whatever instant it is killed at, the search index fits the rows. How far the file itself has got stands in its user_version, which
// nothing else uses: what was left undone is done by the next one who forgets.

import type { Failure } from '../base/failure.ts';
import { ok, type Result } from '../base/result.ts';
import { attemptQuery, type Db, isBusy } from '../database/open.ts';
import { pause } from '../system/clock.ts';
import { forgetMessages } from './conversation-content.ts';

export type Forgotten = { readonly id: string; readonly taskId: string | null; readonly runId: string | null };

/** `rest`: how many of those that were asked for were not looked at, because of the signal or of the failure. */
export type Forgetting = {
  readonly gone: readonly Forgotten[];
  readonly rest: number;
  readonly failure?: Failure | undefined;
};

/** `shared`: another process has the file open, so bytes of the texts may be left in it. `interrupted`: the same, by the signal. */
export type Scrubbed = 'done' | 'shared' | 'interrupted';

export type ForgetParts = {
  readonly db: Db;
  readonly file: string;
  readonly signal: AbortSignal;
  readonly onProgress: (done: number) => void;
};

const CLEAN = 0;
/** The file holds bytes of what went. */
const UNSCRUBBED = 1;
/** And its search index does. */
const UNMERGED = 2;

/** Up to here each word is taken out of the index at once: 7 ms a call. Beyond, it is marked as gone, and the index is merged at the end. */
const FEW = 100;
/** A step is as long as this, or as many calls. */
const STEP_MS = 100;
const STEP_CALLS = 500;
/** Whoever waits for the file looks for it every 100 ms at the latest, for 5 s. */
const PAUSE_MS = 25;
const MERGED_PAGES = 200;

/** What names the model and the server stays, so that the cost can be computed anew; so does what stands in no text. */
const FORGET = `UPDATE quickies SET deleted_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now'), prompt_text = '', output = NULL, error = NULL,
    input_params = '{}', request_hash = NULL, review = NULL, request = NULL, attempt_log = NULL, answer_rules = NULL,
    metadata = CASE WHEN json_valid(metadata) THEN json_object('provider', json_extract(metadata, '$.provider')) END
  WHERE id = ? AND deleted_at IS NULL AND status IN ('complete', 'error') RETURNING id, task_id AS taskId, run_id AS runId`;

const FORGET_TEMPLATES =
  'DELETE FROM prompt_sources WHERE prompt_hash NOT IN (SELECT prompt_hash FROM quickies WHERE deleted_at IS NULL)';

/** Calls that are open stay whole. */
export async function forget(parts: ForgetParts, ids: readonly string[]): Promise<Forgetting> {
  const { db, file, signal } = parts;
  const gone: Forgotten[] = [];
  let at = 0;
  let failure: Failure | undefined;
  const attempt = <T>(work: () => T): T | undefined => {
    const done = attemptQuery(file, work);
    if (!done.ok) failure ??= done.error;
    return done.ok ? done.value : undefined;
  };
  const step = attempt(() => prepareStep(db, ids.length > FEW));
  while (at < ids.length && !signal.aborted) {
    const done = step && attempt(() => step(ids, at));
    if (done === undefined) break;
    at = done.next;
    gone.push(...done.gone);
    parts.onProgress(at);
    await pause(PAUSE_MS, signal);
  }
  if (gone.length > 0) attempt(() => endSteps(db));
  return { gone, rest: ids.length - at, failure };
}

function endSteps(db: Db): void {
  db.pragma('synchronous = FULL');
  db.exec(FORGET_TEMPLATES);
  db.pragma('wal_checkpoint(PASSIVE)');
}

type Step = (ids: readonly string[], from: number) => { readonly gone: Forgotten[]; readonly next: number };

/** As many as fit into a moment, in one transaction. */
function prepareStep(db: Db, many: boolean): Step {
  // The bytes are overwritten, not only given free.
  db.pragma('secure_delete = ON');
  // What a power cut brings back is not told as gone yet: all is synced at the end.
  db.pragma('synchronous = NORMAL');
  // The same pages of the index are written again and again: 32 MB of them go into the file at one go.
  db.pragma('wal_autocheckpoint = 8000');
  const update = db.prepare<[string], Forgotten>(FORGET);
  const step = db.transaction((ids: readonly string[], from: number) => {
    const until = performance.now() + STEP_MS;
    const gone: Forgotten[] = [];
    let next = from;
    raiseState(db, many ? UNMERGED : UNSCRUBBED);
    if (many) atOnceFromIndex(db, 0);
    do {
      const row = update.get(ids[next] ?? '');
      if (row) gone.push(row);
      next += 1;
    } while (next < Math.min(ids.length, from + STEP_CALLS) && performance.now() < until);
    if (many) atOnceFromIndex(db, 1);
    forgetMessages(
      db,
      gone.map(({ id }) => id),
    );
    return { gone, next };
  });
  return (ids, from) => step.immediate(ids, from);
}

/** Seen by this transaction alone: whoever deletes otherwise still takes each word out of the index. */
function atOnceFromIndex(db: Db, on: 0 | 1): void {
  db.exec(`INSERT INTO call_search (call_search, rank) VALUES ('secure-delete', ${on})`);
}

function stateOf(db: Db): number {
  return Number(db.pragma('user_version', { simple: true }));
}

function raiseState(db: Db, to: number): void {
  if (stateOf(db) < to) db.pragma(`user_version = ${to}`);
}

export function isClean(db: Db): boolean {
  return stateOf(db) === CLEAN;
}

/**
 * Takes what is left of forgotten texts, and of whatever else was removed, out of the file, which is rewritten for it. Overwriting on deletion is not enough: where a page
 * was split once, or a row moved, an older copy stands in the unused part of a page. Row numbers, by which the search index knows the
 * calls, stay: no row was ever removed.
 */
export async function scrub({ db, file, signal }: ForgetParts): Promise<Result<Scrubbed, Failure>> {
  const state = attemptQuery(file, () => {
    raiseState(db, UNSCRUBBED);
    return stateOf(db);
  });
  if (!state.ok) return state;
  for (let first = true, more = state.value === UNMERGED; more; first = false) {
    if (signal.aborted) return ok('interrupted');
    const merged = attemptQuery(file, () => mergeOn(db, first));
    if (!merged.ok) return merged;
    more = merged.value;
    if (more) await pause(PAUSE_MS, signal);
  }
  if (signal.aborted) return ok('interrupted');
  return attemptQuery(file, () => (isAlone(db) ? rewrite(db) : 'shared'));
}

/** False when nothing is left to merge. A negative number begins with all of the index, as FTS5's own "optimize" does at one go. */
function mergeOn(db: Db, first: boolean): boolean {
  const changes = db.prepare<[], { n: number }>('SELECT total_changes() AS n');
  const before = changes.get()?.n ?? 0;
  db.exec(`INSERT INTO call_search (call_search, rank) VALUES ('merge', ${first ? -MERGED_PAGES : MERGED_PAGES})`);
  const more = first || (changes.get()?.n ?? 0) - before >= 2;
  if (!more) db.pragma(`user_version = ${UNSCRUBBED}`);
  return more;
}

/** Only the one who has the file alone can leave the mode with a log. To be told no is not worth a wait. */
function isAlone(db: Db): boolean {
  db.pragma('busy_timeout = 0');
  try {
    return db.pragma('journal_mode = delete', { simple: true }) === 'delete';
  } catch (error) {
    if (isBusy(error)) return false;
    throw error;
  } finally {
    db.pragma('busy_timeout = 5000');
    db.pragma('journal_mode = wal');
  }
}

function rewrite(db: Db): Scrubbed {
  db.exec('VACUUM');
  db.pragma(`user_version = ${CLEAN}`);
  // The log still holds what was overwritten. A reader that came in between may keep it from being emptied; the last one to close does it.
  db.pragma('wal_checkpoint(TRUNCATE)');
  return 'done';
}
