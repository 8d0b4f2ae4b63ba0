// What is left of deleted texts in the file itself, in a database whose pages were split while it grew.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { createRedactor } from '../../../src/base/secrets.ts';
import { HISTORY_DB, openCalls } from '../../../src/history/calls.ts';
import { openReader } from '../../../src/history/reader.ts';
import { openWriter } from '../../../src/history/writer.ts';
import { makeFolder } from '../temporary.ts';

const REDACTOR = createRedactor({});

function must<T>(result: { ok: true; value: T } | { ok: false; error: unknown }): NonNullable<T> {
  if (!result.ok || result.value === undefined || result.value === null) throw new Error(JSON.stringify(result));
  return result.value;
}

/** As many calls as fill several pages, with a word of their own in prompt and answer. */
function makeCalls(root: string, count: number): string[] {
  const store = must(openCalls(root, REDACTOR));
  const ids = Array.from({ length: count }, (_, index) => {
    const words = `marmalade number${index} `.repeat(12);
    const id = must(
      store.begin({
        source: 'task',
        templateName: 't.md',
        templateText: 'marmalade',
        promptHash: 'h',
        promptText: words,
        requestHash: 'r',
        inputParams: { topic: 'marmalade' },
        model: 'm',
        taskId: 'a',
        runId: 'r',
      }),
    );
    store.running(id);
    store.partial(id, words.slice(0, 100));
    store.settle(id, { status: 'complete', text: words, attempts: 1, finishReason: 'stop' });
    return id;
  });
  store.close();
  return ids;
}

test('no byte of deleted texts is left, and the search finds the others by the same row numbers', () => {
  const root = makeFolder();
  const ids = makeCalls(root, 60);
  const kept = ids.splice(30, 1);
  const writer = must(openWriter(root));
  expect(must(writer.forget(ids))).toHaveLength(59);
  expect(writer.scrub().ok).toBe(true);
  writer.close();
  const bytes = readFileSync(path.join(root, HISTORY_DB), 'latin1');
  expect(bytes.match(/number\d+/g)?.filter((word) => word !== 'number30') ?? []).toEqual([]);
  expect(bytes).toContain('marmalade number30');
  const reader = must(openReader(root, REDACTOR));
  expect(must(reader.search(['marmalade'], {}, 10)).calls.map(({ id }) => id)).toEqual(kept);
  expect(must(reader.figures({}))).toHaveLength(60);
  reader.close();
});
