import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
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

  test('lose no answer that waits for its commit while another is settled by itself', async () => {
    const store = open();
    const writes = groupWrites(store);
    // More than a store keeps in mind when they have ended.
    const begun = await Promise.all(Array.from({ length: 60 }, async (_, index) => writes.begin(call(index))));
    const ids = begun.map((each) => (each.ok ? each.value : ''));
    const settled = ids.map(async (id) => writes.settle(id, END));
    await store.settle(ids[0] ?? '', END);
    expect((await Promise.all(settled)).every(({ ok }) => ok)).toBe(true);
    expect(ids.map((_, index) => store.batches.prior('batch-1', index, `r${index}`)?.text)).toEqual(
      ids.map(() => 'yes'),
    );
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

describe('an answer that waits for its commit', () => {
  const opened = (root: string) => {
    const store = open(root);
    const begun = store.begin(call(1));
    if (!begun.ok) throw new Error(begun.error.code);
    store.arrived(begun.value, END);
    const folder = path.join(root, '.orchestrate/owed');
    const [name = ''] = readdirSync(folder);
    return { store, id: begun.value, folder, file: path.join(folder, name) };
  };
  const answer = (root: string) => {
    const next = open(root);
    const prior = next.batches.prior('batch-1', 1, 'r1');
    next.close();
    return prior;
  };

  test('is written by whoever opens the history next, where its process was killed', () => {
    const root = makeFolder();
    const { folder, file } = opened(root);
    const [head = '{}', line = ''] = readFileSync(file, 'utf8').split('\n');
    const dead = JSON.stringify({ ...(JSON.parse(head) as object), startedAt: '1' });
    writeFileSync(file, `${dead}\n${line}\n${line.slice(0, 40)}`);
    expect(answer(root)).toMatchObject({ status: 'complete', text: 'yes', costUsd: 0.25 });
    expect(existsSync(folder)).toBe(false);
  });

  test('is left to its process while that lives, which takes it back with the commit and the file at its end', () => {
    const root = makeFolder();
    const { store, id, folder, file } = opened(root);
    expect(answer(root)).toBeUndefined();
    store.together(() => void store.settleNow(id));
    expect(answer(root)).toMatchObject({ text: 'yes' });
    expect(readFileSync(file, 'utf8').split('\n')).toHaveLength(2);
    store.close();
    expect(existsSync(folder)).toBe(false);
  });
});

describe('the calls of a batch', () => {
  test('are found by run, input and question: an answer before a failure, the newest failure else', () => {
    const store = open();
    const settle = (index: number, end: Partial<Settlement>, more: Partial<NewCall> = {}) => {
      const begun = store.begin(call(index, more));
      if (!begun.ok) return;
      store.arrived(begun.value, { ...END, ...end });
      store.settleNow(begun.value);
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
