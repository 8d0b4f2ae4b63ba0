// What runProcess does at a terminal and when its own process exits: our module in a program of its own.
import { resolve } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { isRunning } from '../../rig/leftovers.ts';
import { createProject } from '../../rig/project.ts';

describe('the terminal and the end of this process', () => {
  const MODULE = JSON.stringify(resolve(import.meta.dirname, '../../../src/system/processes.ts'));
  /** Code that runs a shell line with our own module and prints how it ended. */
  const program = (line: string, stdin: 'none' | 'inherit', after = '') => ({
    program: [
      '-e',
      `import(${MODULE}).then(({ runProcess }) => {
        const controller = new AbortController();
        process.on('SIGINT', () => controller.abort());
        const command = { kind: 'shell', line: ${JSON.stringify(line)} };
        const onOutput = (stream, chunk) => process.stdout.write(chunk);
        const spec = { command, cwd: '.', env: process.env, stdin: '${stdin}', signal: controller.signal, onOutput, graceMs: 2000 };
        return runProcess(spec).then(({ end }) => console.log('end=' + JSON.stringify(end)));
      });${after}`,
      '--',
    ],
  });

  test('with an inherited stdin a process can ask at the terminal', async () => {
    await using project = await createProject();
    await using terminal = await project.terminal(
      [],
      program('echo "name?"; read -r name; echo "hello $name"', 'inherit'),
    );
    await terminal.waitFor('name?');
    terminal.type('world\r');
    await terminal.waitFor('hello world\n');
    await terminal.waitFor('end={"kind":"exit","code":0}');
    expect(await terminal.exit).toEqual({ code: 0, signal: null });
  });

  test.each([
    ['inherit', 'open'],
    ['none', 'closed'],
  ] as const)('with stdin %s the terminal itself is %s to it, for a password say', async (stdin, access) => {
    await using project = await createProject();
    const line = '(true < /dev/tty) 2> /dev/null && echo open || echo closed';
    await using terminal = await project.terminal([], program(line, stdin));
    expect((await terminal.waitFor(/open|closed/))[0]).toBe(access);
  });

  test.each(['none', 'inherit'] as const)(
    'Ctrl-C at the terminal ends it and its children (stdin %s)',
    async (stdin) => {
      await using project = await createProject();
      const line = `trap '' INT; sleep 60 & echo "pids=$$,$!"; while :; do sleep 0.05; done`;
      await using terminal = await project.terminal([], program(line, stdin));
      const pids = (await terminal.waitFor(/pids=(\d+),(\d+)\n/)).slice(1).map(Number);
      terminal.key('ctrl-c');
      await terminal.waitFor('end={"kind":"aborted"}');
      expect(pids.map(isRunning)).toEqual([false, false]);
    },
  );

  test('what still runs when this process exits is told to end', async () => {
    await using project = await createProject();
    const after = `process.on('SIGUSR2', () => process.exit(3));`;
    const running = project.start([], program('sleep 60 & echo "pids=$$,$!"; wait', 'none', after));
    const pids = (await running.waitFor(/pids=(\d+),(\d+)\n/)).slice(1).map(Number);
    running.kill('SIGUSR2');
    expect(await running.done).toMatchObject({ code: 3 });
    await vi.waitFor(() => expect(pids.map(isRunning)).toEqual([false, false]));
  });
});
