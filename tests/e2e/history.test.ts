// `orchestrate history` on databases that the program made: what is found, summed, exported, forgotten, and in which exit code it ends.
import { chmod, copyFile, mkdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import { openDatabase } from '../../src/database/open.ts';
import { HISTORY_MIGRATIONS } from '../../src/history/migrations.ts';
import { callsOf, createAiProject, serverVariables } from '../rig/ai-project.ts';
import { cutOffIn, forgetHalf } from '../rig/hot-journal.ts';
import { rejected, startModelServer, streamed } from '../rig/model-server.ts';
import { createProject, type Project } from '../rig/project.ts';

const isRoot = process.getuid?.() === 0;
const KNOWN = { usage: { prompt: 1000, completion: 100, cached: 400 }, model: 'gpt-4o-mini-2024-07-18' };
const USD = 600 * 0.15e-6 + 400 * 0.075e-6 + 100 * 0.6e-6;

/** Three calls: a good one that is priced, a good one of a model without a price, one that failed. */
async function projectWithCalls(): Promise<Project> {
  await using server = await startModelServer();
  const task = (id: string) => ({ id, name: id, type: 'AI_ASSISTED', task_detail_file: `tasks/${id}.yaml` });
  const detail = (id: string, model: string, file: string) =>
    `id: ${id}\ntype: AI_ASSISTED\nai_details:\n  prompt_template: prompt_templates/${file}\n  model: ${model}\n  auto_accept: true\n`;
  const project = await createAiProject({
    details: { auto_accept: true, model: 'gpt-4o-mini' },
    after: [task('second'), task('third')],
    files: {
      'tasks/second.yaml': detail('second', 'nobody-knows', 'b.md'),
      'tasks/third.yaml': detail('third', 'gpt-4o-mini', 'b.md'),
      'prompt_templates/b.md': 'About tides.\n',
    },
  });
  const answers = [
    streamed(['Ebb \u001b[31m', 'and\u202e flow.'], KNOWN),
    streamed(['Low water.'], { ...KNOWN, model: 'nobody-knows' }),
  ];
  server.answerWith((_, index = server.requests.length - 1) => answers[index] ?? rejected(401, { message: 'no' }));
  await project.run(['run', '--keep-going'], { env: serverVariables(server) });
  expect(callsOf(project).map(({ status }) => status)).toEqual(['complete', 'complete', 'error']);
  // Looking with SQLite itself leaves -wal and -shm; the program's own reading takes them away.
  await idsOf(project);
  return project;
}

async function json(project: Project, args: readonly string[]): Promise<Record<string, never>> {
  const { code, stdout, stderr } = await project.run(['history', ...args, '--json']);
  expect([code, stderr]).toEqual([0, '']);
  const document = JSON.parse(stdout) as Record<string, never>;
  expect(document).toMatchObject({ schema_version: 1 });
  return document;
}

/** Oldest first. */
async function idsOf(project: Project): Promise<string[]> {
  const { calls } = (await json(project, ['list'])) as unknown as { calls: { id: string }[] };
  return calls.map(({ id }) => id).toReversed();
}

describe('reading', () => {
  test('lists, finds, shows and sums up what was recorded, and leaves the folder as it was', async () => {
    await using project = await projectWithCalls();
    const ids = await idsOf(project);
    const before = await project.snapshot();
    expect(await json(project, ['list'])).toMatchObject({
      calls: [
        { id: ids[2], status: 'error' },
        { id: ids[1], cost_usd: null },
        { id: ids[0], task_id: 'draft', source: 'task' },
      ],
      more: false,
    });
    expect(await json(project, ['list', '--status', 'error', '--since', '2d'])).toMatchObject({
      calls: [{ id: ids[2] }],
    });
    expect(await json(project, ['search', 'TIDES', 'water'])).toMatchObject({
      calls: [{ id: ids[1], excerpt: { where: 'answer' } }],
    });
    expect(await json(project, ['show', (ids[0] ?? '').slice(0, 13)])).toMatchObject({
      call: { id: ids[0], prompt: 'Write for Draft the text.\n', template_text: 'Write for {{ task.name }}.\n' },
    });
    const { total, groups } = (await json(project, ['stats', '--by', 'task'])) as Record<string, unknown>;
    expect(total).toMatchObject({ calls: 3, failures: 1, cost_unknown: 2 });
    expect((total as { cost_usd: number }).cost_usd).toBeCloseTo(USD, 10);
    expect(groups).toMatchObject([{ key: 'draft', calls: 1 }, { cost_usd: null }, { cost_usd: null }]);
    expect(await project.snapshot()).toEqual(before);
  });

  test('everything fits 80 columns with and without colour, and nothing steers the terminal', async () => {
    await using project = await projectWithCalls();
    const [id = ''] = await idsOf(project);
    for (const args of [['list'], ['search', 'flow'], ['stats'], ['show', id]]) {
      const { stdout, code } = await project.run(['history', ...args]);
      const colour = await project.run(['history', ...args], { env: { FORCE_COLOR: '1' } });
      expect(code).toBe(0);
      for (const line of stdout.split('\n')) expect([...line].length).toBeLessThanOrEqual(80);
      expect(stdout).not.toMatch(/[\u001b\u202e]/);
      expect(colour.stdout.replaceAll(/\u001b\[[0-9;]*m/g, '')).toBe(stdout);
      expect(colour.stdout).toContain('\u001b[');
    }
  });

  test('a project without calls has an empty history, and no file is made', async () => {
    await using project = await createProject({ 'runbook.yaml': 'tasks:\n  - {id: a, name: A, type: MANUAL}\n' });
    for (const args of [['list'], ['search', 'x'], ['stats']])
      expect(await project.run(['history', ...args])).toMatchObject({
        code: 0,
        stdout: '',
        stderr: 'No such calls.\n',
      });
    expect(await json(project, ['list'])).toEqual({ schema_version: 1, calls: [], more: false });
    expect(await project.run(['history', 'export'])).toMatchObject({ code: 0, stdout: '', stderr: '' });
    expect(await project.run(['history', 'prune', '--older-than', '1d'])).toMatchObject({ code: 0 });
    expect((await project.run(['history', 'show', 'abc'])).code).toBe(2);
    expect(await project.list()).toEqual(['runbook.yaml']);
  });

  test('a damaged database is said to be one, and doctor named', async () => {
    await using project = await projectWithCalls();
    await project.write('.orchestrate/history.db', 'no database at all, and long enough to be looked at\n'.repeat(99));
    const { code, stderr } = await project.run(['history', 'list']);
    expect(code).toBe(2);
    expect(stderr).toMatch(/history\.db: .*not a database\n {2}→ run "orchestrate doctor"/);
  });

  test('wrong usage is said to be wrong, and changes nothing', async () => {
    await using project = await projectWithCalls();
    const before = await project.snapshot();
    for (const [args, message] of [
      [['list', '--since', 'yesterday'], '"yesterday" is no time'],
      [['list', '--status', 'done'], 'Allowed choices are'],
      [['search', '--', '--'], 'there is no word to search for'],
      [['show', ''], 'begins the ids of several calls'],
      [['show', 'zzz'], 'there is no call whose id begins with "zzz"'],
      [['delete', 'zzz'], 'there is no call whose id begins with "zzz"'],
      [['prune'], '--older-than'],
    ] as const) {
      const { code, stdout, stderr } = await project.run(['history', ...args]);
      expect([args, code, stdout]).toEqual([args, 2, '']);
      expect(stderr).toContain(message);
    }
    expect(await project.snapshot()).toEqual(before);
  });
});

describe('a folder that is read-only', () => {
  test.runIf(isRoot)('is read as it is, with what still stands in the log', async ({ skip }) => {
    await using project = await projectWithCalls();
    const asNobody = await withoutRoot(project);
    if (asNobody === undefined) return skip('nobody but root may read this repository');
    await leaveLog(project);
    cutOffIn(path.join(project.dir, '.orchestrate/state.db'), forgetHalf);
    await chmod(path.join(project.dir, '.orchestrate'), 0o555);
    const before = await project.snapshot();
    const { code, stdout, stderr } = await project.run(['-C', project.dir, 'history', 'list', '--json'], asNobody);
    expect([code, stderr]).toEqual([0, '']);
    expect(JSON.parse(stdout)).toMatchObject({ calls: [{ task_id: 'in-the-log' }, {}, {}, {}] });
    const steps = await project.run(['-C', project.dir, 'undo', '--list'], asNobody);
    expect([steps.code, steps.stderr]).toEqual([0, '']);
    expect(steps.stdout).toContain('draft');
    const changed = await project.run(['-C', project.dir, 'history', 'prune', '--older-than', '2999-01-01'], asNobody);
    expect(changed.code).toBe(2);
    expect(await project.snapshot()).toEqual(before);
  });
});

/** A further call that only the write-ahead log has, as kill -9 leaves it. */
async function leaveLog(project: Project): Promise<void> {
  const { default: Database } = await import('better-sqlite3');
  const file = path.join(project.dir, '.orchestrate/history.db');
  const db = new Database(file);
  db.pragma('wal_autocheckpoint = 0');
  db.exec(
    "INSERT INTO quickies (id, template_name, prompt_text, prompt_hash, source, task_id) VALUES ('1', 't', 'p', 'h', 'task', 'in-the-log')",
  );
  for (const suffix of ['', '-wal']) await copyFile(`${file}${suffix}`, `${file}${suffix}.kept`);
  db.close();
  for (const suffix of ['', '-wal']) {
    await copyFile(`${file}${suffix}.kept`, `${file}${suffix}`);
    await project.remove(`.orchestrate/history.db${suffix}.kept`);
  }
}

/** The program as a user without rights, started by root; undefined where that user cannot read the program. */
async function withoutRoot(project: Project): Promise<{ program: string[] } | undefined> {
  const bin = path.resolve(import.meta.dirname, '../../bin/orchestrate.js');
  for (let folder = path.dirname(bin); folder !== path.dirname(folder); folder = path.dirname(folder))
    if (((await stat(folder)).mode & 0o005) !== 0o005) return undefined;
  await chmod(path.dirname(project.dir), 0o755);
  await mkdir(path.join(project.home, '.config'), { recursive: true });
  const start = `process.setgid(65534); process.setuid(65534); process.argv.splice(1, 0, 'orchestrate'); await import(${JSON.stringify(bin)});`;
  return { program: ['--input-type=module', '-e', start, '--'] };
}

describe('export', () => {
  test('writes whole calls, oldest first, and replaces a secret that became one since', async () => {
    await using project = await projectWithCalls();
    await project.write('runbook.yaml', `secrets: [LATER]\n${await project.read('runbook.yaml')}`);
    const env = { LATER: 'Low water.' };
    const { code, stdout } = await project.run(['history', 'export'], { env });
    expect(code).toBe(0);
    const calls = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(calls).toMatchObject([
      {
        schema_version: 1,
        id: (await idsOf(project))[0],
        prompt: 'Write for Draft the text.\n',
        inputs: {},
        metadata: { provider: 'openai' },
      },
      { answer: '[LATER]' },
      { status: 'error', answer: null },
    ]);
    const markdown = await project.run(['history', 'export', '--format', 'markdown', '--task', 'second'], { env });
    expect(markdown.stdout).toMatch(/^## second, .*\n\n- id: `.*`\n/);
    expect(markdown.stdout).toContain('### Answer\n\n```\n[LATER]\n```\n');
    expect(stdout + markdown.stdout).not.toContain('Low water');
    expect(await json(project, ['export', '--task', 'second'])).toMatchObject({ calls: [{ task_id: 'second' }] });
  });
});

/** The number of the step that a task's attempt is. */
async function stepOf(project: Project, id: string): Promise<string> {
  const { stdout } = await project.run(['undo', '--list', '--json']);
  const { steps } = JSON.parse(stdout) as { steps: { seq: number; title: string }[] };
  return String(steps.find(({ title }) => title.includes(id))?.seq);
}

function fillHistory(file: string, count: number): void {
  const opened = openDatabase({ file, migrations: HISTORY_MIGRATIONS });
  if (!opened.ok) throw new Error(JSON.stringify(opened.error));
  const insert = opened.value.prepare(
    "INSERT INTO quickies (id, template_name, prompt_text, prompt_hash, source, status, created_at) VALUES (?, 't', ?, 'h', 'quickie', 'complete', '2026-01-01T00:00:00.000Z')",
  );
  opened.value.transaction(() => {
    for (let n = 0; n < count; n += 1) insert.run(crypto.randomUUID(), `about ${n}`);
  })();
  opened.value.close();
}

async function untilForgotten(file: string): Promise<void> {
  const db = new Database(file, { readonly: true });
  const first = db.prepare('SELECT 1 FROM quickies WHERE deleted_at IS NOT NULL LIMIT 1');
  while (first.get() === undefined) await new Promise((resolve) => setTimeout(resolve, 2));
  db.close();
}

describe('changing', () => {
  test('delete takes the texts and leaves what they cost', async () => {
    await using project = await projectWithCalls();
    const [id = ''] = await idsOf(project);
    const sums = async () => ((await json(project, ['stats'])) as Record<string, unknown>)['total'];
    const before = (await sums()) as Record<string, unknown>;
    const unchanged = await project.snapshot();
    expect(await json(project, ['delete', id.slice(0, 13), '--dry-run'])).toEqual({
      schema_version: 1,
      deleted: [id],
      dry_run: true,
      interrupted: false,
    });
    expect(await project.snapshot()).toEqual(unchanged);
    expect(await json(project, ['delete', id.slice(0, 13)])).toEqual({
      schema_version: 1,
      deleted: [id],
      dry_run: false,
      interrupted: false,
    });
    expect(await sums()).toEqual({ ...before, deleted: 1 });
    expect((await project.run(['history', 'show', id])).code).toBe(2);
    expect(callsOf(project)[0]).toMatchObject({
      prompt_text: '',
      output: null,
      input_params: '{}',
      model: 'gpt-4o-mini',
    });
    const { stdout } = await project.run(['history', 'stats']);
    expect(stdout).toContain('1 of them deleted: their cost still counts.\n');
  });

  test("delete takes the beginnings of answers out of the journal, and names what stays in a person's own files", async () => {
    await using project = await projectWithCalls();
    const [, id = ''] = await idsOf(project);
    const state = () => readFile(path.join(project.dir, '.orchestrate/state.db'), 'latin1');
    expect(await state()).toContain('Low water.');
    const { code, stdout, stderr } = await project.run(['history', 'delete', id]);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toBe(
      '1 call deleted: prompts, answers and inputs are gone, the costs stay.\nYour own files keep their beginnings: logs/run_log.jsonl,\nand last_run in the YAML of second.\n',
    );
    expect(await state()).not.toContain('Low water.');
    expect(await state()).toContain('Ebb');
    expect(await project.read('logs/run_log.jsonl')).toContain('Low water.');
    // What the journal forgot is no edit of a person.
    expect(await project.read('tasks/second.yaml')).toContain('Low water.');
    expect((await project.run(['undo', '--to', await stepOf(project, 'second')])).code).toBe(0);
    expect(await project.read('tasks/second.yaml')).not.toContain('last_run');
  });

  test('prune deletes what is old enough and nothing else', async () => {
    await using project = await projectWithCalls();
    const ids = await idsOf(project);
    expect(await json(project, ['prune', '--older-than', '1d'])).toMatchObject({ deleted: [] });
    expect(await json(project, ['prune', '--older-than', '0s', '--dry-run'])).toMatchObject({ deleted: ids });
    expect(await json(project, ['prune', '--older-than', '0s'])).toMatchObject({ deleted: ids });
    expect(await json(project, ['list'])).toMatchObject({ calls: [] });
  });

  test('Ctrl-C ends a long prune between two steps, and says how far it is', async () => {
    await using project = await createProject({ 'runbook.yaml': 'tasks:\n  - {id: a, name: A, type: MANUAL}\n' });
    await project.run(['history', 'list']);
    fillHistory(path.join(project.dir, '.orchestrate/history.db'), 6000);
    const running = project.start(['history', 'prune', '--older-than', '1d']);
    await untilForgotten(path.join(project.dir, '.orchestrate/history.db'));
    running.kill('SIGINT');
    const { code, stdout, stderr } = await running.done;
    expect(code).toBe(130);
    expect(stdout).toMatch(/^\d+ of 6000 calls deleted: /);
    expect(stderr).toContain('Interrupted: the same command goes on with the others.');
    const { deleted } = (await json(project, ['prune', '--older-than', '1d'])) as unknown as { deleted: string[] };
    expect(deleted).toHaveLength(6000 - Number(stdout.split(' ')[0]));
  });

  test('recompute-costs shows what a new price changes, and writes it', async () => {
    await using project = await projectWithCalls();
    await project.write('config/models.yaml', 'prices:\n  nobody-knows: {input: 1, cached: 0.5, output: 10}\n');
    const [, id] = await idsOf(project);
    const expected = {
      changed: [{ id, from_usd: null, to_usd: 0.0018, cost_source: 'override' }],
      difference_usd: 0.0018,
    };
    expect(await json(project, ['recompute-costs', '--dry-run'])).toMatchObject({ ...expected, dry_run: true });
    expect(callsOf(project)[1]).toMatchObject({ cost_usd: null });
    const { stdout } = await project.run(['history', 'recompute-costs']);
    expect(stdout).toBe(`${id?.slice(0, 8)}  ? → $0.0018\n1 cost changed: +$0.0018 in all\n`);
    expect(callsOf(project)[1]).toMatchObject({ cost_usd: 0.0018, cost_source: 'override' });
    expect(await json(project, ['recompute-costs'])).toMatchObject({ changed: [] });
    await project.write('config/models.yaml', 'prices: [wrong]\n');
    expect((await project.run(['history', 'recompute-costs'])).code).toBe(2);
  });
});
