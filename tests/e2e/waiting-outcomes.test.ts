// Outcomes that wait for files which cannot take them, and names that are no secrets: what a person may write at the wrong moment.

import { describe, expect, test } from 'vitest';
import { createProject, type Project } from '../rig/project.ts';

const GO = 'echo started; while [ ! -f go ]; do sleep 0.02; done';

async function running(detail: (text: string) => string): Promise<Project> {
  const project = await createProject({
    'runbook.yaml':
      'tasks:\n  - {id: a, name: A, type: AUTOMATED_SCRIPT, task_detail_file: tasks/a.yaml}\n  - {id: b, name: B, type: AUTOMATED_SCRIPT, depends_on: [a], task_detail_file: tasks/b.yaml}\n',
    'tasks/a.yaml': `id: a\nstatus: PENDING\nscript_details: ${JSON.stringify(GO)}\n`,
    'tasks/b.yaml': 'id: b\nscript_details: echo b >> ran.txt\n',
  });
  const run = project.start(['run']);
  await run.waitFor(/started/);
  await project.write('tasks/a.yaml', detail(await project.read('tasks/a.yaml')));
  await project.write('go', '');
  expect((await run.done).code).toBe(3);
  return project;
}

const ended = async (project: Project) =>
  (await project.log()).flatMap(({ task_id, status_change }) =>
    task_id === 'a' && status_change ? [status_change] : [],
  );

describe.concurrent('an outcome whose detail file got', () => {
  test.each<[string, (text: string) => string]>([
    ['issues that are a text', (text) => `${text}issues: hello\n`],
    ['issues that are a mapping', (text) => `${text}issues: {a: 1}\n`],
    ['an issue that is nothing', (text) => `${text}issues: [~]\n`],
    ['a status that there is not', (text) => text.replace(/^status: .*$/m, 'status: DOEN')],
    ['a list instead of a mapping', () => '- hello\n'],
  ])('%s waits, is said with its file, and comes when it is mended', async (_name, detail) => {
    await using project = await running(detail);
    const good = `id: a\nstatus: RUNNING\nscript_details: ${JSON.stringify(GO)}\n`;
    const early = await project.run(['next']);
    expect([2, 3]).toContain(early.code);
    expect(early.stderr).toContain('tasks/a.yaml');
    expect(await project.exists('ran.txt')).toBe(false);
    await project.write('tasks/a.yaml', good);
    const late = await project.run(['run']);
    expect(late.code, late.stderr).toBe(0);
    expect(await project.read('tasks/a.yaml')).toMatch(/^status: DONE$/m);
    expect(await project.read('ran.txt')).toBe('b\n');
    expect(await ended(project)).toEqual(['PENDING -> READY', 'READY -> RUNNING', 'RUNNING -> DONE']);
  });

  test('another status by hand keeps that in both files, and the log has no gap', async () => {
    await using project = await running((text) => `${text.replace(/^status: .*$/m, 'status: SKIPPED')}gat: 1\n`);
    const text = await project.read('tasks/a.yaml');
    await project.write('tasks/a.yaml', text.replace('gat: 1\n', ''));
    await project.run(['next', '--no-input']);
    expect(await project.read('tasks/a.yaml')).toMatch(/^status: SKIPPED$/m);
    expect(await project.read('runbook.yaml')).toContain(
      '{id: a, name: A, type: AUTOMATED_SCRIPT, task_detail_file: tasks/a.yaml, status: SKIPPED}',
    );
    expect((await ended(project)).slice(1)).toEqual(['READY -> RUNNING', 'RUNNING -> DONE', 'DONE -> SKIPPED']);
  });
});

test('a variable whose value is a part of an id does not hide the id, not even from the start after a kill', async () => {
  await using project = await createProject({
    'runbook.yaml':
      'tasks:\n  - {id: deploy-production, name: D, type: AUTOMATED_SCRIPT, task_detail_file: tasks/d.yaml}\n',
    'tasks/d.yaml': 'id: deploy-production\nscript_details: echo started; sleep 30\n',
  });
  const env = { SIGNING_KEY_NAME: 'production', API_TOKEN: 'topsecret-1' };
  const run = project.start(['next'], { env });
  await run.waitFor(/started/);
  run.kill('SIGKILL');
  await run.done;
  const { code, stderr } = await project.run(['next', '--no-input'], { env });
  expect([code, stderr]).toEqual([1, expect.stringContaining('retry deploy-production')]);
  expect((await project.log()).map(({ task_id }) => task_id)).toEqual(Array(3).fill('deploy-production'));
  const { stderr: warned } = await project.run(['validate'], { env });
  expect(warned).toMatch(/runbook\.yaml:2:\d+: warning: the value of SIGNING_KEY_NAME stands in the id/);
});

test('tasks that are added at the same time, and while one runs, are all there', async () => {
  await using project = await createProject({
    'runbook.yaml':
      '# plan\ntasks:\n  - {id: a, name: A, type: AUTOMATED_SCRIPT, task_detail_file: tasks/a.yaml}\n  # last\n',
    'tasks/a.yaml': `id: a\nscript_details: ${JSON.stringify(GO)}\n`,
  });
  const run = project.start(['run', '--no-input']);
  await run.waitFor(/started/);
  const ids = ['t1', 't2', 't3', 't4', 't5', 't6'];
  const added = await Promise.all(ids.map((id) => project.run(['add', id, '--type', 'MANUAL'])));
  expect(added.map(({ code, stderr }) => [code, stderr])).toEqual(ids.map(() => [0, '']));
  await project.write('go', '');
  expect((await run.done).code).toBe(3);
  const runbook = await project.read('runbook.yaml');
  expect(runbook).toMatch(/^# plan$/m);
  expect(new Set([...runbook.matchAll(/id: (\w+)/g)].map(([, id]) => id))).toEqual(new Set(['a', ...ids]));
  expect(runbook).toMatch(/id: a, .*status: DONE/);
  expect((await project.run(['validate'])).code).toBe(0);
  expect((await project.list()).filter((file) => /conflict|\.tmp$/.test(file))).toEqual([]);
});
