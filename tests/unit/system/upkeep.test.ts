// Programs on the path, rights of folders.
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { canWrite, findProgram, moveAside, permissionsOf } from '../../../src/system/upkeep.ts';

let folder: string;
const inside = (name: string) => path.join(folder, name);

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'orchestrate-upkeep-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

test('a program is found on the path, or by its own path', () => {
  writeFileSync(inside('prog'), '');
  chmodSync(inside('prog'), 0o755);
  writeFileSync(inside('text'), '');
  chmodSync(inside('text'), 0o644);
  mkdirSync(inside('folder'));
  const env = { PATH: `/nonexistent:${folder}` };
  expect([findProgram('prog', env), findProgram(inside('prog'), {})]).toEqual([inside('prog'), inside('prog')]);
  expect([findProgram('text', env), findProgram('folder', env), findProgram('prog', {})]).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
});

test('a folder that is not there can be written when it could be made', () => {
  writeFileSync(inside('file'), '');
  expect([canWrite(folder), canWrite(inside('a/b/c')), canWrite(inside('file'))]).toEqual([true, true, false]);
});

test.skipIf(process.getuid?.() === 0)(
  'a folder that may only be read cannot be written, nor can what lies in it be made',
  () => {
    mkdirSync(inside('closed'), { mode: 0o500 });
    expect([canWrite(inside('closed')), canWrite(inside('closed/new'))]).toEqual([false, false]);
  },
);

test('permissions, where there is something', () => {
  writeFileSync(inside('file'), '');
  chmodSync(inside('file'), 0o640);
  expect([permissionsOf(inside('file')), permissionsOf(inside('none'))]).toEqual([0o640, undefined]);
});

test('nothing is moved over something', () => {
  writeFileSync(inside('a'), 'a');
  writeFileSync(inside('b'), 'b');
  expect(moveAside(inside('a'), inside('b'))).toMatchObject({ ok: false, error: { errno: 'EEXIST' } });
  expect(moveAside(inside('none'), inside('c'))).toMatchObject({ ok: false, error: { errno: 'ENOENT' } });
  expect(moveAside(inside('a'), inside('c'))).toEqual({ ok: true, value: undefined });
});
