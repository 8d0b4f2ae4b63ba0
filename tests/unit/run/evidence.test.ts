// The checks of `expects`, on real files and with real commands.
import { createHash } from 'node:crypto';
import { symlinkSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { createRedactor } from '../../../src/base/secrets.ts';
import { checkAll, checkStatic, failuresOf } from '../../../src/run/evidence.ts';
import { labelOf, toPattern } from '../../../src/run/expects.ts';
import type { News } from '../../../src/run/ports.ts';
import type { Session } from '../../../src/run/session.ts';
import type { Check } from '../../../src/runbook/schema.ts';
import type { Task } from '../../../src/runbook/task.ts';
import { createEnvironment } from '../../../src/system/environment.ts';
import { runbookOf } from '../making.ts';
import { makeFolder } from '../temporary.ts';

const FILES = {
  'notes.md': '# Title\n\nBody\n',
  'empty.txt': '',
  'data.json': '{"name": "Ada", "age": 36}',
  'broken.json': '{"name": ',
  'schema.json': '{"type": "object", "required": ["name"], "properties": {"age": {"type": "integer"}}}',
  'strict.json': '{"type": "object", "required": ["nick"]}',
  'list.json': '[]',
  'folder/x.txt': 'x',
};

async function check(one: Check, candidate?: { file: string; content: string }) {
  const [result] = await checkStatic(makeFolder(FILES), [one], candidate);
  return result;
}

describe('a check of a file', () => {
  test.each<[what: string, check: Check, problem: string | undefined]>([
    ['holds where it is there', { file: 'notes.md' }, undefined],
    ['holds for a folder', { file: 'folder' }, undefined],
    ['fails where it is not', { file: 'nope.md' }, 'nope.md does not exist'],
    ['fails where it is empty', { file: 'empty.txt' }, 'empty.txt is empty'],
    ['fails outside the project', { file: '../x' }, '../x lies outside the project'],
    ['holds where a line matches', { file: 'notes.md', matches: '^Body$' }, undefined],
    ['fails where no line matches', { file: 'notes.md', matches: '^Footer$' }, 'notes.md does not match /^Footer$/'],
    ['knows Unicode', { file: 'notes.md', matches: '\\p{Lu}itle' }, undefined],
    ['takes a pattern that only the old dialect knows', { file: 'notes.md', matches: '\\Body' }, undefined],
    ['fails where the pattern is none', { file: 'notes.md', matches: '(' }, '/(/ is not a regular expression'],
    ['does not match the name of a folder', { file: 'folder', matches: 'folder' }, 'folder is not a regular file'],
    ['holds where it is JSON', { file: 'data.json', json: true }, undefined],
    ['fails where it is not JSON', { file: 'broken.json', json: true }, 'broken.json is not valid JSON'],
    ['fails where a folder should be JSON', { file: 'folder', json: true }, 'folder is not a regular file'],
    ['holds where it fits a schema', { file: 'data.json', schema: 'schema.json' }, undefined],
    [
      'fails where it does not',
      { file: 'data.json', schema: 'strict.json' },
      "data.json: the answer must have required property 'nick'",
    ],
    [
      'fails where there is no schema',
      { file: 'data.json', schema: 'nope.json' },
      'the schema nope.json cannot be read',
    ],
    [
      'fails where the schema lies outside',
      { file: 'data.json', schema: '../s.json' },
      'the schema ../s.json cannot be read',
    ],
    [
      'fails where the schema is not JSON',
      { file: 'data.json', schema: 'broken.json' },
      'the schema broken.json is not valid JSON',
    ],
    [
      'fails where the schema is none',
      { file: 'data.json', schema: 'list.json' },
      'data.json: the schema itself is not valid: it must be a mapping',
    ],
    [
      'fails at the first thing that is wrong',
      { file: 'notes.md', matches: 'nope', json: true },
      'notes.md does not match /nope/',
    ],
  ])('%s', async (_, one, problem) => {
    const result = await check(one);
    expect(result).toMatchObject({ label: labelOf(one), ok: problem === undefined });
    expect(result?.detail).toBe(problem);
  });

  test('keeps the hash of what it looked at', async () => {
    const hash = createHash('sha256').update(FILES['notes.md']).digest('hex');
    expect(await check({ file: 'notes.md' })).toEqual({
      label: 'notes.md exists and is not empty',
      ok: true,
      sha256: hash,
    });
    expect(await check({ file: 'notes.md', matches: 'nope' })).toMatchObject({ ok: false, sha256: hash });
  });

  test('is made on the candidate in place of its file', async () => {
    const candidate = { file: 'out/new.json', content: '{"a": 1}' };
    expect(await check({ file: './out/new.json', json: true }, candidate)).toMatchObject({ ok: true });
    expect(await check({ file: 'out/new.json' }, { ...candidate, content: '' })).toMatchObject({
      ok: false,
      detail: 'out/new.json is empty',
    });
    expect(await check({ file: 'out/other.json' }, candidate)).toMatchObject({
      ok: false,
      detail: 'out/other.json does not exist',
    });
  });

  test('does not follow a link out of the project', async () => {
    const root = makeFolder(FILES);
    symlinkSync(makeFolder({ 'secret.txt': 's' }), path.join(root, 'link'));
    expect(await checkStatic(root, [{ file: 'link/secret.txt' }])).toMatchObject([
      { ok: false, detail: 'link/secret.txt lies outside the project' },
    ]);
  });
});

test.each<[check: Check, label: string]>([
  [{ file: 'a' }, 'a exists and is not empty'],
  [{ file: 'a', json: true }, 'a is JSON'],
  [{ file: 'a', matches: 'x' }, 'a matches /x/'],
  [{ file: 'a', schema: 's' }, 'a fits s'],
  [{ command: 'npm test' }, 'command: npm test'],
])('%j is called "%s"', (one, label) => {
  expect(labelOf(one)).toBe(label);
});

test.each([
  ['^b$', 'a\nb\nc', true],
  ['^b$', 'a\r\nb\r\n', true],
  ['a.c', 'a\nc', false],
  ['^\\p{L}+$', 'é', true],
  ['\\-', '-', true],
])('/%s/ on %j: %s', (source, text, matches) => {
  expect(toPattern(source)?.test(text)).toBe(matches);
});

describe('all checks of a task', () => {
  async function all(expects: readonly Check[], files: Record<string, string> = FILES) {
    const news: News[] = [];
    const root = makeFolder(files);
    const session = {
      root,
      environment: createEnvironment(root, { PATH: process.env.PATH, A_TOKEN: 'sesame-open' }),
      redactor: createRedactor({ A_TOKEN: 'sesame-open' }),
      signal: new AbortController().signal,
      report: (each: News) => void news.push(each),
    } as Partial<Session> as Session;
    const book = runbookOf([{ id: 'a', expects: [...expects] }], { env: { GREETING: 'hello' } });
    const results = await checkAll(session, book, book.tasks[0] as Task);
    return {
      results: results.map(({ label, ok, detail }) => [label, ok, ...(detail === undefined ? [] : [detail])]),
      failures: failuresOf(results),
      news,
    };
  }

  test('hold together, files before commands', async () => {
    const { results, failures } = await all([{ command: 'test -s notes.md' }, { file: 'notes.md' }]);
    expect(results).toEqual([
      ['notes.md exists and is not empty', true],
      ['command: test -s notes.md', true],
    ]);
    expect(failures).toBeUndefined();
  });

  test('run no command where a file is wrong', async () => {
    const { results, failures } = await all([{ command: 'touch made' }, { file: 'a' }, { file: 'b' }]);
    expect(results.map(([label]) => label)).toEqual(['a exists and is not empty', 'b exists and is not empty']);
    expect(failures).toBe('a does not exist; b does not exist');
  });

  test('stop at the first command that fails', async () => {
    const { results } = await all([{ command: 'true' }, { command: 'exit 3' }, { command: 'true' }]);
    expect(results).toEqual([
      ['command: true', true],
      ['command: exit 3', false, '"exit 3" ended with exit code 3'],
    ]);
  });

  test('say the end of what a failing command printed, without its secrets', async () => {
    const { failures } = await all([
      { command: 'echo one; echo "$GREETING"; echo "$A_TOKEN"; echo "$ORCHESTRATE_TASK_ID"; exit 1' },
    ]);
    expect(failures).toMatch(/ended with exit code 1: hello \| \[A_TOKEN\] \| a$/);
  });

  test('are told as they come', async () => {
    const { news } = await all([{ file: 'notes.md' }, { file: 'nope' }]);
    expect(news).toEqual([
      { kind: 'check', label: 'notes.md exists and is not empty', ok: true },
      { kind: 'check', label: 'nope exists and is not empty', ok: false, detail: 'nope does not exist' },
    ]);
  });

  test('of none hold', async () => {
    expect(await all([])).toEqual({ results: [], failures: undefined, news: [] });
  });
});
