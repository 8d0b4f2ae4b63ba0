// One writer at a time, and a prompt that holds nobody up: end-to-end, with real processes and a real terminal.

import { readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { words } from '../rig/ai-project.ts';
import { createProject, type Project } from '../rig/project.ts';

const script = (id: string, line: string) => ({
  [`tasks/${id}.yaml`]: `id: ${id}\ntype: AUTOMATED_SCRIPT\nscript_details: ${JSON.stringify(line)}\n`,
});
const entry = (id: string, more = '') =>
  `  - {id: ${id}, name: Task ${id}, type: AUTOMATED_SCRIPT, task_detail_file: tasks/${id}.yaml${more}}\n`;
const manual = (id: string, more = '') => `  - {id: ${id}, name: Task ${id}, type: MANUAL${more}}\n`;

const moves = async (project: Project) =>
  (await project.log()).map(({ task_id, event_type }) => `${task_id} ${event_type}`);

describe('while one works', () => {
  test('others end with 4 at once, and say who holds the lock', async () => {
    await using project = await createProject({
      'runbook.yaml': `tasks:\n${entry('a')}`,
      ...script('a', 'echo started; sleep 30'),
    });
    const running = project.start(['next']);
    await running.waitFor(/^started$/m);
    for (const args of [['next'], ['done', 'a'], ['reset', '--all']]) {
      const { code, stdout, stderr } = await project.run(args);
      expect({ code, stdout }).toEqual({ code: 4, stdout: '' });
      expect(stderr).toMatch(
        new RegExp(`error: another orchestrate is at work here \\(pid ${running.pid}, since .*, at task a\\)`),
      );
    }
    const inVain = await project.run(['run', '--wait', '0.2']);
    expect([inVain.code, inVain.stdout]).toEqual([4, '']);
    expect(inVain.stderr).toContain('error: another orchestrate is still at work here after 0.2 s (pid ');
    expect(inVain.stderr).toContain('"--wait" without a number waits as long as it takes');
    const waiting = project.start(['next', '--wait']);
    await waiting.waitFor(/Waiting for another/);
    waiting.kill('SIGINT');
    const { code, stderr } = await waiting.done;
    expect(code).toBe(130);
    expect(stderr).toContain('error: interrupted while it waited for another orchestrate (pid ');
    expect(stderr).not.toContain('--wait');
    running.kill('SIGKILL');
    expect((await running.done).signal).toBe('SIGKILL');
  });

  test('readers are not held up and leave nothing behind', async () => {
    await using project = await createProject({
      'runbook.yaml': `tasks:\n${entry('a')}`,
      ...script('a', 'echo started; sleep 30'),
    });
    const running = project.start(['next']);
    await running.waitFor(/^started$/m);
    const before = await project.snapshot();
    for (const args of [['status'], ['show', 'a'], ['validate'], ['logs'], ['next', '--dry-run']])
      expect((await project.run(args)).code).toBeLessThan(4);
    expect(await project.snapshot()).toEqual(before);
    running.kill('SIGKILL');
    await running.done;
  });

  test('one that waits goes on when the first has ended', async () => {
    await using project = await createProject({
      'runbook.yaml': `tasks:\n${entry('a')}${entry('b')}`,
      ...script('a', 'echo started; sleep 1'),
      ...script('b', 'true'),
    });
    const first = project.start(['next']);
    await first.waitFor(/^started$/m);
    const second = await project.run(['next', '--wait', '15']);
    expect(second).toMatchObject({ code: 0 });
    expect(second.stderr).toMatch(/^Waiting for another orchestrate \(pid \d+/);
    expect((await first.done).code).toBe(0);
    expect(await moves(project)).toEqual(expect.arrayContaining(['a COMPLETE_TASK', 'b COMPLETE_TASK']));
  });

  test('a command inside of its task fails at once instead of waiting for ever', async () => {
    await using project = await createProject({ 'runbook.yaml': `tasks:\n${entry('a')}${manual('b')}` });
    const inner = `${process.execPath} ${path.resolve('bin/orchestrate.js')} done b --wait`;
    await project.write('tasks/a.yaml', script('a', `${inner}; test $? -eq 4`)['tasks/a.yaml'] ?? '');
    const { code, stderr } = await project.run(['next']);
    expect(code).toBe(0);
    expect(stderr).toContain('this command runs inside the task "a"');
  });
});

test('twenty started together lose no update and run no task twice', async () => {
  const ids = Array.from({ length: 6 }, (_, index) => `t${index}`);
  await using project = await createProject({
    'runbook.yaml': `tasks:\n${ids.map((id) => entry(id)).join('')}`,
    ...Object.assign({}, ...ids.map((id) => script(id, `echo ${id} >> ran.txt`))),
  });
  const started = Array.from({ length: 20 }, (_, index) =>
    project.start(index % 2 === 0 ? ['next'] : ['next', '--wait', '30']),
  );
  const ends = await Promise.all(started.map(({ done }) => done));
  expect(ends.map(({ code }) => code).filter((code) => code !== 0 && code !== 4)).toEqual([]);
  const ran = (await project.read('ran.txt')).trim().split('\n');
  expect(ran.toSorted()).toEqual([...new Set(ran)].toSorted());
  const events = await project.log();
  expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
  expect(events.filter(({ event_type }) => event_type === 'COMPLETE_TASK')).toHaveLength(ran.length);
  expect(await project.run(['run'])).toMatchObject({ code: 0 });
}, 60_000);

describe('the lock', () => {
  const files = { 'runbook.yaml': `tasks:\n${entry('a')}`, ...script('a', 'echo started; sleep 30') };

  test('is gone with its process, also after kill -9', async () => {
    await using project = await createProject(files);
    const running = project.start(['next']);
    await running.waitFor(/^started$/m);
    running.kill('SIGKILL');
    await running.done;
    const { code, stderr } = await project.run(['next']);
    expect(code).toBe(1);
    expect(stderr).toContain('a was cut off: it is ERROR');
    expect(stderr).toMatch(/what it started still runs: \d+ \(/);
  });

  test.each([
    ['deleted', (file: string) => rmSync(file)],
    [
      'replaced by a copy',
      (file: string) => {
        writeFileSync(`${file}.copy`, '');
        renameSync(`${file}.copy`, file);
      },
    ],
  ])('does not let a second writer in when its file is %s', async (_, act) => {
    await using project = await createProject(files);
    const running = project.start(['next']);
    await running.waitFor(/^started$/m);
    act(path.join(project.dir, '.orchestrate/lock'));
    const { code, stderr } = await project.run(['next']);
    expect(code).toBe(4);
    expect(stderr).toContain(`pid ${running.pid}`);
    running.kill('SIGKILL');
    await running.done;
  });

  test('survives the loss of .orchestrate: what runs ends in order', async () => {
    await using project = await createProject({
      'runbook.yaml': `tasks:\n${entry('a')}`,
      ...script('a', 'echo started; sleep 1'),
    });
    const running = project.start(['next']);
    await running.waitFor(/^started$/m);
    rmSync(path.join(project.dir, '.orchestrate'), { recursive: true });
    expect((await running.done).code).toBe(0);
    expect(await project.read('runbook.yaml')).toContain('status: DONE');
    expect((await moves(project)).at(-1)).toBe('a COMPLETE_TASK');
  });
});

describe('a prompt', () => {
  const files = {
    'runbook.yaml': `tasks:\n${manual('a')}${manual('b')}${entry('c')}`,
    ...script('c', 'true'),
  };

  test('that is open holds up no other command, and goes on with its own task', async () => {
    await using project = await createProject(files);
    await using terminal = await project.terminal(['next']);
    await terminal.waitFor('Is it done?');
    expect(await project.run(['done', 'b'])).toMatchObject({ code: 0 });
    expect(await project.run(['next'])).toMatchObject({ code: 0 });
    terminal.type('y\r');
    expect((await terminal.exit).code).toBe(0);
    expect(await project.read('runbook.yaml')).toMatch(
      /id: a.*status: DONE.*\n.*id: b.*status: DONE.*\n.*id: c.*status: DONE/,
    );
    const events = await project.log();
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
    expect(readdirSync(path.join(project.dir, '.orchestrate/claims'))).toEqual([]);
  });

  test.each([
    ['done', ['done', 'a'], 'DONE'],
    ['review', ['review', 'a', '--accept'], 'DONE'],
    ['skip', ['skip', 'a'], 'SKIPPED'],
  ])('whose task is answered by %s meanwhile says so and changes nothing', async (_, args, status) => {
    await using project = await createProject(files);
    await using terminal = await project.terminal(['next', 'a']);
    await terminal.waitFor('Is it done?');
    expect(await project.run(args)).toMatchObject({ code: 0 });
    const before = await project.read('runbook.yaml');
    expect(before).toContain(`status: ${status}`);
    terminal.type('s\r');
    await terminal.waitFor(words(`is ${status} already: it was answered elsewhere`));
    expect((await terminal.exit).code).toBe(3);
    expect(await project.read('runbook.yaml')).toBe(before);
  });

  test('that is killed leaves its task READY for the next start', async () => {
    await using project = await createProject(files);
    await using terminal = await project.terminal(['next', 'a']);
    await terminal.waitFor('Is it done?');
    terminal.kill('SIGKILL');
    await terminal.exit;
    expect(await project.read('runbook.yaml')).toContain('status: RUNNING');
    expect(await project.run(['done', 'b'])).toMatchObject({ code: 0 });
    expect(await project.read('runbook.yaml')).toMatch(/id: a.*status: READY/);
    expect((await project.log()).find(({ event_type }) => event_type === 'TASK_RELEASED')).toMatchObject({
      status_change: 'RUNNING -> READY',
    });
  });
});
