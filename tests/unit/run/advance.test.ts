// Transitions with what follows from them.
import { describe, expect, test } from 'vitest';
import { afterwards, settling, withConsequences } from '../../../src/run/advance.ts';
import type { Transition } from '../../../src/run/transition.ts';
import type { Runbook, Task, TaskId } from '../../../src/runbook/task.ts';
import type { Status } from '../../../src/runbook/words.ts';
import { detailOf, runbookOf } from '../making.ts';

const change = (book: Runbook, taskId: string, to: Status): Transition => ({
  task: book.tasks.find((task) => task.id === taskId) as Task,
  to,
  event: 'STATUS_EDITED',
});

const told = (transitions: readonly Transition[]) =>
  transitions.map(
    ({ task, to, event, actor, details }) =>
      `${task.id} ${task.status} -> ${to} ${event} ${actor ?? '-'}${details ? ` (${String(details.reason)})` : ''}`,
  );

describe('what follows', () => {
  test.each<
    [
      what: string,
      tasks: [id: string, status: Status, ...dependsOn: string[]][],
      change: [id: string, to: Status],
      followers: string[],
    ]
  >([
    [
      'a finished task makes READY what waited for it alone',
      [
        ['a', 'RUNNING'],
        ['b', 'PENDING', 'a'],
        ['c', 'PENDING', 'a', 'b'],
      ],
      ['a', 'DONE'],
      ['b PENDING -> READY TASK_READY orchestrate (a finished)'],
    ],
    [
      'a skipped task makes nothing READY',
      [
        ['a', 'READY'],
        ['b', 'PENDING', 'a'],
      ],
      ['a', 'SKIPPED'],
      [],
    ],
    [
      'a failed task makes nothing READY',
      [
        ['a', 'RUNNING'],
        ['b', 'PENDING', 'a'],
      ],
      ['a', 'ERROR'],
      [],
    ],
    [
      'a task that is reset takes back what was READY through it',
      [
        ['a', 'DONE'],
        ['b', 'READY', 'a'],
        ['c', 'DONE', 'a'],
      ],
      ['a', 'PENDING'],
      [
        'a PENDING -> READY TASK_READY orchestrate (it depends on nothing)',
        'b READY -> PENDING TASK_RESET orchestrate (it still waits for a (PENDING))',
      ],
    ],
    [
      'a task that is released waits for nothing and stays READY',
      [
        ['a', 'RUNNING'],
        ['b', 'PENDING', 'a'],
      ],
      ['a', 'READY'],
      [],
    ],
  ])('%s', (_, tasks, [taskId, to], followers) => {
    const book = runbookOf(tasks.map(([id, status, ...dependsOn]) => ({ id, status, dependsOn })));
    const [first, ...rest] = withConsequences(book, [change(book, taskId, to)]);
    expect(first).toEqual(change(book, taskId, to));
    expect(told(rest)).toEqual(followers);
  });

  test('a task that is unblocked takes SKIPPED for DONE in the same step', () => {
    const book = runbookOf([
      { id: 'a', status: 'READY' },
      { id: 'b', dependsOn: ['a'] },
    ]);
    const unblock: Transition = {
      ...change(book, 'b', 'PENDING'),
      entry: { allow_skipped: true },
    };
    expect(told(withConsequences(book, [change(book, 'a', 'SKIPPED'), unblock])).slice(2)).toEqual([
      'b PENDING -> READY TASK_READY orchestrate (a finished)',
    ]);
  });

  test('a forced task is made READY whatever it waits for', () => {
    const book = runbookOf([
      { id: 'a', status: 'ERROR' },
      { id: 'b', dependsOn: ['a'] },
    ]);
    expect(told(settling(book))).toEqual([]);
    expect(told(settling(book, 'b' as TaskId))).toEqual([
      'b PENDING -> READY TASK_READY orchestrate (forced by a person)',
    ]);
  });
});

describe('afterwards', () => {
  test('both files of a task say its new status, where its detail file can be written', () => {
    const unwritable = { ...detailOf('c.yaml'), writable: false };
    const book = runbookOf([
      { id: 'a', detail: detailOf('a.yaml'), detailStatus: 'PENDING' },
      { id: 'b' },
      { id: 'c', detail: unwritable },
      { id: 'd', detail: detailOf('d.yaml'), detailStatus: 'ERROR' },
    ]);
    const after = afterwards(book, [change(book, 'a', 'DONE'), change(book, 'b', 'DONE'), change(book, 'c', 'DONE')]);
    expect(after.tasks.map(({ status, detailStatus }) => [status, detailStatus])).toEqual([
      ['DONE', 'DONE'],
      ['DONE', undefined],
      ['DONE', undefined],
      ['PENDING', 'ERROR'],
    ]);
  });

  test('the runbook that was given is as it was', () => {
    const book = runbookOf([{ id: 'a' }]);
    afterwards(book, [change(book, 'a', 'DONE')]);
    expect(book.tasks[0]?.status).toBe('PENDING');
  });
});

test('what a task has left is known before the files have it', () => {
  const book = runbookOf([
    { id: 'a', status: 'RUNNING', detail: detailOf('tasks/a.yaml') },
    { id: 'b', lastRun: { exit_code: 1 } },
  ]);
  const lastRun = { exit_code: 0, outputs: { k: 'v' } };
  const after = afterwards(book, [{ ...change(book, 'a', 'DONE'), lastRun }]);
  expect(after.tasks.map((task) => [task.status, task.lastRun])).toEqual([
    ['DONE', lastRun],
    ['PENDING', { exit_code: 1 }],
  ]);
});
