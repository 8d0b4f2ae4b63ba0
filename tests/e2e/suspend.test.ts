// Ctrl-Z and fg in a shell with job control, the second Ctrl-C, and a reader that goes away.

import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { isRunning } from '../rig/leftovers.ts';
import { createProject, type Project } from '../rig/project.ts';
import { openTerminal, type Terminal } from '../rig/terminal.ts';

const PROGRAM = path.resolve('bin/orchestrate.js');
const hasBash = spawnSync('bash', ['--version']).status === 0;

function projectWith(line: string, more = ''): Promise<Project> {
  return createProject({
    'runbook.yaml':
      'tasks:\n  - {id: a, name: A, type: AUTOMATED_SCRIPT, task_detail_file: tasks/a.yaml}\n  - {id: m, name: M, type: MANUAL}\n',
    'tasks/a.yaml': `id: a\nscript_details:\n  command: sh\n  args: [-c, ${JSON.stringify(line)}]\n${more}`,
  });
}

/** A shell with job control in a terminal, and the program's command line typed into it. */
function shell(project: Project): Terminal {
  return openTerminal({
    argv: ['bash', '--norc', '--noprofile', '-i'],
    cwd: project.dir,
    env: { ...project.env, PS1: '[shell] ', PATH: `${path.dirname(process.execPath)}:${project.env.PATH}` },
    cols: 80,
    rows: 30,
  });
}

const command = (...args: string[]) => `${process.execPath} ${PROGRAM} ${args.join(' ')}\r`;

describe.skipIf(!hasBash)('Ctrl-Z', () => {
  test('stops the script too, and fg lets it go on; the time between does not count as its own', async () => {
    const line = 'echo $$ > pid; echo started; for i in 1 2 3 4 5 6 7 8; do sleep 0.1; done; echo finished';
    await using project = await projectWith(line, '  timeout: 2\n');
    await using terminal = shell(project);
    terminal.type(command('next'));
    await terminal.waitFor(/^started$/m);
    terminal.key('ctrl-z');
    await terminal.waitFor('Stopped');
    const pid = Number(await project.read('pid'));
    await expect.poll(() => statesOf(pid)).toMatch(/^(T|T[TZ]|DT)$/);
    await new Promise((resolve) => setTimeout(resolve, 2500));
    expect(await project.read('runbook.yaml')).toContain('status: RUNNING');
    terminal.type('fg\r');
    await terminal.waitFor(/^finished$/m);
    await terminal.waitFor('DONE a');
    expect(await project.read('runbook.yaml')).toContain('status: DONE');
  });

  test('at a prompt gives the terminal back, and the prompt is there again after fg', async () => {
    await using project = await projectWith('true');
    await using terminal = shell(project);
    terminal.type(command('next', 'm'));
    await terminal.waitFor('Is it done?');
    terminal.key('ctrl-z');
    await terminal.waitFor('Stopped');
    terminal.type('echo back\r');
    await terminal.waitFor(/^back$/m);
    terminal.type('fg\r');
    await terminal.waitFor('Is it done?');
    terminal.type('y\r');
    await terminal.waitFor('DONE m');
  });
});

/** The states of a shell and of what it runs. A shell stopped between its fork and the other's exec waits in `D` for a child in `T`. */
function statesOf(pid: number): string {
  const { stdout } = spawnSync('ps', ['-o', 'pid=,ppid=,stat=', '-p', String(pid), '--ppid', String(pid)], {
    encoding: 'utf8',
  });
  const rows = stdout
    .trim()
    .split('\n')
    .map((row) => row.trim().split(/\s+/));
  const of = (column: number) => rows.filter((row) => row[column] === String(pid)).map((row) => row[2]?.charAt(0));
  return [...of(0), ...of(1)].join('');
}

test.each(['SIGINT', 'SIGTERM'] as const)(
  'a second %s ends at once, by that signal, and the next start puts it in order',
  async (signal) => {
    await using project = await projectWith('trap "" TERM INT; echo $$ > pid; echo started; sleep 30');
    const running = project.start(['next']);
    await running.waitFor(/^started$/m);
    running.kill(signal);
    await new Promise((resolve) => setTimeout(resolve, 300));
    running.kill(signal);
    expect((await running.done).signal).toBe(signal);
    const pid = Number(await project.read('pid'));
    await expect.poll(() => isRunning(pid)).toBe(false);
    const { code, stderr } = await project.run(['next']);
    expect(code).toBe(1);
    expect(stderr).toContain('a was cut off: it is ERROR');
  },
);

describe('a reader that goes away (| head -1)', () => {
  test.each([
    ['run', ['run', '--only', 'a'], 'DONE'],
    ['status', ['status'], undefined],
    ['logs', ['logs'], undefined],
  ])('is no reason for %s to stop in the middle', async (_, args, status) => {
    await using project = await projectWith('yes | head -20000');
    if (status === undefined) expect(await project.run(['run', '--only', 'a'])).toMatchObject({ code: 0 });
    const { stderr, status: code } = spawnSync(
      'bash',
      ['-c', `set -o pipefail; ${process.execPath} ${PROGRAM} ${args.join(' ')} | head -1 >/dev/null`],
      { cwd: project.dir, env: { ...project.env }, encoding: 'utf8' },
    );
    expect(stderr).not.toMatch(/EPIPE|defect/);
    expect(code).toBe(0);
    expect(await project.read('runbook.yaml')).toContain('status: DONE');
  });
});
