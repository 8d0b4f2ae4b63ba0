// `orchestrate init`: a project that runs at once, offline, and nothing overwritten.

import { mkdir, symlink } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { createProject, type Project } from '../rig/project.ts';

const FILES = [
  '.env.example',
  '.gitignore',
  '.orchestrate/schemas/models.json',
  '.orchestrate/schemas/quickies.json',
  '.orchestrate/schemas/recording.json',
  '.orchestrate/schemas/runbook.json',
  '.orchestrate/schemas/task.json',
  '.orchestrate/schemas/template.json',
  'config/models.yaml',
  'config/quickie_templates.yaml',
  'notes/changes.txt',
  'outputs/.gitkeep',
  'prompt_templates/announcement.md',
  'runbook.yaml',
  'samples/change.diff',
  'samples/code.js',
  'samples/error.txt',
  'samples/letter.txt',
  'samples/pull_request.json',
  'tasks/collect_changes.yaml',
  'tasks/publish.yaml',
  'tasks/write_announcement.yaml',
];
const PROGRAM = path.resolve(import.meta.dirname, '../../bin/orchestrate.js');
const RECORDING = /^recordings\/[a-z-]+-[0-9a-f]{8}\.yaml$/;

async function statuses(project: Project, cwd = '.'): Promise<Record<string, string>> {
  const { stdout } = await project.run(['status', '--json'], { cwd });
  const { tasks } = JSON.parse(stdout) as { tasks: { id: string; status: string }[] };
  return Object.fromEntries(tasks.map(({ id, status }) => [id, status]));
}

test('what init writes is valid, and a run ends with all DONE, without a key', async () => {
  await using project = await createProject();
  const made = await project.run(['init']);
  expect(made).toMatchObject({ code: 0, stderr: '' });
  const files = await project.list();
  expect(files.filter((file) => !RECORDING.test(file))).toEqual(FILES);
  expect(files.filter((file) => RECORDING.test(file))).toHaveLength(9);
  for (const file of files.filter((one) => !one.startsWith('.orchestrate/'))) expect(made.stdout).toContain(file);
  expect(made.stdout.trimEnd().split('\n').slice(-2)).toEqual(['  orchestrate status', '  orchestrate next']);

  expect(await project.run(['validate'])).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('3 tasks, 8 quickies, no errors'),
    stderr: '',
  });
  expect(await statuses(project)).toEqual({
    collect_changes: 'READY',
    write_announcement: 'PENDING',
    publish: 'PENDING',
  });
  expect(await project.run(['run', '--yes'])).toMatchObject({ code: 0 });
  expect(await statuses(project)).toEqual({ collect_changes: 'DONE', write_announcement: 'DONE', publish: 'DONE' });
  expect(await project.read('outputs/announcement.md')).toMatch(/^# Lantern /);
  expect(await project.run(['doctor'])).toMatchObject({ code: 0, stdout: expect.not.stringMatching(/[!✗]/) });
});

test('each quickie of init can be tried as its "Try" line says, offline', async () => {
  await using project = await createProject();
  await project.run(['init']);
  const text = await project.read('config/quickie_templates.yaml');
  const lines = [...text.matchAll(/# Try: orchestrate (.*)/g)].map((match) => match[1] ?? '');
  expect(lines).toHaveLength(8);
  const program = [
    '-e',
    'process.exitCode = require("child_process").spawnSync("sh", ["-c", process.argv[1]], { stdio: "inherit" }).status',
    '--',
  ];
  const tried = await Promise.all(
    lines.map((line) => project.run([`"${process.execPath}" "${PROGRAM}" ${line} -q`], { program })),
  );
  for (const { code, stdout, stderr } of tried) {
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/\S\n$/);
  }
  expect(tried[5]?.stdout).toBe('sum\n');
});

test('with a key set, nothing is asked of a server', async () => {
  await using project = await createProject();
  await project.run(['init']);
  // A server that nobody has: the run would fail if it were asked.
  const env = { OPENAI_API_KEY: 'sk-a-key-for-nothing', OPENAI_BASE_URL: 'http://127.0.0.1:9/v1' };
  expect(await project.run(['run', '--yes'], { env })).toMatchObject({ code: 0 });
});

test('without --yes it stops where a person is needed', async () => {
  await using project = await createProject();
  await project.run(['init']);
  expect(await project.run(['run'])).toMatchObject({ code: 3 });
  expect(await statuses(project)).toEqual({ collect_changes: 'DONE', write_announcement: 'READY', publish: 'PENDING' });
});

test('a new folder, named as it can be typed, also in a subfolder of another project', async () => {
  await using project = await createProject({ 'runbook.yaml': 'tasks: [{id: outer, name: Outer, type: MANUAL}]\n' });
  const made = await project.run(['init', "sub/it's new"]);
  expect(made).toMatchObject({ code: 0, stderr: '' });
  expect(made.stdout).toContain(String.raw`  orchestrate -C 'sub/it'\''s new' next`);
  expect(await project.read('runbook.yaml')).toContain('outer');
  expect(await project.read("sub/it's new/runbook.yaml")).toContain("\nname: it's new\n");
  expect(Object.keys(await statuses(project, "sub/it's new"))).toContain('publish');
  expect(await project.run(['-C', 'sub', 'init', 'other', '-q'])).toMatchObject({ code: 0, stdout: '', stderr: '' });
  expect(await project.exists('sub/other/runbook.yaml')).toBe(true);
});

test('a folder that is a project already is left alone', async () => {
  await using project = await createProject({ 'runbook.yaml': 'mine\n' });
  const before = await project.snapshot();
  expect(await project.run(['init'])).toMatchObject({
    code: 2,
    stdout: '',
    stderr: expect.stringMatching(/runbook\.yaml exists already; nothing was written\n.*orchestrate add ID/),
  });
  expect(await project.snapshot()).toEqual(before);
});

test('a runbook.yaml that is a link to nowhere is one too', async () => {
  await using project = await createProject();
  await symlink('elsewhere', path.join(project.dir, 'runbook.yaml'));
  const before = await project.snapshot();
  expect(await project.run(['init'])).toMatchObject({ code: 2, stdout: '' });
  expect(await project.snapshot()).toEqual(before);
});

test('a file in the place of the folder is an error', async () => {
  await using project = await createProject({ here: 'text' });
  expect(await project.run(['init', 'here'])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('here is not a folder'),
  });
  expect(await project.run(['init', 'here/below'])).toMatchObject({ code: 2, stdout: '' });
  expect(await project.list()).toEqual(['here']);
});

test('what was there stays, and is listed', async () => {
  await using project = await createProject({
    'tasks/publish.yaml': 'id: publish\nname: Mine\n',
    '.env.example': '',
    '.gitignore': 'node_modules/\r\n/logs\r\n.env',
  });
  const made = await project.run(['init', '--json']);
  expect(made).toMatchObject({ code: 0, stderr: '' });
  const document = JSON.parse(made.stdout) as { kept: string[]; created: string[] };
  expect(document).toMatchObject({
    schema_version: 1,
    folder: project.dir,
    kept: ['.env.example', 'tasks/publish.yaml'],
    gitignore_added: ['.orchestrate/'],
  });
  expect(document.created).toEqual(expect.arrayContaining(['runbook.yaml', 'tasks/collect_changes.yaml']));
  expect(await project.read('tasks/publish.yaml')).toBe('id: publish\nname: Mine\n');
  expect(await project.read('.gitignore')).toMatch(
    /^node_modules\/\r\n\/logs\r\n\.env\r\n#[^\n]*\r\n\.orchestrate\/\r\n$/,
  );
});

test('kept files are told of on stderr, and a .gitignore that needs nothing is not touched', async () => {
  await using project = await createProject({
    '.gitignore': 'logs/\n.orchestrate\n.env\n',
    'notes/changes.txt': 'x\n',
  });
  await mkdir(path.join(project.dir, 'outputs'));
  const made = await project.run(['init']);
  expect(made.stdout).toMatch(/Kept as they were:\n {2}notes\/changes\.txt\n/);
  expect(made.stderr).toContain('orchestrate validate');
  expect(await project.read('.gitignore')).toBe('logs/\n.orchestrate\n.env\n');
});
