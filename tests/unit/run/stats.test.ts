// Attempts from the log, and estimates of what is left.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { LogEvent } from '../../../src/events/types.ts';
import { attemptsOf, estimate, percentile, spentOf, timeSamples, withKin } from '../../../src/run/stats.ts';
import { tasksOf } from '../making.ts';

/** `12 START_TASK a r1` is an event at second 12. */
function events(...lines: readonly string[]): LogEvent[] {
  return lines.map((line, index) => {
    const [second, event_type, task_id = '', run_id = '', duration] = line.split(' ');
    return {
      seq: index + 1,
      timestamp: new Date(Number(second) * 1000).toISOString(),
      event_type: event_type as LogEvent['event_type'],
      task_id,
      run_id,
      actor: 'orchestrate',
      ...(duration === undefined ? {} : { details: { duration_ms: Number(duration) } }),
    };
  });
}

describe('an attempt', () => {
  test.each<[what: string, lines: string[], attempts: string[]]>([
    ['lasts from its start to its end', ['1 START_TASK a r', '4 COMPLETE_TASK a r'], ['a done 3000']],
    ['of a script lasts as long as that says', ['1 START_TASK a r', '4 COMPLETE_TASK a r 250'], ['a done 250']],
    [
      'may fail, be put off or be cut off',
      [
        '1 START_TASK a r',
        '2 ERROR_TASK a r',
        '3 START_TASK a r',
        '5 TASK_RELEASED a r',
        '6 START_TASK a r',
        '9 TASK_INTERRUPTED a r',
      ],
      ['a failed 1000', 'a released 2000', 'a interrupted 3000'],
    ],
    ['that another run put an end to is left out', ['1 START_TASK a r1', '9000 TASK_INTERRUPTED a r2'], []],
    ['that was never begun is none', ['4 COMPLETE_TASK a r', '5 SKIP_TASK b r'], []],
    ['that still runs is none', ['1 START_TASK a r'], []],
    [
      'may run beside another',
      ['1 START_TASK a r', '2 START_TASK b r', '3 COMPLETE_TASK a r', '5 COMPLETE_TASK b r'],
      ['a done 2000', 'b done 3000'],
    ],
    ['does not last less than nothing when the clock was set back', ['9 START_TASK a r', '4 COMPLETE_TASK a r'], []],
  ])('%s', (_, lines, attempts) => {
    expect(attemptsOf(events(...lines)).map(({ taskId, ended, ms }) => `${taskId} ${ended} ${ms}`)).toEqual(attempts);
  });

  test('is summed up by type; tasks that are gone count too', () => {
    const tasks = tasksOf([{ id: 'a' }, { id: 'm', type: 'MANUAL' }]);
    const attempts = attemptsOf(
      events(
        '1 START_TASK a r',
        '2 ERROR_TASK a r',
        '3 START_TASK a r',
        '4 COMPLETE_TASK a r',
        '5 START_TASK m r',
        '9 COMPLETE_TASK m r',
        '9 START_TASK x r',
        '10 COMPLETE_TASK x r',
      ),
    );
    expect(spentOf(attempts, tasks)).toEqual([
      { type: 'MANUAL', attempts: 1, failed: 0, ms: 4000 },
      { type: 'AUTOMATED_SCRIPT', attempts: 2, failed: 1, ms: 2000 },
      { type: null, attempts: 1, failed: 0, ms: 1000 },
    ]);
  });
});

test.each<[values: number[], part: number, expected: number]>([
  [[], 0.5, 0],
  [[7], 0.9, 7],
  [[1, 2, 3, 4], 0.5, 2],
  [[1, 2, 3, 4, 5], 0.5, 3],
  [[1, 2, 3, 4, 5, 6, 7, 8, 9, 10], 0.9, 9],
  [[1, 2, 3, 4, 5, 6, 7, 8, 9, 10], 1, 10],
  [[1, 2], 0, 1],
])('of %j the %d percentile is %d', (values, part, expected) => {
  expect(percentile(values, part)).toBe(expected);
});

describe('an estimate', () => {
  const tasks = tasksOf([{ id: 'a' }, { id: 'b' }, { id: 'm', type: 'MANUAL' }]);

  test('goes by the task itself, then by those of its kind', () => {
    const own = timeSamples(
      attemptsOf(events('1 START_TASK a r', '3 COMPLETE_TASK a r', '5 START_TASK a r', '6 ERROR_TASK a r')),
    );
    expect(Object.fromEntries(withKin(tasks, own))).toEqual({ a: [2000], b: [2000], m: [] });
    expect(estimate(tasks, withKin(tasks, own))).toEqual({ p50: 4000, p90: 4000, unknown: 1 });
  });

  test('of nothing known is none, and of nothing left too', () => {
    expect(estimate(tasks, new Map())).toBeUndefined();
    expect(estimate([], new Map([['a', [1]]]))).toBeUndefined();
  });

  test('of one task is what was seen of it', () => {
    const seen = Array.from({ length: 10 }, (_, index) => index + 1);
    const one = estimate(tasksOf([{ id: 'a' }]), new Map([['a', seen]]));
    expect(one?.p50).toBeGreaterThanOrEqual(5);
    expect(one?.p50).toBeLessThanOrEqual(6);
    expect(one?.p90).toBe(9);
  });

  test('of a sum is narrower than the sum of the worst, and the same each time', () => {
    const many = tasksOf(Array.from({ length: 100 }, (_, index) => ({ id: `t${index}` })));
    const samples = new Map(many.map(({ id }) => [id as string, [0, 10]]));
    const sum = estimate(many, samples);
    // Binomial: the mean is 500, the deviation 50.
    expect(Math.abs((sum?.p50 ?? 0) - 500)).toBeLessThanOrEqual(10);
    expect(Math.abs((sum?.p90 ?? 0) - 564)).toBeLessThanOrEqual(15);
    expect(estimate(many, samples)).toEqual(sum);
  });

  test('lies between the least and the most that can come out', () => {
    const pools = fc.array(fc.array(fc.nat(1000), { minLength: 1, maxLength: 5 }), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(pools, (lists) => {
        const some = tasksOf(lists.map((_, index) => ({ id: `t${index}` })));
        const sum = estimate(some, new Map(lists.map((list, index) => [`t${index}`, list])));
        const total = (pick: (list: number[]) => number) => lists.reduce((all, list) => all + pick(list), 0);
        expect(sum?.p50).toBeGreaterThanOrEqual(total((list) => Math.min(...list)));
        expect(sum?.p90).toBeLessThanOrEqual(total((list) => Math.max(...list)));
        expect(sum?.p50).toBeLessThanOrEqual(sum?.p90 ?? 0);
      }),
      { numRuns: 30 },
    );
  });
});
