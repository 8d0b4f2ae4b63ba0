// Limits and the worst case of a call; two connections that reserve at once never go beyond a limit together.
import { describe, expect, test } from 'vitest';
import { createRedactor } from '../../../src/base/secrets.ts';
import { limitsOf, overBudgetWords } from '../../../src/calls/budget.ts';
import { type CallStore, type NewCall, openCalls, type Settlement } from '../../../src/history/calls.ts';
import type { BudgetLimits } from '../../../src/history/spending.ts';
import { makeFolder } from '../temporary.ts';

const NOON = new Date(2026, 10, 27, 12);
const MIDNIGHT = new Date(2026, 10, 27).toISOString();

test.each([
  ['nothing', undefined, undefined, undefined],
  ['a run', { run: 2 }, undefined, { run: 2 }],
  ['--max-cost', undefined, 1, { run: 1 }],
  [
    '--max-cost in place of the run',
    { call: 0.1, run: 2, day: 9 },
    5,
    { call: 0.1, run: 5, day: { usd: 9, since: MIDNIGHT } },
  ],
  ['nothing at all allowed', { run: 0 }, undefined, { run: 0 }],
])('%s', (_name, budget, maxCost, limits) => {
  expect(limitsOf(budget, maxCost, NOON)).toEqual(limits);
});

test('a refusal has every figure', () => {
  const { message } = overBudgetWords({
    code: 'over-budget',
    scope: 'run',
    limitUsd: 1,
    usedUsd: 0.75,
    wantedUsd: 0.0042,
  });
  expect(message).toContain('$1.00 for this run');
  expect(message).toContain('up to $0.0042');
  expect(message).toContain('$0.75 is spent or held, $0.25 is left');
});

test.each([
  [0.1, 0.1016, '$0.10 for', 'up to $0.1016'],
  [0.02, 0.0201, '$0.02 for', 'up to $0.0201'],
  [1, 1.004, '$1.00 for', 'up to $1.004'],
  [2, 12.5, '$2.00 for', 'up to $12.50'],
  [0, 0.00000105, '$0.00 for', 'up to $0.00000105'],
])('a limit of %d and a worst case of %d are told apart', (limitUsd, wantedUsd, limit, wanted) => {
  const { message } = overBudgetWords({ code: 'over-budget', scope: 'call', limitUsd, usedUsd: 0, wantedUsd });
  expect(message).toContain(limit);
  expect(message).toContain(wanted);
});

const CALL: NewCall = {
  source: 'task',
  templateName: 't',
  templateText: 't',
  promptHash: 'h',
  promptText: 'p',
  requestHash: 'r',
  inputParams: {},
  model: 'm',
  runId: 'run-1',
};
const DONE: Settlement = { status: 'complete', text: 'x', attempts: 1, finishReason: 'stop' };

function storeIn(root: string): CallStore {
  const opened = openCalls(root, createRedactor({}));
  if (!opened.ok) throw new Error(JSON.stringify(opened.error));
  return opened.value;
}

function begin(store: CallStore, usd: number, limits: BudgetLimits, runId = 'run-1'): string | undefined {
  const begun = store.begin({ ...CALL, runId, reservedUsd: usd }, limits);
  if (begun.ok) return begun.value;
  expect(begun.error.code).toBe('over-budget');
  return undefined;
}

describe('a reservation', () => {
  test('is held by every connection until it is settled, then the cost counts', async () => {
    const root = makeFolder();
    const [one, two] = [storeIn(root), storeIn(root)];
    const limits = { run: 1 };
    const first = begin(one, 0.6, limits);
    expect(begin(two, 0.6, limits)).toBeUndefined();
    await one.settle(first ?? '', { ...DONE, costUsd: 0.1 });
    expect(begin(two, 0.6, limits)).toBeDefined();
    expect(begin(one, 0.31, limits)).toBeUndefined();
    expect(begin(one, 0.3, limits)).toBeDefined();
    one.close();
    two.close();
  });

  test('of a call of unknown cost goes on counting; of one that was not charged it does not', async () => {
    const store = storeIn(makeFolder());
    const limits = { run: 1 };
    await store.settle(begin(store, 0.6, limits) ?? '', { ...DONE, status: 'error', costUsd: null, heldUsd: 0.6 });
    expect(begin(store, 0.6, limits)).toBeUndefined();
    await store.settle(begin(store, 0.4, limits) ?? '', { ...DONE, status: 'error', costUsd: null, heldUsd: null });
    expect(begin(store, 0.4, limits)).toBeDefined();
    store.close();
  });

  test.each<[string, BudgetLimits, number]>([
    ['a call', { call: 0.5 }, 0],
    ['a run', { run: 1 }, 1],
    ['a day', { day: { usd: 1, since: '2000-01-01T00:00:00.000Z' } }, 1],
    ['a day that has just begun', { day: { usd: 0.6, since: '2999-01-01T00:00:00.000Z' } }, 2],
  ])('of 0.6 is counted within %s', (_name, limits, fitting) => {
    const store = storeIn(makeFolder());
    const begun = [begin(store, 0.6, limits), begin(store, 0.6, limits)];
    expect(begun.filter((id) => id !== undefined)).toHaveLength(fitting);
    store.close();
  });

  test('of another run does not count for this one', () => {
    const store = storeIn(makeFolder());
    begin(store, 0.9, { run: 1 }, 'run-0');
    expect(begin(store, 0.9, { run: 1 })).toBeDefined();
    store.close();
  });
});
