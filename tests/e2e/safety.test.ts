// What must not happen whatever a person, a signal or a file does: end-to-end.

import { describe, expect, test } from 'vitest';
import { isRunning } from '../rig/leftovers.ts';
import { createProject } from '../rig/project.ts';

const script = (id: string, line: string, more = '') => ({
  [`tasks/${id}.yaml`]: `id: ${id}\ntype: AUTOMATED_SCRIPT\nscript_details: ${JSON.stringify(line)}\n${more}`,
});
const entry = (id: string, more = '') =>
  `  - {id: ${id}, name: Task ${id}, type: AUTOMATED_SCRIPT, task_detail_file: tasks/${id}.yaml${more}}\n`;

describe('a terminal', () => {
  test('that is left by Ctrl-D puts the task back to READY', async () => {
    await using project = await createProject({
      'runbook.yaml': 'tasks:\n  - {id: a, name: A, status: READY, type: MANUAL}\n',
    });
    await using terminal = await project.terminal(['next']);
    await terminal.waitFor('Is it done?');
    terminal.key('ctrl-d');
    expect((await terminal.exit).code).toBe(130);
    expect(await project.read('runbook.yaml')).toContain('status: READY');
    expect((await project.log()).at(-1)).toMatchObject({
      event_type: 'TASK_RELEASED',
      status_change: 'RUNNING -> READY',
    });
  });

  test('whose second Ctrl-C ends the program at once leaves no script behind', async () => {
    await using project = await createProject({
      'runbook.yaml': `tasks:\n${entry('a')}`,
      ...script('a', 'trap "" TERM; echo $$ > pid; echo started; sleep 30'),
    });
    const running = project.start(['next']);
    await running.waitFor(/^started$/m);
    running.kill('SIGINT');
    await new Promise((resolve) => setTimeout(resolve, 300));
    running.kill('SIGINT');
    await running.done;
    const pid = Number(await project.read('pid'));
    await expect.poll(() => isRunning(pid)).toBe(false);
  });
});

describe('a runbook', () => {
  test('whose status others share by an anchor is refused before anything is run', async () => {
    await using project = await createProject({
      'runbook.yaml': `tasks:\n${entry('a')}  - {id: b, name: B, status: &s PENDING, type: MANUAL, depends_on: [a]}\n  - {id: c, name: C, status: *s, type: MANUAL, depends_on: [a]}\n`,
      ...script('a', 'touch ran'),
    });
    const before = await project.snapshot();
    const { code, stderr } = await project.run(['run']);
    expect(code).toBe(2);
    expect(stderr).toMatch(/^runbook\.yaml:3:\d+: error: this value cannot be changed alone/);
    expect(await project.snapshot()).toEqual(before);
  });

  test('that is broken while a script runs stops it; the outcome is written when it is mended', async () => {
    await using project = await createProject({
      'runbook.yaml': `tasks:\n${entry('a')}`,
      ...script('a', 'printf "  : : broken [\\n" >> runbook.yaml; exit 3'),
    });
    const { code, stderr } = await project.run(['run']);
    expect(code).toBe(3);
    expect(stderr).toContain('ended (failed');
    expect(stderr).toContain('it is in the journal');
    expect((await project.log()).at(-1)).toMatchObject({ event_type: 'START_TASK' });

    await project.write('runbook.yaml', (await project.read('runbook.yaml')).replace(/ {2}: : broken \[\n$/, ''));
    const mended = await project.run(['next']);
    expect(mended.code).toBe(1);
    expect(mended.stderr).toContain('a is ERROR: that was in the journal and is now in the files');
    expect((await project.log()).map(({ event_type }) => event_type)).toEqual([
      'TASK_READY',
      'START_TASK',
      'ERROR_TASK',
    ]);
    expect(await project.read('tasks/a.yaml')).toMatch(/status: ERROR/);
  });

  test('that names an empty scope is no success', async () => {
    await using project = await createProject({
      'runbook.yaml': `tasks:\n${entry('a')}${entry('b')}`,
      ...script('a', 'true'),
      ...script('b', 'true'),
    });
    for (const args of [
      ['run', '--start-from', 'b', '--until', 'a'],
      ['run', '--type', 'MANUAL'],
    ]) {
      expect(await project.run(args)).toMatchObject({
        code: 2,
        stderr: expect.stringContaining('no task is left by these options'),
      });
    }
  });

  test('that waits in one place and failed in another says that it failed', async () => {
    await using project = await createProject({
      'runbook.yaml': `tasks:\n${entry('a', ', status: ERROR')}  - {id: b, name: B, status: READY, type: MANUAL}\n`,
      ...script('a', 'true'),
    });
    expect((await project.run(['run', '--keep-going'])).code).toBe(1);
  });
});

describe('keys', () => {
  test('of .env are read by no prompt', async () => {
    await using project = await createProject({
      'runbook.yaml':
        'ai: {model: m}\ntasks:\n  - {id: a, name: A, type: AI_ASSISTED, task_detail_file: tasks/a.yaml}\n',
      'tasks/a.yaml': 'id: a\nai_details:\n  prompt_template: p.md\n  input_context: {text: {file: .env}}\n',
      'p.md': '{{ text }}\n',
      '.env': 'MY_API_KEY=topsecretvalue123\n',
    });
    const { code, stderr } = await project.run(['validate']);
    expect(code).toBe(2);
    expect(stderr).toContain('"text" reads .env, which may hold keys');
  });

  test('of a file that an earlier task wrote are shown nowhere', async () => {
    await using project = await createProject({
      'runbook.yaml': `tasks:\n${entry('a')}${entry('b', ', depends_on: [a]')}`,
      ...script('a', 'echo API_TOKEN=supersecret12345 > deploy.env'),
      'tasks/b.yaml':
        'id: b\ntype: AUTOMATED_SCRIPT\nscript_details: {command: sh, args: [-c, "echo is $API_TOKEN"], env_file: deploy.env}\n',
    });
    const { code, stdout } = await project.run(['run']);
    expect([code, stdout]).toEqual([0, 'is [API_TOKEN]\n']);
    expect(await project.read('logs/tasks/b/1.log')).toBe('is [API_TOKEN]\n');
  });
});
