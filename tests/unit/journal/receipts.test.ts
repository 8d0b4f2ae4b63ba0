// Receipts in the database: in the transaction of their entry, taken back with it. Real SQLite.
import path from 'node:path';
import { expect, test } from 'vitest';
import { openDatabase } from '../../../src/database/open.ts';
import type { LogLine } from '../../../src/events/types.ts';
import { STATE_DB } from '../../../src/journal/file.ts';
import { type Journal, openJournal, type Recording, readReceipts } from '../../../src/journal/journal.ts';
import { STATE_MIGRATIONS } from '../../../src/journal/migrations.ts';
import { makeFolder } from '../temporary.ts';

function journalOf(root: string): Journal {
  const opened = openJournal(root);
  if (!opened.ok) throw new Error(opened.error.code);
  return opened.value;
}

function lineOf(event_type: LogLine['event_type'], rest: Partial<LogLine> = {}): LogLine {
  return { timestamp: 'T', task_id: 'a', event_type, run_id: 'r', actor: 'person', ...rest };
}

function record(journal: Journal, lines: readonly LogLine[], rest: Partial<Recording> = {}): number {
  const recorded = journal.record([
    {
      entry: { at: 'T', runId: 'r', title: '', changes: [], former: [], lines, logSize: 0 },
      state: 'pending',
      remember: new Map([['a', { status: 'DONE' }]]),
      undoes: [],
      end: [],
      ...rest,
    },
  ]);
  if (!recorded.ok) throw new Error(recorded.error.code);
  return recorded.value[0]?.seq ?? 0;
}

const done = (note: string) => lineOf('COMPLETE_TASK', { status_change: 'RUNNING -> DONE', details: { note } });
const notesIn = (root: string) =>
  [...readReceipts(root).receipts.values()].map(
    ({ taskId, event, details }) => `${taskId} ${event} ${String(details.note)}`,
  );

test('the newest counts, and a status set by hand is one', () => {
  const root = makeFolder();
  const journal = journalOf(root);
  record(journal, [done('first'), lineOf('TASK_READY', { task_id: 'b' })]);
  record(journal, [done('second')]);
  expect(notesIn(root)).toEqual(['a COMPLETE_TASK second']);
  record(journal, [lineOf('STATUS_EDITED', { status_change: 'ERROR -> READY' })]);
  expect(notesIn(root)).toEqual(['a COMPLETE_TASK second']);
  record(journal, [lineOf('STATUS_EDITED', { status_change: 'READY -> DONE', details: { note: 'by hand' } })]);
  expect(notesIn(root)).toEqual(['a STATUS_EDITED by hand']);
  record(journal, [lineOf('STATE_IMPORTED', { status_change: 'DONE -> READY' })]);
  expect(notesIn(root)).toEqual(['a STATUS_EDITED by hand']);
  record(journal, [lineOf('STATE_IMPORTED', { status_change: 'READY -> DONE', details: { note: 'elsewhere' } })]);
  expect(notesIn(root)).toEqual(['a COMPLETE_TASK elsewhere']);
  journal.close();
});

test('what was undone counts no more, and what it had replaced does again', () => {
  const root = makeFolder();
  const journal = journalOf(root);
  record(journal, [done('first')]);
  const second = record(journal, [done('second')]);
  const undo = record(journal, [lineOf('UNDONE', { status_change: 'DONE -> READY' })], { undoes: [second] });
  expect(notesIn(root)).toEqual(['a COMPLETE_TASK first']);
  journal.withdraw(undo, { memory: new Map(), running: [], undone: [second] });
  expect(notesIn(root)).toEqual(['a COMPLETE_TASK second']);
  journal.close();
});

test('what never reached the files, or was overruled there, leaves none', () => {
  const root = makeFolder();
  const journal = journalOf(root);
  const withdrawn = record(journal, [done('withdrawn')]);
  journal.withdraw(withdrawn, { memory: new Map(), running: [], undone: [] });
  record(journal, [done('overruled')], { state: 'overruled' });
  expect(notesIn(root)).toEqual([]);
  journal.close();
});

test('old ones that were replaced are thrown away with their entries', () => {
  const root = makeFolder();
  const journal = journalOf(root);
  record(journal, [done('kept for ever')]);
  for (let n = 0; n < 3; n += 1)
    record(journal, [lineOf('COMPLETE_TASK', { task_id: 'b', details: { note: `b${n}` } })]);
  const settle = journal.unsettled();
  if (settle.ok)
    journal.mark(
      settle.value.map(({ seq }) => seq),
      'settled',
    );
  journal.close();
  const opened = openDatabase({ file: path.join(root, STATE_DB), migrations: STATE_MIGRATIONS });
  if (!opened.ok) throw new Error(opened.error.code);
  opened.value.exec("UPDATE sqlite_sequence SET seq = 5999 WHERE name = 'journal'");
  opened.value.close();
  const again = journalOf(root);
  record(again, [lineOf('TASK_READY')]);
  again.close();
  expect(notesIn(root)).toEqual(['a COMPLETE_TASK kept for ever', 'b COMPLETE_TASK b2']);
  const counted = openDatabase({
    file: path.join(root, STATE_DB),
    migrations: STATE_MIGRATIONS,
  });
  if (!counted.ok) throw new Error(counted.error.code);
  expect(counted.value.prepare('SELECT count(*) AS n FROM receipts').get()).toEqual({ n: 2 });
  counted.value.close();
});

test('a database of before, or none, has none and is no error', () => {
  const root = makeFolder();
  expect(readReceipts(root).receipts.size).toBe(0);
  const old = openDatabase({
    file: path.join(root, STATE_DB),
    migrations: STATE_MIGRATIONS.slice(0, 2),
  });
  if (old.ok) old.value.close();
  expect(readReceipts(root).receipts.size).toBe(0);
});
