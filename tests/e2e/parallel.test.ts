// run -j N: several tasks at work at once, with all that holds for one.

import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { words } from '../rig/ai-project.ts';
import { createProject, type Project } from '../rig/project.ts';

type Given = { readonly id: string; readonly line?: string; readonly more?: string };

async function projectOf(tasks: readonly Given[], head = ''): Promise<Project> {
  const entries = tasks.map(({ id, line, more = '' }) =>
    line === undefined
      ? `  - {id: ${id}, name: Task ${id}, type: MANUAL${more}}\n`
      : `  - {id: ${id}, name: Task ${id}, type: AUTOMATED_SCRIPT, task_detail_file: tasks/${id}.yaml${more}}\n`,
  );
  const details = tasks.flatMap(({ id, line }) =>
    line === undefined ? [] : [[`tasks/${id}.yaml`, `id: ${id}\nscript_details: ${JSON.stringify(line)}\n`]],
  );
  return createProject({ 'runbook.yaml': `${head}tasks:\n${entries.join('')}`, ...Object.fromEntries(details) });
}

/** Ends when all of them are at work at the same moment; alone it would never end. */
const together = (ids: readonly string[]) =>
  `echo $ORCHESTRATE_TASK_ID begins; touch at-$ORCHESTRATE_TASK_ID; while ! { ${ids.map((id) => `[ -f at-${id} ]`).join(' && ')}; }; do sleep 0.02; done; echo $ORCHESTRATE_TASK_ID ends`;

const moves = async (project: Project) =>
  (await project.log()).map(({ task_id, event_type }) => `${task_id} ${event_type}`);

describe.concurrent('run -j', () => {
  test('has as many at work as it says, and shows what each says in one piece', async ({ expect }) => {
    const ids = ['a', 'b', 'c'];
    await using project = await projectOf(ids.map((id) => ({ id, line: together(ids) })));
    const { code, stdout, stderr } = await project.run(['run', '-j', '3']);
    expect(code, stderr).toBe(0);
    // The first is heard as it speaks, then the next; whoever has ended meanwhile breaks in as a whole, so that only those before it are cut.
    expect(stdout).toMatch(/^a begins\n/);
    let rest = stdout;
    for (const id of ids.toReversed()) {
      expect(rest).toContain(`${id} begins\n${id} ends\n`);
      rest = rest.replace(`${id} begins\n${id} ends\n`, '');
    }
    expect(rest).toBe('');
    expect(stderr.match(/✓ DONE \w/g)?.toSorted()).toEqual(['✓ DONE a', '✓ DONE b', '✓ DONE c']);
    const events = await moves(project);
    expect(events.filter((event) => event.endsWith('START_TASK'))).toHaveLength(3);
    expect(events.filter((event) => event.endsWith('COMPLETE_TASK'))).toHaveLength(3);
    expect(await project.read('runbook.yaml')).not.toMatch(/RUNNING|READY|PENDING/);
  });

  test('starts nothing before what it rests on has ended, whatever the graph', async ({ expect }) => {
    const ids = Array.from({ length: 16 }, (_, index) => `t${index}`);
    const dependsOn = ids.map((_, index) =>
      [0, 1, 2].map((step) => (index * 7 + step * 5) % (index + 3)).filter((on) => on < index),
    );
    await using project = await projectOf(
      ids.map((id, index) => ({
        id,
        line: `sleep 0.0${(index * 3) % 5}`,
        more: `, depends_on: [${[...new Set(dependsOn[index])].map((on) => ids[on]).join(', ')}]`,
      })),
    );
    const { code, stderr } = await project.run(['run', '-j', '8', '-q']);
    expect(code, stderr).toBe(0);
    const events = await moves(project);
    for (const [index, id] of ids.entries()) {
      expect(events.filter((event) => event.startsWith(`${id} `))).toEqual(
        ['TASK_READY', 'START_TASK', 'COMPLETE_TASK'].map((event) => `${id} ${event}`),
      );
      for (const on of dependsOn[index] ?? [])
        expect(events.indexOf(`${ids[on]} COMPLETE_TASK`)).toBeLessThan(events.indexOf(`${id} START_TASK`));
    }
  });

  test('keeps apart what needs the same, and what must be alone', async ({ expect }) => {
    const guarded = (name: string) => `mkdir ${name} || exit 9; sleep 0.1; rmdir ${name}`;
    const alone =
      'ls | grep -c lock-; [ $(ls | grep -c lock-) = 0 ]; code=$?; sleep 0.05; [ $(ls | grep -c lock-) = 0 ] && exit $code';
    await using project = await projectOf(
      [
        { id: 'a', line: guarded('lock-db'), more: ', resources: [db]' },
        { id: 'b', line: guarded('lock-db'), more: ', resources: {db: 1}' },
        { id: 'c', line: guarded('lock-gpu'), more: ', resources: {gpu: 2}' },
        { id: 'd', line: guarded('lock-gpu'), more: ', resources: [gpu]' },
        { id: 'e', line: alone, more: ', exclusive: true' },
        { id: 'f', line: guarded('lock-f') },
      ],
      'resources: {gpu: 2}\n',
    );
    const { code, stderr } = await project.run(['run', '-j', '6']);
    expect(code, stderr).toBe(0);
  });

  test('after a failure starts nothing more, and lets the others end', async ({ expect }) => {
    await using project = await projectOf([
      { id: 'a', line: 'while [ ! -f at-b ]; do sleep 0.02; done; exit 1' },
      { id: 'b', line: 'touch at-b; sleep 0.5; echo b >> ran' },
      { id: 'c', line: 'echo c >> ran' },
    ]);
    const { code } = await project.run(['run', '-j', '2']);
    expect(code).toBe(1);
    expect(await project.read('ran')).toBe('b\n');
    expect(await project.read('runbook.yaml')).toMatch(/id: a.*ERROR[^]*id: b.*DONE[^]*id: c.*READY/);
  });

  test('says what can never be had', async ({ expect }) => {
    await using project = await projectOf(
      [{ id: 'a', line: 'true', more: ', resources: {gpu: 3}' }],
      'resources: {gpu: 2}\n',
    );
    const { code, stderr } = await project.run(['validate']);
    expect([code, stderr]).toEqual([2, expect.stringContaining('it needs 3 of "gpu", and there are 2')]);
    expect((await project.run(['run', '-j', '0'])).code).toBe(2);
  });
});

test('while a person is asked, scripts go on, and do not write into the question', async () => {
  await using project = await projectOf([
    { id: 'm' },
    { id: 's', line: 'touch at-s; while [ ! -f go ]; do sleep 0.02; done; echo said $(echo by) s' },
    { id: 't', line: 'echo said $(echo by) t; touch t-ran', more: ', depends_on: [s]' },
  ]);
  const terminal = await project.terminal(['run', '-j', '2']);
  await terminal.waitFor(words('Task m'));
  while (!(await project.exists('at-s'))) await sleep(20);
  expect((await project.run(['retry', 'm'])).code).toBe(4);
  await project.write('go', '');
  while (!(await project.exists('t-ran'))) await sleep(20);
  await sleep(150);
  expect(terminal.screen()).not.toContain('said by');
  // When they have ended, the person who is still asked keeps nobody from the project.
  const other = await project.run(['review', 'm', '--accept', '--wait']);
  expect([other.code, other.stderr]).toEqual([0, expect.anything()]);
  terminal.type('y\r');
  expect(await terminal.exit).toMatchObject({ code: 3 });
  expect(terminal.screen()).toMatch(/said by s[^]*said by t[^]*answered elsewhere/);
  expect(await project.read('runbook.yaml')).not.toMatch(/RUNNING|READY|PENDING|ERROR/);
});

test('a task that was given up does not let the run end before the one beside it', async () => {
  await using project = await createProject({
    'runbook.yaml': `tasks:
  - { id: a, name: A, type: AUTOMATED_SCRIPT, status: READY, task_detail_file: tasks/a.yaml }
  - { id: b, name: B, type: AUTOMATED_SCRIPT, status: READY, task_detail_file: tasks/b.yaml }
`,
    'tasks/a.yaml': 'id: a\nscript_details: { command: /bin/sleep, args: ["30"], timeout: 0.3s }\n',
    'tasks/b.yaml': 'id: b\nscript_details: "exec >/dev/null 2>&1; sleep 1.5; touch done"\n',
  });
  expect(await project.run(['run', '-j', '2', '-q'])).toMatchObject({ code: 1 });
  expect(await project.exists('done')).toBe(true);
});
