// What a task says of itself: its open issue, whether its files are in order.
import { describe, expect, test } from 'vitest';
import { isBroken, openIssue } from '../../../src/runbook/task.ts';
import { runbookOf } from '../making.ts';

describe('the open issue', () => {
  test.each<[what: string, resolutions: (string | null | undefined)[], open: number | undefined]>([
    ['of none is none', [], undefined],
    ['is the newest without a resolution', [null, null], 1],
    ['is not one that was resolved since', [null, 'Retried'], 0],
    ['may lack the key', ['Retried', undefined], 1],
    ['may have an empty resolution', [''], 0],
    ['is none where all are resolved', ['a', 'b'], undefined],
  ])('%s', (_, resolutions, open) => {
    const issues = resolutions.map((resolution, index) => ({
      detail: String(index),
      ...(resolution === undefined ? {} : { resolution }),
    }));
    const [task] = runbookOf([{ id: 'a', issues }]).tasks;
    expect(task && openIssue(task)?.detail).toBe(open === undefined ? undefined : String(open));
  });
});

test('a task is broken by an error in its own files, not by a warning nor by those of others', () => {
  const problem = { code: 'c', message: 'm' };
  const book = runbookOf([{ id: 'a' }, { id: 'b' }, { id: 'c' }], {
    problems: [
      { ...problem, severity: 'error', taskId: 'a' },
      { ...problem, severity: 'warning', taskId: 'b' },
    ],
  });
  expect(book.tasks.map((task) => isBroken(book, task))).toEqual([true, false, false]);
});
