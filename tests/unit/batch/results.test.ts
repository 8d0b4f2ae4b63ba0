import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { openResults } from '../../../src/batch/results.ts';
import type { BatchResult } from '../../../src/batch/types.ts';
import type { BatchRows } from '../../../src/history/batches.ts';
import { makeFolder } from '../temporary.ts';

/** `ours` is a call of this batch, every other one of another. */
const rows = { runOf: (id: string) => (id === 'ours' ? 'batch-1-2' : 'batch-2') } as unknown as BatchRows;

function open(before: string) {
  const folder = makeFolder({ 'out.jsonl': before, 'in.jsonl': '{"a":1}\n' });
  const out = path.join(folder, 'out.jsonl');
  const inputs = path.join(folder, 'in.jsonl');
  const opened = openResults({ out, print: () => true, inputs, rows, key: 'batch-1' });
  return { opened, out, inputs };
}

test.each([
  ['nothing', ''],
  ['earlier results of this batch', '{"index":1,"call_id":"ours"}\n'],
  ['results of which the first was never sent', '{"index":1,"call_id":null}\n'],
  ['half of the first line that a killed process left', '{"index":1,"sta'],
])('a file that holds %s is written to', (_name, before) => {
  expect(open(before).opened.ok).toBe(true);
});

test.each([
  ['something else', '{"mine":1}\n'],
  ['a text', 'hello'],
  ['the results of another batch', '{"index":1,"call_id":"theirs"}\n'],
])('a file that holds %s is refused and stays as it is', (_name, before) => {
  const { opened, out } = open(before);
  expect(opened).toMatchObject({ ok: false, error: { code: 'usage' } });
  expect(readFileSync(out, 'utf8')).toBe(before);
});

test('the file of the inputs is refused, by whatever name', () => {
  const { inputs } = open('');
  const opened = openResults({ out: inputs, print: () => true, inputs, rows, key: 'batch-1' });
  expect(opened).toMatchObject({ ok: false, error: { message: expect.stringContaining('the file of the inputs') } });
});

test('without a file, each result is a line of JSON', () => {
  const lines: string[] = [];
  const opened = openResults({ out: undefined, print: (line) => lines.push(line) < 2, inputs: 'x', rows, key: 'k' });
  const result: BatchResult = {
    index: 1,
    status: 'complete',
    output: 'a\nb',
    error: null,
    cost_usd: null,
    tokens: null,
    call_id: 'c',
  };
  expect(opened.ok && opened.value.write(result)).toBeUndefined();
  expect(lines).toEqual([`${JSON.stringify(result)}\n`]);
  expect(opened.ok && opened.value.write(result)).toMatchObject({ errno: 'EPIPE' });
});

test('a folder is told as one', () => {
  const folder = makeFolder();
  writeFileSync(path.join(folder, 'in.jsonl'), '');
  const opened = openResults({ out: folder, print: () => true, inputs: 'in.jsonl', rows, key: 'k' });
  expect(opened).toMatchObject({ ok: false, error: { code: 'io', errno: 'EISDIR' } });
});
