// The runbook of this repository: that it is committed in its start state, shows every type of task, and that its model step replays.
import { spawnSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { createProject, type Project } from '../rig/project.ts';

type Entry = {
  id: string;
  name: string;
  phase: string;
  status: string;
  type: string;
  depends_on: string[];
  task_detail_file: string;
};
type Detail = Record<string, unknown> & { id: string; name: string; status: string; type: string };

const ROOT = path.resolve(import.meta.dirname, '../..');
/** All that the runbook reads by itself; what its scripts read stays behind, so none of them can run here. */
const FILES = globSync(
  ['runbook.yaml', 'tasks/*.yaml', 'prompt_templates/**/*.*', 'recordings/*.yaml', 'docs/release-rehearsal/*'],
  {
    cwd: ROOT,
  },
);
const read = (file: string): string => readFileSync(path.join(ROOT, file), 'utf8');

/**
 * As committed: whoever has worked through the runbook has it in another state, which must not fail the tests. The file itself where
 * git does not know it.
 */
function readCommitted(file: string): string {
  const { status, stdout } = spawnSync('git', ['show', `HEAD:${file}`], { cwd: ROOT, encoding: 'utf8' });
  return status === 0 ? stdout : read(file);
}

const { tasks, ai } = parse(read('runbook.yaml')) as { tasks: Entry[]; ai: Record<string, unknown> };
const details = new Map(tasks.map((task) => [task.id, parse(read(task.task_detail_file)) as Detail]));
const modelTasks = tasks.filter((task) => task.type === 'AI_ASSISTED');

/** The copy has no memory of a run, whatever was done in the checkout. */
async function copyOfRunbook(stateOf: (task: Entry) => string): Promise<Project> {
  const project = await createProject(Object.fromEntries(FILES.map((file) => [file, read(file)])));
  let runbook = await project.read('runbook.yaml');
  for (const task of tasks) {
    const [before = '', after = ''] = runbook.split(`- id: ${task.id}\n`);
    runbook = `${before}- id: ${task.id}\n${after.replace(/status: \w+/, `status: ${stateOf(task)}`)}`;
    const detail = await project.read(task.task_detail_file);
    await project.write(task.task_detail_file, detail.replace(/^status: \w+/m, `status: ${stateOf(task)}`));
  }
  await project.write('runbook.yaml', runbook);
  return project;
}

const startState = (task: Entry): string => (task.depends_on.length === 0 ? 'READY' : 'PENDING');
const scriptsDone = (task: Entry): string => (task.type === 'AUTOMATED_SCRIPT' ? 'DONE' : 'PENDING');

describe('what is committed', () => {
  test('is the start state: READY where nothing is waited for, PENDING elsewhere, the same in both files, no trace of a run', () => {
    const committed = (parse(readCommitted('runbook.yaml')) as { tasks: Entry[] }).tasks;
    const found = committed.map(({ id, status, task_detail_file: file }) => {
      const { status: inDetail, last_run: lastRun, issues } = parse(readCommitted(file)) as Detail;
      return { id, status, inDetail, lastRun, issues };
    });
    const wanted = committed.map((task) => {
      const status = startState(task);
      return { id: task.id, status, inDetail: status, lastRun: undefined, issues: undefined };
    });
    expect(found).toEqual(wanted);
  });

  test('is a runbook of at least eight tasks, of every type, in several phases', () => {
    expect(tasks.length).toBeGreaterThanOrEqual(8);
    expect(new Set(tasks.map((task) => task.type))).toEqual(new Set(['MANUAL', 'AI_ASSISTED', 'AUTOMATED_SCRIPT']));
    expect(new Set(tasks.map((task) => task.phase)).size).toBeGreaterThanOrEqual(3);
    expect(globSync('tasks/*', { cwd: ROOT })).toHaveLength(tasks.length);
  });

  test('can be worked through by --yes: no gate, and every model step says what a good answer is', () => {
    for (const [id, detail] of details) expect(detail['gate'] ?? false, id).toBe(false);
    const someFile = expect.arrayContaining([{ file: expect.any(String), matches: expect.any(String) }]);
    for (const { id } of modelTasks) expect(details.get(id)?.['expects'], id).toEqual(someFile);
  });

  test('asks no server unless told to', () => {
    expect(ai).toEqual({ provider: 'replay', model: expect.any(String) });
  });

  test('does not run the test that runs it', () => {
    const scripts = [...details.values()].map((detail) => JSON.stringify(detail['script_details'] ?? ''));
    expect(scripts.filter((script) => script.includes('vitest'))).toEqual([expect.stringContaining('tests/unit')]);
    for (const script of scripts) expect(script).not.toMatch(/e2e|npm (?:run )?test\b|"test"/);
  });
});

describe('in a copy', () => {
  test('validate finds nothing', async () => {
    await using project = await copyOfRunbook(startState);
    const { code, stdout, stderr } = await project.run(['validate', '--json']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(JSON.parse(stdout)).toMatchObject({ valid: true, tasks: tasks.length, problems: [] });
  });

  test('the first task is the one that rests on nothing', async () => {
    await using project = await copyOfRunbook(startState);
    const { stdout } = await project.run(['status', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ next: tasks.find((task) => task.depends_on.length === 0)?.id });
  });

  test('the model step replays its recording, the manual steps follow, and the notes are there', async () => {
    await using project = await copyOfRunbook(scriptsDone);
    const { code, stderr } = await project.run(['run', '--yes']);
    expect({ code, stderr }).toMatchObject({ code: 0 });
    const rest = tasks.filter((task) => task.type !== 'AUTOMATED_SCRIPT').map((task) => task.id);
    const log = await project.log();
    const tasksOf = (type: string) => log.filter((event) => event.event_type === type).map((event) => event.task_id);
    expect(tasksOf('COMPLETE_TASK')).toEqual(rest);
    expect(tasksOf('AI_PROMPT_SENT')).toEqual(modelTasks.map((task) => task.id));
    expect(await project.read('outputs/release-notes.md')).toMatch(/^# orchestrate \d+\.\d+\.\d+\n/);
    const { stdout } = await project.run(['status', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ finished: tasks.length, next: null });
  });
});
