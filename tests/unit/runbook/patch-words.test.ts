// Words put in place of words by their lines: right, or not at all.
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { patchWords } from '../../../src/runbook/patch/words.ts';
import { patchYaml, type YamlEdit, type YamlPath } from '../../../src/runbook/patch.ts';
import { readPlain } from '../../../src/runbook/plain.ts';

const set = (path: YamlPath, value: string): YamlEdit => ({ kind: 'set', path, value });

function patched(text: string, ...edits: YamlEdit[]): string | undefined {
  const read = readPlain(text);
  return read && patchWords(text, read.data, edits)?.text;
}

const RUNBOOK = `# the plan
tasks:
  # first
  - id: a
    name: "status: READY"
    status: READY   # by hand
    note: |
      status: READY
  -   id: b
      status: PENDING

  - status: DONE
    id: c
x-more:
  - status: DONE
`;

describe('a word', () => {
  test.each<[string, string, YamlPath, string, string]>([
    ['of the whole', 'id: a\nstatus: READY\n', ['status'], 'status: READY', 'status: RUNNING'],
    ['with CRLF and a comment', 'status: READY # now\r\nid: a\r\n', ['status'], 'status: READY', 'status: RUNNING'],
    ['without a last line feed', 'id: a\nstatus: READY', ['status'], 'status: READY', 'status: RUNNING'],
    ['of an item among others', RUNBOOK, ['tasks', 0, 'status'], 'status: READY   #', 'status: RUNNING   #'],
    ['of an item that is indented deeper', RUNBOOK, ['tasks', 1, 'status'], 'status: PENDING', 'status: RUNNING'],
    ['in quotes', 'id: a\nstatus: "READY" # now\n', ['status'], 'status: "READY"', 'status: "RUNNING"'],
    ['in single quotes', "id: a\nstatus: 'READY'\n", ['status'], "'READY'", "'RUNNING'"],
    ['behind the dash', RUNBOOK, ['tasks', 2, 'status'], '- status: DONE', '- status: RUNNING'],
  ])('%s is replaced, and nothing else', (_name, text, path, former, now) => {
    const at = text.indexOf(former);
    expect(patched(text, set(path, 'RUNNING'))).toBe(text.slice(0, at) + now + text.slice(at + former.length));
  });

  test('stands beside others that are replaced with it', () => {
    const result = patched(RUNBOOK, set(['tasks', 1, 'status'], 'READY'), set(['tasks', 0, 'status'], 'DONE'));
    expect(result).toBe(RUNBOOK.replace('status: READY   #', 'status: DONE   #').replace('PENDING', 'READY'));
  });

  test.each<[string, string, YamlPath]>([
    ['of the whole', 'id: a\nname: A\n', ['status']],
    [
      'of the whole, before a comment and a blank line',
      'id: a\nexpects:\n- command: make\n\n# the end\n\n',
      ['status'],
    ],
    ['of an item', 'tasks:\n  - id: a\n    name: A\n  - id: b\n', ['tasks', 0, 'status']],
    ['of an item that is its only line', 'tasks:\n  - id: a\n  - id: b\n', ['tasks', 0, 'status']],
    ['of an item without indentation', 'tasks:\n- id: a\n  name: A\n- id: b\n', ['tasks', 1, 'status']],
    [
      'of an item that ends in a list',
      'tasks:\n  - id: a\n    depends_on:\n      - b\n  - id: b\n',
      ['tasks', 0, 'status'],
    ],
    ['before what is said of the next', 'tasks:\n  - id: a\n\n  # of b\n\n  - id: b\n', ['tasks', 0, 'status']],
    ['in flow style', 'tasks:\n  - {id: a, name: "A, B", on: [b, c]}\n  - { id: b }\n', ['tasks', 0, 'status']],
    ['in flow style with spaces', 'tasks:\n  - { id: a, x: { y: 1 } }\n  - { id: b }\n', ['tasks', 1, 'status']],
  ])('behind the others: %s', (_name, text, path) => {
    const result = patched(text, set(path, 'READY'));
    expect(result).toBeDefined();
    expect(patchYaml(text, [set(path, 'READY')])).toEqual({ ok: true, value: result });
    expect(readPlain(result ?? '')?.data).toBeDefined();
  });

  test('in flow style is replaced', () => {
    const text = 'tasks:\n  - {id: a, x-status: READY, status: READY }\n  - { status: "DONE", id: b }\n';
    const result = patched(text, set(['tasks', 0, 'status'], 'RUNNING'), set(['tasks', 1, 'status'], 'ERROR'));
    expect(result).toBe(text.replace(' status: READY', ' status: RUNNING').replace('DONE', 'ERROR'));
  });

  const A = 'id: a, status: READY';
  test.each<[string, string, YamlEdit]>([
    ['quotes on one side', 'status: READY"\n', set(['status'], 'DONE')],
    ['a list in flow style', `tasks: [{${A}}]\n`, set(['tasks', 0, 'status'], 'DONE')],
    ['JSON', 'tasks:\n  - {"id": "a"}\n', set(['tasks', 0, 'status'], 'DONE')],
    ['JSON in part', 'tasks:\n  - { "id": a, status: READY }\n', set(['tasks', 0, 'status'], 'DONE')],
    ['a comma at the end', 'tasks:\n  - { id: a, }\n', set(['tasks', 0, 'status'], 'DONE')],
    ['an item over lines', 'tasks:\n  - { id: a,\n      name: A }\n', set(['tasks', 0, 'status'], 'DONE')],
    ['other keys behind the last item', 'tasks:\n  - id: a\nx-more:\n  - b\n', set(['tasks', 0, 'status'], 'DONE')],
    ['a key below a key', 'x:\n  y: z\n', set(['x', 'status'], 'DONE')],
    ['a comment that may be text', 'x:\n  - id: a\n    note: |\n      x\n      # y\n', set(['x', 0, 'status'], 'DONE')],
    ['a text with its blank lines', 'note: |+\n  x\n\n\n', set(['status'], 'DONE')],
    ['no mapping', '- status\n', set(['status'], 'DONE')],
    ['a word that is none to YAML', 'status: READY\n', set(['status'], 'NULL')],
    ['a value of several words', 'status: READY\n', set(['status'], 'ready now')],
    ['a mapping', 'last_run: {a: 1}\n', { kind: 'set', path: ['last_run'], value: { a: 2 } }],
    ['a mapping in an item', 'tasks:\n  - id: a\n', { kind: 'set', path: ['tasks', 0, 'x'], value: { a: 2 } }],
    ['a list', 'id: a\n', { kind: 'set', path: ['x'], value: ['a'] }],
    ['a mapping of more', 'id: a\n', { kind: 'set', path: ['x'], value: { a: ['b'] } }],
    ['a text of two lines', 'id: a\n', { kind: 'set', path: ['x'], value: { a: 'b\nc\n' } }],
    ['a removal', 'status: READY\n', { kind: 'remove', path: ['status'] }],
    ['a dash alone', 'tasks:\n  -\n    id: a\n    status: READY\n', set(['tasks', 0, 'status'], 'DONE')],
    ['a list that is elsewhere', `tasks: [\n {${A}}\n]\nold:\n  - {${A}}\n`, set(['tasks', 0, 'status'], 'DONE')],
    ['a list in a text', `tasks: [\n {${A}}\n]\nold: |\n  - {${A}}\n`, set(['tasks', 0, 'status'], 'DONE')],
    ['a list that lacks it too', 'tasks: [{id: a}]\nold:\n  - id: a\n', set(['tasks', 0, 'status'], 'DONE')],
    [
      'a list behind one with dashes alone',
      'tasks:\n  -\n    id: a\n    status: READY\nold:\n  - id: a\n    status: READY\n',
      set(['tasks', 0, 'status'], 'DONE'),
    ],
  ])('is left to the full parser: %s', (_name, text, edit) => {
    expect(patched(text, edit)).toBeUndefined();
  });

  test.each(['\r', '\u2028', '\u2029'])('behind %j, which ends no line, is no key', (end) => {
    const text = `old: #${end}tasks:\n  - {${A}}\ntasks: [\n {${A}}\n]\n`;
    const items = [{ id: 'a', status: 'READY' }];
    const edits = [set(['tasks', 0, 'status'], 'DONE')];
    expect(patchWords(text, { old: items, tasks: items }, edits)).toBeUndefined();
  });

  test('is not looked for in a text that begins like it', () => {
    const text = 'tasks:\n- a: |\n   - status: READY\n  status: DONE\n';
    expect(patched(text, set(['tasks', 0, 'status'], 'READY'))).toBe(text.replace('DONE', 'READY'));
  });
});

test('where a file of the corpus can be changed by words, the full parser makes the same of it', () => {
  const words = ['PENDING', 'READY', 'RUNNING', 'DONE', 'ERROR', 'SKIPPED'];
  let changed = 0;
  for (const file of globSync(path.join(import.meta.dirname, 'corpus', '**/*.yaml'))) {
    const text = readFileSync(file, 'utf8');
    const data = readPlain(text)?.data as { tasks?: unknown[] } | undefined;
    const paths: YamlPath[] = [
      ['status'],
      ...(Array.isArray(data?.tasks) ? data.tasks.map((_task, index) => ['tasks', index, 'status']) : []),
    ];
    for (const at of data === undefined ? [] : paths) {
      for (const word of words) {
        const result = patched(text, set(at, word));
        if (result === undefined) continue;
        changed += 1;
        expect(patchYaml(text, [set(at, word)]), `${file} ${at.join('.')}`).toEqual({ ok: true, value: result });
      }
    }
  }
  expect(changed).toBeGreaterThan(20);
});

test('of random lists, each with its own indentation and order, only the word meant is changed', () => {
  const entry = fc.record({
    pad: fc.integer({ min: 1, max: 4 }),
    lines: fc.shuffledSubarray(
      [
        'id: a',
        'status: READY',
        'status: "READY"',
        'x-status: READY',
        'name: status',
        '# status: READY',
        'note: >-\n{in}  status: READY',
        'on:\n{in}- b',
        'text: |+\n{in}  x\n',
        '',
      ],
      { minLength: 1 },
    ),
  });
  fc.assert(
    fc.property(fc.array(entry, { minLength: 1, maxLength: 5 }), fc.nat(2), fc.nat(4), (entries, indent, wanted) => {
      const text = `tasks:\n${entries
        .map(({ pad, lines }) => {
          const inner = ' '.repeat(indent + 1 + pad);
          const [first = '', ...rest] = lines.toSorted((a, b) => Number(a.startsWith('#')) - Number(b.startsWith('#')));
          const body = [first, ...rest].join(`\n${inner}`).replaceAll('{in}', inner);
          return `${' '.repeat(indent)}-${' '.repeat(pad)}${body}\n`;
        })
        .join('')}`;
      const at = ['tasks', wanted, 'status'];
      const result = patched(text, set(at, 'DONE'));
      if (result !== undefined) expect(patchYaml(text, [set(at, 'DONE')])).toEqual({ ok: true, value: result });
    }),
  );
});

describe('last_run behind a task that runs for the first time', () => {
  const lastRun = { timestamp: '2026-01-31T12:00:00.000Z', outcome: 'SUCCESS', attempts: 1, exit_code: 0 };
  const edits: YamlEdit[] = [set(['status'], 'DONE'), { kind: 'set', path: ['last_run'], value: lastRun }];

  test.each([
    ['flat', 'id: a\nstatus: READY\nscript_details: "true"\n'],
    ['with a mapping', 'id: a\nstatus: READY\nscript_details:\n    command: make\n    timeout: 5\n'],
    ['with a mapping of one column', 'id: a\nstatus: READY\nscript_details:\n command: make\n'],
    ['with a list', 'id: a\nstatus: READY\nexpects:\n- command: make\n'],
    ['with a list that is indented', 'id: a\nstatus: READY\nexpects:\n    - command: make\n      timeout: 5\n'],
    ['with a list behind a mapping', 'status: READY\nscript_details:\n   command: x\nexpects:\n- command: make\n'],
    ['with a list before a mapping', 'status: READY\nexpects:\n- command: make\nscript_details:\n   command: x\n'],
    ['without a status', 'id: a\nscript_details: "true"\n'],
    ['before a comment', 'id: a\nscript_details: "true"\n# the end\n'],
    ['behind a text of several lines', 'id: a\nscript_details: |\n  # all\n  make > out.txt # x\n'],
  ])('stands as the full parser would put it: %s', (_name, text) => {
    const result = patched(text, ...edits);
    expect(result).toBeDefined();
    expect(patchYaml(text, edits)).toEqual({ ok: true, value: result });
  });

  test.each([
    ['a last_run that is there', 'status: READY\nlast_run:\n  attempts: 1\n'],
    ['mappings in a list, whose style counts', 'status: READY\nexpects:\n- script:\n     env: x\n'],
    ['mappings in a list before another', 'status: READY\nexpects:\n- script:\n     env: x\nai:\n   model: m\n'],
    ['no last line feed', 'status: READY'],
    ['CRLF', 'status: READY\r\nid: a\r\n'],
    ['the header of a text at the end', 'status: READY\nnote: |\n'],
  ])('is left to the full parser: %s', (_name, text) => {
    expect(patched(text, ...edits)).toBeUndefined();
  });

  test('of any keys before it, it stands as the full parser would put it', () => {
    const part = fc.constantFrom(
      ...['id: a', 'status: READY', "status: 'READY'", '# c', '  # d', '', 'f: {a: 1}', 'e:', 'q: "a"  # b', 'h: |'],
      ...['a: |\n  t', 'b: |+\n  t\n', 'c: >-\n  a\n  b', 'd: |\n  Do:\n      - x', 'g: |\n  S:\n      one: do'],
      ...['i:\n- x', 'j:\n  - x: 1\n    y: 2', 'k:\n- x:\n     y: 1', 'l: # c\n    - x', 'm:\n   # c\n   - x: 1'],
      ...[
        'n:\n   k: v',
        'o: # how\n    k: v',
        'p:\n# c\n    k: v',
        'r:\n\n    k: v',
        '"s":\n    k: v',
        't u:\n   k: v',
      ],
      ...[
        'v:\n-\n    id: a',
        'w:\n  -\n      id:\n         z: a',
        'x: a\n  b c',
        'y:\n   a\n   b',
        'z:\n - - x\n   - y',
      ],
    );
    let quick = 0;
    fc.assert(
      fc.property(fc.array(part, { maxLength: 5 }), (parts) => {
        const text = `${[...new Set(parts)].join('\n')}\n`;
        const result = patched(text, ...edits);
        if (result === undefined) return;
        quick += 1;
        expect(patchYaml(text, edits)).toEqual({ ok: true, value: result });
      }),
      { numRuns: 400 },
    );
    expect(quick).toBeGreaterThan(50);
  });
});
