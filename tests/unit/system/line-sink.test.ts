import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { openLineSink } from '../../../src/system/line-sink.ts';
import { makeFolder } from '../temporary.ts';

function place(before?: string): string {
  const file = path.join(makeFolder(), 'out.jsonl');
  if (before !== undefined) writeFileSync(file, before);
  return file;
}

function write(file: string, lines: readonly string[], { whole = true } = {}): 'written' | 'left' {
  const sink = openLineSink(file);
  if (!sink.ok) throw new Error(JSON.stringify(sink.error));
  for (const line of lines) expect(sink.value.write(line)).toBeUndefined();
  const closed = sink.value.close(whole);
  if (!closed.ok) throw new Error(JSON.stringify(closed.error));
  return closed.value;
}

const ALL = ['one', 'zwei é', 'three'];
const TEXT = 'one\nzwei é\nthree\n';

const cases: [string, string | undefined, string][] = [
  ['into no file', undefined, TEXT],
  ['into an empty file', '', TEXT],
  ['behind the lines that stand there already', 'one\nzwei é\n', TEXT],
  ['over half a line that a killed process left', 'one\nzw', TEXT],
  ['over half a character', 'one\nzwei \xc3', TEXT],
  ['into a file that holds all of them', TEXT, TEXT],
  ['into a file that holds more', `${TEXT}four\n`, TEXT],
  ['over a line that is another', 'one\n2\nthree\n', TEXT],
];
test.each(cases)('lines are written %s', (_name, before, after) => {
  const file = place(before);
  expect(write(file, ALL)).toBe('written');
  expect(readFileSync(file, 'utf8')).toBe(after);
  expect(existsSync(`${file}.new`)).toBe(false);
});

test('what was written before it broke off is there, and gone on with', () => {
  const file = place();
  expect(write(file, ALL.slice(0, 2), { whole: false })).toBe('written');
  expect(readFileSync(file, 'utf8')).toBe('one\nzwei é\n');
  appendFileSync(file, 'thr');
  write(file, ALL);
  expect(readFileSync(file, 'utf8')).toBe(TEXT);
});

test('a file with other lines stays as it was until all of the new ones are there', () => {
  const file = place('one\n2\n3\n');
  expect(write(file, ALL.slice(0, 2), { whole: false })).toBe('left');
  expect(readFileSync(file, 'utf8')).toBe('one\n2\n3\n');
  expect(existsSync(`${file}.new`)).toBe(false);
});
