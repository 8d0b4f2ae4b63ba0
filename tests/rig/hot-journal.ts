// A database as kill -9 leaves it in the middle of a transaction: half of it in the file, and the journal that takes it back beside it.
import { copyFileSync, renameSync } from 'node:fs';
import Database from 'better-sqlite3';

/** `work` is what was cut off: it must be more than a few pages, or nothing of it has reached the file. */
export function cutOffIn(file: string, work: (db: Database.Database) => void): void {
  const db = new Database(file);
  // As where SQLite cannot have a log: on a file system without shared memory.
  db.pragma('journal_mode = delete');
  db.pragma('cache_size = 2');
  db.exec('BEGIN');
  work(db);
  for (const suffix of ['', '-journal']) copyFileSync(`${file}${suffix}`, `${file}${suffix}.kept`);
  db.exec('ROLLBACK');
  db.close();
  for (const suffix of ['', '-journal']) renameSync(`${file}${suffix}.kept`, `${file}${suffix}`);
}

/** In state.db: everything remembered is altered, and much is added. */
export function forgetHalf(db: Database.Database): void {
  db.exec("UPDATE memory SET status = 'half done'; DELETE FROM journal");
  const insert = db.prepare("INSERT INTO memory (task_id, status) VALUES (?, 'half done')");
  for (let n = 0; n < 2000; n += 1) insert.run(`half done ${n}`);
}
