// The provider against a real server on 127.0.0.1: answers, requests, retries. Faults have their own table in openai-faults.test.ts.
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createOpenAiProvider } from '../../../src/model/openai.ts';
import type { ModelRequest } from '../../../src/model/provider.ts';
import { type ModelServer, plain, rejected, startModelServer, streamed } from '../../rig/model-server.ts';
import { answerOf, FAST_RETRY, failureOf, listen, requestOf } from './calling.ts';

let server: ModelServer;
beforeEach(async () => {
  server = await startModelServer();
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await server.close();
});

function provider(settings: Partial<Parameters<typeof createOpenAiProvider>[0]> = {}) {
  return createOpenAiProvider({ baseURL: server.url, apiKey: 'sk-test', retry: FAST_RETRY, ...settings });
}

describe('a complete answer', () => {
  test('is the joined text with what the server says of it', async () => {
    const usage = { prompt: 1_000_000, completion: 1_000_000, cached: 500_000 };
    server.enqueue(streamed(['Hel', 'lo, ', 'world'], { usage, model: 'gpt-4o-mini-2024-07-18' }));
    const heard = listen();
    const answer = answerOf(await provider().call(requestOf('hi', { model: 'gpt-4o-mini' }), heard.options));
    expect(answer).toMatchObject({
      text: 'Hello, world',
      finishReason: 'stop',
      resolvedModel: 'gpt-4o-mini-2024-07-18',
      usage: { promptTokens: 1_000_000, cachedTokens: 500_000, completionTokens: 1_000_000 },
      attempts: 1,
      costUsd: 0.7125,
      notes: [],
      recordingFile: null,
    });
    expect(answer.ttftMs).toBeLessThanOrEqual(answer.totalMs);
    expect(heard.news).toEqual(['first', 'Hel', 'lo, ', 'world']);
  });

  test('has unknown counts and an unknown cost, not 0, where the server counts nothing', async () => {
    server.enqueue(streamed('hello', { model: 'gpt-4o-mini' }));
    const answer = answerOf(await provider().call(requestOf('hi', { model: 'gpt-4o-mini' }), listen().options));
    expect(answer).toMatchObject({ usage: null, costUsd: null });
  });

  test('has an unknown cost where the model has no price, and a known one where the project gives it', async () => {
    const usage = { prompt: 2_000_000, completion: 1_000_000 };
    server.enqueue(streamed('a', { usage }), streamed('b', { usage }));
    const without = answerOf(await provider().call(requestOf('hi'), listen().options));
    const prices = { 'test-model': { input: 1, output: 3 } };
    const withPrice = answerOf(await provider({ prices }).call(requestOf('hi'), listen().options));
    expect([without.costUsd, withPrice.costUsd]).toEqual([null, 5]);
  });

  test('may come as plain JSON from a server that does not stream', async () => {
    server.enqueue(plain('Hello', { usage: { prompt: 3, completion: 1 } }));
    const heard = listen();
    const answer = answerOf(await provider().call(requestOf('hi'), heard.options));
    expect(answer).toMatchObject({
      text: 'Hello',
      finishReason: 'stop',
      usage: { promptTokens: 3, cachedTokens: null },
    });
    expect(heard.news).toEqual(['first', 'Hello']);
  });

  test('is taken as a stream whatever content type the server gives it', async () => {
    const reply = streamed(['a', 'b']);
    if (reply.kind !== 'stream') throw new Error('a stream was asked for');
    server.enqueue({ ...reply, contentType: 'application/json' }, { ...reply, contentType: 'text/plain' });
    expect(answerOf(await provider().call(requestOf('hi'), listen().options)).text).toBe('ab');
    expect(answerOf(await provider().call(requestOf('hi'), listen().options)).text).toBe('ab');
  });

  test('may be split at any byte of a character', async () => {
    const bytes = Buffer.from(
      `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content: 'naïve 日本 👩‍🚀' } }] })}\n\n`,
    );
    server.enqueue({
      kind: 'stream',
      steps: [
        ...[...bytes].flatMap((byte) => [{ kind: 'raw', bytes: Uint8Array.of(byte) }] as const),
        { kind: 'finish', reason: 'stop' },
        { kind: 'done' },
      ],
    });
    expect(answerOf(await provider().call(requestOf('hi'), listen().options)).text).toBe('naïve 日本 👩‍🚀');
  });

  test('may be very long', async () => {
    const piece = 'The quick brown fox jumps over the lazy dog. '.repeat(200);
    server.enqueue(streamed(Array.from({ length: 300 }, () => piece)));
    const answer = answerOf(await provider().call(requestOf('hi'), listen().options));
    expect(answer.text).toBe(piece.repeat(300));
  });

  test('stands when the connection breaks after the finish_reason', async () => {
    server.enqueue({
      kind: 'stream',
      steps: [
        { kind: 'text', text: 'all of it' },
        { kind: 'finish', reason: 'stop' },
        { kind: 'wait', ms: 20 },
        { kind: 'cut' },
      ],
    });
    expect(answerOf(await provider().call(requestOf('hi'), listen().options))).toMatchObject({
      text: 'all of it',
      usage: null,
    });
  });

  test('stands when the server keeps the connection open after the finish_reason', async () => {
    server.enqueue({
      kind: 'stream',
      steps: [{ kind: 'text', text: 'all' }, { kind: 'finish', reason: 'stop' }, { kind: 'stall' }],
    });
    const answer = answerOf(await provider().call(requestOf('hi'), listen({ idleTimeoutMs: 80 }).options));
    expect(answer).toMatchObject({ text: 'all', finishReason: 'stop' });
  });

  test('of each of many calls at the same time belongs to its own request', async () => {
    server.answerWith(({ body }) => streamed(['echo ', body.messages[0]?.content ?? ''], { delayMs: 5 }));
    const one = provider();
    const words = Array.from({ length: 20 }, (_, i) => `word ${i}`);
    const answers = await Promise.all(
      words.map(async (word) => answerOf(await one.call(requestOf(word), listen().options)).text),
    );
    expect(answers).toEqual(words.map((word) => `echo ${word}`));
  });
});

describe('the request', () => {
  test('holds what was asked and nothing that was not', async () => {
    server.enqueue(streamed('x'), streamed('x'));
    const full: ModelRequest = {
      model: 'test-model',
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'hi' },
      ],
      temperature: 0.2,
      maxTokens: 50,
      responseSchema: { name: 'a name', schema: { type: 'object' }, strict: true },
    };
    await provider().call(full, listen().options);
    await provider().call(requestOf('hi'), listen().options);
    const common = { model: 'test-model', stream: true, stream_options: { include_usage: true } };
    expect(server.requests.map(({ body }) => body)).toEqual([
      {
        ...common,
        messages: full.messages,
        temperature: 0.2,
        max_tokens: 50,
        response_format: {
          type: 'json_schema',
          json_schema: { name: 'a_name', schema: { type: 'object' }, strict: true },
        },
      },
      { ...common, messages: [{ role: 'user', content: 'hi' }] },
    ]);
    expect(server.requests[0]?.path).toBe('/v1/chat/completions');
  });

  test.each([
    ['a key', 'sk-test', 'Bearer sk-test'],
    ['a key with a line break after it, as files have', ' sk-test\n', 'Bearer sk-test'],
    ['no key', undefined, undefined],
    ['a blank key', '  ', undefined],
  ])('sends %s as it should be', async (_name, apiKey, authorization) => {
    server.enqueue(streamed('x'));
    answerOf(await provider({ apiKey }).call(requestOf('hi'), listen().options));
    expect(server.requests[0]?.headers.authorization).toBe(authorization);
  });

  test('carries the headers that the caller gives', async () => {
    server.enqueue(streamed('x'));
    await provider({ headers: { 'openai-project': 'proj_1' } }).call(requestOf('hi'), listen().options);
    expect(server.requests[0]?.headers['openai-project']).toBe('proj_1');
  });

  test('takes nothing from the environment', async () => {
    vi.stubEnv('OPENAI_API_KEY', 'sk-of-the-environment');
    vi.stubEnv('OPENAI_BASE_URL', 'http://127.0.0.1:9/v1');
    vi.stubEnv('OPENAI_ORG_ID', 'org-env');
    vi.stubEnv('OPENAI_PROJECT_ID', 'proj-env');
    vi.stubEnv('OPENAI_CUSTOM_HEADERS', 'Authorization: Bearer sk-custom\nx-secret: 1');
    server.enqueue(streamed('x'));
    answerOf(await provider({ apiKey: undefined }).call(requestOf('hi'), listen().options));
    expect(JSON.stringify(server.requests[0]?.headers)).not.toMatch(/sk-of-the|sk-custom|x-secret|org-env|proj-env/);
  });

  test('is sent again without stream_options to a server that does not know them, and only the first time', async () => {
    server.enqueue(rejected(400, { message: "Unknown parameter: 'stream_options'" }), streamed('one'), streamed('two'));
    const one = provider();
    const heard = listen();
    expect(answerOf(await one.call(requestOf('a'), heard.options))).toMatchObject({ text: 'one', attempts: 2 });
    expect(answerOf(await one.call(requestOf('b'), listen().options))).toMatchObject({ text: 'two', attempts: 1 });
    expect(server.requests.map(({ body }) => 'stream_options' in body)).toEqual([true, false, false]);
    expect(heard.retries).toEqual([]);
  });

  test('is sent without stream_options only once', async () => {
    server.answerWith(() => rejected(400, { message: 'stream_options is bad, always' }));
    expect(failureOf(await provider().call(requestOf('a'), listen().options))).toMatchObject({
      code: 'bad-request',
      attempts: 2,
    });
  });

  test('is sent again with max_completion_tokens for a model that wants them', async () => {
    const message =
      "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.";
    server.enqueue(rejected(400, { message, code: 'unsupported_parameter', param: 'max_tokens' }), streamed('one'));
    expect(answerOf(await provider().call(requestOf('a', { maxTokens: 9 }), listen().options)).text).toBe('one');
    expect(server.requests[1]?.body).toMatchObject({ max_completion_tokens: 9 });
    expect(server.requests[1]?.body).not.toHaveProperty('max_tokens');
  });

  test('is sent again without a temperature to a model that chooses it by itself', async () => {
    const message =
      "Unsupported value: 'temperature' does not support 0.7 with this model. Only the default (1) value is supported.";
    server.enqueue(rejected(400, { message, code: 'unsupported_value', param: 'temperature' }), streamed('one'));
    expect(answerOf(await provider().call(requestOf('a', { temperature: 0.7 }), listen().options)).text).toBe('one');
    expect(server.requests[1]?.body).not.toHaveProperty('temperature');
  });

  test('a temperature that is out of range is an error', async () => {
    server.enqueue(rejected(400, { message: "Invalid 'temperature': expected a value <= 2", param: 'temperature' }));
    expect(failureOf(await provider().call(requestOf('a', { temperature: 9 }), listen().options)).code).toBe(
      'bad-request',
    );
  });
});

describe('retries', () => {
  test.each([
    ['429', rejected(429)],
    ['500', rejected(500)],
    ['529', rejected(529)],
    ['408', rejected(408)],
    ['409', rejected(409)],
    ['a socket cut before the answer', { kind: 'hang-up' } as const],
    [
      'a socket cut before the first piece',
      { kind: 'stream', steps: [{ kind: 'comment', text: 'wait' }, { kind: 'cut' }] } as const,
    ],
  ])('happen after %s, and are told', async (_name, reply) => {
    server.enqueue(reply, reply, streamed('at last'));
    const heard = listen();
    const answer = answerOf(await provider().call(requestOf('hi'), heard.options));
    expect(answer).toMatchObject({ text: 'at last', attempts: 3 });
    expect(heard.retries.map(({ attempt }) => attempt)).toEqual([2, 3]);
    expect(heard.news).toEqual(['first', 'at last']);
  });

  test('end after the third attempt', async () => {
    server.answerWith(() => rejected(503, { message: 'busy' }));
    const failure = failureOf(await provider().call(requestOf('hi'), listen().options));
    expect(failure).toMatchObject({ code: 'server-error', status: 503, attempts: 3 });
    expect(failure.message).toContain('3 times in a row');
    expect(server.requests).toHaveLength(3);
  });

  test.each([
    ['retry-after-ms', { 'retry-after-ms': '120' }, 115],
    ['Retry-After in seconds', { 'retry-after': '0.15' }, 145],
  ])('do not come before the moment that %s names', async (_name, headers, least) => {
    server.enqueue(rejected(429, {}, headers), streamed('x'));
    answerOf(await provider().call(requestOf('hi'), listen().options));
    const [first, second] = server.requests;
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(least);
  });

  test('do not come at all where the server asks to wait beyond the deadline', async () => {
    server.enqueue(rejected(429, {}, { 'retry-after': '100' }));
    const failure = failureOf(await provider().call(requestOf('hi'), listen({ deadlineMs: 2_000 }).options));
    expect(failure).toMatchObject({ code: 'rate-limited', retryAfterMs: 100_000, attempts: 1 });
    expect(failure.advice).toContain('1m 40s');
    expect(failure.totalMs).toBeLessThan(1_000);
  });

  test('do not happen where the server forbids them', async () => {
    server.enqueue(rejected(500, {}, { 'x-should-retry': 'false' }));
    expect(failureOf(await provider().call(requestOf('hi'), listen().options))).toMatchObject({ attempts: 1 });
  });

  test('end at once when the person interrupts the wait', async () => {
    server.enqueue(rejected(429, {}, { 'retry-after': '60' }));
    const abort = new AbortController();
    const heard = listen({ signal: abort.signal, onRetry: () => setTimeout(() => abort.abort(), 10) !== undefined });
    const failure = failureOf(await provider().call(requestOf('hi'), heard.options));
    expect(failure).toMatchObject({ code: 'aborted', unsent: true, status: 429, attempts: 1 });
    expect(failure.totalMs).toBeLessThan(2_000);
  });
});

test('a callback that throws is a defect of the caller: it ends the call and is thrown on', async () => {
  server.enqueue(streamed(['a', 'b'], { delayMs: 5 }));
  const options = listen({
    onText: () => {
      throw new Error('the disk is full');
    },
  }).options;
  await expect(provider().call(requestOf('hi'), options)).rejects.toThrow('the disk is full');
});
