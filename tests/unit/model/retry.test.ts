// When a failed attempt is sent again, and after how long.
import { describe, expect, test } from 'vitest';
import { backoffMs, DEFAULT_RETRY, decideRetry, retryAfterMs, sleep } from '../../../src/model/retry.ts';

const NOW = Date.parse('2026-11-05T12:00:00Z');

describe('the wait that the server asks for', () => {
  test.each<[headers: Record<string, string>, ms: number | null]>([
    [{}, null],
    [{ 'retry-after': '2' }, 2_000],
    [{ 'retry-after': '0' }, 0],
    [{ 'retry-after': ' 1.5 ' }, 1_500],
    [{ 'retry-after': '86400' }, 86_400_000],
    [{ 'retry-after-ms': '250' }, 250],
    [{ 'retry-after-ms': '250', 'retry-after': '9' }, 250],
    [{ 'retry-after-ms': 'soon', 'retry-after': '9' }, 9_000],
    [{ 'retry-after': 'Thu, 05 Nov 2026 12:01:40 GMT' }, 100_000],
    [{ 'retry-after': 'Thu, 05 Nov 2026 11:00:00 GMT' }, 0],
    [{ 'retry-after': 'soon' }, null],
    [{ 'retry-after': '-5' }, null],
    [{ 'retry-after': '' }, null],
    [{ 'retry-after': 'Infinity' }, null],
  ])('in %j is %j ms', (headers, ms) => {
    expect(retryAfterMs(new Headers(headers), NOW)).toBe(ms);
  });
});

test.each([
  [1, 0, 0],
  [1, 1, 1_000],
  [2, 1, 2_000],
  [2, 0.5, 1_000],
  [9, 1, 20_000],
])('the wait after attempt %d with random %d is %d ms: full jitter below a doubling bound', (attempt, random, ms) => {
  expect(backoffMs(attempt, DEFAULT_RETRY, random)).toBe(ms);
});

describe('a failed attempt', () => {
  const failed = { retryable: true, began: false, attempt: 1, retryAfterMs: null, remainingMs: 600_000, random: 0.5 };

  test.each<[name: string, change: Partial<typeof failed> | { retryAfterMs: number }, decision: unknown]>([
    ['is retried after a jittered wait', {}, { kind: 'wait', delayMs: 500 }],
    ['is retried not before the server allows', { retryAfterMs: 100_000 }, { kind: 'wait', delayMs: 100_500 }],
    ['is retried at the end of the deadline at the latest', { remainingMs: 300 }, { kind: 'wait', delayMs: 300 }],
    ['is not retried beyond the deadline', { retryAfterMs: 600_000 }, { kind: 'stop', because: 'beyond-deadline' }],
    ['is not retried where that cannot help', { retryable: false }, { kind: 'stop', because: 'not-retryable' }],
    ['is not retried once the answer has begun', { began: true }, { kind: 'stop', because: 'began' }],
    ['is not retried after the third', { attempt: 3 }, { kind: 'stop', because: 'attempts-spent' }],
  ])('%s', (_name, change, decision) => {
    expect(decideRetry({ ...failed, ...change }, DEFAULT_RETRY)).toEqual(decision);
  });
});

describe('a wait', () => {
  test('ends when its time is over', async () => {
    expect(await sleep(5, new AbortController().signal)).toBe(true);
  });

  test('longer than a timer can be does not end at once, and ends by the signal', async () => {
    const abort = new AbortController();
    setTimeout(() => abort.abort(), 20);
    expect(await sleep(2 ** 33, abort.signal)).toBe(false);
  });

  test('does not begin after the signal', async () => {
    expect(await sleep(60_000, AbortSignal.abort())).toBe(false);
  });
});
