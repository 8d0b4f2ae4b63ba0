// The values of a template: what they refer to, what is wrong with that before the task starts, and what is read when it does.
import { mkdirSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { checkReferences, type Reference, readContext, referenceOf } from '../../../src/run/context.ts';
import type { AiWork, Runbook, Task } from '../../../src/runbook/task.ts';
import { createEnvironment } from '../../../src/system/environment.ts';
import { detailOf, runbookOf, type TaskParts } from '../making.ts';
import { makeFolder } from '../temporary.ts';

describe('a value', () => {
  test.each<[value: unknown, reference: Reference]>([
    [{ file: 'a.md' }, { kind: 'file', path: 'a.md' }],
    [{ output_of: 'build' }, { kind: 'output_of', id: 'build' }],
    [{ env: 'LANG' }, { kind: 'env', name: 'LANG' }],
    ['text', { kind: 'value', value: 'text' }],
    [5, { kind: 'value', value: 5 }],
    [null, { kind: 'value', value: null }],
    [[{ file: 'a.md' }], { kind: 'value', value: [{ file: 'a.md' }] }],
    [{}, { kind: 'value', value: {} }],
    [
      { file: 'a', more: 1 },
      { kind: 'value', value: { file: 'a', more: 1 } },
    ],
    [{ file: 5 }, { kind: 'value', value: { file: 5 } }],
    [{ files: 'a' }, { kind: 'value', value: { files: 'a' } }],
  ])('%j refers to %j', (value, reference) => {
    expect(referenceOf(value)).toEqual(reference);
  });
});

type AiTask = Task & { work: AiWork };

/** The task `draft` with the given inputs, after `notes` (with an output) and `lint` (without), beside `late`. */
function bookWith(input: Record<string, unknown>, rest: Partial<Runbook> = {}): { book: Runbook; task: AiTask } {
  const others: TaskParts[] = [
    { id: 'start', outputArtifact: 'outputs/start.md' },
    { id: 'notes', outputArtifact: 'outputs/notes.md', dependsOn: ['start'] },
    { id: 'lint' },
    { id: 'late', outputArtifact: 'outputs/late.md' },
  ];
  const draft: TaskParts = {
    id: 'draft',
    name: 'Draft it',
    type: 'AI_ASSISTED',
    dependsOn: ['notes', 'lint'],
    detail: detailOf('tasks/draft.yaml'),
    work: { type: 'AI_ASSISTED', ai: { input_context: input } },
  };
  const book = runbookOf([...others, draft], {
    ai: { allowSecrets: [], confirmSend: false, envAllow: ['LANG'] },
    vars: { tone: 'calm' },
    ...rest,
  });
  return { book, task: book.tasks.at(-1) as AiTask };
}

function folder(): string {
  const root = makeFolder({ 'a.md': 'the text', 'outputs/notes.md': 'the notes\n' });
  mkdirSync(path.join(root, 'sub'));
  symlinkSync(makeFolder({ 'secret.txt': 's' }), path.join(root, 'link'));
  return root;
}

describe('before the task starts', () => {
  test.each<[value: unknown, problem: [code: string, message: string] | undefined]>([
    ['anything', undefined],
    [{ file: 'a.md' }, undefined],
    [{ file: './sub/../a.md' }, undefined],
    [{ file: 'outputs/late.md' }, undefined],
    [{ file: './outputs/late.md' }, undefined],
    [{ file: 'nope.md' }, ['missing-file', '"it" reads nope.md, which does not exist']],
    [{ file: 'sub' }, ['missing-file', '"it" reads sub, which does not exist']],
    [{ file: '../a.md' }, ['outside-project', '"it" reads ../a.md, which lies outside the project']],
    [{ file: '/etc/passwd' }, ['outside-project', '"it" reads /etc/passwd, which lies outside the project']],
    [{ file: 'link/secret.txt' }, ['outside-project', '"it" reads link/secret.txt, which lies outside the project']],
    [{ env: 'LANG' }, undefined],
    [{ env: 'HOME' }, ['env-not-allowed', '"it" reads the environment variable HOME, which is not allowed']],
    [{ output_of: 'notes' }, undefined],
    [{ output_of: 'start' }, undefined],
    [{ output_of: 'noets' }, ['unknown-output', '"it" reads the output of "noets", which does not exist']],
    [{ output_of: 'lint' }, ['unknown-output', '"it" reads the output of "lint", which has no output_artifact']],
    [{ output_of: 'late' }, ['unknown-output', '"it" reads the output of "late", but does not depend on it']],
  ])('%j: %j', (value, problem) => {
    const { book, task } = bookWith({ it: value });
    const problems = checkReferences(folder(), book, task);
    expect(problems.map(({ code, message }) => [code, message])).toEqual(problem === undefined ? [] : [problem]);
    for (const each of problems) {
      expect(each).toMatchObject({
        taskId: 'draft',
        spot: { source: { file: 'tasks/draft.yaml' }, path: ['ai_details', 'input_context', 'it'] },
        advice: expect.any(String),
      });
    }
  });

  test('every wrong one is told', () => {
    const { book, task } = bookWith({ a: { file: 'x' }, b: { output_of: 'y' }, c: { env: 'Z' }, d: 'fine' });
    expect(checkReferences(folder(), book, task).map(({ code }) => code)).toEqual([
      'missing-file',
      'unknown-output',
      'env-not-allowed',
    ]);
  });

  test('a task without inputs has nothing wrong', () => {
    const book = runbookOf([
      { id: 'a', type: 'AI_ASSISTED', work: { type: 'AI_ASSISTED', ai: { input_context: null } } },
    ]);
    expect(checkReferences(folder(), book, book.tasks[0] as AiTask)).toEqual([]);
  });
});

describe('when the task starts', () => {
  const environment = (root: string) => createEnvironment(root, { LANG: 'de', HOME: '/h' });

  test('its values are read, beside what every template may use', () => {
    const root = folder();
    const { book, task } = bookWith({
      plain: [1, { x: 2 }],
      text: { file: 'a.md' },
      notes: { output_of: 'notes' },
      lang: { env: 'LANG' },
    });
    expect(readContext(root, book, { task, environment: environment(root) })).toEqual({
      ok: true,
      value: {
        task: { id: 'draft', name: 'Draft it', description: '' },
        vars: { tone: 'calm' },
        previous_output: null,
        failure: null,
        plain: [1, { x: 2 }],
        text: 'the text',
        notes: 'the notes\n',
        lang: 'de',
      },
    });
  });

  test('what cannot be read is told, all at once', () => {
    const root = folder();
    const { book, task } = bookWith({
      a: { file: 'nope.md' },
      b: { output_of: 'start' },
      c: { env: 'HOME' },
      d: { file: 'link/secret.txt' },
      e: { output_of: 'lint' },
      f: 'fine',
    });
    const read = readContext(root, book, { task, environment: environment(root) });
    expect(
      read.ok ? [] : read.error.map(({ code, message, taskId, spot }) => [code, message, taskId, spot?.path.at(-1)]),
    ).toEqual([
      ['missing-input', expect.stringMatching(/^"a": nope\.md .*exist/), 'draft', 'a'],
      ['missing-input', expect.stringMatching(/^"b": outputs\/start\.md .*exist/), 'draft', 'b'],
      ['missing-input', '"c": the environment variable HOME is not set or not allowed', 'draft', 'c'],
      ['missing-input', '"d": link/secret.txt lies outside the project', 'draft', 'd'],
      ['missing-input', '"e": "lint" has no output', 'draft', 'e'],
    ]);
  });

  test('an allowed variable that is not set is missing', () => {
    const root = folder();
    const { book, task } = bookWith({ lang: { env: 'LANG' } });
    expect(readContext(root, book, { task, environment: createEnvironment(root, {}) })).toMatchObject({
      ok: false,
      error: [{ code: 'missing-input' }],
    });
  });
});
