// What the program last wrote, kept over invocations.
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { openDatabase } from '../../../src/database/open.ts';
import { type Memory, openMemory, readMemory, STATE_DB, STATE_MIGRATIONS } from '../../../src/journal/memory.ts';
import { makeFolder } from '../temporary.ts';

function memoryOf(root: string): Memory {
  const opened = openMemory(root);
  if (!opened.ok) throw new Error(JSON.stringify(opened.error));
  return opened.value;
}

function remember(root: string, ...pairs: [taskId: string, status: string][]): void {
  const memory = memoryOf(root);
  expect(memory.prepare()).toMatchObject({ ok: true });
  memory.remember(pairs.map(([taskId, status]) => ({ taskId, status })));
  memory.close();
}

describe('a memory', () => {
  test('is empty at first, and leaves no database behind by being looked at', () => {
    const root = makeFolder();
    const memory = memoryOf(root);
    expect(memory.statuses()).toEqual(new Map());
    memory.close();
    expect(existsSync(path.join(root, '.orchestrate'))).toBe(false);
    expect(readMemory(root)).toEqual(new Map());
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
    expect(memory.statuses()).toEqual(expected);
    memory.close();
    expect(readMemory(root)).toEqual(expected);
  });

  test('is one file, also for those who only read', () => {
    const root = makeFolder();
    remember(root, ['a', 'READY']);
    readMemory(root);
    expect(readdirSync(path.join(root, '.orchestrate'))).toEqual([path.basename(STATE_DB)]);
  });

  test('is read while another has it open', () => {
    const root = makeFolder();
    remember(root, ['a', 'READY']);
    const memory = memoryOf(root);
    expect(readMemory(root)).toEqual(new Map([['a', 'READY']]));
    memory.close();
  });

  test('takes any id as text', () => {
    const root = makeFolder();
    remember(root, ["a'; DROP TABLE memory; --", 'DONE']);
    expect(readMemory(root)).toEqual(new Map([["a'; DROP TABLE memory; --", 'DONE']]));
  });
});

describe('a damaged memory', () => {
  test('is a failure for one who writes, and none for one who reads', () => {
    const root = makeFolder();
    remember(root, ['a', 'READY']);
    writeFileSync(path.join(root, STATE_DB), 'no database at all, but long enough to be taken for one at first sight');
    expect(openMemory(root)).toMatchObject({ ok: false, error: { code: 'database' } });
    expect(readMemory(root)).toEqual(new Map());
  });

  test('of a newer version is refused', () => {
    const root = makeFolder();
    const opened = openDatabase({
      file: path.join(root, STATE_DB),
      migrations: [...STATE_MIGRATIONS, { name: '999_of_tomorrow', why: 'x', sql: 'CREATE TABLE y (z)' }],
      journalMode: 'delete',
    });
    if (opened.ok) opened.value.close();
    expect(openMemory(root)).toMatchObject({
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
