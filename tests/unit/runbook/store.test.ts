// Writing what was planned, while somebody else saves the same file in the very moment.
import nodeFs from 'node:fs';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterEach, expect, test, vi } from 'vitest';
import { createFileCache } from '../../../src/runbook/file-cache.ts';
import { loadRunbook, planFiles, writeAllPlanned } from '../../../src/runbook/store.ts';
import { makeFolder } from '../temporary.ts';

const BEFORE = 'id: a\nstatus: READY\n';
const edit = {
  file: 'a.yaml',
  edits: () => ({ ok: true as const, value: [{ kind: 'set' as const, path: ['status'], value: 'DONE' }] }),
};

afterEach(() => void vi.restoreAllMocks());

/** What somebody does right before the n-th of our files takes the place of theirs. */
function inTheMoment(acts: readonly (() => void)[]): void {
  const { renameSync } = nodeFs;
  let moment = 0;
  vi.spyOn(nodeFs, 'renameSync').mockImplementation((from, to) => {
    if (String(to).endsWith('.tmp')) acts[moment++]?.();
    renameSync(from, to);
  });
}

async function written(root: string) {
  const files = createFileCache();
  const planned = await planFiles(root, [edit], files);
  if (!planned.ok) throw new Error(planned.error.code);
  const done = await writeAllPlanned(root, planned.value, files);
  const texts = nodeFs.readdirSync(root).map((name) => [name, nodeFs.readFileSync(path.join(root, name), 'utf8')]);
  return { ok: done.ok, texts: Object.fromEntries(texts), kept: files.takeKept().map((file) => path.basename(file)) };
}

test('what is saved in the very moment is merged', async () => {
  const root = makeFolder({ 'a.yaml': BEFORE });
  const file = path.join(root, 'a.yaml');
  inTheMoment([() => nodeFs.appendFileSync(file, '# one\n')]);
  expect(await written(root)).toEqual({
    ok: true,
    texts: { 'a.yaml': 'id: a\nstatus: DONE\n# one\n' },
    kept: [],
  });
});

test('a second save before the first is merged loses nothing: the first stays beside the file, to be told', async () => {
  const root = makeFolder({ 'a.yaml': BEFORE });
  const file = path.join(root, 'a.yaml');
  const append = (remark: string) => () => nodeFs.appendFileSync(file, remark);
  inTheMoment([append('# one\n'), append('# two\n')]);
  expect(await written(root)).toEqual({
    ok: true,
    texts: { 'a.yaml': 'id: a\nstatus: DONE\n# two\n', 'a.yaml.conflict': `${BEFORE}# one\n` },
    kept: ['a.yaml.conflict'],
  });
});

test('what was read is made anew when one of the files is another, and only then', async () => {
  const root = makeFolder({
    'runbook.yaml': 'tasks:\n  - { id: a, name: A, type: MANUAL, status: READY, task_detail_file: a.yaml }\n',
    'a.yaml': 'id: a\ndescription: one\n',
  });
  const files = createFileCache();
  const read = async () => {
    const loaded = await loadRunbook(root, files);
    if (!loaded.ok) throw new Error(loaded.error.code);
    return loaded.value;
  };
  const past = new Date(Date.now() - 60_000);
  const first = await read();
  expect(first.tasks[0]?.description).toBe('one');
  nodeFs.writeFileSync(path.join(root, 'a.yaml'), 'id: a\ndescription: two\n');
  nodeFs.utimesSync(path.join(root, 'a.yaml'), past, past);
  await setTimeout(80);
  const second = await read();
  expect(second.tasks[0]?.description).toBe('two');
  expect((await read()).tasks).toBe(second.tasks);
});

test('whoever reads behind somebody that writes one file after the other does not wait for them all', async () => {
  const ids = Array.from({ length: 200 }, (_, index) => `t${index}`);
  const root = makeFolder({
    'runbook.yaml': `tasks:\n${ids.map((id) => `  - { id: ${id}, name: N, type: MANUAL, task_detail_file: ${id}.yaml }\n`).join('')}`,
    ...Object.fromEntries(ids.map((id) => [`${id}.yaml`, `id: ${id}\n`])),
  });
  // What reads young files is loaded.
  await loadRunbook(root);
  let written = 0;
  const writer = setInterval(() => {
    const id = ids[written];
    if (id !== undefined)
      nodeFs.writeFileSync(path.join(root, `${id}.yaml`), `id: ${id}\ndescription: text ${written}\n`);
    written += 1;
  }, 8);
  while (written < ids.length / 4) await setTimeout(8);
  const loaded = await loadRunbook(root);
  clearInterval(writer);
  expect(loaded.ok && loaded.value.problems).toEqual([]);
  expect(written).toBeLessThan((ids.length * 3) / 4);
});
