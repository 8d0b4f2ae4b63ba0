// Times, ids and pauses.
import { describe, expect, test } from 'vitest';
import { newId, pause, timestamp } from '../../../src/system/clock.ts';

test('a time is ISO 8601 in UTC with milliseconds', () => {
  expect(timestamp()).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  expect(Math.abs(Date.parse(timestamp()) - Date.now())).toBeLessThan(5000);
});

describe('a pause', () => {
  const timed = async (ms: number, signal: AbortSignal) => {
    const start = performance.now();
    await pause(ms, signal);
    return performance.now() - start;
  };

  test('lasts as long as it is asked to', async () => {
    expect(await timed(60, new AbortController().signal)).toBeGreaterThanOrEqual(55);
  });

  test.each([
    [0, false],
    [-5, false],
    [60_000, true],
  ])('of %d ms with a signal that has fired: %s, is over at once', async (ms, fired) => {
    expect(await timed(ms, fired ? AbortSignal.abort() : new AbortController().signal)).toBeLessThan(1000);
  });

  test.each([60_000, 1000 * 3_600_000, Number.POSITIVE_INFINITY])(
    'of %d ms ends when the signal fires, not before',
    async (ms) => {
      const took = await timed(ms, AbortSignal.timeout(80));
      expect(took).toBeGreaterThanOrEqual(70);
      expect(took).toBeLessThan(2000);
    },
  );
});

test('a new id is a random UUID of version 4, each another', () => {
  const ids = Array.from({ length: 200 }, newId);
  for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(new Set(ids).size).toBe(ids.length);
});
