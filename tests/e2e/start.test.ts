// The start of the program: the code that V8 made is kept for the next start, and nothing else's is ever run.

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { createProject, type Project } from '../rig/project.ts';

const RUNBOOK = 'tasks:\n  - { id: a, name: A, type: MANUAL, status: READY }\n';

/** A project whose kept code is its own. */
async function projectWithCache(): Promise<{ project: Project; look: () => Promise<string>; cache: string }> {
  const project = await createProject();
  await project.write('runbook.yaml', RUNBOOK);
  const cache = path.join(project.home, 'code');
  const look = async () => {
    const { stdout, stderr, code } = await project.run(['status'], { env: { NODE_COMPILE_CACHE: cache } });
    expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
    return stdout;
  };
  return { project, look, cache };
}

async function keptIn(cache: string): Promise<string[]> {
  const [build] = await readdir(path.join(cache, 'orchestrate'));
  const folder = path.join(cache, 'orchestrate', String(build));
  return (await readdir(folder)).map((name) => path.join(folder, name)).toSorted();
}

const times = async (files: readonly string[]) => Promise.all(files.map(async (file) => (await stat(file)).mtimeMs));

test('what was compiled is kept once for a command, and used by its next start', async () => {
  const { project, look, cache } = await projectWithCache();
  await using _ = project;
  const first = await look();
  const kept = await keptIn(cache);
  expect(kept.map((file) => path.basename(file))).toEqual([
    'main-main.cjs.code',
    expect.stringMatching(/^read-\w+-look\.cjs\.code$/),
  ]);
  const before = await times(kept);
  expect(await look()).toBe(first);
  expect(await times(await keptIn(cache))).toEqual(before);
});

test('kept code that is damaged is not run but made anew', async () => {
  const { project, look, cache } = await projectWithCache();
  await using _ = project;
  const first = await look();
  for (const file of await keptIn(cache)) {
    const bytes = await readFile(file);
    bytes[bytes.length - 500] = (bytes.at(-500) ?? 0) ^ 1;
    await writeFile(file, bytes);
  }
  const damaged = await times(await keptIn(cache));
  expect(await look()).toBe(first);
  const mended = await times(await keptIn(cache));
  expect(mended.every((time, index) => time > (damaged[index] ?? 0))).toBe(true);
});

test.skipIf(process.platform === 'win32')('a pipe in the place of kept code is not waited for', async () => {
  const { project, look, cache } = await projectWithCache();
  await using _ = project;
  const first = await look();
  const kept = await keptIn(cache);
  for (const file of kept) spawnSync('sh', ['-c', 'rm "$0" && mkfifo "$0"', file]);
  expect(await look()).toBe(first);
  expect(await Promise.all(kept.map(async (file) => (await stat(file)).isFile()))).toEqual(kept.map(() => true));
});

test('kept code that others could have put there is not touched', async () => {
  const { project, look, cache } = await projectWithCache();
  await using _ = project;
  await look();
  const [file] = await keptIn(cache);
  const folder = path.dirname(String(file));
  await chmod(folder, 0o777);
  await writeFile(String(file), 'not what was kept');
  await look();
  expect(await readFile(String(file), 'utf8')).toBe('not what was kept');
});

test('code of earlier builds is removed when there are more than a few', async () => {
  const { project, look, cache } = await projectWithCache();
  await using _ = project;
  for (const build of ['a', 'b', 'c', 'd', 'e', 'f'])
    await mkdir(path.join(cache, 'orchestrate', `000000000000000${build}-v24.0.0-x64`), { recursive: true });
  await mkdir(path.join(cache, 'orchestrate', 'of-somebody-else'));
  await look();
  const left = await readdir(path.join(cache, 'orchestrate'));
  expect(left).toContain('of-somebody-else');
  expect(left).toHaveLength(5);
});

test('a run finds its kept code again, too', async () => {
  const { project, cache } = await projectWithCache();
  await using _ = project;
  const run = () => project.run(['run', '-q'], { env: { NODE_COMPILE_CACHE: cache } });
  await run();
  await run();
  const before = await times(await keptIn(cache));
  await run();
  expect(await times(await keptIn(cache))).toEqual(before);
});

test.runIf(existsSync('/dev/full'))('a start that ends in a defect never looks like success', async () => {
  await using project = await createProject({ 'runbook.yaml': RUNBOOK });
  const program = path.resolve(import.meta.dirname, '../../bin/orchestrate.js');
  for (const words of ['status --json', '--help']) {
    const { status } = spawnSync('sh', ['-c', `exec "$0" "$1" ${words} > /dev/full`, process.execPath, program], {
      cwd: project.dir,
    });
    expect([words, status]).toEqual([words, 70]);
  }
});

test('a home that cannot be written to changes nothing', async () => {
  const { project, look } = await projectWithCache();
  await using _ = project;
  const seen = await look();
  const elsewhere = await project.run(['status'], {
    env: { NODE_COMPILE_CACHE: undefined, XDG_CACHE_HOME: '/proc/nowhere' },
  });
  expect(elsewhere).toMatchObject({ code: 0, stdout: seen, stderr: '' });
});
