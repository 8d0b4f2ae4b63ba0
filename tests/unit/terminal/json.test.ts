// Problems, failures and tasks as documented JSON.
import { describe, expect, test } from 'vitest';
import type { Diagnostic } from '../../../src/base/diagnostic.ts';
import type { Task } from '../../../src/runbook/task.ts';
import { jsonDiagnostic, jsonFailure, jsonPlace, jsonTask, jsonWork } from '../../../src/terminal/json.ts';
import { detailOf, runbookOf, type TaskParts } from '../making.ts';

const PLACE = { file: 'runbook.yaml', text: 'a: 1\nb: 2\n', span: { start: 8, end: 9 } };
const PROBLEM: Diagnostic = { severity: 'error', code: 'cycle', message: 'm' };

test('a place has line and column where they are known', () => {
  expect(jsonPlace(PLACE)).toEqual({ file: 'runbook.yaml', line: 2, column: 4 });
  expect(jsonPlace({ file: 'f' })).toEqual({ file: 'f' });
  expect(jsonPlace({ file: 'f', text: '', span: { start: 0, end: 1 } })).toEqual({ file: 'f' });
});

test('a problem has what is known of it, never the text of the file', () => {
  expect(jsonDiagnostic(PROBLEM)).toEqual({ severity: 'error', code: 'cycle', message: 'm' });
  expect(
    jsonDiagnostic({
      ...PROBLEM,
      place: PLACE,
      related: [{ message: 'here', place: PLACE }],
      advice: 'a',
      taskId: 't',
    }),
  ).toEqual({
    severity: 'error',
    code: 'cycle',
    message: 'm',
    file: 'runbook.yaml',
    line: 2,
    column: 4,
    related: [{ message: 'here', file: 'runbook.yaml', line: 2, column: 4 }],
    advice: 'a',
    task_id: 't',
  });
});

describe('a failure', () => {
  test('has code, message, advice and exit code', () => {
    expect(jsonFailure({ code: 'unknown-task', id: 'x' })).toEqual({
      error: { code: 'unknown-task', message: 'there is no task "x"', advice: expect.any(String), exit_code: 2 },
    });
  });

  test.each(['problems', 'conflict'] as const)('of %s lists them', (code) => {
    expect(jsonFailure({ code, diagnostics: [{ ...PROBLEM, place: PLACE }] })).toMatchObject({
      error: {
        code,
        message: 'm',
        problems: [{ code: 'cycle', file: 'runbook.yaml', line: 2 }],
        exit_code: code === 'conflict' ? 3 : 2,
      },
    });
  });
});

describe('a task', () => {
  const asJson = (parts: Omit<TaskParts, 'id'>) => {
    const book = runbookOf([{ id: 'a' }, { id: 'x', ...parts }]);
    return jsonTask(book, book.tasks[1] as Task);
  };

  test('has its state, its dependencies and why it does not go on', () => {
    expect(asJson({ dependsOn: ['a'], phase: 'P', outputArtifact: 'o.md', detail: detailOf('tasks/x.yaml') })).toEqual({
      id: 'x',
      name: 'Task x',
      status: 'PENDING',
      type: 'AUTOMATED_SCRIPT',
      depends_on: ['a'],
      phase: 'P',
      task_detail_file: 'tasks/x.yaml',
      output_artifact: 'o.md',
      blocked_because: 'waits for a',
    });
  });

  test.each<[status: Task['status'], reason: string | undefined]>([
    ['READY', undefined],
    ['DONE', undefined],
    ['SKIPPED', undefined],
    ['RUNNING', 'it is marked RUNNING'],
    ['ERROR', 'it failed'],
  ])('that is %s is blocked because: %s', (status, reason) => {
    expect(asJson({ status }).blocked_because).toBe(reason);
  });

  test.each<[what: string, work: Task['work'], json: ReturnType<typeof jsonWork>]>([
    ['nothing while it is not written', undefined, null],
    [
      'a manual step',
      { type: 'MANUAL', instructions: ['one'], gate: true },
      { manual_instructions: ['one'], gate: true },
    ],
    ['a model call', { type: 'AI_ASSISTED', ai: { prompt_template: 't' } }, { ai_details: { prompt_template: 't' } }],
    [
      'a line for the shell',
      {
        type: 'AUTOMATED_SCRIPT',
        script: {
          command: { kind: 'shell', line: 'a && b' },
          env: {},
          retries: 0,
          retryDelayMs: 0,
          successExitCodes: [0],
          stdin: 'none',
          capture: false,
        },
      },
      {
        script_details: {
          line: 'a && b',
          env: {},
          retries: 0,
          retry_delay_ms: 0,
          success_exit_codes: [0],
          stdin: 'none',
        },
      },
    ],
    [
      'a command with all its options',
      {
        type: 'AUTOMATED_SCRIPT',
        script: {
          command: { kind: 'exec', file: 'c', args: ['x'] },
          cwd: 'd',
          env: { A: '1' },
          envFile: '.env',
          timeoutMs: 5,
          retries: 2,
          retryDelayMs: 1,
          successExitCodes: [3],
          stdin: 'inherit',
          capture: true,
        },
      },
      {
        script_details: {
          command: 'c',
          args: ['x'],
          cwd: 'd',
          env: { A: '1' },
          env_file: '.env',
          timeout_ms: 5,
          retries: 2,
          retry_delay_ms: 1,
          success_exit_codes: [3],
          stdin: 'inherit',
          capture: 'stdout',
        },
      },
    ],
  ])('has to do: %s', (_, work, json) => {
    const [task] = runbookOf([{ id: 'x', work }]).tasks;
    expect(task && jsonWork(task)).toEqual(json);
  });
});
