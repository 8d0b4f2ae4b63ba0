// Writes the detail files of tasks that have ended while others are at work, before the runbook follows. Knows no journal.
//
// Nothing that is recorded later changes such a file, and what a kill leaves of it is judged by its name (system/leftovers.ts): so the run
// need not wait for it. What cannot be written here is tried again, and told, when all that is held is written.

import path from 'node:path';
import type { FileCache } from '../runbook/file-cache.ts';
import { type PlannedFile, planFiles, writeAllPlanned } from '../runbook/store.ts';
import { RUNBOOK_FILE } from '../system/paths.ts';
import { editsOf, type Overruled, type TaskChange } from './step.ts';

export type Ahead = {
  /** All that is held of one task, which has ended. */
  readonly push: (changes: readonly TaskChange[]) => void;
  /** Others are at work now. */
  readonly begin: () => void;
  readonly isWriting: (file: string) => boolean;
  /** Leaves the rest. Gives the tasks whose detail files hold all since the last time; nothing is being written then. */
  readonly stop: () => Promise<ReadonlySet<string>>;
};

/** More at once take longer than what a script leaves of time; fewer do not share the disk's commits. */
const AT_ONCE = 8;

type Ready = {
  readonly changes: readonly TaskChange[];
  readonly planned: readonly PlannedFile[];
  /** Grows while it is written. */
  readonly overruled: readonly Overruled[];
};

export function createAhead({ root, files }: { readonly root: string; readonly files: FileCache }): Ahead {
  let waiting: (readonly TaskChange[])[] = [];
  let written = new Set<string>();
  let writing: readonly string[] = [];
  let working: Promise<void> | undefined;
  /** What a person has touched is left to the writing of all, which waits until they have saved it, and tells what stands in the way. */
  const plan = async (changes: readonly TaskChange[]): Promise<Ready> => {
    const { files: edits, overruled } = editsOf(changes);
    const details = edits.filter(({ file }) => file !== RUNBOOK_FILE && files.isUntouched(path.join(root, file)));
    const planned = await planFiles(root, details, files);
    return { changes, overruled, planned: planned.ok && overruled.length === 0 ? planned.value : [] };
  };
  const write = async (all: readonly (readonly TaskChange[])[]) => {
    writing = all.flat().flatMap(({ detail }) => detail?.file ?? []);
    const ready = await Promise.all(all.map(plan));
    const done = await writeAllPlanned(
      root,
      ready.flatMap(({ planned }) => planned),
      files,
    );
    // A person's status may have come while it was written.
    for (const { changes, planned, overruled } of ready)
      if (done.ok && planned.length > 0 && overruled.length === 0)
        for (const { taskId } of changes) written.add(taskId);
    return done.ok;
  };
  const work = async () => {
    while (waiting.length > 0) if (!(await write(waiting.splice(0, AT_ONCE)))) waiting = [];
  };
  return {
    push: (changes) => void waiting.push(changes),
    begin() {
      if (working !== undefined || waiting.length === 0) return;
      // A defect comes up again when all is written.
      working = work()
        .catch(() => undefined)
        .finally(() => {
          writing = [];
          working = undefined;
        });
    },
    isWriting: (name) => writing.includes(name),
    async stop() {
      waiting = [];
      await working;
      const all = written;
      written = new Set();
      return all;
    },
  };
}
