import { describe, expect, test } from 'vitest';
import { createPace } from '../../../src/batch/pace.ts';

describe('the pace', () => {
  test('begins with what was asked for and never goes beyond it', () => {
    const pace = createPace(4);
    for (let n = 0; n < 100; n++) pace.succeeded();
    expect(pace.limit()).toBe(4);
  });

  test('halves when the server refuses for the rate, once for all calls that were on their way', () => {
    const pace = createPace(16);
    pace.limited(100, 150, 0);
    for (const sentAt of [90, 100, 120, 149]) pace.limited(sentAt, 160, 0);
    expect(pace.limit()).toBe(8);
    pace.limited(151, 170, 0);
    expect(pace.limit()).toBe(4);
  });

  test('never goes below one', () => {
    const pace = createPace(2);
    for (let at = 10; at < 100; at += 10) pace.limited(at, at + 1, 0);
    expect(pace.limit()).toBe(1);
  });

  test('grows by one for each round of answers', () => {
    const pace = createPace(8);
    pace.limited(0, 1, 0);
    const limits = Array.from({ length: 9 }, () => {
      pace.succeeded();
      return pace.limit();
    });
    expect(limits).toEqual([4, 4, 4, 5, 5, 5, 5, 5, 6]);
  });

  test('pauses for the longest wait that was asked for', () => {
    const pace = createPace(8);
    pace.limited(0, 1000, 500);
    pace.limited(0, 1100, 2000);
    pace.limited(0, 1200, 10);
    expect(pace.pausedUntil()).toBe(3100);
  });
});
