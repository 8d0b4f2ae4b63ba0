// A database is sound, damaged, newer, or cannot be told; and a damaged one is moved aside with its companions.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { databaseHealth, setAside } from '../../../src/database/health.ts';
import { type Migration, openDatabase } from '../../../src/database/open.ts';

const MIGRATIONS: Migration[] = [
  { name: '001', why: 'a test', sql: 'CREATE TABLE t (a TEXT); CREATE INDEX i ON t (a)' },
];
let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'orchestrate-health-'));
  file = path.join(folder, 'x.db');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function make(rows = 500): void {
  const opened = openDatabase({ file, migrations: MIGRATIONS });
  if (!opened.ok) throw new Error('not opened');
  const insert = opened.value.prepare('INSERT INTO t VALUES (?)');
  opened.value.transaction(() => {
    for (let i = 0; i < rows; i++) insert.run(`row ${i} ${'x'.repeat(50)}`);
  })();
  opened.value.close();
}

/** Page 3 and what follows filled with noise: the header still says that it is a database. */
function damage(): void {
  const bytes = readFileSync(file);
  bytes.fill(0xab, 3 * 4096);
  writeFileSync(file, bytes);
}

test('none', () => {
  expect(databaseHealth(file, MIGRATIONS)).toEqual({ kind: 'absent' });
  expect(readdirSync(folder)).toEqual([]);
});

test('a sound one is left without a trace', () => {
  make();
  const before = readFileSync(file);
  expect(databaseHealth(file, MIGRATIONS)).toEqual({ kind: 'sound' });
  expect(readdirSync(folder)).toEqual(['x.db']);
  expect(readFileSync(file).equals(before)).toBe(true);
});

test('an empty file is a database in which nothing was made yet', () => {
  writeFileSync(file, '');
  expect(databaseHealth(file, MIGRATIONS)).toEqual({ kind: 'sound' });
});

test('one that a newer version wrote', () => {
  make();
  expect(databaseHealth(file, [])).toEqual({ kind: 'newer', migration: '001' });
});

test.each([
  [
    'text instead of a database',
    () => writeFileSync(file, 'no database, but longer than its header would be'.repeat(10)),
  ],
  ['pages of noise', () => (make(), damage())],
  ['an end that is missing', () => (make(), writeFileSync(file, readFileSync(file).subarray(0, 2 * 4096)))],
])('%s is damage', (_, prepare) => {
  prepare();
  expect(databaseHealth(file, MIGRATIONS)).toMatchObject({ kind: 'damaged', reason: expect.stringMatching(/./) });
});

test('one that somebody else holds is no damage', () => {
  make();
  const other = new Database(file);
  other.pragma('locking_mode = EXCLUSIVE');
  other.exec('BEGIN EXCLUSIVE');
  expect(databaseHealth(file, MIGRATIONS)).toMatchObject({ kind: 'unknown', reason: expect.stringMatching(/locked/) });
  other.close();
});

test('a folder in its place is no damage', () => {
  expect(databaseHealth(folder, MIGRATIONS)).toMatchObject({ kind: 'unknown' });
});

test('set aside, it takes its companions with it, and a new one can be made', () => {
  for (const suffix of ['', '-wal', '-shm', '-journal']) writeFileSync(file + suffix, `old${suffix}`);
  const moved = setAside(file);
  if (!moved.ok) throw new Error('not moved');
  expect(path.basename(moved.value)).toMatch(/^x\.db\.corrupt-\d{4}-\d\d-\d\dT[\d-]+Z$/);
  expect(existsSync(file)).toBe(false);
  for (const suffix of ['', '-wal', '-shm', '-journal'])
    expect(readFileSync(moved.value + suffix, 'utf8')).toBe(`old${suffix}`);
  make();
  expect(databaseHealth(file, MIGRATIONS)).toEqual({ kind: 'sound' });
});
