// What `status` looks at, in a file that is read in a moment: of each receipt the marks, sizes and times. It only repeats what stands
// in the database, says of which state of it, and does not count for any other.

import path from 'node:path';
import { STATE_DB } from '../../journal/file.ts';
import type { Runbook, Task } from '../../runbook/task.ts';
import { exists, type FileStamp, readText } from '../../system/files.ts';
import { fileVersion } from '../../system/versions.ts';
import { labelOf } from '../expects.ts';
import { definitionMarks, markOf, valueMarks } from './definition.ts';

export const WATCH_FILE = path.join('.orchestrate', 'watch.json');

/** Marks of the definition; names of values and their marks; the checks; then file, size and time of each file. */
export type Watched = readonly [
  definition: string,
  names: readonly string[],
  values: string,
  held: string,
  files: readonly (readonly [file: string, size: number, changedMs: number])[],
];

export type Watch = {
  /** Names the state of the database that it tells of. */
  readonly state: string;
  readonly tasks: ReadonlyMap<string, Watched>;
  /** What a person set, or what was last written as something else: DONE in the files, it was set by hand. */
  readonly byHand: ReadonlySet<string>;
};

/** `state` names the state of the database. */
export type Stored = {
  readonly state: string;
  readonly tasks: readonly (readonly [string, Watched])[];
  readonly byHand: readonly string[];
};

/** Undefined where there is none, or one of another state of the database. */
export function readWatch(root: string): Watch | undefined {
  const text = readText(path.join(root, WATCH_FILE));
  if (!text.ok) return undefined;
  try {
    const { state, tasks, byHand } = JSON.parse(text.value) as Stored;
    if (state === undefined || state !== stateOf(root)) return undefined;
    return { state, tasks: new Map(tasks), byHand: new Set(byHand) };
  } catch {
    // Cut off by a crash.
    return undefined;
  }
}

/** The version of its file, when whoever wrote last has closed it: what stands in the log beside it is not in the file yet. */
export function stateOf(root: string): string | undefined {
  const file = path.join(root, STATE_DB);
  return exists(`${file}-wal`) ? undefined : fileVersion(file)?.version;
}

/** What is no file has no size. */
export const NO_SIZE = { folder: -1, none: -2 } as const;

export function joined(marks: Readonly<Record<string, string>>): string {
  return Object.entries(marks).flat().join(' ');
}

/** One mark for those of all checks. */
export function joinedHeld(marks: readonly string[]): string {
  return [...marks].sort().join(' ');
}

/** Whether nothing that the YAML files say of it is different; where something is, that need not mean anything. */
export function isSameDefinition([definition, names, values, held]: Watched, task: Task, runbook: Runbook): boolean {
  return (
    definition === joined(definitionMarks(task)) &&
    (names.length === 0 || values === joined(valueMarks(runbook, task, names))) &&
    held === joinedHeld(task.expects.map((check) => markOf(labelOf(check))))
  );
}

/** The same of its other files. */
export function hasSameFiles([, , , , files]: Watched, look: (file: string) => FileStamp): boolean {
  return files.every(([file, size, changedMs]) => {
    const now = look(file);
    return now.is === 'file' ? now.size === size && now.changedMs === changedMs : NO_SIZE[now.is] === size;
  });
}

/**
 * Which tasks are defined otherwise than their receipts say, in this state of the database: kept with the index (runbook/file-index.ts),
 * since making a mark of each takes longer than all else that a glance does.
 */
export type Note = { readonly state: string; readonly changed: readonly string[] };

export function noteOn({ state, tasks }: Watch, runbook: Runbook): Note {
  const changed = runbook.tasks.filter((task) => {
    const watched = tasks.get(task.id);
    return watched !== undefined && !isSameDefinition(watched, task, runbook);
  });
  return { state, changed: changed.map(({ id }) => id) };
}
