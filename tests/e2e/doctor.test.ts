// `orchestrate doctor`: says what is wrong, mends what can be mended, and leaves everything else alone.
import { spawnSync } from 'node:child_process';
import { chown } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { createProject, type Project } from '../rig/project.ts';

type Check = { id: string; level: string; message: string; repairable: boolean; repaired: boolean };
type Report = { healthy: boolean; checks: Check[] };

const GONE = 999_999_999;

async function examine(
  project: Project,
  ...args: string[]
): Promise<Report & { code: number | null; check: (id: string) => Check | undefined }> {
  const { stdout, stderr, code } = await project.run(['doctor', '--json', ...args]);
  expect(stderr).toBe('');
  const report = JSON.parse(stdout) as Report;
  return { ...report, code, check: (id) => report.checks.find((one) => one.id === id) };
}

async function usedProject(): Promise<Project> {
  const project = await createProject();
  await project.run(['init']);
  expect(await project.run(['run', '--yes'])).toMatchObject({ code: 0 });
  return project;
}

test('a sound project: nothing to say, nothing changed, nothing left behind', async () => {
  await using project = await usedProject();
  const before = await project.snapshot();
  expect(await examine(project)).toMatchObject({ healthy: true, code: 0 });
  expect(await examine(project, '--repair')).toMatchObject({ healthy: true, code: 0 });
  const { stdout, stderr } = await project.run(['doctor']);
  expect(stderr).toBe('');
  expect(stdout.split('\n').filter((line) => line !== '' && !line.startsWith('✓ '))).toEqual([]);
  expect(await project.run(['doctor', '-q'])).toMatchObject({ code: 0, stdout: '' });
  expect(await project.snapshot()).toEqual(before);
});

test('outside a project the machine alone is looked at', async () => {
  await using project = await createProject();
  const { check, ...report } = await examine(project);
  expect(report).toMatchObject({ healthy: true, code: 0 });
  expect([check('node')?.level, check('project')?.level, check('runbook')]).toEqual(['ok', 'warning', undefined]);
  expect(await project.run(['-C', 'nowhere', 'doctor'])).toMatchObject({ code: 2, stdout: '' });
});

test.runIf(process.getuid?.() === 0)('a project of another user is a fault, until it is named', async () => {
  await using project = await createProject({ 'runbook.yaml': 'tasks: [{id: a, name: A, type: MANUAL}]\n' });
  await chown(project.dir, 12_345, 12_345);
  const { check, code } = await examine(project);
  expect([code, check('project')?.level, check('runbook')]).toEqual([2, 'error', undefined]);
  expect(await project.run(['-C', '.', 'doctor'])).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('1 task, no errors'),
  });
});

test('damaged databases are moved aside, and the next command makes new ones', async () => {
  await using project = await usedProject();
  await project.write('.orchestrate/state.db', 'noise '.repeat(1000));
  const history = Buffer.from(await project.read('.orchestrate/history.db'), 'latin1').subarray(0, 5000);
  await project.write('.orchestrate/history.db', history);
  const found = await examine(project);
  expect(found).toMatchObject({ healthy: false, code: 2 });
  expect([found.check('state-db'), found.check('history-db')]).toMatchObject([
    { level: 'error', repairable: true },
    { level: 'error', repairable: true },
  ]);

  const mended = await examine(project, '--repair');
  expect(mended).toMatchObject({ healthy: true, code: 0 });
  expect([mended.check('state-db'), mended.check('history-db')]).toMatchObject([
    { level: 'ok', repaired: true },
    { level: 'ok', repaired: true },
  ]);
  const names = (await project.list()).filter((file) => file.includes('.corrupt-'));
  expect(names.map((name) => name.replace(/corrupt-[\dTZ-]+/, 'X'))).toEqual([
    '.orchestrate/history.db.X',
    '.orchestrate/state.db.X',
  ]);
  expect(await project.run(['reset', '--all'])).toMatchObject({ code: 0 });
  expect(await project.run(['run', '--yes'])).toMatchObject({ code: 0 });
  const after = await examine(project);
  expect([after.check('state-db')?.message, after.check('history-db')?.message]).toEqual([
    expect.stringContaining('is sound'),
    expect.stringContaining('is sound'),
  ]);
});

test('a torn end of the log is ended, and what it held stays', async () => {
  await using project = await usedProject();
  const log = await project.read('logs/run_log.jsonl');
  await project.write('logs/run_log.jsonl', `${log}{"seq": 99, "event_ty`);
  const found = await examine(project);
  expect(found.code).toBe(0);
  expect(found.check('log-end')).toMatchObject({ level: 'warning', repairable: true, repaired: false });
  expect((await examine(project, '--repair')).check('log-end')).toMatchObject({ level: 'ok', repaired: true });
  expect(await project.read('logs/run_log.jsonl')).toBe(`${log}{"seq": 99, "event_ty\n`);
  expect((await examine(project, '--repair')).check('log-lines')).toMatchObject({
    level: 'warning',
    repairable: false,
    message: expect.stringMatching(/1 line .* \(line \d+\)/),
  });
});

test('leftovers of our writes go; everything that is not ours stays', async () => {
  await using project = await usedProject();
  const ours = [
    `.runbook.yaml.${GONE}.1.new.tmp`,
    `tasks/.publish.yaml.${GONE}.1.new.tmp`,
    `outputs/.changes.md.${GONE}.1.new.tmp`,
    `.orchestrate/schemas/.task.json.${GONE}.1.new.tmp`,
  ];
  const others = [
    `.notes.yaml.${GONE}.1.new.tmp`,
    `tasks/.notes.txt.${GONE}.1.new.tmp`,
    `outputs/.other.md.${GONE}.1.new.tmp`,
    `tasks/.publish.yaml.${process.pid}.1.new.tmp`,
    'tasks/publish.yaml.1.1.new.tmp',
  ];
  for (const file of [...ours, ...others]) await project.write(file, '');
  expect((await examine(project)).check('leftovers')).toMatchObject({ level: 'warning', repairable: true });
  expect(await project.exists(ours[0] ?? '')).toBe(true);
  expect((await examine(project, '--repair')).check('leftovers')).toMatchObject({ level: 'ok', repaired: true });
  expect((await project.list()).filter((file) => file.endsWith('.tmp'))).toEqual([...others].sort());
});

test('a runbook with errors is told of, and the rest is looked at all the same', async () => {
  await using project = await createProject({ 'runbook.yaml': 'tasks: [\n', [`.runbook.yaml.${GONE}.1.new.tmp`]: '' });
  const { check, ...report } = await examine(project, '--repair');
  expect(report).toMatchObject({ healthy: false, code: 2 });
  expect(check('runbook')).toMatchObject({ level: 'error', message: 'runbook.yaml has 1 error' });
  expect(check('leftovers')).toMatchObject({ repaired: true });
  expect(await project.list()).toEqual(['runbook.yaml']);
});

test('errors of a task count too', async () => {
  await using project = await createProject({ 'runbook.yaml': 'tasks: [{id: a, name: A, type: AUTOMATED_SCRIPT}]\n' });
  expect((await examine(project)).check('runbook')).toMatchObject({
    level: 'error',
    message: 'runbook.yaml: 1 task, 1 error',
  });
});

test('a .env that others can read, or that git tracks, is warned of; its values are never shown', async () => {
  await using project = await createProject({ 'runbook.yaml': 'tasks: [{id: a, name: A, type: MANUAL}]\n' });
  const git = (...args: string[]) =>
    spawnSync('git', args, { cwd: project.dir, env: project.env, encoding: 'utf8' }).status;
  await project.write('.env', 'OPENAI_API_KEY=sk-very-secret\n', { mode: 0o644 });
  expect((await examine(project)).check('env-mode')).toMatchObject({
    level: 'warning',
    message: '.env can be read by others (mode 644)',
  });
  await project.write('.env', 'OPENAI_API_KEY=sk-very-secret\n', { mode: 0o600 });
  expect((await examine(project)).check('env-file')).toMatchObject({ level: 'ok' });
  expect(git('init', '-q')).toBe(0);
  expect((await examine(project)).check('env-ignored')).toMatchObject({ level: 'warning' });
  await project.write('.gitignore', '.env\n');
  expect((await examine(project)).check('env-file')).toMatchObject({ level: 'ok' });
  expect(git('add', '-f', '.env')).toBe(0);
  expect((await examine(project)).check('env-tracked')).toMatchObject({ level: 'warning' });
  const { stdout } = await project.run(['doctor']);
  expect(stdout).toContain('OPENAI_API_KEY is set (.env)');
  expect(stdout).not.toContain('sk-very');
});

test('git runs no hook of the repository for it', async () => {
  await using project = await createProject({
    'runbook.yaml': 'tasks: [{id: a, name: A, type: MANUAL}]\n',
    '.env': 'A=1\n',
  });
  spawnSync('git', ['init', '-q'], { cwd: project.dir, env: project.env });
  spawnSync('git', ['config', 'core.fsmonitor', `touch ${project.home}/pwned`], { cwd: project.dir, env: project.env });
  await examine(project);
  expect(await project.exists(`${project.home}/pwned`)).toBe(false);
});
