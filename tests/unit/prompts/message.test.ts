import { describe, expect, test } from 'vitest';
import { compose } from '../../../src/prompts/message.ts';
import type { State } from '../../../src/prompts/state.ts';
import { sent, settled, stateOf } from './telling.ts';

const filled = (body: string, system?: string) => [
  ...(system === undefined ? [] : [{ role: 'system' as const, content: system }]),
  { role: 'user' as const, content: body },
];

/** The texts that would be sent, `role: text`. */
function said(
  state: State,
  body: string,
  text = '',
  { system, inside = false }: { system?: string; inside?: boolean } = {},
) {
  return compose(state, { filled: filled(body, system), text, textInside: inside })?.messages.map(
    ({ role, content }) => `${role}: ${content}`,
  );
}

const once = stateOf(sent(1, { prompt: 'Be red.\n', text: '' }), settled(1));

describe('what is sent', () => {
  test('first the prompt, with the text behind it', () => {
    expect(said(stateOf(), 'Be red.\n', 'Why?', { system: 'S' })).toEqual(['system: S', 'user: Be red.\n\nWhy?']);
  });
  test('then all that was said, as it was said, and the text alone', () => {
    expect(said(once, 'Be red.\n', 'Why?', { system: 'S2' })).toEqual([
      'system: S2',
      'user: Be red.\n',
      'assistant: answer 1',
      'user: Why?',
    ]);
  });
  test('the prompt again where it comes out differently now; the past is not rewritten', () => {
    expect(said(once, 'Be blue.\n', 'Why?')).toEqual([
      'user: Be red.\n',
      'assistant: answer 1',
      'user: Be blue.\n\nWhy?',
    ]);
    expect(said(once, 'Be blue.\n')).toEqual(['user: Be red.\n', 'assistant: answer 1', 'user: Be blue.\n']);
  });
  test('a prompt with a place for the text is sent each time', () => {
    const before = stateOf(sent(1, { prompt: 'Translate: a', text: 'a', text_inside: true }), settled(1));
    expect(said(before, 'Translate: a', 'a', { inside: true })).toEqual([
      'user: Translate: a',
      'assistant: answer 1',
      'user: Translate: a',
    ]);
  });
  test('what failed is not a part of what was said', () => {
    const failed = stateOf(sent(1, { prompt: 'Be red.', text: '' }), settled(1, { status: 'error', answer: 'par' }));
    expect(said(failed, 'Be red.', 'Why?')).toEqual(['user: Be red.\n\nWhy?']);
  });
  test('nothing of before without chat', () => {
    expect(said({ ...once, chat: false }, 'Be red.\n', 'Why?')).toEqual(['user: Be red.\n\nWhy?']);
  });
  test('a prompt that is only a system text leaves the turn to the person', () => {
    expect(said(stateOf(), '\n', 'Hello', { system: 'S' })).toEqual(['system: S', 'user: Hello']);
  });
});

describe('nothing to say', () => {
  test.each<[string, State, string]>([
    ['the same prompt again, without a text', once, 'Be red.\n'],
    ['an empty prompt without a text', stateOf(), ' \n'],
  ])('%s', (_what, state, body) => {
    expect(said(state, body)).toBeUndefined();
  });
});
