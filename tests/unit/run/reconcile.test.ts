// Hand edits told from the program's own writes: the whole truth table.
import { describe, expect, test } from 'vitest';
import { conflictProblem, filesDisagree, reconcile } from '../../../src/run/reconcile.ts';
import { STATUSES, type Status } from '../../../src/runbook/words.ts';
import { detailOf, runbookOf, type TaskParts } from '../making.ts';

type Verdict = 'same' | 'conflict' | { from: Status | undefined; to: Status; file: string };

function verdict(task: Omit<TaskParts, 'id'>, remembered: Status | undefined): Verdict {
  const { runbook, edits, conflicts, unseen } = reconcile(
    runbookOf([{ id: 'a', ...task }]),
    new Map(remembered ? [['a', { status: remembered }]] : []),
  );
  const [edit] = edits;
  expect(unseen.map(({ id }) => id)).toEqual(remembered === undefined && edits.length === 0 ? ['a'] : []);
  if (edit === undefined) {
    expect(runbook.tasks[0]?.status).toBe(task.status);
    return conflicts.length > 0 ? 'conflict' : 'same';
  }
  expect(runbook.tasks[0]?.status).toBe(edit.to);
  return { from: edit.from, to: edit.to, file: edit.file };
}

const DETAIL = detailOf('tasks/a.yaml');

/** The rule of design.md §3 once more, in the words of the page. */
function expected(inRunbook: Status, inDetail: Status, remembered: Status | undefined): Verdict {
  const changedRunbook = inRunbook !== remembered;
  const changedDetail = inDetail !== remembered;
  const edit = (to: Status, file: string): Verdict => ({ from: remembered, to, file });
  if (inRunbook === inDetail)
    return remembered === undefined || !changedRunbook ? 'same' : edit(inRunbook, 'runbook.yaml');
  if (remembered === undefined) return edit(inRunbook, 'runbook.yaml'); // no memory: runbook.yaml wins
  if (changedRunbook && changedDetail) return 'conflict'; // changed to two different values
  return changedRunbook ? edit(inRunbook, 'runbook.yaml') : edit(inDetail, 'tasks/a.yaml'); // the file that was changed wins
}

const TABLE = STATUSES.flatMap((inRunbook) =>
  STATUSES.flatMap((inDetail) => [undefined, ...STATUSES].map((remembered) => ({ inRunbook, inDetail, remembered }))),
);

test('all 252 cases are judged as the page says', () => {
  const got = TABLE.map((each) => ({
    ...each,
    verdict: verdict({ status: each.inRunbook, detailStatus: each.inDetail, detail: DETAIL }, each.remembered),
  }));
  expect(got).toEqual(
    TABLE.map((each) => ({ ...each, verdict: expected(each.inRunbook, each.inDetail, each.remembered) })),
  );
  expect(got).toHaveLength(252);
});

describe('by example', () => {
  test.each<[what: string, inRunbook: Status, inDetail: Status, remembered: Status | undefined, verdict: Verdict]>([
    ['nothing was changed', 'DONE', 'DONE', 'DONE', 'same'],
    [
      'ERROR was made READY in runbook.yaml',
      'READY',
      'ERROR',
      'ERROR',
      { from: 'ERROR', to: 'READY', file: 'runbook.yaml' },
    ],
    [
      'ERROR was made READY in the detail file',
      'ERROR',
      'READY',
      'ERROR',
      { from: 'ERROR', to: 'READY', file: 'tasks/a.yaml' },
    ],
    ['ERROR was made READY in both', 'READY', 'READY', 'ERROR', { from: 'ERROR', to: 'READY', file: 'runbook.yaml' }],
    ['ERROR was made READY in one and DONE in the other', 'READY', 'DONE', 'ERROR', 'conflict'],
    [
      'a fresh clone whose files disagree',
      'READY',
      'ERROR',
      undefined,
      { from: undefined, to: 'READY', file: 'runbook.yaml' },
    ],
  ])('%s', (_, inRunbook, inDetail, remembered, wanted) => {
    expect(verdict({ status: inRunbook, detailStatus: inDetail, detail: DETAIL }, remembered)).toEqual(wanted);
  });
});

describe('a detail file has no say', () => {
  test.each<[what: string, task: Omit<TaskParts, 'id'>]>([
    ['where there is none', {}],
    ['that says no status', { detail: DETAIL }],
    ['that cannot be written', { detail: { ...DETAIL, writable: false }, detailStatus: 'DONE' }],
  ])('%s', (_, task) => {
    expect(verdict({ status: 'READY', ...task }, 'READY')).toBe('same');
    expect(verdict({ status: 'READY', ...task }, 'ERROR')).toEqual({
      from: 'ERROR',
      to: 'READY',
      file: 'runbook.yaml',
    });
    expect(verdict({ status: 'READY', ...task }, undefined)).toBe('same');
    expect(filesDisagree(runbookOf([{ id: 'a', status: 'READY', ...task }]))).toBe(false);
  });
});

test('the memory of other tasks does not matter, nor that of tasks that are gone', () => {
  const { edits, unseen } = reconcile(
    runbookOf([{ id: 'a', status: 'DONE' }, { id: 'b' }]),
    new Map([
      ['b', { status: 'PENDING' }],
      ['gone', { status: 'DONE' }],
    ]),
  );
  expect(edits).toEqual([]);
  expect(unseen.map(({ id }) => id)).toEqual(['a']);
});

test('files disagree where a detail file says another status', () => {
  const task: TaskParts = { id: 'a', status: 'READY', detail: DETAIL };
  expect(filesDisagree(runbookOf([{ ...task, detailStatus: 'READY' }]))).toBe(false);
  expect(filesDisagree(runbookOf([{ id: 'z' }, { ...task, detailStatus: 'ERROR' }]))).toBe(true);
});

test('a conflict is told with both its places', () => {
  const book = runbookOf([{ id: 'a', status: 'READY', detailStatus: 'DONE', detail: DETAIL }]);
  const [conflict] = reconcile(book, new Map([['a', { status: 'ERROR' }]])).conflicts;
  expect(conflict && conflictProblem(book, conflict)).toMatchObject({
    severity: 'error',
    code: 'status-conflict',
    message: '"a" was ERROR; since then it was set to READY in runbook.yaml and to DONE in tasks/a.yaml',
    spot: { source: { file: 'runbook.yaml' }, path: ['tasks', 0, 'status'] },
    related: [{ spot: { source: { file: 'tasks/a.yaml' }, path: ['status'] } }],
    taskId: 'a',
  });
});
