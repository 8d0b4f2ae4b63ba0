// A new entry looks like its neighbours, and nothing else moves.
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { layOut } from '../../../src/authoring/entry-layout.ts';
import { patchYaml } from '../../../src/runbook/patch.ts';

function add(before: string, dependsOn: string[] = ['a', 'b']): string {
  const patched = patchYaml(before, [
    { kind: 'append', path: ['tasks'], value: { id: 'new', depends_on: dependsOn, z: 1 } },
  ]);
  if (!patched.ok) throw new Error('not patched');
  const text = layOut(before, patched.value);
  expect(parse(text)).toEqual(parse(patched.value));
  return text;
}

const APART = 'tasks:\n  - id: a\n    depends_on: []\n\n  - id: b\n';
const CLOSE = 'tasks:\n- id: a\n- id: b\n  depends_on:\n  - a\n';

test.each([
  [
    'entries with blank lines between them get another',
    APART,
    `${APART}\n  - id: new\n    depends_on: [a, b]\n    z: 1\n`,
  ],
  [
    'a comment above the last entry does not hide the blank line',
    APART.replace('\n  - id: b', '\n  # last\n  - id: b'),
    `${APART.replace('\n  - id: b', '\n  # last\n  - id: b')}\n  - id: new\n    depends_on: [a, b]\n    z: 1\n`,
  ],
  [
    'entries without stay without',
    CLOSE,
    `${CLOSE}- id: new\n  depends_on:\n    - a\n    - b\n  z: 1\n`.replace(/ {4}-/g, '  -'),
  ],
  [
    'one entry says nothing about blank lines',
    'tasks:\n\n  - id: a\n',
    'tasks:\n\n  - id: a\n  - id: new\n    depends_on:\n      - a\n      - b\n    z: 1\n',
  ],
  [
    'keys behind the list stay behind it',
    `${APART}x-end: 1\n`,
    `${APART}\n  - id: new\n    depends_on: [a, b]\n    z: 1\nx-end: 1\n`,
  ],
  [
    'a list in flow style stays as the patch made it',
    'tasks: [{id: a, depends_on: []}]\n',
    'tasks: [{id: a, depends_on: []}, {id: new, depends_on: [a, b], z: 1}]\n',
  ],
])('%s', (_, before, after) => {
  expect(add(before)).toBe(after);
});

test('line ends of the file are used', () => {
  expect(add(APART.replaceAll('\n', '\r\n'))).toBe(
    `${APART}\n  - id: new\n    depends_on: [a, b]\n    z: 1\n`.replaceAll('\n', '\r\n'),
  );
});

test('an id that needs quotes keeps its line', () => {
  expect(add(APART, ['1.5', 'a'])).toContain('      - "1.5"\n      - a\n');
});
