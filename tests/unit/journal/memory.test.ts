// What the program last wrote, kept over invocations.
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { openDatabase } from '../../../src/database/open.ts';
import { STATE_DB } from '../../../src/journal/file.ts';
import { type Journal, openJournal, readEntries, readState } from '../../../src/journal/journal.ts';
import { STATE_MIGRATIONS } from '../../../src/journal/migrations.ts';
import { cutOffIn, forgetHalf } from '../../rig/hot-journal.ts';
import { makeFolder } from '../temporary.ts';

function memoryOf(root: string): Journal {
  const opened = openJournal(root);
  if (!opened.ok) throw new Error(JSON.stringify(opened.error));
  return opened.value;
}

function remember(root: string, ...pairs: [taskId: string, status: string][]): void {
  const memory = memoryOf(root);
  expect(memory.prepare()).toMatchObject({ ok: true });
  expect(memory.remember(new Map(pairs.map(([taskId, status]) => [taskId, { status }])))).toMatchObject({ ok: true });
  memory.close();
}

const read = (root: string) => statuses(readState(root).memory);
const statuses = (memory: ReadonlyMap<string, { status: string }>) =>
  new Map([...memory].map(([id, { status }]) => [id, status]));

describe('a memory', () => {
  test('is empty at first, and leaves no database behind by being looked at', () => {
    const root = makeFolder();
    const memory = memoryOf(root);
    expect(memory.memory()).toEqual({ ok: true, value: new Map() });
    memory.close();
    expect(existsSync(path.join(root, '.orchestrate'))).toBe(false);
    expect(read(root)).toEqual(new Map());
  });

  test('is read as it was before a transaction that kill -9 cut off, by a reader too', () => {
    const root = makeFolder();
    remember(root, ['a', 'READY']);
    cutOffIn(path.join(root, STATE_DB), forgetHalf);
    expect(read(root)).toEqual(new Map([['a', 'READY']]));
    expect(readEntries(root)).toEqual({ ok: true, value: [] });
    expect(readdirSync(path.join(root, '.orchestrate'))).toEqual(['state.db']);
  });

  test('keeps the last of what was written of each task', () => {
    const root = makeFolder();
    remember(root, ['a', 'READY'], ['b', 'PENDING']);
    remember(root, ['a', 'RUNNING'], ['a', 'DONE'], ['c', 'READY']);
    const expected = new Map([
      ['a', 'DONE'],
      ['b', 'PENDING'],
      ['c', 'READY'],
    ]);
    const memory = memoryOf(root);
    const found = memory.memory();
    expect(found.ok && statuses(found.value)).toEqual(expected);
    memory.close();
    expect(read(root)).toEqual(expected);
  });

  test('is one file, also for those who only read', () => {
    const root = makeFolder();
    remember(root, ['a', 'READY']);
    read(root);
    expect(readdirSync(path.join(root, '.orchestrate'))).toEqual([path.basename(STATE_DB)]);
  });

  test('is read while another has it open', () => {
    const root = makeFolder();
    remember(root, ['a', 'READY']);
    const memory = memoryOf(root);
    expect(read(root)).toEqual(new Map([['a', 'READY']]));
    memory.close();
  });

  test('takes any id as text', () => {
    const root = makeFolder();
    remember(root, ["a'; DROP TABLE memory; --", 'DONE']);
    expect(read(root)).toEqual(new Map([["a'; DROP TABLE memory; --", 'DONE']]));
  });
});

describe('a damaged memory', () => {
  test('is a failure for one who writes, and none for one who reads', () => {
    const root = makeFolder();
    remember(root, ['a', 'READY']);
    writeFileSync(path.join(root, STATE_DB), 'no database at all, but long enough to be taken for one at first sight');
    expect(openJournal(root)).toMatchObject({ ok: false, error: { code: 'database' } });
    expect(read(root)).toEqual(new Map());
  });

  test('of a newer version is refused', () => {
    const root = makeFolder();
    const opened = openDatabase({
      file: path.join(root, STATE_DB),
      migrations: [...STATE_MIGRATIONS, { name: '999_of_tomorrow', why: 'x', sql: 'CREATE TABLE y (z)' }],
    });
    if (opened.ok) opened.value.close();
    expect(openJournal(root)).toMatchObject({
      ok: false,
      error: { code: 'database', message: expect.stringContaining('newer version') },
    });
  });
});

test('migrations are numbered from the first', () => {
  expect(STATE_MIGRATIONS.map(({ name }) => name.slice(0, 3))).toEqual(
    STATE_MIGRATIONS.map((_, index) => String(index + 1).padStart(3, '0')),
  );
});
