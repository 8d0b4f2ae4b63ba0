// Whether somebody has touched the files that a run has read. Knows versions of files, not what they say.

import path from 'node:path';
import type { FileCache } from '../runbook/file-cache.ts';
import type { Runbook, Task } from '../runbook/task.ts';

/** How many detail files are looked at in one go; a look at a file takes 5 µs. */
const AT_ONCE = 256;
/** All of them have been looked at after that, however many there are and however seldom somebody asks. */
const ROUND_MS = 2000;

export type Lookout = {
  /** The runbook, and some of the detail files, others each time. */
  readonly isUntouched: (runbook: Runbook) => boolean;
  readonly isTaskUntouched: (task: Task) => boolean;
};

export function createLookout(root: string, files: FileCache): Lookout {
  let next = 0;
  let last = performance.now();
  const isTaskUntouched = ({ detail }: Task) => detail === undefined || files.isUntouched(path.join(root, detail.file));
  return {
    isUntouched({ source, tasks }) {
      if (!files.isUntouched(path.join(root, source.file))) return false;
      const now = performance.now();
      const due = Math.ceil((tasks.length * (now - last)) / ROUND_MS);
      const count = Math.min(tasks.length, Math.max(AT_ONCE, due));
      last = now;
      const looked = Array.from({ length: count }, (_, step) => tasks[(next + step) % tasks.length]);
      next = (next + count) % Math.max(1, tasks.length);
      return looked.every((task) => task === undefined || isTaskUntouched(task));
    },
    isTaskUntouched,
  };
}
