// `orchestrate add`: a new task that validates, every other byte as it was, and nothing at all where something is wrong.
import { isDeepStrictEqual } from 'node:util';
import { expect, test } from 'vitest';
import { createProject, type Project } from '../rig/project.ts';

const RUNBOOK = `# My runbook.
ai: {model: m}   # by hand
tasks:
  - id: lint
    name: "Lint"   # quoted
    status: DONE
    type: MANUAL

  - {id: test, name: Test, type: MANUAL, status: DONE, depends_on: [lint], x-mine: 1}
`;
const MANUAL_TASK = 'tasks/announce.yaml';

/** How the command ended, and whether anything in the folder has changed. */
async function attempt(project: Project, args: readonly string[]) {
  const before = await project.snapshot();
  const { code, stdout, stderr } = await project.run(['add', ...args]);
  return { code, stdout, stderr, untouched: isDeepStrictEqual(await project.snapshot(), before) };
}

const refusal = (message: RegExp) => ({ code: 2, stdout: '', stderr: expect.stringMatching(message), untouched: true });

test('a manual step: the entry comes last, everything else stays, and it validates', async () => {
  await using project = await createProject({ 'runbook.yaml': RUNBOOK });
  const added = await project.run([
    'add',
    'announce',
    '--name',
    'Announce: it',
    '--depends-on',
    'test',
    'lint',
    '--phase',
    'Last',
  ]);
  expect(added).toEqual({
    code: 0,
    signal: null,
    stderr: '',
    stdout: '✓ announce (MANUAL) stands at the end of runbook.yaml\n  new: tasks/announce.yaml\n',
  });
  expect(await project.read('runbook.yaml')).toBe(`${RUNBOOK}
  - id: announce
    name: "Announce: it"
    phase: Last
    status: PENDING
    type: MANUAL
    depends_on: [test, lint]
    task_detail_file: tasks/announce.yaml
`);
  expect(await project.read(MANUAL_TASK)).toContain(
    'status: PENDING\ntype: MANUAL\n\n# Text, or a list of steps.\nmanual_instructions: |\n',
  );
  expect(await project.run(['validate'])).toMatchObject({ code: 0, stderr: '' });
  expect(await project.run(['run', '--yes'])).toMatchObject({ code: 0 });
});

test('a script with an artifact runs', async () => {
  await using project = await createProject({ 'runbook.yaml': RUNBOOK });
  await project.run([
    'add',
    'make.it',
    '--type',
    'AUTOMATED_SCRIPT',
    '--script',
    'printf "%s: %s" "$0" done > out.txt # now',
    '--output',
    'out.txt',
  ]);
  expect(await project.run(['run'])).toMatchObject({ code: 0 });
  expect(await project.read('out.txt')).toMatch(/: done$/);
});

test('a task for a model: a template is made where there is none', async () => {
  await using project = await createProject({ 'runbook.yaml': RUNBOOK });
  const added = await project.run([
    'add',
    'draft',
    '--type',
    'AI_ASSISTED',
    '--template',
    'prompt_templates/draft.md',
    '--json',
  ]);
  expect(JSON.parse(added.stdout)).toEqual({
    schema_version: 1,
    id: 'draft',
    type: 'AI_ASSISTED',
    changed: ['runbook.yaml'],
    created: ['tasks/draft.yaml', 'prompt_templates/draft.md'],
    needs_model: false,
    problems: [],
  });
  expect(await project.run(['validate'])).toMatchObject({ code: 0, stderr: '' });
  expect(await project.run(['next', '--provider', 'replay'])).toMatchObject({
    code: 3,
    stderr: expect.stringMatching(/no recording fits this request for m/i),
  });
});

test('a template that is there stays; what it needs is told, and a missing model too', async () => {
  const template = '---\nvariables: {tone: {type: string}}\n---\n{{ tone }} {{ topic }} {{ task.name }}\n';
  await using project = await createProject({
    'runbook.yaml': RUNBOOK.replace('ai: {model: m}', 'name: n'),
    't.md': template,
  });
  const added = await project.run(['add', 'draft', '--type', 'AI_ASSISTED', '--template', 't.md']);
  expect(added).toMatchObject({
    code: 0,
    stdout: expect.not.stringContaining('t.md'),
    stderr: expect.stringMatching(
      /no model is named yet[^]*What the task still needs:[^]*"topic", which nothing defines/,
    ),
  });
  expect(await project.read('tasks/draft.yaml')).toContain('  # input_context:\n  #   tone:\n  #   topic:\n');
  expect(await project.read('t.md')).toBe(template);
});

test.each([
  ['an empty file', '', 'tasks:\n  - id: first\n'],
  ['a file of comments', '# soon', '# soon\ntasks:\n  - id: first\n'],
  ['an empty list', 'name: n\ntasks: []\n', 'name: n\ntasks:\n  - id: first\n'],
  ['nothing behind the key', 'tasks:\nname: n\n', 'tasks:\n  - id: first\n'],
  ['no key', 'name: n\n', 'name: n\ntasks:\n  - id: first\n'],
])('the first task of a runbook: %s', async (_, text, beginning) => {
  await using project = await createProject({ 'runbook.yaml': text });
  expect(await project.run(['add', 'first'])).toMatchObject({ code: 0, stderr: '' });
  expect(await project.read('runbook.yaml')).toContain(beginning);
  expect(await project.run(['validate'])).toMatchObject({ code: 0 });
});

test.each([
  [['lint'], /there is a task "lint" already/],
  [['Lint'], /the id "Lint" differs from "lint" only in case or punctuation/],
  [['a/b'], /"a\/b" is no id/],
  [['new', '--depends-on', 'lnt'], /there is no task "lnt" to depend on\n.*did you mean "lint"\?/],
  [['new', '--depends-on', 'new'], /"new" cannot rest on itself/],
  [['taken'], /tasks\/taken\.yaml exists already/],
  [['new', '--script', 'true'], /--script belongs to AUTOMATED_SCRIPT tasks/],
  [['new', '--type', 'AUTOMATED_SCRIPT'], /an AUTOMATED_SCRIPT task needs --script/],
  [['new', '--type', 'AI_ASSISTED'], /an AI_ASSISTED task needs --template/],
  [['new', '--type', 'AI_ASSISTED', '--template', '../t.md'], /the template lies outside the project/],
  [['new', '--type', 'AI_ASSISTED', '--template', '.orchestrate/t.md'], /is no place for a template/],
  [['new', '--output', '../x'], /leads outside the project/],
  [['new', '--output', 'tasks/x'], /no task may write tasks\/x/],
  [['new', '--output', 'report.md'], /"new" and "writer" both write report\.md/],
  [['new', '--name', ''], /--name is empty/],
  [['new', '--type', 'SCRIPT'], /Allowed choices are MANUAL, AI_ASSISTED, AUTOMATED_SCRIPT/],
])('add %j is refused, and nothing changes', async (args, message) => {
  await using project = await createProject({
    'runbook.yaml': `${RUNBOOK}\n  - {id: writer, name: W, type: MANUAL, task_detail_file: w.yaml}\n`,
    'w.yaml': 'id: writer\noutput_artifact: report.md\n',
    'tasks/taken.yaml': '',
  });
  expect(await attempt(project, args)).toEqual(refusal(message));
});

test.each([
  ['YAML with an error', 'tasks: [', /runbook\.yaml:1:/],
  [
    'a cycle',
    'tasks:\n  - {id: a, name: A, type: MANUAL, depends_on: [b]}\n  - {id: b, name: B, type: MANUAL, depends_on: [a]}\n',
    /wait for each other/,
  ],
  ['another error, and no tasks', 'nmae: x\ntasks:\n', /unknown key "nmae"/],
  [
    'a list that stands elsewhere',
    'x-list: &list [{id: a, name: A, type: MANUAL}]\ntasks: *list\n',
    /no entry can be added[^]*write the entry by hand/,
  ],
])('a runbook with %s is not added to', async (_, text, message) => {
  await using project = await createProject({ 'runbook.yaml': text });
  expect(await attempt(project, ['new'])).toEqual(refusal(message));
});

test('a task with errors of its own does not stand in the way', async () => {
  await using project = await createProject({
    'runbook.yaml': 'tasks:\n  - {id: a, name: A, type: AUTOMATED_SCRIPT, task_detail_file: a.yaml}\n',
    'a.yaml': 'idd: a\n',
  });
  expect(await project.run(['add', 'b'])).toMatchObject({ code: 0, stderr: '' });
});
