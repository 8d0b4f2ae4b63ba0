// What is left of deleted texts in the file itself, in a database whose pages were split while it grew.
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import { createRedactor } from '../../../src/base/secrets.ts';
import { HISTORY_DB, type NewCall, openCalls } from '../../../src/history/calls.ts';
import { openReader } from '../../../src/history/reader.ts';
import { openWriter } from '../../../src/history/writer.ts';
import { makeFolder } from '../temporary.ts';

const REDACTOR = createRedactor({});
const CALL: NewCall = {
  source: 'task',
  templateName: 't.md',
  templateText: 'marmalade',
  promptHash: 'h',
  promptText: '',
  requestHash: 'r',
  inputParams: { topic: 'marmalade' },
  model: 'm',
  taskId: 'a',
  runId: 'r',
};

function must<T>(result: { ok: true; value: T } | { ok: false; error: unknown }): NonNullable<T> {
  if (!result.ok || result.value === undefined || result.value === null) throw new Error(JSON.stringify(result));
  return result.value;
}

/** As many calls as fill several pages, with a word of their own in prompt and answer. */
function makeCalls(root: string, count: number): string[] {
  const store = must(openCalls(root, REDACTOR));
  const ids = Array.from({ length: count }, (_, index) => {
    const words = `marmalade number${index} `.repeat(12);
    const id = must(store.begin({ ...CALL, promptText: words }));
    store.running(id);
    store.partial(id, words.slice(0, 100));
    void store.settle(id, { status: 'complete', text: words, attempts: 1, finishReason: 'stop' });
    return id;
  });
  store.close();
  return ids;
}

const watch = (signal = new AbortController().signal) => ({ signal, onProgress: () => undefined });

function wordsIn(root: string): Set<string> {
  const bytes = ['', '-wal'].flatMap((suffix) => {
    const file = path.join(root, `${HISTORY_DB}${suffix}`);
    return existsSync(file) ? [readFileSync(file, 'latin1')] : [];
  });
  return new Set(bytes.join('').match(/number\d+/g));
}

function found(root: string, ...terms: string[]): string[] {
  const reader = must(openReader(root, REDACTOR));
  const { calls } = must(reader.search(terms, {}, 1000));
  reader.close();
  return calls.map(({ id }) => id);
}

/** FTS5 compares its index with the texts. */
function checkIndex(root: string): void {
  const db = new Database(path.join(root, HISTORY_DB));
  db.exec("INSERT INTO call_search (call_search, rank) VALUES ('integrity-check', 1)");
  db.close();
}

/** So many that they are forgotten in several steps, written at one go. */
function makeMany(root: string, count: number): string[] {
  must(openCalls(root, REDACTOR)).close();
  const db = new Database(path.join(root, HISTORY_DB));
  const insert = db.prepare(
    "INSERT INTO quickies (id, template_name, prompt_text, prompt_hash, source, status, output) VALUES (?, 't', ?, 'h', 'task', 'running', '{}')",
  );
  const settle = db.prepare("UPDATE quickies SET status = 'complete', output = json_object('text', ?) WHERE id = ?");
  const ids = Array.from({ length: count }, () => crypto.randomUUID());
  const words = (index: number) => `marmalade number${index} `.repeat(12);
  db.transaction(() => {
    for (const [index, id] of ids.entries()) insert.run(id, words(index));
  })();
  db.transaction(() => {
    for (const [index, id] of ids.entries()) settle.run(words(index), id);
  })();
  db.close();
  return ids;
}

describe.each([
  ['a few', 60, makeCalls],
  ['many', 900, makeMany],
] as const)('of %s calls that are forgotten', (_, count, make) => {
  test('no byte is left, and the search finds the others by the same row numbers', async () => {
    const root = makeFolder();
    const ids = make(root, count);
    const kept = ids.splice(30, 1);
    const writer = must(openWriter(root));
    expect(await writer.forget(ids, watch())).toMatchObject({
      gone: { length: count - 1 },
      rest: 0,
      failure: undefined,
    });
    expect(writer.isClean()).toBe(false);
    expect(found(root, 'marmalade')).toEqual(kept);
    expect(await writer.scrub(watch())).toEqual({ ok: true, value: 'done' });
    expect(writer.isClean()).toBe(true);
    writer.close();
    expect([...wordsIn(root)]).toEqual(['number30']);
    expect(readFileSync(path.join(root, HISTORY_DB), 'latin1')).toContain('marmalade number30');
    expect(found(root, 'marmalade')).toEqual(kept);
    checkIndex(root);
    const reader = must(openReader(root, REDACTOR));
    expect(must(reader.figures({}))).toHaveLength(count);
    reader.close();
  });
});

test('a signal ends it between two steps, others write meanwhile, and the next one does what was left', async () => {
  const root = makeFolder();
  const ids = makeMany(root, 900);
  const interruption = new AbortController();
  const other = must(openCalls(root, REDACTOR, { busyMs: 1000 }));
  const writer = must(openWriter(root));
  let written = 0;
  const first = await writer.forget(ids, {
    signal: interruption.signal,
    onProgress() {
      written += Number(other.begin({ ...CALL, promptText: 'meanwhile' }).ok);
      interruption.abort();
    },
  });
  expect(written).toBe(1);
  expect(first.gone.length + first.rest).toBe(900);
  expect(first.gone.length).toBeGreaterThan(0);
  expect(first.rest).toBeGreaterThan(0);
  expect(await writer.scrub(watch(interruption.signal))).toEqual({ ok: true, value: 'interrupted' });
  checkIndex(root);
  expect(found(root, 'marmalade')).toHaveLength(first.rest);
  expect(found(root, 'meanwhile')).toHaveLength(1);
  expect((await writer.forget(ids, watch())).gone).toHaveLength(first.rest);
  // As long as another has the file open, it is not rewritten: that would hold them up.
  expect(await writer.scrub(watch())).toEqual({ ok: true, value: 'shared' });
  other.close();
  expect(writer.isClean()).toBe(false);
  expect(await writer.scrub(watch())).toEqual({ ok: true, value: 'done' });
  writer.close();
  expect(wordsIn(root)).toEqual(new Set());
  checkIndex(root);
});

test('one that cannot be written to says so, and keeps its texts', async () => {
  const root = makeFolder();
  const ids = makeCalls(root, 10);
  const writer = must(openWriter(root));
  const other = new Database(path.join(root, HISTORY_DB));
  other.exec("CREATE TRIGGER never BEFORE UPDATE ON quickies BEGIN SELECT RAISE(ABORT, 'never'); END");
  const done = await writer.forget(ids, watch());
  expect(done).toMatchObject({ gone: [], rest: 10, failure: { code: 'database' } });
  other.close();
  writer.close();
  expect(found(root, 'marmalade')).toHaveLength(10);
});
