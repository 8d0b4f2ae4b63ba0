// The history asked and changed afterwards, on real databases: search, filters, ids, deleting, prices, folders that are read-only.
import * as fs from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import { createRedactor } from '../../../src/base/secrets.ts';
import { openDatabase } from '../../../src/database/open.ts';
import { HISTORY_DB, type NewCall, openCalls, type Settlement } from '../../../src/history/calls.ts';
import { type CallFilter, matchExpression, searchTerms } from '../../../src/history/filter.ts';
import { HISTORY_MIGRATIONS } from '../../../src/history/migrations.ts';
import { type HistoryReader, openReader } from '../../../src/history/reader.ts';
import { type HistoryWriter, openWriter } from '../../../src/history/writer.ts';
import { makeFolder } from '../temporary.ts';

const NO_SECRETS = createRedactor({});

type Made = Partial<NewCall> & { readonly answer?: string; readonly end?: Partial<Settlement> | 'open' };

/** Settles one call after the other; gives their ids. */
function make(root: string, calls: readonly Made[]): string[] {
  const store = value(openCalls(root, NO_SECRETS));
  const ids = calls.map(({ answer = 'Cats purr.', end = {}, ...rest }) => {
    const id = value(
      store.begin({
        source: 'task',
        templateName: 't.md',
        templateText: `text of ${rest.promptHash ?? 'abc'}`,
        promptHash: 'abc',
        promptText: 'Write about cats',
        requestHash: 'r',
        inputParams: { topic: 'cats' },
        model: 'm',
        taskId: 'a',
        runId: 'run-1',
        metadata: { provider: 'openai', attempt: 1 },
        ...rest,
      }),
    );
    if (end !== 'open')
      // What can be written at once is there when this returns.
      void store.settle(id, {
        status: 'complete',
        text: answer,
        attempts: 1,
        finishReason: 'stop',
        costUsd: 0.25,
        ...end,
      });
    return id;
  });
  store.close();
  return ids;
}

function value<T>(
  result: { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: unknown },
): T {
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  return result.value;
}

function reading<T>(root: string, use: (reader: HistoryReader) => T, redactor = NO_SECRETS): T {
  const reader = value(openReader(root, redactor));
  if (reader === undefined) throw new Error('no history');
  try {
    return use(reader);
  } finally {
    reader.close();
  }
}

async function writing<T>(root: string, use: (writer: HistoryWriter) => T | Promise<T>): Promise<T> {
  const writer = value(openWriter(root));
  if (writer === undefined) throw new Error('no history');
  try {
    return await use(writer);
  } finally {
    writer.close();
  }
}

async function forgotten(writer: HistoryWriter, ids: readonly string[]): Promise<string[]> {
  const { gone } = await writer.forget(ids, { signal: new AbortController().signal, onProgress: () => undefined });
  return gone.map(({ id }) => id);
}

function query(root: string, sql: string): Record<string, unknown>[] {
  const db = new Database(path.join(root, HISTORY_DB));
  try {
    return db.prepare<[], Record<string, unknown>>(sql).all();
  } finally {
    db.close();
  }
}

/** The index against the rows: FTS5's own check, which throws where they differ. */
function checkIndex(root: string): void {
  const db = new Database(path.join(root, HISTORY_DB));
  db.exec("INSERT INTO call_search (call_search, rank) VALUES ('integrity-check', 1)");
  db.close();
}

describe('words to search for', () => {
  test.each([
    ['one two', '"one" AND "two"'],
    ['"two words" more', '"two words" AND "more"'],
    ['launch*', '"launch"*'],
    ['a OR b', '"a" AND "OR" AND "b"'],
    ['prompt:x -y (z', '"prompt:x" AND "-y" AND "(z"'],
    ['  * "" -- ', ''],
    ['it"s', '"its"'],
  ])('%j', (text, expression) => {
    expect(matchExpression(searchTerms(text))).toBe(expression);
  });
});

describe('search', () => {
  const found = (root: string, text: string, filter: CallFilter = {}, limit = 9) =>
    reading(root, (reader) => value(reader.search(searchTerms(text), filter, limit)).calls.map(({ id }) => id));

  test.each([
    ['a word of the prompt', 'dogs', [1]],
    ['a word of the answer', 'purr', [0]],
    ['words that stand in both parts', 'dogs barken', [1]],
    ['another case, without accents', 'CAFE', [2]],
    ['the beginning of a word', 'bark*', [1]],
    ['a phrase', '"about dogs"', [1]],
    ['words in another order are no phrase', '"dogs about"', []],
    ['newest first', 'write', [2, 1, 0]],
    ['a name of JSON is in no text', 'text', []],
    ['a word after an escape', 'next', [2]],
    ['an operator is a word', 'NOT', []],
  ])('finds %s', (_, text, expected) => {
    const root = makeFolder();
    const ids = make(root, [
      {},
      { promptText: 'Write about dogs', answer: 'Sie barken.' },
      { answer: 'Café "x"\nnext' },
    ]);
    expect(found(root, text)).toEqual(expected.map((index) => ids[index]));
  });

  test('finds what has arrived so far, and not what stood there before', async () => {
    const root = makeFolder();
    const [id = ''] = make(root, [{ end: 'open' }]);
    const store = value(openCalls(root, NO_SECRETS));
    store.running(id);
    store.partial(id, 'first');
    expect(found(root, 'first')).toEqual([id]);
    await store.settle(id, { status: 'error', text: 'second', attempts: 1, finishReason: null });
    store.close();
    expect(found(root, 'first')).toEqual([]);
    expect(found(root, 'second', { status: 'error' })).toEqual([id]);
    checkIndex(root);
  });

  test('finds the calls of a version that had no index', () => {
    const root = makeFolder();
    fs.mkdirSync(path.join(root, '.orchestrate'));
    const old = value(
      openDatabase({
        file: path.join(root, HISTORY_DB),
        migrations: HISTORY_MIGRATIONS.slice(0, 1),
      }),
    );
    old.exec(`INSERT INTO quickies (id, template_name, prompt_text, prompt_hash, source, output) VALUES
      ('1', 't', 'old prompt', 'h', 'task', '{"text":"old answer"}'), ('2', 't', 'broken', 'h', 'task', 'no JSON')`);
    old.close();
    expect(found(root, 'answer')).toEqual(['1']);
    expect(found(root, 'broken')).toEqual(['2']);
    checkIndex(root);
  });

  test('says when there are more', () => {
    const root = makeFolder();
    make(root, [{}, {}, {}]);
    const page = (limit: number) => reading(root, (reader) => value(reader.search(['cats'], {}, limit)));
    expect(page(2)).toMatchObject({ calls: [{}, {}], more: true });
    expect(page(3)).toMatchObject({ calls: [{}, {}, {}], more: false });
  });
});

describe('a filter', () => {
  test.each<[string, CallFilter, number[]]>([
    ['nothing', {}, [4, 3, 2, 1, 0]],
    ['a source', { source: 'chat' }, [1]],
    ['a task', { task: 'b' }, [2]],
    ['a template', { template: 'u.md' }, [3]],
    ['the beginning of a hash', { hash: 'FFF0' }, [3]],
    ['a model as asked for', { model: 'n' }, [1]],
    ['a model as it answered', { model: 'm-2026' }, [2]],
    ['a status', { status: 'error' }, [4]],
    ['a time', { since: '2000-01-01T00:00:00.000Z', until: '2001-01-01T00:00:00.000Z' }, []],
    ['several', { model: 'm', status: 'complete', task: 'a' }, [3, 0]],
  ])('by %s holds for the list and the search alike', (_, filter, expected) => {
    const root = makeFolder();
    const ids = make(root, [
      {},
      { source: 'chat', model: 'n' },
      { taskId: 'b', end: { resolvedModel: 'm-2026' } },
      { templateName: 'u.md', promptHash: 'fff0123' },
      { end: { status: 'error', error: 'it broke' } },
    ]);
    const wanted = expected.map((index) => ids[index]);
    reading(root, (reader) => {
      expect(value(reader.list(filter, 9)).calls.map(({ id }) => id)).toEqual(wanted);
      expect(value(reader.search(['cats'], filter, 9)).calls.map(({ id }) => id)).toEqual(wanted);
    });
  });

  test('keeps the order of making when the clock jumps back', () => {
    const root = makeFolder();
    const ids = make(root, [{}, {}]);
    query(root, `UPDATE quickies SET created_at = '1999-01-01T00:00:00.000Z' WHERE id = '${ids[1]}' RETURNING 1`);
    expect(reading(root, (reader) => value(reader.list({}, 9)).calls.map(({ id }) => id))).toEqual([ids[1], ids[0]]);
  });
});

test('an id is found by its beginning, and several are named', () => {
  const root = makeFolder();
  const ids = make(root, [{}, {}, {}]);
  ['aaa1', 'aaa2', 'aaa'].forEach((id, index) =>
    query(root, `UPDATE quickies SET id = '${id}' WHERE id = '${ids[index]}' RETURNING 1`),
  );
  reading(root, (reader) => {
    expect(value(reader.find('AAA1'))).toEqual({ kind: 'one', id: 'aaa1' });
    expect(value(reader.find('aa'))).toEqual({ kind: 'several', ids: ['aaa', 'aaa2', 'aaa1'], more: false });
    expect(value(reader.find('aaa'))).toEqual({ kind: 'one', id: 'aaa' });
    expect(value(reader.find('b'))).toEqual({ kind: 'none' });
    expect(value(reader.find('%'))).toEqual({ kind: 'none' });
  });
});

test('a secret that became one later is replaced on the way out', () => {
  const root = makeFolder();
  const [id = ''] = make(root, [
    {
      promptText: 'say hunter2hunter2',
      answer: 'hunter2hunter2',
      inputParams: { p: 'hunter2hunter2' },
      templateText: 'hunter2hunter2',
    },
  ]);
  const redactor = createRedactor({ LATER: 'hunter2hunter2' });
  const seen = reading(
    root,
    (reader) => {
      const exported: unknown[] = [];
      value(reader.each({}, (call) => exported.push(call)));
      return [value(reader.show(id)), value(reader.list({}, 9)), value(reader.search(['say'], {}, 9)), exported];
    },
    redactor,
  );
  expect(JSON.stringify(seen)).not.toContain('hunter2');
  expect(seen[0]).toMatchObject({ prompt: 'say [LATER]', answer: '[LATER]', template_text: '[LATER]' });
});

describe('a deleted call', () => {
  test('leaves its cost line, and its texts are in no file', async () => {
    const root = makeFolder();
    const ids = make(root, [
      {
        promptText: 'zebra one',
        answer: 'giraffe',
        promptHash: 'gone',
        inputParams: { q: 'okapi' },
        end: { error: 'lemur' },
      },
      { promptText: 'zebras two' },
    ]);
    const figures = () => reading(root, (reader) => value(reader.figures({})));
    const before = figures();
    expect(await writing(root, (writer) => forgotten(writer, [ids[0] ?? '']))).toEqual([ids[0]]);
    expect(figures()).toEqual(before.map((figure, index) => ({ ...figure, deleted: index === 0 ? 1 : 0 })));
    reading(root, (reader) => {
      expect(value(reader.list({}, 9)).calls.map(({ id }) => id)).toEqual([ids[1]]);
      expect(value(reader.search(['giraffe'], {}, 9)).calls).toEqual([]);
      expect(value(reader.find(ids[0] ?? ''))).toEqual({ kind: 'none' });
    });
    expect(query(root, 'SELECT prompt_hash FROM prompt_sources')).toEqual([{ prompt_hash: 'abc' }]);
    checkIndex(root);
    const folder = path.join(root, '.orchestrate');
    const bytes = fs.readdirSync(folder).map((name) => fs.readFileSync(path.join(folder, name), 'latin1'));
    for (const word of ['giraffe', 'okapi', 'lemur', 'zebra one', 'text of gone'])
      expect(bytes.join('')).not.toContain(word);
  });

  test('is not given as an answer to be reviewed', async () => {
    const root = makeFolder();
    const ids = make(root, [{}]);
    await writing(root, (writer) => forgotten(writer, ids));
    const store = value(openCalls(root, NO_SECRETS));
    expect(store.latest('a')?.requestHash).not.toBe('r');
    store.close();
  });

  test('is none while it is open, and none twice', async () => {
    const root = makeFolder();
    const ids = make(root, [{}, { end: 'open' }]);
    // The settled one only: what is open belongs to a process that still writes.
    expect(await writing(root, (writer) => forgotten(writer, ids))).toEqual([ids[0]]);
    expect(await writing(root, (writer) => forgotten(writer, ids))).toEqual([]);
    expect(await writing(root, (writer) => value(writer.olderThan('2999-01-01T00:00:00.000Z')))).toEqual([]);
  });

  test('may be old: older than a time, to the millisecond', async () => {
    const root = makeFolder();
    const ids = make(root, [{}, {}]);
    query(root, `UPDATE quickies SET created_at = '2026-01-01T00:00:00.000Z' WHERE id = '${ids[0]}' RETURNING 1`);
    const old = (time: string) => writing(root, (writer) => value(writer.olderThan(time)));
    expect(await old('2026-01-01T00:00:00.000Z')).toEqual([]);
    expect(await old('2026-01-01T00:00:00.001Z')).toEqual([ids[0]]);
  });
});

test('costs are written all or none, and only calls of a server with known tokens are priced', async () => {
  const root = makeFolder();
  const tokens = { promptTokens: 10, completionTokens: 5 };
  const ids = make(root, [{ end: tokens }, {}, { end: tokens, metadata: { provider: 'replay' } }]);
  const [call] = await writing(root, (writer) => value(writer.priceable()));
  expect(call).toMatchObject({
    id: ids[0],
    prompt_tokens: 10,
    completion_tokens: 5,
    cached_tokens: null,
    cost_usd: 0.25,
  });
  await writing(root, (writer) => {
    expect(
      writer.reprice([
        { id: ids[0] ?? '', usd: 9, source: 'computed' },
        { id: ids[1] ?? '', usd: 9, source: 'wrong' as 'computed' },
      ]).ok,
    ).toBe(false);
    value(writer.reprice([{ id: ids[0] ?? '', usd: 0.5, source: 'override' }]));
  });
  expect(query(root, 'SELECT cost_usd, cost_source FROM quickies ORDER BY rowid')).toEqual([
    { cost_usd: 0.5, cost_source: 'override' },
    { cost_usd: 0.25, cost_source: null },
    { cost_usd: 0.25, cost_source: null },
  ]);
});

test('a project without a history has no reader and no writer, and gets no file by asking', () => {
  const root = makeFolder();
  expect(value(openReader(root, NO_SECRETS))).toBeUndefined();
  expect(value(openWriter(root))).toBeUndefined();
  expect(fs.readdirSync(root)).toEqual([]);
});

test('reading leaves nothing beside the database', () => {
  const root = makeFolder();
  make(root, [{}]);
  reading(root, (reader) => value(reader.list({}, 9)));
  expect(fs.readdirSync(path.join(root, '.orchestrate'))).toEqual(['history.db']);
});

test('a damaged database is said to be one, with what to do', () => {
  const root = makeFolder();
  make(root, [{}]);
  fs.writeFileSync(
    path.join(root, HISTORY_DB),
    'this is no database, but it is long enough to be looked at as one'.repeat(99),
  );
  expect(openReader(root, NO_SECRETS)).toMatchObject({
    ok: false,
    error: { code: 'database', advice: expect.stringContaining('doctor') },
  });
});
