// What a reader makes of files that a run beside it is writing. With a real journal and real files.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { type Journal, openJournal } from '../../../src/journal/journal.ts';
import { readBeside } from '../../../src/run/beside.ts';
import { loadRunbook } from '../../../src/runbook/store.ts';
import { makeFolder } from '../temporary.ts';

const HEAD = 'tasks:\n  - { id: a, name: A, type: MANUAL, task_detail_file: a.yaml, status: ';

/** The runbook says READY, the detail file RUNNING, as in the middle of a writing; the journal says that it is DONE. */
function stage() {
  const root = makeFolder({ 'runbook.yaml': `${HEAD}READY }\n`, 'a.yaml': 'id: a\nstatus: RUNNING\n' });
  const opened = openJournal(root);
  if (!opened.ok) throw new Error(opened.error.code);
  return { root, journal: opened.value };
}

/** Its start and its end. */
function record(journal: Journal): number[] {
  const moves = [
    { from: 'READY', to: 'RUNNING' },
    { from: 'RUNNING', to: 'DONE' },
  ];
  const recorded = journal.record(
    moves.map(({ from, to }) => ({
      entry: {
        at: '2026-01-31T12:00:00.000Z',
        runId: 'r',
        title: to,
        changes: [{ taskId: 'a', from, to, detail: { file: 'a.yaml', from } }],
        former: [],
        lines: [],
        logSize: 0,
      },
      state: 'pending' as const,
      undoes: [],
      remember: new Map([['a', { status: to }]]),
      end: [],
    })),
  );
  return recorded.ok ? recorded.value.map(({ seq }) => seq) : [];
}

function write(root: string, inRunbook: string, inDetail: string): void {
  writeFileSync(path.join(root, 'runbook.yaml'), `${HEAD}${inRunbook} }\n`);
  writeFileSync(path.join(root, 'a.yaml'), `id: a\nstatus: ${inDetail}\n`);
}

async function look(root: string, meanwhile: () => void = () => undefined) {
  const loaded = await loadRunbook(root);
  if (!loaded.ok) throw new Error(loaded.error.code);
  const read = await readBeside(root, loaded.value, () => {
    meanwhile();
    return loadRunbook(root);
  });
  return read.ok && { status: read.value.tasks[0]?.status, problems: read.value.problems.map(({ code }) => code) };
}

test('files that have not yet got what is in the journal are no conflict', async () => {
  const { root, journal } = stage();
  record(journal);
  expect(await look(root)).toEqual({ status: 'READY', problems: [] });
  journal.close();
});

test('files that were read before the journal went on are read again', async () => {
  const { root, journal } = stage();
  journal.mark(record(journal), 'settled');
  expect(await look(root, () => write(root, 'DONE', 'DONE'))).toEqual({ status: 'DONE', problems: [] });
  journal.close();
});

test('what looks like a conflict once, and like another afterwards, is being written', async () => {
  const { root, journal } = stage();
  journal.mark(record(journal), 'settled');
  expect(await look(root, () => write(root, 'RUNNING', 'READY'))).toEqual({ status: 'RUNNING', problems: [] });
  journal.close();
});

test('what somebody set in both files is a conflict also while the files have not got what is in the journal', async () => {
  const { root, journal } = stage();
  record(journal);
  write(root, 'PENDING', 'ERROR');
  expect(await look(root)).toEqual({ status: 'PENDING', problems: ['status-conflict'] });
  journal.close();
});

test('a conflict that stays is told', async () => {
  const { root, journal } = stage();
  journal.mark(record(journal), 'settled');
  expect(await look(root)).toEqual({ status: 'READY', problems: ['status-conflict'] });
  journal.close();
});
