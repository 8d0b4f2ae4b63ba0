// Undo, and the recognition of states that went back as a whole: end-to-end, byte for byte.

import { describe, expect, test } from 'vitest';
import { createProject, type Project } from '../rig/project.ts';

const RUNBOOK = `# mine
tasks:
  - id: a # first
    name: "A"
    status: 'PENDING'
    type: AUTOMATED_SCRIPT
    task_detail_file: tasks/a.yaml
  - {id: b, name: B, type: AUTOMATED_SCRIPT, depends_on: [a], task_detail_file: tasks/b.yaml}
  - {id: c, name: C, type: MANUAL, depends_on: [b]}
`;
const FILES = {
  'runbook.yaml': RUNBOOK,
  'tasks/a.yaml': 'id: a\nstatus: PENDING # here too\nscript_details: "true"\n# the end',
  'tasks/b.yaml': 'id: b\nscript_details: test -f go\n',
};

const yaml = async (project: Project) =>
  Promise.all(Object.keys(FILES).map(async (file) => [file, await project.read(file)] as const));

const outcome = async (project: Project, ...args: string[]) => (await project.run(args)).code;

describe('undo', () => {
  test('takes the last attempt back with what followed from it, to the byte', async () => {
    await using project = await createProject(FILES);
    expect(await outcome(project, 'reset', '--all')).toBe(0); // a is READY now
    const before = await yaml(project);
    expect(await outcome(project, 'next')).toBe(0);
    const { code, stdout, stderr } = await project.run(['undo']);
    expect({ code, stdout }).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/a COMPLETE_TASK {2}a READY → DONE, b PENDING → READY\n$/),
    });
    expect(stderr).toBe('not taken back: what the script of a did\n');
    expect(await yaml(project)).toEqual(before);
    expect((await project.log()).at(-1)).toMatchObject({ event_type: 'UNDONE', status_change: 'READY -> PENDING' });
    expect(await outcome(project, 'next')).toBe(0);
  });

  test('takes a failure back with its issue and its last run', async () => {
    await using project = await createProject(FILES);
    expect(await outcome(project, 'next')).toBe(0);
    const before = await yaml(project);
    expect(await outcome(project, 'next')).toBe(1);
    expect(await project.read('tasks/b.yaml')).toContain('SCRIPT_ERROR');
    expect(await outcome(project, 'undo')).toBe(0);
    expect(await yaml(project)).toEqual(before);
  });

  test('goes back to a step that is named, through retries, skips and hand edits', async () => {
    await using project = await createProject(FILES);
    expect(await outcome(project, 'reset', '--all')).toBe(0);
    const before = await yaml(project);
    for (const args of [['next'], ['next'], ['retry', 'b'], ['skip', 'b', '--unblock'], ['done', 'c']])
      await project.run(args);
    const { steps } = JSON.parse((await project.run(['undo', '--list', '--json'])).stdout) as {
      steps: { seq: number; title: string }[];
    };
    expect(steps.map(({ title }) => title)).toEqual([
      'c COMPLETE_TASK',
      'b SKIP_TASK',
      'b TASK_RETRIED',
      'b ERROR_TASK',
      'a COMPLETE_TASK',
    ]);
    expect(await outcome(project, 'undo', '--to', String(steps.at(-1)?.seq))).toBe(0);
    expect(await yaml(project)).toEqual(before);
    expect((await project.run(['undo'])).stderr).toContain('there is nothing to undo');
  });

  test('leaves a state alone that a person has changed since', async () => {
    await using project = await createProject(FILES);
    expect(await outcome(project, 'next')).toBe(0);
    await project.write('runbook.yaml', (await project.read('runbook.yaml')).replace("'DONE'", "'SKIPPED'"));
    expect(await outcome(project, 'undo')).toBe(0); // the edit itself is the last step
    expect(await project.read('runbook.yaml')).toContain("'DONE'");
  });

  test('of a step that is not there says so and changes nothing', async () => {
    await using project = await createProject(FILES);
    const before = await project.snapshot();
    expect(await project.run(['undo', '--to', '7'])).toMatchObject({ code: 2 });
    expect(await project.run(['undo', '--list'])).toMatchObject({ code: 0, stdout: 'Nothing was done yet.\n' });
    expect(await project.snapshot()).toEqual(before);
  });
});

describe('states that went back as a whole', () => {
  /** A stale buffer, a checkout, a stash: the files as they were before two tasks were done. */
  async function wentBack(): Promise<Project> {
    const project = await createProject({ ...FILES, go: '' });
    await project.run(['reset', '--all']);
    const before = await yaml(project);
    await project.run(['run']);
    for (const [file, text] of before) await project.write(file, text);
    return project;
  }

  test('are not run again unasked', async () => {
    await using project = await wentBack();
    const { code, stderr } = await project.run(['run']);
    expect(code).toBe(3);
    expect(stderr).toMatch(
      /the states in the files are those from before .* \(step \d+\): a DONE → READY, b DONE → PENDING/,
    );
    expect(stderr).toContain('orchestrate doctor --keep journal');
    expect((await project.log()).filter(({ event_type }) => event_type === 'START_TASK')).toHaveLength(2);
  });

  test('are put forward again by doctor --keep journal', async () => {
    await using project = await wentBack();
    expect(await outcome(project, 'doctor', '--keep', 'journal')).toBe(0);
    expect(await project.read('runbook.yaml')).toMatch(/status: 'DONE'[\s\S]*id: b.*status: DONE/);
    expect(await outcome(project, 'next')).toBe(3); // only the manual step is left
  });

  test('count after doctor --keep files, and are done again', async () => {
    await using project = await wentBack();
    expect(await outcome(project, 'doctor', '--keep', 'files')).toBe(0);
    expect((await project.log()).filter(({ event_type }) => event_type === 'STATUS_EDITED').length).toBeGreaterThan(1);
    await project.run(['run']);
    expect((await project.log()).filter(({ event_type }) => event_type === 'START_TASK')).toHaveLength(4);
  });

  test('are asked about in a terminal', async () => {
    await using project = await wentBack();
    await using terminal = await project.terminal(['next']);
    await terminal.waitFor('Which states count?');
    terminal.type('j\r');
    await terminal.waitFor('Is it done?');
    expect(await project.read('runbook.yaml')).toContain("status: 'DONE'");
  });

  test('one task alone is what a person does who wants it done again; what rests on it is named', async () => {
    await using project = await createProject({ ...FILES, go: '' });
    await project.run(['run']);
    await project.write('runbook.yaml', (await project.read('runbook.yaml')).replace("'DONE'", "'READY'"));
    const { stderr } = await project.run(['next']);
    expect(stderr).toContain('a: DONE → READY, by hand in runbook.yaml');
    expect(stderr).toContain('b is DONE and rests on a: kept as it is');
    expect(stderr).toContain('orchestrate reset b');
    expect(stderr).toContain('DONE a');
  });
});

test('a changed definition and a changed template are told once, and logged', async () => {
  await using project = await createProject({
    'runbook.yaml':
      `ai: {model: m, provider: replay}\n${RUNBOOK}  - {id: d, name: D, type: AI_ASSISTED, depends_on: [c], task_detail_file: tasks/d.yaml}\n`.replace(
        '# mine\n',
        '',
      ),
    'tasks/a.yaml': FILES['tasks/a.yaml'],
    'tasks/b.yaml': FILES['tasks/b.yaml'],
    'tasks/d.yaml': 'id: d\nai_details: {prompt_template: prompt_templates/d.md}\n',
    'prompt_templates/d.md': 'One.\n',
  });
  expect(await outcome(project, 'next')).toBe(0);
  await project.write('tasks/b.yaml', 'id: b\nscript_details: "true"\n');
  await project.write('prompt_templates/d.md', 'Two.\n');
  const { stderr } = await project.run(['next']);
  expect(stderr).toContain('changed by hand: the definition of b; the template of d');
  expect((await project.run(['done', 'c'])).stderr).not.toContain('changed by hand');
  expect((await project.log()).filter(({ event_type }) => event_type === 'TASK_EDITED')).toMatchObject([
    { task_id: 'b', details: { part: 'definition' }, actor: 'person' },
    { task_id: 'd', details: { part: 'template' } },
  ]);
});

describe('undo leaves alone', () => {
  test('what a person wrote into an issue that the step did not touch', async () => {
    await using project = await createProject({
      ...FILES,
      'tasks/a.yaml':
        'id: a\nscript_details: exit 3\nissues:\n  - {type: SCRIPT_ERROR, detail: long ago, resolution: old}\n',
    });
    expect(await outcome(project, 'next')).toBe(1);
    await project.write(
      'tasks/a.yaml',
      (await project.read('tasks/a.yaml')).replace('resolution: old', 'resolution: mine'),
    );
    expect(await outcome(project, 'undo')).toBe(0);
    expect(await project.read('tasks/a.yaml')).toBe(
      'id: a\nscript_details: exit 3\nissues:\n  - {type: SCRIPT_ERROR, detail: long ago, resolution: mine}\nstatus: READY\n',
    );
  });

  test('nothing RUNNING that nobody runs: an attempt that was cut off is taken back as a whole', async () => {
    await using project = await createProject({
      ...FILES,
      'tasks/a.yaml': 'id: a\nscript_details: echo started; sleep 30\n',
    });
    const running = project.start(['next']);
    await running.waitFor(/^started$/m);
    running.kill('SIGKILL');
    await running.done;
    expect(await outcome(project, 'next')).toBe(1);
    expect(await project.read('tasks/a.yaml')).toContain('INTERRUPTED');
    expect(await outcome(project, 'undo')).toBe(0);
    expect(await project.read('tasks/a.yaml')).toBe('id: a\nscript_details: echo started; sleep 30\nstatus: READY\n');
    expect(await project.read('runbook.yaml')).not.toContain('RUNNING');
  });
});

test('a detail file that was renamed while an outcome waits for it does not block the project', async () => {
  await using project = await createProject({
    ...FILES,
    'tasks/a.yaml': 'id: a\nscript_details: "echo started; while [ ! -f go ]; do sleep 0.02; done"\n',
  });
  const running = project.start(['next']);
  await running.waitFor(/^started$/m);
  const text = await project.read('tasks/a.yaml');
  await project.write('tasks/a.yaml', `${text}bad: [\n`);
  await project.write('go', '');
  expect((await running.done).code).toBe(3);
  await project.remove('tasks/a.yaml');
  await project.write('tasks/a2.yaml', text);
  await project.write('runbook.yaml', (await project.read('runbook.yaml')).replace('tasks/a.yaml', 'tasks/a2.yaml'));
  expect(await outcome(project, 'next')).toBe(0);
  expect(await project.read('runbook.yaml')).toMatch(/status: 'DONE'/);
});
