// Real processes, real signals: what runProcess promises its callers.
import { getEventListeners } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ProcessResult, type ProcessSpec, runProcess } from '../../../src/system/processes.ts';
import { isRunning } from '../../rig/leftovers.ts';

type Options = Partial<Omit<ProcessSpec, 'command'>>;
type Outcome = ProcessResult & { stdout: string; stderr: string; order: string[] };

let folder: string;

beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'processes-')));
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

function spec(command: ProcessSpec['command'], options: Options): ProcessSpec {
  return {
    command,
    cwd: folder,
    env: { PATH: process.env['PATH'] ?? '' },
    stdin: 'none',
    signal: new AbortController().signal,
    ...options,
  };
}

async function run(command: ProcessSpec['command'], options: Options = {}): Promise<Outcome> {
  const pieces = { stdout: '', stderr: '' };
  const order: string[] = [];
  const onOutput = (stream: 'stdout' | 'stderr', chunk: Buffer): void => {
    pieces[stream] += chunk.toString();
    order.push(`${stream}:${chunk.toString().trim()}`);
  };
  const result = await runProcess(spec(command, { onOutput, ...options }));
  return { ...result, ...pieces, order };
}

const shell = (line: string, options: Options = {}): Promise<Outcome> => run({ kind: 'shell', line }, options);
const exec = (file: string, args: readonly string[], options: Options = {}): Promise<Outcome> =>
  run({ kind: 'exec', file, args }, options);
const node = (code: string, options: Options = {}): Promise<Outcome> => exec(process.execPath, ['-e', code], options);

/** An AbortController that fires when the given text has been seen on stdout, and what was written. */
function abortWhen(text: string): { signal: AbortSignal; onOutput: ProcessSpec['onOutput'] & {}; seen: () => string } {
  const controller = new AbortController();
  let seen = '';
  const onOutput = (_stream: 'stdout' | 'stderr', chunk: Buffer): void => {
    seen += chunk.toString();
    if (seen.includes(text)) controller.abort();
  };
  return { signal: controller.signal, onOutput, seen: () => seen };
}

const pidIn = (text: string, name: string): number => Number(new RegExp(`${name}=(\\d+)`).exec(text)?.[1]);

// A process that ignores SIGTERM and its child that does so too. The outer one says so once both are ready.
const STUBBORN = `sh -c 'trap "" TERM; echo inner=$$; while :; do sleep 0.05; done' & trap "" TERM; echo outer=$$; sleep 0.2; echo ready; while :; do sleep 0.05; done`;

test.runIf(process.platform === 'linux')('a script can open /dev/stdout and /dev/stderr by name', async () => {
  const { stdout, stderr, end } = await shell('echo one > /dev/stdout; echo two | tee /dev/stderr');
  expect([stdout, stderr, end]).toEqual(['one\ntwo\n', 'two\n', { kind: 'exit', code: 0 }]);
});

test.runIf(process.platform === 'linux')('a script leads a session of its own and ignores no signal', async () => {
  const { stdout } = await shell('cut -d" " -f1,6 /proc/$$/stat; grep SigIgn /proc/$$/status');
  const [pid, session, , ignored] = stdout.trim().split(/\s+/);
  expect([session, ignored]).toEqual([pid, '0'.repeat(16)]);
});

describe('the end of a process', () => {
  test.each([0, 1, 7, 255])('exit code %i is reported', async (code) => {
    expect((await shell(`exit ${code}`)).end).toEqual({ kind: 'exit', code });
  });

  test.each(['SIGTERM', 'SIGKILL', 'SIGSEGV'])(
    'a process that dies by %s is reported as such, not as a code',
    async (signal) => {
      expect((await node(`process.kill(process.pid, '${signal}')`)).end).toEqual({ kind: 'signal', signal });
    },
  );

  test('the duration is that of the process and leaves out the drain', async () => {
    const result = await shell('sleep 0.3; sleep 30 & echo $!', { drainMs: 1000 });
    process.kill(Number(result.stdout));
    expect(result.durationMs).toBeGreaterThanOrEqual(300);
    expect(result.durationMs).toBeLessThan(1200);
  });

  test('the pid is the one the process sees', async () => {
    const result = await shell('echo $$');
    expect(result.stdout).toBe(`${result.pid}\n`);
  });

  test('many runs at the same signal leave no listener behind', async () => {
    const controller = new AbortController();
    const registered = (): number => getEventListeners(controller.signal, 'abort').length;
    const before = process.listenerCount('exit');
    for (let round = 0; round < 5; round += 1) await shell('true', { signal: controller.signal });
    expect(registered()).toBe(0);
    expect(process.listenerCount('exit')).toBe(before);
  });
});

describe('output', () => {
  test('both streams arrive, each under its own name', async () => {
    const result = await shell('echo out; echo err >&2');
    expect([result.stdout, result.stderr]).toEqual(['out\n', 'err\n']);
  });

  test('pieces arrive in the order and at the time they are written', async () => {
    const result = await shell('echo 1; sleep 0.1; echo 2 >&2; sleep 0.1; echo 3');
    expect(result.order).toEqual(['stdout:1', 'stderr:2', 'stdout:3']);
  });

  test('bytes are handed on as they are', async () => {
    const chunks: Buffer[] = [];
    const onOutput = (_: string, chunk: Buffer): void => void chunks.push(chunk);
    await node('process.stdout.write(Buffer.from([0, 255, 10, 195, 40]))', { onOutput });
    expect(Buffer.concat(chunks)).toEqual(Buffer.from([0, 255, 10, 195, 40]));
  });

  test('without a callback a process that writes much is not held up', async () => {
    const { end } = await runProcess(spec({ kind: 'shell', line: 'head -c 1000000 /dev/zero' }, {}));
    expect(end).toEqual({ kind: 'exit', code: 0 });
  });

  test('20 MB pass through with flat memory', async () => {
    setFlagsFromString('--expose-gc');
    const collectGarbage = runInNewContext('gc') as () => void;
    let bytes = 0;
    let looked = 0;
    let peak = 0;
    collectGarbage();
    const base = process.memoryUsage().arrayBuffers;
    const onOutput = (_: string, chunk: Buffer): void => {
      bytes += chunk.length;
      if (bytes - looked < 2_000_000) return;
      looked = bytes;
      collectGarbage();
      peak = Math.max(peak, process.memoryUsage().arrayBuffers - base);
    };
    const { end } = await shell('head -c 20000000 /dev/zero', { onOutput });
    expect(end).toEqual({ kind: 'exit', code: 0 });
    expect(bytes).toBe(20_000_000);
    // Garbage is swept in another thread, a little later.
    expect(peak).toBeLessThan(8_000_000);
  });

  test('a callback that takes its time holds the process back, and gets everything although the process is long gone', async () => {
    let bytes = 0;
    let underWay = 0;
    let most = 0;
    const onOutput = async (_: string, chunk: Buffer): Promise<void> => {
      underWay += 1;
      most = Math.max(most, underWay);
      await new Promise((resolve) => setTimeout(resolve, 40));
      underWay -= 1;
      bytes += chunk.length;
    };
    const result = await shell('head -c 300000 /dev/zero', { onOutput, drainMs: 10 });
    expect({ end: result.end, bytes, most }).toEqual({ end: { kind: 'exit', code: 0 }, bytes: 300_000, most: 1 });
  });

  test('output is complete although this process was busy when the drain ran out', async () => {
    let bytes = 0;
    let blocked = false;
    const onOutput = (_: string, chunk: Buffer): void => {
      bytes += chunk.length;
      if (blocked) return;
      blocked = true;
      const until = performance.now() + 400;
      while (performance.now() < until);
    };
    await shell('echo x; sleep 0.1; head -c 60000 /dev/zero', { onOutput, drainMs: 1 });
    expect(bytes).toBe(60_002);
  });

  test('a callback that throws ends the process, and the error reaches the caller', async () => {
    let pid = 0;
    const onOutput = (_: string, chunk: Buffer): void => {
      pid = Number(chunk.toString());
      throw new Error('disk full');
    };
    await expect(shell('echo $$; exec sleep 30', { onOutput })).rejects.toThrow('disk full');
    expect(isRunning(pid)).toBe(false);
  });
});

describe('what the process gets', () => {
  test('the environment is exactly the one given', async () => {
    const result = await exec('/usr/bin/env', [], { env: { A: 'x y', B: 'line1\nline2' } });
    expect(result.stdout).toBe('A=x y\nB=line1\nline2\n');
  });

  test('a bare command is looked for on the PATH it is given, not on ours', async () => {
    await writeFile(join(folder, 'only-here'), '#!/bin/sh\necho found\n', { mode: 0o755 });
    expect((await exec('only-here', [], { env: { PATH: folder } })).stdout).toBe('found\n');
    expect((await exec('only-here', [])).end).toMatchObject({ kind: 'not-started', code: 'ENOENT' });
  });

  test('the working folder is the one given, also for a relative program', async () => {
    await mkdir(join(folder, 'sub'), { recursive: true });
    await writeFile(join(folder, 'sub/where'), '#!/bin/sh\npwd\n', { mode: 0o755 });
    expect((await exec('./where', [], { cwd: join(folder, 'sub') })).stdout).toBe(`${join(folder, 'sub')}\n`);
  });

  test.each([
    [['two words', '"quoted"', "it's"]],
    [['line1\nline2', '', ' ']],
    [['$HOME', '`id`', '$(id)', '; rm -rf x', '*', '\\n', '--', '-e', '%s']],
    [['é漢😀']],
  ])('arguments %j reach the program uninterpreted', async (args) => {
    const script = 'process.stdout.write(JSON.stringify(process.argv.slice(1)))';
    const result = await exec(process.execPath, ['-e', script, '--', ...args]);
    expect(JSON.parse(result.stdout)).toEqual(args);
  });

  test('a shell line is interpreted: pipes, variables, several lines', async () => {
    const result = await shell('x=1\necho "a $x" | tr a b\nexit 3');
    expect([result.stdout, result.end]).toEqual(['b 1\n', { kind: 'exit', code: 3 }]);
  });

  test('a shell line that begins with a dash is a command, not an option', async () => {
    await writeFile(join(folder, '-x'), '#!/bin/sh\necho dash\n', { mode: 0o755 });
    expect((await shell('-x', { env: { PATH: folder } })).stdout).toBe('dash\n');
  });

  test('stdin none is at its end at once', async () => {
    const result = await shell('cat; read -r line || echo eof', { timeoutMs: 5000 });
    expect([result.stdout, result.end]).toEqual(['eof\n', { kind: 'exit', code: 0 }]);
  });
});

describe('what cannot be started', () => {
  beforeAll(async () => {
    await writeFile(join(folder, 'plain.sh'), '#!/bin/sh\necho plain\n');
    await chmod(join(folder, 'plain.sh'), 0o644);
    await writeFile(join(folder, 'orphan'), '#!/no/such/interpreter -w\n', { mode: 0o755 });
    await writeFile(join(folder, 'here.sh'), '#!/bin/sh\n', { mode: 0o755 });
  });

  test.each<[string, string, string, RegExp]>([
    [
      'a missing command',
      'no-such-command',
      'ENOENT',
      /"no-such-command" was not found on PATH; install it, or correct its name$/,
    ],
    [
      'a missing program by path',
      './no/such',
      'ENOENT',
      /"\.\/no\/such" does not exist \(looked for at \/.*\/no\/such\)$/,
    ],
    ['a file of the working folder without ./', 'here.sh', 'ENOENT', /not found on PATH.*write "\.\/here\.sh"$/],
    [
      'a script whose interpreter is missing',
      './orphan',
      'ENOENT',
      /interpreter of its first line \("#!\/no\/such\/interpreter -w"\) does not$/,
    ],
    ['a file that is not executable', './plain.sh', 'EACCES', /"\.\/plain\.sh" may not be executed; .*chmod \+x/],
    ['a folder', './', 'EACCES', /"\.\/" is a folder, not a program$/],
    ['an empty name', '', 'ERR_INVALID_ARG_VALUE', /could not be started: the command, an argument .* empty/],
    ['a name with a NUL', 'a\0b', 'ERR_INVALID_ARG_VALUE', /^"a\\0b" could not be started: .* NUL/],
  ])('%s', async (_case, file, code, message) => {
    const result = await exec(file, []);
    expect(result.end).toEqual({ kind: 'not-started', code, message: expect.stringMatching(message) });
    expect(result.pid).toBeUndefined();
  });

  test.each<[string, string, string, RegExp]>([
    ['a missing working folder', 'gone', 'ENOENT', /^the working folder ".*\/gone" does not exist; create it/],
    ['a working folder that is a file', 'plain.sh', 'ENOTDIR', /^the working folder ".*\/plain\.sh" is a file/],
  ])('%s is named as such, for shell lines and programs alike', async (_case, name, code, message) => {
    const options = { cwd: join(folder, name) };
    const expected = { kind: 'not-started', code, message: expect.stringMatching(message) };
    expect((await shell('true', options)).end).toEqual(expected);
    expect((await exec('true', [], options)).end).toEqual(expected);
  });

  test('arguments that are too long are named as such', async () => {
    const result = await exec('true', ['x'.repeat(5_000_000)]);
    expect(result.end).toMatchObject({
      code: 'E2BIG',
      message: expect.stringMatching(/longer than the system allows/),
    });
  });
});

describe('a timeout', () => {
  test('ends the process and everything it started, also what ignores SIGTERM', async () => {
    const result = await shell(STUBBORN, { timeoutMs: 1000, graceMs: 200 });
    expect(result.end).toEqual({ kind: 'timeout' });
    expect(result.stdout).toContain('ready');
    const pids = [pidIn(result.stdout, 'outer'), pidIn(result.stdout, 'inner')];
    expect(pids.map(isRunning)).toEqual([false, false]);
    expect(result.durationMs).toBeGreaterThanOrEqual(1200);
    expect(result.durationMs).toBeLessThan(4000);
  });

  test('waits for a stubborn orphan although the process itself ends at once', async () => {
    const line = `(sh -c 'trap "" TERM; echo inner=$$; while :; do sleep 0.05; done' &); sleep 60`;
    const result = await shell(line, { timeoutMs: 400, graceMs: 200 });
    expect(result.end).toEqual({ kind: 'timeout' });
    expect(isRunning(pidIn(result.stdout, 'inner'))).toBe(false);
  });

  test('does not use up the grace when SIGTERM is enough, and leaves time to clean up', async () => {
    const result = await shell('trap "echo bye; exit 0" TERM; echo up; while :; do sleep 0.05; done', {
      timeoutMs: 300,
      graceMs: 10_000,
    });
    expect([result.end, result.stdout]).toEqual([{ kind: 'timeout' }, 'up\nbye\n']);
    expect(result.durationMs).toBeLessThan(3000);
  });

  test('reaches a descendant that made a session of its own', async () => {
    const code = `
      const child = require('node:child_process').spawn('sleep', ['60'], { detached: true, stdio: 'ignore' });
      console.log('inner=' + child.pid);
      setInterval(() => {}, 1000);`;
    const result = await node(code, { timeoutMs: 600, graceMs: 1000 });
    expect(result.end).toEqual({ kind: 'timeout' });
    expect(isRunning(pidIn(result.stdout, 'inner'))).toBe(false);
  });

  test('ends a stopped process', async () => {
    const result = await shell('echo $$; kill -STOP $$; echo never', { timeoutMs: 300, graceMs: 5000 });
    expect(result.end).toEqual({ kind: 'timeout' });
    expect(result.durationMs).toBeLessThan(3000);
    expect(isRunning(Number.parseInt(result.stdout, 10))).toBe(false);
  });

  test('of a month is not mistaken for none', async () => {
    expect((await shell('sleep 0.1', { timeoutMs: 30 * 24 * 3600 * 1000 })).end).toEqual({ kind: 'exit', code: 0 });
  });
});

describe('an abort', () => {
  test('ends the whole group, and what was written on the way out is kept', async () => {
    const abort = abortWhen('ready');
    const polite = STUBBORN.replace('trap "" TERM; echo outer', 'trap "echo caught" TERM; echo outer');
    const { end } = await shell(polite, { ...abort, graceMs: 300 });
    expect(end).toEqual({ kind: 'aborted' });
    expect(abort.seen()).toContain('caught');
    expect([pidIn(abort.seen(), 'outer'), pidIn(abort.seen(), 'inner')].map(isRunning)).toEqual([false, false]);
  });

  test('before the start means no start', async () => {
    const marker = join(folder, 'started');
    const result = await shell(`touch ${marker}`, { signal: AbortSignal.abort() });
    expect([result.end, result.pid, existsSync(marker)]).toEqual([{ kind: 'aborted' }, undefined, false]);
  });

  test('during the drain cuts it short; the outcome of the process stands', async () => {
    const started = performance.now();
    const signal = AbortSignal.timeout(900);
    const { end } = await shell('sleep 30 & sleep 0.3; exit 4', { drainMs: 20_000, signal });
    expect(end).toEqual({ kind: 'exit', code: 4 });
    expect(performance.now() - started).toBeLessThan(5000);
  });

  test('with an inherited stdin reaches the descendants too', async () => {
    const abort = abortWhen('ready');
    const { end } = await shell(STUBBORN, { ...abort, stdin: 'inherit', graceMs: 200 });
    expect(end).toEqual({ kind: 'aborted' });
    expect([pidIn(abort.seen(), 'outer'), pidIn(abort.seen(), 'inner')].map(isRunning)).toEqual([false, false]);
  });
});

describe('a child in the background that keeps the pipe', () => {
  test('does not hold the run open, and is left alone', async () => {
    const started = performance.now();
    const result = await shell('sleep 30 & echo server=$!; exit 5', { drainMs: 100 });
    const pid = pidIn(result.stdout, 'server');
    expect(result.end).toEqual({ kind: 'exit', code: 5 });
    expect(performance.now() - started).toBeLessThan(3000);
    expect(isRunning(pid)).toBe(true);
    process.kill(pid);
  });

  test('is still read during the drain', async () => {
    const result = await shell('(sleep 0.5; echo late) & echo early', { drainMs: 5000 });
    expect(result.stdout).toBe('early\nlate\n');
    expect(result.durationMs).toBeLessThan(450);
  });

  test('cannot hold the run open by writing without end', async () => {
    const started = performance.now();
    const result = await shell('yes & echo pid=$! >&2', { drainMs: 100 });
    expect(result.end).toEqual({ kind: 'exit', code: 0 });
    expect(performance.now() - started).toBeLessThan(3000);
  });
});

test('a script without a first line that names its program is run by the shell, by whatever path it is named', async () => {
  const file = join(folder, 'plain');
  await writeFile(file, 'echo "ran with $1"\n');
  await chmod(file, 0o755);
  for (const name of [file, './plain'])
    expect(await exec(name, ['care'])).toMatchObject({ end: { kind: 'exit', code: 0 }, stdout: 'ran with care\n' });
});
