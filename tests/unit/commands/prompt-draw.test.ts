import { describe, expect, test } from 'vitest';
import { drawConversation, drawList, markdown } from '../../../src/commands/prompt/draw.ts';
import { figures, runCost, shortValue } from '../../../src/commands/prompt/words.ts';
import type { RunTotals } from '../../../src/history/conversations.ts';
import { sent, settled, stateOf } from '../prompts/telling.ts';
import { PLAIN } from '../terminal/plain-style.ts';

const look = { style: PLAIN, width: 80 };
const RUN: RunTotals = {
  calls: 2,
  failures: 1,
  prompt_tokens: 10,
  cached_tokens: null,
  completion_tokens: 5,
  reasoning_tokens: null,
  cost_usd: 0.002,
  cost_unknown: 1,
  total_ms: 1500,
};
const state = stateOf(
  { kind: 'renamed', name: `${'long name '.repeat(12)}\u001b[31m` },
  { kind: 'set', values: { tone: 'x'.repeat(500) }, unset: [] },
  sent(1, { prompt: 'Be red.\n', text: '', values: { colour: 'red' } }),
  settled(1, { answer: 'Done \u001b]0;x\u0007.', ttft_ms: 5, total_ms: 1200, prompt_tokens: 10, completion_tokens: 5 }),
  sent(2, { text: 'Why?', values: { colour: `blue ${'and more '.repeat(30)}` } }),
  settled(2, { status: 'error', answer: '', error: `reset: ${'the connection was cut '.repeat(6)}` }),
);

describe('a conversation as text', () => {
  const text = drawConversation(state, RUN, look);
  test('fits 80 columns and cannot steer the terminal', () => {
    expect(text.split('\n').filter((line) => line.length > 80)).toEqual([]);
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
  });
  test('tells what was said, what changed, how it ended, and what waits', () => {
    for (const part of [
      '> Be red.',
      'Done ␛]0;x␇.',
      'changed: colour: red → blue',
      '> Why?',
      'reset: the',
      'Waits to be sent again: Why?',
    ])
      expect(text).toContain(part);
  });
  test('as Markdown each text stands in a fence that it cannot end', () => {
    const tricky = stateOf(sent(1, { text: '```\nout' }), settled(1, { answer: '````' }));
    expect(markdown(tricky)).toContain('````\n```\nout\n````');
    expect(markdown(tricky)).toContain('`````\n````\n`````');
  });
});

test('a line of the list fits 80 columns', () => {
  const row = {
    id: '0123456789',
    run_id: 'r',
    prompt: 'p',
    created_at: '2026-01-01T00:00:00Z',
    updated_at: '2026-01-01T00:00:00Z',
  };
  const listed = {
    row: { ...row, name: '名前'.repeat(40), status: 'error' as const, messages: 12, last_seq: 9 },
    run: RUN,
  };
  expect(drawList([listed], look)).toMatch(/^01234567 .* ✗ 名前.*… +12 messages \$0.0020 and 1 unknown\n$/);
});

describe('figures', () => {
  test.each([
    [
      { ttft_ms: 300, total_ms: 1200, prompt_tokens: 3, completion_tokens: 4, cost_usd: 0.5 },
      'first token 300 ms · 1.2 s · 3 + 4 tokens · $0.50',
    ],
    [{}, 'tokens unknown · cost unknown'],
    [{ total_ms: 10, prompt_tokens: 3 }, '10 ms · 3 + ? tokens · cost unknown'],
  ])('%o', (known, words) => {
    const [message] = stateOf(sent(1), settled(1, known)).messages;
    expect(message && figures(message)).toBe(words);
  });
  test.each<[Partial<RunTotals>, string]>([
    [{ calls: 0, cost_usd: null, cost_unknown: 0 }, '-'],
    [{ cost_usd: null }, 'cost unknown'],
    [{ cost_unknown: 0 }, '$0.0020'],
    [{}, '$0.0020 and 1 unknown'],
  ])('of a run: %o', (totals, words) => {
    expect(runCost({ ...RUN, ...totals })).toBe(words);
  });
});

test.each([
  [undefined, 'none'],
  ['', '""'],
  [['a', 1], '["a",1]'],
  ['a\nb\u001b', 'a b␛'],
  ['x'.repeat(100), `${'x'.repeat(59)}…`],
])('a value on one line: %j', (value, words) => {
  expect(shortValue(value)).toBe(words);
});
