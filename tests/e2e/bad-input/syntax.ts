// Bad input that blocks the whole runbook: what is no YAML, no text, or no file. Nothing is run and nothing is changed (design.md §2).
import { symlink } from 'node:fs/promises';
import path from 'node:path';
import { type BadInput, text } from './case.ts';

const runbook = (content: string | Uint8Array) => ({ 'runbook.yaml': content });
const GOOD = text`
  tasks:
    - id: a
      name: A
      type: MANUAL
`;

export const SYNTAX: readonly BadInput[] = [
  {
    name: 'a line that is indented too little',
    files: runbook(GOOD.replace('    type', '   type')),
    stderr: text`
      runbook.yaml:4:4: error: this line stands among the items of a list, but has no "-"
          4 |    type: MANUAL
            |    ^
        → indent it like the lines that it belongs to
    `,
  },
  {
    name: 'a tab as indentation',
    files: runbook(`${GOOD}\tstatus: DONE\n`),
    stderr: text`
      runbook.yaml:5:1: error: tabs are not allowed as indentation
          5 |  status: DONE
            | ^
        → indent with spaces: YAML allows no tabs there
    `,
  },
  {
    name: 'a quote that is never closed',
    files: runbook(GOOD.replace('name: A', 'name: "A')),
    stderr: text`
      runbook.yaml:3:11: error: the quote that begins here is never closed
          3 |     name: "A
            |           ^^
        → close it on the line where it should end
    `,
  },
  {
    name: 'a colon in a plain text',
    files: runbook(GOOD.replace('name: A', 'name: Deploy: part 2')),
    stderr: text`
      runbook.yaml:3:11: error: this value is read as a mapping of its own
          3 |     name: Deploy: part 2
            |           ^
        → put text that holds ": " in quotes, and check the indentation of the line below
    `,
  },
  {
    name: 'a list that is never closed',
    files: runbook(`${GOOD}    depends_on: [b, c\n  - id: b\n`),
    stderr: text`
      runbook.yaml:6:3: error: a "]" is missing before this
          6 |   - id: b
            |   ^
        → close the list with "]", and indent its lines
    `,
  },
  {
    name: 'text that begins with a reserved character',
    files: runbook(GOOD.replace('name: A', 'name: @home')),
    stderr: text`
      runbook.yaml:3:11: error: text cannot begin with "@"
          3 |     name: @home
            |           ^
        → put the text in quotes
    `,
  },
  {
    name: 'the same key twice',
    files: runbook(GOOD.replace('type', 'name: B\n    type')),
    stderr: text`
      runbook.yaml:4:5: error: the same key is given twice in one mapping
          4 |     name: B
            |     ^
        → remove one of the two
    `,
  },
  {
    name: 'several mistakes, told at once',
    files: runbook('name: "Deploy: \\d"\ntasks:\n  - id: a\n    name: A\n    name: B\n    type: !foo MANUAL\n'),
    stderr: text`
      runbook.yaml:1:16: error: \\d means nothing inside double quotes
          1 | name: "Deploy: \\d"
            |                ^
        → write \\\\ for a backslash, or use single quotes

      runbook.yaml:5:5: error: the same key is given twice in one mapping
          5 |     name: B
            |     ^
        → remove one of the two

      runbook.yaml:6:11: error: !foo is a tag that nothing here knows
          6 |     type: !foo MANUAL
            |           ^^^^
        → remove it, or put text that begins with "!" in quotes

      3 errors
    `,
  },
  {
    name: 'several documents',
    files: runbook(`${GOOD}---\ntasks: []\n`),
    stderr: text`
      runbook.yaml:5:1: error: the file holds more than one YAML document
          5 | ---
            | ^
        → keep one document a file: remove the "---" and what belongs to the other
    `,
  },
  {
    name: 'keys that reach into prototypes',
    files: runbook(`${GOOD}    __proto__: {x: 1}\n    constructor: 2\nx-mine:\n  prototype: 3\n`),
    stderr: text`
      runbook.yaml:5:5: error: the key "__proto__" is not allowed
          5 |     __proto__: {x: 1}
            |     ^^^^^^^^^
        → choose another name

      runbook.yaml:6:5: error: the key "constructor" is not allowed
          6 |     constructor: 2
            |     ^^^^^^^^^^^
        → choose another name

      runbook.yaml:8:3: error: the key "prototype" is not allowed
          8 |   prototype: 3
            |   ^^^^^^^^^
        → choose another name

      3 errors
    `,
  },
  {
    name: 'an alias without an anchor',
    files: runbook(GOOD.replace('name: A', 'name: *important')),
    stderr: text`
      runbook.yaml:3:11: error: nothing above is marked with the anchor "&important"
          3 |     name: *important
            |           ^^^^^^^^^^
        → put text that begins with "*" in quotes
    `,
  },
  {
    name: 'aliases that expand to billions of values',
    files: runbook(billionLaughs()),
    stderr: text`
      runbook.yaml:7:12: error: the aliases of this file expand to too much data
          7 | x-g: &x-g [*x-f, *x-f, *x-f, *x-f, *x-f, *x-f, *x-f, *x-f, *x-f]
            |            ^^^^
        → write the values out instead of nesting aliases
    `,
  },
  {
    name: 'flow collections nested 10,000 deep',
    files: runbook(`${GOOD}x-deep: ${'['.repeat(10_000)}${']'.repeat(10_000)}\n`),
    stderr: text`
      runbook.yaml:5:208: error: this is nested more than 200 levels deep
          5 | [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[
            |                                         ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        → write it flatter
    `,
  },
  {
    name: 'mappings nested 1,000 deep',
    files: runbook(
      `${GOOD}vars:\n${Array.from({ length: 1000 }, (_, depth) => `${' '.repeat(depth + 1)}a:\n`).join('')}`,
    ),
    stderr: text`
      runbook.yaml:205:201: error: this is nested more than 200 levels deep
        205 |                                         a:
            |                                         ^^
        → write it flatter
    `,
  },
];

export const BYTES: readonly BadInput[] = [
  {
    name: '50 MB',
    files: runbook(`${GOOD}#${'x'.repeat(50 * 1024 * 1024)}`),
    stderr: text`
      runbook.yaml: error: runbook.yaml has 50 MB; the limit is 16 MB
        → move data out of it into files of its own
    `,
  },
  {
    name: 'a NUL byte',
    files: runbook(GOOD.replace('name: A', 'name: A\0')),
    stderr: text`
      runbook.yaml:3:12: error: YAML allows no control character here (U+0000)
          3 |     name: A␀
            |            ^
        → remove it; inside double quotes it can be written as \\u0000
    `,
  },
  {
    name: 'nothing but NUL bytes, as a power cut leaves them',
    files: runbook('\0'.repeat(4096)),
    stderr: text`
      runbook.yaml:1:1: error: YAML allows no control character here (U+0000)
          1 | ␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀
            | ^
        → remove it; inside double quotes it can be written as \\u0000
    `,
  },
  {
    name: 'Latin-1',
    files: runbook(Buffer.from(GOOD.replace('name: A', 'name: caf\u00E9'), 'latin1')),
    stderr: text`
      runbook.yaml:3:14: error: this is not UTF-8
          3 |     name: caf�
            |              ^
        → save the file as UTF-8
    `,
  },
  {
    name: 'UTF-16',
    files: runbook(Buffer.from(`\uFEFF${GOOD}`, 'utf16le')),
    stderr: text`
      runbook.yaml:1:1: error: this is not UTF-8
          1 | ��t␀a␀s␀k␀s␀:␀
            | ^
        → save the file as UTF-8
    `,
  },
  {
    name: 'a folder',
    files: { 'runbook.yaml/notes.txt': 'x' },
    stderr: text`
      runbook.yaml: error: runbook.yaml is a folder
        → put a YAML file in its place
    `,
  },
  {
    name: 'a device that never ends',
    files: {},
    prepare: (project) => symlink('/dev/zero', path.join(project.dir, 'runbook.yaml')),
    stderr: text`
      runbook.yaml: error: runbook.yaml is not a regular file
        → put a YAML file in its place
    `,
  },
];

function billionLaughs(): string {
  const level = (name: string, inner: string) =>
    `${name}: &${name} [${Array.from({ length: 9 }, () => inner).join(', ')}]\n`;
  const names = ['x-a', 'x-b', 'x-c', 'x-d', 'x-e', 'x-f', 'x-g', 'x-h', 'x-i'];
  return `${names.map((name, index) => level(name, index === 0 ? 'lol' : `*${names[index - 1]}`)).join('')}${GOOD}`;
}
