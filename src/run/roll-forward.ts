// Carries out what stands in the journal and not yet in the files: after a crash, and what waited for files that could not be read.
// Knows entries and files, not why a transition happened.

import path from 'node:path';
import type { Failure } from '../base/failure.ts';
import { ok, type Result } from '../base/result.ts';
import type { EventLog } from '../events/log.ts';
import type { Entry, Journal } from '../journal/journal.ts';
import { planFiles, writePlanned } from '../runbook/store.ts';
import type { Runbook } from '../runbook/task.ts';
import { exists } from '../system/files.ts';
import { editsOf, type Overruled, type TaskChange } from './step.ts';

export type RollParts = { readonly root: string; readonly log: EventLog; readonly journal: Journal };

export type RolledForward = {
  /** Tasks whose files still cannot take what waits for them. */
  readonly waiting: readonly string[];
  readonly overruled: readonly Overruled[];
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
  if (entries.length === 0) return ok({ overruled: [], written: [], waiting: [] });
  const { open, waiting } = await takeable(root, runbook, entries.filter(isOpen));
  const { files, overruled } = editsOf(open.flatMap((entry) => presentChanges(root, runbook, entry)));
  const planned = await planFiles(root, files);
  if (!planned.ok) return planned;
  const lost = new Set(overruled.map(({ taskId }) => taskId));
  const isOverruled = (entry: Entry) => changesOf(entry).some(({ taskId }) => lost.has(taskId));
  const ready = entries.filter((entry) => !waiting.includes(entry));
  const lines = ready.filter((entry) => !(entry.state === 'waiting' && isOverruled(entry)));
  for (const file of planned.value) {
    const written = await writePlanned(root, file);
    if (!written.ok) return written;
  }
  for (const entry of lines) {
    const completed = log.complete(entry.lines, entry.logSize);
    if (!completed.ok) return completed;
  }
  const synced = log.sync();
  if (!synced.ok) return synced;
  const isLost = (entry: Entry) => open.includes(entry) && isOverruled(entry);
  for (const [state, of] of [
    ['overruled', ready.filter(isLost)],
    ['settled', ready.filter((entry) => !isLost(entry))],
  ] as const) {
    const marked = journal.mark(
      of.map(({ seq }) => seq),
      state,
    );
    if (!marked.ok) return marked;
  }
  return ok({
    overruled: overruled.filter(({ taskId }, at) => overruled.findIndex((one) => one.taskId === taskId) === at),
    written: open.filter((entry) => !isOverruled(entry)).flatMap(changesOf),
    waiting: [...new Set(waiting.flatMap(changesOf).map(({ taskId }) => taskId))],
  });
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

/** A file that does not parse holds back only what it is to take. */
async function takeable(
  root: string,
  runbook: Runbook,
  open: readonly Entry[],
): Promise<{ open: Entry[]; waiting: Entry[] }> {
  const result: { open: Entry[]; waiting: Entry[] } = { open: [], waiting: [] };
  for (const entry of open) {
    const planned = await planFiles(root, editsOf(presentChanges(root, runbook, entry)).files);
    (planned.ok ? result.open : result.waiting).push(entry);
  }
  return result;
}

/** Something of it may be missing in the files. */
export function isOpen({ state }: Entry): boolean {
  return state !== 'written';
}

/** What `perform` made of them. */
export function changesOf(entry: Entry): readonly TaskChange[] {
  return entry.changes as readonly TaskChange[];
}
