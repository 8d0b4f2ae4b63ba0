// The index gives what reading the files would give, whatever somebody has done to them, or nothing.
import {
  appendFileSync,
  chmodSync,
  cpSync,
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createRedactor } from '../../../src/base/secrets.ts';
import { createFileCache } from '../../../src/runbook/file-cache.ts';
import { INDEX_FILE, readIndex, writeIndex } from '../../../src/runbook/file-index.ts';
import { loadRunbook, planFiles, writePlanned } from '../../../src/runbook/store.ts';
import { seesAtOnce } from '../../../src/system/versions.ts';
import { makeFolder } from '../temporary.ts';

const AGED_MS = 70;
const BUILD = 'this build';
const IDS = ['a', 'b', 'c', 'd'];

function entryOf(id: string, at: number): string {
  const before = at === 0 ? '' : (IDS[at - 1] ?? '');
  return `  - id: ${id}\n    name: Task ${id}\n    type: MANUAL\n    status: READY\n    depends_on: [${before}]\n    task_detail_file: tasks/${id}.yaml\n`;
}

function detailOf(id: string, text = 'one'): string {
  return `id: ${id}\nstatus: READY\nmanual_instructions: [do ${text}]\n`;
}

const RUNBOOK = `name: indexed\ntasks:\n${IDS.map(entryOf).join('')}`;

/** Files of whole seconds, so that their times can be restored. */
function makeProject(): string {
  const folder = makeFolder({
    'project/runbook.yaml': RUNBOOK,
    ...Object.fromEntries(IDS.map((id) => [`project/tasks/${id}.yaml`, detailOf(id)])),
    'project/.orchestrate/lock': '',
    'outside/a.yaml': detailOf('a', 'two'),
  });
  const time = new Date('2026-01-01T00:00:00Z');
  for (const id of IDS) utimesSync(path.join(folder, `project/tasks/${id}.yaml`), time, time);
  utimesSync(path.join(folder, 'project/runbook.yaml'), time, time);
  return folder;
}

type Options = {
  readonly secrets?: Readonly<Record<string, string>>;
  readonly build?: string;
  readonly note?: unknown;
};

/** As a command that writes does at its end. */
async function index(root: string, { secrets = {}, build = BUILD, note }: Options = {}): Promise<void> {
  const files = createFileCache();
  await loadRunbook(root, files);
  files.wrote('some other file');
  writeIndex(root, { files, build, redactor: createRedactor(secrets), note: () => note });
}

async function agedProject(): Promise<string> {
  const root = path.join(makeProject(), 'project');
  await sleep(AGED_MS);
  return root;
}

/** What is known of the project, in texts: with all places, so that the sources are read too. */
async function asRead(root: string): Promise<unknown> {
  return plain(await loadRunbook(root));
}

async function asIndexed(root: string): Promise<unknown> {
  const found = readIndex(root, BUILD);
  const whole = found?.whole();
  return plain(whole ? { ok: true, value: whole.runbook } : await loadRunbook(root, createFileCache(), found));
}

/** The sources with their texts; what is missing and what is undefined are one. */
function plain(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (key, one) => (key === 'source' && one ? { file: one.file, text: one.text } : one)),
  );
}

// Elsewhere there is no index.
describe.runIf(seesAtOnce(tmpdir()))('an index', () => {
  test('what nobody has touched is known whole, with the note', async () => {
    const root = await agedProject();
    await index(root, { note: { state: 'x' } });
    expect(readIndex(root, BUILD)?.whole()?.note).toEqual({ state: 'x' });
    expect(plain({ ok: true, value: readIndex(root, BUILD)?.whole()?.runbook })).toEqual(await asRead(root));
  });

  test('the other files are still known where one was changed', async () => {
    const root = await agedProject();
    await index(root);
    writeFileSync(path.join(root, 'tasks/b.yaml'), detailOf('b', 'two'));
    const found = readIndex(root, BUILD);
    expect(found?.whole()).toBeUndefined();
    expect(found?.known('tasks/b.yaml')).toBeUndefined();
    expect(found?.known('tasks/c.yaml')).toMatchObject({ kind: 'read', raw: { id: 'c' } });
    expect(found?.known('runbook.yaml')).toMatchObject({ raw: { ok: true } });
    expect(await asIndexed(root)).toEqual(await asRead(root));
  });

  test('what was written just now is known by its text', async () => {
    const root = await agedProject();
    const files = createFileCache();
    await loadRunbook(root, files);
    const edit = { kind: 'set', path: ['status'], value: 'DONE' } as const;
    const planned = await planFiles(
      root,
      [{ file: 'tasks/a.yaml', edits: () => ({ ok: true, value: [edit] }) }],
      files,
    );
    if (!planned.ok) throw new Error('not planned');
    for (const each of planned.value) await writePlanned(root, each, files);
    writeIndex(root, { files, build: BUILD, redactor: createRedactor({}), note: () => undefined });
    const file = path.join(root, 'tasks/a.yaml');
    const written = readFileSync(file, 'utf8');
    await sleep(AGED_MS);
    expect(readIndex(root, BUILD)?.known('tasks/a.yaml')).toMatchObject({ raw: { status: 'DONE' } });
    expect(readIndex(root, BUILD)?.whole()).toBeDefined();
    // Nobody could tell by size and times that somebody wrote in the same moment.
    const { atime, mtime } = statSync(file);
    writeFileSync(file, written.replace('DONE', 'SKIP'));
    utimesSync(file, atime, mtime);
    await sleep(AGED_MS);
    expect(readIndex(root, BUILD)?.known('tasks/a.yaml')).toBeUndefined();
  });

  test('what may have been written again in the same second is known by its text', async () => {
    const root = await agedProject();
    const files = createFileCache();
    await loadRunbook(root, files);
    const file = path.join(root, 'tasks/a.yaml');
    const seen = files.seen(file);
    if (seen?.version === undefined) throw new Error('not read');
    // As where the file system counts whole seconds.
    files.keep(file, { ...seen.version, ctimeMs: Math.floor(seen.version.ctimeMs / 1000) * 1000 }, seen.value);
    writeIndex(root, { files, build: BUILD, redactor: createRedactor({}), note: () => undefined });
    expect(readIndex(root, BUILD)?.known('tasks/a.yaml')).toBeDefined();
    expect(readFileSync(path.join(root, INDEX_FILE), 'utf8')).toContain(JSON.stringify(detailOf('a')));
  });

  describe('nothing is taken from', () => {
    const damage: Record<string, (file: string, root: string) => void> = {
      'no index': (file) => rmSync(file),
      'one that was cut off': (file) => writeFileSync(file, readFileSync(file).subarray(0, -10)),
      'an empty one': (file) => writeFileSync(file, ''),
      'one with a wrong bit': (file) => {
        const bytes = readFileSync(file);
        bytes[20] = (bytes[20] ?? 0) ^ 1;
        writeFileSync(file, bytes);
      },
      'one with more behind it': (file) => appendFileSync(file, '{}'),
      'one that is something else': (file) => writeFileSync(file, 'nullnull'),
      'one that others may write': (file) => chmodSync(file, 0o620),
      'a link to one': (file) => {
        renameSync(file, `${file}.real`);
        symlinkSync(`${file}.real`, file);
      },
      'a folder': (file) => {
        rmSync(file);
        mkdirSync(file);
      },
    };
    test.each(Object.entries(damage))('%s', async (_, change) => {
      const root = await agedProject();
      await index(root);
      change(path.join(root, INDEX_FILE), root);
      expect(readIndex(root, BUILD)).toBeUndefined();
      expect(await asIndexed(root)).toEqual(await asRead(root));
    });

    type Form = { readonly files: readonly (readonly [string, unknown])[] };
    const filesAs = (as: (name: string) => unknown) => (form: Form) => {
      return { ...form, files: form.files.map(([name]) => as(name)) };
    };
    test.each<[string, (form: Form) => unknown]>([
      ['no list of files', (form) => ({ ...form, files: {} })],
      ['files without names', filesAs(() => [1, {}])],
      ['files that say nothing', filesAs((name) => [name, null])],
      ['a runbook without tasks', filesAs((name) => [name, {}])],
      ['no runbook in a whole', (form) => ({ ...form, files: [], versions: '' })],
      ['too few versions', (form) => ({ ...form, versions: '' })],
      ['versions that are no text', (form) => ({ ...form, versions: 7 })],
      ['folders without names', (form) => ({ ...form, sound: { folders: [1] } })],
    ])('one of another form: %s', async (_, change) => {
      const root = await agedProject();
      await index(root);
      const file = path.join(root, INDEX_FILE);
      const text = readFileSync(file, 'utf8');
      writeFileSync(file, JSON.stringify(change(JSON.parse(text.slice(0, text.length / 2)))).repeat(2));
      expect(readIndex(root, BUILD)).toBeUndefined();
    });

    test('one of another build', async () => {
      const root = await agedProject();
      await index(root, { build: 'another build' });
      expect(readIndex(root, BUILD)).toBeUndefined();
    });

    test('one of the project from which this is a copy', async () => {
      const root = await agedProject();
      await index(root);
      const copy = `${root}-copy`;
      cpSync(root, copy, { recursive: true, preserveTimestamps: true });
      expect(IDS.map((id) => readIndex(copy, BUILD)?.known(`tasks/${id}.yaml`))).toEqual(IDS.map(() => undefined));
    });

    test.each(['../outside', 'elsewhere'])(
      'files whose folder has become a link to the same files in %s',
      async (place) => {
        const root = await agedProject();
        await index(root);
        // The files themselves are not touched by that.
        const moved = path.resolve(root, place, 'moved');
        mkdirSync(path.dirname(moved), { recursive: true });
        renameSync(path.join(root, 'tasks'), moved);
        symlinkSync(moved, path.join(root, 'tasks'));
        expect(await asIndexed(root)).toEqual(await asRead(root));
      },
    );
  });

  describe('nothing is written of', () => {
    test('a project with a secret in its files; an older index goes', async () => {
      const root = await agedProject();
      await index(root);
      expect(statSync(path.join(root, INDEX_FILE)).isFile()).toBe(true);
      writeFileSync(path.join(root, 'tasks/a.yaml'), detailOf('a', 'with hunter2hunter2'));
      await sleep(AGED_MS);
      await index(root, { secrets: { API_KEY: 'hunter2hunter2' } });
      expect(statSync(path.join(root, INDEX_FILE), { throwIfNoEntry: false })).toBeUndefined();
    });

    test.each(['', 'x'])('a long text of characters of two halves, behind "%s", is whole', async (before) => {
      const root = path.join(makeProject(), 'project');
      writeFileSync(path.join(root, 'tasks/a.yaml'), detailOf('a', `${before}${'\u{1f600}'.repeat(100_000)}`));
      await sleep(AGED_MS);
      await index(root);
      expect(readIndex(root, BUILD)?.whole()).toBeDefined();
      expect(await asIndexed(root)).toEqual(await asRead(root));
    });

    test.each([
      ['an anchor', 'id: a\nstatus: READY\ndescription: &text one\nmanual_instructions: [*text]\n'],
      ['a number that JSON has not', `${detailOf('a')}ai_details: {input_context: {n: .inf}}\n`],
      ['an error', 'id: a\nstatus: NONSENSE\n'],
      ['nothing in it', ''],
    ])('a file with %s; of the others it is', async (_, text) => {
      const root = path.join(makeProject(), 'project');
      writeFileSync(path.join(root, 'tasks/a.yaml'), text);
      await sleep(AGED_MS);
      await index(root);
      const found = readIndex(root, BUILD);
      expect(found?.whole()).toBeUndefined();
      expect(found?.known('tasks/a.yaml')).toBeUndefined();
      expect(found?.known('tasks/b.yaml')).toBeDefined();
      expect(await asIndexed(root)).toEqual(await asRead(root));
    });

    test('a runbook whose statuses share an anchor', async () => {
      const root = path.join(makeProject(), 'project');
      const shared = RUNBOOK.replace('status: READY', 'status: &s READY').replace('status: READY', 'status: *s');
      writeFileSync(path.join(root, 'runbook.yaml'), shared);
      await sleep(AGED_MS);
      await index(root);
      expect(readIndex(root, BUILD)?.known('runbook.yaml')).toBeUndefined();
      expect(await asIndexed(root)).toEqual(await asRead(root));
    });
  });

  test('a project in which something is wrong is not known whole, and what is wrong is told', async () => {
    const root = path.join(makeProject(), 'project');
    writeFileSync(path.join(root, 'tasks/b.yaml'), detailOf('c'));
    await sleep(AGED_MS);
    await index(root);
    expect(readIndex(root, BUILD)?.whole()).toBeUndefined();
    expect(readIndex(root, BUILD)?.known('tasks/b.yaml')).toBeDefined();
    expect(await asIndexed(root)).toEqual(await asRead(root));
  });

  test('whoever has changed nothing writes one only where there is none', async () => {
    const root = await agedProject();
    const look = async () => {
      const files = createFileCache();
      await loadRunbook(root, files);
      writeIndex(root, { files, build: BUILD, redactor: createRedactor({}), note: () => undefined });
      return readFileSync(path.join(root, INDEX_FILE), 'utf8');
    };
    const first = await look();
    writeFileSync(path.join(root, 'tasks/a.yaml'), detailOf('a', 'two'));
    await sleep(AGED_MS);
    expect(await look()).toBe(first);
    rmSync(path.join(root, INDEX_FILE));
    expect(await look()).not.toBe(first);
  });

  test('whoever has changed nothing takes it away where what it holds has become a secret', async () => {
    const root = await agedProject();
    writeFileSync(path.join(root, 'tasks/a.yaml'), detailOf('a', 'with hunter2hunter2'));
    await sleep(AGED_MS);
    await index(root);
    expect(readIndex(root, BUILD)).toBeDefined();
    const files = createFileCache();
    await loadRunbook(root, files);
    writeIndex(root, { files, build: BUILD, redactor: createRedactor({ API_KEY: 'hunter2hunter2' }), note: () => 0 });
    expect(readIndex(root, BUILD)).toBeUndefined();
  });

  test('the index is for its owner alone', async () => {
    const root = await agedProject();
    await index(root);
    expect(statSync(path.join(root, INDEX_FILE)).mode & 0o777).toBe(0o600);
  });

  /** What people and their tools do to a file, times restored where that can be. */
  const EDITS: Record<string, (file: string, text: string) => void> = {
    'written in place': (file, text) => writeFileSync(file, text),
    'written in place, time restored': (file, text) => {
      const before = statSync(file, { throwIfNoEntry: false });
      writeFileSync(file, text);
      if (before) utimesSync(file, before.atime, before.mtime);
    },
    'put in its place': (file, text) => {
      const before = statSync(file, { throwIfNoEntry: false });
      writeFileSync(`${file}.new`, text);
      if (before) utimesSync(`${file}.new`, before.atime, before.mtime);
      renameSync(`${file}.new`, file);
    },
    'made a link': (file, text) => {
      rmSync(`${file}.target`, { force: true });
      writeFileSync(`${file}.target`, text);
      rmSync(file, { force: true });
      symlinkSync(`${path.basename(file)}.target`, file);
    },
    'made a hard link': (file, text) => {
      rmSync(`${file}.target`, { force: true });
      writeFileSync(`${file}.target`, text);
      rmSync(file, { force: true });
      linkSync(`${file}.target`, file);
    },
    'made a link that leads outside': (file) => {
      rmSync(file, { force: true });
      symlinkSync('../../outside/a.yaml', file);
    },
    removed: (file) => rmSync(file, { force: true }),
    touched: (file) => statSync(file, { throwIfNoEntry: false }) && utimesSync(file, new Date(), new Date()),
  };

  const edit = fc.record({
    how: fc.constantFrom(...Object.keys(EDITS)),
    id: fc.constantFrom(...IDS),
    text: fc.constantFrom('one', 'two', 'six'),
    status: fc.constantFrom('READY', 'ERROR', 'WRONG'),
    isIndexed: fc.boolean(),
  });

  test('whatever is done to the files, the index makes no difference', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 5 }), async (edits) => {
        const root = await agedProject();
        await index(root);
        for (const { how, id, text, status, isIndexed } of edits) {
          EDITS[how]?.(path.join(root, 'tasks', `${id}.yaml`), detailOf(id, text).replace('READY', status));
          expect(await asIndexed(root)).toEqual(await asRead(root));
          if (isIndexed) await index(root);
        }
      }),
      { numRuns: 40 },
    );
  });

  test('whatever is done to the runbook, the index makes no difference', async () => {
    const texts = [
      RUNBOOK,
      RUNBOOK.replace('READY', 'ERROR'),
      RUNBOOK.replace('Task b', 'Task z'),
      `${RUNBOOK}vars: {}\n`,
    ];
    const change = fc.record({
      how: fc.constantFrom('written in place', 'written in place, time restored', 'put in its place'),
      text: fc.constantFrom(...texts),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 3 }), async (changes) => {
        const root = await agedProject();
        await index(root);
        for (const { how, text } of changes) {
          EDITS[how]?.(path.join(root, 'runbook.yaml'), text);
          expect(await asIndexed(root)).toEqual(await asRead(root));
        }
      }),
      { numRuns: 15 },
    );
  });
});
