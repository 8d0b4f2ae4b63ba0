// Every row of the fault table through the built program: an error of its own that says what to do, the text that came, never a success.
import { describe, test } from 'vitest';
import { callsOf, createAiProject, detailOf, KEY, serverVariables } from '../rig/ai-project.ts';
import { type Reply, rejected, type Step, startModelServer } from '../rig/model-server.ts';

const HALF: readonly Step[] = [
  { kind: 'text', text: 'Half of ' },
  { kind: 'text', text: 'it' },
];
const half = (...rest: readonly Step[]): Reply => ({ kind: 'stream', steps: [...HALF, ...rest] });
const keepAlive: readonly Step[] = Array.from({ length: 20 }, (): Step[] => [
  { kind: 'wait', ms: 100 },
  { kind: 'comment', text: 'ping' },
]).flat();

/** What stands in the row, and whether text had come. */
const FAULTS: readonly [name: string, reply: Reply, code: string, came: boolean][] = [
  ['the token limit', half({ kind: 'finish', reason: 'length' }, { kind: 'done' }), 'truncated', true],
  ['the content filter', half({ kind: 'finish', reason: 'content_filter' }, { kind: 'done' }), 'content-filter', true],
  ['a stream that just ends', half(), 'incomplete-stream', true],
  ['a stall', half({ kind: 'stall' }), 'stalled', true],
  ['a stall with comments', half(...keepAlive), 'stalled', true],
  ['a reset', half({ kind: 'wait', ms: 20 }, { kind: 'cut' }), 'reset', true],
  ['broken JSON in the stream', half({ kind: 'raw', bytes: 'data: {"choices": [{\n\n' }), 'not-json', true],
  [
    'an error event',
    half({ kind: 'data', event: 'error', data: { error: { message: 'no GPU' } } }),
    'stream-error',
    true,
  ],
  ['an error as data', half({ kind: 'data', data: { error: { message: 'no GPU' } } }), 'stream-error', true],
  [
    'a refusal',
    {
      kind: 'stream',
      steps: [
        { kind: 'refusal', text: 'Never.' },
        { kind: 'finish', reason: 'stop' },
      ],
    },
    'refusal',
    true,
  ],
  ['HTML with 200', { kind: 'body', status: 200, body: '<html>Log in</html>' }, 'not-json', false],
  ['broken JSON with 200', { kind: 'body', status: 200, body: '{"choices": [' }, 'not-json', false],
  ['empty choices', { kind: 'body', status: 200, body: { choices: [] } }, 'empty', false],
  ['no answer at all', { kind: 'silence' }, 'stalled', false],
  ['401', rejected(401, { message: `Incorrect API key provided: ${KEY}` }), 'unauthorized', false],
  ['403', rejected(403), 'forbidden', false],
  ['an unknown model', rejected(404, { code: 'model_not_found' }), 'unknown-model', false],
  ['429 without credit', rejected(429, { code: 'insufficient_quota' }), 'quota', false],
  ['429', rejected(429, {}, { 'x-should-retry': 'false' }), 'rate-limited', false],
  ['500', rejected(500, {}, { 'x-should-retry': 'false' }), 'server-error', false],
  ['529', rejected(529, {}, { 'x-should-retry': 'false' }), 'server-error', false],
];

describe.concurrent('a fault of the server', () => {
  test.each(FAULTS)('%s', async (_name, reply, code, came) => {
    await using server = await startModelServer();
    await using project = await createAiProject({
      ai: { idle_timeout: '600ms' },
      detail: { output_artifact: 'out.txt' },
      details: { auto_accept: true },
    });
    server.enqueue(reply);
    const end = await project.run(['run'], { env: serverVariables(server) });
    const [call] = callsOf(project);
    const { status, issues } = await detailOf(project);
    const told = {
      exit: end.code,
      requests: server.requests.length,
      row: call?.status,
      error: call?.error,
      output: call?.output ?? '',
      status,
      issue: issues?.[0]?.type,
      artifact: await project.exists('out.txt'),
    };
    const isRight =
      end.code === 1 &&
      told.requests === 1 &&
      call?.status === 'error' &&
      String(call.error).startsWith(`${code}: `) &&
      (told.output !== '') === came &&
      status === 'ERROR' &&
      told.issue === 'GENERATION_ERROR' &&
      !told.artifact &&
      !end.stderr.includes(KEY);
    if (!isRight) throw new Error(`${JSON.stringify(told, null, 2)}\n${end.stderr}`);
  });
});

describe.concurrent('on the way to the server', () => {
  test.each([
    ['nothing listens', 'gone', 'refused-connection'],
    ['no such name', 'http://server.invalid/v1', 'dns'],
    ['no TLS', 'https', 'tls'],
  ])('%s', async (_name, address, code) => {
    await using server = await startModelServer();
    await using project = await createAiProject({ details: { auto_accept: true } });
    const url = address === 'https' ? server.url.replace('http:', 'https:') : address === 'gone' ? server.url : address;
    if (address === 'gone') await server.close();
    const end = await project.run(['run'], { env: { OPENAI_BASE_URL: url, OPENAI_API_KEY: KEY } });
    const [call] = callsOf(project);
    if (end.code !== 1 || !String(call?.error).startsWith(`${code}: `))
      throw new Error(`${end.code} ${JSON.stringify(call)}\n${end.stderr}`);
  });
});

describe.concurrent('a server that counts nothing', () => {
  test('answers all the same: tokens and cost are unknown, not 0', async ({ expect }) => {
    await using server = await startModelServer();
    await using project = await createAiProject({ ai: { model: 'gpt-4o-mini' }, details: { auto_accept: true } });
    server.enqueue(half({ kind: 'finish', reason: 'stop' }, { kind: 'done' }));
    const { code, stderr } = await project.run(['run'], { env: serverVariables(server) });
    expect(code).toBe(0);
    expect(stderr).toContain('tokens unknown · cost unknown');
    expect(callsOf(project)).toMatchObject([{ status: 'complete', prompt_tokens: null, cost_usd: null }]);
  });
});
