// Somebody's touch of the files of a run is noticed.
import { appendFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { createLookout } from '../../../src/run/lookout.ts';
import { createFileCache } from '../../../src/runbook/file-cache.ts';
import { loadRunbook } from '../../../src/runbook/store.ts';
import type { Runbook } from '../../../src/runbook/task.ts';
import { makeFolder } from '../temporary.ts';

const AGED_MS = 80;
/** More than are looked at in one go. */
const COUNT = 600;

async function project() {
  const root = makeFolder();
  mkdirSync(path.join(root, 'tasks'));
  const ids = Array.from({ length: COUNT }, (_, index) => `t${index}`);
  for (const id of ids) writeFileSync(path.join(root, `tasks/${id}.yaml`), `id: ${id}\ntype: MANUAL\n`);
  const entry = (id: string) => `  - {id: ${id}, name: ${id}, type: MANUAL, task_detail_file: tasks/${id}.yaml}\n`;
  writeFileSync(path.join(root, 'runbook.yaml'), `tasks:\n${ids.map(entry).join('')}`);
  await sleep(AGED_MS);
  const files = createFileCache();
  const runbook = await loadRunbook(root, files);
  if (!runbook.ok) throw new Error('the runbook cannot be read');
  return { root, files, runbook: runbook.value, lookout: createLookout(root, files) };
}

/** How many looks it takes to notice, at most three. */
function looksUntilSeen(lookout: ReturnType<typeof createLookout>, runbook: Runbook): number | undefined {
  return [1, 2, 3].find(() => !lookout.isUntouched(runbook));
}

test('nothing is noticed where nobody was, also after a write of our own', async () => {
  const { root, files, runbook, lookout } = await project();
  expect(looksUntilSeen(lookout, runbook)).toBeUndefined();
  writeFileSync(path.join(root, 'tasks/t3.yaml'), 'id: t3\ntype: MANUAL\nstatus: DONE\n');
  files.wrote(path.join(root, 'tasks/t3.yaml'));
  expect(looksUntilSeen(lookout, runbook)).toBeUndefined();
});

test('a change of the runbook is noticed at once, one of any detail file after few looks', async () => {
  for (const file of ['runbook.yaml', 'tasks/t0.yaml', `tasks/t${COUNT - 1}.yaml`]) {
    const { root, runbook, lookout } = await project();
    appendFileSync(path.join(root, file), '# mine\n');
    const looks = looksUntilSeen(lookout, runbook);
    if (file === 'runbook.yaml') expect(looks).toBe(1);
    else expect(looks, file).toBeDefined();
  }
});

test("a task's own file is asked for by itself: changed, or gone", async () => {
  const { root, runbook, lookout } = await project();
  const [first, second, third] = runbook.tasks;
  appendFileSync(path.join(root, 'tasks/t0.yaml'), '# mine\n');
  rmSync(path.join(root, 'tasks/t1.yaml'));
  expect([first, second, third].map((task) => task && lookout.isTaskUntouched(task))).toEqual([false, false, true]);
});
