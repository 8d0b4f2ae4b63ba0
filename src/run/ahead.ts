// Writes the detail files of tasks that have ended while others are at work, before the runbook follows. Knows no journal.
//
// Nothing that is recorded later changes such a file: so the run need not wait for it, and a kill in the middle is judged by the journal
// as ever (our-writes.ts). What cannot be written here is tried again, and told, when all that is held is written.

import type { FileCache } from '../runbook/file-cache.ts';
import { planFiles, writeAllPlanned } from '../runbook/store.ts';
import { RUNBOOK_FILE } from '../system/paths.ts';
import { editsOf, type TaskChange } from './step.ts';

export type Ahead = {
  /** All that is held of one task, which has ended. */
  readonly push: (changes: readonly TaskChange[]) => void;
  /** Others are at work now. */
  readonly begin: () => void;
  readonly isWriting: (file: string) => boolean;
  /** Leaves the rest. Gives the tasks whose detail files hold all since the last time; nothing is being written then. */
  readonly stop: () => Promise<ReadonlySet<string>>;
};

export function createAhead({ root, files }: { readonly root: string; readonly files: FileCache }): Ahead {
  let waiting: (readonly TaskChange[])[] = [];
  let written = new Set<string>();
  let file: string | undefined;
  let working: Promise<void> | undefined;
  const write = async (changes: readonly TaskChange[]) => {
    const { files: edits, overruled } = editsOf(changes);
    const details = edits.filter((edit) => edit.file !== RUNBOOK_FILE);
    file = details[0]?.file;
    const planned = await planFiles(root, details, files);
    const done = planned.ok ? await writeAllPlanned(root, planned.value, files) : planned;
    // Where a person's value stands in the way, that is found again, and told.
    if (done.ok && overruled.length === 0) for (const { taskId } of changes) written.add(taskId);
    return done.ok;
  };
  const work = async () => {
    for (let changes = waiting.shift(); changes !== undefined; changes = waiting.shift())
      if (!(await write(changes))) waiting = [];
  };
  return {
    push: (changes) => void waiting.push(changes),
    begin() {
      if (working !== undefined || waiting.length === 0) return;
      // A defect comes up again when all is written.
      working = work()
        .catch(() => undefined)
        .finally(() => {
          file = undefined;
          working = undefined;
        });
    },
    isWriting: (name) => name === file,
    async stop() {
      waiting = [];
      await working;
      const all = written;
      written = new Set();
      return all;
    },
  };
}
