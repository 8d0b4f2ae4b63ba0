// What a body is by its beginning, and what one piece of an answer says.
import { describe, expect, test } from 'vitest';
import { bodyKind, readPiece, readUsage } from '../../../src/model/openai-body.ts';

test.each<[head: string, kind: string | null]>([
  ['', null],
  ['\n\n  ', null],
  ['d', null],
  ['data', null],
  ['data:', 'events'],
  ['event: x', 'events'],
  ['\n: a comment', 'events'],
  ['\uFEFFid: 1', 'events'],
  ['retry: 10', 'events'],
  ['database', 'other'],
  [' {"a"', 'json'],
  ['\uFEFF[', 'json'],
  ['<!doctype', 'html'],
  ['hello', 'other'],
])('a body that begins with %j is %j', (head, kind) => {
  expect(bodyKind(head)).toBe(kind);
});

describe('a piece', () => {
  const choice = (delta: unknown, rest: object = {}) => ({ choices: [{ index: 0, delta, ...rest }] });

  test.each<[name: string, value: unknown, piece: object]>([
    ['text', choice({ content: 'a' }), { text: 'a', finishReason: null, hasChoice: true }],
    [
      'text in parts',
      choice({ content: [{ type: 'text', text: 'a' }, { type: 'thinking' }, { text: 'b' }] }),
      { text: 'ab' },
    ],
    ['null for text', choice({ content: null, role: 'assistant' }), { text: '', hasChoice: true }],
    ['no delta', choice(undefined, { finish_reason: 'stop' }), { text: '', finishReason: 'stop' }],
    ['an empty finish_reason', choice({ content: 'a' }, { finish_reason: '' }), { finishReason: null }],
    [
      'a message',
      { choices: [{ message: { content: 'a' }, finish_reason: 'stop' }] },
      { text: 'a', finishReason: 'stop' },
    ],
    ['another choice', { choices: [{ index: 1, delta: { content: 'b' } }] }, { text: '', hasChoice: false }],
    [
      'counts alone',
      { choices: [], usage: { prompt_tokens: 1, completion_tokens: 2 } },
      { hasChoice: false, usage: { promptTokens: 1, cachedTokens: null, completionTokens: 2 } },
    ],
    ['choices that are none', { choices: 'x' }, { hasChoice: false }],
  ])('with %s is read', (_name, value, piece) => {
    expect(readPiece(value)).toMatchObject(piece);
  });

  test.each([{ type: 'ping' }, null, [], 'text', 1])('is not %j', (value) => {
    expect(readPiece(value)).toBeNull();
  });
});

test.each<[usage: unknown, counts: unknown]>([
  [null, null],
  [{}, null],
  [{ prompt_tokens: 'many' }, null],
  [{ prompt_tokens: 3 }, { promptTokens: 3, cachedTokens: null, completionTokens: null }],
  [
    { prompt_tokens: 3, completion_tokens: 1, prompt_cache_hit_tokens: 2 },
    { promptTokens: 3, cachedTokens: 2, completionTokens: 1 },
  ],
  [
    { prompt_tokens: 3, completion_tokens: -1, prompt_tokens_details: { cached_tokens: 0 } },
    { promptTokens: 3, cachedTokens: 0, completionTokens: null },
  ],
])('the counts %j are read as %j', (usage, counts) => {
  expect(readUsage(usage)).toEqual(counts);
});
