// The reader of the plain subset against the `yaml` package: on documents written plainly, by `yaml`, and damaged.
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { stringify } from 'yaml';
import { unreachable } from '../../../src/base/result.ts';
import { readPlain } from '../../../src/runbook/plain.ts';
import { authority } from './plain.authority.ts';

/** Fails where the reader's answer is not the authority's; tells whether the reader answered. */
function checkAnswer(text: string): boolean {
  const read = readPlain(text);
  if (read === undefined) return false;
  expect(authority(text)).toStrictEqual({ sound: true, data: read.data });
  return true;
}

type Node =
  | { readonly kind: 'inline'; readonly source: string; readonly more?: readonly string[] }
  | { readonly kind: 'block'; readonly header: string; readonly lines: readonly string[] }
  | { readonly kind: 'mapping'; readonly entries: readonly (readonly [key: string, value: Node])[] }
  | { readonly kind: 'sequence'; readonly items: readonly Node[]; readonly indented: boolean };

/** The lines of a mapping or sequence at `column`. */
function render(node: Node, column: number): string[] {
  if (node.kind === 'mapping') return node.entries.flatMap(([key, value]) => renderEntry(`${key}:`, value, column));
  if (node.kind === 'sequence') return node.items.flatMap((item) => renderEntry('-', item, column));
  return renderEntry('root:', node, column);
}

/** `lead` is a key with its colon, or a dash. */
function renderEntry(lead: string, node: Node, column: number): string[] {
  const margin = ' '.repeat(column);
  if (node.kind === 'inline')
    return [`${margin}${lead} ${node.source}`, ...(node.more ?? []).map((line) => `${margin}  ${line}`)];
  if (node.kind === 'block')
    return [`${margin}${lead} ${node.header}`, ...node.lines.map((line) => line && `${margin}  ${line}`)];
  const sameColumn = node.kind === 'sequence' && !node.indented && lead !== '-';
  const below = render(node, sameColumn ? column : column + 2);
  if (lead !== '-' || node.kind === 'sequence') return [margin + lead, ...below];
  return [`${margin}- ${below[0]?.trimStart()}`, ...below.slice(1)];
}

const ascii = fc.string({ unit: 'grapheme-ascii', maxLength: 12 });
const word = fc.stringMatching(/^[A-Z][A-Za-z0-9_./-]{0,8}$/);
const flowScalar = fc.oneof(
  word,
  fc.tuple(word, word).map((words) => words.join(' ')),
  fc.integer().map(String),
  fc.double({ noNaN: true, min: -1e6, max: 1e6 }).map(String),
  fc.constantFrom(
    '~',
    'null',
    'true',
    'False',
    '0x1F',
    '0o17',
    '1_000',
    '2024-01-01',
    '5m',
    '-v',
    '--a=b',
    'a:b',
    'é µ',
  ),
  ascii.map((text) => JSON.stringify(text)),
  ascii.map((text) => `'${text.replaceAll("'", "''")}'`),
);
const flow = fc.oneof(
  fc.array(flowScalar, { maxLength: 4 }).map((items) => `[${items.join(', ')}]`),
  fc.dictionary(word, flowScalar, { maxKeys: 3 }).map((map) => {
    return `{ ${Object.entries(map)
      .map(([key, value]) => `${key}: ${value}`)
      .join(', ')} }`;
  }),
);
const inlineSource = fc.oneof(
  flowScalar,
  flow,
  fc.constantFrom('', '# nothing', 'a #b', 'c#d, [e] {f}', '[[a], {b: [c]}]', 'https://host:80/a?b=c#d'),
  flow.map((text) => `${text}  # comment`),
);
const blockLine = fc.oneof(
  ascii.map((text) => text.trim() && text),
  fc.constantFrom('', '  deeper', '# text', 'a: b', '- c'),
);
const key = fc.oneof(
  word,
  word.map((text) => `"${text}: #1"`),
  word.map((text) => `${text} x`),
);

const { plainNode } = fc.letrec<{ plainNode: Node }>((tie) => ({
  plainNode: fc.oneof(
    { depthSize: 'small' },
    inlineSource.map((source): Node => ({ kind: 'inline', source })),
    fc
      .array(word, { minLength: 2, maxLength: 4 })
      .map(([source = '', ...more]): Node => ({ kind: 'inline', source, more })),
    fc
      .tuple(
        fc.array(
          flowScalar.filter((text) => !text.includes('#')),
          { minLength: 1, maxLength: 3 },
        ),
        fc.boolean(),
      )
      .map(
        ([items, ends]): Node => ({
          kind: 'inline',
          source: '[',
          more: [...items.map((item, at) => `  ${item}${ends || at < items.length - 1 ? ',' : ''}`), ']  # comment'],
        }),
      ),
    fc
      .tuple(
        fc.constantFrom('|', '|-', '|+', '>', '>-', '>+', '| # comment'),
        word,
        fc.array(blockLine, { maxLength: 5 }),
      )
      .map(([header, first, lines]): Node => ({ kind: 'block', header, lines: [first, ...lines] })),
    fc
      .uniqueArray(fc.tuple(key, tie('plainNode')), { minLength: 1, maxLength: 4, selector: ([name]) => name })
      .map((entries): Node => ({ kind: 'mapping', entries })),
    fc
      .tuple(fc.array(tie('plainNode'), { minLength: 1, maxLength: 4 }), fc.boolean())
      .map(([items, indented]): Node => ({ kind: 'sequence', items, indented })),
  ),
}));

test('a document written plainly is read, and as the authority reads it', () => {
  const head = fc.constantFrom('', '---\n', '# comment\n\n');
  const lineEnd = fc.constantFrom('\n', '\r\n');
  fc.assert(
    fc.property(plainNode, head, lineEnd, fc.boolean(), (node, start, newline, closed) => {
      const text = (start + render(node, 0).join('\n') + (closed ? '\n' : '')).replaceAll('\n', newline);
      expect({ text, answered: checkAnswer(text) }).toStrictEqual({ text, answered: true });
    }),
    { numRuns: 800 },
  );
});

test('what `yaml` itself writes in any style is read as it reads it, or left', () => {
  const styles = fc.record({
    indent: fc.constantFrom(2, 4),
    indentSeq: fc.boolean(),
    lineWidth: fc.constantFrom(0, 40, 80),
    collectionStyle: fc.constantFrom('any' as const, 'block' as const, 'flow' as const),
    defaultStringType: fc.constantFrom(
      'PLAIN' as const,
      'QUOTE_DOUBLE' as const,
      'BLOCK_LITERAL' as const,
      'BLOCK_FOLDED' as const,
    ),
  });
  let answers = 0;
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 3 }), styles, (value, options) => {
      if (checkAnswer(stringify(value, options))) answers += 1;
    }),
    { numRuns: 1000 },
  );
  expect(answers).toBeGreaterThan(200);
});

const REALISTIC = [
  `name: Demo project
vars:
  region: eu-west-1
  retries: 3

# the tasks
tasks:
  - id: t1
    name: "First: task"
    status: DONE
    type: MANUAL
    depends_on: []

  - id: t2
    name: 'It''s second'  # note
    status: READY
    depends_on: [t1]
    task_detail_file: tasks/t2.yaml
  - id: t3
    depends_on:
      - t1
      - t2
    hold: true
    x-owner: {team: core, on_call: "bob"}
`,
  `id: t2
status: READY
description: |
  Builds the thing.

  - with a list
    indented: more
  # not a comment
script_details:
  command: npm
  args: [run, "build", --if-present, -v]
  env:
    URL: http://localhost:8080/a?b=c#d
  timeout: 5m
expects:
- file: dist/main.js
- command: test -s dist/main.js
last_run:
  timestamp: 2026-01-02T03:04:05.678Z
  cost_estimate: 0.0123
issues: []
`,
  `---
id: t3
description: >-
  A folded text
  over lines.

    code more indented

  End.
ai_details:
  input_context:
    spec: {file: docs/spec.md}
  review_points:
    - Is it "right"?
    - Does it hold
  auto_accept: false
issues:
  - timestamp: "2026-01-02T03:04:05Z"
    detail: "line one\\nline \\"two\\"\\tend"
    resolution: ~
manual_instructions: |+
  Do it.

  Then stop.

`,
];
const SIGNIFICANT = Array.from(':- #"\'[]{},|>&*!?%@`\\~\t\n').concat([
  ': ',
  '- ',
  ' #',
  '\r\n',
  '\r',
  '\n\n',
  '\n  ',
  '---\n',
  '<<: ',
  'key',
]);

type Damage = {
  readonly how: 'insert' | 'delete' | 'replace' | 'copy line' | 'drop lines' | 'indent' | 'swap' | 'cut';
};
type Mutation = Damage & { readonly at: number; readonly other: number; readonly text: string };

const mutation: fc.Arbitrary<Mutation> = fc.record({
  how: fc.constantFrom('insert', 'delete', 'replace', 'copy line', 'drop lines', 'indent', 'swap', 'cut'),
  at: fc.nat(),
  other: fc.nat(),
  text: fc.constantFrom(...SIGNIFICANT),
});

function damage(text: string, { how, at, other, text: inserted }: Mutation): string {
  const offset = at % (text.length + 1);
  const lines = text.split('\n');
  const row = at % lines.length;
  const line = lines[row] ?? '';
  const otherRow = other % lines.length;
  switch (how) {
    case 'insert':
      return text.slice(0, offset) + inserted + text.slice(offset);
    case 'delete':
      return text.slice(0, offset) + text.slice(offset + 1 + (other % 3));
    case 'replace':
      return text.slice(0, offset) + inserted + text.slice(offset + 1);
    case 'cut':
      return text.slice(0, offset);
    case 'copy line':
      return lines.toSpliced(otherRow, 0, line).join('\n');
    case 'drop lines':
      return lines.toSpliced(row, 1 + (other % 3)).join('\n');
    case 'indent':
      return lines.with(row, ' '.repeat(other % 7) + line.trimStart()).join('\n');
    case 'swap':
      return lines
        .with(row, lines[otherRow] ?? '')
        .with(otherRow, line)
        .join('\n');
    default:
      return unreachable(how);
  }
}

test.each(REALISTIC)('a realistic file is read: %j', (text) => {
  expect(checkAnswer(text)).toBe(true);
  expect(checkAnswer(text.replaceAll('\n', '\r\n'))).toBe(true);
});

test('a damaged file is read as the authority reads it, or left', () => {
  let answers = 0;
  fc.assert(
    fc.property(
      fc.constantFrom(...REALISTIC),
      fc.array(mutation, { minLength: 1, maxLength: 3 }),
      (text, mutations) => {
        if (checkAnswer(mutations.reduce(damage, text))) answers += 1;
      },
    ),
    { numRuns: 2500 },
  );
  expect(answers).toBeGreaterThan(250);
});

const LINES = `
key: v
key:
k: |
k: >-
k: |+
n: # c
b: 1
c: "x"
f: {a: b}
"q": v
x: y # z
z : 1
1: 2
- a
-
- k: v
- b:
-   m: 1
- |
- >+
- - a
# c
text
a b c
"q"
[a]
~
---
...`.split('\n');

test('lines thrown together at random are read as the authority reads them, or left', () => {
  const line = fc.tuple(fc.constantFrom(0, 0, 1, 2, 2, 3, 4, 4, 6), fc.constantFrom(...LINES));
  let answers = 0;
  fc.assert(
    fc.property(fc.array(line, { maxLength: 8 }), fc.constantFrom('', '\n', '  \n'), (lines, end) => {
      if (checkAnswer(lines.map(([indent, content]) => ' '.repeat(indent) + content).join('\n') + end)) answers += 1;
    }),
    { numRuns: 5000 },
  );
  expect(answers).toBeGreaterThan(200);
});
