// `orchestrate schema`: the schemas of the built program, printed and written; they fit the files that init writes.
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { createProject, type Project } from '../rig/project.ts';

async function fits(project: Project, kind: string, text: string): Promise<boolean> {
  const { stdout } = await project.run(['schema', kind]);
  return new Ajv2020({ allowUnionTypes: true }).compile(JSON.parse(stdout) as object)(parse(text));
}

test('the schemas accept what init writes, before and after a run, and no typo', async () => {
  await using project = await createProject();
  await project.run(['init']);
  await project.run(['add', 'more', '--type', 'AUTOMATED_SCRIPT', '--script', 'false']);
  expect(await project.run(['run', '--yes'])).toMatchObject({ code: 1 });
  const files = await project.list();
  const recording = files.find((file) => file.startsWith('recordings/')) ?? '';
  expect(await fits(project, 'runbook', await project.read('runbook.yaml'))).toBe(true);
  for (const file of files.filter((one) => one.startsWith('tasks/')))
    expect([file, await fits(project, 'task', await project.read(file))]).toEqual([file, true]);
  expect(await fits(project, 'recording', await project.read(recording))).toBe(true);
  const [, head = ''] = (await project.read('prompt_templates/announcement.md')).split('---\n');
  expect(await fits(project, 'template', head)).toBe(true);
  expect(
    await fits(project, 'runbook', (await project.read('runbook.yaml')).replace('depends_on:', 'depend_on:')),
  ).toBe(false);
});

test('the runbook is the default, and needs no project', async () => {
  await using project = await createProject();
  const [plain, named, json] = [
    await project.run(['schema']),
    await project.run(['schema', 'runbook']),
    await project.run(['schema', '--json']),
  ];
  expect(plain).toEqual(named);
  expect(JSON.parse(plain.stdout)).toMatchObject({
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Runbook',
  });
  expect(JSON.parse(json.stdout)).toEqual({ schema_version: 1, kind: 'runbook', schema: JSON.parse(plain.stdout) });
});

test('--write puts all of them where the files look for them, and says so', async () => {
  await using project = await createProject({
    'runbook.yaml': 'tasks: [{id: a, name: A, type: MANUAL}]\n',
    '.orchestrate/schemas/task.json': 'old',
  });
  const written = await project.run(['schema', '--write'], { cwd: '.orchestrate' });
  expect(written).toMatchObject({ code: 0, stderr: '' });
  const files = ['models', 'quickies', 'recording', 'runbook', 'task', 'template'].map(
    (kind) => `.orchestrate/schemas/${kind}.json`,
  );
  expect((await project.list()).filter((file) => file !== 'runbook.yaml')).toEqual(files);
  for (const file of files) expect(written.stdout).toContain(`wrote ${file}\n`);
  expect(await project.read('.orchestrate/schemas/task.json')).toBe((await project.run(['schema', 'task'])).stdout);
  expect(JSON.parse((await project.run(['schema', '--write', '--json'])).stdout)).toMatchObject({
    written: expect.arrayContaining(files),
  });
});

test.each([
  [['schema', 'runbok'], /there is no schema "runbok"\n.*did you mean "runbook"\?/],
  [['schema', 'x', '--write'], /there is no schema "x"\n.*runbook, task, template, recording/],
  [['schema', '--write'], /no runbook\.yaml/],
])('%j is refused', async (args, message) => {
  await using project = await createProject();
  expect(await project.run(args)).toMatchObject({ code: 2, stdout: '', stderr: expect.stringMatching(message) });
  expect(await project.list()).toEqual([]);
});
