// What a killed process left half done in a database with a rollback journal: read as bytes as SQLite itself would roll it back.
import * as fs from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import { rolledBack } from '../../../src/database/rollback.ts';
import { makeFolder } from '../temporary.ts';

type Cut = { readonly database: Buffer; readonly journal: Buffer };

/** The files as they lie there in the middle of a transaction whose pages have gone to the disk; 300 rows were committed before. */
function cutOff(work: (db: Database.Database) => void, rest: readonly string[] = []): Cut {
  const file = path.join(makeFolder(), 'x.db');
  const db = new Database(file);
  for (const pragma of rest) db.pragma(pragma);
  db.exec('CREATE TABLE t (n INTEGER, text TEXT)');
  db.transaction(() => add(db, 300))();
  db.pragma('cache_size = 2');
  db.exec('BEGIN');
  work(db);
  const cut = { database: fs.readFileSync(file), journal: fs.readFileSync(`${file}-journal`) };
  db.exec('ROLLBACK');
  db.close();
  return cut;
}

function add(db: Database.Database, count: number): void {
  const insert = db.prepare('INSERT INTO t VALUES (?, ?)');
  for (let n = 0; n < count; n += 1) insert.run(n, `before ${'x'.repeat(200)}`);
}

/** By SQLite itself. */
function bySqlite({ database, journal }: Cut): Buffer {
  const file = path.join(makeFolder(), 'x.db');
  fs.writeFileSync(file, database);
  fs.writeFileSync(`${file}-journal`, journal);
  const db = new Database(file);
  db.prepare('SELECT count(*) FROM t').get();
  db.close();
  return fs.readFileSync(file);
}

const CHANGES: [what: string, work: (db: Database.Database) => void, rest?: string[]][] = [
  ['rows that were altered', (db) => db.exec("UPDATE t SET text = 'half done'")],
  ['rows that were added', (db) => add(db, 2000)],
  ['rows that went', (db) => db.exec('DELETE FROM t')],
  ['pages of another size', (db) => db.exec("UPDATE t SET text = 'half done'"), ['page_size = 512']],
];

describe('a transaction that was cut off', () => {
  test.each(CHANGES)('is taken back as SQLite does it: %s', (_, work, rest) => {
    const cut = cutOff(work, rest);
    const bytes = rolledBack(cut.database, cut.journal);
    expect(bytes.equals(cut.database)).toBe(false);
    expect(bytes.equals(bySqlite(cut))).toBe(true);
    const db = new Database(bytes);
    expect(db.pragma('integrity_check', { simple: true })).toBe('ok');
    expect(db.prepare("SELECT count(*) AS n FROM t WHERE text LIKE 'before%'").get()).toEqual({ n: 300 });
    db.close();
  });

  test('is taken back as far as its journal reaches, wherever that was cut off', () => {
    const { database, journal } = cutOff((db) => db.exec("UPDATE t SET text = 'half done'"));
    for (let cut = 512; cut <= journal.length; cut += 3001) {
      const part = { database, journal: journal.subarray(0, cut) };
      expect([cut, rolledBack(database, part.journal).equals(bySqlite(part))]).toEqual([cut, true]);
    }
  });

  test('ends before a record that was altered', () => {
    const { database, journal } = cutOff((db) => db.exec("UPDATE t SET text = 'half done'"));
    const at = Math.floor(journal.length / 2);
    for (let byte = at; byte < at + 200; byte += 1) journal[byte] = (journal[byte] ?? 0) ^ 1;
    expect(rolledBack(database, journal).equals(bySqlite({ database, journal }))).toBe(true);
  });
});

test.each([
  ['there is none', undefined],
  ['it is empty', Buffer.alloc(0)],
  ['its transaction was ended', Buffer.alloc(4096)],
  ['it is no journal', Buffer.from('something else, and longer than the header of one would be')],
])('a database is itself where %s', (_, journal) => {
  const database = Buffer.from('bytes');
  expect(rolledBack(database, journal)).toBe(database);
});
