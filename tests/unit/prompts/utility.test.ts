import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { readPrompt } from '../../../src/prompts/open-prompt.ts';
import { UTILITY_TEXTS } from '../../../src/prompts/utility-texts.ts';
import { resolveValues } from '../../../src/prompts/variables.ts';
import { withSystem } from '../../../src/templates/front-matter.ts';
import { makeFolder } from '../temporary.ts';

describe('the built-in prompts', () => {
  const template = 'Say {{ topic }} {% if x %}{% endif %}';
  const cases: [keyof typeof UTILITY_TEXTS, Record<string, unknown>, RegExp][] = [
    ['generate-prompt', { wish: 'Translate {{ a }}.' }, /<need>\nTranslate \{\{ a \}\}\.\n<\/need>/],
    ['optimize-prompt', { template }, /<template>\nSay \{\{ topic \}\}/],
    ['optimize-prompt', { template, goal: 'shorter' }, /<goal>\nshorter\n<\/goal>/],
    ['optimize-system', { template, system: '' }, /^Write the system prompt that is missing/],
    ['optimize-system', { template, system: 'Be {{ kind }}.' }, /<system>\nBe \{\{ kind \}\}\.\n<\/system>/],
  ];
  test.each(cases)('%s is filled with %j and leaves nothing open', async (name, values, expected) => {
    const root = makeFolder();
    const home = { kind: 'project' as const, root, userRoot: path.join(root, 'none') };
    const prompt = await readPrompt(home, {
      from: 'project',
      file: `prompt_templates/${name}.md`,
      text: UTILITY_TEXTS[name],
    });
    if (!prompt.ok) throw new Error(JSON.stringify(prompt.error));
    const resolved = resolveValues(prompt.value, [{ scope: 'call', place: 'the command', values }]);
    if (!resolved.ok) throw new Error(JSON.stringify(resolved.error));
    const messages = prompt.value.messagesOf(resolved.value.values);
    if (!messages.ok) throw new Error(JSON.stringify(messages.error));
    expect(messages.value.map(({ role }) => role)).toEqual(['system', 'user']);
    const text = String(messages.value[1]?.content);
    expect(text).toMatch(expected);
    expect(text).not.toMatch(/\{% (?:raw|endraw)/);
  });
});

describe('another system prompt changes nothing else', () => {
  const cases: [string, string, string][] = [
    ['without a head', 'Say {{ a }}.\n', '---\nsystem: Be brief.\n---\nSay {{ a }}.\n'],
    ['with an empty head', '---\n---\nSay.\n', '---\nsystem: Be brief.\n---\nSay.\n'],
    ['without a system', '---\nmodel: x # mine\n---\nSay.', '---\nmodel: x # mine\nsystem: Be brief.\n---\nSay.'],
    [
      'between other keys, with comments',
      '---\n# head\nsystem: |\n  Old\n  text.\nvariables: {a: {}}\n---\nSay {{ a }}.\n',
      '---\n# head\nsystem: Be brief.\nvariables: {a: {}}\n---\nSay {{ a }}.\n',
    ],
    [
      'with CRLF and a mark',
      '\uFEFF---\r\nmodel: x\r\n---\r\nSay.',
      '\uFEFF---\r\nmodel: x\r\nsystem: Be brief.\r\n---\r\nSay.',
    ],
  ];
  test.each(cases)('%s', async (_name, before, after) => {
    const changed = await withSystem(before, 'Be brief.\n');
    // A block that was literal may stay one.
    const plain = changed.ok ? changed.value.replace(/\|-?\r?\n {2}Be brief\./, 'Be brief.') : changed.error;
    expect(plain).toBe(after);
  });
});
