// Carries out what stands in the journal and not yet in the files: after a crash, and what waited for files that could not be read.
// Knows entries and files, not why a transition happened.

import path from 'node:path';
import type { Failure } from '../base/failure.ts';
import { ok, type Result } from '../base/result.ts';
import type { EventLog } from '../events/log.ts';
import type { Entry, Journal } from '../journal/journal.ts';
import type { FileCache } from '../runbook/file-cache.ts';
import { planFiles, writeAllPlanned } from '../runbook/store.ts';
import type { Runbook } from '../runbook/task.ts';
import { exists } from '../system/files.ts';
import { editsOf, type Overruled, type TaskChange } from './step.ts';

export type RollParts = {
  readonly root: string;
  readonly log: EventLog;
  readonly journal: Journal;
  readonly files: FileCache;
};

/** What did not get into the files. */
export type NotTaken = {
  /** Tasks whose files still cannot take what waits for them. */
  readonly waiting: readonly string[];
  readonly overruled: readonly Overruled[];
};

export type RolledForward = NotTaken & {
  /** What the files were given now. */
  readonly written: readonly TaskChange[];
};

/**
 * What a crash cut off, and what waited for files that could not be read: carried out where the files still stand where it began.
 * Where a person was there in between, their value stays, and it is said.
 */
export async function rollForward(parts: RollParts, runbook: Runbook): Promise<Result<RolledForward, Failure>> {
  const { root, log, journal } = parts;
  const unsettled = journal.unsettled();
  if (!unsettled.ok) return unsettled;
  const entries = unsettled.value;
  if (entries.length === 0) return ok(NOTHING);
  const followed = await follow(parts, entries.filter(isOpen), (entry) => presentChanges(root, runbook, entry));
  if (!followed.ok) return followed;
  const { lost, waiting } = followed.value;
  const ready = entries.filter((entry) => !waiting.includes(entry));
  for (const entry of ready) {
    const completed = log.complete(entry.lines, entry.logSize);
    if (!completed.ok) return completed;
  }
  const synced = log.sync();
  if (!synced.ok) return synced;
  const settled = journal.mark(seqsOf(ready.filter((entry) => !lost.includes(entry))), 'settled');
  const marked = settled.ok ? journal.mark(seqsOf(lost), 'overruled') : settled;
  return marked.ok ? ok(followed.value.news) : marked;
}

/** `done`: which entries have got into the files. */
export type WrittenOut = { readonly news: RolledForward; readonly done: readonly number[] };

/**
 * The files follow entries that this process has just recorded; their lines stand in the log. `written`: tasks whose detail files hold
 * all of it already. What a person has put there since is an edit of what was written.
 */
export async function writeOut(
  parts: RollParts,
  entries: readonly Entry[],
  written: ReadonlySet<string>,
): Promise<Result<WrittenOut, Failure>> {
  const { journal } = parts;
  const followed = await follow(parts, entries, (entry) => changesOf(entry).map((one) => withoutWritten(one, written)));
  if (!followed.ok) return followed;
  const { lost, waiting, news } = followed.value;
  // Entries that cannot be marked are looked at once more by the next command, which finds all in its place.
  journal.mark(seqsOf(lost), 'overruled');
  const done = seqsOf(entries.filter((entry) => !lost.includes(entry) && !waiting.includes(entry)));
  return ok({ news, done: journal.mark(done, 'written').ok ? done : [] });
}

function withoutWritten(change: TaskChange, written: ReadonlySet<string>): TaskChange {
  if (!written.has(change.taskId)) return change;
  const { detail: _, ...rest } = change;
  return rest;
}

const NOTHING: RolledForward = { overruled: [], written: [], waiting: [] };

type Followed = {
  /** Their task was changed by a person meanwhile. */
  readonly lost: readonly Entry[];
  /** Their files cannot be read. */
  readonly waiting: readonly Entry[];
  readonly news: RolledForward;
};

/**
 * Gives the files what the entries say, all of them in one writing. Where a person has set another status in one of a task's files, the
 * other gets what happened: so the next look finds their edit, and the log says both.
 */
async function follow(
  { root, files }: RollParts,
  entries: readonly Entry[],
  changes: (entry: Entry) => readonly TaskChange[],
): Promise<Result<Followed, Failure>> {
  let open = entries;
  let edits = editsOf(open.flatMap(changes));
  let planned = await planFiles(root, edits.files, files);
  if (!planned.ok) {
    // One of them holds back only what it is to take.
    open = await takeable(root, entries, changes);
    edits = editsOf(open.flatMap(changes));
    planned = await planFiles(root, edits.files, files);
  }
  if (!planned.ok) return planned;
  const { overruled, former } = edits;
  const written = await writeAllPlanned(root, planned.value, files);
  if (!written.ok) return written;
  // Also what came while it was written.
  const lostTasks = new Set(overruled.map(({ taskId }) => taskId));
  const lost = open.filter((entry) => changesOf(entry).some(({ taskId }) => lostTasks.has(taskId)));
  const waiting = entries.filter((entry) => !open.includes(entry));
  const stood = new Map(former.flatMap(({ taskId, entry }) => (entry ? [[taskId, entry['status']] as const] : [])));
  return ok({
    lost,
    waiting,
    news: {
      overruled: overruled.filter(({ taskId }, at) => overruled.findIndex((one) => one.taskId === taskId) === at),
      written: open
        .filter((entry) => !lost.includes(entry))
        .flatMap(changesOf)
        .filter(({ taskId, to }) => stood.get(taskId) !== to),
      waiting: [...tasksOf(waiting)],
    },
  });
}

function seqsOf(entries: readonly Entry[]): number[] {
  return entries.map(({ seq }) => seq);
}

/** A detail file that is gone was renamed, and its task names the new one; or there is nothing left to write. */
function presentChanges(root: string, runbook: Runbook, entry: Entry): TaskChange[] {
  return changesOf(entry).map((change) => {
    const { detail, ...rest } = change;
    if (detail === undefined || exists(path.join(root, detail.file))) return change;
    const now = runbook.tasks.find(({ id }) => id === change.taskId)?.detail;
    return now?.writable ? { ...rest, detail: { ...detail, file: now.file } } : rest;
  });
}

/** Those whose files can be read and changed. */
async function takeable(
  root: string,
  entries: readonly Entry[],
  changes: (entry: Entry) => readonly TaskChange[],
): Promise<Entry[]> {
  const result: Entry[] = [];
  for (const entry of entries) if ((await planFiles(root, editsOf(changes(entry)).files)).ok) result.push(entry);
  return result;
}

/** Something of it may be missing in the files. */
function isOpen({ state }: Entry): boolean {
  return state !== 'written';
}

/** The tasks that they change. */
export function tasksOf(entries: readonly Entry[]): Set<string> {
  return new Set(entries.flatMap(changesOf).map(({ taskId }) => taskId));
}

/** What `perform` made of them. */
export function changesOf(entry: Entry): readonly TaskChange[] {
  return entry.changes as readonly TaskChange[];
}
