// Whether somebody has touched the files that a run has read. Knows versions of files, not what they say.

import path from 'node:path';
import type { FileCache } from '../runbook/file-cache.ts';
import type { Runbook, Task } from '../runbook/task.ts';

/** So many detail files are looked at each time: in most projects that is all. A look takes 5 µs. */
const AT_LEAST = 32;
/** All detail files have been looked at after that, however many there are and however often somebody asks. */
const ROUND_MS = 1000;

export type Lookout = {
  /** The runbook, and those of the detail files whose turn it is. */
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
      const count = Math.min(tasks.length, Math.max(AT_LEAST, Math.ceil((tasks.length * (now - last)) / ROUND_MS)));
      last = now;
      const looked = Array.from({ length: count }, (_, step) => tasks[(next + step) % tasks.length]);
      next = (next + count) % Math.max(1, tasks.length);
      return looked.every((task) => task === undefined || isTaskUntouched(task));
    },
    isTaskUntouched,
  };
}
