// The files of a runbook in a folder of their own, with other states: what a run with --fresh writes to, so that the project's files
// stay as they are. Copies and edits; runs nothing.

import path from 'node:path';
import type { Failure } from '../base/failure.ts';
import { ok, type Result } from '../base/result.ts';
import type { PlainValue, YamlEdit } from '../runbook/patch.ts';
import { entryOf, type FileEdit, planFiles, writePlanned } from '../runbook/store.ts';
import type { Runbook, Task } from '../runbook/task.ts';
import { newId, timestamp } from '../system/clock.ts';
import { createFile, fileInfo, listFolder, readText, removeFolder } from '../system/files.ts';
import { RUNBOOK_FILE } from '../system/paths.ts';
import type { States, TaskState } from './state-file.ts';

/** Relative to the project. Each run has a folder of its own here, so that several can go on at once. */
const FOLDER = path.join('.orchestrate', 'fresh');

/** As long as somebody may want to look into a run; one that is still at work is younger. */
const KEPT_MS = 7 * 24 * 3_600_000;

/** In a copy: for which file its states are meant, while they do not stand there yet. */
const OWED = 'owed.json';

type Owed = {
  /** Absolute. */
  readonly file: string;
  /** When it was last written, before the run; null where there was none. */
  readonly writtenMs: number | null;
};

/** Of copies whose run has not handed over its states, the newest first; whether it is still at work is not known here. */
export async function owing(root: string, file: string): Promise<string[]> {
  const folders = (await listFolder(path.join(root, FOLDER))).sort().toReversed();
  const now: Owed = { file, writtenMs: fileInfo(file)?.writtenMs ?? null };
  return folders
    .map((name) => path.join(root, FOLDER, name))
    .filter((folder) => {
      const owed = readText(path.join(folder, OWED));
      return owed.ok && owed.value === JSON.stringify(now);
    });
}

/** From now on this copy owes the file its states, and no earlier one does. */
export async function owe(root: string, folder: string, file: string): Promise<Result<undefined, Failure>> {
  const earlier = await owing(root, file);
  const owed: Owed = { file, writtenMs: fileInfo(file)?.writtenMs ?? null };
  const created = await createFile(path.join(folder, OWED), JSON.stringify(owed));
  if (!created.ok) return created;
  for (const each of earlier) await settle(each);
  return ok(undefined);
}

/** The file has its states. */
export function settle(folder: string): Promise<void> {
  return removeFolder(path.join(folder, OWED));
}

/** Gives the folder. The runbook must have no errors that block it; a detail file that has some is copied as it is. */
export async function makeOverlay(root: string, runbook: Runbook, states: States): Promise<Result<string, Failure>> {
  await removeOld(path.join(root, FOLDER));
  const name = `${timestamp().replace(/[:.]/g, '-')}-${newId().slice(0, 8)}`;
  const folder = path.join(root, FOLDER, name);
  const sources = [runbook.source, ...runbook.tasks.flatMap(({ detail }) => detail?.source ?? [])];
  for (const { file, text } of new Map(sources.map((source) => [path.normalize(source.file), source])).values()) {
    const created = await createFile(path.join(folder, file), text);
    if (!created.ok) return created;
  }
  const planned = await planFiles(folder, editsFor(runbook, states));
  if (!planned.ok) return planned;
  for (const file of planned.value) {
    const written = await writePlanned(folder, file);
    if (!written.ok) return written;
  }
  return ok(folder);
}

async function removeOld(folder: string): Promise<void> {
  const oldest = new Date(Date.now() - KEPT_MS).toISOString().replace(/[:.]/g, '-');
  for (const name of await listFolder(folder)) if (name < oldest) await removeFolder(path.join(folder, name));
}

function editsFor(runbook: Runbook, states: States): FileEdit[] {
  const details = runbook.tasks.flatMap((task): FileEdit[] =>
    task.detail?.writable
      ? [{ file: task.detail.file, edits: (data) => ok(detailEdits(data, states.get(task.id))) }]
      : [],
  );
  return [...details, { file: RUNBOOK_FILE, edits: (data) => ok(entryEdits(data, runbook.tasks, states)) }];
}

function entryEdits(data: unknown, tasks: readonly Task[], states: States): YamlEdit[] {
  return tasks.flatMap(({ id }): YamlEdit[] => {
    const found = entryOf(data, id);
    return found ? valueEdits(found.entry, ['tasks', found.index], { status: states.get(id)?.status }) : [];
  });
}

function detailEdits(data: unknown, state: TaskState | undefined): YamlEdit[] {
  const { status, last_run, issues } = state ?? {};
  return valueEdits((data ?? {}) as Record<string, unknown>, [], { status, last_run, issues });
}

/** A key that is to have no value is taken away where it is. */
function valueEdits(
  present: Readonly<Record<string, unknown>>,
  at: readonly (string | number)[],
  wanted: Readonly<Record<string, unknown>>,
): YamlEdit[] {
  return Object.entries(wanted).flatMap(([key, value]): YamlEdit[] => {
    if (value !== undefined && value !== null) return [{ kind: 'set', path: [...at, key], value: value as PlainValue }];
    return key in present ? [{ kind: 'remove', path: [...at, key] }] : [];
  });
}
