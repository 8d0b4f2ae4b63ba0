// What waits for the files, where what was to be recorded before it is not.
import { expect, test } from 'vitest';
import { openLog } from '../../../src/events/log.ts';
import { openJournal } from '../../../src/journal/journal.ts';
import { createHeld } from '../../../src/run/held.ts';
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
