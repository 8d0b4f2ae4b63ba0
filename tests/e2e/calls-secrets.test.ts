// The proof of design.md §7 for model calls: random keys are planted, every end of a call is driven by a server that repeats them, and
// every byte that was written or shown is searched, also in the moment after a kill.
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, test } from 'vitest';
import { createAiProject, serverVariables } from '../rig/ai-project.ts';
import { type Reply, rejected, type Step, startModelServer, streamed } from '../rig/model-server.ts';
import type { Project } from '../rig/project.ts';
import { leaksIn, leaksOnDisk, random, type Secrets } from './leaks.ts';

/** In the environment, .env, an env_file, and by a name that only the runbook calls secret. */
function plant() {
  const inProcess: Secrets = {
    OPENAI_API_KEY: `sk-${random(16)}`,
    DEPLOY_TOKEN: `t/${random()}+"%`,
    PLAIN_NAME: random(),
  };
  const inFiles: Secrets = { DOTENV_SECRET: random(), FILE_TOKEN: random() };
  return { inProcess, inFiles, all: { ...inProcess, ...inFiles } };
}

type Planted = ReturnType<typeof plant>;

function encoded(value: string): string {
  const base64 = Buffer.from(`user:${value}`).toString('base64');
  return [
    value,
    base64,
    Buffer.from(value).toString('base64'),
    encodeURIComponent(value),
    JSON.stringify({ value }),
  ].join(' ');
}

function everything({ all }: Planted): string {
  return Object.values(all).map(encoded).join('\n');
}

/** In pieces that cut every secret. */
function pieces(text: string): string[] {
  return text.match(/[\s\S]{1,7}/g) ?? [];
}

/** Before it, so much that a message which is shortened is cut in the middle of a key. */
const filler = (length: number) => 'x'.repeat(length);

function endsOf(planted: Planted): [string, Reply][] {
  const said = everything(planted);
  const key = planted.inProcess.OPENAI_API_KEY ?? '';
  const text = (content: string): Step => ({ kind: 'text', text: content });
  const broken = (end: Step): Reply => ({
    kind: 'stream',
    steps: [text('An answer: '), ...pieces(said).map(text), end],
  });
  return [
    ['an answer', streamed(pieces(said), { model: `m-${key}` })],
    ['401 that quotes', rejected(401, { message: `Incorrect API key: ${key}. ${said}`, code: key })],
    ['400, cut in a key', rejected(400, { message: `${filler(285)}${key}`, param: key })],
    ['429 without credit', rejected(429, { message: said, code: 'insufficient_quota' })],
    ['404 of an unknown model', rejected(404, { message: `${said}: no such model` })],
    ['a redirect', { kind: 'body', status: 302, headers: { location: `http://127.0.0.1:1/?k=${key}` }, body: said }],
    ['a page of HTML', { kind: 'body', status: 200, body: `<html><title>${filler(290)}${key}</title>${said}</html>` }],
    [
      'a page of HTML as an error',
      { kind: 'body', status: 403, body: `<html><title>${filler(290)}${key}</title></html>` },
    ],
    ['broken JSON', { kind: 'body', status: 200, body: `{"choices": [${key}` }],
    ['the token limit', broken({ kind: 'finish', reason: 'length' })],
    ['an unknown end', broken({ kind: 'finish', reason: `odd ${key}` })],
    ['a cut connection', broken({ kind: 'cut' })],
    ['a cut in the middle of a key', { kind: 'stream', steps: [text(`It is ${key.slice(0, 20)}`), { kind: 'cut' }] }],
    [
      'an error in mid-stream',
      broken({ kind: 'data', data: { error: { message: `${filler(280)}${key} ${said}`, code: key } } }),
    ],
    [
      'a refusal',
      {
        kind: 'stream',
        steps: [
          { kind: 'refusal', text: `${filler(285)}${key} ${said}` },
          { kind: 'finish', reason: 'stop' },
        ],
      },
    ],
    [
      'an empty answer',
      { kind: 'stream', steps: [{ kind: 'data', data: { choices: [], model: key, id: key } }, { kind: 'done' }] },
    ],
  ];
}

async function projectWith({ inFiles }: Planted, ai: Record<string, unknown> = {}): Promise<Project> {
  return createAiProject({
    ai: { model: 'gpt-4o-mini', ...ai },
    runbook: { secrets: ['PLAIN_NAME'] },
    detail: { output_artifact: 'outputs/text.md' },
    details: { auto_accept: true, max_attempts: 1 },
    before: [{ id: 'script', name: 'Print', type: 'AUTOMATED_SCRIPT', task_detail_file: 'tasks/script.yaml' }],
    files: {
      '.env': `DOTENV_SECRET=${inFiles.DOTENV_SECRET}\n`,
      'my.env': `FILE_TOKEN=${inFiles.FILE_TOKEN}\n`,
      'tasks/script.yaml':
        'id: script\nscript_details:\n  command: sh\n  args: [-c, "env; cat .env my.env; env | base64"]\n  env_file: my.env\n',
    },
  });
}

const GIVEN = ['.env', 'my.env', 'outputs/text.md'];
const SHOWN = [
  ['status'],
  ['show', 'draft'],
  ['show', 'draft', '--json'],
  ['logs'],
  ['logs', '--json'],
  ['doctor', '--json'],
  ['history', 'list'],
  ['history', 'list', '--json'],
  ['history', 'search', 'answer'],
  ['history', 'stats', '--json'],
  ['history', 'export'],
];

describe.concurrent('no byte that is written or shown holds a secret', () => {
  test('however a call ends, with --json and without, recorded or not', { timeout: 180_000 }, async ({ expect }) => {
    await using server = await startModelServer();
    const planted = plant();
    const secrets = planted.all;
    await using project = await projectWith(planted);
    const env = { ...serverVariables(server), ...planted.inProcess };
    for (const [index, [name, reply]] of endsOf(planted).entries()) {
      server.enqueue(reply);
      const json = index % 2 === 0 ? ['--json'] : ['-v'];
      const { stdout, stderr, code } = await project.run(['run', '--record', 'kept', ...json], { env });
      expect(code, `${name}\n${stderr}`).not.toBe(70);
      expect(server.requests.at(-1)?.headers.authorization).toBe(`Bearer ${secrets.OPENAI_API_KEY}`);
      expect(leaksIn(stdout + stderr, secrets), name).toEqual([]);
      // What is kept stays: looking after some of them finds it too, and costs less.
      if (index % 4 === 3) expect(await leaksOnDisk(project, secrets, GIVEN), name).toEqual([]);
      await project.run(['reset', 'draft'], { env });
    }
    for (const args of SHOWN) {
      const { stdout, stderr, code } = await project.run(args, { env });
      expect([0, 1, 3], `${args.join(' ')}: ${stderr}`).toContain(code);
      expect(leaksIn(stdout + stderr, secrets), args.join(' ')).toEqual([]);
    }
    expect(server.requests).toHaveLength(endsOf(planted).length);
    expect((await project.list()).filter((file) => file.startsWith('kept/'))).toHaveLength(1);
  });

  test.each(['SIGKILL', 'SIGINT', 'SIGTERM'] as const)('when %s comes in the middle of a key', async (signal) => {
    await using server = await startModelServer();
    const planted = plant();
    const secrets = planted.all;
    await using project = await projectWith(planted);
    const env = { ...serverVariables(server), ...planted.inProcess };
    const said = everything(planted);
    const half = (secrets.OPENAI_API_KEY ?? '').slice(0, 20);
    const steps: Step[] = [...pieces(said), '\nseen\n', half].map((text) => ({ kind: 'text', text }));
    server.enqueue({ kind: 'stream', steps: [...steps, { kind: 'stall' }] });
    const running = project.start(['run'], { env });
    await running.waitFor(/seen/);
    await sleep(1200); // the part that has come is saved within a second
    running.kill(signal);
    const { stdout, stderr } = await running.done;
    const told = leaksIn(stdout + stderr, secrets);
    const left = await leaksOnDisk(project, secrets, GIVEN);
    const next = await project.run(['run'], { env });
    const after = [...leaksIn(next.stdout + next.stderr, secrets), ...(await leaksOnDisk(project, secrets, GIVEN))];
    if (told.length + left.length + after.length > 0) throw new Error(JSON.stringify({ told, left, after }, null, 2));
  });
});

describe.concurrent('a host that only the runbook names', () => {
  test.each([
    ['a key of the environment', { env: true }],
    ['a key of .env', { env: false }],
  ])('gets neither %s nor the prompt', async (_name, { env: inEnv }) => {
    await using server = await startModelServer();
    await using project = await createAiProject({
      ai: { base_url: server.url },
      details: { auto_accept: true },
      files: inEnv ? {} : { '.env': 'OPENAI_API_KEY=sk-test-0123456789\n' },
    });
    const { code } = await project.run(['run'], { env: inEnv ? { OPENAI_API_KEY: 'sk-test-0123456789' } : {} });
    if (code !== 3 || server.requests.length > 0) throw new Error(`exit ${code}, ${server.requests.length} requests`);
  });
});
