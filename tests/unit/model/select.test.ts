// Which provider answers (design.md §5).
import { expect, test } from 'vitest';
import { isProviderName } from '../../../src/model/provider.ts';
import { type SelectInput, selectProvider } from '../../../src/model/select.ts';

const NOTHING: SelectInput = { hasKey: false, hasFittingRecording: false, interactive: false };

test.each<[given: Partial<SelectInput>, provider: string]>([
  [{ hasKey: true }, 'openai'],
  [{ hasKey: true, hasFittingRecording: true, interactive: true }, 'openai'],
  [{ hasFittingRecording: true }, 'replay'],
  [{ hasFittingRecording: true, interactive: true }, 'replay'],
  [{ interactive: true }, 'paste'],
  [{ explicit: 'openai', hasKey: true }, 'openai'],
  [{ explicit: 'openai', ownServer: true }, 'openai'],
  [{ explicit: 'replay', hasKey: true, interactive: true }, 'replay'],
  [{ explicit: 'replay' }, 'replay'],
  [{ explicit: 'paste', hasKey: true, interactive: true }, 'paste'],
])('with %j it is %s', (given, provider) => {
  expect(selectProvider({ ...NOTHING, ...given })).toEqual({ ok: true, value: provider });
});

test.each<[given: Partial<SelectInput>, code: string]>([
  [{}, 'no-provider'],
  [{ ownServer: true }, 'no-provider'],
  [{ explicit: 'openai', hasFittingRecording: true, interactive: true }, 'no-key'],
  [{ explicit: 'paste', hasKey: true, hasFittingRecording: true }, 'no-terminal'],
])('with %j there is none: %s', (given, code) => {
  expect(selectProvider({ ...NOTHING, ...given })).toMatchObject({ ok: false, error: { code } });
});

test.each([
  ['openai', true],
  ['replay', true],
  ['paste', true],
  ['OpenAI', false],
  ['', false],
])('%j is a provider: %j', (name, known) => {
  expect(isProviderName(name)).toBe(known);
});
