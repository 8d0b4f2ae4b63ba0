// What `status` looks at: the same as the receipts say, for one state of the database only. Real files and SQLite.
import { utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { openJournal } from '../../../../src/journal/journal.ts';
import { glance } from '../../../../src/run/receipts/glance.ts';
import { noteOf, writeWatch } from '../../../../src/run/receipts/keep-watch.ts';
import { lookFully } from '../../../../src/run/receipts/look.ts';
import { begin, receiptOf } from '../../../../src/run/receipts/take.ts';
import { readWatch, WATCH_FILE } from '../../../../src/run/receipts/watch.ts';
import type { Runbook, Task } from '../../../../src/runbook/task.ts';
import { runbookOf } from '../../making.ts';
import { makeFolder } from '../../temporary.ts';

const MANUAL = { type: 'MANUAL', work: { type: 'MANUAL', instructions: [], gate: false } } as const;

/** `a` and `b` with an artifact each, `hand` set by hand, `bare` without a receipt. */
async function project(): Promise<{ root: string; runbook: Runbook }> {
  const root = makeFolder({ 'a.txt': 'a', 'b.txt': 'b' });
  const status = 'DONE' as const;
  const runbook = runbookOf([
    { id: 'a', status, outputArtifact: 'a.txt', expects: [{ file: 'a.txt' }] },
    { id: 'b', status, outputArtifact: 'b.txt', dependsOn: ['a'] },
    { id: 'hand', status, ...MANUAL },
    { id: 'bare', status, ...MANUAL },
  ]);
  await record(root, runbook, ['a', 'b']);
  return { root, runbook };
}

async function record(root: string, runbook: Runbook, ids: readonly string[]): Promise<void> {
  const journal = openJournal(root);
  if (!journal.ok) throw new Error(journal.error.code);
  const line = { timestamp: 'T', run_id: 'r', actor: 'person' };
  for (const task of runbook.tasks.filter(({ id }) => ids.includes(id))) {
    const evidence = task.expects.length > 0 ? [{ label: 'a.txt exists and is not empty', ok: true }] : [];
    const receipt = receiptOf(root, task, { begun: await begin(root, runbook, task), evidence });
    journal.value.record([
      {
        entry: {
          at: 'T',
          runId: 'r',
          title: '',
          changes: [],
          former: [],
          logSize: 0,
          lines: [{ ...line, task_id: task.id, event_type: 'COMPLETE_TASK', details: { receipt } }],
        },
        state: 'pending',
        remember: new Map([
          [task.id, { status: 'DONE' }],
          ['hand', { status: 'READY' }],
        ]),
        undoes: [],
        end: [],
      },
    ]);
  }
  journal.value.close();
}

const kinds = (trusts: Awaited<ReturnType<typeof glance>>) =>
  Object.fromEntries([...trusts].map(([id, { kind }]) => [id, kind]));
const fully = ({ root, runbook }: { root: string; runbook: Runbook }) => kinds(lookFully(root, runbook, runbook.tasks));

test('a glance says what the receipts say, with the file and without it', async () => {
  const { root, runbook } = await project();
  const expected = { a: 'holds', b: 'holds', hand: 'stale', bare: 'unverified' };
  expect(readWatch(root)).toBeUndefined();
  expect(kinds(await glance(root, runbook))).toEqual(expected);
  writeWatch(root);
  expect(readWatch(root)?.tasks.size).toBe(2);
  expect(kinds(await glance(root, runbook))).toEqual(expected);
  expect(fully({ root, runbook })).toEqual(expected);
});

test('what looks different is looked up in the receipts', async () => {
  const { root, runbook } = await project();
  writeWatch(root);
  utimesSync(path.join(root, 'a.txt'), 1, 1);
  const trusts = await glance(root, runbook);
  expect(kinds(trusts)).toEqual(fully({ root, runbook }));
  expect(trusts.get(runbook.tasks[1]?.id as never)).toMatchObject({
    kind: 'stale',
    reasons: [{ code: 'input', file: 'a.txt' }],
  });
});

test('with the note of the index a glance says the same; one of another state of the database does not count', async () => {
  const { root, runbook } = await project();
  writeWatch(root);
  expect(noteOf(root, runbook)).toMatchObject({ changed: [] });
  const [first, ...others] = runbook.tasks;
  const changed = { ...runbook, tasks: [{ ...(first as Task), outputArtifact: 'b.txt' }, ...others] };
  const note = noteOf(root, changed);
  expect(note?.changed).toEqual(['a']);
  expect(kinds(await glance(root, changed, note))).toEqual(kinds(await glance(root, changed)));
  expect(kinds(await glance(root, changed, note)).a).toBe('stale');
  const old = { state: 'another', changed: [] };
  expect(kinds(await glance(root, changed, old)).a).toBe('stale');
  utimesSync(path.join(root, 'b.txt'), 1, 1);
  expect(kinds(await glance(root, runbook, noteOf(root, runbook))).b).toBe('stale');
});

test('the file counts for one state of the database only, and not when a crash cut it off', async () => {
  const { root, runbook } = await project();
  writeWatch(root);
  writeFileSync(path.join(root, 'b.txt'), 'another b');
  await record(root, runbook, ['b']);
  expect(readWatch(root)).toBeUndefined();
  expect(kinds(await glance(root, runbook)).b).toBe('holds');
  writeWatch(root);
  expect(kinds(await glance(root, runbook)).b).toBe('holds');
  writeFileSync(path.join(root, WATCH_FILE), '{"state": "1 2", "tasks": [["a"');
  expect(readWatch(root)).toBeUndefined();
  expect(kinds(await glance(root, runbook)).b).toBe('holds');
});

test('where nothing was ever written, no file is made', () => {
  const root = makeFolder();
  writeWatch(root);
  expect(readWatch(root)).toBeUndefined();
});
