// People and editors save the same files while a run goes on: nothing of theirs is lost, nothing of the run's either.

import { spawn, spawnSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  closeSync,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { createProject, type Project } from '../rig/project.ts';

const entry = (id: string, more = '') =>
  `  - {id: ${id}, name: Task ${id}, type: AUTOMATED_SCRIPT, task_detail_file: tasks/${id}.yaml${more}}\n`;
const script = (id: string, line: string) => ({
  [`tasks/${id}.yaml`]: `id: ${id}\ntype: AUTOMATED_SCRIPT\nscript_details: ${JSON.stringify(line)}\n`,
});

/** How programs save a file. Each is given the new text, made from what the file held a moment before. */
const SAVES: Readonly<Record<string, (file: string, text: string) => Promise<void>>> = {
  'in place, emptied first (nano, most editors)': async (file, text) => {
    const descriptor = openSync(file, 'w');
    writeSync(descriptor, text.slice(0, text.length / 2));
    await sleep(3);
    writeSync(descriptor, text.slice(text.length / 2));
    closeSync(descriptor);
  },
  'a new file moved over it (sed -i, git, many editors)': async (file, text) => {
    writeFileSync(`${file}.new`, text);
    renameSync(`${file}.new`, file);
  },
  'the old one moved away, then a new one (vim)': async (file, text) => {
    renameSync(file, `${file}~`);
    writeFileSync(file, text);
  },
  'a line added at the end (shell >>)': async (file, text) => {
    const before = readFileSync(file, 'utf8');
    if (text.startsWith(before)) appendFileSync(file, text.slice(before.length));
  },
};

const everywhere = (project: Project): string => {
  const names = readdirSync(project.dir).filter((name) => name.includes('runbook.yaml'));
  return names.map((name) => readFileSync(path.join(project.dir, name), 'utf8')).join('\n');
};

/** What a person does when the run stopped because of them: says which states count, takes over, runs again. */
async function finish(project: Project): Promise<void> {
  for (let tries = 0; tries < 30; tries += 1) {
    const { code } = await project.run(['run']);
    if (code === 0) return;
    await project.run(['doctor', '--keep', 'journal']);
    const { tasks } = parse(await project.read('runbook.yaml')) as { tasks: { id: string; status: string }[] };
    for (const { id, status } of tasks)
      if (status === 'ERROR' || status === 'RUNNING') await project.run(['retry', id, '--take-over']);
  }
}

describe('comments that are saved again and again while many short scripts run', () => {
  test.each(Object.entries(SAVES))(
    '%s: all are there at the end',
    async (_, save) => {
      const ids = Array.from({ length: 4 }, (_, index) => `t${index}`);
      await using project = await createProject({
        'runbook.yaml': `tasks:\n${ids.map((id) => entry(id)).join('')}`,
        ...Object.assign({}, ...ids.map((id) => script(id, 'sleep 0.03'))),
      });
      const file = path.join(project.dir, 'runbook.yaml');
      const running = project.start(['run']);
      await running.waitFor('Task t0');
      const run = { ended: false };
      void running.done.then(() => {
        run.ended = true;
      });
      let number = 0;
      // A person changes what they see; what the run writes between their look and their save, their save takes back.
      while (!run.ended) {
        await sleep(20 + (number % 7) * 5);
        number += 1;
        await save(file, `${readFileSync(file, 'utf8')}# edit ${number}.\n`);
      }
      const { code, stderr } = await running.done;
      expect([0, 1, 3], stderr).toContain(code);
      expect(number).toBeGreaterThan(3);
      await finish(project);
      const { tasks } = parse(await project.read('runbook.yaml')) as { tasks: { id: string; status: string }[] };
      expect(tasks.map(({ status }) => status)).toEqual(ids.map(() => 'DONE'));
      for (const id of ids) expect(parse(await project.read(`tasks/${id}.yaml`)), id).toMatchObject({ status: 'DONE' });
      expect(everywhere(project)).toContain(`# edit ${number}.`);
      const events = await project.log();
      expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
    },
    60_000,
  );
});

describe('while a script runs', () => {
  /** The script waits until the person is done. */
  async function during(
    files: Readonly<Record<string, string>>,
    act: (project: Project) => Promise<void> | void,
    check: (project: Project, end: { code: number | null; stderr: string }) => Promise<void>,
  ): Promise<void> {
    await using project = await createProject(files);
    const running = project.start(['run']);
    await running.waitFor(/^started$/m);
    await act(project);
    await project.write('go', '');
    await check(project, await running.done);
  }
  const waits = 'echo started; while [ ! -f go ]; do sleep 0.02; done';
  const files = {
    'runbook.yaml': `tasks:\n${entry('a')}${entry('b', ', depends_on: [a]')}`,
    ...script('a', waits),
    ...script('b', 'true'),
  };

  test('a new task takes part in the run', () =>
    during(
      files,
      async (project) => {
        appendFileSync(path.join(project.dir, 'runbook.yaml'), entry('c'));
        await project.write('tasks/c.yaml', script('c', 'true')['tasks/c.yaml'] ?? '');
      },
      async (project, { code }) => {
        expect(code).toBe(0);
        expect(await project.read('runbook.yaml')).toMatch(/id: c.*status: DONE/);
      },
    ));

  test('a task that is deleted keeps its outcome in the journal and in the log, which is said', () =>
    during(
      files,
      (project) => project.write('runbook.yaml', `tasks:\n${entry('b')}`),
      async (project, { code, stderr }) => {
        expect(code).toBe(3);
        expect(stderr).toContain('"a" was removed from the runbook; here it ended as "done"');
        expect((await project.log()).at(-1)).toMatchObject({ event_type: 'EDIT_CONFLICT', task_id: 'a' });
        expect(await project.run(['run'])).toMatchObject({ code: 0 });
      },
    ));

  test('what a person writes into the detail file of the running task is merged', () =>
    during(
      files,
      async (project) =>
        project.write(
          'tasks/a.yaml',
          `# mine\n${await project.read('tasks/a.yaml')}x-note: kept\n`.replace('x-note', 'description'),
        ),
      async (project, { code }) => {
        expect(code).toBe(0);
        expect(await project.read('tasks/a.yaml')).toMatch(/^# mine\n[\s\S]*status: DONE\n[\s\S]*description: kept\n/);
      },
    ));

  test('a status that a person sets counts, and the outcome is told', () =>
    during(
      files,
      async (project) => {
        const text = await project.read('runbook.yaml');
        await project.write('runbook.yaml', text.replace('status: RUNNING', 'status: SKIPPED'));
      },
      async (project, { code, stderr }) => {
        expect(code).toBe(3);
        expect(stderr).toContain('"a" is SKIPPED already');
        expect(await project.read('tasks/a.yaml')).toContain('status: SKIPPED');
      },
    ));

  test('a detail file that does not parse holds the outcome back until it is mended', () =>
    during(
      files,
      async (project) => project.write('tasks/a.yaml', `${await project.read('tasks/a.yaml')}: : [\n`),
      async (project, { code }) => {
        expect(code).toBe(3);
        await project.write('tasks/a.yaml', (await project.read('tasks/a.yaml')).replace(': : [\n', ''));
        expect(await project.run(['run'])).toMatchObject({ code: 0 });
        expect(await project.read('tasks/a.yaml')).toContain('status: DONE');
        expect((await project.log()).filter(({ event_type }) => event_type === 'START_TASK')).toHaveLength(2);
      },
    ));
});

describe('the files themselves', () => {
  test('links stay links, and modes stay', async () => {
    await using project = await createProject({
      'real/book.yaml': `tasks:\n${entry('a')}`,
      'real/details/a.yaml': script('a', 'true')['tasks/a.yaml'] ?? '',
    });
    symlinkSync('real/book.yaml', path.join(project.dir, 'runbook.yaml'));
    symlinkSync('real/details', path.join(project.dir, 'tasks'));
    chmodSync(path.join(project.dir, 'real/book.yaml'), 0o640);
    chmodSync(path.join(project.dir, 'real/details/a.yaml'), 0o444);
    expect(await project.run(['run'])).toMatchObject({ code: 0 });
    expect(lstatSync(path.join(project.dir, 'runbook.yaml')).isSymbolicLink()).toBe(true);
    expect(lstatSync(path.join(project.dir, 'tasks')).isSymbolicLink()).toBe(true);
    expect(statSync(path.join(project.dir, 'runbook.yaml')).mode & 0o777).toBe(0o640);
    expect(statSync(path.join(project.dir, 'tasks/a.yaml')).mode & 0o777).toBe(0o444);
    expect(await project.read('real/book.yaml')).toContain('status: DONE');
  });
});

const has = (name: string) => spawnSync('sh', ['-c', `command -v ${name}`]).status === 0;

describe.skipIf(!has('vim'))('vim', () => {
  test('saves over a run: its text and the states are both there', async () => {
    await using project = await createProject({
      'runbook.yaml': `tasks:\n${entry('a')}`,
      ...script('a', 'echo started; sleep 0.6'),
    });
    const running = project.start(['run']);
    await running.waitFor(/^started$/m);
    const vim = spawn('vim', ['-es', '-u', 'NONE', '-c', 'normal Go# typed in vim', '-c', 'wq', 'runbook.yaml'], {
      cwd: project.dir,
      stdio: 'ignore',
    });
    await new Promise((resolve) => vim.once('exit', resolve));
    expect((await running.done).code).toBe(0);
    expect(await project.read('runbook.yaml')).toMatch(/status: DONE[\s\S]*# typed in vim\n$/);
  });
});

test('a status that a person sets after the outcome stands in the detail file counts, also when orchestrate was killed before the runbook had it', async () => {
  // Once: the next start runs it to its end.
  const kill = 'until grep -q DONE tasks/a.yaml; do :; done; sed -i s/DONE/READY/ tasks/a.yaml; kill -9 $PPID';
  await using project = await createProject({
    'runbook.yaml': `tasks:\n${entry('z')}${entry('a', ', depends_on: [z]')}${entry('b', ', depends_on: [a]')}`,
    ...script('z', ':'),
    ...script('a', ':'),
    ...script('b', `[ -e killed ] || { touch killed; ${kill}; }`),
  });
  expect(await project.run(['run'])).toMatchObject({ signal: 'SIGKILL' });
  expect(await project.read('tasks/a.yaml')).toContain('status: READY');
  const { stderr } = await project.run(['run']);
  expect(stderr).toContain('a: DONE → READY, by hand in tasks/a.yaml');
  expect(await project.log()).toContainEqual(expect.objectContaining({ task_id: 'a', event_type: 'STATUS_EDITED' }));
});
