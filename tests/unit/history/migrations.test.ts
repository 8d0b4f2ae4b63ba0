// The schema of history.db: the columns, indexes and trigger that S000 asks for, from every earlier version.
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Db, openDatabase } from '../../../src/database/open.ts';
import { HISTORY_MIGRATIONS } from '../../../src/history/migrations.ts';
import { makeFolder } from '../temporary.ts';

function open(file: string, count = HISTORY_MIGRATIONS.length): Db {
  const opened = openDatabase({ file, migrations: HISTORY_MIGRATIONS.slice(0, count) });
  if (!opened.ok) throw new Error(JSON.stringify(opened.error));
  return opened.value;
}

const columns = (db: Db, table: string) =>
  db
    .prepare<[string], { name: string }>('SELECT name FROM pragma_table_info(?)')
    .all(table)
    .map(({ name }) => name);
const names = (db: Db, type: string) =>
  db
    .prepare<[string], { name: string }>(
      "SELECT name FROM sqlite_schema WHERE type = ? AND name NOT LIKE 'sqlite_%' ORDER BY name",
    )
    .all(type)
    .map(({ name }) => name);

test('migrations are numbered from the first, each with a reason', () => {
  expect(HISTORY_MIGRATIONS.map(({ name }) => name.slice(0, 3))).toEqual(
    HISTORY_MIGRATIONS.map((_, index) => String(index + 1).padStart(3, '0')),
  );
  for (const { why } of HISTORY_MIGRATIONS) expect(why).not.toBe('');
});

test('a new database has what S000 and design.md §8 ask for', () => {
  const db = open(path.join(makeFolder(), 'h.db'));
  expect(columns(db, 'quickies')).toEqual(
    expect.arrayContaining([
      ...[
        'id',
        'template_name',
        'prompt_text',
        'prompt_hash',
        'input_params',
        'output',
        'status',
        'error',
        'model',
        'created_at',
        'updated_at',
        'metadata',
      ],
      ...[
        'source',
        'task_id',
        'run_id',
        'attempts',
        'finish_reason',
        'resolved_model',
        'prompt_tokens',
        'cached_tokens',
        'completion_tokens',
        'cost_usd',
        'ttft_ms',
        'total_ms',
      ],
    ]),
  );
  expect(names(db, 'table')).toEqual(expect.arrayContaining(['quickies', 'prompt_sources']));
  expect(names(db, 'index')).toEqual(
    expect.arrayContaining([
      'idx_quickies_template_name',
      'idx_quickies_prompt_hash',
      'idx_quickies_status',
      'idx_quickies_created_at',
    ]),
  );
  expect(names(db, 'trigger')).toContain('update_timestamp_quickies');
  db.close();
});

describe('a database of an earlier version', () => {
  test.each(Array.from({ length: HISTORY_MIGRATIONS.length + 1 }, (_, count) => [count] as const))(
    'with %d migrations becomes the same as a new one, and keeps its rows',
    (count) => {
      const file = path.join(makeFolder(), 'h.db');
      const old = open(file, count);
      if (count > 0)
        old.exec(
          "INSERT INTO quickies (id, template_name, prompt_text, prompt_hash, source) VALUES ('1', 't', 'p', 'h', 'task')",
        );
      old.close();
      const db = open(file);
      const fresh = open(path.join(makeFolder(), 'h.db'));
      for (const table of names(fresh, 'table')) expect(columns(db, table)).toEqual(columns(fresh, table));
      for (const type of ['table', 'index', 'trigger']) expect(names(db, type)).toEqual(names(fresh, type));
      expect(db.prepare('SELECT id, status, input_params FROM quickies').all()).toEqual(
        count > 0 ? [{ id: '1', status: 'pending', input_params: '{}' }] : [],
      );
      db.close();
      fresh.close();
    },
  );
});

describe('a row', () => {
  test('tells when it was changed', async () => {
    const db = open(path.join(makeFolder(), 'h.db'));
    db.exec(
      "INSERT INTO quickies (id, template_name, prompt_text, prompt_hash, source) VALUES ('1', 't', 'p', 'h', 'task')",
    );
    const times = () =>
      db.prepare('SELECT created_at, updated_at FROM quickies').get() as { created_at: string; updated_at: string };
    expect(times().updated_at).toBe(times().created_at);
    expect(times().created_at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    await new Promise((resolve) => setTimeout(resolve, 5));
    db.exec("UPDATE quickies SET status = 'running'");
    expect(times().updated_at > times().created_at).toBe(true);
    db.close();
  });

  test.each([
    ['status', "'finished'"],
    ['source', "'nobody'"],
    ['review', "'maybe'"],
    ['prompt_tokens', "'many'"],
  ])('has no %s that is none', (column, value) => {
    const db = open(path.join(makeFolder(), 'h.db'));
    db.exec(
      "INSERT INTO quickies (id, template_name, prompt_text, prompt_hash, source) VALUES ('1', 't', 'p', 'h', 'task')",
    );
    expect(() => db.exec(`UPDATE quickies SET ${column} = ${value}`)).toThrow(/constraint|cannot store/);
    db.close();
  });
});
