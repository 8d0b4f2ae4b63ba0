// The full reader: what it makes of YAML beyond the plain subset, what it refuses, and where each part stands.
import { describe, expect, test } from 'vitest';
import { createLocator, readFull } from '../../../src/runbook/full.ts';

/** The text that each problem points at. */
function refusals(text: string): (readonly [code: string, marked: string])[] {
  const result = readFull(text);
  return result.ok ? [] : result.error.map(({ code, span }) => [code, text.slice(span.start, span.end)]);
}

describe('data', () => {
  test.each<[text: string, data: unknown]>([
    ['', null],
    ['# only a comment\n', null],
    ['a: &x {b: 1}\nc: *x\n', { a: { b: 1 }, c: { b: 1 } }],
    ['base: &b {x: 1, y: 2}\nc: {<<: *b, y: 3}\n', { base: { x: 1, y: 2 }, c: { x: 1, y: 3 } }],
    ['a: &x {p: 1}\nb: &y {q: 2}\nc: {<<: [*x, *y]}\n', { a: { p: 1 }, b: { q: 2 }, c: { p: 1, q: 2 } }],
    ['"<<": plain\n', { '<<': 'plain' }],
    ['? long\n: value\n', { long: 'value' }],
    ['a: "one\n  two"\n', { a: 'one two' }],
    ['a: !!str 5\n', { a: '5' }],
    ['a: yes\nb: on\n', { a: 'yes', b: 'on' }],
    ['1: a\ntrue: b\n', { 1: 'a', true: 'b' }],
    ['a: 1\n...\n', { a: 1 }],
    ['\uFEFFa: 1\n', { a: 1 }],
  ])('of %j', (text, data) => {
    expect(readFull(text)).toEqual({ ok: true, value: data });
  });

  test('may use one anchor as often as there are tasks', () => {
    const uses = Array.from({ length: 1000 }, (_, index) => `  - {<<: *shared, id: t${index}}\n`).join('');
    const result = readFull(`shared: &shared {type: MANUAL, phase: P}\ntasks:\n${uses}`);
    expect(result.ok && (result.value as { tasks: unknown[] }).tasks.at(-1)).toEqual({
      type: 'MANUAL',
      phase: 'P',
      id: 't999',
    });
  });

  test('may be nested as deep as anybody would', () => {
    expect(readFull(`a: ${'['.repeat(150)}x${']'.repeat(150)}`).ok).toBe(true);
  });
});

describe('refused', () => {
  test.each<[what: string, text: string, ...refusals: (readonly [code: string, marked: string])[]]>([
    ['a key twice', 'a: 1\na: 2\n', ['yaml-syntax', 'a']],
    ['a tab as indentation', 'a:\n\tb: 1\n', ['yaml-syntax', '\t']],
    ['an unknown tag', 'a: !own 1\n', ['yaml-syntax', '!own']],
    ['two documents', 'a: 1\n---\nb: 2\n', ['several-documents', '-']],
    ['an empty second document', 'a: 1\n---\n', ['several-documents', '-']],
    ['__proto__', 'a: {__proto__: 1}\n', ['forbidden-key', '__proto__']],
    ['__proto__ in quotes', '"__proto__": 1\n', ['forbidden-key', '"__proto__"']],
    ['__proto__ by an alias', 'a: &p __proto__\n*p : 1\n', ['forbidden-key', '*p']],
    [
      'constructor and prototype',
      'constructor: {prototype: 1}\n',
      ['forbidden-key', 'constructor'],
      ['forbidden-key', 'prototype'],
    ],
    ['a mapping as a key', 'name: {{ topic }}\n', ['bad-key', '{ topic }']],
    ['a list as a key', '? [a]\n: b\n', ['bad-key', '[a]']],
    ['a mapping as a key by an alias', 'a: &m {b: 1}\n*m : c\n', ['bad-key', '*m']],
    ['an alias without an anchor', 'a: *b\nc: *d\n', ['unknown-alias', '*b'], ['unknown-alias', '*d']],
    ['an alias before its anchor', 'a: *b\nb: &b 1\n', ['unknown-alias', '*b']],
    ['a list that holds itself', 'a: &a [1, *a]\n', ['alias-bomb', '*a']],
    ['a mapping that holds itself', 'a: &a {b: {c: *a}}\n', ['alias-bomb', '*a']],
    ['a merge of text', 'a: &a x\nb: {<<: *a}\n', ['yaml-syntax', '<<']],
  ])('%s', (_, text, ...expected) => {
    expect(refusals(text)).toEqual(expected);
  });

  test('aliases that expand without bounds, where it becomes too much', () => {
    const levels = Array.from(
      { length: 12 },
      (_, level) => `l${level + 1}: &l${level + 1} [${Array(10).fill(`*l${level}`).join(', ')}]`,
    );
    const start = performance.now();
    const [first, ...rest] = refusals(['l0: &l0 [x, x, x, x, x, x, x, x, x, x]', ...levels].join('\n'));
    expect(first).toEqual(['alias-bomb', '*l4']);
    expect(rest).toEqual([]);
    expect(performance.now() - start).toBeLessThan(1000);
  });

  test('many aliases of one large list', () => {
    const text = `big: &big [${Array(2000).fill('x').join(', ')}]\nall: [${Array(2000).fill('*big').join(', ')}]`;
    expect(refusals(text)).toEqual([['alias-bomb', '*big']]);
  });

  test.each([
    ['in brackets', `a: ${'['.repeat(300)}${']'.repeat(300)}`],
    ['in lines', Array.from({ length: 300 }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n')],
    ['so deep that the stack ends', `a: ${'['.repeat(20_000)}${']'.repeat(20_000)}`],
  ])('nesting %s', (_, text) => {
    expect(new Set(refusals(text).map(([code]) => code))).toEqual(new Set(['too-deep']));
  });

  test('all at once', () => {
    const codes = refusals('a: {__proto__: 1}\nb: *c\nb: 2\n---\nd: 1\n').map(([code]) => code);
    expect(codes.sort()).toEqual(['forbidden-key', 'several-documents', 'unknown-alias', 'yaml-syntax']);
  });

  test('with a message and an advice each', () => {
    for (const text of [
      'a: {__proto__: 1}',
      'a: *b',
      '? [a]\n: b',
      'a: 1\n---\nb: 2',
      'a: "x',
      'a:\n\tb: 1',
      'a: &a [*a]',
      'b: {<<: x}',
    ]) {
      const result = readFull(text);
      expect(result).toMatchObject({
        ok: false,
        error: [{ message: expect.stringMatching(/^["a-z].*[^.]$/), advice: expect.stringMatching(/./) }],
      });
    }
  });
});

describe('the place of a path', () => {
  const TEXT =
    'name: N\ntasks:\n  - id: a\n    depends_on: [b, "c d"]\n    status:\n  - &x {id: e}\nlast: *x\n"quoted key": 1\n';
  const locate = createLocator();

  test.each<[path: (string | number)[], key: boolean, marked: string]>([
    [['name'], false, 'N'],
    [['name'], true, 'name'],
    [['tasks', 0, 'id'], false, 'a'],
    [['tasks', 0, 'depends_on', 1], false, '"c d"'],
    [['tasks', 0, 'depends_on'], false, '[b, "c d"]'],
    [['tasks', 1], false, '{id: e}'],
    [['tasks', 1, 'id'], true, 'id'],
    [['last', 'id'], false, 'e'],
    [['quoted key'], true, '"quoted key"'],
    [['tasks', 0, 'status'], false, 'status'],
    [['tasks', 0, 'depends_on', 7], false, '[b, "c d"]'],
    [['name', 'deeper', 'still'], false, 'N'],
  ])('%j (key: %s) is %j', (path, key, marked) => {
    const span = locate(TEXT, path, key);
    expect(span && TEXT.slice(span.start, span.end)).toBe(marked);
  });

  test('that does not exist is the part that would hold it', () => {
    const span = locate(TEXT, ['tasks', 0, 'nope'], false);
    expect(span && TEXT.slice(span.start, span.start + 5)).toBe('id: a');
    expect(locate(TEXT, ['nope'], true)?.start).toBe(0);
  });

  test('in an empty text is nowhere', () => {
    expect(locate('', ['a'], false)).toBeUndefined();
    expect(locate('# c\n', ['a'], false)).toBeUndefined();
  });
});
