// What waits for the files, where what was to be recorded before it is not.
import nodeFs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
import { openLog } from '../../../src/events/log.ts';
import { type Entry, openJournal, type Recorded } from '../../../src/journal/journal.ts';
import { createHeld, type Held } from '../../../src/run/held.ts';
import { entryOf } from '../../../src/run/recording.ts';
import type { TaskChange } from '../../../src/run/step.ts';
import { createFileCache } from '../../../src/runbook/file-cache.ts';
import { makeFolder } from '../temporary.ts';

const BOOK = `tasks:
  - { id: a, name: A, type: MANUAL, status: RUNNING }
  - { id: b, name: B, type: MANUAL, status: READY }
`;
const ENDED = [{ taskId: 'a', from: 'RUNNING', to: 'DONE' }] as const;
const STARTED = [{ taskId: 'b', from: 'READY', to: 'RUNNING' }] as const;

test('nothing is planned on what could not be recorded meanwhile', async () => {
  const root = makeFolder({ 'runbook.yaml': BOOK });
  const journal = openJournal(root);
  if (!journal.ok) throw new Error(journal.error.code);
  const parts = { root, log: openLog(root), journal: journal.value, files: createFileCache() };
  const held = createHeld(parts, { beforeWrite: () => undefined, written: () => undefined });
  held.wrote();
  expect(await held.plan(ENDED, true)).toEqual([{ taskId: 'a', entry: { status: 'RUNNING' } }]);
  held.expect();
  expect(await held.plan(STARTED, false)).toEqual([{ taskId: 'b', entry: { status: 'READY' } }]);
  const planned = held.plan(STARTED, false);
  held.drop();
  expect(await planned).toBeUndefined();
  expect(held.isEmpty()).toBe(true);
  journal.value.close();
});

type Changes = readonly TaskChange[];

function stage(written: () => void = () => undefined) {
  const root = makeFolder({ 'runbook.yaml': BOOK });
  const journal = openJournal(root);
  if (!journal.ok) throw new Error(journal.error.code);
  const parts = { root, log: openLog(root), journal: journal.value, files: createFileCache() };
  const held = createHeld(parts, { beforeWrite: () => undefined, written });
  /** Stands in the journal. */
  const recorded = (changes: Changes): Entry => {
    const entry = { at: 'T', runId: 'r', title: 'X', changes, former: [], lines: [], logSize: 0 };
    const recording = { entry, state: 'pending', remember: new Map(), undoes: [], end: [] } as const;
    const made = journal.value.record([recording]);
    if (!made.ok) throw new Error(made.error.code);
    return entryOf(recording, made.value[0] as Recorded);
  };
  return { held, recorded, runbook: path.join(root, 'runbook.yaml'), journal: journal.value };
}

test('after a write that failed nothing is written by itself, although more was recorded meanwhile', async () => {
  const { held, recorded, runbook, journal } = stage();
  held.take([recorded(ENDED)]);
  const broken = Object.assign(new Error('EIO'), { code: 'EIO' });
  const failing = vi.spyOn(nodeFs, 'fsync').mockImplementation((_file, tell) => tell(broken));
  const done = held.write();
  held.take([recorded(STARTED)]);
  expect((await done).ok).toBe(false);
  failing.mockRestore();
  await sleep(150);
  expect(nodeFs.readFileSync(runbook, 'utf8')).toBe(BOOK);
  expect((await held.write()).ok).toBe(true);
  expect(nodeFs.readFileSync(runbook, 'utf8')).toBe(BOOK.replace('RUNNING', 'DONE').replace('READY', 'RUNNING'));
  journal.close();
});

test('what was lost while the files were written is known again only when they have all', async () => {
  const plans: ReturnType<Held['plan']>[] = [];
  const ended: Changes = [{ taskId: 'b', from: 'RUNNING', to: 'DONE' }];
  const { held, recorded, journal } = stage(() => plans.push(held.plan(ended, true)));
  held.take([recorded(ENDED)]);
  const done = held.write();
  held.take([recorded(STARTED)]);
  await held.plan(ended, true);
  held.expect();
  held.drop();
  expect((await done).ok).toBe(true);
  expect(await Promise.all(plans)).toEqual([undefined, [{ taskId: 'b', entry: { status: 'RUNNING' } }]]);
  journal.close();
});
