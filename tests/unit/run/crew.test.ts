// Several tasks at work: who ends, in which order, and what becomes of the others.
import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { err } from '../../../src/base/result.ts';
import { createTurns } from '../../../src/base/turns.ts';
import { createCrew } from '../../../src/run/crew.ts';
import type { Session } from '../../../src/run/session.ts';
import type { Transition } from '../../../src/run/transition.ts';
import type { Task } from '../../../src/runbook/task.ts';
import { runbookOf } from '../making.ts';
import { makeFolder } from '../temporary.ts';

const BOOK = runbookOf([{ id: 'a' }, { id: 'b' }, { id: 'c' }]);
const [A, B, C] = BOOK.tasks as [Task, Task, Task];

/** Nothing comes to its beginning: `a` meets a defect, everything else a lock that is gone. */
function crewOf(jobs: number) {
  const alone: boolean[] = [];
  const begun: string[] = [];
  const failures = { count: 0 };
  const session = {
    root: makeFolder(),
    person: undefined,
    vars: {},
    signal: new AbortController().signal,
    report: () => undefined,
    eventsAtOnce: false,
    setAlone: (is: boolean) => alone.push(is),
    failures,
    inTurn: createTurns(),
    ledger: {
      apply: ([{ task }]: [Transition]) => {
        begun.push(task.id);
        if (task.id === 'a') throw new Error('a defect');
        return Promise.resolve(err({ code: 'changed-meanwhile', path: task.id, message: 'gone' }));
      },
    },
  } as unknown as Session;
  return { crew: createCrew(session, jobs), alone, begun, failures };
}

const START = { forced: false, failures: 0 };

test('a defect of one is heard when it is its turn, and the others still come to their end', async () => {
  const { crew } = crewOf(2);
  crew.start(BOOK, { task: A, ...START });
  crew.start(BOOK, { task: B, ...START });
  expect([crew.isFull(), crew.has('a'), crew.has('c')]).toEqual([true, true, false]);
  while (!crew.hasEnded()) await turn();
  expect(crew.has('a')).toBe(true);
  await expect(crew.ended()).rejects.toThrow('a defect');
  expect(crew.has('a')).toBe(false);
  expect(await crew.ended()).toMatchObject({ task: { id: 'b' }, outcome: { ok: false } });
  expect(crew.isIdle()).toBe(true);
});

test('what was chosen before another failed is not begun after it', async () => {
  const { crew, begun, failures } = crewOf(2);
  failures.count = 1;
  crew.start(BOOK, { task: B, ...START });
  crew.start(BOOK, { task: C, forced: false, failures: undefined });
  expect(await crew.ended()).toMatchObject({ task: { id: 'b' }, outcome: { ok: true, value: undefined } });
  expect(await crew.ended()).toMatchObject({ task: { id: 'c' }, outcome: { ok: false } });
  expect(begun).toEqual(['c']);
});

test('says when nobody is at work but the one that is waited for', async () => {
  const { crew, alone } = crewOf(2);
  crew.start(BOOK, { task: B, ...START });
  crew.start(BOOK, { task: C, ...START });
  expect(alone.at(-1)).toBe(false);
  await crew.ended();
  expect(alone.at(-1)).toBe(false);
  await crew.ended();
  expect([alone.slice(-2), crew.isFull()]).toEqual([[true, true], false]);
});
