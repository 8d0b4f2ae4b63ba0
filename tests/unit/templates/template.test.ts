// Prompt templates: strict, confined to their folder, filled in one pass, with a place for everything that is wrong.
import { createHash } from 'node:crypto';
import { symlinkSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Problem } from '../../../src/runbook/problem.ts';
import { loadTemplate, renderTemplate, undefinedMembers, undefinedVariables } from '../../../src/templates/template.ts';
import { makeFolder } from '../temporary.ts';

const PARTS = {
  'prompt_templates/tone.md': 'Be {{ tone }}.',
  'prompt_templates/sub/rules.md': 'Rules:\n- {{ rule }}\n',
  'prompt_templates/self.md': 'again: {% render "self.md" %}',
  'prompt_templates/same.md': '{% render "same.md" %}',
  'prompt_templates/ping.md': '{% render "pong.md" %}',
  'prompt_templates/pong.md': '{% render "ping.md" %}',
  'prompt_templates/bad.md': 'first line\n{{ x | nofilter }}',
  'outside.md': 'SECRET',
};

const FILE = 'prompt_templates/t.md';

async function load(text: string, files: Record<string, string> = PARTS) {
  const root = makeFolder({ ...files, [FILE]: text });
  symlinkSync(path.join(root, 'outside.md'), path.join(root, 'prompt_templates/link.md'));
  return loadTemplate(root, FILE);
}

async function loaded(text: string) {
  const result = await load(text);
  if (!result.ok) throw new Error(result.error.map(({ message }) => message).join('; '));
  return result.value;
}

/** What each problem is and the text that it points at. */
const told = (problems: readonly Problem[]) =>
  problems.map(({ code, message, spot }) => [
    code,
    message,
    `${spot?.source.file}: ${spot?.source.text.slice(spot.span?.start, spot.span?.end)}`,
  ]);

async function fill(text: string, values: Record<string, unknown>) {
  const result = renderTemplate(await loaded(text), values);
  return result.ok ? result.value : told(result.error);
}

describe('filled', () => {
  test.each<[text: string, values: Record<string, unknown>, filled: string]>([
    ['', {}, ''],
    ['Hello {{ name }}!', { name: 'Ada' }, 'Hello Ada!'],
    ['---\nmodel: m\n---\nHello {{ name }}!\r\n', { name: 'Ada' }, 'Hello Ada!\r\n'],
    ['{{ a }}|{{ b }}|{{ c }}', { a: true, b: 1.5, c: null }, 'true|1.5|'],
    ['{{ o }}', { o: { a: [1] } }, '{\n  "a": [\n    1\n  ]\n}'],
    ['{{ o | json }}', { o: { a: [1] } }, '{"a":[1]}'],
    ['{{ o.a[0] }}', { o: { a: [1] } }, '1'],
    ['{% for x in list %}{{ forloop.index }}{{ x }} {% endfor %}', { list: ['a', 'b'] }, '1a 2b '],
    ['{% assign up = name | upcase %}{{ up }}', { name: 'Ada' }, 'ADA'],
    ['{% if missing_here %}yes{% else %}no{% endif %}', { missing_here: null }, 'no'],
    ['{% if o.missing %}yes{% else %}no{% endif %}', { o: {} }, 'no'],
    ['{% comment %}{{ never }}{% endcomment %}{% raw %}{{ as is }}{% endraw %}', {}, '{{ as is }}'],
    ['{% render "tone.md", tone: name %}', { name: 'calm' }, 'Be calm.'],
    ['{% render "tone", tone: "calm" %}', {}, 'Be calm.'],
    ['{% render "sub/rules.md", rule: "none" %}', {}, 'Rules:\n- none\n'],
    ['{% include "tone.md" %}', { tone: 'calm' }, 'Be calm.'],
    ['{% render which, tone: "calm" %}', { which: 'tone.md' }, 'Be calm.'],
    [
      '{% for x in list %}{% render "tone.md", tone: x %}{% endfor %}',
      { list: Array(400).fill('x') },
      'Be x.'.repeat(400),
    ],
  ])('%j', async (text, values, filled) => {
    expect(await fill(text, values)).toBe(filled);
  });

  test('text from a value is never expanded again', async () => {
    const evil = '{{ key }}{% render "tone.md" %}{% raw %}';
    expect(await fill('{{ text }} {{ list }}', { text: evil, list: [evil], key: 'k' })).toBe(
      `${evil} ${JSON.stringify([evil], null, 2)}`,
    );
  });

  test.each(['name.constructor', 'o.constructor', 'o.__proto__', 'list.map', 'name.length.constructor'])(
    'nothing is reached by {{ %s }}',
    async (use) => {
      expect(await fill(`{{ ${use} }}`, { name: 'n', o: {}, list: [] })).toMatchObject([
        ['undefined-variable', expect.any(String), expect.any(String)],
      ]);
    },
  );

  test.each<[text: string, values: Record<string, unknown>, ...problems: string[][]]>([
    [
      'a {{ nmae }} {{ other }}',
      {},
      ['undefined-variable', 'undefined variable: nmae', `${FILE}: nmae`],
      ['undefined-variable', 'undefined variable: other', `${FILE}: other`],
    ],
    [
      '---\nmodel: m\n---\n\n{{ o.b.c }}',
      { o: {} },
      ['undefined-variable', 'undefined variable: o.b', `${FILE}: o.b.c`],
    ],
    [
      'x {% render "sub/rules.md" %}',
      {},
      ['undefined-variable', 'undefined variable: rule', 'prompt_templates/sub/rules.md: rule'],
    ],
    [
      '{% render which %}',
      { which: '../outside.md' },
      ['template-error', 'there is no partial "../outside.md" in prompt_templates/', `${FILE}: {`],
    ],
  ])('%j with %j is told what is missing, and where', async (text, values, ...problems) => {
    expect(await fill(text, values)).toEqual(problems);
  });
});

describe('refused when it is read', () => {
  test.each<[text: string, ...problems: [message: string, marked: string][]]>([
    ['Hi {{ name | nofilter }}', ['undefined filter: nofilter', `${FILE}: {{ name | nofilter }}`]],
    [
      '{{ a | nof }} {{ b | nog }}',
      ['undefined filter: nof', `${FILE}: {{ a | nof }}`],
      ['undefined filter: nog', `${FILE}: {{ b | nog }}`],
    ],
    ['{% nope %}', ['tag "nope" not found', `${FILE}: {% nope %}`]],
    ['a {{ name', ['output "{{ name" not closed', `${FILE}: {{ name`]],
    ['a {% if x %} b', ['tag {% if x %} not closed', `${FILE}: {% if x %}`]],
    ['---\nmodel: m\n---\né {% nope %}', ['tag "nope" not found', `${FILE}: {% nope %}`]],
    ['x {% render "bad.md" %}', ['undefined filter: nofilter', 'prompt_templates/bad.md: {{ x | nofilter }}']],
    ['x {% render "none.md" %}', ['there is no partial "none.md" in prompt_templates/', `${FILE}: none.md`]],
    [
      '{% include "../outside.md" %}',
      ['there is no partial "../outside.md" in prompt_templates/', `${FILE}: ../outside.md`],
    ],
    [
      '{% layout "../outside.md" %}',
      ['there is no partial "../outside.md" in prompt_templates/', `${FILE}: ../outside.md`],
    ],
    [
      '{% render "/etc/hostname" %}',
      ['there is no partial "/etc/hostname" in prompt_templates/', `${FILE}: /etc/hostname`],
    ],
    ['{% render "link.md" %}', ['there is no partial "link.md" in prompt_templates/', `${FILE}: link.md`]],
    ['{% render "self.md" %}', ['its partials render each other without end', `${FILE}: {`]],
    ['{% render "same.md" %}', ['its partials render each other without end', `${FILE}: {`]],
    ['{% include "ping.md" %}', ['its partials render each other without end', `${FILE}: {`]],
  ])('%j', async (text, ...problems) => {
    const result = await load(text);
    expect(result.ok ? [] : told(result.error)).toEqual(
      problems.map(([message, marked]) => ['template-error', message, marked]),
    );
    for (const problem of result.ok ? [] : result.error) expect(problem.advice).toMatch(/./);
  });

  test.each([
    ['nope.md', 'does not exist'],
    ['prompt_templates', 'is a folder'],
    ['../t.md', 'lies outside the project'],
    ['/etc/hostname', 'lies outside the project'],
    ['prompt_templates/link.md', 'lies outside the project'],
  ])('the file %s: it %s', async (file, why) => {
    const root = makeFolder({ [FILE]: '' });
    symlinkSync(path.join(makeFolder({ 'x.md': 'x' }), 'x.md'), path.join(root, 'prompt_templates/link.md'));
    const result = await loadTemplate(root, file);
    expect(result).toMatchObject({
      ok: false,
      error: [{ code: 'missing-template', message: `the template ${why}: ${file}` }],
    });
  });

  test('a template outside prompt_templates may be used, and has no partials there', async () => {
    const root = makeFolder({ 'own.md': '{% render "tone.md" %}' });
    expect(await loadTemplate(root, 'own.md')).toMatchObject({
      ok: false,
      error: [{ message: 'there is no partial "tone.md" in prompt_templates/' }],
    });
  });
});

describe('variables', () => {
  test.each<[text: string, available: string[], problems: [name: string, marked: string][]]>([
    ['{{ a }} {{ b.c }} {{ d }}', ['a', 'b'], [['d', `${FILE}: d`]]],
    ['{{ d }}\n\n  {{ d }}', [], [['d', `${FILE}: d`]]],
    ['x\r\n  {{ d | upcase }}', [], [['d', `${FILE}: d`]]],
    ['---\nvariables: {d: }\n---\n{{ d }} {{ e }}', [], [['e', `${FILE}: e`]]],
    ['{% if e %}x{% endif %}', [], [['e', `${FILE}: e`]]],
    [
      '{% for x in list %}{{ x }}{{ forloop.index }}{% endfor %}{% assign y = 1 %}{{ y }}{% capture z %}{% endcapture %}{{ z }}',
      ['list'],
      [],
    ],
    ['{% render "tone.md", tone: mood %}', [], [['mood', `${FILE}: mood`]]],
    ['{% render "tone.md" %}', [], [['tone', 'prompt_templates/tone.md: tone']]],
    ['a\n{% include "sub/rules.md" %}', [], [['rule', 'prompt_templates/sub/rules.md: rule']]],
  ])('of %j with %j', async (text, available, problems) => {
    const found = undefinedVariables(await loaded(text), available);
    expect(told(found)).toEqual(
      problems.map(([name, marked]) => [
        'undefined-variable',
        `the template uses the variable "${name}", which nothing defines`,
        marked,
      ]),
    );
  });

  test('are suggested', async () => {
    const template = await loaded('---\nvariables: {tone: }\n---\n{{ topci }} {{ toen }} {{ xyz }}');
    expect(undefinedVariables(template, ['topic']).map(({ advice }) => advice)).toEqual([
      'did you mean "topic"?',
      'did you mean "tone"?',
      'add "xyz" under input_context',
    ]);
  });

  test('that are members of a mapping must be there', async () => {
    const template = await loaded('{{ vars.tone }} {{ vars.size }} {{ vars.toen }} {{ vars }} {{ other.x }}');
    expect(told(undefinedMembers(template, { vars: ['tone'] }))).toEqual([
      ['undefined-variable', 'the template uses "vars.toen", which nothing defines', `${FILE}: vars.toen`],
    ]);
  });
});

describe('the hash', () => {
  const md5 = (text: string) => createHash('md5').update(text).digest('hex');

  test('is that of the text before substitution, without front matter', async () => {
    expect((await loaded('---\nmodel: m\n---\nHello {{ name }}')).hash).toBe(md5('Hello {{ name }}'));
  });

  test('changes with a partial, also one that a partial uses', async () => {
    const text = '{% render "a.md" %}';
    const hashes = await Promise.all(
      ['one', 'two'].map(async (word) => {
        const result = await load(text, {
          ...PARTS,
          'prompt_templates/a.md': '{% render "b.md" %}',
          'prompt_templates/b.md': word,
        });
        return result.ok ? [result.value.hash, result.value.fullText] : [];
      }),
    );
    expect(hashes[0]?.[1]).toBe(`${text}\n{# partial a.md #}\n{% render "b.md" %}\n{# partial b.md #}\none`);
    expect(hashes[0]?.[0]).not.toBe(hashes[1]?.[0]);
    expect(hashes[0]?.[0]).toBe(md5(hashes[0]?.[1] ?? ''));
  });
});

test('a million characters of input are filled at once', async () => {
  const text = 'x'.repeat(1e6);
  const start = performance.now();
  expect(await fill('{{ text }}', { text })).toBe(text);
  expect(performance.now() - start).toBeLessThan(2000);
});
