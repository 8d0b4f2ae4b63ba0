// What scripts leave for later tasks, the variables of one command, and what a hook is told.
import { describe, expect, test } from 'vitest';
import { occasionOf } from '../../../src/run/hooks.ts';
import { parseOutputs } from '../../../src/run/output-file.ts';
import { isDecided, outputsOf, outputVariables, whySkipped } from '../../../src/run/outputs.ts';
import { planRun } from '../../../src/run/plan.ts';
import { givenVars, withVars } from '../../../src/run/vars.ts';
import { parseCondition } from '../../../src/runbook/condition.ts';
import type { Task } from '../../../src/runbook/task.ts';
import { runbookOf, type TaskParts } from '../making.ts';

const when = (text: string) => {
  const parsed = parseCondition(text);
  if (!parsed.ok) throw new Error(parsed.error.message);
  return { when: parsed.value };
};
const left = (id: string, outputs: Record<string, string>, more: Partial<TaskParts> = {}): TaskParts => ({
  id,
  status: 'DONE',
  lastRun: { outcome: 'SUCCESS', outputs },
  ...more,
});

describe('the output file', () => {
  test.each<[text: string, outputs: Record<string, string>]>([
    ['', {}],
    ['a=1\n\nb = two = 2 \n', { a: '1', b: ' two = 2 ' }],
    ['a=1\r\nb=2\r\n', { a: '1', b: '2' }],
    ['a=1\na=2', { a: '2' }],
    ['a=\n', { a: '' }],
    ['\ufeffa=1', { a: '1' }],
    ['a<<END\none\n\n  two=2\nEND\nb=3\n', { a: 'one\n\n  two=2', b: '3' }],
    ['a<<END\nEND\n', { a: '' }],
    ['a=b<<c\n', { a: 'b<<c' }],
    ['a<<x=y\nz\nx=y\n', { a: 'z' }],
    ['a=\u2028\u0001\t', { a: '\u2028\u0001\t' }],
    ['long_name-2=ä 😀', { 'long_name-2': 'ä 😀' }],
  ])('%j', (text, outputs) => {
    expect(parseOutputs(text)).toEqual({ ok: true, value: outputs });
  });

  test.each([
    ['nothing', 'has neither "key=value" nor "key<<END" in line 1'],
    ['a=1\n=2', 'has the key "", which is no name (letters, digits, "_" and "-", a letter first) in line 2'],
    ['1a=1', 'has the key "1a", which is no name (letters, digits, "_" and "-", a letter first) in line 1'],
    [
      '__proto__=1',
      'has the key "__proto__", which is no name (letters, digits, "_" and "-", a letter first) in line 1',
    ],
    [
      'constructor=1',
      'has the key "constructor", which is no name (letters, digits, "_" and "-", a letter first) in line 1',
    ],
    ['a-b=1\nA_b=2', 'has the key "A_b", which differs from "a-b" only in case or punctuation in line 2'],
    ['a<<\nx', 'has no word behind "<<" in line 1'],
    ['b=1\na<<END\nx\n END', 'has a value that no line "END" ends in line 2'],
    ['a=\0', 'holds a NUL character, which no variable can hold'],
    [`a=${'x'.repeat(40_000)}`, 'holds more than 32 KiB: write large results to a file of your own'],
    [Array.from({ length: 101 }, (_, n) => `k${n}=1`).join('\n'), 'has more than 100 keys in line 101'],
  ])('is wrong: %j', (text, error) => {
    expect(parseOutputs(text)).toEqual({ ok: false, error });
  });
});

describe('outputs', () => {
  test('are there while the task is DONE', () => {
    const [done, failed] = runbookOf([left('a', { k: 'v' }), left('b', { k: 'v' }, { status: 'ERROR' })]).tasks;
    expect([outputsOf(done as Task), outputsOf(failed as Task)]).toEqual([{ k: 'v' }, {}]);
  });

  test('reach what rests on the task, directly or through others, and nothing else', () => {
    const runbook = runbookOf([
      left('a.b', { 'my-key': '1' }),
      { id: 'mid', dependsOn: ['a.b'] },
      left('other', { x: '2' }),
      { id: 'end', dependsOn: ['mid'] },
    ]);
    const of = (index: number) => outputVariables(runbook, runbook.tasks[index] as Task);
    const variables = { ORCHESTRATE_OUTPUT_A_B_MY_KEY: '1', ORCHESTRATE_OUTPUT_a_b_my_key: '1' };
    expect([of(0), of(1), of(2), of(3)]).toEqual([{}, variables, {}, variables]);
  });
});

describe('when', () => {
  const skip = (condition: string, parts: readonly TaskParts[] = []) => {
    const runbook = runbookOf([...parts, { id: 't', ...when(condition) }], { vars: { env: 'dev', n: 3 } });
    const task = runbook.tasks.at(-1) as Task;
    return [isDecided(runbook, task), whySkipped(runbook, task)];
  };
  test.each<[condition: string, parts: TaskParts[], decided: boolean, reason: string | undefined]>([
    ['vars.env == dev', [], true, undefined],
    ['vars.n == 3', [], true, undefined],
    ['vars.env == "prod"', [], true, 'when: vars.env == "prod" does not hold: it is "dev"'],
    ['outputs.a.k != x', [left('a', { k: 'x' })], true, 'when: outputs.a.k != x does not hold: it is "x"'],
    ['outputs.a.k == x', [left('a', { k: 'x' })], true, undefined],
    ['outputs.a.other == ""', [left('a', { k: 'x' })], true, undefined],
    ['outputs.a.k == x', [{ id: 'a', status: 'SKIPPED' }], true, 'when: outputs.a.k == x does not hold: it is ""'],
    ['outputs.a.k == ""', [{ id: 'a' }], false, undefined],
  ])('%s', (condition, parts, decided, reason) => {
    expect(skip(condition, parts)).toEqual([decided, reason]);
  });

  test('is told beforehand as far as it is decided', () => {
    const runbook = runbookOf(
      [
        { id: 'a' },
        { id: 'no', dependsOn: ['a'], ...when('vars.env == prod') },
        { id: 'open', dependsOn: ['a'], ...when('outputs.a.k == x') },
        { id: 'blocked', dependsOn: ['no'] },
        { id: 'allowed', dependsOn: ['no', 'open'], allowSkipped: true },
        { id: 'follows', dependsOn: ['no'], allowSkipped: true, ...when('outputs.no.k == x') },
      ],
      { vars: { env: 'dev' } },
    );
    const { steps, skipped, stuck } = planRun(runbook, {}, { once: false, keepGoing: false });
    expect(steps.map((step) => [step.task.id, step.when])).toEqual([
      ['a', undefined],
      ['open', 'outputs.a.k == x'],
      ['allowed', undefined],
    ]);
    expect(skipped.map(({ task }) => task.id)).toEqual(['no', 'follows']);
    expect(stuck).toMatchObject([{ task: { id: 'blocked' }, reason: 'waits for no (SKIPPED)' }]);
  });
});

describe('--var', () => {
  const runbook = runbookOf([], { vars: { env: 'dev', fast: true, n: 3, list: [1], none: null } });
  test.each<[texts: string[], vars: Record<string, unknown>]>([
    [[], {}],
    [['env=a=b'], { env: 'a=b' }],
    [['env=', 'none=x'], { env: '', none: 'x' }],
    [['fast=false', 'n=1.5'], { fast: false, n: 1.5 }],
    [['env=one', 'env=two\nlines'], { env: 'two\nlines' }],
  ])('%j', (texts, vars) => {
    const given = givenVars(runbook, texts);
    expect(given).toEqual({ ok: true, value: vars });
    expect(withVars(runbook, vars).vars).toEqual({ ...runbook.vars, ...vars });
  });

  test.each([
    ['env', '--var: "env" is not NAME=VALUE'],
    ['=x', '--var: "=x" is not NAME=VALUE'],
    ['evn=x', '--var: runbook.yaml declares no variable "evn"'],
    ['toString=x', '--var: runbook.yaml declares no variable "toString"'],
    ['fast=yes', '--var: "fast" is true or false in runbook.yaml, and "yes" is not'],
    ['n= ', '--var: "n" is a number in runbook.yaml, and " " is not'],
    ['list=[2]', '--var: "list" is a list in runbook.yaml'],
  ])('refuses %j', (text, message) => {
    expect(givenVars(runbook, [text])).toMatchObject({ ok: false, error: { code: 'usage', message } });
  });
});

test.each([
  [{ ended: 'finished' as const }, { event: 'done', exitCode: 9, message: 'all is done' }],
  [{ ended: 'interrupted' as const }, undefined],
  [{ ended: 'error' as const }, { event: 'error', exitCode: 9, taskId: 't', message: 't failed' }],
  [{ ended: 'waiting' as const }, { event: 'waiting', exitCode: 9, taskId: 't', message: 't: why' }],
])('a hook is told of %j', (end, occasion) => {
  const [task] = runbookOf([{ id: 't' }]).tasks as [Task];
  const error = end.ended === 'error' ? { error: task } : {};
  const waiting = end.ended === 'waiting' ? [{ task, reason: 'why', advice: '' }] : [];
  expect(occasionOf({ ...end, ...error, waiting, ran: [] }, 9)).toEqual(occasion);
});
