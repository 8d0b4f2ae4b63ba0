// `when`: what it can say, when it holds, and what is wrong with it and where.
import { describe, expect, test } from 'vitest';
import { comparable, holds, parseCondition } from '../../../src/runbook/condition.ts';
import { placeProblems } from '../../../src/runbook/problem.ts';
import { resolveRunbook } from '../../../src/runbook/resolve.ts';
import type { RawEntry, RawRunbook } from '../../../src/runbook/schema.ts';

describe('a condition', () => {
  test.each([
    ['vars.env == "prod"', { kind: 'var', name: 'env' }, true, 'prod'],
    ["vars.my-env_2!='a b'", { kind: 'var', name: 'my-env_2' }, false, 'a b'],
    ['  vars.n==3 ', { kind: 'var', name: 'n' }, true, '3'],
    ['outputs.build.changed != true', { kind: 'output', id: 'build', key: 'changed' }, false, 'true'],
    ['outputs.v1.2-a.key == ""', { kind: 'output', id: 'v1.2-a', key: 'key' }, true, ''],
    ['vars.a == "b == c"', { kind: 'var', name: 'a' }, true, 'b == c'],
  ])('%s', (text, subject, equals, value) => {
    expect(parseCondition(text)).toEqual({ ok: true, value: { text: text.trim(), subject, equals, value } });
  });

  test.each([
    ['vars.env', 'compares nothing: it has neither "==" nor "!="'],
    ['', 'compares nothing: it has neither "==" nor "!="'],
    ['vars.env = "prod"', 'has "=" where "==" or "!=" belongs'],
    ['vars.env ! "prod"', 'has "!" where "==" or "!=" belongs'],
    ['env == "prod"', 'begins with "env", which is no variable and no output'],
    ['outputs.build == "x"', 'begins with "outputs.build", which is no variable and no output'],
    ['== "x"', 'begins with "", which is no variable and no output'],
    ['vars.a == ', 'compares with nothing'],
    ['vars.a == "x" && vars.b == "y"', 'compares with "x" && vars.b == "y"'],
    ['vars.a == vars.b or c', 'compares with vars.b or c'],
    ['vars.a == "x', 'compares with "x'],
  ])('is none: %s', (text, message) => {
    const parsed = parseCondition(text);
    expect(parsed.ok ? undefined : parsed.error.message).toBe(message);
  });

  test.each([
    ['vars.a == "x"', 'x', true],
    ['vars.a == "x"', 'X', false],
    ['vars.a != "x"', 'x', false],
    ['vars.a != "x"', '', true],
  ])('%s with %j: %s', (text, actual, expected) => {
    const parsed = parseCondition(text);
    expect(parsed.ok && holds(parsed.value, actual)).toBe(expected);
  });

  test.each([
    ['text', 'text'],
    [3, '3'],
    [true, 'true'],
    [null, ''],
    [[1], undefined],
    [{}, undefined],
    [undefined, undefined],
  ])('%j is compared as %j', (value, expected) => {
    expect(comparable(value)).toBe(expected);
  });
});

describe('the names in it', () => {
  const TEXT = `vars: {env: dev, list: [1], count: 3}
tasks:
  - {id: build, name: b, type: AUTOMATED_SCRIPT}
  - {id: ask, name: a, type: MANUAL}
  - {id: t, name: t, type: MANUAL, depends_on: [ask, build], when: WHEN}
`;
  async function problems(when: string, raw: Partial<RawRunbook> = {}) {
    const text = TEXT.replace('WHEN', when);
    const tasks: RawEntry[] = [
      { id: 'build', name: 'b', type: 'AUTOMATED_SCRIPT' },
      { id: 'ask', name: 'a', type: 'MANUAL' },
      { id: 't', name: 't', type: 'MANUAL', depends_on: ['ask', 'build'], when },
      { id: 'last', name: 'l', type: 'AUTOMATED_SCRIPT' },
    ];
    const source = { file: 'runbook.yaml', text };
    const vars = { env: 'dev', list: [1], count: 3 };
    const { blocking } = resolveRunbook({ source, raw: { vars, tasks, ...raw }, details: [] });
    return placeProblems(blocking);
  }

  test.each([['vars.env == x'], ['vars.count != 3'], ['outputs.build.k == x']])('are known: %s', async (when) => {
    expect(await problems(when)).toEqual([]);
  });

  test.each([
    ['vars.evn == x', 'unknown-variable', 'did you mean "env"?'],
    ['vars.other == x', 'unknown-variable', 'declare it: vars: {other: …}'],
    ['vars.constructor == x', 'unknown-variable', 'declare it: vars: {constructor: …}'],
    ['vars.list == x', 'bad-condition', 'only text, numbers, true and false can be compared'],
    ['outputs.biuld.k == x', 'unknown-output', 'did you mean "build"?'],
    ['outputs.ask.k == x', 'unknown-output', 'name an AUTOMATED_SCRIPT task'],
    ['outputs.last.k == x', 'unknown-output', 'add "last" to depends_on of "t"'],
    ['vars.env', 'bad-condition', 'write it as vars.env == "prod" or outputs.build.changed != "true"'],
  ])('are not: %s', async (when, code, advice) => {
    const [problem, ...others] = await problems(when);
    expect(others).toEqual([]);
    expect(problem).toMatchObject({ severity: 'error', code, advice });
    expect(problem?.taskId).toBeUndefined();
    const { start, end } = problem?.place?.span ?? { start: 0, end: 0 };
    expect(problem?.place?.text?.slice(start, end)).toBe(when);
  });

  test('of defaults are told once, where they stand', async () => {
    const tasks = ['a', 'b'].map((id) => ({ id, name: id, type: 'MANUAL' as const }));
    const found = await problems('x', { tasks, defaults: { when: 'vars.evn == x' } });
    expect(found.map(({ message }) => message)).toEqual(['"when" compares vars.evn, which is not declared']);
  });
});
