// The door to the file system: whole files, values instead of exceptions.

import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { appendText } from '../../../src/system/appender.ts';
import {
  createFile,
  exists,
  fileInfo,
  holdsMeanwhile,
  listFolder,
  makeFolder as makeOneFolder,
  makeTemporaryFile,
  readBytes,
  readFrom,
  readText,
  removeFile,
} from '../../../src/system/files.ts';
import { replaceFile } from '../../../src/system/replace.ts';
import { openSink } from '../../../src/system/text-sink.ts';
import { makeFolder } from '../temporary.ts';

const modeOf = (file: string) => fs.statSync(file).mode & 0o777;

describe('replacing a file', () => {
  test('writes it with the folders that it needs, and leaves nothing else', async () => {
    const folder = makeFolder();
    const file = path.join(folder, 'a/b/c.txt');
    expect(await replaceFile(file, 'text')).toEqual({ ok: true, value: { kind: 'replaced' } });
    expect(fs.readFileSync(file, 'utf8')).toBe('text');
    expect(fs.readdirSync(path.dirname(file))).toEqual(['c.txt']);
  });

  test.runIf(fs.existsSync('/dev/full'))('into a device that takes nothing says so', async () => {
    const error = { code: 'io', operation: 'write', path: '/dev/full', errno: 'ENOSPC' };
    expect(await replaceFile('/dev/full', 'text')).toEqual({ ok: false, error });
  });

  test('takes bytes as they are', async () => {
    const file = path.join(makeFolder(), 'x');
    const bytes = Buffer.from([0, 0xff, 0xfe, 10]);
    await replaceFile(file, bytes);
    expect(fs.readFileSync(file).equals(bytes)).toBe(true);
  });

  test('keeps its mode', async () => {
    const folder = makeFolder({ 'run.sh': 'old' });
    const file = path.join(folder, 'run.sh');
    for (const mode of [0o755, 0o600, 0o444]) {
      fs.chmodSync(file, mode);
      await replaceFile(file, `new ${mode}`);
      expect([fs.readFileSync(file, 'utf8'), modeOf(file)]).toEqual([`new ${mode}`, mode]);
    }
  });

  test('keeps a link, and replaces what it leads to', async () => {
    const folder = makeFolder({ 'real/a.txt': 'old' });
    const link = path.join(folder, 'link.txt');
    fs.symlinkSync('real/a.txt', link);
    await replaceFile(link, 'new');
    expect(fs.readlinkSync(link)).toBe('real/a.txt');
    expect(fs.readFileSync(path.join(folder, 'real/a.txt'), 'utf8')).toBe('new');
    expect(fs.readdirSync(folder).sort()).toEqual(['link.txt', 'real']);
  });

  test('never shows a part: a reader sees the old text or the new', async () => {
    const file = path.join(makeFolder({ x: 'a'.repeat(100_000) }), 'x');
    const seen = new Set<string>();
    const writing = replaceFile(file, 'b'.repeat(100_000));
    const written = new AbortController();
    const watched = (async () => {
      while (!written.signal.aborted) {
        const text = fs.readFileSync(file, 'utf8');
        seen.add(`${text[0]}${text.length}`);
        await new Promise((resolve) => setImmediate(resolve));
      }
    })();
    await writing;
    written.abort();
    await watched;
    expect([...seen].filter((each) => each !== 'a100000' && each !== 'b100000')).toEqual([]);
  });

  test.each([
    ['a folder stands in its place', (folder: string) => fs.mkdirSync(path.join(folder, 'x')), 'x'],
    [
      'a file stands in the place of its folder',
      (folder: string) => fs.writeFileSync(path.join(folder, 'f'), ''),
      'f/x',
    ],
  ])('fails where %s, and leaves nothing behind', async (_, prepare, name) => {
    const folder = makeFolder();
    prepare(folder);
    const before = fs.readdirSync(folder, { recursive: true });
    expect(await replaceFile(path.join(folder, name), 'x')).toMatchObject({
      ok: false,
      error: { code: 'io', operation: 'write', errno: expect.stringMatching(/^E/) },
    });
    expect(fs.readdirSync(folder, { recursive: true })).toEqual(before);
  });
});

test.runIf(process.platform === 'linux')(
  'a place where no folder can be made is a failure and no endless search',
  () => {
    expect(appendText('/proc/none/x', 'text')).toMatchObject({ ok: false, error: { code: 'io', errno: 'ENOENT' } });
    expect(appendText('/proc/version/none/x', 'text')).toMatchObject({ ok: false, error: { code: 'io' } });
  },
);

describe('creating a file', () => {
  test('makes its folders and sets its mode', async () => {
    const file = path.join(makeFolder(), 'a/x');
    expect((await createFile(file, 'text', 0o600)).ok).toBe(true);
    expect([fs.readFileSync(file, 'utf8'), modeOf(file)]).toEqual(['text', 0o600]);
  });

  test('never overwrites', async () => {
    const file = path.join(makeFolder({ x: 'mine' }), 'x');
    expect(await createFile(file, 'other')).toMatchObject({
      ok: false,
      error: { operation: 'create', errno: 'EEXIST' },
    });
    expect(fs.readFileSync(file, 'utf8')).toBe('mine');
  });
});

describe('what cannot be done is a value', () => {
  const missing = path.join('/', 'no', 'such', 'file');
  test.each<[what: string, does: () => unknown, errno: string]>([
    ['reading text', () => readText(missing), 'ENOENT'],
    ['reading a folder', () => readText('/'), 'EISDIR'],
    ['reading bytes', () => readBytes(missing), 'ENOENT'],
    ['reading from an offset', () => readFrom(missing, 5), 'ENOENT'],
    ['appending to a folder', () => appendText('/', 'x'), 'EISDIR'],
    ['making a folder below a file', () => makeOneFolder('/dev/null/x'), 'ENOTDIR'],
  ])('%s', (_, does, errno) => {
    expect(does()).toMatchObject({ ok: false, error: { code: 'io', errno } });
  });

  test('a list of a folder that is not there is empty', async () => {
    expect(await listFolder(missing)).toEqual([]);
  });

  test('removing what is not there is no failure', async () => {
    expect(await removeFile(missing)).toEqual({ ok: true, value: undefined });
  });
});

describe('a look at a path', () => {
  test.each<[what: string, name: string, info: { size?: number; isFile: boolean; isDirectory: boolean } | undefined]>([
    ['a file', 'a.txt', { size: 5, isFile: true, isDirectory: false }],
    ['a folder', 'sub', { isFile: false, isDirectory: true }],
    ['a link to a file', 'link', { size: 5, isFile: true, isDirectory: false }],
    ['a link to nothing', 'dangling', undefined],
    ['a link to itself', 'loop', undefined],
    ['nothing', 'none', undefined],
    ['a path below a file', 'a.txt/x', undefined],
    ['a name that is too long', 'x'.repeat(300), undefined],
  ])('finds %s', (_, name, info) => {
    const folder = makeFolder({ 'a.txt': 'héé', 'sub/x': '' });
    fs.symlinkSync('a.txt', path.join(folder, 'link'));
    fs.symlinkSync('none', path.join(folder, 'dangling'));
    fs.symlinkSync('loop', path.join(folder, 'loop'));
    const found = fileInfo(path.join(folder, name));
    if (info === undefined) expect(found).toBeUndefined();
    else expect(found).toMatchObject(info);
    expect(exists(path.join(folder, name))).toBe(info !== undefined);
  });
});

describe('whether a large file holds just this', () => {
  const bytes = Buffer.alloc(1_200_000, 'one line\n');
  const changedAt = (at: number) => Buffer.concat([bytes.subarray(0, at), Buffer.from('!'), bytes.subarray(at + 1)]);

  test.each([
    ['the same', bytes, true],
    ['nothing', Buffer.alloc(0), false],
    ['one byte less', bytes.subarray(1), false],
    ['one byte more', Buffer.concat([bytes, Buffer.from('!')]), false],
    ['another first byte', changedAt(0), false],
    ['another byte in the last part', changedAt(bytes.length - 1), false],
  ])('%s', async (_, content, expected) => {
    const folder = makeFolder();
    fs.writeFileSync(path.join(folder, 'x'), content);
    expect(await holdsMeanwhile(path.join(folder, 'x'), bytes)).toEqual({ ok: true, value: expected });
  });

  test('several at once do not disturb each other, and what is no file is said', async () => {
    const folder = makeFolder();
    const all = [bytes, changedAt(5), bytes, changedAt(900_000)];
    for (const [name, content] of all.entries()) fs.writeFileSync(path.join(folder, `${name}`), content);
    const held = await Promise.all(all.map((_, name) => holdsMeanwhile(path.join(folder, `${name}`), bytes)));
    expect(held.map(({ ok, ...rest }) => ok && 'value' in rest && rest.value)).toEqual([true, false, true, false]);
    expect(await holdsMeanwhile(path.join(folder, 'none'), bytes)).toMatchObject({ error: { errno: 'ENOENT' } });
    expect(await holdsMeanwhile(folder, Buffer.alloc(fs.statSync(folder).size))).toMatchObject({
      error: { errno: 'EISDIR' },
    });
    const pipe = path.join(folder, 'pipe');
    execFileSync('sh', ['-c', 'mkfifo "$0"', pipe]);
    expect(await holdsMeanwhile(pipe, bytes)).toMatchObject({ error: { errno: 'ENXIO' } });
  });

  test('one that somebody cuts off or goes on with while it is compared is not the same', async () => {
    const file = path.join(makeFolder(), 'x');
    for (const change of [() => fs.truncateSync(file, 10), () => fs.writeFileSync(file, changedAt(bytes.length - 1))]) {
      fs.writeFileSync(file, bytes);
      const held = holdsMeanwhile(file, bytes);
      change();
      expect(await held).toEqual({ ok: true, value: false });
    }
  });
});

describe('appending and reading on', () => {
  test('a text is added at the end, in folders that are made for it', () => {
    const file = path.join(makeFolder(), 'logs/x');
    appendText(file, 'one\n');
    appendText(file, 'zwö\n');
    expect(readText(file)).toEqual({ ok: true, value: 'one\nzwö\n' });
  });

  test.each([
    [0, 'abcdef'],
    [4, 'ef'],
    [6, ''],
    [99, ''],
  ])('from offset %d the rest is %j', (offset, rest) => {
    const read = readFrom(path.join(makeFolder({ x: 'abcdef' }), 'x'), offset);
    expect(read.ok && read.value.toString()).toBe(rest);
  });

  test('a list is sorted', async () => {
    expect(await listFolder(makeFolder({ b: '', a: '', '10': '', '9': '' }))).toEqual(['10', '9', 'a', 'b']);
  });
});

describe('a sink', () => {
  const sinkOf = (file: string) => {
    const made = openSink(file);
    if (!made.ok) throw new Error(`no sink: ${made.error.errno}`);
    return made.value;
  };

  test('has what was written at any moment', () => {
    const file = path.join(makeFolder(), 'logs/tasks/a/1.log');
    const sink = sinkOf(file);
    sink.write('one ');
    expect(fs.readFileSync(file, 'utf8')).toBe('one ');
    sink.write('zwö');
    expect(fs.readFileSync(file, 'utf8')).toBe('one zwö');
    expect(sink.close()).toBeUndefined();
  });

  test('begins anew', () => {
    const file = path.join(makeFolder({ x: 'a long text from before' }), 'x');
    sinkOf(file).close();
    expect(fs.readFileSync(file, 'utf8')).toBe('');
  });

  test.each([
    ['at a folder', '/', 'EISDIR'],
    ['below a file', '/dev/null/x/1.log', 'ENOTDIR'],
    ['where no folder can be made', '/proc/none/1.log', 'ENOENT'],
  ])('%s tells why it cannot be made', (_, file, errno) => {
    expect(openSink(file)).toMatchObject({ ok: false, error: { code: 'io', operation: 'create', errno } });
  });

  test.runIf(fs.existsSync('/sys/kernel'))('says why its folder cannot be made, not that it is missing', () => {
    const made = openSink('/sys/kernel/none/1.log');
    expect(made.ok ? undefined : made.error.errno).toMatch(/^(?:EPERM|EACCES|EROFS)$/);
  });

  test.runIf(fs.existsSync('/dev/full'))('on a full disk does not throw, and tells it at the end', () => {
    const sink = sinkOf('/dev/full');
    sink.write('one');
    sink.write('two');
    expect(sink.close()).toEqual({ code: 'io', operation: 'write', path: '/dev/full', errno: 'ENOSPC' });
  });
});

test('a temporary file is private, lies outside the project, and is gone with its folder', async () => {
  const made = await makeTemporaryFile('text', '.md');
  if (!made.ok) throw new Error('it was not made');
  const file = made.value;
  expect(path.extname(file.path)).toBe('.md');
  expect([modeOf(file.path), modeOf(path.dirname(file.path))]).toEqual([0o600, 0o700]);
  fs.writeFileSync(file.path, 'edited');
  expect(file.read()).toEqual({ ok: true, value: 'edited' });
  await file.remove();
  expect(fs.existsSync(path.dirname(file.path))).toBe(false);
  expect(file.read()).toMatchObject({ ok: false, error: { errno: 'ENOENT' } });
});
