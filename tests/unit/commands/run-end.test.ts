// What is said when a run has ended, and the exit code.
import { describe, expect, test } from 'vitest';
import type { App } from '../../../src/app.ts';
import type { Failure } from '../../../src/base/failure.ts';
import { err, ok, type Result } from '../../../src/base/result.ts';
import { tellEnd } from '../../../src/commands/run-end.ts';
import type { RunEnd, Waiting } from '../../../src/run/outcome.ts';
import type { Task } from '../../../src/runbook/task.ts';
import { type TaskParts, tasksOf } from '../making.ts';
import { PLAIN } from '../terminal/plain-style.ts';

function tell(
  result: Result<RunEnd, Failure>,
  io: Partial<App['io']> = {},
  { exitCode = (code) => code, ...telling }: Partial<Pick<App, 'exitCode'>> & Parameters<typeof tellEnd>[2] = {},
) {
  let out = '';
  let errors = '';
  const full: App['io'] = {
    out: (text) => void (out += text),
    err: (text) => void (errors += text),
    interactive: false,
    json: false,
    quiet: false,
    verbose: false,
    width: 80,
    errWidth: 80,
    style: PLAIN,
    errStyle: PLAIN,
    ...io,
  };
  const app = { io: full, exitCode } as Partial<App> as App;
  const code = tellEnd(app, result, telling);
  return { code, out, errors };
}

const taskOf = (parts: TaskParts) => tasksOf([parts])[0] as Task;
const A = taskOf({ id: 'a', name: 'Build it' });
const FAILED = taskOf({ id: 'a', name: 'Build it', status: 'ERROR', issues: [{ detail: 'exit code 2' }] });
const PLACE = { file: 'tasks/a.yaml', text: 'id: a\nstatus: ERROR\n', span: { start: 14, end: 19 } };
const waiting = (task: Task): Waiting => ({
  task,
  reason: 'a person must do this',
  advice: `orchestrate review ${task.id}`,
});

describe('a run that', () => {
  test.each<[what: string, end: Partial<RunEnd> & Pick<RunEnd, 'ended'>, code: number, said: RegExp]>([
    [
      'did everything says so',
      { ended: 'finished', ran: [{ task: A, outcome: 'done' }] },
      0,
      /^\nAll done: 1 task in this run\.\n$/,
    ],
    ['had nothing to do says so', { ended: 'finished' }, 0, /^\nAll done: nothing is left to do\.\n$/],
    ['did one task says nothing more', { ended: 'one-done', ran: [{ task: A, outcome: 'done' }] }, 0, /^$/],
    [
      'stopped at an error names it, its issue, its place and the command',
      { ended: 'error', error: FAILED, errorPlace: PLACE },
      1,
      /^\n✗ stopped: a \(Build it\) is in ERROR\n {2}exit code 2\n[^]*tasks\/a\.yaml:2:9[^]*orchestrate retry a\n$/,
    ],
    [
      'told the failure before does not tell it again',
      { ended: 'error', error: FAILED, errorTold: 'failure', errorPlace: PLACE },
      1,
      /^ {2}→ [^\n]*orchestrate retry a\n$/,
    ],
    ['told everything before says nothing more', { ended: 'error', error: FAILED, errorTold: 'all' }, 1, /^$/],
    [
      'waits names the task, the reason and the command',
      { ended: 'waiting', waiting: [waiting(A)] },
      3,
      /^\nWaiting for a person:\n {2}a: a person must do this\n {4}→ orchestrate review a\n$/,
    ],
    [
      'was interrupted in a task says how to do it again',
      { ended: 'interrupted', error: A },
      130,
      /^\ninterrupted[^]*orchestrate retry a\n$/,
    ],
    [
      'was interrupted at a question says what is READY again',
      { ended: 'interrupted', waiting: [waiting(A)] },
      130,
      /^\ninterrupted: a is READY again\n[^]*orchestrate review a\n$/,
    ],
    [
      'was interrupted between tasks shows how to see the state',
      { ended: 'interrupted' },
      130,
      /^\ninterrupted\n[^]*orchestrate status/,
    ],
  ])('%s', (_, end, code, said) => {
    const told = tell(ok({ ran: [], waiting: [], ...end }));
    expect(told.code).toBe(code);
    expect(told.out).toBe('');
    expect(told.errors).toMatch(said);
  });

  test('waits for many names the first and counts the rest', () => {
    const many = tasksOf(Array.from({ length: 8 }, (_, index) => ({ id: `t${index}` }))).map(waiting);
    const { errors } = tell(ok({ ended: 'waiting', ran: [], waiting: many }));
    expect(errors).toMatch(/ {2}t4: [^]* … and 3 more tasks\n$/);
    expect(errors).not.toContain('t5');
  });

  test('is told to be quiet says no more than must be seen', () => {
    expect(tell(ok({ ended: 'finished', ran: [], waiting: [] }), { quiet: true }).errors).toBe('');
    expect(tell(ok({ ended: 'error', ran: [], waiting: [], error: FAILED }), { quiet: true }).errors).toContain(
      'orchestrate retry a',
    );
  });

  test('could not go on says why', () => {
    expect(tell(err({ code: 'usage', message: 'no such thing', advice: 'try another' }))).toEqual({
      code: 2,
      out: '',
      errors: 'error: no such thing\n  → try another\n',
    });
  });

  test('names things that hold control characters shows them', () => {
    const evil = taskOf({ id: 'a', name: 'x\u001b[2J', status: 'ERROR', issues: [{ detail: '\u0007' }] });
    const { errors } = tell(
      ok({ ended: 'error', ran: [], waiting: [{ task: evil, reason: '\u001b', advice: '\u001b' }], error: evil }),
    );
    expect(errors.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
  });
});

describe('with --json', () => {
  test('the last line has how it ended', () => {
    const end: RunEnd = {
      ended: 'error',
      ran: [
        { task: A, outcome: 'done' },
        { task: FAILED, outcome: 'failed' },
      ],
      error: FAILED,
      errorPlace: PLACE,
      waiting: [waiting(A)],
    };
    const { out, errors, code } = tell(ok(end), { json: true });
    expect(JSON.parse(out)).toEqual({
      schema_version: 1,
      event: 'run_ended',
      timestamp: expect.stringMatching(/^\d{4}-.*Z$/) as string,
      ended: 'error',
      ran: [
        { task_id: 'a', outcome: 'done' },
        { task_id: 'a', outcome: 'failed' },
      ],
      error: { task_id: 'a', file: 'tasks/a.yaml', line: 2, column: 9 },
      waiting: [{ task_id: 'a', reason: 'a person must do this', advice: 'orchestrate review a' }],
      exit_code: 1,
    });
    expect(out.split('\n')).toHaveLength(2);
    expect([errors, code]).toEqual(['', 1]);
  });

  test('its exit code is that of the process, which a signal decides', () => {
    const { out } = tell(ok({ ended: 'interrupted', ran: [], waiting: [] }), { json: true }, { exitCode: () => 143 });
    expect(JSON.parse(out)).toMatchObject({ ended: 'interrupted', exit_code: 143 });
  });

  test('a failure is a document', () => {
    const { out, code } = tell(err({ code: 'unknown-task', id: 'x' }), { json: true });
    expect(JSON.parse(out)).toMatchObject({ schema_version: 1, error: { code: 'unknown-task', exit_code: 2 } });
    expect(code).toBe(2);
  });
});

test('a run that was cut off on a copy of the states is run again, not retried by a command', () => {
  const end: RunEnd = { ended: 'interrupted', ran: [], error: FAILED, errorTold: 'failure', waiting: [] };
  expect(tell(ok(end), {}, { fresh: true }).errors).toBe('\ninterrupted\n  → to do it again: run again\n');
  expect(tell(ok(end)).errors).toBe('\ninterrupted\n  → to do it again: orchestrate retry a\n');
});
