// The states of a runbook as a file: what is in it, what is read back, and what is wrong with a file of others.
import { describe, expect, test } from 'vitest';
import { parseStates, stateDocument, statesOf, withStates } from '../../../src/run/state-file.ts';
import { detailOf, runbookOf } from '../making.ts';

const ISSUE = { timestamp: 't', type: 'SCRIPT_ERROR', detail: 'd', resolution: null };
const RUNBOOK = runbookOf(
  [
    { id: 'a', status: 'DONE', lastRun: { outcome: 'SUCCESS', outputs: { k: 'v' } }, detail: detailOf('tasks/a.yaml') },
    { id: 'b', status: 'ERROR', issues: [ISSUE], detail: detailOf('tasks/b.yaml') },
    { id: 'c', status: 'RUNNING' },
    { id: 'd' },
  ],
  { name: 'Demo' },
);

describe('the states', () => {
  test('are the same when they are read back', async () => {
    const text = JSON.stringify(stateDocument(RUNBOOK, '2026-01-31T10:00:00.000Z'), null, 2);
    const read = await parseStates('s.json', text);
    expect(read).toEqual({ ok: true, value: statesOf(RUNBOOK) });
    expect(JSON.parse(text)).toMatchObject({ schema_version: 1, name: 'Demo', tasks: { d: { status: 'PENDING' } } });
  });

  test('of a task that runs are those of one that can be run', async () => {
    expect(statesOf(RUNBOOK).get('c')).toEqual({ status: 'READY' });
    const read = await parseStates('s.json', '{"schema_version": 1, "tasks": {"c": {"status": "RUNNING"}}}');
    expect(read).toEqual({ ok: true, value: new Map([['c', { status: 'READY' }]]) });
  });

  test('stand in place of those in the files, and what has none has not begun', () => {
    const fresh = withStates(RUNBOOK, new Map([['d', { status: 'DONE', last_run: { exit_code: 0 } }]]));
    expect(
      fresh.tasks.map(({ id, status, detailStatus, lastRun, issues }) => [id, status, detailStatus, lastRun, issues]),
    ).toEqual([
      ['a', 'PENDING', 'PENDING', undefined, []],
      ['b', 'PENDING', 'PENDING', undefined, []],
      ['c', 'PENDING', undefined, undefined, []],
      ['d', 'DONE', undefined, { exit_code: 0 }, []],
    ]);
  });
});

test.each([
  ['', 'wrong-type'],
  ['[]', 'wrong-type'],
  ['{', 'yaml-syntax'],
  ['{"schema_version": 1}', 'missing-key'],
  ['{"schema_version": 2, "tasks": {}}', 'wrong-value'],
  ['{"schema_version": 1, "tasks": {"a": {"status": "DON"}}}', 'wrong-value'],
  ['{"schema_version": 1, "tasks": {"a": {"status": "DONE", "lastrun": {}}}}', 'unknown-key'],
])('no file of states: %j', async (text, code) => {
  const read = await parseStates('s.json', text);
  expect(read.ok ? [] : read.error.map((problem) => [problem.code, problem.place?.file])).toContainEqual([
    code,
    's.json',
  ]);
});
