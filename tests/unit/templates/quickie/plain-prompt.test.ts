// A prompt that only names its inputs reads without the template engine just as it reads with it.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { plainPrompt } from '../../../../src/templates/quickie/plain-prompt.ts';
import { parseBody, renderTemplate } from '../../../../src/templates/template.ts';

function byEngine(text: string, values: Readonly<Record<string, unknown>>): string | undefined {
  const parsed = parseBody('', { source: { file: 'f', text }, front: {}, bodyStart: 0, extension: '.md' });
  const rendered = parsed.ok ? renderTemplate(parsed.value, values) : parsed;
  return rendered.ok ? rendered.value : undefined;
}

const VALUES = { a: 'A {{ b }} {% raw %}', b: 3, 'c-d': [1, 'x'], _e: null, t: true, o: { k: 'v' }, f: 'a$&b' };

test.each([
  'nothing but text',
  'Say {{ a }} and {{b}}.',
  '{{a}}{{ a }}{{\ta}}',
  '{{ c-d }} {{ _e }} {{ t }} {{ o }} {{ f }}',
  '{"x": {{ b }}}',
  '{ { a } } %} }} {',
  'line\r\nline {{ a }}\n',
  '',
])('%j reads as with the engine', (text) => {
  const plain = plainPrompt(text);
  expect(plain?.render(VALUES)).toBe(byEngine(text, VALUES));
  expect(plain).toBeDefined();
});

test.each([
  '{% if a %}x{% endif %}',
  '{{ a | upcase }}',
  '{{- a }}',
  '{{ a -}}',
  '{{ a.b }}',
  '{{ a[0] }}',
  '{{ "a" }}',
  '{{ 1 }}',
  '{{ true }}',
  '{{ nil }}',
  '{{{ a }}',
  '{{\na }}',
  '{{ a',
  '{{}}',
  '{%',
])('%j is left to the engine', (text) => {
  expect(plainPrompt(text)).toBeUndefined();
});

test('whatever is taken for plain reads as with the engine', () => {
  const piece = fc.constantFrom(
    '{',
    '}',
    '{{',
    '}}',
    '%',
    '{%',
    ' ',
    'a',
    'b',
    'c-d',
    '-',
    '_e',
    '{{ a }}',
    '{{b}}',
    '\n',
    '|',
    '"',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      const text = pieces.join('');
      const plain = plainPrompt(text);
      if (plain?.variables.every((name) => name in VALUES)) expect(plain.render(VALUES)).toBe(byEngine(text, VALUES));
    }),
    { numRuns: 1000 },
  );
});
