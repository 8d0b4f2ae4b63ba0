// Conversations in a real database beside their calls: totals of runs, what is forgotten, what the check finds.
import path from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import type { Result } from '../../../src/base/result.ts';
import { createRedactor } from '../../../src/base/secrets.ts';
import { openDatabase } from '../../../src/database/open.ts';
import { HISTORY_DB, type NewCall, openCalls, type Settlement } from '../../../src/history/calls.ts';
import { type ConversationStore, openConversations } from '../../../src/history/conversations.ts';
import { HISTORY_MIGRATIONS } from '../../../src/history/migrations.ts';
import { openWriter } from '../../../src/history/writer.ts';
import { checkConversations } from '../../../src/prompts/check.ts';
import { appendingTo, loadState, record, settledBy } from '../../../src/prompts/conversation.ts';
import { settleOpen } from '../../../src/prompts/recover.ts';
import { forkConversation } from '../../../src/prompts/start.ts';
import type { State } from '../../../src/prompts/state.ts';
import { makeFolder } from '../temporary.ts';
import { STARTED, sent } from './telling.ts';

const REDACTOR = createRedactor({ A_KEY: 'sesame-open' });
const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

function good<T>(result: Result<T, unknown>): T {
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  return result.value;
}

type World = { readonly root: string; readonly store: ConversationStore; readonly state: State };

function world(): World {
  const root = makeFolder();
  const store = good(openConversations(root, REDACTOR));
  closing.push(store.close);
  const { appending, next } = appendingTo(undefined, [{ ...STARTED, values: { tone: 'unspeakable' } }]);
  good(store.create({ id: 'c1', runId: 'r1', startKey: 'k', prompt: STARTED.prompt }, appending));
  return { root, store, state: next() as State };
}

function begin({ root }: World, answer: Partial<Settlement> | undefined): string {
  const calls = good(openCalls(root, REDACTOR));
  closing.push(calls.close);
  const asked = { templateName: 't', templateText: 't', promptHash: 'h', promptText: 'unspeakable', requestHash: 'r' };
  const id = good(calls.begin({ ...asked, source: 'prompt', inputParams: {}, model: 'm', runId: 'r1' }));
  calls.running(id);
  const done = { status: 'complete', text: 'unspeakable too', attempts: 1, finishReason: 'stop', ...answer } as const;
  // What can be written at once is there when this returns.
  if (answer) void calls.settle(id, done);
  return id;
}

function say(at: World, state: State, answer: Partial<Settlement>): State {
  const call_id = begin(at, answer);
  const number = state.messages.length + 1;
  const asked = good(
    record(at.store, state, [sent(number, { call_id, text: 'unspeakable', values: { tone: 'unspeakable' } })]),
  );
  const call = good(at.store.call(call_id));
  if (call === undefined) throw new Error('the call is not there');
  return good(record(at.store, asked, [settledBy(call, number)]));
}

function database(root: string) {
  return good(openDatabase({ file: path.join(root, HISTORY_DB), migrations: HISTORY_MIGRATIONS }));
}

function problems(store: ConversationStore): string[] {
  return good(checkConversations(store)).problems.map(({ message }) => message);
}

const PAID = {
  costUsd: 0.1,
  promptTokens: 7,
  completionTokens: 3,
  ttftMs: 5,
  totalMs: 20,
  costSource: 'computed',
} as const;

test('the totals of a run are the sums of its calls; a cost that is unknown is null, and counted', () => {
  const at = world();
  const first = say(at, at.state, { costUsd: null });
  expect(good(at.store.run('r1'))).toMatchObject({ calls: 1, cost_usd: null, cost_unknown: 1, prompt_tokens: null });
  const second = say(at, first, PAID);
  say(at, second, { ...PAID, costUsd: 0.2, status: 'error', error: 'cut' });
  begin(at, undefined);
  expect(good(at.store.run('r1'))).toMatchObject({
    calls: 4,
    failures: 1,
    cost_usd: 0.1 + 0.2,
    cost_unknown: 1,
    prompt_tokens: 14,
    completion_tokens: 6,
    total_ms: 40,
  });
  expect(problems(at.store)).toEqual([]);
});

describe('a call and its message are in the same commits', () => {
  const ASKED: NewCall = {
    source: 'prompt',
    templateName: 't',
    templateText: 't',
    promptHash: 'h',
    promptText: 'p',
    requestHash: 'r',
    inputParams: {},
    model: 'm',
    runId: 'r1',
  };
  const scene = () => {
    const at = world();
    const calls = good(openCalls(at.root, REDACTOR));
    closing.push(calls.close);
    const begun = (call_id: string) => {
      const asked = record(at.store, at.state, [sent(1, { call_id })]);
      return asked.ok ? ({ ok: true, value: undefined } as const) : asked;
    };
    return { ...at, calls, begun };
  };

  test('written together', async () => {
    const { calls, store, state, begun } = scene();
    const id = good(calls.begin(ASKED, undefined, begun));
    const settled = () => {
      const [now, call] = [good(loadState(store, state.id)), good(store.call(id))];
      if (call) good(record(store, now, [settledBy(call, 1)]));
    };
    expect(
      await calls.settle(id, { status: 'complete', text: 'a', attempts: 1, finishReason: 'stop' }, undefined, settled),
    ).toEqual({
      ok: true,
      value: 'written',
    });
    expect(good(loadState(store, state.id))).toMatchObject({
      status: 'complete',
      messages: [{ call_id: id, answer: 'a' }],
    });
    expect(problems(store)).toEqual([]);
  });

  test('a call whose message cannot be written is not there', () => {
    const { calls, store, state, begun } = scene();
    good(store.remove(state.id));
    expect(calls.begin(ASKED, undefined, begun)).toMatchObject({ ok: false, error: { code: 'usage' } });
    expect(good(store.callsOf('r1'))).toEqual([]);
  });
});

test('the state is the same whether it was kept or is rebuilt from the database', () => {
  const at = world();
  const state = say(at, say(at, at.state, PAID), PAID);
  expect(good(loadState(at.store, 'c1'))).toEqual(state);
});

test('events of another process are taken in before the own ones', () => {
  const at = world();
  const stale = at.state;
  good(record(at.store, stale, [{ kind: 'set', values: { a: '1' }, unset: [] }]));
  const state = good(record(at.store, stale, [{ kind: 'set', values: { b: '2' }, unset: [] }]));
  expect(state).toMatchObject({ seq: 3, values: { tone: 'unspeakable', a: '1', b: '2' } });
});

test('a secret is kept in no event', () => {
  const at = world();
  const state = good(record(at.store, at.state, [{ kind: 'input', text: 'say sesame-open' }]));
  expect(state.input).toBe('say [A_KEY]');
});

test('a call that is forgotten takes the content of its message with it, also in a fork, and the sums stay', async () => {
  const at = world();
  const state = say(at, at.state, PAID);
  good(record(at.store, state, [{ kind: 'input', text: 'unspeakable' }]));
  say(at, good(loadState(at.store, 'c1')), PAID);
  good(forkConversation(at.store, 'c1', { at: 1, name: undefined, runId: undefined }));
  const before = good(at.store.run('r1'));
  const writer = good(openWriter(at.root));
  const watch = { signal: new AbortController().signal, onProgress: () => undefined };
  await writer?.forget(good(at.store.callsOf('r1')), watch);
  writer?.close();
  const db = database(at.root);
  const texts = db.prepare('SELECT data FROM conversation_events UNION ALL SELECT variables FROM runs').all();
  db.close();
  expect(JSON.stringify(texts)).not.toContain('unspeakable');
  expect(good(loadState(at.store, 'c1')).messages).toMatchObject([
    { forgotten: true, text: '', answer: '', cost_usd: 0.1 },
    { forgotten: true, cost_usd: 0.1 },
  ]);
  expect(good(at.store.run('r1'))).toMatchObject({ cost_usd: before?.cost_usd, prompt_tokens: 14 });
  expect(problems(at.store)).toEqual([]);
});

test('costs that are computed anew reach the messages and the run', () => {
  const at = world();
  const state = say(at, at.state, PAID);
  const writer = good(openWriter(at.root));
  good(
    writer?.reprice([{ id: state.messages[0]?.call_id ?? '', usd: 3, source: 'override' }]) ?? { ok: false, error: '' },
  );
  writer?.close();
  expect(good(loadState(at.store, 'c1')).messages).toMatchObject([{ cost_usd: 3, cost_source: 'override' }]);
  expect(good(at.store.run('r1'))?.cost_usd).toBe(3);
  expect(problems(at.store)).toEqual([]);
});

test('a fork holds what was said, and none of what it cost', () => {
  const at = world();
  say(at, say(at, at.state, PAID), PAID);
  const { state } = good(forkConversation(at.store, 'c1', { at: 1, name: 'other', runId: undefined }));
  expect(state).toMatchObject({
    name: 'other',
    forked_from: { id: 'c1', at: 1 },
    status: 'complete',
    messages: [{ number: 1, inherited: true, text: 'unspeakable', answer: 'unspeakable too' }],
  });
  expect(good(at.store.run(state.run_id))).toMatchObject({ calls: 0, cost_usd: null });
  expect(problems(at.store)).toEqual([]);
  expect(good(at.store.callsOnlyIn(['c1']))).toHaveLength(1);
  expect(forkConversation(at.store, 'c1', { at: 3, name: undefined, runId: undefined }).ok).toBe(false);
});

describe('a message whose process is gone is settled by its call', () => {
  test.each<[string, Partial<Settlement>, object]>([
    ['that was answered', PAID, { status: 'complete', answer: 'unspeakable too', cost_usd: 0.1 }],
    [
      'that failed',
      { status: 'error', text: 'par', error: 'reset: cut' },
      { status: 'error', answer: 'par', error: 'reset: cut' },
    ],
  ])('%s', (_what, answer, expected) => {
    const at = world();
    const call_id = begin(at, answer);
    const open = good(record(at.store, at.state, [sent(1, { call_id })]));
    expect(good(settleOpen(at.store, open)).messages).toMatchObject([expected]);
    expect(problems(at.store)).toEqual([]);
  });
  test('that is lost', () => {
    const at = world();
    const open = good(record(at.store, at.state, [sent(1)]));
    expect(good(settleOpen(at.store, open))).toMatchObject({ status: 'error', input: 'text 1' });
  });
});

describe('the check finds what disagrees', () => {
  test.each([
    ['UPDATE runs SET cost_usd = cost_usd + 1e-9', 'its cost_usd is'],
    ['UPDATE runs SET calls = 9', 'its calls is 9'],
    [
      "UPDATE conversation_events SET data = json_set(data, '$.prompt_tokens', 8) WHERE kind = 'settled'",
      'its prompt_tokens is 8',
    ],
    [
      "UPDATE conversation_events SET data = json_set(data, '$.answer', 'no') WHERE kind = 'settled'",
      'its answer is not',
    ],
    ["UPDATE conversations SET status = 'idle'", 'its status is listed as idle'],
    ['DELETE FROM conversation_events WHERE seq = 2', 'its event 2 is missing'],
    ['DELETE FROM conversation_events WHERE seq = 3', 'it has 2 events'],
    ["UPDATE conversation_events SET data = json_set(data, '$.message', 4) WHERE kind = 'sent'", 'message 4 of c1'],
    ['DELETE FROM quickies', 'is not in the history'],
  ])('%s', (sql, found) => {
    const at = world();
    say(at, at.state, PAID);
    const db = database(at.root);
    db.exec(sql);
    db.close();
    expect(problems(at.store)).toEqual(expect.arrayContaining([expect.stringContaining(found)]));
  });
});
