// Output parsers: what is taken of an answer, what is tolerated and said, what is refused.
import { describe, expect, test } from 'vitest';
import { isOutputParser } from '../../../src/model/parser-names.ts';
import { parseOutput } from '../../../src/model/parsers.ts';

function content(kind: string, answer: string): string {
  const parsed = parseOutput(kind, answer);
  if (!parsed.ok) throw new Error(parsed.error.message);
  return parsed.value.content;
}

function parsed(kind: string, answer: string) {
  const result = parseOutput(kind, answer);
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
}

function problem(kind: string, answer: string): string {
  const result = parseOutput(kind, answer);
  if (result.ok) throw new Error(`taken: ${result.value.content}`);
  return result.error.message;
}

describe('names', () => {
  test.each([
    'text',
    'json',
    'yaml',
    'code_block',
    'python_code_block',
    'c++_code_block',
    'c#_code_block',
    'objective-c_code_block',
  ])('%s is an output parser', (name) => expect(isOutputParser(name)).toBe(true));

  test.each([
    '',
    'xml',
    'codeblock',
    '_code_block',
    'Python_code_block',
    'python_code_blocks',
    'json ',
    'a b_code_block',
  ])('%j is none', (name) => {
    expect(isOutputParser(name)).toBe(false);
    expect(problem(name, 'x')).toContain('no output parser');
  });
});

describe('text', () => {
  test.each(['plain', ' with space \n', '```\nfenced\n```', 'a\r\nb'])('is the answer as it is: %j', (answer) => {
    expect(parsed('text', answer)).toEqual({ content: answer, notes: [] });
  });

  test('is refused where there is none', () => expect(problem('text', ' \n')).toContain('empty'));
});

const F = '```';

describe('a code block', () => {
  test.each<[name: string, kind: string, answer: string, content: string]>([
    ['alone', 'python_code_block', `${F}python\nx = 1\n${F}`, 'x = 1\n'],
    ['with prose around', 'python_code_block', `Here:\n\n${F}python\nx = 1\n${F}\nThat is all.`, 'x = 1\n'],
    ['by an alias in the fence', 'python_code_block', `${F}py\nx\n${F}`, 'x\n'],
    ['by an alias in the parser', 'js_code_block', `${F}javascript\nx\n${F}`, 'x\n'],
    ['in capitals', 'python_code_block', `${F}Python\nx\n${F}`, 'x\n'],
    ['with attributes', 'python_code_block', `${F}python title="a.py" {1,2}\nx\n${F}`, 'x\n'],
    ['with a path', 'python_code_block', `${F}python:src/a.py\nx\n${F}`, 'x\n'],
    ['in Pandoc form', 'python_code_block', `${F}{.python .numberLines}\nx\n${F}`, 'x\n'],
    ['with tildes', 'python_code_block', '~~~python\nx\n~~~', 'x\n'],
    ['with a space before the language', 'python_code_block', `${F} python\nx\n${F}`, 'x\n'],
    ['with CRLF', 'python_code_block', `${F}python\r\nx\r\ny\r\n${F}\r\n`, 'x\ny\n'],
    ['in a list', 'python_code_block', `1. Do this:\n\n   ${F}python\n   if x:\n       y\n   ${F}\n`, 'if x:\n    y\n'],
    ['right after a list marker', 'bash_code_block', `- ${F}sh\n  ls\n  ${F}`, 'ls\n'],
    ['closed by a longer fence', 'code_block', `${F}\nx\n${F}\`\``, 'x\n'],
    [
      'with an inner fence of fewer backticks',
      'markdown_code_block',
      `${F}\`\`md\na\n${F}sh\nls\n${F}\nb\n${F}\`\``,
      `a\n${F}sh\nls\n${F}\nb\n`,
    ],
    ['with an inner fence of the other kind', 'code_block', `${F}\n~~~\nx\n~~~\n${F}`, '~~~\nx\n~~~\n'],
    [
      'of Markdown with an equal inner fence',
      'markdown_code_block',
      `${F}markdown\na\n${F}sh\nls\n${F}\nb\n${F}`,
      `a\n${F}sh\nls\n${F}\nb\n`,
    ],
    [
      'with a fence in a docstring',
      'python_code_block',
      `${F}python\ndef f():\n    """\n    ${F}\n    x\n    ${F}\n    """\n${F}`,
      `def f():\n    """\n    ${F}\n    x\n    ${F}\n    """\n`,
    ],
    ['beside one of another language', 'python_code_block', `${F}bash\npip\n${F}\n${F}python\nx\n${F}`, 'x\n'],
    ['among inline code', 'code_block', `Use ${F}x${F} or \`y\`.\n\n${F}\nz\n${F}`, 'z\n'],
    ['with blank lines', 'code_block', `${F}\n\na\n\n\nb\n\n${F}`, '\na\n\n\nb\n\n'],
    ['of C++', 'cpp_code_block', `${F}c++\nx\n${F}`, 'x\n'],
    ['of C', 'c_code_block', `${F}c\nx\n${F}\n${F}cpp\ny\n${F}`, 'x\n'],
  ])('is taken %s', (_name, kind, answer, wanted) => {
    expect(parsed(kind, answer)).toEqual({ content: wanted, notes: [] });
  });

  test.each<[name: string, kind: string, answer: string, note: RegExp]>([
    [
      'of another language, where it is the only one',
      'python_code_block',
      `${F}js\nx\n${F}`,
      /only code block, which is marked js, for python/,
    ],
    ['of no language, where it is the only one', 'python_code_block', `${F}\nx\n${F}`, /names no language/],
    ['that is given twice', 'python_code_block', `${F}py\nx\n${F}\n${F}python\nx\n${F}`, /same code block 2 times/],
  ])('is taken, and it is said, %s', (_name, kind, answer, note) => {
    const { content, notes } = parsed(kind, answer);
    expect([content, notes.length]).toEqual(['x\n', 1]);
    expect(notes[0]).toMatch(note);
  });

  test.each<[name: string, kind: string, answer: string, words: RegExp]>([
    ['there is none', 'code_block', 'x = 1', /no code block/],
    ['it is not closed', 'python_code_block', `${F}python\nx = 1\n`, /line 1 is never closed/],
    ['a later one is not closed', 'python_code_block', `${F}python\nx\n${F}\n\n${F}bash\nls`, /line 5 is never closed/],
    ['it is closed by fewer backticks only', 'code_block', `${F}\`\nx\n${F}`, /never closed/],
    ['it is closed by the other kind only', 'code_block', `~~~\nx\n${F}`, /never closed/],
    ['there are several', 'code_block', `${F}a\nx\n${F}\n${F}\ny\n${F}`, /2 code blocks \(a, without a language\)/],
    [
      'there are several of the language',
      'python_code_block',
      `${F}py\nx\n${F}\n${F}py\ny\n${F}\n${F}py\nz\n${F}`,
      /3 code blocks of python/,
    ],
    [
      'several are of other languages',
      'python_code_block',
      `${F}js\nx\n${F}\n${F}sh\ny\n${F}`,
      /none of the 2 code blocks.*js, sh/,
    ],
    ['it is empty', 'python_code_block', `${F}python\n\n${F}`, /empty/],
  ])('is refused where %s', (_name, kind, answer, words) => expect(problem(kind, answer)).toMatch(words));
});

describe('json', () => {
  test.each(['{"a": 1}', ' [1, 2]\n', '"text"', '42', 'null', '\uFEFF{"a":"```"}', '{"a": "x\\n```json\\n{}"}'])(
    'is the whole answer: %j',
    (answer) => {
      const source = answer.replace('\uFEFF', '').trim();
      expect(parsed('json', answer)).toEqual({ content: `${source}\n`, value: JSON.parse(source), notes: [] });
    },
  );

  test.each<[name: string, answer: string, value: unknown, note: RegExp]>([
    ['a fenced block', `Here:\n${F}json\n{"a": 1}\n${F}\nDone.`, { a: 1 }, /from a fenced block$/],
    ['one of two equal blocks', `${F}json\n{"a": 1}\n${F}\n${F}json\n{"a": 1}\n${F}`, { a: 1 }, /fenced block$/],
    ['a block without a language', `${F}\n[1]\n${F}`, [1], /not marked as JSON/],
    ['the one block that is JSON', `${F}bash\ncurl x\n${F}\n${F}\n{"a": 1}\n${F}`, { a: 1 }, /not marked as JSON/],
    ['the object in the prose', 'Sure! {"a": {"b": "}"}} Anything else?', { a: { b: '}' } }, /text around it/],
    ['the array in the prose', 'The list is ["a", "b\\"]"].', ['a', 'b"]'], /text around it/],
    ['prose with other brackets', 'As {name} says [see below] in [1]: {"a": 1}', { a: 1 }, /text around it/],
    ['prose after a block of code', `${F}bash\nls\n${F}\nThe result: {"a": 1}`, { a: 1 }, /text around it/],
  ])('is taken from %s, and it is said', (_name, answer, value, note) => {
    const found = parsed('json', answer);
    expect(found.value).toEqual(value);
    expect(JSON.parse(found.content)).toEqual(value);
    expect(found.notes).toHaveLength(1);
    expect(found.notes[0]).toMatch(note);
  });

  test('keeps the source as the model wrote it', () => {
    expect(content('json', '{ "n": 12345678901234567890, "x": 1.0 }')).toBe(
      '{ "n": 12345678901234567890, "x": 1.0 }\n',
    );
  });

  test.each<[name: string, answer: string, words: RegExp]>([
    ['cut', '{"a": [1, 2, {"b": 3}', /cut/],
    ['cut in a string', 'Here: {"a": "half', /cut/],
    ['cut after prose, with a whole object inside', 'Here: {"list": [{"a": 1}, {"a": 2}', /cut/],
    ['cut in a fenced block', `${F}json\n{"a": 1}`, /never closed/],
    ['broken', '{"a": 1,}', /not valid/],
    ['broken in a block', `${F}json\n{'a': 1}\n${F}`, /block is not valid JSON/],
    ['broken around a whole object', '{"a": {"b": 1} "c": 2}', /not valid/],
    ['Python', "Here: {'a': None}", /not valid/],
    ['given in several different blocks', `${F}json\n1\n${F}\n${F}json\n2\n${F}`, /2 different JSON blocks/],
    ['given in several unmarked blocks', `${F}\n[1]\n${F}\n${F}\n[2]\n${F}`, /2 different blocks/],
    ['given several times in prose', 'Either {"a": 1} or {"a": 2}', /2 JSON values/],
    ['absent', 'I cannot do that.', /no JSON object or array/],
    ['absent but for a footnote', 'As shown in [1].', /no JSON object or array/],
    ['followed by a broken one', '{"a": 1} and {"b": }', /not valid/],
    ['empty', '', /no JSON/],
  ])('is refused where it is %s', (_name, answer, words) => expect(problem('json', answer)).toMatch(words));

  test('is refused where nobody could check or write it, so deep does it go', () => {
    for (const deep of [
      `{"a": ${'['.repeat(20_000)}${']'.repeat(20_000)}}`,
      `Here: ${'['.repeat(600)}${']'.repeat(600)}`,
    ])
      expect(problem('json', deep)).toMatch(/nested more than 500 levels deep/);
  });

  test('is refused quickly where brackets never end', () => {
    const started = performance.now();
    expect(problem('json', '[{'.repeat(200_000))).toMatch(/cut/);
    expect(performance.now() - started).toBeLessThan(1_000);
  });
});

describe('yaml', () => {
  test.each<[name: string, answer: string, content: string, more: { value: unknown; notes: number }]>([
    ['the whole answer', 'a: 1\nb: [2]\n', 'a: 1\nb: [2]\n', { value: { a: 1, b: [2] }, notes: 0 }],
    ['a list', '- a\n- b', '- a\n- b\n', { value: ['a', 'b'], notes: 0 }],
    [
      'a document with a fence in a text',
      `run: |\n  ${F}\n  ls\n  ${F}\n`,
      `run: |\n  ${F}\n  ls\n  ${F}\n`,
      { value: { run: `${F}\nls\n${F}\n` }, notes: 0 },
    ],
    ['a fenced block', `Here you go:\n${F}yml\na: 1 # one\n${F}`, 'a: 1 # one\n', { value: { a: 1 }, notes: 1 }],
    ['an indented block', `Here you go:\n  ${F}yaml\n  a: 1\n  ${F}\nok`, 'a: 1\n', { value: { a: 1 }, notes: 1 }],
    ['a block without a language', `${F}\na: 1\n${F}`, 'a: 1\n', { value: { a: 1 }, notes: 1 }],
    ['several documents', 'a: 1\n---\nb: 2\n', 'a: 1\n---\nb: 2\n', { value: [{ a: 1 }, { b: 2 }], notes: 1 }],
  ])('is taken from %s', (_name, answer, source, { value, notes }) => {
    const found = parsed('yaml', answer);
    expect(found).toMatchObject({ content: source, value });
    expect(found.notes).toHaveLength(notes);
  });

  test.each<[name: string, answer: string, words: RegExp]>([
    ['a sentence', 'I cannot do that.', /text, not a YAML/],
    ['a sentence before it', 'Here is the file:\n\nname: x\n', /text, not a YAML/],
    ['broken', 'a: [1\nb: 2\n', /not valid YAML/],
    ['a doubled key', `${F}yaml\na: 1\na: 2\n${F}`, /unique/],
    ['cut', `${F}yaml\na: 1\n`, /never closed/],
    ['several different blocks', `${F}yaml\na: 1\n${F}\n${F}yaml\na: 2\n${F}`, /2 different YAML blocks/],
    ['code of another kind', `${F}\njust words\n${F}`, /neither a YAML mapping nor a list/],
    ['code of other kinds', `${F}js\na\n${F}\n${F}sh\nb\n${F}`, /none of the 2 code blocks/],
    ['empty', '', /not a YAML/],
    ['an alias bomb', bomb(), /alias/i],
  ])('is refused where it is %s', (_name, answer, words) => expect(problem('yaml', answer)).toMatch(words));
});

function bomb(): string {
  const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x]'];
  for (let i = 1; i < 9; i++) lines.push(`a${i}: &a${i} [${Array.from({ length: 9 }, () => `*a${i - 1}`).join(', ')}]`);
  return lines.join('\n');
}
