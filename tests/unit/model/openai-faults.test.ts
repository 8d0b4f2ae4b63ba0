// Every fault that a server or the way to it can have (deps.md, fault table) ends as its own failure, with the text that came.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createOpenAiProvider, type OpenAiSettings } from '../../../src/model/openai.ts';
import type { CallOptions, ModelFailureCode } from '../../../src/model/provider.ts';
import {
  type ModelServer,
  plain,
  type Reply,
  rejected,
  type Step,
  startModelServer,
  streamed,
} from '../../rig/model-server.ts';
import { FAST_RETRY, failureOf, listen, requestOf } from './calling.ts';

let server: ModelServer;
beforeAll(async () => {
  server = await startModelServer();
});
afterAll(() => server.close());

/** Short where silence is what is tested; elsewhere a slow machine must not be taken for a silent server. */
const SHORT = { idleTimeoutMs: 80, firstChunkTimeoutMs: 120 };
const LONG = { idleTimeoutMs: 10_000, firstChunkTimeoutMs: 10_000 };

function provider(settings: Partial<OpenAiSettings> = {}) {
  return createOpenAiProvider({ baseURL: server.url, apiKey: 'sk-test', retry: FAST_RETRY, ...settings });
}

async function fail(reply: Reply, limits: Partial<CallOptions> = LONG, settings: Partial<OpenAiSettings> = {}) {
  server.answerWith(() => reply);
  return failureOf(await provider(settings).call(requestOf('hi'), listen(limits).options));
}

const PART: readonly Step[] = [
  { kind: 'text', text: 'half of ' },
  { kind: 'text', text: 'it' },
];

function part(...rest: readonly Step[]): Reply {
  return { kind: 'stream', steps: [...PART, ...rest] };
}

const comments: readonly Step[] = Array.from({ length: 30 }, (_, i): Step[] => [
  { kind: 'wait', ms: 20 },
  { kind: 'comment', text: `keep-alive ${i}` },
]).flat();

const empties: readonly Step[] = Array.from({ length: 30 }, (): Step[] => [
  { kind: 'wait', ms: 20 },
  { kind: 'data', data: { choices: [] } },
]).flat();

const pings: readonly Step[] = Array.from({ length: 30 }, (): Step[] => [
  { kind: 'wait', ms: 20 },
  { kind: 'data', data: { type: 'ping' } },
]).flat();

type Row = readonly [name: string, reply: Reply, code: ModelFailureCode, words: RegExp];

const IN_MID_STREAM: readonly Row[] = [
  ['the stream ends without finish_reason', part(), 'incomplete-stream', /middle of the answer.*finish_reason/],
  ['[DONE] comes without finish_reason', part({ kind: 'done' }), 'incomplete-stream', /finish_reason/],
  ['the stream stalls', part({ kind: 'stall' }), 'stalled', /nothing more of the answer came for 80 ms/],
  ['only comments come', part(...comments), 'stalled', /fell silent/],
  ['only events with empty choices come', part(...empties), 'stalled', /fell silent/],
  [
    'an error event has no key `error`',
    part({ kind: 'data', data: { object: 'error', message: 'out of memory', code: 500 } }, { kind: 'done' }),
    'stream-error',
    /out of memory \(500\)/,
  ],
  [
    'the stream ends in the middle of an event',
    part({ kind: 'raw', bytes: 'data: {"choices":[{"del' }),
    'not-json',
    /broke off in the middle of an event/,
  ],
  ['only pings of another kind come', part(...pings), 'stalled', /fell silent/],
  ['the socket is cut', part({ kind: 'wait', ms: 20 }, { kind: 'cut' }), 'reset', /was cut/],
  ['broken JSON comes', part({ kind: 'raw', bytes: 'data: {"choices": [{\n\n' }), 'not-json', /broken JSON/],
  [
    'an error comes as data',
    part({ kind: 'data', data: { error: { message: 'overloaded', code: 'engine_busy' } } }),
    'stream-error',
    /overloaded \(engine_busy\)/,
  ],
  [
    'an error event comes',
    part({ kind: 'data', event: 'error', data: { message: 'out of memory' } }),
    'stream-error',
    /out of memory/,
  ],
  ['the token limit cuts it', part({ kind: 'finish', reason: 'length' }, { kind: 'done' }), 'truncated', /token limit/],
  ['another server says it has been cut', part({ kind: 'finish', reason: 'MAX_TOKENS' }), 'truncated', /MAX_TOKENS/],
  ['the filter stops it', part({ kind: 'finish', reason: 'content_filter' }), 'content-filter', /content_filter/],
  ['the model calls a tool', part({ kind: 'finish', reason: 'tool_calls' }), 'unexpected-finish', /tool/],
  ['it ends for an unknown reason', part({ kind: 'finish', reason: 'weather' }), 'unexpected-finish', /weather/],
];

describe('in mid-stream', () => {
  test.each(IN_MID_STREAM)('%s: explained, with the text kept, never retried', async (_name, reply, code, words) => {
    const before = server.requests.length;
    const failure = await fail(reply, code === 'stalled' ? { ...LONG, idleTimeoutMs: 80 } : LONG);
    expect(failure).toMatchObject({ code, partialText: 'half of it', attempts: 1, resolvedModel: 'test-model' });
    expect(failure.message).toMatch(words);
    expect(failure.advice).not.toBe('');
    expect(server.requests.length - before).toBe(1);
  });

  test('an answer cut at the limit has its counts and its price', async () => {
    const reply = streamed('half', {
      finish: 'length',
      usage: { prompt: 1_000_000, completion: 10 },
      model: 'gpt-4o-mini',
    });
    expect(await fail(reply)).toMatchObject({ code: 'truncated', usage: { completionTokens: 10 }, costUsd: 0.150006 });
  });

  test('a refusal gives its words', async () => {
    const failure = await fail({
      kind: 'stream',
      steps: [
        { kind: 'refusal', text: 'I will not.' },
        { kind: 'finish', reason: 'stop' },
      ],
    });
    expect(failure).toMatchObject({ code: 'refusal', partialText: 'I will not.' });
    expect(failure.message).toContain('I will not.');
  });
});

const html = '<!doctype html>\n<title>Sign in</title>';
const NO_ANSWER: readonly Row[] = [
  ['HTML with 200', { kind: 'body', status: 200, body: html }, 'not-json', /an HTML page/],
  [
    'HTML with 200 that says it is a stream',
    { kind: 'stream', steps: [{ kind: 'raw', bytes: html }] },
    'not-json',
    /HTML/,
  ],
  ['plain text with 200', { kind: 'body', status: 200, body: 'welcome' }, 'not-json', /plain text/],
  ['broken JSON with 200', { kind: 'body', status: 200, body: '{"choices": [' }, 'not-json', /broken JSON/],
  ['JSON of another kind', { kind: 'body', status: 200, body: { hello: 1 } }, 'not-json', /JSON of another kind/],
  [
    'an error with 200',
    { kind: 'body', status: 200, body: { error: { message: 'no GPU' } } },
    'stream-error',
    /no GPU/,
  ],
  ['an empty body', { kind: 'body', status: 200, body: '' }, 'incomplete-stream', /before any text/],
  ['empty choices', { kind: 'body', status: 200, body: { choices: [] } }, 'empty', /choices/],
  [
    'a stream of empty choices',
    { kind: 'stream', steps: [{ kind: 'data', data: { choices: [] } }, { kind: 'done' }] },
    'empty',
    /choices/,
  ],
  ['no text', streamed([]), 'empty', /without any text/],
  ['blank text', streamed(' \n'), 'empty', /without any text/],
  ['only [DONE]', { kind: 'stream', steps: [{ kind: 'done' }] }, 'incomplete-stream', /before any text/],
  ['plain JSON without finish_reason', plain('half', { finish: null }), 'incomplete-stream', /finish_reason/],
  ['plain JSON cut at the limit', plain('half', { finish: 'length' }), 'truncated', /length/],
  ['no header ever', { kind: 'silence' }, 'stalled', /no answer began for 120 ms/],
  ['headers and then nothing', { kind: 'stream', steps: [{ kind: 'stall' }] }, 'stalled', /no answer began/],
  [
    'a JSON body that stalls',
    { kind: 'body', status: 200, body: { choices: [] }, end: 'stall' },
    'stalled',
    /no answer began/,
  ],
  ['a socket that is cut each time', { kind: 'hang-up' }, 'reset', /3 times in a row/],
  [
    'a JSON body that is cut each time',
    { kind: 'body', status: 200, body: { choices: [] }, end: 'cut' },
    'reset',
    /was cut/,
  ],
];

test.each(NO_ANSWER)('%s is no answer', async (_name, reply, code, words) => {
  const failure = await fail(reply, code === 'stalled' ? SHORT : LONG);
  expect(failure.code).toBe(code);
  expect(failure.message).toMatch(words);
});

const REJECTED: readonly (readonly [
  name: string,
  reply: Reply,
  end: readonly [code: ModelFailureCode, attempts: number],
  words: RegExp,
])[] = [
  [
    '400',
    rejected(400, { message: 'no such role', param: 'messages' }),
    ['bad-request', 1],
    /at `messages`\): no such role/,
  ],
  [
    '400 in the form of another server',
    { kind: 'body', status: 400, body: { detail: 'bad seed' } },
    ['bad-request', 1],
    /bad seed/,
  ],
  ['400 with plain text', { kind: 'body', status: 400, body: 'go away' }, ['bad-request', 1], /go away/],
  [
    '400 by the filter',
    rejected(400, { code: 'content_filter', message: 'violence' }),
    ['content-filter', 1],
    /violence/,
  ],
  ['401', rejected(401, { message: 'Incorrect API key' }), ['unauthorized', 1], /Incorrect API key/],
  ['402', rejected(402, { message: 'Insufficient Balance' }), ['quota', 1], /Insufficient Balance/],
  ['403', rejected(403, { message: 'country' }), ['forbidden', 1], /country/],
  [
    '404 for the model',
    rejected(404, { code: 'model_not_found' }),
    ['unknown-model', 1],
    /does not know the model test-model/,
  ],
  [
    '404 for the address',
    { kind: 'body', status: 404, body: '404 page not found' },
    ['unknown-model', 1],
    /no chat completions at this address/,
  ],
  ['408', rejected(408), ['server-error', 3], /408/],
  ['413', rejected(413), ['bad-request', 1], /413/],
  ['422', rejected(422), ['bad-request', 1], /422/],
  ['429', rejected(429, { message: 'slow down' }), ['rate-limited', 3], /slow down, 3 times in a row/],
  ['429 without credit', rejected(429, { code: 'insufficient_quota' }), ['quota', 1], /no credit/],
  [
    '429 without credit, in words only',
    rejected(429, { message: 'You exceeded your current quota, please check your plan and billing details.' }),
    ['quota', 1],
    /no credit/,
  ],
  ['403 without credit', rejected(403, { code: 'insufficient_quota' }), ['quota', 1], /no credit/],
  [
    '429 for a minute, though it says quota',
    rejected(429, { message: 'Quota exceeded for requests per minute' }),
    ['rate-limited', 3],
    /per minute/,
  ],
  [
    'an error in a list',
    { kind: 'body', status: 400, body: [{ error: { code: 400, message: 'no such field' } }] },
    ['bad-request', 1],
    /\(400\): no such field/,
  ],
  ['429 without credit, by type', rejected(429, { type: 'insufficient_quota' }), ['quota', 1], /no credit/],
  ['500', rejected(500), ['server-error', 3], /failed \(500\)/],
  [
    '502 of a proxy',
    { kind: 'body', status: 502, body: '<title>502 Bad Gateway</title><hr>' },
    ['server-error', 3],
    /: 502 Bad Gateway,/,
  ],
  ['529', rejected(529), ['server-error', 3], /overloaded \(529\)/],
];

test.each(REJECTED)(
  '%s is explained, and retried only where that can help',
  async (_name, reply, [code, attempts], words) => {
    const failure = await fail(reply);
    expect(failure).toMatchObject({ code, attempts, partialText: '', costUsd: null });
    expect(failure.message).toMatch(words);
    expect(failure.status).toBe(reply.kind === 'body' ? reply.status : null);
  },
);

test('a rejection whose body never ends is still a rejection', async () => {
  const failure = await fail(
    { kind: 'body', status: 403, body: 'x', end: 'stall' },
    { idleTimeoutMs: 1500, firstChunkTimeoutMs: 1500 },
  );
  expect(failure).toMatchObject({ code: 'forbidden', status: 403 });
});

test('a rejection without a key asks for one', async () => {
  expect(await fail(rejected(401), LONG, { apiKey: undefined })).toMatchObject({ code: 'no-key', attempts: 1 });
});

test('a redirect is not followed: neither key nor prompt goes to a host that nobody named', async () => {
  const elsewhere = await startModelServer();
  const failure = await fail({ kind: 'body', status: 307, body: '', headers: { location: `${elsewhere.url}/x` } });
  expect(failure).toMatchObject({ code: 'bad-address', status: 307 });
  expect(failure.message).toContain(elsewhere.url);
  expect(elsewhere.requests).toEqual([]);
  await elsewhere.close();
});

describe('on the way to the server', () => {
  test('nothing listens there', async () => {
    const gone = await startModelServer();
    await gone.close();
    const failure = failureOf(await provider({ baseURL: gone.url }).call(requestOf('hi'), listen().options));
    expect(failure).toMatchObject({ code: 'refused-connection', attempts: 3 });
    expect(failure.message).toContain(gone.url);
    expect(failure.message).toContain('ECONNREFUSED');
  });

  test('its name cannot be resolved', async () => {
    const failure = failureOf(
      await provider({ baseURL: 'http://server.invalid/v1' }).call(requestOf('hi'), listen().options),
    );
    expect(failure.code).toBe('dns');
  });

  test('it does not speak TLS', async () => {
    const baseURL = server.url.replace('http:', 'https:');
    const failure = failureOf(await provider({ baseURL }).call(requestOf('hi'), listen().options));
    expect(failure).toMatchObject({ code: 'tls', attempts: 1 });
  });

  test.each(['ftp://host/v1', 'not a url', '', 'https://user:secret@host/v1', 'file:///etc/passwd'])(
    'its address is no address of a server: %s',
    async (baseURL) => {
      const failure = failureOf(await provider({ baseURL }).call(requestOf('hi'), listen().options));
      expect(failure).toMatchObject({ code: 'bad-address', attempts: 0 });
      expect(JSON.stringify(failure)).not.toContain('secret');
    },
  );

  test.each(['sk-first\nsk-second', 'sk “quoted”', 'sk secret'])(
    'the key cannot be sent, and is not shown: %j',
    async (apiKey) => {
      const failure = failureOf(await provider({ apiKey }).call(requestOf('hi'), listen().options));
      expect(failure).toMatchObject({ code: 'no-key', attempts: 0 });
      expect(JSON.stringify(failure)).not.toMatch(/sk.(?:first|secret|“)/);
    },
  );
});

describe('ended from our side', () => {
  test('an interrupt in mid-stream keeps the text', async () => {
    server.answerWith(() => part({ kind: 'stall' }));
    const abort = new AbortController();
    const heard = listen({ signal: abort.signal, onText: (text) => text === 'it' && abort.abort() });
    const failure = failureOf(await provider().call(requestOf('hi'), heard.options));
    expect(failure).toMatchObject({ code: 'aborted', partialText: 'half of it', attempts: 1 });
    expect(failure.unsent).toBeUndefined();
  });

  test('an interrupt before the call sends nothing', async () => {
    const before = server.requests.length;
    const failure = failureOf(await provider().call(requestOf('hi'), listen({ signal: AbortSignal.abort() }).options));
    expect(failure).toMatchObject({ code: 'aborted', unsent: true, attempts: 0 });
    expect(server.requests.length).toBe(before);
  });

  test('the deadline holds while text flows, and keeps it', async () => {
    server.answerWith(() =>
      streamed(
        Array.from({ length: 100 }, () => 'x'),
        { delayMs: 10 },
      ),
    );
    const failure = failureOf(await provider().call(requestOf('hi'), listen({ ...LONG, deadlineMs: 400 }).options));
    expect(failure).toMatchObject({ code: 'deadline', attempts: 1 });
    expect(failure.partialText).toMatch(/^x+$/);
  });

  test('a slow but living answer is not taken for a silent one', async () => {
    server.answerWith(() => streamed(['a', 'b', 'c', 'd'], { delayMs: 90 }));
    const result = await provider().call(requestOf('hi'), listen({ ...LONG, idleTimeoutMs: 250 }).options);
    expect(result).toMatchObject({ ok: true, value: { text: 'abcd' } });
  });

  test('the time in which the program itself stood still is no silence of the server', async () => {
    server.answerWith(() => streamed(['a', 'b'], { delayMs: 100 }));
    const { options } = listen({ ...LONG, idleTimeoutMs: 250 });
    const standStill = () => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1000);
    const result = await provider().call(requestOf('hi'), { ...options, onText: standStill });
    expect(result).toMatchObject({ ok: true, value: { text: 'ab' } });
  });
});
