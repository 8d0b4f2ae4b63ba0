// How often answers were accepted and what they cost, by a table of calls; read from a history that was really written.
import { describe, expect, test } from 'vitest';
import { acceptanceOf, costSamples, type TaskCall } from '../../../src/history/acceptance.ts';

/** `a accepted 1 0.5` is a call of the task a: its review, its attempt, its cost (`?`: unknown). */
function calls(...lines: readonly string[]): TaskCall[] {
  return lines.map((line) => {
    const [task = '', review, attempt, cost, template = 't', model = 'm'] = line.split(' ');
    return {
      template,
      model,
      task,
      review: review === '-' ? null : (review as TaskCall['review']),
      attempt: Number(attempt),
      cost_usd: cost === '?' ? null : Number(cost),
      status: 'complete',
    };
  });
}

describe('acceptance', () => {
  test.each<[what: string, lines: string[], expected: object]>([
    ['at first', ['a accepted 1 1', 'b accepted 1 1'], { first_try: 1, accepted: 2, cost_per_accepted_usd: 1 }],
    [
      'at the second try is paid for twice',
      ['a rejected 1 1', 'a accepted 2 2'],
      { first_try: 0, first_judged: 1, accepted: 1, cost_per_accepted_usd: 3 },
    ],
    [
      'after a person edited it is none at first',
      ['a edited 1 1'],
      { first_try: 0, edited: 1, cost_per_accepted_usd: 1 },
    ],
    [
      'is not known of what waits or was skipped',
      ['a - 1 1', 'b skipped 1 1'],
      { first_try: null, judged: 0, cost_per_accepted_usd: null, calls: 2 },
    ],
    [
      'with a cost that is unknown says so',
      ['a accepted 1 ?', 'b accepted 1 1'],
      { cost_unknown: 1, cost_per_accepted_usd: 0.5 },
    ],
    ['without any known cost has none', ['a accepted 1 ?'], { cost_unknown: 1, cost_per_accepted_usd: null }],
  ])('%s', (_, lines, expected) => {
    const [group, more] = acceptanceOf(calls(...lines));
    expect(group).toMatchObject(expected);
    expect(more).toBeUndefined();
  });

  test('is told by template and model, the busiest first', () => {
    const groups = acceptanceOf(
      calls('a accepted 1 1 t m1', 'b accepted 1 1 t m2', 'c rejected 1 1 t m2', 'd accepted 1 1 u m1'),
    );
    expect(groups.map(({ template, model, calls: n }) => `${template} ${model} ${n}`)).toEqual([
      't m2 2',
      't m1 1',
      'u m1 1',
    ]);
  });
});

test('what an accepted answer of a task cost includes the rejected ones before it', () => {
  const lines = calls(
    'a rejected 1 1',
    'b accepted 1 5',
    'a accepted 2 2',
    'a accepted 1 4',
    'c rejected 1 ?',
    'c accepted 2 1',
    'c edited 1 7',
    'd rejected 1 1',
  );
  expect(Object.fromEntries(costSamples(lines))).toEqual({ a: [3, 4], b: [5], c: [7] });
});
