// What `undo` relies on: the edits of a step and then their opposites give back the file, byte for byte in ordinary styles.
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { type PlainValue, patchYaml, type YamlEdit, type YamlPath } from '../../../src/runbook/patch.ts';
import { inverseEdits } from './inverse-edits.ts';
import { readYaml } from './patch-rig.ts';

const set = (path: YamlPath, value: PlainValue): YamlEdit => ({ kind: 'set', path, value });
const append = (path: YamlPath, value: PlainValue): YamlEdit => ({ kind: 'append', path, value });
const remove = (path: YamlPath): YamlEdit => ({ kind: 'remove', path });

const lastRun = { timestamp: '2026-11-20T10:00:00Z', outcome: 'FAILURE', exit_code: 3 };
const issue = { type: 'SCRIPT_ERROR', detail: 'exit 3\n# so: it {was}\n' };

function patched(text: string, edits: readonly YamlEdit[]): string {
  const result = patchYaml(text, edits);
  if (!result.ok) throw new Error(`${JSON.stringify(result.error)}\n${JSON.stringify(edits)}\n${JSON.stringify(text)}`);
  return result.value;
}

type Entry = { readonly [key: string]: PlainValue };

/** A step that fails and is retried. */
function stepOn(path: YamlPath, { issues }: Entry): YamlEdit[] {
  const at = (...keys: YamlPath): YamlPath => [...path, ...keys];
  const [first] = Array.isArray(issues) ? (issues as { resolution?: unknown }[]) : [];
  return [
    set(at('status'), 'RUNNING'),
    set(at('status'), 'ERROR'),
    append(at('issues'), issue),
    set(at('issues', Array.isArray(issues) ? issues.length : 0, 'resolution'), 'key: renewed'),
    set(at('last_run'), lastRun),
    set(at('allow_skipped'), true),
    ...(first?.resolution === null ? [set(at('issues', 0, 'resolution'), 'done')] : []),
  ];
}

/** Parts of an entry as people write them; every one stands alone on its lines. */
const others = [
  '',
  '# a comment\n',
  '\n',
  'name: Build # it\n',
  'x-note: |\n  status: READY\n\n  more\n',
  'x-note: |+\n  kept\n\n',
  'x-note: >-\n    folded\n    text\n',
  'x-note: |2\n    wider\n',
  'x-note: "two\n  lines"\n',
  'x-note: two\n  plain lines\n',
  'x-note: http://host:80/#top\n',
  'x-note: "שלום 👩‍💻 e\u0301 \u2028"\n',
  'env:\n  A: b\n  # C: d\n',
  'env:\n    A:\n        deep: 1\n        # deep\n    # less deep\n',
  'env: {A: b,\n  C: d}\n',
  'depends_on:\n- a\n# between\n- b\n',
  'depends_on:\n  - a\n\n  - b\n',
  '? x-key\n: x\n',
  'x-tag: !!str 12\n',
  'x-empty:\n',
  'x-empty: # nothing\n',
  "'x-quoted' :  x   \n",
  'x-tab:\tx\t# tab\n',
] as const;
const statuses = [
  '',
  'status: READY\n',
  "status: 'READY' # s\n",
  '"status":   "READY"\t# s\n',
  'status:\n  READY\n',
  '? status\n: READY\n',
  'status: !!str READY\n',
  'status: &s READY\n',
] as const;
const issueLists = [
  '',
  'issues: null # none\n',
  'issues: [] # none\n',
  'issues: []\n',
  'issues:\n  - type: A\n    resolution: null # open\n',
  'issues:\n- type: A\n  # inside\n# below\n- type: B\n  detail: |\n    text\n',
  'issues:\n\n    -   type: A\n        detail: >\n            text\n\n\n',
  'issues: [{type: A, resolution: null}] # c\n',
  'issues: [\n  {type: A}, # one\n]\n',
  'issues: [\n  {type: A} # one\n]\n',
  'issues:\n  -\n    type: A\n',
] as const;
const runs = [
  '',
  'last_run: null\n',
  'last_run: {outcome: SUCCESS, x: 1}\n',
  'last_run:\n  timestamp: "2026-11-19T10:00:00Z"\n  llm_response: |\n    old\n  outcome: SUCCESS\n  attempts: 2\n# of Monday\n',
] as const;
const tails = ['', '\n', '# tail\n', '    # deeper tail\n', ' # odd tail\n', '\n\n# far\n\n', '  \n\n'] as const;

const indented = (text: string, columns: number): string => text.replace(/^(?=[^\n])/gm, ' '.repeat(columns));
const wrappers: readonly (readonly [path: YamlPath, wrap: (body: string) => string])[] = [
  [[], (body) => `id: a\n${body}`],
  [[], (body) => `%YAML 1.2\n---\nid: a\n${body}...\n# end\n`],
  [['tasks', 0], (body) => `tasks:\n  - id: a\n${indented(body, 4)}  # next\n  - id: b\n`],
  [['tasks', 0], (body) => `tasks:\n- id: a\n${indented(body, 2)}`],
  [['tasks', 1], (body) => `tasks:\n    -   id: z\n\n    -   id: a\n${indented(body, 8)}\n# end\n`],
  [['tasks', 0], (body) => `tasks:\n -\n   id: a\n${indented(body, 3)} - id: b\nname: x\n`],
];
const encodings: readonly ((text: string) => string)[] = [
  (text) => text,
  (text) => `\uFEFF${text.replaceAll('\n', '\r\n')}`,
  (text) => text.replace(/\n$/, ''),
];

const pick = <T>(items: readonly T[]): fc.Arbitrary<T> => fc.constantFrom(...items);
const files = fc
  .record({
    parts: fc
      .tuple(pick(others), pick(statuses), pick(issueLists), pick(runs))
      .chain((parts) => fc.shuffledSubarray(parts)),
    tail: pick(tails),
    wrapper: pick(wrappers),
    encode: pick(encodings),
  })
  .map(({ parts, tail, wrapper: [path, wrap], encode }) => ({ path, text: encode(wrap(parts.join('') + tail)) }));

const scale = Number(process.env['PATCH_RUNS'] ?? 1);

test('a step and then its opposite give back every byte', () => {
  fc.assert(
    fc.property(files, fc.boolean(), ({ path, text }, atOnce) => {
      const data = readYaml(text);
      const entry = path.reduce((at, key) => (at as Entry)[key], data as unknown) as Entry;
      const edits = stepOn(path, entry);
      const opposites = inverseEdits(data, edits);
      const there = atOnce ? patched(text, edits) : edits.reduce((now, edit) => patched(now, [edit]), text);
      expect(there).not.toBe(text);
      const back = atOnce ? patched(there, opposites) : opposites.reduce((now, edit) => patched(now, [edit]), there);
      expect(back).toBe(text);
    }),
    { numRuns: 120 * scale },
  );
});

const inverses: readonly (readonly [
  name: string,
  data: Entry,
  edits: YamlEdit | readonly YamlEdit[],
  YamlEdit | readonly YamlEdit[],
])[] = [
  ['a value that was there', { status: 'READY' }, set(['status'], 'DONE'), set(['status'], 'READY')],
  ['a null that was there', { status: null }, set(['status'], 'DONE'), set(['status'], null)],
  ['a key that was not', {}, set(['status'], 'DONE'), remove(['status'])],
  [
    'the same value again',
    { status: 'DONE', env: { A: [1] } },
    [set(['status'], 'DONE'), set(['env'], { A: [1] })],
    [],
  ],
  ['a key below one that was not there', {}, set(['last_run', 'cost', 'usd'], 1), remove(['last_run'])],
  ['a key below a null', { last_run: null }, set(['last_run', 'cost', 'usd'], 1), set(['last_run'], null)],
  ['a key in a mapping', { last_run: { a: 1 } }, set(['last_run', 'b'], 1), remove(['last_run', 'b'])],
  ['an item of a list', { issues: [1, 2] }, append(['issues'], 3), remove(['issues', 2])],
  ['the first item of an empty list', { issues: [] }, append(['issues'], 3), remove(['issues', 0])],
  ['the first item of a list of null', { issues: null }, append(['issues'], 3), set(['issues'], null)],
  ['the first item where no list was', {}, append(['issues'], 3), remove(['issues'])],
  ['the first item of a list in what was not there', {}, append(['a', 'issues'], 3), remove(['a'])],
  [
    'several of them, the last first',
    { status: 'READY', issues: [{ type: 'A' }] },
    [
      set(['status'], 'ERROR'),
      append(['issues'], { b: 1 }),
      set(['issues', 1, 'resolution'], 'x'),
      set(['status'], 'DONE'),
    ],
    [set(['status'], 'ERROR'), remove(['issues', 1, 'resolution']), remove(['issues', 1]), set(['status'], 'READY')],
  ],
  ['a removed key', { env: { A: 'b', C: null } }, remove(['env', 'C']), set(['env', 'C'], null)],
  ['the removal of what is not there', { a: { b: 1 } }, [remove(['x']), remove(['a', 'c']), remove(['x', 'y'])], []],
  ['a removed last item', { notes: ['a', 'b'] }, remove(['notes', 1]), append(['notes'], 'b')],
  ['another removed item', { notes: ['a', 'b'] }, remove(['notes', 0]), set(['notes'], ['a', 'b'])],
];

const listed = (edits: YamlEdit | readonly YamlEdit[]): readonly YamlEdit[] => ('kind' in edits ? [edits] : edits);

test.each(inverses)('the inverse of an edit: %s', (_name, data, edits, expected) => {
  const former = structuredClone(data);
  expect(inverseEdits(data, listed(edits))).toStrictEqual(listed(expected));
  expect(data).toStrictEqual(former);
});

type Lossy = readonly [name: string, before: string, edit: YamlEdit, opposite: YamlEdit, after: string];

/** The new value says nothing of how the old one was written. What it says comes back, how it was written does not. */
const lossy: readonly Lossy[] = [
  ['an empty null', 'issues: # c\n', append(['issues'], 'x'), set(['issues'], null), 'issues: null # c\n'],
  ['a null of its own spelling', 'issues: ~\n', append(['issues'], 'x'), set(['issues'], null), 'issues: null\n'],
  ['an explicit key alone', '? issues\n', append(['issues'], 'x'), set(['issues'], null), '? issues\n: null\n'],
  [
    'brackets with a blank between them',
    'issues: [ ]\n',
    append(['issues'], { a: 1 }),
    remove(['issues', 0]),
    'issues: []\n',
  ],
  [
    'brackets on a line of their own',
    'issues:\n  []\n',
    append(['issues'], { a: 1 }),
    remove(['issues', 0]),
    'issues: []\n',
  ],
  [
    'plain text, where the value between needed quotes',
    'detail: old\n',
    set(['detail'], 'a: b'),
    set(['detail'], 'old'),
    'detail: "old"\n',
  ],
  [
    'text over several lines',
    'detail: one\n  two\n',
    set(['detail'], 'new'),
    set(['detail'], 'one two'),
    'detail: one two\n',
  ],
  [
    'quotes, where the value between was no text',
    "detail: 'old'\n",
    set(['detail'], null),
    set(['detail'], 'old'),
    'detail: old\n',
  ],
  [
    'an alias, which was made explicit',
    'a: &s READY\nstatus: *s\n',
    set(['status'], 'ERROR'),
    set(['status'], 'READY'),
    'a: &s READY\nstatus: READY\n',
  ],
  [
    'the order of keys beside a comment, when keys between them went',
    'last_run:\n  a: 1\n  b: 2 # c\n',
    set(['last_run'], { b: 3 }),
    set(['last_run'], { a: 1, b: 2 }),
    'last_run:\n  b: 2 # c\n  a: 1\n',
  ],
  [
    'comments between the keys of a mapping that went',
    'last_run:\n  a: 1\n  # c\n  b: 2\n',
    set(['last_run'], null),
    set(['last_run'], { a: 1, b: 2 }),
    'last_run:\n  a: 1\n  b: 2\n',
  ],
];

test.each(lossy)(
  'what comes back in another spelling, with the same data: %s',
  (_name, before, edit, opposite, after) => {
    const back = patched(patched(before, [edit]), [opposite]);
    expect(back).toBe(after);
    expect(readYaml(back)).toStrictEqual(readYaml(before));
  },
);
