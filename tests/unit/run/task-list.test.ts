// What is taken over from one list of tasks to the next is what a look at all of them would find.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { nextTask, settle } from '../../../src/run/states.ts';
import { byId, hasOutputs, tasksIn, withChanged } from '../../../src/run/task-list.ts';
import type { Task, TaskId } from '../../../src/runbook/task.ts';
import { STATUSES, type Status } from '../../../src/runbook/words.ts';
import { tasksOf } from '../making.ts';

const COUNT = 6;
const ACTIVE = ['READY', 'RUNNING', 'ERROR'] as const;
const task = fc.record({ status: fc.constantFrom(...STATUSES), allowSkipped: fc.boolean(), hold: fc.boolean() });
const change = fc.record({ at: fc.nat(COUNT - 1), status: fc.constantFrom(...STATUSES), leaves: fc.boolean() });

function listOf(parts: readonly { status: Status; allowSkipped: boolean; hold: boolean }[], edges: readonly boolean[]) {
  return tasksOf(
    parts.map((part, index) => ({
      ...part,
      id: `t${index}`,
      dependsOn: parts.flatMap((_other, at) => (at < index && edges[index * COUNT + at] ? [`t${at}`] : [])),
    })),
  );
}

const moves = (tasks: readonly Task[]) => settle(tasks).map(({ task: { id }, to, reason }) => [id, to, reason]);

test('after any changes, what follows, what is active and who left values is as if all were looked at', () => {
  fc.assert(
    fc.property(
      fc.array(task, { minLength: COUNT, maxLength: COUNT }),
      fc.array(fc.boolean(), { minLength: COUNT * COUNT, maxLength: COUNT * COUNT }),
      fc.array(fc.array(change, { minLength: 1, maxLength: 3 }), { maxLength: 8 }),
      (parts, edges, steps) => {
        let tasks: readonly Task[] = listOf(parts, edges);
        for (const step of steps) {
          settle(tasks);
          const changed = step.flatMap(({ at, status, leaves }) => {
            const now = tasks[at] as Task;
            return [{ ...now, status, ...(leaves ? { lastRun: { outputs: { key: 'value' } } } : {}) }];
          });
          const former = tasks;
          tasks = withChanged(tasks, changed);
          for (const status of ACTIVE)
            expect([...tasksIn(former, status)]).toEqual(former.filter((one) => one.status === status));
          // The same tasks in a list of which nothing is known.
          const anew = [...tasks];
          expect(moves(tasks)).toEqual(moves(anew));
          for (const status of ACTIVE)
            expect([...tasksIn(tasks, status)]).toEqual(anew.filter((one) => one.status === status));
          expect(hasOutputs(anew) && !hasOutputs(tasks)).toBe(false);
          expect(nextTask(tasks, {}, new Set())).toBe(nextTask(anew, {}, new Set()));
          for (const { id } of tasks) expect(byId(tasks).get(id)).toBe(byId(anew).get(id));
        }
      },
    ),
  );
});

test('the list that was changed stays as it was', () => {
  const before = tasksOf([
    { id: 'a', status: 'READY' },
    { id: 'b', dependsOn: ['a'] },
  ]);
  settle(before);
  const after = withChanged(before, [{ ...(before[0] as Task), status: 'DONE' }]);
  expect(byId(before).get('a' as TaskId)?.status).toBe('READY');
  expect(settle(before)).toEqual([]);
  expect(moves(after)).toEqual([['b', 'READY', 'a finished']]);
});
