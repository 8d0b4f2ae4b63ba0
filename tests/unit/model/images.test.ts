// Messages that show images: sent as they are, recorded by their mark, compared by it; text alone is what it always was.
import { expect, test } from 'vitest';
import { estimatePromptTokens } from '../../../src/model/cost.ts';
import { COMMON_DIALECT, requestBody } from '../../../src/model/openai-request.ts';
import { promptForChat } from '../../../src/model/paste.ts';
import type { ModelRequest } from '../../../src/model/provider.ts';
import { recordingFrom } from '../../../src/model/recording-plain.ts';
import { formatRecording, parseRecording } from '../../../src/model/recording-yaml.ts';
import { createReplayProvider } from '../../../src/model/replay.ts';
import { requestKey } from '../../../src/model/request-key.ts';
import { readPlain } from '../../../src/runbook/plain.ts';
import { answerOf, listen, requestOf } from './calling.ts';

const URL = 'data:image/png;base64,iVBORw0KGgo=';
const asking = (url: string): ModelRequest => ({
  model: 'm',
  messages: [
    {
      role: 'user',
      content: [
        { type: 'text', text: 'What is this?' },
        { type: 'image_url', image_url: { url } },
      ],
    },
  ],
});
const ANSWER = { text: 'A dot.', finishReason: 'stop', model: null, usage: null };

test('the key of a request of texts is what it was before there were images', () => {
  const request: ModelRequest = {
    model: 'm',
    messages: [
      { role: 'system', content: 's' },
      { role: 'user', content: 'hi \n' },
    ],
  };
  expect(requestKey(request)).toBe('ba60608c9768632a3bf5a265cfc3433b157b3abd53cae9d48459f09cbf763954');
});

test('the body of the request holds the image as it is, and where the answer stops', () => {
  const body = requestBody({ ...asking(URL), stop: ['END'] }, COMMON_DIALECT);
  expect(body).toMatchObject({ messages: asking(URL).messages, stop: ['END'] });
});

test('a recording has a mark in place of the bytes, answers that image, and no other', async () => {
  const text = formatRecording({ request: asking(URL), answer: ANSWER });
  expect(text).toMatch(/url: sha256:[0-9a-f]{64}/);
  expect(text).not.toContain('base64');
  const provider = createReplayProvider({ files: [{ file: 'r.yaml', text }] });
  expect(answerOf(await provider.call(asking(URL), listen().options)).text).toBe('A dot.');
  const other = await provider.call(asking(`${URL}AAAA`), listen().options);
  expect(other).toMatchObject({
    ok: false,
    error: { code: 'replay-miss', miss: { diff: expect.stringContaining('[image sha256:') } },
  });
});

test('an image costs by itself, and is no text for a chat window', () => {
  expect(estimatePromptTokens(asking(URL)) - estimatePromptTokens(requestOf('What is this?'))).toBe(800);
  expect(promptForChat(asking(URL))).toBe('What is this?\n\n(Attach the image to this message.)\n');
});

test('a recording that is read quickly is read just as the reader with places reads it', () => {
  const recordings = [
    { request: requestOf('hi', { temperature: 0.5, maxTokens: 9 }), answer: ANSWER },
    {
      request: requestOf('line\n  deeper\n', {
        responseSchema: { name: 'n', schema: { type: 'object' }, strict: true },
      }),
      answer: { ...ANSWER, model: 'x', usage: { promptTokens: 1, cachedTokens: null, completionTokens: 2 } },
    },
  ];
  for (const recording of recordings) {
    const text = formatRecording(recording);
    const quick = recordingFrom(readPlain(text)?.data);
    expect(quick).toEqual(recording);
    expect(parseRecording({ file: 'f', text })).toEqual({ ok: true, value: quick });
  }
});

test.each([
  [
    'an unknown key',
    { request: { model: 'm', messages: [{ role: 'user', content: 'x' }], seed: 1 }, answer: { text: '' } },
  ],
  ['no messages', { request: { model: 'm', messages: [] }, answer: { text: '' } }],
  [
    'a role that there is not',
    { request: { model: 'm', messages: [{ role: 'tool', content: 'x' }] }, answer: { text: '' } },
  ],
  ['no answer', { request: { model: 'm', messages: [{ role: 'user', content: 'x' }] } }],
  [
    'a number below 0',
    { request: { model: 'm', messages: [{ role: 'user', content: 'x' }], temperature: -1 }, answer: { text: '' } },
  ],
  ['nothing', null],
])('%s is left to the reader with places', (_what, data) => {
  expect(recordingFrom(data)).toBeUndefined();
});
