// The state machine: what becomes READY, what is next, what blocks what.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  blockedBySkip,
  blockReason,
  byId,
  countWaiting,
  dependentsOf,
  firstError,
  inScope,
  isFinished,
  isSatisfied,
  lastError,
  nextTask,
  type Scope,
  settle,
  standing,
  waitingFor,
  withSettled,
} from '../../../src/run/states.ts';
import type { Task, TaskId } from '../../../src/runbook/task.ts';
import { STATUSES, type Status } from '../../../src/runbook/words.ts';
import { runbookOf, type TaskParts, tasksOf } from '../making.ts';

/** `build READY lint types` is a task with its status and its dependencies. */
function list(...lines: readonly string[]): Task[] {
  return tasksOf(lines.map(partsOf));
}

function partsOf(line: string): TaskParts {
  const [id = '', status, ...dependsOn] = line.split(' ');
  const hold = id.endsWith('!');
  return { id: id.replace(/[!?]$/, ''), status: status as Status, dependsOn, hold, allowSkipped: id.endsWith('?') };
}

const ids = (tasks: readonly Task[]) => tasks.map((task) => task.id);
const id = (text: string) => text as TaskId;

describe('a dependency', () => {
  test.each<[status: Status, allowSkipped: boolean, satisfied: boolean]>([
    ['DONE', false, true],
    ['DONE', true, true],
    ['SKIPPED', false, false],
    ['SKIPPED', true, true],
    ['ERROR', true, false],
    ['PENDING', true, false],
    ['READY', true, false],
    ['RUNNING', true, false],
  ])('that is %s, where SKIPPED is allowed: %s, lets a task start: %s', (status, allowSkipped, satisfied) => {
    const [dependency, task] = tasksOf([
      { id: 'a', status },
      { id: 'b', dependsOn: ['a'], allowSkipped },
    ]) as [Task, Task];
    expect(isSatisfied(task, dependency)).toBe(satisfied);
    expect(ids(waitingFor(byId([dependency, task]), task))).toEqual(satisfied ? [] : ['a']);
  });
});

describe('settling', () => {
  test.each<[what: string, tasks: string[], moves: string[], forced?: string]>([
    ['makes READY what depends on nothing', ['a PENDING'], ['a READY: it depends on nothing']],
    ['makes READY what all is DONE for', ['a DONE', 'b DONE', 'c PENDING a b'], ['c READY: a, b finished']],
    ['waits for every one', ['a DONE', 'b RUNNING', 'c PENDING a b'], []],
    ['never goes on from an ERROR', ['a ERROR', 'b PENDING a'], []],
    [
      'goes on from a SKIPPED one where that is allowed',
      ['a SKIPPED', 'b? PENDING a', 'c PENDING a'],
      ['b READY: a finished'],
    ],
    ['leaves alone what is on hold', ['a! PENDING'], []],
    ['keeps what is on hold and was made READY by hand', ['a! READY'], []],
    [
      'takes back a READY that waits for others',
      ['a RUNNING', 'b ERROR', 'c READY a b'],
      ['c PENDING: it still waits for a (RUNNING), b (ERROR)'],
    ],
    ['keeps a READY that waits for nothing', ['a DONE', 'b READY a'], []],
    ['touches no task that runs or is over', ['a RUNNING', 'b DONE c', 'c ERROR', 'd SKIPPED c', 'e RUNNING c'], []],
    ['moves one step at a time', ['a PENDING', 'b PENDING a'], ['a READY: it depends on nothing']],
    ['makes READY what is forced', ['a ERROR', 'b PENDING a'], ['b READY: forced by a person'], 'b'],
    ['makes READY what is forced and on hold', ['a! PENDING'], ['a READY: forced by a person'], 'a'],
    [
      'keeps READY what is forced',
      ['a ERROR', 'b READY a', 'c READY a'],
      ['c PENDING: it still waits for a (ERROR)'],
      'b',
    ],
    ['does not force what is over', ['a ERROR', 'b DONE a'], [], 'b'],
  ])('%s', (_, lines, moves, forced) => {
    const told = settle(list(...lines), forced === undefined ? undefined : id(forced));
    expect(told.map(({ task, to, reason }) => `${task.id} ${to}: ${reason}`)).toEqual(moves);
  });

  const anyTasks = fc
    .array(
      fc.record({
        status: fc.constantFrom(...STATUSES),
        hold: fc.boolean(),
        allowSkipped: fc.boolean(),
        wants: fc.uniqueArray(fc.nat(9), { maxLength: 3 }),
      }),
      { minLength: 1, maxLength: 10 },
    )
    .map((parts) =>
      tasksOf(
        parts.map(({ wants, ...rest }, index) => ({
          ...rest,
          id: `t${index}`,
          dependsOn: wants.filter((want) => want !== index && want < parts.length).map((want) => `t${want}`),
        })),
      ),
    );

  test('never makes a task READY that has an unsatisfied dependency, and leaves none so', () => {
    fc.assert(
      fc.property(anyTasks, (tasks) => {
        const settled = withSettled({ ...runbookOf([]), tasks }).tasks;
        const index = new Map(settled.map((task) => [task.id, task]));
        for (const task of settled.filter(({ status }) => status === 'READY')) {
          expect(task.dependsOn.every((other) => isSatisfied(task, index.get(other) as Task))).toBe(true);
        }
      }),
    );
  });

  test('is done after once: settling again moves nothing', () => {
    fc.assert(
      fc.property(anyTasks, fc.option(fc.nat(9), { nil: undefined }), (tasks, forced) => {
        const chosen = forced === undefined ? undefined : id(`t${forced}`);
        expect(settle(withSettled({ ...runbookOf([]), tasks }, chosen).tasks, chosen)).toEqual([]);
      }),
    );
  });

  test('moves nothing but PENDING and READY, and each to the other', () => {
    fc.assert(
      fc.property(anyTasks, (tasks) => {
        for (const { task, to } of settle(tasks)) expect([task.status, to].sort()).toEqual(['PENDING', 'READY']);
      }),
    );
  });

  test('gives the very runbook where nothing moves', () => {
    const book = runbookOf([{ id: 'a', status: 'DONE' }]);
    expect(withSettled(book)).toBe(book);
  });
});

describe('scope', () => {
  const tasks = tasksOf([
    { id: 'a', type: 'MANUAL' },
    { id: 'b', type: 'AUTOMATED_SCRIPT' },
    { id: 'c', type: 'AI_ASSISTED' },
    { id: 'd', type: 'AUTOMATED_SCRIPT' },
  ]);

  test.each<[scope: Scope, ids: string[]]>([
    [{}, ['a', 'b', 'c', 'd']],
    [{ only: [id('d'), id('b')] }, ['b', 'd']],
    [{ only: [] }, []],
    [{ type: 'AUTOMATED_SCRIPT' }, ['b', 'd']],
    [{ startFrom: id('c') }, ['c', 'd']],
    [{ until: id('b') }, ['a', 'b']],
    [{ startFrom: id('b'), until: id('c') }, ['b', 'c']],
    [{ startFrom: id('c'), until: id('b') }, []],
    [{ startFrom: id('b'), type: 'AUTOMATED_SCRIPT', only: [id('a'), id('d')] }, ['d']],
  ])('%j is %j', (scope, expected) => {
    expect(ids(inScope(tasks, scope))).toEqual(expected);
  });
});

describe('next', () => {
  test.each<[what: string, tasks: string[], scope: Scope, passed: string[], next: string | undefined]>([
    ['is the first READY in the file', ['a DONE', 'b PENDING', 'c READY', 'd READY'], {}, [], 'c'],
    ['is none where none is READY', ['a DONE', 'b RUNNING', 'c ERROR', 'd PENDING'], {}, [], undefined],
    ['is one in scope', ['a READY', 'b READY'], { startFrom: id('b') }, [], 'b'],
    ['is not one that was passed over', ['a READY', 'b READY'], {}, ['a'], 'b'],
  ])('%s', (_, lines, scope, passed, next) => {
    expect(nextTask(list(...lines), scope, new Set(passed.map(id)))?.id).toBe(next);
  });
});

describe('an error', () => {
  test('halts only where it is in scope', () => {
    const tasks = list('a ERROR', 'b READY', 'c ERROR');
    expect(firstError(tasks, {})?.id).toBe('a');
    expect(firstError(tasks, { startFrom: id('b') })?.id).toBe('c');
    expect(firstError(tasks, { only: [id('b')] })).toBeUndefined();
  });

  test.each<[what: string, times: (string | undefined)[], last: string | undefined]>([
    ['is the one with the newest open issue', ['2026-01-01', '2026-01-03', '2026-01-02'], 't1'],
    ['is the first in the file where no time is known', [undefined, undefined], 't0'],
    ['with a time comes after one without', [undefined, '2026-01-01'], 't1'],
    ['is none where none is in ERROR', [], undefined],
  ])('that came last %s', (_, times, last) => {
    const tasks = tasksOf(
      times.map((timestamp, index) => ({
        id: `t${index}`,
        status: 'ERROR',
        issues: timestamp === undefined ? [] : [{ timestamp, detail: 'd' }],
      })),
    );
    expect(lastError([...tasks, ...list('x DONE')])?.id).toBe(last);
  });

  test('that was resolved in the file does not count as newer', () => {
    const tasks = tasksOf([
      { id: 'a', status: 'ERROR', issues: [{ timestamp: '2026-01-01' }] },
      { id: 'b', status: 'ERROR', issues: [{ timestamp: '2026-01-09', resolution: 'Retried' }] },
    ]);
    expect(lastError(tasks)?.id).toBe('a');
  });
});

describe('how things stand', () => {
  test.each<[tasks: string[], scope: Scope, standing: ReturnType<typeof standing>]>([
    [['a DONE', 'b SKIPPED'], {}, 'finished'],
    [['a DONE', 'b PENDING'], {}, 'waiting'],
    [['a RUNNING'], {}, 'waiting'],
    [['a PENDING', 'b ERROR'], {}, 'error'],
    [['a DONE', 'b ERROR'], { only: [id('a')] }, 'finished'],
    [['a READY'], { only: [] }, 'finished'],
  ])('%j in %j is %s', (lines, scope, expected) => {
    expect(standing(list(...lines), scope)).toBe(expected);
  });

  test('DONE and SKIPPED alone are finished', () => {
    expect(STATUSES.filter((status) => isFinished(list(`a ${status}`)[0] as Task))).toEqual(['DONE', 'SKIPPED']);
  });
});

describe('what blocks', () => {
  test('a skipped task blocks what rests on it directly, is not finished and does not allow it', () => {
    const tasks = list('a SKIPPED', 'b PENDING a', 'c? PENDING a', 'd DONE a', 'e PENDING b');
    expect(ids(blockedBySkip(tasks, id('a')))).toEqual(['b']);
  });

  test.each<[tasks: string[], of: string, waiting: number]>([
    [['a READY', 'b PENDING a', 'c PENDING b', 'd PENDING'], 'a', 2],
    [['a READY', 'b PENDING a', 'c PENDING a', 'd PENDING b c'], 'a', 3],
    [['a READY', 'b DONE a', 'c PENDING b'], 'a', 0],
    [['a READY'], 'a', 0],
    [['a ERROR b', 'b ERROR a'], 'a', 2],
  ])('%j: the number of tasks that wait for %s is %d', (lines, of, waiting) => {
    expect(countWaiting(list(...lines), id(of))).toBe(waiting);
  });

  test('those that depend on a task are known by its id', () => {
    const dependents = dependentsOf(list('a READY', 'b PENDING a', 'c PENDING a b'));
    expect([...dependents].map(([of, tasks]) => [of, ids(tasks)])).toEqual([
      ['a', ['b', 'c']],
      ['b', ['c']],
    ]);
  });

  test.each<[what: string, tasks: string[], reason: string | undefined]>([
    ['a READY task goes on', ['x READY'], undefined],
    [
      'a PENDING one waits',
      ['a PENDING', 'b ERROR', 'c DONE', 'd READY', 'x PENDING a b c d'],
      'waits for a, b (ERROR), d (READY)',
    ],
    ['a held one waits for a hand', ['x! PENDING'], 'on hold: set it to READY by hand when it may run'],
    ['a held one waits for others first', ['a PENDING', 'x! PENDING a'], 'waits for a'],
    ['a RUNNING one runs', ['x RUNNING'], 'it is marked RUNNING'],
    ['an ERROR without an issue failed', ['x ERROR'], 'it failed'],
  ])('%s', (_, lines, reason) => {
    const book = { ...runbookOf([]), tasks: list(...lines) };
    expect(blockReason(book, book.tasks.at(-1) as Task)).toBe(reason);
  });

  test('an ERROR says what is wrong', () => {
    const book = runbookOf([
      { id: 'a', status: 'ERROR', issues: [{ detail: 'old', resolution: 'x' }, { detail: 'exit code 2' }] },
    ]);
    expect(blockReason(book, book.tasks[0] as Task)).toBe('exit code 2');
  });
});

test('ten thousand tasks are settled and asked about at once', () => {
  const tasks = tasksOf(
    Array.from({ length: 10_000 }, (_, index) => ({
      id: `t${index}`,
      dependsOn: index === 0 ? [] : [`t${index - 1}`],
    })),
  );
  const book = { ...runbookOf([]), tasks };
  const start = performance.now();
  expect(settle(tasks)).toHaveLength(1);
  expect(tasks.filter((task) => blockReason(book, task) === undefined)).toHaveLength(1);
  expect(countWaiting(tasks, id('t0'))).toBe(9999);
  expect(performance.now() - start).toBeLessThan(1000);
});
