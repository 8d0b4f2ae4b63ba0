// The reader of the plain subset, snippet by snippet, each held against the `yaml` package.
import { describe, expect, test } from 'vitest';
import { readPlain } from '../../../src/runbook/plain.ts';
import { authority } from './plain.authority.ts';

const READ: Record<string, readonly (readonly [text: string, data: unknown])[]> = {
  'empty documents': [
    ['', null],
    ['\n\n', null],
    ['# only a comment\n', null],
    ['---\n', null],
  ],
  'document starts and line ends': [
    ['---\na: 1\n', { a: 1 }],
    ['\ufeffa: 1\n', { a: 1 }],
    ['a: 1\r\nb:\r\n  - x\r\n', { a: 1, b: ['x'] }],
    ['a: 1\r\nb: 2\n', { a: 1, b: 2 }],
    ['a: 1', { a: 1 }],
    ['  a: 1\n  b: 2\n', { a: 1, b: 2 }],
  ],
  'scalars alone': [
    ['hello world', 'hello world'],
    ['"quoted"', 'quoted'],
    ['[a, 1]\n', ['a', 1]],
    ['~', null],
  ],
  'null and booleans': [
    ['[~, null, Null, NULL, nULL]', [null, null, null, null, 'nULL']],
    ['[true, True, TRUE, false, False, FALSE]', [true, true, true, false, false, false]],
    ['[yes, no, on, off, tRUE, y, n]', ['yes', 'no', 'on', 'off', 'tRUE', 'y', 'n']],
    ['a:\nb: ~\nc: null\nd: true', { a: null, b: null, c: null, d: true }],
  ],
  'numbers and what only looks like one': [
    ['[0, 7, -7, +7, 007, -0]', [0, 7, -7, 7, 7, -0]],
    ['[0x1f, 0xFF, 0o17]', [31, 255, 15]],
    ['[1.5, -1.5, .5, 1., 1e3, 1.5E-3, +.5e+1]', [1.5, -1.5, 0.5, 1, 1000, 0.0015, 5]],
    ['[0X1f, 0O17, 0b11, 0x, 0o8, 0xg, -0x1]', ['0X1f', '0O17', '0b11', '0x', '0o8', '0xg', '-0x1']],
    ['a: 1\u00a0\nb: 0x1\u00a0\nc: +Infinity', { a: '1\u00a0', b: '0x1\u00a0', c: '+Infinity' }],
    ['[1_000, 1e, 1.2.3, 12:30, 5m, .]', ['1_000', '1e', '1.2.3', '12:30', '5m', '.']],
    ['a: 2024-01-01\nb: 2024-01-01T10:00:00Z\nc: 1 2', { a: '2024-01-01', b: '2024-01-01T10:00:00Z', c: '1 2' }],
    ['a: 9007199254740991\nb: "9007199254740993"', { a: 9007199254740991, b: '9007199254740993' }],
    ['[Infinity, NaN, inf]', ['Infinity', 'NaN', 'inf']],
  ],
  'plain scalars': [
    ['a: key:value\n', { a: 'key:value' }],
    ['a: http://host:80/x?y=z#part\n', { a: 'http://host:80/x?y=z#part' }],
    ['a: x#y\n', { a: 'x#y' }],
    ['a: x # y: z\n', { a: 'x' }],
    ['a: x   \n', { a: 'x' }],
    ['a: -x\nb: --flag\nc: ./run.sh\nd: $HOME\n', { a: '-x', b: '--flag', c: './run.sh', d: '$HOME' }],
    ['a: it\'s [not] {flow}, "is" it?\n', { a: 'it\'s [not] {flow}, "is" it?' }],
    ['a: Größe\u00a0µ 漢字 😀\n', { a: 'Größe\u00a0µ 漢字 😀' }],
    ['a: b\u00a0\n', { a: 'b\u00a0' }],
    ['a: <<\n', { a: '<<' }],
  ],
  'quoted scalars': [
    ["a: 'it''s'\nb: ''\nc: '\\n'\n", { a: "it's", b: '', c: '\\n' }],
    ['a: "say \\"x\\" \\\\ \\/ \\n\\t\\u00e9"\nb: ""\n', { a: 'say "x" \\ / \n\té', b: '' }],
    ['a: "\\ud83d\\ude00"', { a: '😀' }],
    ['a: "x: y # z"  # comment\n', { a: 'x: y # z' }],
    ['a: "true"\nb: \'1\'\n', { a: 'true', b: '1' }],
    ['a: " spaces "', { a: ' spaces ' }],
  ],
  keys: [
    ['a b: 1\nc-d.e/f: 2\n_x: 3\n', { 'a b': 1, 'c-d.e/f': 2, _x: 3 }],
    ['"a: b": 1\n\'c #d\': 2\n"": 3\n"1": 4\n', { 'a: b': 1, 'c #d': 2, '': 3, '1': 4 }],
    ['toString: 1\nhasOwnProperty: 2\n', { toString: 1, hasOwnProperty: 2 }],
    ['nullable: 1\ntrueish: 2\nprototypes: 3\n', { nullable: 1, trueish: 2, prototypes: 3 }],
    ['b: 1\na: 2\n', { b: 1, a: 2 }],
    [`${'k'.repeat(1000)}: 1`, { ['k'.repeat(1000)]: 1 }],
  ],
  'nested blocks': [
    ['a:\n  b:\n    c: 1\n  d: 2\ne: 3\n', { a: { b: { c: 1 }, d: 2 }, e: 3 }],
    ['a:\n      b: 1\n', { a: { b: 1 } }],
    ['a:\n  x\nb: 1', { a: 'x', b: 1 }],
    ['a:\n  - x\n  - y\nb: 1', { a: ['x', 'y'], b: 1 }],
    ['a:\n- x\n- y\nb: 1', { a: ['x', 'y'], b: 1 }],
    ['a:\n- b:\n  - c\n- d\n', { a: [{ b: ['c'] }, 'd'] }],
    ['- a: 1\n  b: 2\n- a: 3\n', [{ a: 1, b: 2 }, { a: 3 }]],
    ['-   a: 1\n    b: 2\n-\n  - c\n', [{ a: 1, b: 2 }, ['c']]],
    ['-\n- x\n-\n', [null, 'x', null]],
    ['a:\n  ~\n', { a: null }],
    ['- # comment\n  a: 1\n', [{ a: 1 }]],
    ['a: # comment\n  - b # comment\n# comment\n\n  - c\n', { a: ['b', 'c'] }],
  ],
  'flow collections': [
    ['a: []\nb: {}\nc: [ ]\nd: { }\n', { a: [], b: {}, c: [], d: {} }],
    ['a: [x, "y, z", \'w\', 1, ~] # comment\n', { a: ['x', 'y, z', 'w', 1, null] }],
    ['a: { b: c, "d": "e", f: [1, {g: h}] }\n', { a: { b: 'c', d: 'e', f: [1, { g: 'h' }] } }],
    ['a: [run, -v, --flag, http://x:80/y, a b , "c" ]\n', { a: ['run', '-v', '--flag', 'http://x:80/y', 'a b', 'c'] }],
    ['- [a, b,]\n- {c: d,}\n', [['a', 'b'], { c: 'd' }]],
  ],
  'texts over lines': [
    ['a: b\n  c, d\ne: 1\n', { a: 'b c, d', e: 1 }],
    ['a:\n  b\n    c\n  d\n\n# comment\ne: 1\n', { a: 'b c d', e: 1 }],
    ['- null\n  b\n- c\n', ['null b', 'c']],
    ['- a: b\n   c\n  d: e\n', [{ a: 'b c', d: 'e' }]],
    ['a: b\r\n  c\r\n', { a: 'b c' }],
  ],
  'flow collections over lines': [
    ['a: [b,\n  c]\nd: 1\n', { a: ['b', 'c'], d: 1 }],
    ['a: [\n    b,\n    c,\n  ]\n', { a: ['b', 'c'] }],
    ['- a: [\n    b,\n  ]\n  c: {\n    d: e\n  }\n', [{ a: ['b'], c: { d: 'e' } }]],
    ['a:\n  [\n    b,\n    {c: d,\n     e: [f]\n    }\n  ] # comment\n', { a: ['b', { c: 'd', e: ['f'] }] }],
    ['- [a,\n b]\n- {\n  c: "d,  \n  e"}\n', [['a', 'b'], { c: 'd, e' }]],
  ],
  'literal block scalars': [
    ['a: |\n  x\n  y\nb: 1\n', { a: 'x\ny\n', b: 1 }],
    ['a: |-\n  x\n\n', { a: 'x' }],
    ['a: |+\n  x\n\nb: 1\n', { a: 'x\n\n', b: 1 }],
    ['a: |+\n  x\n\n', { a: 'x\n\n' }],
    ['a: |+\n  x', { a: 'x\n' }],
    ['a: |\n  x', { a: 'x\n' }],
    ['a: |  # comment\n    x\n      y\n\n    # text: z\n  # comment\n', { a: 'x\n  y\n\n# text: z\n' }],
    ['- |\n  x\n- y\n', ['x\n', 'y']],
    ['- a: |\n   x\n  b: 1\n', [{ a: 'x\n', b: 1 }]],
    ['a: |\r\n  x\r\n\r\n  y\r\n', { a: 'x\n\ny\n' }],
    ['a: |\n  x  \n \n  y\n', { a: 'x  \n\ny\n' }],
  ],
  'folded block scalars': [
    ['a: >\n  x\n  y\n', { a: 'x y\n' }],
    ['a: >-\n  x\n\n  y\n\n\n  z\n', { a: 'x\ny\n\nz' }],
    ['a: >+\n  x\n  y\n\n', { a: 'x y\n\n' }],
    ['a: >\n  x\n    code\n    more\n  y\n', { a: 'x\n  code\n  more\ny\n' }],
    ['a: >\n  x\n\n    code\n\n  y\n  z\n', { a: 'x\n\n  code\n\ny z\n' }],
  ],
};

/** What YAML forbids, or only warns of. */
const REJECTED = [
  'a: b\n  c: d',
  'a: b\n  # c\n  d',
  'a:\n[\n  b\n]',
  'a:\n  b: [\n    c\n ]',
  'a: [b,\nc]',
  '- a: [b,\n  c]',
  'a: b: c',
  'a: b:',
  'a: - b',
  'a: [b',
  'a: [b]]',
  'a: [b] c',
  'a: [b]#c',
  'a: [b c: d, e',
  'a: [b #c, d]',
  'a: {b: c #d}',
  'a: [-]',
  'a: [,]',
  'a: "b',
  'a: "b" c',
  'a: "b": c',
  'a: "b"#c',
  'a: "\\q"',
  "a: 'b' c",
  'a: |x\n  b',
  'a: |#c\n  b',
  'a: | b\n  c',
  'a: @b',
  'a: `b`',
  'a: %b',
  'a: *b',
  'a: ,b',
  'a: 1\na: 2',
  'a: {b: 1, b: 2}',
  '"a": 1\na: 2',
  'a: 1\n b: 2',
  'a: 1\nb',
  'a:\n    b: 1\n  c: 2',
  'a:\n  - b\n - c',
  'a:\n  - b\n  c: 1',
  '- a\nb: 1',
  '- a\n- b: 1\n - c: 2',
  'a: 1\n- b',
  '[a]\nb: 1',
  `${'k'.repeat(1025)}: 1`,
  'a: |\nb',
  '%YAML 1.2\na: 1',
  'a: 1\n---\nb: 2',
  'a: !unknown b',
  '\ufeff- a',
];

/** What YAML allows, but the subset leaves to the authority. */
const LEFT = [
  'a: b\n\n  c',
  'a: 1\n  b',
  'a: b\n  - c',
  'a: [b\n  , c]',
  'a: [b, # c\n  d]',
  'a: [b,\n\n  c]',
  'a: [b\n  c]',
  'a: {b:\n  c}',
  `a: [\n  ${'b'.repeat(10_000)},\n  c]`,
  'a: "b\n  c"',
  'a: &x b',
  'a: &x b\nc: *x',
  'a: !!str 1',
  '<<: {a: 1}',
  '? a\n: b',
  '- - a',
  'a: |2\n  b',
  'a: |\n\n  b',
  'a: |\n  b\n     \n',
  'a: |\n',
  'a:\n  |\n  b',
  'a: "\\x41"',
  'a: "\\e"',
  'a: .inf',
  'a: -.INF',
  'a: .nan',
  'a: 9007199254740993',
  'a: 1e999',
  'a:\tb',
  'a: b\tc',
  '1: a',
  'true: a',
  'null: a',
  '~: a',
  'a : b',
  '[a]: b',
  'a: [b: c]',
  'a: {b}',
  'a: {"b":1}',
  '__proto__: 1',
  'constructor: 1',
  '"__proto__": 1',
  'a: {prototype: 1}',
  'a: {"__proto__": {b: 1}}',
  'a: 1\n...\n',
  '# comment\n---\na: 1',
  '--- a',
  '\ufeff  a: 1',
  'a: b\rc',
  'a: b\u0007c',
  'a: b\u0085c',
  'a: b\u2028c',
  'a: b\ufeffc',
  `a: ${'['.repeat(20)}${']'.repeat(20)}`,
  Array.from({ length: 300 }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n'),
];

describe.each(Object.entries(READ))('reads %s', (_, cases) => {
  test.each(cases)('%j', (text, data) => {
    expect(readPlain(text)).toStrictEqual({ data });
    expect(authority(text)).toStrictEqual({ sound: true, data });
  });
});

test.each(REJECTED)('gives up on what the authority rejects: %j', (text) => {
  expect(authority(text).sound).toBe(false);
  expect(readPlain(text)).toBeUndefined();
});

test.each(LEFT)('leaves to the authority: %j', (text) => {
  expect(authority(text).sound).toBe(true);
  expect(readPlain(text)).toBeUndefined();
});

test('a hostile key reaches no prototype', () => {
  expect(readPlain('a: {__proto__: {polluted: true}}')).toBeUndefined();
  expect(Object.getPrototypeOf(readPlain('a: 1')?.data)).toBe(Object.prototype);
});

test.each([
  ['words without a colon', `a: ${'ab '.repeat(2e6)}x`],
  ['colons', `a: ${'1:'.repeat(2e6)}x`],
  ['escaped quotes', `a: "${'\\"'.repeat(1e6)}"`],
  ['brackets', `a: ${'['.repeat(1e6)}`],
])('a line of millions of %s neither throws nor takes long', (_, text) => {
  const start = performance.now();
  readPlain(text);
  expect(performance.now() - start).toBeLessThan(5000);
});
