// The rig's temporary projects: isolation, running programs, cleaning up.
import { existsSync } from 'node:fs';
import { chmod, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { isRunning } from '../../rig/leftovers.ts';
import { createProject } from '../../rig/project.ts';

/** Has Node run this code; what the test gives as arguments is `process.argv.slice(1)`. */
const code = (text: string) => ({ program: ['-e', text, '--'] });
const PRINT_ENV = code('console.log(JSON.stringify(process.env))');

afterEach(() => {
  vi.unstubAllEnvs();
});

test('a project lies outside the repository and is gone afterwards', async () => {
  let dir: string;
  {
    await using project = await createProject({ 'runbook.yaml': 'tasks: []\n', 'tasks/a.yaml': 'id: a\r\n' });
    dir = project.dir;
    expect(dir.startsWith(path.resolve(import.meta.dirname, '../../..'))).toBe(false);
    expect(await project.list()).toEqual(['runbook.yaml', 'tasks/a.yaml']);
    expect(await project.read('tasks/a.yaml')).toBe('id: a\r\n');
    expect([await project.exists('tasks/a.yaml'), await project.exists('tasks/b.yaml')]).toEqual([true, false]);
  }
  expect(existsSync(path.dirname(dir))).toBe(false);
});

test('a folder that may not be written to is removed too', async () => {
  let dir: string;
  {
    await using project = await createProject({ 'locked/file': 'x' });
    dir = project.dir;
    await chmod(path.join(dir, 'locked'), 0o500);
  }
  expect(existsSync(dir)).toBe(false);
});

test('a snapshot shows changed bytes, links and empty folders', async () => {
  await using project = await createProject({ a: '\uFEFFx\r\n', b: Buffer.from([0xff, 0xfe]) });
  await symlink('a', path.join(project.dir, 'link'));
  const before = await project.snapshot();
  expect(before).toEqual({ a: '\uFEFFx\r\n', b: 'base64://4=', link: '-> a' });
  expect(await project.snapshot()).toEqual(before);
  await project.write('.orchestrate/x', '');
  await project.remove('.orchestrate/x');
  expect(await project.snapshot()).toEqual({ ...before, '.orchestrate/': '' });
});

test('the environment holds nothing that could change an outcome', async () => {
  const names = [
    'OPENAI_API_KEY',
    'CI',
    'NO_COLOR',
    'FORCE_COLOR',
    'ORCHESTRATE_TASK_ID',
    'GITHUB_ACTIONS',
    'NODE_OPTIONS',
  ];
  for (const name of names) vi.stubEnv(name, name === 'NODE_OPTIONS' ? '--no-warnings' : '1');
  await using project = await createProject();
  const env = JSON.parse((await project.run([], PRINT_ENV)).stdout) as Record<string, string>;
  expect(names.filter((name) => name in env)).toEqual([]);
  for (const name of ['HOME', 'XDG_CONFIG_HOME', 'XDG_DATA_HOME', 'XDG_CACHE_HOME', 'TMPDIR']) {
    expect(env[name]).toMatch(path.dirname(project.dir));
  }
  expect(env['PATH']?.split(path.delimiter)[0]).toBe(path.dirname(process.execPath));
});

test('a test may add to the environment and take from it', async () => {
  await using project = await createProject();
  const { stdout } = await project.run([], { ...PRINT_ENV, env: { EXTRA: 'yes', TZ: undefined } });
  expect(JSON.parse(stdout)).toMatchObject({ EXTRA: 'yes' });
  expect(JSON.parse(stdout)).not.toHaveProperty('TZ');
});

test('run gives what was written and how it ended', async () => {
  await using project = await createProject({ 'sub/x': '' });
  const program = code(`
    console.log(process.cwd(), process.argv.slice(1).join('|'), require('fs').readFileSync(0, 'utf8'));
    console.error('problem');
    process.exitCode = 3;`);
  const result = await project.run(['--flag', 'a b'], { ...program, cwd: 'sub', stdin: 'given' });
  const stdout = `${path.join(project.dir, 'sub')} --flag|a b given\n`;
  expect(result).toEqual({ stdout, stderr: 'problem\n', code: 3, signal: null });
});

test('without text stdin is at its end, and unread text is no error', async () => {
  await using project = await createProject();
  const reads = code("process.stdout.write('[' + require('fs').readFileSync(0, 'utf8') + ']')");
  expect((await project.run([], reads)).stdout).toBe('[]');
  expect(await project.run([], { ...code(''), stdin: 'x'.repeat(1_000_000) })).toMatchObject({ code: 0 });
});

test('a program that hangs is killed, and the error shows what it had written', async () => {
  await using project = await createProject();
  const hangs = code("console.log('so far'); setInterval(() => {}, 1000)");
  await expect(project.run(['x'], { ...hangs, timeoutMs: 1500 })).rejects.toThrow(/within 1500 ms: [^]*so far/);
  await expect.poll(() => project.processes()).toEqual([]);
});

test('a started program can be led and signalled', async () => {
  await using project = await createProject();
  const program = code(`
    process.on('SIGTERM', () => { console.error('caught'); process.exit(9); });
    process.stdin.on('data', (text) => console.log('got ' + text));
    console.log('ready');`);
  const running = project.start([], { ...program, stdin: 'open' });
  await running.waitFor('ready');
  running.write('one');
  await running.waitFor(/got (one)/);
  running.kill('SIGTERM');
  await running.waitFor('caught');
  expect(await running.done).toEqual({ stdout: 'ready\ngot one\n', stderr: 'caught\n', code: 9, signal: null });
  await expect(running.waitFor('more')).rejects.toThrow(/the program has ended \({"code":9,"signal":null}\)/);
});

test('kill -9 is reported as a signal', async () => {
  await using project = await createProject();
  const running = project.start([], code("console.log('up'); setInterval(() => {}, 1000)"));
  await running.waitFor('up');
  running.kill('SIGKILL');
  expect(await running.done).toMatchObject({ code: null, signal: 'SIGKILL' });
});

// Elsewhere than on Linux only what stays in the program's process group is found.
test.runIf(process.platform === 'linux')(
  'what still runs at the end is killed, also what detached itself',
  async () => {
    let pids: number[];
    {
      await using project = await createProject();
      const program = code(`
      const child = require('child_process').spawn('sleep', ['60'], { detached: true, stdio: 'ignore' });
      console.log('pids', process.pid, child.pid, 'end');
      setInterval(() => {}, 1000);`);
      const match = await project.start([], program).waitFor(/pids (\d+) (\d+) end/);
      pids = [Number(match[1]), Number(match[2])];
      expect(new Set(project.processes().map(({ pid }) => pid))).toEqual(new Set(pids));
    }
    await vi.waitFor(() => expect(pids.filter(isRunning)).toEqual([]));
  },
);

test('the log is read as events, and a line that is not whole is an error', async () => {
  await using project = await createProject();
  expect(await project.log()).toEqual([]);
  await project.write(
    'logs/run_log.jsonl',
    '{"event_type":"START_TASK","task_id":"a"}\n{"event_type":"COMPLETE_TASK"}\n',
  );
  expect((await project.log()).map((event) => event.event_type)).toEqual(['START_TASK', 'COMPLETE_TASK']);
  await project.write('logs/run_log.jsonl', '{"event_type":"START_TASK"}\n{"event');
  await expect(project.log()).rejects.toThrow(/not whole: .*\{"event$/s);
});

test('an ejected project stays, and the notice names it', async () => {
  const write = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  let base: string;
  {
    await using project = await createProject({ kept: 'yes' });
    base = path.dirname(project.dir);
    project.eject();
    expect(write.mock.calls.join('')).toContain(`kept: ${project.dir}`);
  }
  write.mockRestore();
  expect(await readFile(path.join(base, 'project/kept'), 'utf8')).toBe('yes');
  expect(base.startsWith(path.join(tmpdir(), 'orchestrate-test-'))).toBe(true);
  await rm(base, { recursive: true });
});
