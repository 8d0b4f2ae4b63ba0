// The record of model calls: written before the request leaves, settled at its end, without secrets.
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, describe, expect, test } from 'vitest';
import { createRedactor } from '../../../src/base/secrets.ts';
import { openDatabase } from '../../../src/database/open.ts';
import { openForReading } from '../../../src/database/read.ts';
import { type CallStore, HISTORY_DB, type NewCall, openCalls, type Settlement } from '../../../src/history/calls.ts';
import { HISTORY_MIGRATIONS } from '../../../src/history/migrations.ts';
import { makeFolder } from '../temporary.ts';

const REDACTOR = createRedactor({ A_KEY: 'sesame-open' });
const CALL: NewCall = {
  source: 'task',
  templateName: 'prompt_templates/t.md',
  templateText: 'Write about {{ topic }}',
  promptHash: 'h1',
  promptText: 'Write about cats',
  requestHash: 'r1',
  inputParams: { topic: 'cats' },
  model: 'm',
  taskId: 'a',
  runId: 'run-1',
};
const DONE: Settlement = { status: 'complete', text: 'Cats purr.', attempts: 1, finishReason: 'stop' };

const openStores: CallStore[] = [];
afterEach(() => {
  for (const store of openStores.splice(0)) store.close();
});

function storeIn(root: string): CallStore {
  const opened = openCalls(root, REDACTOR);
  if (!opened.ok) throw new Error(JSON.stringify(opened.error));
  openStores.push(opened.value);
  return opened.value;
}

function begin(store: CallStore, rest: Partial<NewCall> = {}): string {
  const begun = store.begin({ ...CALL, ...rest });
  if (!begun.ok) throw new Error(JSON.stringify(begun.error));
  return begun.value;
}

function rows(root: string, table = 'quickies'): Record<string, unknown>[] {
  const opened = openForReading({
    file: path.join(root, HISTORY_DB),
    migrations: HISTORY_MIGRATIONS,
  });
  if (!opened.ok || opened.value === undefined) throw new Error('no history');
  try {
    return opened.value.prepare<[], Record<string, unknown>>(`SELECT * FROM ${table} ORDER BY rowid`).all();
  } finally {
    opened.value.close();
  }
}

describe('what is kept of a call', () => {
  test('with "none" no text is ever in the file: the row is its cost line', async () => {
    const root = makeFolder();
    const store = storeIn(root);
    const id = begin(store, {
      keep: 'none',
      request: { messages: ['cats'] },
      metadata: { provider: 'openai', note: 'cats' },
    });
    store.running(id);
    store.partial(id, 'Cats');
    await store.settle(id, { ...DONE, error: 'cats: no', costUsd: 0.5, promptTokens: 3 });
    expect(rows(root)).toMatchObject([
      {
        id,
        status: 'complete',
        prompt_text: '',
        output: null,
        error: null,
        input_params: '{}',
        request: null,
        request_hash: null,
        metadata: '{"provider":"openai"}',
        deleted_at: expect.any(String),
        cost_usd: 0.5,
        prompt_tokens: 3,
        template_name: CALL.templateName,
      },
    ]);
    expect(rows(root, 'prompt_sources')).toEqual([]);
    store.close();
    const bytes = readFileSync(path.join(root, HISTORY_DB), 'latin1').toLowerCase();
    expect(bytes).not.toContain('cats');
  });

  test('with "none" nor is one kept beside, where the history cannot take the end', async () => {
    const root = makeFolder();
    const opened = openCalls(root, REDACTOR, { patienceMs: 0, busyMs: 20 });
    if (!opened.ok) throw new Error('it was not opened');
    const store = opened.value;
    openStores.push(store);
    const id = begin(store, { keep: 'none' });
    const other = holdHistory(root);
    expect(await store.settle(id, { ...DONE, costUsd: 0.5 })).toEqual({ ok: true, value: 'owed' });
    expect(readFileSync(path.join(root, `.orchestrate/owed/${id}.json`), 'utf8').toLowerCase()).not.toContain('cats');
    other.release();
    store.close();
    expect(rows(root)).toMatchObject([{ id, status: 'complete', output: null, cost_usd: 0.5 }]);
  });

  test('with "turn" the request is kept without the turns before it', () => {
    const root = makeFolder();
    const said = (role: string, content: string) => ({ role, content });
    const messages = [said('system', 's'), said('user', 'a'), said('assistant', 'b'), said('user', 'c')];
    begin(storeIn(root), { keep: 'turn', request: { model: 'm', messages } });
    expect(JSON.parse(String(rows(root)[0]?.request))).toEqual({
      model: 'm',
      messages: [said('system', 's'), said('user', 'c')],
      earlier_messages: 2,
    });
  });
});

describe('a call', () => {
  test('is there as pending before it is sent, with everything that it asks', () => {
    const root = makeFolder();
    const id = begin(storeIn(root), { metadata: { provider: 'replay', attempt: 2 } });
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(rows(root)).toMatchObject([
      {
        id,
        status: 'pending',
        source: 'task',
        template_name: 'prompt_templates/t.md',
        prompt_text: 'Write about cats',
        prompt_hash: 'h1',
        request_hash: 'r1',
        input_params: '{"topic":"cats"}',
        model: 'm',
        task_id: 'a',
        run_id: 'run-1',
        metadata: '{"provider":"replay","attempt":2}',
        output: null,
        error: null,
        cost_usd: null,
        review: null,
      },
    ]);
    expect(rows(root, 'prompt_sources')).toMatchObject([{ prompt_hash: 'h1', source: 'Write about {{ topic }}' }]);
  });

  test('goes from pending to running to its end, with the text so far', async () => {
    const root = makeFolder();
    const store = storeIn(root);
    const id = begin(store);
    const look = () => rows(root).map(({ status, output }) => [status, output])[0];
    store.partial(id, 'too early');
    expect(look()).toEqual(['pending', null]);
    store.running(id);
    expect(look()).toEqual(['running', null]);
    store.partial(id, 'Cats');
    expect(look()).toEqual(['running', '{"text":"Cats"}']);
    await store.settle(id, DONE);
    expect(look()).toEqual(['complete', '{"text":"Cats purr."}']);
    store.running(id);
    store.partial(id, 'too late');
    expect(look()).toEqual(['complete', '{"text":"Cats purr."}']);
  });

  test('has at its end what it cost, and null where that is not known', async () => {
    const root = makeFolder();
    const store = storeIn(root);
    const facts = {
      resolvedModel: 'm-2026',
      promptTokens: 10,
      cachedTokens: 4,
      completionTokens: 5,
      costUsd: 0.25,
      ttftMs: 12.5,
      totalMs: 99,
    };
    await store.settle(begin(store), { ...DONE, ...facts });
    await store.settle(begin(store), { ...DONE, costUsd: null });
    const [known, unknown] = rows(root);
    expect(known).toMatchObject({
      attempts: 1,
      finish_reason: 'stop',
      resolved_model: 'm-2026',
      prompt_tokens: 10,
      cached_tokens: 4,
      completion_tokens: 5,
      cost_usd: 0.25,
      ttft_ms: 12.5,
      total_ms: 99,
    });
    expect(unknown).toMatchObject({
      resolved_model: null,
      prompt_tokens: null,
      cached_tokens: null,
      completion_tokens: null,
      cost_usd: null,
      ttft_ms: null,
      total_ms: null,
    });
  });

  test('that failed keeps what had arrived', async () => {
    const root = makeFolder();
    const store = storeIn(root);
    await store.settle(begin(store), {
      status: 'error',
      text: 'Cats pu',
      error: 'cut-off: the stream ended',
      attempts: 3,
      finishReason: null,
    });
    await store.settle(begin(store), { status: 'error', text: '', error: 'refused', attempts: 1, finishReason: null });
    expect(rows(root).map(({ status, output, error }) => [status, output, error])).toEqual([
      ['error', '{"text":"Cats pu"}', 'cut-off: the stream ended'],
      ['error', null, 'refused'],
    ]);
  });

  test('leaves no secret behind, in whatever it is', async () => {
    const root = makeFolder();
    const store = storeIn(root);
    const secret = 'key sesame-open here';
    const id = begin(store, {
      promptText: secret,
      templateText: secret,
      inputParams: { deep: [secret] },
      metadata: { note: secret },
    });
    store.running(id);
    store.partial(id, secret);
    expect(JSON.stringify(rows(root))).not.toContain('sesame');
    await store.settle(id, { ...DONE, status: 'error', text: secret, error: secret });
    expect(JSON.stringify([rows(root), rows(root, 'prompt_sources')])).not.toContain('sesame');
    expect(rows(root)[0]).toMatchObject({ prompt_text: 'key [A_KEY] here', error: 'key [A_KEY] here' });
  });

  test('with a template that is known already keeps its text once', () => {
    const root = makeFolder();
    const store = storeIn(root);
    begin(store);
    begin(store);
    begin(store, { promptHash: 'h2', templateText: 'other' });
    expect(rows(root, 'prompt_sources').map(({ prompt_hash }) => prompt_hash)).toEqual(['h1', 'h2']);
  });

  test('with odd text is kept as it is', async () => {
    const root = makeFolder();
    const store = storeIn(root);
    const odd = `'"; DROP TABLE quickies; -- \u0000 \n 😀 ${'x'.repeat(100_000)}`;
    const id = begin(store, { promptText: odd, taskId: odd });
    await store.settle(id, { ...DONE, text: odd });
    expect(store.latest(odd)?.text).toBe(odd);
    expect(rows(root)[0]?.prompt_text).toBe(odd);
  });
});

describe('the newest answer of a task', () => {
  test('is the last that is complete', async () => {
    const store = storeIn(makeFolder());
    expect(store.latest('a')).toBeUndefined();
    const first = begin(store);
    expect(store.latest('a')).toBeUndefined();
    await store.settle(first, { ...DONE, text: 'first' });
    await store.settle(begin(store), { ...DONE, text: 'second', costUsd: 0.5 });
    await store.settle(begin(store), { ...DONE, status: 'error', text: 'third' });
    await store.settle(begin(store, { taskId: 'b' }), { ...DONE, text: 'of another' });
    expect(store.latest('a')).toMatchObject({
      text: 'second',
      model: 'm',
      costUsd: 0.5,
      requestHash: 'r1',
      review: null,
      attempt: 1,
    });
    expect(store.latest('a')?.createdAt).toMatch(/Z$/);
  });

  test('knows which attempt it was, and what it was told of the one before', async () => {
    const store = storeIn(makeFolder());
    const id = begin(store, { metadata: { attempt: 3 }, inputParams: { previous_output: 'old', failure: 'too long' } });
    await store.settle(id, DONE);
    expect(store.latest('a')).toMatchObject({ attempt: 3, retry: { previousOutput: 'old', failure: 'too long' } });
  });

  test('of a first attempt has no former one', async () => {
    const store = storeIn(makeFolder());
    await store.settle(begin(store, { inputParams: { previous_output: null, failure: null } }), DONE);
    expect(store.latest('a')).not.toHaveProperty('retry');
  });

  test.each(['accepted', 'edited', 'rejected', 'skipped'] as const)('can be reviewed: %s', async (review) => {
    const root = makeFolder();
    const store = storeIn(root);
    const id = begin(store);
    await store.settle(id, DONE);
    store.review(id, review);
    store.close();
    expect(storeIn(root).latest('a')).toMatchObject({ id, review });
  });
});

describe('a history', () => {
  test('that is full of another version is refused', () => {
    const root = makeFolder();
    const newer = [...HISTORY_MIGRATIONS, { name: '999_of_tomorrow', why: 'x', sql: 'CREATE TABLE x (y)' }];
    const opened = openDatabase({ file: path.join(root, HISTORY_DB), migrations: newer });
    if (opened.ok) opened.value.close();
    expect(openCalls(root, REDACTOR)).toMatchObject({
      ok: false,
      error: { code: 'database', message: expect.stringContaining('newer version') },
    });
  });

  test('that cannot take a call says so instead of throwing', () => {
    const root = makeFolder();
    const store = storeIn(root);
    const opened = openDatabase({
      file: path.join(root, HISTORY_DB),
      migrations: HISTORY_MIGRATIONS,
    });
    if (!opened.ok) throw new Error('it was not opened');
    opened.value.exec('DROP TABLE prompt_sources');
    opened.value.close();
    expect(store.begin(CALL)).toMatchObject({
      ok: false,
      error: { code: 'database', advice: expect.stringContaining('not sent') },
    });
    expect(rows(root)).toEqual([]);
  });

  test('is shared by two that write', async () => {
    const root = makeFolder();
    const [one, two] = [storeIn(root), storeIn(root)];
    await one.settle(begin(one), { ...DONE, text: 'of one' });
    await two.settle(begin(two), { ...DONE, text: 'of two' });
    expect(one.latest('a')?.text).toBe('of two');
    expect(rows(root)).toHaveLength(2);
  });
});

const listed = (folder: string) => (existsSync(folder) ? readdirSync(folder) : []);

/** Another process that has begun to write and does not end. */
function holdHistory(root: string): { readonly release: () => void } {
  const db = new Database(path.join(root, HISTORY_DB));
  db.exec('BEGIN IMMEDIATE');
  return {
    release() {
      db.exec('ROLLBACK');
      db.close();
    },
  };
}

describe('an answer that was paid for', () => {
  const owedIn = (root: string) => listed(path.join(root, '.orchestrate/owed'));
  const opened = (root: string, patienceMs: number) => {
    const store = openCalls(root, REDACTOR, { patienceMs, busyMs: 20 });
    if (!store.ok) throw new Error(JSON.stringify(store.error));
    openStores.push(store.value);
    return store.value;
  };

  test('is tried again while another process holds the history', async () => {
    const root = makeFolder();
    const store = opened(root, 30_000);
    const id = begin(store);
    const other = holdHistory(root);
    const settled = store.settle(id, DONE);
    expect(owedIn(root)).toEqual([`${id}.json`]);
    other.release();
    expect(await settled).toEqual({ ok: true, value: 'written' });
    expect(rows(root)).toMatchObject([{ id, status: 'complete' }]);
    expect(owedIn(root)).toEqual([]);
  });

  test('and its review are written by whoever opens the history next, where it is held for too long', async () => {
    const root = makeFolder();
    const store = opened(root, 0);
    const id = begin(store);
    const other = holdHistory(root);
    expect(await store.settle(id, { ...DONE, text: 'key sesame-open', costUsd: 0.5 })).toEqual({
      ok: true,
      value: 'owed',
    });
    store.review(id, 'accepted');
    expect(readFileSync(path.join(root, `.orchestrate/owed/${id}.json`), 'utf8')).not.toContain('sesame');
    other.release();
    // As if this process had died: it closes nothing.
    expect(rows(root)).toMatchObject([{ id, status: 'pending', review: null }]);
    const next = storeIn(root);
    expect(next.interrupted).toEqual([]);
    expect(rows(root)).toMatchObject([
      { id, status: 'complete', output: '{"text":"key [A_KEY]"}', cost_usd: 0.5, review: 'accepted' },
    ]);
    expect(owedIn(root)).toEqual([]);
  });

  test('is written at the end of its own process, where the history is free again by then', async () => {
    const root = makeFolder();
    const store = opened(root, 0);
    const id = begin(store);
    const other = holdHistory(root);
    await store.settle(id, DONE);
    other.release();
    store.close();
    expect(rows(root)).toMatchObject([{ id, status: 'complete' }]);
    expect(owedIn(root)).toEqual([]);
  });

  test('is not waited for after Ctrl-C, and kept all the same', async () => {
    const root = makeFolder();
    const store = opened(root, 30_000);
    const id = begin(store);
    const other = holdHistory(root);
    expect(await store.settle(id, DONE, AbortSignal.abort())).toEqual({ ok: true, value: 'owed' });
    other.release();
    expect(owedIn(root)).toEqual([`${id}.json`]);
  });

  test.each(['history.db', '.'])('is kept in a new history where %s was deleted meanwhile', async (gone) => {
    const root = makeFolder();
    const store = storeIn(root);
    const [done, open, id] = [
      begin(store),
      begin(store, { taskId: 'b' }),
      begin(store, { taskId: 'c', reservedUsd: 0.5 }),
    ];
    await store.settle(done, DONE);
    store.running(id);
    store.partial(id, 'Cats');
    for (const name of gone === '.' ? [''] : ['history.db', 'history.db-wal', 'history.db-shm'])
      rmSync(path.join(root, '.orchestrate', name), { recursive: true });
    store.partial(id, 'Cats purr');
    expect(rows(root)).toMatchObject([
      { id: done, status: 'complete' },
      { id: open, status: 'pending' },
      { id, status: 'running', output: '{"text":"Cats purr"}', prompt_text: 'Write about cats', reserved_usd: 0.5 },
    ]);
    expect(await store.settle(id, DONE)).toEqual({ ok: true, value: 'anew' });
    store.review(id, 'accepted');
    store.close();
    expect(rows(root)).toMatchObject([{}, {}, { id, status: 'complete', review: 'accepted' }]);
    expect(rows(root, 'prompt_sources')).toHaveLength(1);
  });

  test('is a failure only where nothing at all can be kept', async () => {
    const root = makeFolder();
    const store = storeIn(root);
    const id = begin(store);
    rmSync(path.join(root, '.orchestrate'), { recursive: true });
    writeFileSync(path.join(root, '.orchestrate'), 'in its place');
    expect(await store.settle(id, DONE)).toMatchObject({ ok: false, error: { code: 'io' } });
  });
});
