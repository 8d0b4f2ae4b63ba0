import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { openPrompt, type Prompt } from '../../../src/prompts/open-prompt.ts';
import {
  badName,
  checkGiven,
  readPairs,
  readScopeFiles,
  resolveValues,
  type ScopeValues,
  unknownNames,
} from '../../../src/prompts/variables.ts';
import { makeFolder } from '../temporary.ts';

const HEAD = `---
system: "You write for {{ reader }}."
variables:
  count: {type: integer}
  ratio: {type: number, default: 0.5}
  loud: {type: boolean, required: false}
  tags: {type: array, required: false}
  size: {enum: [small, 3], default: small}
---
Say {{ count }} {{ ratio }} {{ size }}.
`;

async function prompt(text = HEAD): Promise<Prompt> {
  const root = makeFolder({ 'prompt_templates/say.md': text });
  const opened = await openPrompt({ kind: 'project', root, userRoot: path.join(root, 'none') }, 'say');
  if (!opened.ok) throw new Error(JSON.stringify(opened.error));
  return opened.value;
}

const typed = (values: Record<string, string>): ScopeValues => ({ scope: 'call', place: '--var', values, typed: true });
const from = (scope: ScopeValues['scope'], values: Record<string, unknown>): ScopeValues => ({
  scope,
  place: scope,
  values,
});

test('the nearest scope wins, and each value says where it comes from', async () => {
  const resolved = resolveValues(await prompt(), [
    typed({ count: '3' }),
    from('project', { count: 4, reader: 'children', unused: 1 }),
    from('user', { ratio: 2, reader: 'all' }),
  ]);
  expect(resolved).toEqual({
    ok: true,
    value: {
      values: { count: 3, ratio: 2, loud: null, tags: null, size: 'small', reader: 'children' },
      origins: {
        count: { scope: 'call', place: '--var' },
        ratio: { scope: 'user', place: 'user' },
        reader: { scope: 'project', place: 'project' },
        loud: { scope: 'default', place: 'prompt_templates/say.md' },
        tags: { scope: 'default', place: 'prompt_templates/say.md' },
        size: { scope: 'default', place: 'prompt_templates/say.md' },
      },
    },
  });
});

describe('text from a command line is read as the declared type', () => {
  test.each([
    ['count', '12', 12],
    ['count', '+3', 3],
    ['count', '1.5', undefined],
    ['count', '', undefined],
    ['count', '99999999999999999999', undefined],
    ['ratio', '1e3', 1000],
    ['ratio', 'x', undefined],
    ['loud', 'YES', true],
    ['loud', '0', false],
    ['loud', 'maybe', undefined],
    ['tags', '["a"]', ['a']],
    ['tags', '{"a":1}', undefined],
    ['tags', '[{"__proto__":1}]', undefined],
    ['size', '3', 3],
    ['size', '4', undefined],
    ['reader', '{{ count }}', '{{ count }}'],
  ])('%s=%s', async (name, text, value) => {
    const resolved = resolveValues(await prompt(), [typed({ [name]: text }), from('user', { count: 1, reader: 'r' })]);
    expect(resolved.ok ? resolved.value.values[name] : undefined).toEqual(value);
  });
});

test('everything that is wrong is told at once', async () => {
  const resolved = resolveValues(await prompt(), [typed({ ratio: 'x', size: 'huge' })]);
  expect(resolved.ok || resolved.error.map(({ message }) => message)).toEqual([
    '--var: "ratio" must be a number, not "x"',
    'the variable "count" is required, and has no value',
    'the variable "size" must be one of: small, 3 (its value comes from --var)',
    'system: the template uses the variable "reader", which nothing defines',
  ]);
});

test('the text of a message is the value of "input" where the prompt uses it and no nearer one is given', async () => {
  const each = await prompt('Translate: {{ input }}\n');
  const values = (scopes: readonly ScopeValues[]) => {
    const resolved = resolveValues(each, scopes, '{{ x }}');
    return resolved.ok && resolved.value.values;
  };
  expect(values([])).toEqual({ input: '{{ x }}' });
  expect(values([typed({ input: 'own' })])).toEqual({ input: 'own' });
});

describe('names', () => {
  test.each([
    '__proto__',
    'constructor',
    'prototype',
    'toString',
    'hasOwnProperty',
    '',
    '1a',
    'a b',
    'a.b',
    '\u001b[31m',
    '{{',
  ])('refused: %j', (name) => {
    expect(badName(name)).toBeTypeOf('string');
    expect(readPairs([`${name}=1`]).problems).toHaveLength(1);
  });
  test.each(['a', 'A_1', '_x', 'with-dash'])('taken: %s', (name) => {
    expect(readPairs([`${name}==1`])).toEqual({ values: { [name]: '=1' }, problems: [] });
  });
  test('that are wrong are told with the values that are wrong', async () => {
    const given = readPairs(['__proto__=1', 'count=many', 'coutn=1', 'reader=ok']);
    const told = checkGiven(await prompt(), given).map(({ code }) => code);
    expect(told).toEqual(['bad-pair', 'unknown-variable', 'bad-variable']);
  });
  test('a name that the prompt does not know is told, with the one that was meant', async () => {
    expect(
      unknownNames(await prompt(), ['coutn', 'reader']).map(({ message, advice }) => `${message} / ${advice}`),
    ).toEqual(['--var: the prompt prompt_templates/say.md has no variable "coutn" / did you mean "count"?']);
  });
});

test('the files are read in the order of the scopes, and all their problems are told', async () => {
  const root = makeFolder({
    'config/variables.yaml': 'a: 1\n',
    'own/variables.yaml': 'c: 3\n',
    'shared.yaml': 'b: 2\n',
    'list.yaml': '- a\n',
    'bad/variables.yaml': '__proto__: {a: 1}\n',
  });
  const at = (own: string, shared: string | undefined) =>
    readScopeFiles({
      kind: 'project',
      root,
      userRoot: path.join(root, own),
      organisationVariables: shared && path.join(root, shared),
    });
  const good = await at('own', 'shared.yaml');
  expect(good.ok && good.value.map(({ scope, values }) => [scope, values])).toEqual([
    ['project', { a: 1 }],
    ['organisation', { b: 2 }],
    ['user', { c: 3 }],
  ]);
  expect(await at('nowhere', undefined)).toMatchObject({ ok: true, value: [{ scope: 'project' }] });
  const bad = await at('bad', 'list.yaml');
  expect(bad.ok || bad.error.map(({ message }) => message)).toEqual([
    'this must be a mapping of names to values',
    'the key "__proto__" is not allowed',
  ]);
  const lost = await at('own', 'gone.yaml');
  expect(lost.ok || lost.error.map(({ message }) => message)).toEqual([
    `${path.join(root, 'gone.yaml')} does not exist`,
  ]);
});
