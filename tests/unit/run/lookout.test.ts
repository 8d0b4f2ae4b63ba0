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
const COUNT = 600;
/** All have been looked at after that. */
const ROUND_MS = 1000;

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

/** How many looks it takes to notice, one each quarter of a round; at most four and one for what a timer is late. */
async function looksUntilSeen(
  lookout: ReturnType<typeof createLookout>,
  runbook: Runbook,
): Promise<number | undefined> {
  for (const look of [1, 2, 3, 4, 5]) {
    if (!lookout.isUntouched(runbook)) return look;
    await sleep(ROUND_MS / 4);
  }
  return undefined;
}

test('nothing is noticed where nobody was, also after a write of our own', async () => {
  const { root, files, runbook, lookout } = await project();
  expect(await looksUntilSeen(lookout, runbook)).toBeUndefined();
  writeFileSync(path.join(root, 'tasks/t3.yaml'), 'id: t3\ntype: MANUAL\nstatus: DONE\n');
  files.wrote(path.join(root, 'tasks/t3.yaml'));
  expect(await looksUntilSeen(lookout, runbook)).toBeUndefined();
});

test('a change of the runbook is noticed at once, one of any detail file within a second', async () => {
  const looks = async (file: string) => {
    const { root, runbook, lookout } = await project();
    appendFileSync(path.join(root, file), '# mine\n');
    return looksUntilSeen(lookout, runbook);
  };
  const [ofRunbook, ...ofDetails] = await Promise.all(
    ['runbook.yaml', 'tasks/t0.yaml', `tasks/t${COUNT - 1}.yaml`].map(looks),
  );
  expect(ofRunbook).toBe(1);
  for (const found of ofDetails) expect(found).toBeDefined();
});

test("a task's own file is asked for by itself: changed, or gone", async () => {
  const { root, runbook, lookout } = await project();
  const [first, second, third] = runbook.tasks;
  appendFileSync(path.join(root, 'tasks/t0.yaml'), '# mine\n');
  rmSync(path.join(root, 'tasks/t1.yaml'));
  expect([first, second, third].map((task) => task && lookout.isTaskUntouched(task))).toEqual([false, false, true]);
});
