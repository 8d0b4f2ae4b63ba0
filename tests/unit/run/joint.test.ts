// Several entries of the journal in one commit: when it is made, and what is left of it where it fails. With the real journal and log.

import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { LOG_FILE, openLog } from '../../../src/events/log.ts';
import { type Entry, openJournal, type Recording, readEntries, readState } from '../../../src/journal/journal.ts';
import { createJoint } from '../../../src/run/joint.ts';
import { makeFolder } from '../temporary.ts';

function recordingOf(taskId: string, status: string): Recording {
  const line = { timestamp: 'T', task_id: taskId, event_type: 'COMPLETE_TASK', run_id: 'r', actor: 'a' } as const;
  const entry = { at: 'T', runId: 'r', title: taskId, changes: [], former: [], lines: [line], logSize: 0 };
  return { entry, state: 'pending', undoes: [], remember: new Map([[taskId, { status }]]), end: [taskId] };
}

const end = { recording: recordingOf('first', 'DONE'), happened: true };
const start = { recording: recordingOf('second', 'RUNNING'), happened: false };

function setUp() {
  const root = makeFolder();
  const opened = openJournal(root);
  if (!opened.ok) throw new Error(opened.error.code);
  const commits: number[] = [];
  const journal = {
    ...opened.value,
    record(recordings: readonly Recording[]) {
      commits.push(recordings.length);
      return opened.value.record(recordings);
    },
  };
  const recorded: string[] = [];
  const left: string[] = [];
  const joint = createJoint({
    journal,
    log: openLog(root),
    onRecorded: (entries: readonly Entry[]) => recorded.push(...entries.map(({ title }) => title)),
    onFailed: (others) => left.push(...others.map(({ entry }) => entry.title)),
  });
  const titles = () => {
    const entries = readEntries(root);
    return entries.ok ? entries.value.map(({ title }) => title) : [];
  };
  return { root, joint, commits, recorded, left, titles, close: opened.value.close };
}

test('what is to be recorded soon waits for the next, and both are one commit, in their order', async () => {
  const { root, joint, commits, recorded, titles, close } = setUp();
  const soon = joint.soon(end);
  expect([commits, recorded]).toEqual([[], []]);
  const now = joint.now(start);
  expect([commits, recorded]).toEqual([[2], ['first', 'second']]);
  expect([await soon, now]).toMatchObject([
    { ok: true, value: { seq: 1, stepSeq: 1, state: 'pending' } },
    { ok: true, value: { seq: 2, stepSeq: 2 } },
  ]);
  expect(titles()).toEqual(['second', 'first']);
  expect([...readState(root).memory].map(([id, { status }]) => [id, status])).toEqual([
    ['first', 'DONE'],
    ['second', 'RUNNING'],
  ]);
  const lines = readFileSync(path.join(root, LOG_FILE), 'utf8').trim().split('\n');
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { seq: 1, task_id: 'first' },
    { seq: 2, task_id: 'second' },
  ]);
  close();
});

test('where nothing follows, it is recorded when the turn of the event loop is over', async () => {
  const { joint, commits, titles, close } = setUp();
  const soon = joint.soon(end);
  await Promise.resolve();
  expect(commits).toEqual([]);
  await nextTurn();
  expect([commits, (await soon).ok, titles()]).toEqual([[1], true, ['first']]);
  joint.commit();
  expect(commits).toEqual([1]);
  close();
});

test('whoever needs the journal has what waits recorded at once', async () => {
  const { joint, commits, titles, close } = setUp();
  const both = [joint.soon(end), joint.soon(start)];
  joint.commit();
  expect([commits, titles()]).toEqual([[2], ['second', 'first']]);
  expect((await Promise.all(both)).map(({ ok }) => ok)).toEqual([true, true]);
  await nextTurn();
  expect(commits).toEqual([2]);
  close();
});

test('where the log cannot take the lines, what has happened stays in the journal, and what has not is taken back', async () => {
  const { root, joint, recorded, left, titles, close } = setUp();
  mkdirSync(path.join(root, LOG_FILE), { recursive: true });
  const soon = joint.soon(end);
  const now = joint.now(start);
  expect([await soon, now]).toMatchObject([
    { ok: false, error: { code: 'io', errno: 'EISDIR' } },
    { ok: false, error: { code: 'io', errno: 'EISDIR' } },
  ]);
  expect([recorded, left, titles()]).toEqual([[], ['first'], ['first']]);
  expect([...readState(root).memory.keys()]).toEqual(['first']);
  close();
});

test('where the journal cannot be written, nothing of them stands anywhere', async () => {
  const { root, joint, recorded, left, titles, close } = setUp();
  // A folder in the place of the database.
  mkdirSync(path.join(root, '.orchestrate/state.db'), { recursive: true });
  const soon = joint.soon(end);
  const now = joint.now(start);
  expect([(await soon).ok, now.ok, recorded, left]).toEqual([false, false, [], []]);
  rmSync(path.join(root, '.orchestrate/state.db'), { recursive: true });
  expect(titles()).toEqual([]);
  close();
});
