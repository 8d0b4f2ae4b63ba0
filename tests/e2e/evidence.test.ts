// Receipts, and what is told of them: verify, the staleness in status and why, graph and stats. Nothing of it changes the project.
import { describe, expect, test } from 'vitest';
import { createAiProject, serverVariables } from '../rig/ai-project.ts';
import { startModelServer, streamed } from '../rig/model-server.ts';
import { createProject, type Project } from '../rig/project.ts';
import { edit, filesOf, statuses } from './kit.ts';

/** `gen` writes what `use` reads, a person signs, and `ship` waits for somebody. */
const FILES = {
  ...filesOf([
    {
      id: 'gen',
      detail:
        'output_artifact: outputs/gen.txt\nexpects: [{file: outputs/gen.txt, matches: "^v"}, {command: "test ! -e broken"}]\nscript_details: sh scripts/gen.sh',
    },
    { id: 'use', entry: 'depends_on: [gen]', detail: 'script_details: cat outputs/gen.txt' },
    { id: 'sign', type: 'MANUAL', entry: 'depends_on: [gen]' },
    { id: 'hold', type: 'MANUAL', entry: 'hold: true' },
    { id: 'ship', entry: 'depends_on: [use, hold]', detail: 'script_details: "true"' },
  ]),
  'scripts/gen.sh': 'mkdir -p outputs\necho v1 > outputs/gen.txt\n',
};

type Told = { id: string; evidence?: string; stale?: { message: string }[]; reasons?: { message: string }[] };

async function json(project: Project, ...args: string[]): Promise<Record<string, unknown>> {
  return JSON.parse((await project.run([...args, '--json'])).stdout) as Record<string, unknown>;
}

/** Why which tasks are stale, as `status` says. */
async function stale(project: Project): Promise<Record<string, string[]>> {
  const { tasks } = (await json(project, 'status')) as { tasks: Told[] };
  return Object.fromEntries(
    tasks.flatMap(({ id, stale: why }) => (why ? [[id, why.map(({ message }) => message)]] : [])),
  );
}

test('a change of an input makes exactly the tasks stale that rest on it, until a person says that they are right', async () => {
  await using project = await createProject(FILES);
  expect((await project.run(['run', '--yes'])).code).toBe(3);
  expect(await stale(project)).toEqual({});
  expect((await project.run(['verify', '--run-commands'])).code).toBe(0);

  await edit(project, 'scripts/gen.sh', 'v1', 'v22');
  await project.write('outputs/gen.txt', 'changed by hand\n');
  const reasons = {
    gen: ['its artifact outputs/gen.txt was changed since', 'scripts/gen.sh was changed since (its script)'],
    use: ['outputs/gen.txt was changed since (the output of gen)'],
    sign: ['outputs/gen.txt was changed since (the output of gen)'],
  };
  expect(await stale(project)).toEqual(reasons);

  const before = await project.snapshot();
  const verified = await project.run(['verify']);
  expect(verified).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('0 of 3 DONE tasks hold, 3 stale.') as string,
  });
  expect(verified.stdout).toContain('  - a check fails: outputs/gen.txt does not match /^v/\n');
  const whyUse = await project.run(['why', 'use']);
  expect(whyUse.stdout).toContain('It is stale:\n  - outputs/gen.txt was changed since (the output of gen)\n');
  expect((await project.run(['status'])).stdout).toMatch(/✓ use +Task use +stale: outputs\/gen.txt was changed since/);
  for (const args of [['why'], ['why', 'ship'], ['graph', '--format', 'svg'], ['stats'], ['verify', 'use']])
    await project.run(args);
  expect(await project.snapshot()).toEqual(before);

  // A check that fails cannot be confirmed; one whose inputs merely changed can.
  expect((await project.run(['done', 'gen'])).code).toBe(3);
  expect(await project.run(['done', 'use', '--note', 'looked at it'])).toMatchObject({
    code: 0,
    stdout: 'use: confirmed as it is now\n',
  });
  expect(Object.keys(await stale(project))).toEqual(['gen', 'sign']);
  await project.write('outputs/gen.txt', 'v1\n');
  expect(Object.keys(await stale(project))).toEqual(['gen', 'use', 'sign']);
  expect((await project.run(['undo'])).code).toBe(0);
  expect(await project.run(['verify', 'use', 'sign'])).toMatchObject({ code: 0 });
});

test('--refresh does again what it said it would, the stale tasks and what rests on them, and nothing else', async () => {
  await using project = await createProject(
    filesOf([
      { id: 'a', detail: 'script_details: sh a.sh' },
      { id: 'b', entry: 'depends_on: [a]', detail: 'script_details: test ! -e broken' },
      { id: 'c', detail: 'script_details: sh c.sh' },
      { id: 'later', type: 'MANUAL', entry: 'depends_on: [b]' },
    ]),
  );
  await project.write('a.sh', 'exit 0\n');
  await project.write('c.sh', 'exit 0\n');
  await project.run(['run']);
  await project.write('a.sh', 'exit 0 # new\n');
  await project.write('c.sh', 'exit 0\n'); // touched, and the same
  const { steps } = (await json(project, 'run', '--refresh', '--dry-run')) as { steps: { id: string }[] };
  const logged = (await project.log()).length;
  expect(await project.run(['run', '--refresh'])).toMatchObject({
    code: 0,
    stderr: expect.stringContaining(
      'done again: a (a.sh was changed since (its script)); b (rests on one of them)',
    ) as string,
  });
  const started = (await project.log()).slice(logged).filter(({ event_type }) => event_type === 'START_TASK');
  expect(started.map(({ task_id }) => task_id)).toEqual(['a', 'b']);
  expect(steps.map(({ id }) => id)).toEqual(['a', 'b']);

  // One that did not come to its end is gone on with: nothing is forgotten, and nothing is done twice.
  await project.write('a.sh', 'exit 0 # newer\n');
  await project.write('broken', '');
  expect(await project.run(['run', '--refresh'])).toMatchObject({ code: 1 });
  expect(await project.run(['run', '--refresh'])).toMatchObject({ code: 1 });
  await project.remove('broken');
  expect(await project.run(['retry', 'b'])).toMatchObject({ code: 0 });
  expect(await json(project, 'run', '--refresh', '--dry-run')).toMatchObject({ steps: [{ id: 'b' }] });
  const before = (await project.log()).length;
  expect(await project.run(['run', '--refresh'])).toMatchObject({ code: 0 });
  const again = (await project.log()).slice(before).filter(({ event_type }) => event_type === 'START_TASK');
  expect(again.map(({ task_id }) => task_id)).toEqual(['b']);
  expect(await project.run(['run', '--refresh'])).toMatchObject({
    code: 0,
    stderr: '\nNo task is stale: nothing had to be done again.\n',
  });
});

test('what a person set to DONE in the files is stale, before and after a command has seen it', async () => {
  await using project = await createProject(FILES);
  await project.run(['run', '--only', 'gen']);
  const runbook = await project.read('runbook.yaml');
  await project.write('runbook.yaml', runbook.replace(/(id: sign.*status: )READY/, '$1DONE'));
  const byHand = { sign: ['set to DONE by hand, and not verified'] };
  expect(await stale(project)).toEqual(byHand);
  await project.run(['run', '--only', 'use']);
  expect(await stale(project)).toEqual(byHand);
  expect((await json(project, 'why', 'sign')) as Told).toMatchObject({
    evidence: 'stale',
    receipt: { event: 'STATUS_EDITED', actor: 'person' },
  });
  expect(await project.run(['done', 'sign'])).toMatchObject({ code: 0 });
  expect(await stale(project)).toEqual({});
  expect((await statuses(project))['sign']).toBe('DONE');
});

test('a lost memory leaves what is DONE unverified, which is no error', async () => {
  await using project = await createProject(FILES);
  await project.run(['run', '--only', 'gen']);
  await project.remove('.orchestrate');
  expect(await stale(project)).toEqual({});
  expect(await project.run(['verify'])).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('? gen unverified') as string,
  });
  await project.write('outputs/gen.txt', 'no\n');
  expect((await project.run(['verify'])).code).toBe(1);
  expect((await project.run(['verify', 'use'])).code).toBe(2);
});

describe('why', () => {
  test('leads from a task to the causes, each edge with its place', async () => {
    await using project = await createProject(FILES);
    await project.write('scripts/gen.sh', 'exit 7\n');
    expect((await project.run(['run'])).code).toBe(1);
    const ship = await project.run(['why', 'ship']);
    expect(ship).toMatchObject({ code: 0, stderr: '' });
    const lines = (await project.read('runbook.yaml')).split('\n');
    const place = (line: number, item: string) =>
      `runbook.yaml:${line}:${(lines[line - 1] ?? '').indexOf(`[${item}`) + 2}`;
    expect(ship.stdout).toContain(
      `  ship depends on use (${place(6, 'use')})\n  use depends on gen (${place(3, 'gen')})\n  ✗ gen failed:`,
    );
    expect(ship.stdout).toContain('    → mend it, then: orchestrate retry gen\n');
    expect(ship.stdout).toContain('· hold is on hold (runbook.yaml:5:');
    expect((await json(project, 'why', 'ship')) as { causes: unknown[] }).toMatchObject({
      causes: [
        { kind: 'held', id: 'hold', edges: [{ from: 'ship', to: 'hold', file: 'runbook.yaml', line: 6 }] },
        {
          kind: 'failed',
          id: 'gen',
          edges: [
            { from: 'ship', to: 'use', line: 6 },
            { from: 'use', to: 'gen', line: 3 },
          ],
        },
      ],
    });
    expect((await json(project, 'why')) as object).toMatchObject({
      next: null,
      halted_by: 'gen',
      actions: [
        { kind: 'failed', id: 'gen', opens: ['use', 'sign'], waiting: ['use', 'sign', 'ship'] },
        { kind: 'held', id: 'hold', opens: [], waiting: ['ship'] },
      ],
    });
  });
});

test('the answer to a prompt is stale when what it was asked from changes; stats say how good the answers were', async () => {
  await using server = await startModelServer();
  await using project = await createAiProject({
    details: { auto_accept: true, model: 'gpt-4o-mini', input_context: { notes: { file: 'notes.md' } } },
    detail: { output_artifact: 'draft.txt', expects: [{ file: 'draft.txt', matches: 'good' }] },
    files: {
      'prompt_templates/draft.md': 'Of {{ notes }}. {% render "rules" %}\n',
      'prompt_templates/rules.md': 'Be brief.',
      'notes.md': 'tides',
      'other.md': 'not named',
    },
  });
  const usage = { prompt: 1000, completion: 100, cached: 0 };
  let asked = 0;
  server.answerWith(() => streamed([(asked += 1) === 1 ? 'bad' : 'good'], { usage, model: 'gpt-4o-mini' }));
  expect((await project.run(['run'], { env: serverVariables(server) })).code).toBe(0);
  await project.write('other.md', 'changed');
  expect(await stale(project)).toEqual({});
  await project.write('prompt_templates/rules.md', 'Be very brief.');
  await project.write('notes.md', 'the moon');
  expect(await stale(project)).toEqual({
    draft: [
      'prompt_templates/rules.md was changed since (a part of its template)',
      'notes.md was changed since (a context file)',
    ],
  });
  expect(await json(project, 'stats')).toMatchObject({
    finished: 1,
    cost: { calls: 2, unknown: 0 },
    left: { tasks: 0, ms: null },
    answers: [
      {
        template: 'prompt_templates/draft.md',
        model: 'gpt-4o-mini',
        calls: 2,
        judged: 2,
        first_try: 0,
        accepted: 1,
        cost_per_accepted_usd: 0.00042,
      },
    ],
  });
  expect((await project.run(['stats'])).stdout).toMatch(/draft\.md +gpt-4o-mini +2 +0 % of 1 +0 +\$0\.00042\n/);
});

test('a drawing goes to a file, but never over what the project is made of', async () => {
  await using project = await createProject(FILES);
  expect((await project.run(['graph', '--out', 'docs/book.svg'])).code).toBe(0);
  expect(await project.read('docs/book.svg')).toMatch(/^<svg /);
  const before = await project.snapshot();
  for (const file of ['runbook.yaml', 'tasks/gen.yaml', '.env', 'docs', 'book.png'])
    expect(
      (await project.run(['graph', '--out', file, ...(file === 'book.png' ? [] : ['--format', 'dot'])])).code,
    ).toBe(2);
  expect((await project.run(['graph', '--json', '--format', 'dot'])).code).toBe(2);
  expect(await project.snapshot()).toEqual(before);
});
