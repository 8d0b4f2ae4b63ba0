// What was read of a file is kept as long as nobody can have written it.
import { renameSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { createFileCache } from '../../../src/runbook/file-cache.ts';
import { makeFolder } from '../temporary.ts';

const AGED_MS = 80;

test('a file that has aged is kept; another of the same size and time in its place is not', async () => {
  const file = path.join(makeFolder(), 'a.yaml');
  writeFileSync(file, 'status: READY\n');
  await sleep(AGED_MS);
  const files = createFileCache();
  expect(files.known(file)).toBeUndefined();
  await files.read(file, async () => 'first');
  expect(files.known(file)).toBe('first');
  const time = new Date('2026-01-01T00:00:00Z');
  utimesSync(file, time, time);
  expect(files.known(file)).toBeUndefined();
  await sleep(AGED_MS);
  await files.read(file, async () => 'second');
  expect(files.known(file)).toBe('second');
  writeFileSync(`${file}.new`, 'status: ERROR\n');
  utimesSync(`${file}.new`, time, time);
  renameSync(`${file}.new`, file);
  expect(files.known(file)).toBeUndefined();
});

test('a file that was written just now is not kept: it may be written again in the same moment', async () => {
  const file = path.join(makeFolder(), 'a.yaml');
  writeFileSync(file, 'a');
  const files = createFileCache();
  await files.read(file, async () => 'first');
  expect(files.known(file)).toBeUndefined();
});

test('what is written while it is read is not taken for what was read', async () => {
  const file = path.join(makeFolder(), 'a.yaml');
  writeFileSync(file, 'a');
  await sleep(AGED_MS);
  const files = createFileCache();
  await files.read(file, async () => {
    writeFileSync(file, 'b');
    return 'a';
  });
  expect(files.known(file)).toBeUndefined();
});

test('a file that is gone, or comes, is looked at', async () => {
  const file = path.join(makeFolder(), 'a.yaml');
  const files = createFileCache();
  expect(await files.read(file, async () => 'absent')).toBe('absent');
  expect(files.known(file)).toBeUndefined();
});
