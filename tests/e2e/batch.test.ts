// Batches: in order, resumed after any end without paying twice, within their budget, every problem with its line.
import path from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import { callsOf, serverVariables } from '../rig/ai-project.ts';
import { type ModelServer, rejected, type ServerRequest, startModelServer, streamed } from '../rig/model-server.ts';
import { createProject, type Project } from '../rig/project.ts';

const FILES = {
  'runbook.yaml': 'ai: {model: my-model}\ntasks:\n  - {id: a, name: A, type: MANUAL}\n',
  'config/models.yaml': 'prices:\n  my-model: {input: 10, output: 100}\n',
  'prompt_templates/say.md':
    '---\nvariables:\n  topic: {}\n  words: {type: integer, default: 3}\n---\nSay {{ words }} words on {{ topic }}.\n',
};
const USAGE = { usage: { prompt: 10, completion: 9 } };

const records = (count: number) =>
  Array.from({ length: count }, (_, at) => `${JSON.stringify({ id: `k${at + 1}`, topic: `topic ${at + 1}` })}\n`).join(
    '',
  );

async function start(inputs: string, files: Record<string, string> = {}) {
  const server = await startModelServer();
  const project = await createProject({ ...FILES, 'in.jsonl': inputs, ...files });
  server.answerWith((request) => streamed(`on ${topicOf(request)}`, { ...USAGE, delayMs: 5 }));
  return {
    server,
    project,
    [Symbol.asyncDispose]: async () => {
      await project[Symbol.asyncDispose]();
      await server.close();
    },
  };
}

function topicOf({ body }: ServerRequest): string {
  return /topic \d+/.exec(body.messages.at(-1)?.content ?? '')?.[0] ?? '?';
}

const BATCH = ['prompt', 'batch', 'say', '--inputs', 'in.jsonl'];

type Line = Readonly<Record<string, unknown>> & { readonly index: number; readonly output: string | null };

async function linesOf(project: Project): Promise<Line[]> {
  const text = (await project.exists('out.jsonl')) ? await project.read('out.jsonl') : '';
  expect(text === '' || text.endsWith('\n')).toBe(true);
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Line);
}

/** How many whole answers each input has in the history. */
function answersOf(project: Project): number[] {
  const db = new Database(path.join(project.dir, '.orchestrate/history.db'), { readonly: true });
  try {
    const sql = `SELECT count(*) AS n FROM quickies WHERE status = 'complete' GROUP BY input_index ORDER BY input_index`;
    return db
      .prepare<[], { n: number }>(sql)
      .all()
      .map(({ n }) => n);
  } finally {
    db.close();
  }
}

const env = (server: ModelServer) => serverVariables(server);

test('killed three times, a batch ends with each result once, in order, and nothing that was recorded is asked again', async () => {
  const count = 60;
  await using scene = await start(records(count));
  const { project, server } = scene;
  const args = [...BATCH, '-j', '4', '--out', 'out.jsonl'];
  for (const asked of [10, 25, 40]) {
    const running = project.start(args, { env: env(server) });
    while (server.requests.length < asked) await new Promise((resolve) => setTimeout(resolve, 2));
    running.kill('SIGKILL');
    await running.done;
    const lines = await linesOf(project);
    expect(lines.map(({ index }) => index)).toEqual(lines.map((_, at) => at + 1));
  }
  const { code, stderr } = await project.run(args, { env: env(server) });
  expect(code, stderr).toBe(0);
  expect(stderr).toContain('60 of 60 inputs answered');
  const lines = await linesOf(project);
  expect(lines.map(({ output }) => output)).toEqual(Array.from({ length: count }, (_, at) => `on topic ${at + 1}`));
  expect(lines[6]).toEqual({
    index: 7,
    id: 'k7',
    status: 'complete',
    output: 'on topic 7',
    error: null,
    cost_usd: 0.001,
    tokens: { prompt: 10, cached: null, completion: 9 },
    call_id: expect.any(String),
  });
  expect(answersOf(project)).toEqual(Array.from({ length: count }, () => 1));
  const asked = server.requests.length;
  const again = await project.run(BATCH, { env: env(server) });
  expect([again.code, again.stdout]).toEqual([0, await project.read('out.jsonl')]);
  expect(server.requests).toHaveLength(asked);
});

describe.concurrent('a batch', () => {
  test('tells all bad inputs with their lines before anything is sent: exit 2', async ({ expect }) => {
    await using scene = await start('{"topic":"topic 1"}\nno\n{"words":3}\n{"topic":"a","words":"many"}\n');
    const { code, stderr } = await scene.project.run([...BATCH, '--out', 'out.jsonl'], { env: env(scene.server) });
    expect(code).toBe(2);
    for (const place of [
      "in.jsonl:2: error: this is not JSON: Unexpected token 'o'\n",
      'in.jsonl:3: error: the variable "topic"',
      'in.jsonl:4:',
    ])
      expect(stderr).toContain(place);
    expect(stderr).toContain('3 errors');
    expect(scene.server.requests).toHaveLength(0);
    expect(await scene.project.exists('out.jsonl')).toBe(false);
  });

  test('waits where the server says that it is asked too much, and loses nothing', async ({ expect }) => {
    await using scene = await start(records(20));
    scene.server.enqueue(
      ...Array.from({ length: 8 }, () => rejected(429, { code: 'rate_limit_exceeded' }, { 'retry-after-ms': '30' })),
    );
    const { code, stdout } = await scene.project.run([...BATCH, '-j', '8', '--json'], { env: env(scene.server) });
    const lines = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Line);
    expect(lines.slice(0, -1).map(({ index }) => index)).toEqual(Array.from({ length: 20 }, (_, at) => at + 1));
    expect(lines.at(-1)).toMatchObject({ event: 'batch_ended', complete: 20, failed: 0, exit_code: 0 });
    expect(code).toBe(0);
    expect(scene.server.requests).toHaveLength(28);
  });

  test('names what failed with its line, and asks exactly that again with --retry-failed', async ({ expect }) => {
    await using scene = await start(records(9));
    const { project, server } = scene;
    const cut = new Set(['topic 3', 'topic 8']);
    server.answerWith((request) => streamed('x', { ...USAGE, finish: cut.has(topicOf(request)) ? 'length' : 'stop' }));
    const args = [...BATCH, '--out', 'out.jsonl'];
    const first = await project.run(args, { env: env(server) });
    expect(first.code).toBe(1);
    expect(first.stderr).toMatch(/in\.jsonl:3 input 3 \(k3\): truncated:.*in\.jsonl:8 input 8 \(k8\)/s);
    const same = await project.run(args, { env: env(server) });
    expect([same.code, server.requests.length]).toEqual([1, 9]);
    cut.clear();
    const retried = await project.run([...args, '--retry-failed'], { env: env(server) });
    expect(retried.code, retried.stderr).toBe(0);
    expect(server.requests.slice(9).map(topicOf).toSorted()).toEqual(['topic 3', 'topic 8']);
    expect((await linesOf(project)).map(({ index, status }) => [index, status])).toEqual(
      Array.from({ length: 9 }, (_, at) => [at + 1, 'complete']),
    );
  });

  test('stays within --max-cost with all its calls together, and goes on with more', async ({ expect }) => {
    await using scene = await start(records(30), {
      'prompt_templates/say.md': `---\nconfig: {max_tokens: 20}\n---\nSay a word on {{ topic }}.\n`,
    });
    const { project, server } = scene;
    const args = [...BATCH, '-j', '8', '--out', 'out.jsonl', '--max-cost'];
    const first = await project.run([...args, '0.012'], { env: env(server) });
    expect(first.code).toBe(3);
    expect(first.stderr).toContain('the budget of $0.012 for this run');
    // Each costs 0.001 and may cost 0.0026.
    const spent = callsOf(project).reduce((sum, { cost_usd: usd }) => sum + Number(usd), 0);
    expect(spent).toBeGreaterThan(0.0085);
    expect(spent).toBeLessThanOrEqual(0.012);
    const second = await project.run([...args, '0.05'], { env: env(server) });
    expect(second.code, second.stderr).toBe(0);
    expect(server.requests).toHaveLength(30);
  });

  test('is stopped by Ctrl-C, waits for what is at the server, and goes on without asking for anything twice', async ({
    expect,
  }) => {
    await using scene = await start(records(40));
    const { project, server } = scene;
    server.answerWith((request) => streamed(topicOf(request), { ...USAGE, delayMs: 60 }));
    const args = [...BATCH, '-j', '2', '--out', 'out.jsonl'];
    const running = project.start(args, { env: env(server) });
    while (server.requests.length < 8) await new Promise((resolve) => setTimeout(resolve, 2));
    running.kill('SIGINT');
    const { code, stderr } = await running.done;
    expect(code).toBe(130);
    expect(stderr).toContain('the same command goes on where this one ended');
    expect((await linesOf(project)).length).toBeGreaterThan(3);
    expect((await project.run(args, { env: env(server) })).code).toBe(0);
    expect(answersOf(project)).toEqual(Array.from({ length: 40 }, () => 1));
    expect(server.requests).toHaveLength(40);
  });

  test('does not send the record that holds a secret, and sends the others: exit 3', async ({ expect }) => {
    await using scene = await start('{"topic":"topic 1"}\n{"topic":"hunter2-hunter2"}\n{"topic":"topic 3"}\n');
    const { project, server } = scene;
    const { code, stdout, stderr } = await project.run(BATCH, {
      env: { ...env(server), MY_SECRET: 'hunter2-hunter2' },
    });
    expect([code, server.requests.length]).toEqual([3, 2]);
    expect(stdout.split('\n')[1]).toContain('"error":"refused: the prompt holds the value of MY_SECRET');
    expect(stderr).toContain('in.jsonl:2 input 2');
    expect(stdout + stderr).not.toContain('hunter2-hunter2');
  });

  test('ends at the first answer that says that none will come', async ({ expect }) => {
    await using scene = await start(records(50));
    scene.server.answerWith(() => rejected(401, { message: 'wrong key' }));
    const { code, stdout, stderr } = await scene.project.run([...BATCH, '-j', '2'], { env: env(scene.server) });
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toContain('0 of 50 inputs answered');
    expect(scene.server.requests.length).toBeLessThan(6);
  });
});
