import { describe, expect, test } from 'vitest';
import { err } from '../../../src/base/result.ts';
import { createRedactor } from '../../../src/base/secrets.ts';
import { type CallStore, type NewCall, openCalls, type Settlement } from '../../../src/history/calls.ts';
import { groupWrites } from '../../../src/history/grouped.ts';
import { makeFolder } from '../temporary.ts';

function open(root = makeFolder()): CallStore {
  const opened = openCalls(root, createRedactor({}));
  if (!opened.ok) throw new Error(JSON.stringify(opened.error));
  return opened.value;
}

const call = (inputIndex: number, more: Partial<NewCall> = {}): NewCall => ({
  source: 'prompt',
  templateName: 't',
  templateText: 't',
  promptHash: 'h',
  promptText: `p${inputIndex}`,
  requestHash: `r${inputIndex}`,
  inputParams: {},
  model: 'm',
  runId: 'batch-1',
  inputIndex,
  ...more,
});
const END: Settlement = { status: 'complete', text: 'yes', attempts: 1, finishReason: 'stop', costUsd: 0.25 };

describe('grouped writes', () => {
  test('of one moment are one commit, and each is told when it is on the disk', async () => {
    const store = open();
    let commits = 0;
    const counted: CallStore = {
      ...store,
      together(work) {
        commits += 1;
        return store.together(work);
      },
    };
    const writes = groupWrites(counted);
    const begun = await Promise.all([1, 2, 3, 4].map(async (index) => writes.begin(call(index))));
    expect([commits, begun.every(({ ok }) => ok)]).toEqual([1, true]);
    const ids = begun.map((each) => (each.ok ? each.value : ''));
    for (const id of ids) writes.running(id);
    await Promise.all(ids.map(async (id) => writes.settle(id, END)));
    expect(commits).toBe(2);
    expect(ids.map((_, at) => store.batches.prior('batch-1', at + 1, `r${at + 1}`)?.text)).toEqual(
      ids.map(() => 'yes'),
    );
    store.close();
  });

  test('keep to a budget among themselves', async () => {
    const store = open();
    const writes = groupWrites(store);
    const limits = { run: 1 };
    const begun = await Promise.all(
      [1, 2, 3, 4, 5].map(async (at) => writes.begin(call(at, { reservedUsd: 0.4 }), limits)),
    );
    expect(begun.map(({ ok }) => ok)).toEqual([true, true, false, false, false]);
    const [first] = begun;
    if (first?.ok) await writes.settle(first.value, END);
    expect((await writes.begin(call(6, { reservedUsd: 0.35 }), limits)).ok).toBe(true);
    expect((await writes.begin(call(7, { reservedUsd: 0.01 }), limits)).ok).toBe(false);
    store.close();
  });

  test('whose commit fails are all told so, and nothing of them is written', async () => {
    const store = open();
    const full = { code: 'io', operation: 'write', path: 'history.db', errno: 'ENOSPC' } as const;
    const writes = groupWrites({ ...store, together: () => err(full) });
    const begun = await Promise.all([writes.begin(call(1)), writes.begin(call(2))]);
    expect(begun).toEqual([err(full), err(full)]);
    expect(store.batches.newest('batch-1')).toBeUndefined();
    store.close();
  });
});

describe('the calls of a batch', () => {
  test('are found by run, input and question: an answer before a failure, the newest failure else', () => {
    const store = open();
    const settle = (index: number, end: Partial<Settlement>, more: Partial<NewCall> = {}) => {
      const begun = store.begin(call(index, more));
      if (begun.ok) store.settleNow(begun.value, { ...END, ...end });
    };
    settle(1, { status: 'error', text: '', error: 'truncated: cut' });
    settle(1, { text: 'answer' });
    settle(1, { status: 'error', text: '', error: 'reset: gone' });
    settle(2, { status: 'error', text: '', error: 'truncated: cut' });
    settle(2, { status: 'error', text: '', error: 'reset: gone' });
    settle(3, {}, { requestHash: 'another' });
    settle(4, {}, { metadata: { provider: 'replay' } });
    expect(store.batches.prior('batch-1', 1, 'r1')).toMatchObject({
      status: 'complete',
      text: 'answer',
      costUsd: 0.25,
    });
    expect(store.batches.prior('batch-1', 2, 'r2')).toMatchObject({ status: 'error', error: 'reset: gone' });
    expect(store.batches.prior('batch-1', 3, 'r3')).toBeUndefined();
    expect(store.batches.prior('batch-1', 4, 'r4')).toBeUndefined();
    expect(store.batches.prior('batch-2', 1, 'r1')).toBeUndefined();
    expect(store.batches.cost('batch-1')).toEqual({ usd: 1.75, unknown: 0 });
    store.close();
  });

  test('that were begun anew are told from those before', () => {
    const store = open();
    expect(store.batches.newest('batch-1')).toBeUndefined();
    for (const runId of ['batch-1', 'batch-1-2', 'batch-1-10', 'batch-10', 'batch-1-9'])
      store.begin(call(1, { runId }));
    expect(store.batches.newest('batch-1')).toEqual({ runId: 'batch-1-10', generation: 10 });
    expect(store.batches.newest('batch-10')).toEqual({ runId: 'batch-10', generation: 1 });
    store.close();
  });
});
