// Whether somebody has touched the files that a run has read. Knows versions of files, not what they say.

import path from 'node:path';
import type { FileCache } from '../runbook/file-cache.ts';
import type { Runbook, Task } from '../runbook/task.ts';

/** So few detail files are all looked at each time: most projects have no more. A look takes 5 µs. */
const FEW = 32;
/** All detail files have been looked at after that, however often somebody asks; of more than 4,000 so many that it costs 2 % of the time. */
const ROUND_MS = 1000;
const EACH_MS = 0.25;

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
      const turn = Math.ceil((tasks.length * (now - last)) / Math.max(ROUND_MS, tasks.length * EACH_MS));
      const count = tasks.length <= FEW ? tasks.length : Math.min(tasks.length, turn);
      last = now;
      const looked = Array.from({ length: count }, (_, step) => tasks[(next + step) % tasks.length]);
      next = (next + count) % Math.max(1, tasks.length);
      return looked.every((task) => task === undefined || isTaskUntouched(task));
    },
    isTaskUntouched,
  };
}
