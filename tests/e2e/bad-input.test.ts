// Bad input: a clear text with file, line, column, caret and advice, everything at once, exit 2, and nothing changed.
import { chmod, chown, mkdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { createProject, type Project } from '../rig/project.ts';
import type { BadInput } from './bad-input/case.ts';
import { ARTIFACTS, DETAIL_FILES, SCRIPTS } from './bad-input/one-task.ts';
import { PROMPTS } from './bad-input/prompts.ts';
import { BYTES, SYNTAX } from './bad-input/syntax.ts';
import { WRONG_USAGE } from './bad-input/usage.ts';
import { EVERYWHERE, GRAPH, SHAPE } from './bad-input/whole-runbook.ts';

const isRoot = process.getuid?.() === 0;
const GOOD = 'tasks:\n  - id: a\n    name: A\n    type: MANUAL\n';
const BROKEN = GOOD.replace('name: A', 'name: "A');
const CANNOT_PARSE =
  'runbook.yaml:3:11: error: the quote that begins here is never closed\n    3 |     name: "A\n      |           ^^\n  → close it on the line where it should end\n';

async function projectOf({ files, prepare }: Pick<BadInput, 'files' | 'prepare'>): Promise<Project> {
  const project = await createProject(files);
  await prepare?.(project);
  return project;
}

describe.concurrent('what is wrong with the whole runbook', () => {
  test.for([...SYNTAX, ...SHAPE, ...GRAPH, ...BYTES])('$name', async (row, { expect }) => {
    await using project = await projectOf(row);
    const before = await project.snapshot();
    expect(await project.run(['run', '--yes'])).toEqual({ code: 2, signal: null, stdout: '', stderr: row.stderr });
    expect(await project.snapshot()).toEqual(before);
  });
});

describe.concurrent('what is wrong with one task', () => {
  const rows = [...DETAIL_FILES, ...SCRIPTS, ...ARTIFACTS, ...PROMPTS];
  test.for(rows.map((row, index) => ({ ...row, index })))('$name', async ({ index, ...row }, { expect }) => {
    await using project = await projectOf(row);
    const before = await project.snapshot();
    expect(await project.run(['validate'])).toEqual({ code: 2, signal: null, stdout: '', stderr: row.stderr });
    expect(await project.snapshot()).toEqual(before);

    // That a run passes it over is the same for all of them: shown by every sixth.
    if (index % 6 > 0) return;
    const run = await project.run(['run', '--yes']);
    expect([run.code, run.stdout]).toEqual([3, 'done']);
    expect(run.stderr).toContain(row.stderr);
    expect(run.stderr).toMatch(
      /Waiting for a person:\n {2}bad: its files have (an error|\d errors)\n {4}→ mend it, then: orchestrate next bad\n$/,
    );
    expect(await project.read('outputs/other.txt')).toBe('done');
    const started = (await project.log()).filter(({ event_type }) => event_type === 'START_TASK');
    expect(started.map(({ task_id }) => task_id)).toEqual(['other']);
  });
});

describe.concurrent('a broken task among others', () => {
  const files = {
    'runbook.yaml': `${GOOD}    task_detail_file: tasks/a.yaml\n  - {id: b, name: B, type: MANUAL}\n  - {id: c, name: C, type: MANUAL, depends_on: [a]}\n`,
    'tasks/a.yaml': 'id: a\ngat: true\n',
  };
  const WARNING =
    'tasks/a.yaml:2:1: error: unknown key "gat"\n    2 | gat: true\n      | ^^^\n  → did you mean "gate"?\n';

  test('status and show warn on stderr, and go on', async ({ expect }) => {
    await using project = await createProject(files);
    const before = await project.snapshot();
    const status = await project.run(['status']);
    expect([status.code, status.stderr]).toEqual([0, `${WARNING}\n`]);
    expect(status.stdout).toMatch(/next b: B.*\n {2}→ orchestrate next\n$/);
    const show = await project.run(['show', 'a']);
    expect([show.code, show.stderr]).toEqual([0, `${WARNING}\n`]);
    const other = await project.run(['show', 'b']);
    expect([other.code, other.stderr]).toEqual([0, '']);
    expect(await project.snapshot()).toEqual(before);
  });

  test('next passes it over, and refuses it by name', async ({ expect }) => {
    await using project = await createProject(files);
    const named = await project.run(['next', 'a', '--yes']);
    expect([named.code, named.stdout]).toEqual([2, '']);
    expect(named.stderr).toContain(WARNING);
    const next = await project.run(['next', '--yes']);
    expect([next.code, next.stdout]).toEqual([0, '']);
    expect(next.stderr).toContain(WARNING);
    expect(next.stderr).toMatch(/✓ DONE b\n$/);
    expect((await project.log()).filter(({ event_type }) => event_type === 'START_TASK')).toMatchObject([
      { task_id: 'b' },
    ]);
    expect(await project.read('tasks/a.yaml')).toBe(files['tasks/a.yaml']);
  });

  test('mended, it runs', async ({ expect }) => {
    await using project = await createProject(files);
    await project.run(['run', '--yes']);
    await project.write('tasks/a.yaml', 'id: a\ngate: false\n');
    const run = await project.run(['run', '--yes']);
    expect([run.code, run.stdout]).toEqual([0, '']);
    expect(run.stderr).toContain('All done: 2 tasks in this run.');
    expect(await project.read('tasks/a.yaml')).toMatch(/^id: a\ngate: false\nstatus: DONE\n/);
  });

  test('two tasks cannot write one file, however it is spelled', async ({ expect }) => {
    const task = (id: string, artifact: string) =>
      `id: ${id}\nscript_details: {command: printf, args: [x], capture: stdout}\noutput_artifact: ${artifact}\n`;
    await using project = await createProject({
      'runbook.yaml':
        'tasks:\n  - {id: a, name: A, type: AUTOMATED_SCRIPT, task_detail_file: tasks/a.yaml}\n  - {id: b, name: B, type: AUTOMATED_SCRIPT, task_detail_file: tasks/b.yaml}\n',
      'tasks/a.yaml': task('a', 'outputs/x.txt'),
      'tasks/b.yaml': task('b', './outputs//x.txt'),
    });
    const validate = await project.run(['validate']);
    expect([validate.code, validate.stdout]).toEqual([2, '']);
    expect(validate.stderr).toMatch(/^tasks\/b\.yaml:3:18: error: "b" and "a" both write \.\/outputs\/\/x\.txt\n/);
    expect(validate.stderr).toContain('  → give each task a file of its own\n');
  });
});

describe.concurrent('a runbook that cannot be read', () => {
  test.for([
    ['status'],
    ['show', 'a'],
    ['validate'],
    ['next'],
    ['next', 'a', '--force'],
    ['next', '--dry-run'],
    ['run', '--dry-run'],
    ['run', '--keep-going'],
    ['review', 'a'],
    ['review', 'a', '--accept'],
    ['retry', 'a', '--take-over'],
    ['skip', 'a', '--unblock'],
    ['done', 'a', '--force'],
    ['reset', '--all'],
  ])('%s says so, exits 2 and changes nothing', async (args, { expect }) => {
    await using project = await createProject({ 'runbook.yaml': BROKEN });
    const before = await project.snapshot();
    expect(await project.run(args)).toEqual({ code: 2, signal: null, stdout: '', stderr: CANNOT_PARSE });
    expect(await project.snapshot()).toEqual(before);
  });

  test('as JSON, the problems stand on stdout', async ({ expect }) => {
    await using project = await createProject({ 'runbook.yaml': BROKEN });
    const problem = {
      severity: 'error',
      code: 'yaml-syntax',
      message: 'the quote that begins here is never closed',
      file: 'runbook.yaml',
      line: 3,
      column: 11,
      advice: 'close it on the line where it should end',
    };
    const failed = {
      schema_version: 1,
      error: { code: 'problems', message: problem.message, problems: [problem], exit_code: 2 },
    };
    for (const [command, document] of [
      ['status', failed],
      ['run', failed],
      ['validate', { schema_version: 1, valid: false, tasks: 0, quickies: 0, problems: [problem] }],
    ] as const) {
      const { code, stdout, stderr } = await project.run([command, '--json']);
      expect([code, stderr]).toEqual([2, '']);
      expect(JSON.parse(stdout)).toEqual(document);
    }
  });

  test('mistakes everywhere are told at once, file by file and from top to bottom', async ({ expect }) => {
    await using project = await projectOf(EVERYWHERE);
    const before = await project.snapshot();
    expect(await project.run(['validate'])).toEqual({ code: 2, signal: null, stdout: '', stderr: EVERYWHERE.stderr });
    const run = await project.run(['run', '--yes']);
    expect([run.code, run.stdout]).toEqual([2, '']);
    expect(run.stderr).toMatch(/^runbook\.yaml:7:18: error: these tasks wait for each other/);
    expect(await project.snapshot()).toEqual(before);
  });

  test('what can be read in part is judged as a whole', async ({ expect }) => {
    await using project = await createProject({
      'runbook.yaml': `${GOOD}    hold: 1\n  - {id: A, name: x, type: MANUAL}\n`,
    });
    const { code, stdout, stderr } = await project.run(['validate', '--json']);
    expect([code, stderr]).toEqual([2, '']);
    expect(JSON.parse(stdout)).toMatchObject({
      schema_version: 1,
      valid: false,
      problems: [
        { code: 'wrong-type', line: 5, column: 11 },
        { code: 'duplicate-id', line: 6, column: 10, related: [{ file: 'runbook.yaml', line: 2, column: 9 }] },
      ],
    });
  });

  test('the log can still be read', async ({ expect }) => {
    await using project = await createProject({
      'runbook.yaml': BROKEN,
      'logs/run_log.jsonl': '{"event_type":"START_TASK","task_id":"a","timestamp":"2026-01-31T09:00:00.000Z"}\n',
    });
    expect(await project.run(['logs'])).toEqual({
      code: 0,
      signal: null,
      stderr: '',
      stdout: '2026-01-31T09:00:00.000Z START_TASK a\n',
    });
  });
});

describe.concurrent('no project, or not one to be trusted', () => {
  test('not in a project at all', async ({ expect }) => {
    await using project = await createProject({ 'notes.txt': '' });
    const before = await project.snapshot();
    const stderr = `error: no runbook.yaml in ${project.dir} or in any folder above it\n  → change to your project, name it with -C DIR, or start one with "orchestrate init"\n`;
    for (const args of [['status'], ['run'], ['logs'], ['reset', '--all']])
      expect(await project.run(args)).toEqual({ code: 2, signal: null, stdout: '', stderr });
    expect(await project.run(['-C', 'nowhere', 'status'])).toMatchObject({
      code: 2,
      stdout: '',
      stderr: `error: -C: ${project.dir}/nowhere is not a folder\n`,
    });
    expect(await project.snapshot()).toEqual(before);
  });

  test('the project above the current folder is found', async ({ expect }) => {
    await using project = await createProject({ 'runbook.yaml': GOOD, 'sub/deeper/notes.txt': '' });
    expect(await project.run(['validate'], { cwd: 'sub/deeper' })).toMatchObject({
      code: 0,
      stdout: '✓ 1 task, no errors\n',
      stderr: '',
    });
    expect(await project.run(['-C', 'sub', 'validate'])).toMatchObject({
      code: 0,
      stdout: '✓ 1 task, no errors\n',
      stderr: '',
    });
  });

  test.runIf(isRoot)('a root of another user needs -C', async ({ expect }) => {
    await using project = await createProject({ 'runbook.yaml': GOOD });
    await chown(project.dir, 12_345, 12_345);
    const before = await project.snapshot();
    const stderr = `error: ${project.dir} belongs to another user; its scripts would run with your rights\n  → if you trust it, name it: orchestrate -C ${project.dir} …\n`;
    for (const args of [['status'], ['run', '--yes']])
      expect(await project.run(args)).toEqual({ code: 2, signal: null, stdout: '', stderr });
    expect(await project.snapshot()).toEqual(before);
    expect(await project.run(['-C', project.dir, 'validate'])).toMatchObject({ code: 0, stderr: '' });
  });

  test('a runbook without the right to read it', async ({ expect, skip }) => {
    await using project = await createProject();
    await project.write('runbook.yaml', GOOD, { mode: 0o000 });
    const asNobody = isRoot ? await withoutRoot(project) : {};
    if (asNobody === undefined) return skip('nobody but root may read this repository');
    const { code, stdout, stderr } = await project.run(isRoot ? ['-C', project.dir, 'status'] : ['status'], asNobody);
    expect({ code, stdout, stderr }).toEqual({
      code: 2,
      stdout: '',
      stderr: `error: cannot read ${project.dir}/runbook.yaml: permission denied\n  → give yourself the right to read it\n`,
    });
    await chmod(path.join(project.dir, 'runbook.yaml'), 0o600);
  });
});

describe.concurrent('wrong usage', () => {
  test.for(WRONG_USAGE)('$args', async ({ args, stderr }, { expect }) => {
    await using project = await createProject({ 'runbook.yaml': GOOD });
    const before = await project.snapshot();
    expect(await project.run(args)).toEqual({ code: 2, signal: null, stdout: '', stderr });
    expect(await project.snapshot()).toEqual(before);
  });

  test('as JSON, it is a document on stdout', async ({ expect }) => {
    await using project = await createProject({ 'runbook.yaml': GOOD });
    const document = async (...args: string[]) => {
      const { code, stdout, stderr } = await project.run([...args, '--json']);
      expect([code, stderr]).toEqual([2, '']);
      return JSON.parse(stdout) as unknown;
    };
    expect(await document('statuss')).toEqual({
      schema_version: 1,
      error: { code: 'usage', message: 'unknown command "statuss"', advice: 'did you mean "status"?', exit_code: 2 },
    });
    expect(await document('retry', 'A')).toEqual({
      schema_version: 1,
      error: { code: 'unknown-task', message: 'there is no task "A"', advice: 'did you mean "a"?', exit_code: 2 },
    });
  });

  test('without a command, the help is shown on stderr', async () => {
    await using project = await createProject();
    const { code, stdout, stderr } = await project.run([]);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/^Usage: orchestrate \[options\] \[command\]\n/);
  });
});

/** The program as a user without rights, started by root; undefined where that user cannot read the program. */
async function withoutRoot(project: Project): Promise<{ program: string[] } | undefined> {
  const bin = path.resolve(import.meta.dirname, '../../bin/orchestrate.js');
  for (let folder = path.dirname(bin); folder !== path.dirname(folder); folder = path.dirname(folder)) {
    if (((await stat(folder)).mode & 0o005) !== 0o005) return undefined;
  }
  await chmod(path.dirname(project.dir), 0o755);
  await mkdir(path.join(project.home, '.config'), { recursive: true });
  const start = `process.setgid(65534); process.setuid(65534); process.argv.splice(1, 0, 'orchestrate'); await import(${JSON.stringify(bin)});`;
  return { program: ['--input-type=module', '-e', start, '--'] };
}
