// Figures of many calls: the parts equal the whole, unknown is unknown, deleted calls count.
import { describe, expect, test } from 'vitest';
import { type Figure, type Grouping, statsOf } from '../../../src/history/stats.ts';

const day = (iso: string) => iso.slice(0, 10);

function figure(rest: Partial<Figure>): Figure {
  return {
    template: 't.md',
    hash: 'h',
    model: 'm',
    task: 'a',
    run: 'r',
    created_at: '2026-01-31T12:00:00.000Z',
    status: 'complete',
    cost_usd: 0.1,
    total_ms: 100,
    deleted: 0,
    ...rest,
  };
}

const times = (...all: (number | null)[]) => all.map((total_ms) => figure({ total_ms }));

describe('times', () => {
  test.each([
    ['none', [], null, null],
    ['unknown ones', times(null, null), null, null],
    ['one', times(7), 7, 7],
    ['an odd number', times(3, 1, 2), 2, 3],
    ['an even number', times(4, 1, 2, 3), 2.5, 4],
    ['twenty', times(...Array.from({ length: 20 }, (_, index) => index + 1)), 10.5, 19],
    ['a hundred', times(...Array.from({ length: 100 }, (_, index) => 100 - index)), 50.5, 95],
    ['one that is still open', [figure({ total_ms: 5 }), figure({ status: 'running', total_ms: 999 })], 5, 5],
  ])('of %s', (_, figures, median, p95) => {
    expect(statsOf(figures, 'model', day).total).toMatchObject({ median_ms: median, p95_ms: p95 });
  });
});

describe('costs', () => {
  test.each([
    ['unknown ones are no zero', [figure({ cost_usd: null })], null, 1],
    ['what is known is summed, the rest counted', [figure({}), figure({ cost_usd: null })], 0.1, 1],
    ['free is known', [figure({ cost_usd: 0 })], 0, 0],
    ['binary fractions leave no noise', [figure({ cost_usd: 0.1 }), figure({ cost_usd: 0.2 })], 0.3, 0],
    ['an open call has none yet', [figure({ status: 'pending', cost_usd: null })], null, 0],
    ['a deleted call counts', [figure({ deleted: 1 }), figure({})], 0.2, 0],
  ])('%s', (_, figures, cost, unknown) => {
    expect(statsOf(figures, 'model', day).total).toMatchObject({ cost_usd: cost, cost_unknown: unknown });
  });
});

test.each<[Grouping, (string | null)[]]>([
  ['template', ['u.md', 't.md']],
  ['hash', ['h']],
  ['model', ['m', null]],
  ['task', ['a', 'b']],
  ['run', ['r']],
  ['day', ['2026-02-01', '2026-01-31']],
])('groups by %s add up to the total', (by, keys) => {
  const figures = [
    figure({ template: 'u.md', cost_usd: 0.5, status: 'error' }),
    figure({ task: 'b', model: null, cost_usd: 0.05 }),
    figure({ cost_usd: 0.2, created_at: '2026-02-01T00:00:00.000Z' }),
  ];
  const { total, groups } = statsOf(figures, by, day);
  expect(groups.map(({ key }) => key)).toEqual(keys);
  for (const name of ['calls', 'failures', 'cost_unknown'] as const)
    expect(groups.reduce((sum, group) => sum + group[name], 0)).toBe(total[name]);
  expect(groups.reduce((sum, group) => sum + (group.cost_usd ?? 0), 0)).toBeCloseTo(0.75, 12);
  expect(total).toMatchObject({ calls: 3, failures: 1, cost_usd: 0.75 });
});
