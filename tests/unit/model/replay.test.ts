// The provider of recorded answers.
import { describe, expect, test } from 'vitest';
import type { ModelRequest } from '../../../src/model/provider.ts';
import type { RecordedAnswer } from '../../../src/model/recording.ts';
import { formatRecording } from '../../../src/model/recording-yaml.ts';
import { createReplayProvider } from '../../../src/model/replay.ts';
import { answerOf, failureOf, listen, requestOf } from './calling.ts';

function file(name: string, request: ModelRequest, answer: Partial<RecordedAnswer> & { text: string }) {
  const full = { finishReason: 'stop', model: null, usage: null, ...answer };
  return { file: `recordings/${name}.yaml`, text: formatRecording({ request, answer: full }) };
}

const LONG = 'A recorded answer: naïve 👩‍🚀 日本, '.repeat(10);

test('the same request gets the recorded answer, its counts, and costs nothing', async () => {
  const usage = { promptTokens: 5, cachedTokens: null, completionTokens: 9 };
  const provider = createReplayProvider({
    files: [file('a', requestOf('hi'), { text: LONG, usage, model: 'test-model-1' })],
  });
  const heard = listen();
  const answer = answerOf(await provider.call(requestOf('hi'), heard.options));
  expect(answer).toMatchObject({
    text: LONG,
    finishReason: 'stop',
    resolvedModel: 'test-model-1',
    usage,
    attempts: 1,
    costUsd: 0,
    recordingFile: 'recordings/a.yaml',
    notes: ['answered from recordings/a.yaml'],
  });
  expect(heard.news[0]).toBe('first');
  expect(heard.news.slice(1).join('')).toBe(LONG);
  expect(heard.news.length).toBeGreaterThan(4);
});

test('a recording of the same model wins over one of another model, wherever it stands', async () => {
  const files = [
    file('a', requestOf('hi', { model: 'other' }), { text: 'no' }),
    file('b', requestOf('hi'), { text: 'yes' }),
  ];
  expect(answerOf(await createReplayProvider({ files }).call(requestOf('hi'), listen().options)).text).toBe('yes');
});

test('a recording of another model answers where there is no better one, and it is said', async () => {
  const files = [file('a', requestOf('hi', { model: 'other' }), { text: 'yes' })];
  const answer = answerOf(await createReplayProvider({ files }).call(requestOf('hi'), listen().options));
  expect(answer.notes[1]).toBe('it was recorded for the model other; test-model was asked for');
  expect(answer.resolvedModel).toBe('other');
});

test('a recording with another schema answers where there is no better one, and it is said', async () => {
  const files = [file('a', requestOf('hi'), { text: 'yes' })];
  const asked = requestOf('hi', { responseSchema: { name: 'a', schema: {} } });
  const answer = answerOf(await createReplayProvider({ files }).call(asked, listen().options));
  expect(answer.notes[1]).toContain('another response schema');
});

test('several recordings of one request answer one call after the other, the last one again and again', async () => {
  const files = ['one', 'two'].map((text, i) => file(`a${i}`, requestOf('hi'), { text }));
  const provider = createReplayProvider({ files });
  const texts: string[] = [];
  for (let i = 0; i < 3; i++) texts.push(answerOf(await provider.call(requestOf('hi'), listen().options)).text);
  expect(texts).toEqual(['one', 'two', 'two']);
});

test('a request is compared after redaction, as recordings are written', async () => {
  const files = [file('a', requestOf('the key is ***'), { text: 'yes' })];
  const redact = (text: string): string => text.replaceAll('hunter2', '***');
  const asked = requestOf('the key is hunter2');
  expect(await createReplayProvider({ files, redact }).fits(asked)).toBe(true);
  expect(await createReplayProvider({ files }).fits(asked)).toBe(false);
});

describe('a recorded answer that was no whole one fails as it did', () => {
  test.each([
    ['length', 'truncated'],
    ['content_filter', 'content-filter'],
  ])('%s', async (finishReason, code) => {
    const files = [file('a', requestOf('hi'), { text: 'half', finishReason })];
    const failure = failureOf(await createReplayProvider({ files }).call(requestOf('hi'), listen().options));
    expect(failure).toMatchObject({ code, partialText: 'half', finishReason });
  });

  test('empty', async () => {
    const files = [file('a', requestOf('hi'), { text: '' })];
    expect(failureOf(await createReplayProvider({ files }).call(requestOf('hi'), listen().options)).code).toBe('empty');
  });
});

describe('a miss', () => {
  const prompt = 'Summarise this report.\nUse plain words.\nAt most 10 lines.\nNo lists.\nEnd with a question.';
  const files = [
    file('far', requestOf('Translate the poem into French, please'), { text: 'x' }),
    file('near', requestOf(prompt), { text: 'x' }),
  ];

  test('names the nearest recording and shows the lines that differ', async () => {
    const asked = requestOf(prompt.replace('10 lines', '20 lines'));
    const failure = failureOf(await createReplayProvider({ files }).call(asked, listen().options));
    expect(failure).toMatchObject({
      code: 'replay-miss',
      attempts: 0,
      costUsd: null,
      miss: { file: 'recordings/near.yaml' },
    });
    expect(failure.message).toMatch(/nearest of 2 recordings is recordings\/near.yaml, 9\d % alike/);
    expect(failure.miss?.similarity).toBeGreaterThan(0.9);
    expect(failure.miss?.diff.split('\n')).toEqual([
      '@@ line 2 @@',
      ' Summarise this report.',
      ' Use plain words.',
      '-At most 10 lines.',
      '+At most 20 lines.',
      ' No lists.',
      ' End with a question.',
    ]);
  });

  test('without any recording says so', async () => {
    const failure = failureOf(await createReplayProvider({ files: [] }).call(requestOf('hi'), listen().options));
    expect(failure).toMatchObject({ code: 'replay-miss', miss: null });
    expect(failure.message).toContain('there are no recordings');
  });

  test('says which files could not be read', async () => {
    const broken = { file: 'recordings/bad.yaml', text: 'request: 1\nanswer: {text: a}\n' };
    const provider = createReplayProvider({ files: [broken, ...files] });
    const failure = failureOf(await provider.call(requestOf('hi'), listen().options));
    expect(failure.message).toContain(
      '1 file cannot be read as a recording (recordings/bad.yaml:1: request must be a mapping',
    );
    expect(await provider.problems()).toHaveLength(1);
    expect(answerOf(await provider.call(requestOf(prompt), listen().options)).text).toBe('x');
  });

  test('between long texts with nothing in common is told quickly', async () => {
    const lines = (word: string): string => Array.from({ length: 8_000 }, (_, i) => `${word} ${i * 7}`).join('\n');
    const provider = createReplayProvider({ files: [file('long', requestOf(lines('a')), { text: 'x' })] });
    const failure = failureOf(await provider.call(requestOf(lines('b')), listen().options));
    expect(failure.miss?.diff).toContain('too many lines');
    expect(failure.totalMs).toBeLessThan(5_000);
  });
});

test('asking whether a recording fits uses none up', async () => {
  const provider = createReplayProvider({
    files: ['one', 'two'].map((text, i) => file(`a${i}`, requestOf('hi'), { text })),
  });
  expect(await provider.fits(requestOf('hi'))).toBe(true);
  expect(await provider.fits(requestOf('hi'))).toBe(true);
  expect(answerOf(await provider.call(requestOf('hi'), listen().options)).text).toBe('one');
});

test('an interrupt keeps what was told', async () => {
  const abort = new AbortController();
  const provider = createReplayProvider({ files: [file('a', requestOf('hi'), { text: LONG })] });
  const failure = failureOf(
    await provider.call(requestOf('hi'), listen({ signal: abort.signal, onText: () => abort.abort() }).options),
  );
  expect(failure).toMatchObject({ code: 'aborted', finishReason: null });
  expect(failure.partialText.length).toBeGreaterThan(10);
  expect(failure.partialText.length).toBeLessThan(LONG.length / 4);
  expect(failure.partialText).toBe(LONG.slice(0, failure.partialText.length));
});

test('a replay is estimated to cost nothing', async () => {
  expect(await createReplayProvider({ files: [] }).estimate(requestOf('12345'))).toEqual({
    promptTokens: 2,
    promptUsd: 0,
    atMostUsd: 0,
  });
});
