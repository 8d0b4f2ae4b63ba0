import { describe, expect, test } from 'vitest';
import type { ConversationEvent } from '../../../src/prompts/events.ts';
import { changesBetween, lastValues, rebuild, reduce, type State, upTo } from '../../../src/prompts/state.ts';
import { recorded, STARTED, sent, settled, stateOf } from './telling.ts';

describe('what the events make of a conversation', () => {
  const failed = settled(1, { status: 'error', answer: 'part', error: 'stalled: nothing came' });
  test.each<[string, ConversationEvent[], Partial<State>]>([
    ['begun', [], { status: 'idle', messages: [], input: '', seq: 1 }],
    ['sent', [sent(1)], { status: 'streaming' }],
    ['answered', [sent(1), settled(1)], { status: 'complete', input: '' }],
    ['failed: its text waits to be sent again', [sent(1), failed], { status: 'error', input: 'text 1' }],
    ['sent again', [sent(1), failed, sent(2, { text: 'text 1' })], { status: 'streaming', input: '' }],
    ['another text takes the place of one that failed', [sent(1), failed, sent(2, { text: 'new' })], { input: '' }],
    ['a text that waits', [{ kind: 'input', text: 'later' }], { input: 'later' }],
    ['a text that waits is sent', [{ kind: 'input', text: 'text 1' }, sent(1)], { input: '' }],
    ['a text that waits outlasts another', [{ kind: 'input', text: 'later' }, sent(1)], { input: 'later' }],
    ['written while it was answered', [sent(1), { kind: 'input', text: 'next' }, failed], { input: 'next' }],
    ['values', [{ kind: 'set', values: { a: '1', b: '2' }, unset: [] }], { values: { a: '1', b: '2' } }],
    [
      'a value taken back',
      [
        { kind: 'set', values: { a: '1', b: '2' }, unset: [] },
        { kind: 'set', values: { b: '3' }, unset: ['a'] },
      ],
      { values: { b: '3' } },
    ],
    ['another name', [{ kind: 'renamed', name: 'new' }], { name: 'new' }],
  ])('%s', (_what, events, expected) => {
    expect(stateOf(...events)).toMatchObject(expected);
  });

  test('figures and the answer stand with the message', () => {
    const { messages } = stateOf(sent(1), settled(1, { cost_usd: 0.5, ttft_ms: 12 }), sent(2));
    expect(messages).toMatchObject([
      { number: 1, status: 'complete', text: 'text 1', answer: 'answer 1', cost_usd: 0.5, ttft_ms: 12 },
      { number: 2, status: 'streaming', answer: '', cost_usd: null, settled_at: null },
    ]);
  });

  test('a cost that was computed anew counts', () => {
    const price = { kind: 'repriced', call_id: 'call-1', cost_usd: 2, cost_source: 'override' } as const;
    expect(stateOf(sent(1), settled(1), price).messages).toMatchObject([{ cost_usd: 2, cost_source: 'override' }]);
  });
});

describe('events that do not follow are a defect', () => {
  test.each<[string, ConversationEvent[]]>([
    ['two at once', [sent(1), sent(2)]],
    ['a number is left out', [sent(2)]],
    ['settled without being sent', [settled(1)]],
    ['settled twice', [sent(1), settled(1), settled(1)]],
    ['settled by another call', [sent(1), settled(1, { call_id: 'other' })]],
    ['started twice', [STARTED]],
  ])('%s', (_what, events) => {
    expect(() => stateOf(...events)).toThrow(/c1/);
  });
  test('nothing comes before the start', () => {
    expect(() => rebuild(undefined, recorded(sent(1)))).toThrow('begins with "sent"');
  });
});

test('one event after the other gives what all at once give, and changes no state of before', () => {
  const events = recorded(
    STARTED,
    sent(1),
    settled(1),
    { kind: 'set', values: { a: '1' }, unset: [] },
    sent(2),
    settled(2),
  );
  let state: State | undefined;
  const seen: string[] = [];
  const kept: State[] = [];
  for (const event of events) {
    state = reduce(state, event);
    kept.push(state);
    seen.push(JSON.stringify(state));
  }
  expect(state).toEqual(rebuild(undefined, events));
  expect(kept.map((each) => JSON.stringify(each))).toEqual(seen);
  expect(JSON.parse(seen.at(-1) ?? '')).toEqual(state);
});

describe('as of a message', () => {
  const events = recorded(
    STARTED,
    { kind: 'set', values: { a: '1' }, unset: [] },
    sent(1),
    { kind: 'set', values: { a: '2' }, unset: [] },
    settled(1),
    { kind: 'set', values: { a: '3' }, unset: [] },
    sent(2),
  );
  test.each([
    [0, 1],
    [1, 5],
    [2, 7],
    [3, 0],
  ])('%d: the first %d events', (number, count) => {
    expect(upTo(events, number)).toEqual(events.slice(0, count));
  });
});

test('changes are told by name, also of values that come or go', () => {
  expect(changesBetween({ a: 1, b: [1], gone: null }, { a: 1, b: [2], come: 'x' })).toEqual([
    { name: 'b', from: [1], to: [2] },
    { name: 'come', from: undefined, to: 'x' },
    { name: 'gone', from: null, to: undefined },
  ]);
});

test.each([
  [true, { a: 1 }],
  [false, undefined],
])('the values of the message before are known where content is kept: %j', (track, known) => {
  const values = track ? { a: 1 } : {};
  const state = rebuild(undefined, recorded({ ...STARTED, track }, sent(1, { values })));
  expect(state && lastValues(state)).toEqual(known);
});
