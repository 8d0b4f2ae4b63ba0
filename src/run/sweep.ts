// Temporary files that a killed write has left beside the YAML files and artifacts. Removes what is ours; keeps beside the file what
// somebody else wrote in the very moment of the write.

import path from 'node:path';
import type { Task } from '../runbook/task.ts';
import { removeNow } from '../system/files.ts';
import { isForeign, type Leftover, leftoversIn } from '../system/leftovers.ts';
import { confine, RUNBOOK_FILE, realPath } from '../system/paths.ts';
import { moveBeside } from '../system/replace.ts';
import { FORMER_FOLDER } from './former.ts';

/** To be called under the project's lock. Gives what was kept, as absolute names. */
export async function sweepLeftovers(root: string, tasks: readonly Task[]): Promise<readonly string[]> {
  const kept: string[] = [];
  for (const leftover of await leftoversOf(root, tasks)) {
    const foreign = isForeign(leftover);
    // What the disk does not give or take now, the next start looks at.
    if (!foreign.ok) continue;
    if (!foreign.value) removeNow(leftover.file);
    else {
      const moved = moveBeside(leftover.file, leftover.target);
      if (moved.ok) kept.push(moved.value);
    }
  }
  return kept;
}

async function leftoversOf(root: string, tasks: readonly Task[]): Promise<Leftover[]> {
  const inside = confine(root);
  const files = [RUNBOOK_FILE, ...tasks.flatMap(({ detail, outputArtifact }) => [detail?.file, outputArtifact])];
  const known = new Set(files.flatMap((file) => (file === undefined ? [] : (inside(file) ?? []))));
  // The runbook may be a link that leads out of the project; it is written beside its target.
  const runbook = realPath(path.join(root, RUNBOOK_FILE));
  if (runbook) known.add(runbook);
  const folders = new Set([...known].map((file) => path.dirname(file)));
  const own = path.join(root, FORMER_FOLDER);
  const found = await Promise.all([own, ...folders].map((folder) => leftoversIn(folder, known)));
  return found.flat().filter(({ target }) => known.has(target) || path.dirname(target) === own);
}
