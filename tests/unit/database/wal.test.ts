// A database and its write-ahead log, read as bytes: what SQLite itself would see, without a file made for it.
import * as fs from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, describe, expect, test } from 'vitest';
import { withLog } from '../../../src/database/wal.ts';
import { makeFolder } from '../temporary.ts';

const writers: Database.Database[] = [];
afterEach(() => {
  for (const writer of writers.splice(0)) writer.close();
});

/** A database that is still open, so that its log is there: 300 rows in the file, then what `work` adds in the log. */
function written(work: (db: Database.Database) => void): { database: Buffer; log: Buffer } {
  const file = path.join(makeFolder(), 'x.db');
  const db = new Database(file);
  writers.push(db);
  db.pragma('journal_mode = WAL');
  db.pragma('wal_autocheckpoint = 0');
  db.exec('CREATE TABLE t (n INTEGER, text TEXT)');
  add(db, 0, 300);
  db.pragma('wal_checkpoint(TRUNCATE)');
  work(db);
  return { database: fs.readFileSync(file), log: fs.readFileSync(`${file}-wal`) };
}

function add(db: Database.Database, from: number, to: number): void {
  const insert = db.prepare('INSERT INTO t VALUES (?, ?)');
  db.transaction(() => {
    for (let n = from; n < to; n += 1) insert.run(n, 'x'.repeat(200));
  })();
}

function rowsIn(bytes: Buffer): number {
  const db = new Database(bytes);
  expect(db.pragma('integrity_check')).toEqual([{ integrity_check: 'ok' }]);
  const { n } = db.prepare('SELECT count(*) AS n FROM t').get() as { n: number };
  db.close();
  return n;
}

describe('a database with a log', () => {
  test('has the rows of both', () => {
    const { database, log } = written((db) => add(db, 300, 900));
    expect(rowsIn(withLog(database, undefined))).toBe(300);
    expect(rowsIn(withLog(database, log))).toBe(900);
  });

  test('is as small as the log says, after rows went', () => {
    const { database, log } = written((db) => {
      db.exec('DELETE FROM t WHERE n > 2');
      db.exec('VACUUM');
    });
    const bytes = withLog(database, log);
    expect(rowsIn(bytes)).toBe(3);
    expect(bytes.length).toBeLessThan(database.length);
  });

  test('ends at the last commit that is whole, wherever the log is cut off', () => {
    const commits: number[] = [];
    const { database, log } = written((db) => {
      for (let part = 0; part < 5; part += 1) {
        add(db, 300 + part * 100, 400 + part * 100);
        commits.push(fs.statSync(`${db.name}-wal`).size);
      }
    });
    for (let cut = 0; cut <= log.length; cut += 1511) {
      const whole = commits.filter((end) => end <= cut).length;
      expect(rowsIn(withLog(database, log.subarray(0, cut)))).toBe(300 + whole * 100);
    }
  });

  test('ends before a frame that was altered', () => {
    const commits: number[] = [];
    const { database, log } = written((db) => {
      for (let part = 0; part < 3; part += 1) {
        add(db, 300 + part * 100, 400 + part * 100);
        commits.push(fs.statSync(`${db.name}-wal`).size);
      }
    });
    const at = (commits[0] ?? 0) + 100;
    log[at] = (log[at] ?? 0) ^ 1;
    expect(rowsIn(withLog(database, log))).toBe(400);
  });

  test('takes nothing from frames that an earlier use of the log left behind', () => {
    const { database, log } = written((db) => {
      add(db, 300, 900);
      db.pragma('wal_checkpoint(RESTART)');
      add(db, 900, 910);
    });
    expect(rowsIn(withLog(database, log))).toBe(910);
  });

  test.each([
    ['no log', Buffer.alloc(0)],
    ['no header', Buffer.from('not a log, but longer than its header would be')],
  ])('is itself where the log is %s', (_, log) => {
    const { database } = written(() => undefined);
    expect(rowsIn(withLog(database, log))).toBe(300);
  });
});
