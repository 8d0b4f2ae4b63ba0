import { describe, expect, test } from 'vitest';
import type { BatchState } from '../../../src/batch/types.ts';
import { costWords, progressLine, progressWords } from '../../../src/terminal/batch-progress.ts';

const state = (more: Partial<BatchState> = {}): BatchState => ({
  total: 1000,
  done: 412,
  failed: 0,
  refused: 0,
  fromHistory: 0,
  spentUsd: 0.0123,
  totalUsd: 0.0123,
  unknownCosts: 0,
  atOnce: 16,
  limit: 16,
  pausedUntil: 0,
  ...more,
});

describe('how a batch stands', () => {
  const cases: [string, BatchState, number | undefined, string][] = [
    ['with rate, cost and what is left', state(), 318, '412 of 1000 · 318/s · $0.0123 · 1.8 s left'],
    ['before anything is known', state({ done: 0, spentUsd: 0 }), undefined, '0 of 1000 · $0.00'],
    ['slowly, with failures', state({ failed: 2 }), 0.5, '412 of 1000 · 0.5/s · $0.0123 · 2 failed · 19m 36s left'],
    [
      'without prices',
      state({ spentUsd: 0, unknownCosts: 412 }),
      10,
      '412 of 1000 · 10/s · cost unknown · 58.8 s left',
    ],
    [
      'while the server is busy',
      state({ pausedUntil: 31_000 }),
      318,
      '412 of 1000 · 318/s · $0.0123 · the server is busy, on in 30.0 s',
    ],
    ['at its end', state({ done: 1000 }), 318, '1000 of 1000 · 318/s · $0.0123'],
  ];
  test.each(cases)('%s', (_name, figures, perSecond, expected) => {
    expect(progressWords({ state: figures, now: 1000, perSecond })).toBe(expected);
  });
});

test.each([40, 60, 80, 200])('the line fits into %i columns', (width) => {
  const line = progressLine({ state: state({ failed: 3 }), now: 0, perSecond: 318 }, width, (text) => text);
  expect(line.length).toBeLessThan(width);
  if (width >= 80) expect(line).toMatch(/^█+░+ 412 of 1000/);
});

test.each([
  [0, 0, '$0.00'],
  [0, 3, 'cost unknown'],
  [0.0045, 0, '$0.0045'],
  [0.0045, 1, '$0.0045+'],
  [0.00001, 0, '<$0.0001'],
  [12.3456, 0, '$12.35'],
])('%f dollars with %i unknown are %s', (usd, unknown, expected) => {
  expect(costWords(usd, unknown)).toBe(expected);
});
