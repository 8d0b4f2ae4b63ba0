// Where a person finds a task in the files.
import { expect, test } from 'vitest';
import { lineColumn } from '../../../src/base/diagnostic.ts';
import { placeOfEntry, placeOfStatus } from '../../../src/runbook/where.ts';
import { detailOf, runbookOf, type TaskParts } from '../making.ts';

const TEXT = 'tasks:\n  - id: a\n    status: ERROR\n  - id: b\n    name: B\n';
const DETAIL = '# notes\nid: a\nstatus: ERROR\nissues: []\n';

function bookWith(parts: Omit<TaskParts, 'id'>) {
  return runbookOf([{ id: 'a', ...parts }, { id: 'b' }], { source: { file: 'runbook.yaml', text: TEXT } });
}

const lineOf = ({ file, text = '', span }: Awaited<ReturnType<typeof placeOfEntry>>) =>
  `${file}:${lineColumn(text, span?.start ?? -1).line}`;

test.each<[what: string, index: number, parts: Omit<TaskParts, 'id'>, place: string]>([
  ['in its detail file', 0, { detail: detailOf('tasks/a.yaml', DETAIL), detailStatus: 'ERROR' }, 'tasks/a.yaml:3'],
  ['in the entry, where the detail file says none', 0, { detail: detailOf('tasks/a.yaml', DETAIL) }, 'runbook.yaml:3'],
  [
    'in the entry, where the detail file cannot be written',
    0,
    { detail: { ...detailOf('tasks/a.yaml', DETAIL), writable: false }, detailStatus: 'ERROR' },
    'runbook.yaml:3',
  ],
  ['in the entry, where there is no detail file', 0, {}, 'runbook.yaml:3'],
  ['where the entry begins, if it says no status', 1, {}, 'runbook.yaml:4'],
])('the state of a task is changed %s', async (_, index, parts, place) => {
  const book = bookWith(parts);
  const task = book.tasks[index];
  expect(task && lineOf(await placeOfStatus(book, task))).toBe(place);
});

test('an entry begins at its first key', async () => {
  const book = bookWith({});
  const [, second] = book.tasks;
  expect(second && lineOf(await placeOfEntry(book, second))).toBe('runbook.yaml:4');
});
