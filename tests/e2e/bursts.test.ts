// Scripts that take a moment, one after the other: the files follow the journal in groups, and nothing of what is promised is lost.

import { rename } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { createProject, type Project } from '../rig/project.ts';

const COUNT = 24;
const LARGE = '# by hand\n'.repeat(10_000);
const ids = Array.from({ length: COUNT }, (_, index) => `t${index}`);

type Shape = {
  /** Stands at the beginning of the runbook. */
  readonly head?: string;
  /** What each script does besides. */
  readonly line?: (id: string) => string;
};

async function chain({ head = '', line = () => ':' }: Shape = {}): Promise<Project> {
  const entries = ids.map(
    (id, index) =>
      `  - id: ${id}\n    name: Task ${index} # mine\n    type: AUTOMATED_SCRIPT\n    status: PENDING\n${index > 0 ? `    depends_on: [t${index - 1}]\n` : ''}    task_detail_file: tasks/${id}.yaml\n`,
  );
  const details = ids.map((id) => [
    `tasks/${id}.yaml`,
    `id: ${id}\nstatus: PENDING\ntype: AUTOMATED_SCRIPT\nscript_details: "${line(id)}; echo ${id} >> ran.txt"\n`,
  ]);
  return createProject({ 'runbook.yaml': `${head}tasks:\n${entries.join('')}`, ...Object.fromEntries(details) });
}

const ran = async (project: Project) =>
  (await project.exists('ran.txt')) ? (await project.read('ran.txt')).trim().split('\n') : [];

async function statuses(project: Project): Promise<string[]> {
  const runbook = [...(await project.read('runbook.yaml')).matchAll(/status: (\w+)/g)].map(
    ([, status]) => status ?? '',
  );
  const details = await Promise.all(
    ids.map(async (id) => /^status: (\w+)/m.exec(await project.read(`tasks/${id}.yaml`))?.[1] ?? ''),
  );
  expect(details).toEqual(runbook);
  return runbook;
}

async function eventsOf(project: Project, id: string): Promise<string[]> {
  return (await project.log()).filter(({ task_id }) => task_id === id).map(({ event_type }) => event_type);
}

describe('a chain of quick scripts', () => {
  test('leaves both files and the log as if each had been written by itself', async () => {
    await using project = await chain();
    const { code, stderr } = await project.run(['run', '--yes']);
    expect(code, stderr).toBe(0);
    expect(await ran(project)).toEqual(ids);
    expect(await statuses(project)).toEqual(ids.map(() => 'DONE'));
    expect(await project.read('runbook.yaml')).toContain('name: Task 3 # mine');
    for (const id of ids) expect(await eventsOf(project, id)).toEqual(['TASK_READY', 'START_TASK', 'COMPLETE_TASK']);
    const seqs = (await project.log()).map(({ seq }) => seq);
    expect(seqs).toEqual(seqs.map((_, index) => index + 1));
    expect((await project.run(['undo', '--list'])).stdout).toContain('t23');
    const undone = await project.run(['undo']);
    expect(undone.code, undone.stderr).toBe(0);
    expect((await statuses(project)).slice(-2)).toEqual(['DONE', 'READY']);
    expect(await project.read('tasks/t23.yaml')).not.toContain('last_run');
  });

  test('what is written into the runbook meanwhile counts for the tasks that are still to come', async () => {
    await using project = await chain();
    const running = project.start(['run', '--no-input']);
    while ((await ran(project)).length < 4) await sleep(1);
    const text = await project.read('runbook.yaml');
    const gated = text.replace('depends_on: [t22]', 'depends_on: [t22, gate]');
    const changed = `${gated}  - { id: gate, name: Gate, type: MANUAL, status: READY }\n`;
    await project.write('runbook.yaml.new', changed);
    await rename(path.join(project.dir, 'runbook.yaml.new'), path.join(project.dir, 'runbook.yaml'));
    expect((await ran(project)).length).toBeLessThan(15);
    expect((await running.done).code).toBe(3);
    expect(await ran(project)).toEqual(ids.slice(0, -1));
  });

  test.each([40, 120, 200])(
    'killed after %d ms more, is put in order by the next start: nothing lost, nothing run twice',
    async (ms) => {
      await using project = await chain();
      const running = project.start(['run', '--yes']);
      while (!(await project.exists('ran.txt'))) await sleep(5);
      await sleep(ms);
      running.kill('SIGKILL');
      await running.done;
      const before = await ran(project);
      const next = await project.run(['run', '--yes']);
      const cut = (await project.log())
        .filter(({ event_type }) => event_type === 'TASK_INTERRUPTED')
        .map(({ task_id }) => task_id);
      expect(cut.length, next.stderr).toBeLessThan(2);
      const [id] = cut;
      if (typeof id === 'string') {
        expect(next.code).toBe(1);
        // The script that was cut off is a process of its own: it may end after its orchestrate.
        expect([before, [...before, id]]).toContainEqual(await ran(project));
        expect((await statuses(project))[ids.indexOf(id)]).toBe('ERROR');
        const again = await project.run(['retry', id]);
        expect(again.code, again.stderr).toBe(0);
        expect((await project.run(['run', '--yes'])).code).toBe(0);
      }
      expect(await statuses(project)).toEqual(ids.map(() => 'DONE'));
      const all = await ran(project);
      // The one that was cut off may have done its work already.
      expect(all.filter((one, index) => index === 0 || one !== id || all[index - 1] !== id)).toEqual(ids);
      for (const one of ids) {
        const ended = (await eventsOf(project, one)).filter((event) => event === 'COMPLETE_TASK');
        expect(ended, one).toHaveLength(1);
      }
      expect((await project.list()).filter((file) => /\.(tmp|conflict|new)$|-journal$/.test(file))).toEqual([]);
    },
  );

  // A large runbook goes through other threads.
  test.each([60, 160].flatMap((ms) => [[ms, 'small', ''] as const, [ms, 'large', LARGE] as const]))(
    'killed after %d ms, has kept every remark that was saved into its %s runbook meanwhile, and left no file of its own',
    async (ms, _size, head) => {
      await using project = await chain({ head, line: (id) => `echo '# ${id} was here' >> runbook.yaml` });
      const running = project.start(['run', '--yes']);
      while (!(await project.exists('ran.txt'))) await sleep(2);
      await sleep(ms);
      running.kill('SIGKILL');
      await running.done;
      await sleep(50); // for the script that was cut off
      const first = await project.run(['run', '--yes']);
      const left = (await project.list()).filter((file) => /\.(tmp|conflict|new)$|-journal$/.test(file));
      const now = await project.read('runbook.yaml');
      const beside = left.includes('runbook.yaml.conflict') ? await project.read('runbook.yaml.conflict') : '';
      expect(left.filter((file) => file !== 'runbook.yaml.conflict')).toEqual([]);
      for (const id of await ran(project)) expect(now + beside, first.stderr).toContain(`# ${id} was here\n`);
      // Kept beside it only for what is nowhere else.
      const missing = beside.split('\n').filter((line) => line.endsWith('was here') && !now.includes(`${line}\n`));
      expect(missing.length > 0).toBe(left.length > 0);
      expect(now.startsWith(head)).toBe(true);
    },
  );

  test('a status that a person sets meanwhile counts', async () => {
    await using project = await chain();
    const running = project.start(['run', '--yes']);
    while ((await ran(project)).length < 3) await sleep(2);
    const detail = await project.read('tasks/t23.yaml');
    await project.write('tasks/t23.yaml', detail.replace('status: PENDING', 'status: SKIPPED'));
    const { code, stderr } = await running.done;
    expect((await project.read('runbook.yaml')).match(/status: \w+/g)?.at(-1)).toBe('status: SKIPPED');
    expect(await ran(project)).not.toContain('t23');
    expect([code, stderr]).toEqual([0, expect.stringContaining('t23')]);
  });

  test('before anybody is asked, and before anything is said of others, all that came before is told', async () => {
    await using project = await chain();
    const manual = '  - { id: look, name: Look, type: MANUAL, depends_on: [t22] }\n';
    const broken =
      '  - { id: odd, name: Odd, type: AUTOMATED_SCRIPT, depends_on: [t22], task_detail_file: tasks/odd.yaml }\n';
    await project.write('tasks/odd.yaml', 'id: odd\ntype: AUTOMATED_SCRIPT\nnonsense: 1\n');
    const text = await project.read('runbook.yaml');
    await project.write('runbook.yaml', text.replace('  - id: t23', `${broken}${manual}  - id: t23`));
    await using terminal = await project.terminal(['run', '--until', 'look']);
    await terminal.waitFor('Is it done?');
    expect(terminal.text()).toMatch(/DONE t22[^]*"nonsense"[^]*Look \(look/);
    terminal.type('q\r');
    await terminal.exit;
    expect((await project.run(['reset', '--all'])).code).toBe(0);
    const { stdout } = await project.run(['run', '--until', 'look', '--json']);
    const told = stdout
      .split('\n')
      .flatMap((line) =>
        line.includes('"task_id":"t22"') || line.includes('"look"') ? [/"event":"(\w+)"/.exec(line)?.[1]] : [],
      );
    expect(told).toEqual(['task_started', 'script_started', 'task_ended', 'task_waits', 'run_ended']);
  });
});
