// The YAML block at the head of a template: what it declares, and whether values fit.
import { describe, expect, test } from 'vitest';
import { applyDeclarations, type FrontMatter, readFrontMatter } from '../../../src/templates/front-matter.ts';

const sourceOf = (text: string) => ({ file: 'prompt_templates/t.md', text });

async function read(text: string) {
  const result = await readFrontMatter(sourceOf(text));
  return result.ok ? { front: result.value.front, body: text.slice(result.value.bodyStart) } : result.error;
}

describe('a template', () => {
  test.each<[text: string, front: FrontMatter, body: string]>([
    ['', {}, ''],
    ['Hello', {}, 'Hello'],
    ['\uFEFFHello', {}, 'Hello'],
    ['---\nmodel: m\n---\nHello', { model: 'm' }, 'Hello'],
    ['---\r\nmodel: m\r\n---\r\nHello\r\n', { model: 'm' }, 'Hello\r\n'],
    ['\uFEFF---\nmodel: m\n---\nHello', { model: 'm' }, 'Hello'],
    ['---  \nmodel: m\n---\t\nHello', { model: 'm' }, 'Hello'],
    ['---\nmodel: m\n---', { model: 'm' }, ''],
    ['---\n---\nHello', {}, 'Hello'],
    ['---\n\n---\nHello', {}, 'Hello'],
    ['---\n# nothing yet\n---\nHello', {}, 'Hello'],
    ['---\nmodel: m\n---\n---\nrule\n---\n', { model: 'm' }, '---\nrule\n---\n'],
    ['---\nmodel: a --- b\n---\nHello', { model: 'a --- b' }, 'Hello'],
    ['--- not a fence\n---\nHello', {}, '--- not a fence\n---\nHello'],
    ['text\n---\nmodel: m\n---\n', {}, 'text\n---\nmodel: m\n---\n'],
    ['---\nno end', {}, '---\nno end'],
    ['---\nno end\n----\n', {}, '---\nno end\n----\n'],
    [
      '---\nx-own: 1\nvariables: {a: , b: {type: string, x-note: y}}\n---\n',
      { 'x-own': 1, variables: { a: null, b: { type: 'string', 'x-note': 'y' } } } as FrontMatter,
      '',
    ],
  ])('%j declares %j before %j', async (text, front, body) => {
    expect(await read(text)).toEqual({ front, body });
  });

  test.each<[text: string, code: string, marked: string, message: string]>([
    ['---\nmodle: m\n---\nHello', 'unknown-key', 'modle', 'unknown key "modle"'],
    ['---\nmodel: 5\n---\nHello', 'wrong-type', '5', '"model" must be text, not the number 5'],
    ['---\n- a\n---\nHello', 'wrong-type', '- a', 'the file must be a mapping, not a list'],
    [
      '---\nvariables:\n  a: {type: text}\n---\n',
      'wrong-value',
      'text',
      '"variables.a.type" must be string, integer, number, boolean, array or object, not "text"',
    ],
    ['---\nconfig: {max_tokens: 0}\n---\n', 'wrong-value', '0', '"config.max_tokens" must be at least 1, but is 0'],
    ['\uFEFF---\r\n\r\nmodel: "m\r\n---\r\nHello', 'yaml-syntax', '"', ''],
  ])('%j is refused', async (text, code, marked, message) => {
    const { placeProblems } = await import('../../../src/runbook/problem.ts');
    const problems = await read(text);
    if (!Array.isArray(problems)) throw new Error('it was accepted');
    const [placed] = await placeProblems(problems);
    expect(placed).toMatchObject({ code, place: { file: 'prompt_templates/t.md' } });
    if (message !== '') expect(placed?.message).toBe(message);
    expect(text.slice(placed?.place?.span?.start).startsWith(marked)).toBe(true);
  });
});

describe('given values', () => {
  const apply = (variables: FrontMatter['variables'], given: Record<string, unknown>) => {
    const result = applyDeclarations(sourceOf(''), { variables }, given);
    return result.ok ? result.value : result.error.map(({ message, advice }) => `${message} / ${advice}`);
  };

  test.each<
    [what: string, variables: FrontMatter['variables'], given: Record<string, unknown>, values: Record<string, unknown>]
  >([
    ['pass where nothing is declared', undefined, { a: 1 }, { a: 1 }],
    ['pass where nothing is said of them', { a: null }, { a: 1 }, { a: 1 }],
    ['win over a default', { a: { default: 'd' } }, { a: 'x' }, { a: 'x' }],
    ['are filled in by a default', { a: { default: 'd' }, b: { default: [1] } }, {}, { a: 'd', b: [1] }],
    ['are filled in by a default that is false', { a: { default: false } }, {}, { a: false }],
    ['may be missing where they are not required', { a: { required: false } }, {}, { a: null }],
    [
      'may be missing where they are not required, whatever their type',
      { a: { required: false, type: 'integer', enum: [1] } },
      {},
      { a: null },
    ],
    ['may be empty where they are not required', { a: { required: false } }, { a: null }, { a: null }],
    ['are among the allowed ones', { a: { enum: ['x', 1, true] } }, { a: 1 }, { a: 1 }],
  ])('%s', (_, variables, given, values) => {
    expect(apply(variables, given)).toEqual(values);
  });

  test.each<
    [type: NonNullable<NonNullable<FrontMatter['variables']>[string]>['type'], fits: unknown[], not: unknown[]]
  >([
    ['string', ['', 'x'], [1, true, [], {}]],
    ['integer', [0, -5], [1.5, '1', true]],
    ['number', [0, 1.5], ['1', false]],
    ['boolean', [true, false], ['true', 0]],
    ['array', [[], [1]], [{}, 'x']],
    ['object', [{}, { a: 1 }], [[], 'x']],
  ])('of type %s are told from others', (type, fits, not) => {
    for (const value of fits) expect(apply({ a: { type } }, { a: value })).toEqual({ a: value });
    for (const value of not)
      expect(apply({ a: { type } }, { a: value })).toEqual([
        `the variable "a" must be of type ${type} / correct its value under input_context`,
      ]);
  });

  test('are all told that do not fit', () => {
    expect(
      apply(
        { a: null, b: { required: true }, c: { enum: ['formal', 'casual'] }, d: { type: 'string' } },
        { c: 'casaul', d: 5 },
      ),
    ).toEqual([
      'the variable "a" is required, and has no value / give "a" under input_context',
      'the variable "b" is required, and has no value / give "b" under input_context',
      'the variable "c" must be one of: formal, casual / did you mean "casual"?',
      'the variable "d" must be of type string / correct its value under input_context',
    ]);
  });

  test('are not changed', () => {
    const given = { a: 1 };
    apply({ b: { default: 2 } }, given);
    expect(given).toEqual({ a: 1 });
  });
});
