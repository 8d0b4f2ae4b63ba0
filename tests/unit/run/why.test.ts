// Why a task waits: causes by tables, and on generated graphs against what the word "cause" means.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { byId, isFinished, waitingFor, withSettled } from '../../../src/run/states.ts';
import { actionsNow, type Cause, causesOf, effectOf, rootsOf } from '../../../src/run/why.ts';
import type { Runbook, Task, TaskId } from '../../../src/runbook/task.ts';
import { STATUSES, type Status } from '../../../src/runbook/words.ts';
import { runbookOf, type TaskParts } from '../making.ts';

/** `build READY lint types` is a task with its status and its dependencies; `!` on hold, `?` allows SKIPPED, `m` manual, `u` unwritten. */
function book(...lines: readonly string[]): Runbook {
  return withSettled(runbookOf(lines.map(partsOf)));
}

function partsOf(line: string): TaskParts {
  const [name = '', status, ...dependsOn] = line.split(' ');
  const [id = '', marks = ''] = name.split(':');
  return {
    id,
    status: status as Status,
    dependsOn,
    hold: marks.includes('!'),
    allowSkipped: marks.includes('?'),
    ...(marks.includes('m') ? { type: 'MANUAL', work: { type: 'MANUAL', instructions: [], gate: false } } : {}),
    ...(marks.includes('u') ? { work: undefined } : {}),
  };
}

function find(runbook: Runbook, id: string): Task {
  return byId(runbook.tasks).get(id as TaskId) as Task;
}

const told = (causes: readonly Cause[]) =>
  causes.map(({ kind, chain }) => `${kind} ${chain.map((t) => t.id).join(' > ')}`);

describe('what a task waits for', () => {
  test.each<[what: string, lines: string[], causes: string[]]>([
    ['a failure far down', ['a ERROR', 'b PENDING a', 'c PENDING b'], ['failed c > b > a']],
    ['two things at once', ['a ERROR', 'b READY', 'c PENDING a b'], ['failed c > a', 'ready c > b']],
    [
      'the shortest way to a cause that is reached twice',
      ['a ERROR', 'b PENDING a', 'c PENDING b a'],
      ['failed c > a'],
    ],
    ['a skipped task that is not allowed', ['a SKIPPED', 'b PENDING a', 'c PENDING b'], ['skipped c > b > a']],
    ['nothing, where that is allowed', ['a SKIPPED', 'c:? PENDING a'], ['ready c']],
    ['its own hold', ['c:! PENDING'], ['held c']],
    [
      'a hold on the way besides what that waits for',
      ['a READY', 'b:! PENDING a', 'c PENDING b'],
      ['held c > b', 'ready c > b > a'],
    ],
    ['a person', ['a:m READY', 'c PENDING a'], ['person c > a']],
    ['a task that is not written', ['a:u READY', 'c PENDING a'], ['unwritten c > a']],
    ['one that runs', ['a RUNNING', 'c PENDING a'], ['running c > a']],
    ['nothing when it is done', ['c DONE'], []],
  ])('is %s', (_, lines, causes) => {
    const runbook = book(...lines);
    expect(told(causesOf(runbook, find(runbook, 'c')))).toEqual(causes);
  });
});

describe('what would help', () => {
  test.each<[what: string, lines: string[], id: string, opens: string[], waiting: string[]]>([
    ['a chain of scripts opens whole', ['a ERROR', 'b PENDING a', 'c PENDING b'], 'a', ['b', 'c'], ['b', 'c']],
    [
      'a person behind it can start, what rests on them cannot',
      ['a ERROR', 'b:m PENDING a', 'c PENDING b'],
      'a',
      ['b'],
      ['b', 'c'],
    ],
    ['what waits for another as well stays', ['a ERROR', 'x ERROR', 'b PENDING a x'], 'a', [], ['b']],
    [
      'what a run reaches anyway does not count',
      ['a READY', 'b PENDING a', 'x ERROR', 'c PENDING b x'],
      'a',
      [],
      ['b', 'c'],
    ],
    ['what is done holds up nobody', ['a DONE', 'x ERROR', 'b PENDING a x'], 'a', [], []],
    ['a hold behind it keeps it closed', ['a ERROR', 'b:! PENDING a'], 'a', [], ['b']],
    [
      'a skipped one holds up only who does not allow it',
      ['a SKIPPED', 'b PENDING a', 'c:? PENDING a'],
      'a',
      ['b'],
      ['b'],
    ],
  ])('%s', (_, lines, id, opens, waiting) => {
    const runbook = book(...lines);
    const effect = effectOf(runbook, find(runbook, id));
    expect(effect.opens.map((task) => task.id)).toEqual(opens);
    expect(effect.waiting.map((task) => task.id)).toEqual(waiting);
  });

  test('comes first, and what helps nobody who waits is left out', () => {
    const runbook = book(
      's SKIPPED',
      'm:m READY',
      'a ERROR',
      'b PENDING a',
      'c PENDING a',
      'd PENDING m',
      'h:! PENDING a',
    );
    expect(actionsNow(runbook).map(({ kind, task, opens }) => `${kind} ${task.id} ${opens.length}`)).toEqual([
      'failed a 2',
      'person m 1',
    ]);
  });
});

/** Runbooks whose tasks depend on earlier ones only, with everything that can keep a task. */
const anyRunbook = fc
  .array(
    fc.record({
      status: fc.constantFrom<Status>(...STATUSES, 'PENDING', 'PENDING', 'PENDING'),
      before: fc.array(fc.nat(30), { maxLength: 3 }),
      hold: fc.nat(5).map((n) => n === 0),
      allowSkipped: fc.boolean(),
      kind: fc.constantFrom('script', 'manual', 'unwritten', 'script', 'script'),
    }),
    { minLength: 1, maxLength: 14 },
  )
  .map((rows) =>
    withSettled(
      runbookOf(
        rows.map(({ before, kind, ...rest }, at): TaskParts => {
          const dependsOn = at === 0 ? [] : [...new Set(before.map((n) => `t${n % at}`))];
          const manual = { type: 'MANUAL', work: { type: 'MANUAL', instructions: [], gate: false } } as const;
          return {
            id: `t${at}`,
            dependsOn,
            ...rest,
            ...(kind === 'manual' ? manual : kind === 'unwritten' ? { work: undefined } : {}),
          };
        }),
      ),
    ),
  );

/** The same runbook with these causes out of the way. */
function without(runbook: Runbook, causes: readonly Cause[]): Runbook {
  const tasks = runbook.tasks.map((task): Task => {
    const kinds = causes.filter((cause) => cause.task.id === task.id).map(({ kind }) => kind);
    if (kinds.length === 0) return task;
    if (task.status !== 'PENDING') return { ...task, status: 'DONE' };
    return {
      ...task,
      hold: task.hold && !kinds.includes('held'),
      work: kinds.includes('unwritten') ? WRITTEN : task.work,
    };
  });
  return { ...runbook, tasks };
}

const WRITTEN: Task['work'] = { type: 'MANUAL', instructions: [], gate: false };

/** By trying, again and again: whatever is PENDING and kept by nothing is done, until the task itself could start. */
function canStart(runbook: Runbook, id: TaskId): boolean {
  let tasks = [...runbook.tasks];
  for (;;) {
    const free = tasks.filter(
      (task) =>
        task.status === 'PENDING' &&
        !task.hold &&
        task.work !== undefined &&
        waitingFor(new Map(tasks.map((t) => [t.id, t])), task).length === 0,
    );
    if (free.some((task) => task.id === id)) return true;
    if (free.length === 0) return false;
    tasks = tasks.map((task) => (free.includes(task) ? { ...task, status: 'DONE' } : task));
  }
}

describe('on any runbook', () => {
  test('a waiting task could start exactly when all its causes are out of the way', () => {
    fc.assert(
      fc.property(anyRunbook, (runbook) => {
        for (const task of runbook.tasks.filter(({ status }) => status === 'PENDING')) {
          const causes = causesOf(runbook, task);
          expect(canStart(without(runbook, causes), task.id)).toBe(true);
          for (const cause of causes)
            expect(
              canStart(
                without(
                  runbook,
                  causes.filter((other) => other !== cause),
                ),
                task.id,
              ),
            ).toBe(false);
        }
      }),
      { numRuns: 300 },
    );
  });

  test('the causes of all tasks at once are those of each', () => {
    const named = (causes: readonly Pick<Cause, 'kind' | 'task'>[]) =>
      causes.map(({ kind, task }) => `${kind} ${task.id}`).sort();
    fc.assert(
      fc.property(anyRunbook, (runbook) => {
        const roots = rootsOf(runbook);
        const pending = runbook.tasks.filter(({ status }) => status === 'PENDING');
        expect([...roots.keys()]).toEqual(pending.map(({ id }) => id));
        for (const task of pending) expect(named(roots.get(task.id) ?? [])).toEqual(named(causesOf(runbook, task)));
      }),
    );
  });

  test('every step of a chain is a dependency that is waited for', () => {
    fc.assert(
      fc.property(anyRunbook, (runbook) => {
        for (const task of runbook.tasks.filter((one) => !isFinished(one)))
          for (const { chain, task: end } of causesOf(runbook, task)) {
            expect([chain[0], chain.at(-1)]).toEqual([task, end]);
            for (const [at, one] of chain.slice(0, -1).entries())
              expect(waitingFor(byId(runbook.tasks), one)).toContain(chain[at + 1]);
          }
      }),
    );
  });

  test('what opens is what could start with it and not without', () => {
    fc.assert(
      fc.property(anyRunbook, (runbook) => {
        for (const task of runbook.tasks.filter(({ status }) => status === 'ERROR' || status === 'READY')) {
          const anyway = reachable(runbook, undefined);
          const then = reachable(runbook, task.id);
          const opens = effectOf(runbook, task).opens.map(({ id }) => id);
          expect(opens).toEqual([...then].filter((id) => id !== task.id && !anyway.has(id)));
        }
      }),
      { numRuns: 300 },
    );
  });
});

/** By doing one step after the other all that needs no person; gives what is READY or was, in file order. */
function reachable(runbook: Runbook, done: TaskId | undefined): Set<TaskId> {
  let tasks = runbook.tasks.map((task): Task => (task.id === done ? { ...task, status: 'DONE' } : task));
  const started = new Set(runbook.tasks.filter(({ status }) => status === 'READY').map(({ id }) => id));
  for (;;) {
    const now = withSettled({ ...runbook, tasks }).tasks;
    for (const { id, status } of now) if (status === 'READY') started.add(id);
    const next = now.find(({ status, type, work }) => status === 'READY' && type !== 'MANUAL' && work !== undefined);
    if (next === undefined) return new Set(runbook.tasks.map(({ id }) => id).filter((id) => started.has(id)));
    tasks = now.map((task) => (task.id === next.id ? { ...task, status: 'DONE' } : task));
  }
}
