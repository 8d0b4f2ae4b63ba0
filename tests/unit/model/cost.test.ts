// Prices: from the list, from the project, unknown.
import { describe, expect, test } from 'vitest';
import {
  estimateCost,
  estimateTokens,
  type Priced,
  priceProvider,
  settleCost,
  worstCaseUsd,
} from '../../../src/model/cost.ts';
import { requestOf } from './calling.ts';

const MILLION = 1_000_000;
const USAGE = { promptTokens: MILLION, cachedTokens: 0, completionTokens: MILLION };

function priced(model: string, more: Partial<Priced> = {}): Priced {
  return { model, providerId: 'openai', overrides: {}, ...more };
}

test.each([
  ['', 0],
  ['a', 1],
  ['abcd', 1],
  ['abcde', 2],
  ['x'.repeat(4_000), 1_000],
])('the tokens of %j are estimated as characters / 4, rounded up', (text, tokens) => {
  expect(estimateTokens(text)).toBe(tokens);
});

// The counts are those of the vocabulary of gpt-4o.
test.each([
  ['Say hello to the world, calmly.', 8],
  ['{"a":[{"b":1},{"c":[]}],"d":{}}', 16],
  ['id,v\n1,0.37\n2,0.91\n3,0.55\n', 21],
  ['kQ7xZ2vB9pLm4TjWc8RdYf3HsNg6UaEq', 26],
  ['~!{}[]^&*()<>|;:@#', 13],
  ['ÆþŊƀƁƂƃƄƅƆƇƈ', 22],
  ['今天天气很好', 4],
  ['😀🎉👨‍👩‍👧', 11],
  ['\u0001\u0002\u0003\u0004\u0005', 5],
])('what a budget holds for %j is never less than its tokens', async (text, tokens) => {
  const request = requestOf(text.repeat(100), { model: 'm' });
  const dollarAToken = { m: { input: MILLION, output: MILLION } };
  const worst = await worstCaseUsd(request, 0, { providerId: 'openai', overrides: dollarAToken });
  expect(worst).toBeGreaterThanOrEqual(tokens * 100);
});

describe('what a call cost', () => {
  test.each<[name: string, usage: Parameters<typeof settleCost>[0], priced: Priced, usd: number | null]>([
    ['by the list', USAGE, priced('gpt-4o-mini'), 0.75],
    ['with cached tokens', { ...USAGE, cachedTokens: MILLION }, priced('gpt-4o-mini'), 0.675],
    ['with cached tokens of another model', { ...USAGE, cachedTokens: MILLION / 2 }, priced('gpt-5-mini'), 2.1375],
    ['with more cached tokens than there are', { ...USAGE, cachedTokens: 9 * MILLION }, priced('gpt-4o-mini'), 0.675],
    ['with unknown cached tokens', { ...USAGE, cachedTokens: null }, priced('gpt-4o-mini'), 0.75],
    ['by the model that answered', USAGE, priced('an-alias', { resolvedModel: 'gpt-4o-mini-2024-07-18' }), 0.75],
    [
      'by the model that was asked for, where the other is unknown',
      USAGE,
      priced('gpt-4o-mini', { resolvedModel: 'x' }),
      0.75,
    ],
    ['of a model that is not in the list', USAGE, priced('no-such-model'), null],
    ['of a local model with a similar name', USAGE, priced('gpt-oss:20b'), null],
    ['of an unknown provider', USAGE, priced('gpt-4o-mini', { providerId: 'nobody' }), null],
    ['without counts', { ...USAGE, completionTokens: null }, priced('gpt-4o-mini'), null],
    ['of nothing', { promptTokens: 0, cachedTokens: null, completionTokens: 0 }, priced('gpt-4o-mini'), 0],
    ["by the project's price", USAGE, priced('m', { overrides: { m: { input: 1, output: 2 } } }), 3],
    [
      "by the project's price over the list",
      USAGE,
      priced('gpt-4o-mini', { overrides: { 'gpt-4o-mini': { input: 1, output: 2 } } }),
      3,
    ],
    [
      "by the project's price for cached tokens",
      { ...USAGE, cachedTokens: MILLION / 2 },
      priced('m', { overrides: { m: { input: 1, cached: 0.2, output: 2 } } }),
      2.6,
    ],
    [
      "by the project's price, none for cached tokens",
      { ...USAGE, cachedTokens: MILLION },
      priced('m', { overrides: { m: { input: 1, output: 2 } } }),
      3,
    ],
    ['of a free model of the project', USAGE, priced('m', { overrides: { m: { input: 0, output: 0 } } }), 0],
    ['of a model named like a property of objects', USAGE, priced('constructor'), null],
  ])('%s', async (_name, usage, from, usd) => {
    expect(await settleCost(usage, from)).toBe(usd);
  });

  test('has no noise of binary fractions', async () => {
    expect(await settleCost({ promptTokens: 3, cachedTokens: 0, completionTokens: 7 }, priced('gpt-4o-mini'))).toBe(
      0.00000465,
    );
  });
});

describe('what a call will cost', () => {
  const request = requestOf('x'.repeat(4 * MILLION), { model: 'gpt-4o-mini' });

  test.each([
    ['its prompt alone where the answer may be of any length', request, { promptUsd: 0.15, atMostUsd: null }],
    ['both where the answer is bounded', { ...request, maxTokens: MILLION }, { promptUsd: 0.15, atMostUsd: 0.75 }],
    ['unknown where the price is', { ...request, model: 'x', maxTokens: 9 }, { promptUsd: null, atMostUsd: null }],
  ])('is %s', async (_name, one, cost) => {
    expect(await estimateCost(one, { providerId: 'openai', overrides: {} })).toEqual({
      promptTokens: MILLION,
      ...cost,
    });
  });
});

test.each([
  ['https://api.openai.com/v1', 'openai'],
  ['https://api.groq.com/openai/v1', 'groq'],
  ['https://openrouter.ai/api/v1', 'openrouter'],
  ['http://localhost:11434/v1', 'openai'],
  ['https://gateway.example.com/?to=api.groq.com', 'openai'],
])('the prices for %s are those of %s', async (url, id) => {
  expect(await priceProvider(url)).toBe(id);
});
