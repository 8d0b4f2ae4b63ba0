// Replacing and removing a file only while it is what it is taken to be.
import { once } from 'node:events';
import nodeFs, * as fs from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { removeIfHolds, replaceFile } from '../../../src/system/replace.ts';
import { makeFolder } from '../temporary.ts';

const BYTES = Buffer.from([0, 0xff, 0xfe, 10]);
/** Goes through other threads. */
const LARGE = '# a line of a large file\n'.repeat(4000);

describe('replacing what a file is taken to hold', () => {
  test.each<[string, string | Buffer | undefined, string | Buffer | null, 'replaced' | 'changed']>([
    ['the text that is there', 'old', 'old', 'replaced'],
    ['an empty file', '', '', 'replaced'],
    ['bytes that are no text', BYTES, BYTES, 'replaced'],
    ['other bytes', BYTES, BYTES.toString('utf8'), 'changed'],
    ['another text', 'theirs', 'old', 'changed'],
    ['no file, and there is none', undefined, null, 'replaced'],
    ['no file, and there is one', 'theirs', null, 'changed'],
    ['no file, and there is an empty one', '', null, 'changed'],
    ['a large text', LARGE, LARGE, 'replaced'],
    ['another large text', LARGE, `${LARGE}# mine\n`, 'changed'],
  ])('%s', async (_what, there, former, kind) => {
    const folder = makeFolder();
    const file = path.join(folder, 'x');
    if (there !== undefined) fs.writeFileSync(file, there);
    expect(await replaceFile(file, 'new', former)).toEqual({ ok: true, value: { kind } });
    expect(fs.readFileSync(file)).toEqual(kind === 'replaced' ? Buffer.from('new') : Buffer.from(there ?? ''));
    expect(fs.readdirSync(folder)).toEqual(['x']);
  });

  test('a new file has the mode that was asked for, an old one keeps its own', async () => {
    const file = path.join(makeFolder(), 'a/x');
    await replaceFile(file, 'one', undefined, 0o600);
    expect(fs.statSync(file).mode & 0o777).toBe(0o600);
    fs.chmodSync(file, 0o640);
    await replaceFile(file, 'two', undefined, 0o600);
    expect(fs.statSync(file).mode & 0o777).toBe(0o640);
  });
});

test('large texts follow one another, also where somebody was there in between', async () => {
  const file = path.join(makeFolder({ x: LARGE }), 'x');
  let now = LARGE;
  for (const number of [1, 2, 3]) {
    const next = `${now}# ${number}\n`;
    expect(await replaceFile(file, next, now)).toEqual({ ok: true, value: { kind: 'replaced' } });
    now = next;
  }
  fs.appendFileSync(file, '# mine\n');
  expect(await replaceFile(file, LARGE, now)).toEqual({ ok: true, value: { kind: 'changed' } });
  expect(fs.readFileSync(file, 'utf8')).toBe(`${now}# mine\n`);
  expect(fs.readdirSync(path.dirname(file))).toEqual(['x']);
});

test('a file whose name has almost 255 bytes is replaced as any other', async () => {
  const file = path.join(makeFolder(), 'ä'.repeat(125));
  fs.writeFileSync(file, 'old');
  expect(await replaceFile(file, 'new', 'old')).toEqual({ ok: true, value: { kind: 'replaced' } });
  expect(fs.readdirSync(path.dirname(file))).toEqual([path.basename(file)]);
});

test.each([
  ['that makes it longer', (file: string) => fs.appendFileSync(file, '# mine\n')],
  ['behind the reader', (file: string) => fs.writeFileSync(file, `# mine\n${LARGE.slice(7)}`)],
])('a save into a large file while it is looked at is seen: %s', async (_, save) => {
  const file = path.join(makeFolder({ x: LARGE }), 'x');
  const { read } = nodeFs;
  type Tell = (error: NodeJS.ErrnoException | null, length: number) => void;
  const meanwhile = (fd: number, part: Buffer, from: number, length: number, at: number, tell: Tell) =>
    read(fd, part, from, length, at, (error, count) => {
      save(file);
      tell(error, count);
    });
  const spy = vi.spyOn(nodeFs, 'read').mockImplementationOnce(meanwhile as typeof read);
  expect(await replaceFile(file, `${LARGE}# ours\n`, LARGE)).toEqual({ ok: true, value: { kind: 'changed' } });
  spy.mockRestore();
  expect(fs.readFileSync(file, 'utf8')).toContain('# mine\n');
});

test('many at once in one folder do not take each other for somebody else', async () => {
  const names = Array.from({ length: 40 }, (_, number) => `f${number}`);
  const folder = makeFolder(Object.fromEntries(names.map((name) => [name, `${name} before`])));
  const replace = (name: string) => replaceFile(path.join(folder, name), `${name} after`, `${name} before`);
  const kinds = (await Promise.all(names.map(replace))).map((replaced) => replaced.ok && replaced.value.kind);
  expect(new Set(kinds)).toEqual(new Set(['replaced']));
  expect(fs.readdirSync(folder).sort()).toEqual(names.toSorted());
  for (const name of names) expect(fs.readFileSync(path.join(folder, name), 'utf8')).toBe(`${name} after`);
});

test('of two that replace the same file at once, one finds it changed', async () => {
  const file = path.join(makeFolder({ x: 'old' }), 'x');
  const both = await Promise.all(['one', 'two'].map((content) => replaceFile(file, content, 'old')));
  expect(both.map((replaced) => replaced.ok && replaced.value.kind)).toEqual(
    expect.arrayContaining(['changed', 'replaced']),
  );
  expect(fs.readdirSync(path.dirname(file))).toEqual(['x']);
});

test('what is no file stays what it is', async () => {
  const folder = makeFolder();
  const socket = path.join(folder, 'socket');
  const server = createServer().listen(socket);
  await once(server, 'listening');
  const refused = (errno: string) => ({ ok: false, error: { code: 'io', operation: 'write', errno } });
  expect(await replaceFile(socket, 'new')).toMatchObject(refused('ENXIO'));
  expect(await replaceFile(folder, 'new')).toMatchObject(refused('EISDIR'));
  expect(fs.statSync(socket).isSocket()).toBe(true);
  expect(fs.readdirSync(folder)).toEqual(['socket']);
  server.close();
});

test('a folder that cannot be synced is told, and the former file is not left beside the new one', async () => {
  const folder = makeFolder({ x: 'old' });
  const { openSync } = nodeFs;
  vi.spyOn(nodeFs, 'openSync').mockImplementation((file, ...rest) => {
    if (file === folder) throw Object.assign(new Error('EIO'), { code: 'EIO' });
    return openSync(file, ...rest);
  });
  const replaced = await replaceFile(path.join(folder, 'x'), 'new', 'old');
  vi.restoreAllMocks();
  expect(replaced).toMatchObject({ ok: false, error: { errno: 'EIO' } });
  expect(fs.readdirSync(folder)).toEqual(['x']);
  expect(fs.readFileSync(path.join(folder, 'x'), 'utf8')).toBe('new');
});

describe('removing what a file is taken to hold', () => {
  test.each([
    ['it', 'ours', true],
    ['something else, which stays', 'theirs', false],
  ])('where it holds %s', async (_what, there, removed) => {
    const folder = makeFolder({ x: there });
    expect(await removeIfHolds(path.join(folder, 'x'), Buffer.from('ours'))).toEqual({ ok: true, value: removed });
    expect(fs.readdirSync(folder)).toEqual(removed ? [] : ['x']);
  });

  test('where there is no such file, nothing was removed', async () => {
    expect(await removeIfHolds(path.join(makeFolder(), 'x'), Buffer.from('ours'))).toEqual({ ok: true, value: false });
  });
});
