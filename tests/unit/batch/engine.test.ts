import { describe, expect, test } from 'vitest';
import { startBatch } from '../../../src/batch/engine.ts';
import type { Ask, Asked, BatchEnd, BatchInput, BatchResult } from '../../../src/batch/types.ts';

const result = (index: number, more: Partial<BatchResult> = {}): BatchResult => ({
  index,
  status: 'complete',
  output: `answer ${index}`,
  error: null,
  cost_usd: 0.01,
  tokens: null,
  call_id: `call-${index}`,
  ...more,
});
const settled = (index: number, more: Partial<BatchResult> = {}): Asked => ({
  kind: 'settled',
  from: 'call',
  result: result(index, more),
});
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function* numbers(count: number) {
  for (let index = 1; index <= count; index++)
    yield { ok: true as const, value: { index, values: {}, line: index } satisfies BatchInput };
}

type Run = { readonly end: BatchEnd; readonly written: readonly number[]; readonly results: readonly BatchResult[] };

/** `ask` has its turn taken and given back around it, as a call does. */
async function run(
  count: number,
  ask: (index: number, hooks: Parameters<Ask>[1]) => Promise<Asked>,
  { jobs = 4, signal = new AbortController().signal } = {},
): Promise<Run> {
  const results: BatchResult[] = [];
  const batch = startBatch({
    inputs: numbers(count),
    jobs,
    ahead: jobs * 2,
    signal,
    total: count,
    write: (each) => void results.push(each),
    async ask({ index }, hooks) {
      if ((await hooks.turn?.()) === false) return { kind: 'interrupted' };
      const asked = await ask(index, hooks);
      hooks.ended?.();
      return asked;
    },
  });
  const end = await batch.end;
  return { end, results, written: results.map(({ index }) => index) };
}

describe('a batch', () => {
  test('writes results in the order of the inputs, however they come', async () => {
    const { written, end } = await run(50, async (index) => {
      await pause((index * 7) % 5);
      return settled(index);
    });
    expect(written).toEqual(Array.from({ length: 50 }, (_, at) => at + 1));
    expect(end).toMatchObject({ done: 50, failed: 0, interrupted: false, failures: [] });
    expect(end.spentUsd).toBeCloseTo(0.5);
  });

  test('that is told to end takes the answers that come, and counts none as failed that the server had no time for', async () => {
    const ending = new AbortController();
    const { end, written } = await run(
      20,
      async (index) => {
        if (index === 2) ending.abort();
        await pause(5);
        return index === 2 ? { kind: 'limited', result: result(2, { status: 'error' }), afterMs: 0 } : settled(index);
      },
      { jobs: 2, signal: ending.signal },
    );
    expect(end).toMatchObject({ interrupted: true, done: 1, failed: 0 });
    expect(written).toEqual([1]);
  });

  test('has never more at the server than it may', async () => {
    let [now, most] = [0, 0];
    await run(
      40,
      async (index) => {
        now += 1;
        most = Math.max(most, now);
        await pause(1);
        now -= 1;
        return settled(index);
      },
      { jobs: 3 },
    );
    expect(most).toBe(3);
  });

  test('reads no further than its window while the first input is slow', async () => {
    const first = Promise.withResolvers<void>();
    const asked: number[] = [];
    const running = run(5000, async (index) => {
      asked.push(index);
      if (index === 1) await first.promise;
      return settled(index);
    });
    while (asked.length < 1000) await pause(1);
    await pause(30);
    expect(asked.length).toBeLessThan(1100);
    first.resolve();
    expect((await running).written).toHaveLength(5000);
  });

  test('asks again where the server had no time, and slows down', async () => {
    const times = new Map<number, number>();
    const began = performance.now();
    const { end, written } = await run(
      3,
      async (index, { report }) => {
        const turn = (times.get(index) ?? 0) + 1;
        times.set(index, turn);
        if (turn > 1) return settled(index);
        report({ kind: 'model-retry', code: 'rate-limited', status: 429, reason: 'busy', delayMs: 1, attempt: 2 });
        return { kind: 'limited', afterMs: 0, result: result(index, { status: 'error', error: 'rate-limited: busy' }) };
      },
      { jobs: 16 },
    );
    expect(written).toEqual([1, 2, 3]);
    expect([...times.values()]).toEqual([2, 2, 2]);
    expect(end.failed).toBe(0);
    expect(end.limit).toBeLessThan(16);
    expect(performance.now() - began).toBeGreaterThan(900);
  });

  test('names what failed, and goes on', async () => {
    const { end, written } = await run(5, async (index) =>
      index % 2 === 0 ? settled(index, { status: 'error', error: 'truncated: cut' }) : settled(index),
    );
    expect(written).toEqual([1, 2, 3, 4, 5]);
    expect(end.failures.map(({ index, line }) => [index, line])).toEqual([
      [2, 2],
      [4, 4],
    ]);
  });

  test('stops where the next call would fail the same way, and writes nothing behind the gap', async () => {
    let asked = 0;
    const failure = { code: 'call-failed', message: 'no key', advice: 'set one' } as const;
    const { end, written } = await run(100, async (index) => {
      asked += 1;
      await pause(1);
      return index === 3 ? { kind: 'stop', failure } : settled(index);
    });
    expect(end.stopped).toEqual(failure);
    expect(written).toEqual([1, 2]);
    expect(asked).toBeLessThan(20);
  });

  test('a signal lets nothing further begin', async () => {
    const interruption = new AbortController();
    let asked = 0;
    const { end, written } = await run(
      100,
      async (index) => {
        asked += 1;
        await pause(2);
        if (index === 5) interruption.abort();
        return interruption.signal.aborted ? { kind: 'interrupted' } : settled(index);
      },
      { signal: interruption.signal },
    );
    expect(end).toMatchObject({ interrupted: true });
    expect(written).toEqual([1, 2, 3, 4]);
    expect(asked).toBeLessThan(12);
  });
});

describe('a budget', () => {
  const failure = { code: 'waiting', message: 'over budget', advice: 'allow more' } as const;

  /** Each call holds its worst case while it is made, and costs half of it. */
  function account(limit: number, { holds, costs }: { holds: number; costs: number }) {
    let used = 0;
    const ask = async (index: number): Promise<Asked> => {
      if (used + holds > limit + 1e-9) return { kind: 'over-budget', failure };
      used += holds;
      await pause(2);
      used += costs - holds;
      return settled(index, { cost_usd: costs });
    };
    return { ask, used: () => used };
  }

  test('that others hold is waited for, so that all of it can be spent', async () => {
    const { ask, used } = account(10, { holds: 4, costs: 1 });
    const { end, written } = await run(7, ask, { jobs: 8 });
    expect(written).toHaveLength(7);
    expect(end.stopped).toBeUndefined();
    expect(used()).toBe(7);
  });

  test('that is spent ends the batch', async () => {
    const { ask, used } = account(10, { holds: 4, costs: 2 });
    const { end, written } = await run(100, ask, { jobs: 8 });
    expect(end.stopped).toEqual(failure);
    expect(written).toEqual([1, 2, 3, 4]);
    expect(used()).toBe(8);
  });
});
