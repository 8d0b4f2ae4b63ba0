// The calls of AI tasks: who answers, what is recorded, and what becomes of a call that fails.
import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import {
  type Call,
  callsOf,
  createAiProject,
  detailOf,
  promptSources,
  serverVariables,
  statusOf,
} from '../rig/ai-project.ts';
import { plain, type Reply, rejected, type Step, startModelServer, streamed } from '../rig/model-server.ts';

const ACCEPT = { details: { auto_accept: true } };
const half: Step[] = [
  { kind: 'text', text: 'Half of ' },
  { kind: 'text', text: 'it' },
];

describe('the history', () => {
  test('has the row before the request leaves, and all of it after the answer', async () => {
    await using server = await startModelServer();
    await using project = await createAiProject({
      details: { auto_accept: true, model: 'gpt-4o-mini', input_context: { topic: 'tides' } },
      files: {
        'prompt_templates/draft.md': '---\ndescription: A draft\n---\nWrite of {{ topic }}. {% render "rules" %}\n',
        'prompt_templates/rules.md': 'Be brief.',
      },
    });
    let held: Call[] = [];
    server.answerWith(() => {
      held = callsOf(project);
      const usage = { prompt: 1000, completion: 100, cached: 400 };
      return streamed(['Ebb', ' and flow.'], { usage, model: 'gpt-4o-mini-2024-07-18' });
    });
    expect((await project.run(['run'], { env: serverVariables(server) })).code).toBe(0);
    const template = 'Write of {{ topic }}. {% render "rules" %}\n';
    const [source] = promptSources(project);
    expect(source?.source).toContain(template);
    expect(source?.source).toContain('Be brief.');
    expect(held).toMatchObject([
      { status: 'pending', output: null, prompt_text: 'Write of tides. Be brief.\n', task_id: 'draft' },
    ]);
    const [call] = callsOf(project);
    const runs = new Set((await project.log()).map((event) => event.run_id));
    expect(call).toMatchObject({
      source: 'task',
      template_name: 'prompt_templates/draft.md',
      prompt_text: 'Write of tides. Be brief.\n',
      prompt_hash: createHash('md5')
        .update(source?.source ?? '')
        .digest('hex'),
      output: 'Ebb and flow.',
      status: 'complete',
      error: null,
      model: 'gpt-4o-mini',
      resolved_model: 'gpt-4o-mini-2024-07-18',
      task_id: 'draft',
      run_id: [...runs][0],
      attempts: 1,
      finish_reason: 'stop',
      prompt_tokens: 1000,
      cached_tokens: 400,
      completion_tokens: 100,
      // 600 at $0.15, 400 cached at $0.075 and 100 at $0.60 a million.
      cost_usd: 0.00018,
      review: 'accepted',
    });
    expect(call?.prompt_hash).toBe(source?.prompt_hash);
    expect(JSON.parse(String(call?.input_params))).toMatchObject({ topic: 'tides', task: { id: 'draft' } });
    expect(String(call?.id)).toMatch(/^[0-9a-f-]{36}$/);
    expect(Number(call?.ttft_ms)).toBeLessThanOrEqual(Number(call?.total_ms));
    expect(String(call?.updated_at) >= String(call?.created_at)).toBe(true);
    expect(runs.size).toBe(1);
  });

  test('does not know a cost that nobody told, and takes the answer of a server that does not stream', async () => {
    await using server = await startModelServer();
    await using project = await createAiProject(ACCEPT);
    server.enqueue(plain('Whole.', { usage: { prompt: 5, completion: 2 } }));
    const { code, stderr } = await project.run(['run'], { env: serverVariables(server) });
    expect(code).toBe(0);
    expect(stderr).toContain('5 + 2 tokens · cost unknown');
    expect(callsOf(project)).toMatchObject([{ cost_usd: null, output: 'Whole.' }]);
    expect((await detailOf(project)).last_run).toMatchObject({ cost_estimate: null });
  });
});

describe('a call that fails', () => {
  test.each<[string, Reply, { said: RegExp; error: string; output: string | null; finish?: string }]>([
    [
      '401',
      rejected(401, { message: 'Incorrect API key', code: 'invalid_api_key' }),
      { said: /does not accept the key \(401\).*Check\s+OPENAI_API_KEY/s, error: 'unauthorized', output: null },
    ],
    [
      '429 without credit',
      rejected(429, { message: 'You exceeded your quota', code: 'insufficient_quota' }),
      { said: /has no credit left.*billing/s, error: 'quota', output: null },
    ],
    [
      'the token limit',
      { kind: 'stream', steps: [...half, { kind: 'finish', reason: 'length' }, { kind: 'done' }] },
      { said: /cut at the token limit.*Raise max_tokens/s, error: 'truncated', output: 'Half of it', finish: 'length' },
    ],
    [
      'a connection that is cut',
      { kind: 'stream', steps: [...half, { kind: 'cut' }] },
      { said: /was cut.*The text that came is\s+kept/s, error: 'reset', output: 'Half of it' },
    ],
    [
      'a stream that just ends',
      { kind: 'stream', steps: [...half, { kind: 'done' }] },
      {
        said: /in the middle of the answer.*without\s+a\s+finish_reason/s,
        error: 'incomplete-stream',
        output: 'Half of it',
      },
    ],
    [
      'a page of HTML',
      { kind: 'body', status: 200, body: '<html><h1>Log in</h1></html>' },
      { said: /answered with .*not with a chat completion.*ends\s+with\s+\/v1/s, error: 'not-json', output: null },
    ],
  ])('with %s is told clearly, recorded with what came, and a GENERATION_ERROR', async (_what, reply, expected) => {
    await using server = await startModelServer();
    await using project = await createAiProject({ ...ACCEPT, detail: { output_artifact: 'a.txt' } });
    server.enqueue(reply);
    const { code, stderr } = await project.run(['run'], { env: serverVariables(server) });
    expect(code).toBe(1);
    expect(stderr).toMatch(expected.said);
    expect(server.requests).toHaveLength(1);
    expect(callsOf(project)).toMatchObject([
      {
        status: 'error',
        error: expect.stringMatching(new RegExp(`^${expected.error}: `)),
        output: expected.output,
        finish_reason: expected.finish ?? null,
      },
    ]);
    expect(await detailOf(project)).toMatchObject({
      status: 'ERROR',
      last_run: { outcome: 'FAILURE', ...(expected.output === null ? {} : { llm_response: expected.output }) },
      issues: [{ type: 'GENERATION_ERROR', resolution: null }],
    });
    expect((await project.log()).slice(-2)).toMatchObject([
      { event_type: 'AI_RESPONSE_RECEIVED', details: { outcome: expected.error } },
      { event_type: 'ERROR_TASK', details: { code: expected.error } },
    ]);
    expect(await project.exists('a.txt')).toBe(false);
  });

  test('with a 500 is tried again, which is said and counted', async () => {
    await using server = await startModelServer();
    await using project = await createAiProject(ACCEPT);
    server.enqueue(rejected(500, { message: 'oops' }), streamed('Fine.'));
    const { code, stderr } = await project.run(['run'], { env: serverVariables(server) });
    expect(code).toBe(0);
    expect(stderr).toMatch(/failed \(500\).*attempt 2 in/s);
    expect(callsOf(project)).toMatchObject([{ status: 'complete', attempts: 2, output: 'Fine.' }]);
  });
});

describe('who answers', () => {
  test('nobody without a key, a recording and a terminal: exit 3 with what would help', async () => {
    await using project = await createAiProject(ACCEPT);
    const { code, stderr } = await project.run(['run']);
    expect(code).toBe(3);
    expect(stderr).toMatch(
      /nothing can answer the prompt: no key is set, no recording fits.*\n {4}→ Set OPENAI_API_KEY, add a recording/s,
    );
    expect([callsOf(project).length, await statusOf(project)]).toEqual([0, 'READY']);
  });

  test('openai without a key for it says which is missing', async () => {
    await using project = await createAiProject(ACCEPT);
    const { code, stderr } = await project.run(['run', '--provider', 'openai']);
    expect(code).toBe(3);
    expect(stderr).toContain('→ Set OPENAI_API_KEY in the environment or in .env.');
  });

  test('a server of one’s own that wants no key gets none', async () => {
    await using server = await startModelServer();
    await using project = await createAiProject({ ...ACCEPT, ai: { provider: 'openai', base_url: server.url } });
    server.enqueue(streamed('Fine.'));
    expect((await project.run(['run'])).code).toBe(0);
    expect(server.requests[0]?.headers.authorization).toBeUndefined();
  });

  const recording = (prompt: string, text: string): string =>
    stringify({
      request: { model: 'recorded-model', messages: [{ role: 'user', content: prompt }] },
      answer: { text, finish_reason: 'stop' },
    });

  test('a recording that fits, without being told, and it says which', async () => {
    await using project = await createAiProject({
      ...ACCEPT,
      detail: { output_artifact: 'a.txt' },
      files: { 'recordings/draft.yaml': recording('Write for Draft the text.\n', 'Recorded.') },
    });
    const { code, stderr } = await project.run(['run']);
    expect(code).toBe(0);
    expect(stderr).toContain('answered from recordings/draft.yaml');
    expect(stderr).toContain('it was recorded for the model recorded-model; test-model was asked for');
    expect(await project.read('a.txt')).toBe('Recorded.\n');
    expect(callsOf(project)).toMatchObject([{ status: 'complete', cost_usd: 0, resolved_model: 'recorded-model' }]);
  });

  test('no recording: exit 3, with the nearest one and what differs, line by line', async () => {
    await using project = await createAiProject({
      ai: { provider: 'replay' },
      files: {
        'prompt_templates/draft.md': 'Write a text.\nIts subject is the moon.\nBe brief.\n',
        'recordings/tides.yaml': recording('Write a text.\nIts subject is the sea.\nBe brief.\n', 'Sea.'),
        'recordings/other.yaml': recording('Something else.', 'No.'),
      },
    });
    const { code, stderr } = await project.run(['run']);
    expect(code).toBe(3);
    expect(stderr).toContain(`
  draft: no recording fits this request for test-model: the nearest of 2 recordings is recordings/tides.yaml, 94 % alike
      @@ line 1 @@
       [user]
       Write a text.
      -Its subject is the sea.
      +Its subject is the moon.
       Be brief.
    → Ask a server`);
    expect(callsOf(project)).toMatchObject([{ status: 'error', error: expect.stringContaining('replay-miss') }]);
    expect((await detailOf(project)).issues).toBeUndefined();
  });
});
