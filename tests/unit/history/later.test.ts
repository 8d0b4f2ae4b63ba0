// Calls that are kept for later: they belong to nobody until one program takes them.
import { afterEach, expect, test } from 'vitest';
import { createRedactor } from '../../../src/base/secrets.ts';
import { type CallStore, type NewCall, openCalls } from '../../../src/history/calls.ts';
import { makeFolder } from '../temporary.ts';

const CALL: NewCall = {
  source: 'quickie',
  templateName: 'say',
  templateText: 'Say {{ word }}',
  promptHash: 'h1',
  promptText: 'Say x',
  requestHash: 'r1',
  inputParams: { word: 'x' },
  answerRules: { format: 'text' },
  request: { model: 'm', messages: [{ role: 'user', content: 'Say x' }] },
  model: 'm',
  runId: 'run-1',
};

const stores: CallStore[] = [];
afterEach(() => {
  for (const store of stores.splice(0)) store.close();
});

function storeIn(root: string): CallStore {
  const opened = openCalls(root, createRedactor({}));
  if (!opened.ok) throw new Error(JSON.stringify(opened.error));
  stores.push(opened.value);
  return opened.value;
}

function value<T>(result: { ok: true; value: T } | { ok: false; error: unknown }): T {
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  return result.value;
}

test('it waits, is found with all that was asked, and is no call of a dead process when the next one opens the history', () => {
  const root = makeFolder();
  const id = value(storeIn(root).later.keep(CALL));
  const other = storeIn(root);
  expect(other.interrupted).toEqual([]);
  expect(value(other.later.waiting())).toEqual([id]);
  const { source, templateName, templateText, promptHash, promptText, requestHash, inputParams, request, answerRules } =
    CALL;
  expect(value(other.later.find(id))).toMatchObject({
    id,
    status: 'pending',
    ...{ source, templateName, templateText, promptHash, promptText, requestHash, inputParams, request, answerRules },
  });
});

test('one program takes it, under the same id; a second one is told', async () => {
  const root = makeFolder();
  const [first, second] = [storeIn(root), storeIn(root)];
  const id = value(first.later.keep(CALL));
  const taking = { ...CALL, waiting: id, model: 'resolved', metadata: { provider: 'openai' } };
  expect(first.begin(taking)).toEqual({ ok: true, value: id });
  expect(second.begin(taking)).toMatchObject({ ok: false, error: { code: 'locked' } });
  expect(value(second.later.waiting())).toEqual([]);
  value(await first.settle(id, { status: 'complete', text: 'x', data: { a: 1 }, attempts: 1, finishReason: 'stop' }));
  expect(value(second.later.find(id))).toMatchObject({ status: 'complete', metadata: { provider: 'openai' } });
});

test('a budget that does not cover it leaves it waiting', () => {
  const store = storeIn(makeFolder());
  const id = value(store.later.keep(CALL));
  const begun = store.begin({ ...CALL, waiting: id, reservedUsd: 2 }, { call: 1 });
  expect(begun).toMatchObject({ ok: false, error: { code: 'over-budget' } });
  expect(value(store.later.waiting())).toEqual([id]);
});

test('two calls can exchange their ids, and nothing else', () => {
  const store = storeIn(makeFolder());
  const a = value(store.later.keep(CALL));
  const b = value(store.later.keep({ ...CALL, promptText: 'Say y' }));
  value(store.later.exchange(a, b));
  expect(value(store.later.find(a))?.promptText).toBe('Say y');
  expect(value(store.later.find(b))?.promptText).toBe('Say x');
});
