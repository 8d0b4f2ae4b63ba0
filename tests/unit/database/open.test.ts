// SQLite files brought up to date: from nothing, from each earlier stop point, not from a newer one.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import Database from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import {
  attemptQuery,
  type Db,
  integrityProblems,
  type Migration,
  type OpenOptions,
  openDatabase,
} from '../../../src/database/open.ts';
import { openForReading } from '../../../src/database/read.ts';
import { cutOffIn } from '../../rig/hot-journal.ts';
import { makeFolder } from '../temporary.ts';

const MIGRATIONS: Migration[] = [
  { name: '001_first', why: 'a', sql: 'CREATE TABLE items (name TEXT) STRICT' },
  {
    name: '002_second',
    why: 'b',
    sql: "ALTER TABLE items ADD COLUMN size INTEGER; INSERT INTO items VALUES ('made', 2)",
  },
  { name: '003_third', why: 'c', sql: 'CREATE INDEX idx_items ON items (name)' },
];

const fileIn = (folder: string) => path.join(folder, '.orchestrate/x.db');

function open(file: string, migrations: readonly Migration[] = MIGRATIONS) {
  return openDatabase({ file, migrations });
}

function opened(...given: Parameters<typeof open>): Db {
  const result = open(...given);
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  return result.value;
}

const applied = (db: Db) =>
  db
    .prepare<[], { name: string }>('SELECT name FROM migrations ORDER BY name')
    .all()
    .map(({ name }) => name);
const schema = (db: Db) =>
  db.prepare("SELECT type, name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%' ORDER BY name").all();

describe('a database', () => {
  test('is made with its folder, and is durable', () => {
    const file = fileIn(makeFolder());
    const db = opened(file, MIGRATIONS);
    expect(db.pragma('journal_mode', { simple: true })).toBe('wal');
    expect(db.pragma('synchronous', { simple: true })).toBe(3);
    expect(db.pragma('foreign_keys', { simple: true })).toBe(1);
    expect(db.pragma('busy_timeout', { simple: true })).toBe(5000);
    expect(integrityProblems(db)).toEqual([]);
    db.close();
    expect(readdirSync(path.dirname(file))).toEqual(['x.db']);
  });

  test.each([0, 1, 2, 3])('that has the first %d migrations gets the others', (stop) => {
    const file = fileIn(makeFolder());
    opened(file, MIGRATIONS.slice(0, stop)).close();
    const db = opened(file);
    const fresh = opened(fileIn(makeFolder()));
    expect(applied(db)).toEqual(['001_first', '002_second', '003_third']);
    expect(schema(db)).toEqual(schema(fresh));
    expect(db.prepare('SELECT * FROM items').all()).toEqual([{ name: 'made', size: 2 }]);
    db.close();
    fresh.close();
  });

  test('that has all of them is left as it is', () => {
    const file = fileIn(makeFolder());
    opened(file, MIGRATIONS).close();
    const before = readFileSync(file);
    opened(file, MIGRATIONS).close();
    expect(readFileSync(file).equals(before)).toBe(true);
  });

  test('of a newer version is refused and not changed', () => {
    const file = fileIn(makeFolder());
    opened(file, [...MIGRATIONS, { name: '004_of_tomorrow', why: 'd', sql: 'CREATE TABLE news (x)' }]).close();
    const before = readFileSync(file);
    expect(open(file, MIGRATIONS)).toEqual({
      ok: false,
      error: {
        code: 'database',
        path: file,
        message: 'it was written by a newer version (it has "004_of_tomorrow")',
        advice: 'update orchestrate, then try again',
      },
    });
    expect(readFileSync(file).equals(before)).toBe(true);
  });

  test('keeps nothing of a migration that fails', () => {
    const file = fileIn(makeFolder());
    const broken: Migration = { name: '002_broken', why: 'x', sql: 'CREATE TABLE half (x); CREATE TABLE nonsense (' };
    expect(open(file, [...MIGRATIONS.slice(0, 1), broken])).toMatchObject({
      ok: false,
      error: { code: 'database', path: file },
    });
    const db = opened(file, MIGRATIONS.slice(0, 1));
    expect(applied(db)).toEqual(['001_first']);
    expect(schema(db)).toHaveLength(2);
    db.close();
  });

  test.each([
    ['that is no database', 'this is just text, and long enough to be looked at as a header of a file'],
    ['that was cut off', undefined],
  ])('%s is a failure, and stays as it is', (_, text) => {
    const file = fileIn(makeFolder({ '.orchestrate/x.db': text ?? '' }));
    if (text === undefined) {
      const whole = fileIn(makeFolder());
      opened(whole, MIGRATIONS).close();
      writeFileSync(file, readFileSync(whole).subarray(0, 5000));
    }
    const before = readFileSync(file);
    expect(open(file, MIGRATIONS)).toMatchObject({
      ok: false,
      error: { code: 'database', path: file, advice: 'run "orchestrate doctor" to check and repair it' },
    });
    expect(readFileSync(file).equals(before)).toBe(true);
  });

  test('whose folder cannot be made is a failure', () => {
    const folder = makeFolder({ '.orchestrate': 'a file in its place' });
    expect(open(fileIn(folder))).toMatchObject({ ok: false, error: { code: 'io', operation: 'create the folder' } });
  });

  test('that several open for the first time at the same moment is made once', async () => {
    const file = fileIn(makeFolder());
    const gate = new Int32Array(new SharedArrayBuffer(4));
    const source = `
      const { workerData, parentPort } = require('node:worker_threads');
      import(workerData.module).then(({ openDatabase }) => {
        parentPort.postMessage('ready');
        Atomics.wait(workerData.gate, 0, 0);
        const result = openDatabase(workerData.options);
        if (result.ok) result.value.close();
        parentPort.postMessage(result.ok ? 'fine' : JSON.stringify(result.error));
      });`;
    const module = new URL('../../../src/database/open.ts', import.meta.url).href;
    const workerData = { gate, module, options: { file, migrations: MIGRATIONS } };
    const workers = Array.from({ length: 4 }, () => new Worker(source, { eval: true, workerData }));
    const heard = (worker: Worker) =>
      new Promise<unknown>((resolve, reject) => worker.once('message', resolve).once('error', reject));
    expect(await Promise.all(workers.map(heard))).toEqual(Array(4).fill('ready'));
    const answers = workers.map(heard);
    Atomics.store(gate, 0, 1);
    Atomics.notify(gate, 0);
    expect(await Promise.all(answers)).toEqual(Array(4).fill('fine'));
    const db = opened(file);
    expect(applied(db)).toEqual(['001_first', '002_second', '003_third']);
    db.close();
  });
});

describe('for reading', () => {
  const options = (file: string): OpenOptions => ({ file, migrations: MIGRATIONS });

  test('nothing is made where there is none', () => {
    const folder = makeFolder();
    expect(openForReading(options(fileIn(folder)))).toEqual({ ok: true, value: undefined });
    expect(existsSync(path.join(folder, '.orchestrate'))).toBe(false);
  });

  test('nothing is changed, and nothing is left behind', () => {
    const file = fileIn(makeFolder());
    opened(file, MIGRATIONS).close();
    const before = readFileSync(file);
    const reader = openForReading(options(file));
    if (!reader.ok || reader.value === undefined) throw new Error('it was not opened');
    expect(reader.value.prepare('SELECT name FROM items').all()).toEqual([{ name: 'made' }]);
    reader.value.close();
    expect(readFileSync(file).equals(before)).toBe(true);
    expect(readdirSync(path.dirname(file))).toEqual(['x.db']);
  });
});

test('what a killed process left half done is named where it cannot be taken back', () => {
  const file = fileIn(makeFolder());
  opened(file, MIGRATIONS).close();
  cutOffIn(file, (db) => {
    const insert = db.prepare('INSERT INTO items VALUES (?, 1)');
    for (let n = 0; n < 2000; n += 1) insert.run(`half done ${n}`);
  });
  const readOnly = new Database(file, { readonly: true });
  expect(attemptQuery(file, () => readOnly.prepare('SELECT name FROM items').all())).toMatchObject({
    error: { code: 'database', message: expect.stringContaining('was killed while it wrote') },
  });
  readOnly.close();
});
