// What an edit does to the bytes of a file, case by case: the text before, the edits, the text after.
import { expect, test } from 'vitest';
import { readFull } from '../../../src/runbook/full.ts';
import { type PlainValue, patchYaml, type YamlEdit, type YamlPath } from '../../../src/runbook/patch.ts';
import { fault } from './patch-rig.ts';

const set = (path: YamlPath, value: PlainValue): YamlEdit => ({ kind: 'set', path, value });
const append = (path: YamlPath, value: PlainValue): YamlEdit => ({ kind: 'append', path, value });
const remove = (path: YamlPath): YamlEdit => ({ kind: 'remove', path });

const first = ['tasks', 0, 'status'];
const running = set(['status'], 'RUNNING');
const done = set(first, 'DONE');
const lastRun = { timestamp: '2026-11-20T10:00:00Z', outcome: 'SUCCESS', cost_estimate: 0.5 };
const issue = { timestamp: '2026-11-20T10:00:00Z', type: 'SCRIPT_ERROR', detail: 'exit 1' };
const issueAt = (indent: string): string =>
  [`- timestamp: "2026-11-20T10:00:00Z"`, '  type: SCRIPT_ERROR', '  detail: exit 1']
    .map((line) => indent + line)
    .join('\n');

type Case = readonly [name: string, before: string, edits: YamlEdit | readonly YamlEdit[], after: string];

function checkCase([, before, edits, expected]: Case): void {
  const list = Array.isArray(edits) ? (edits as readonly YamlEdit[]) : [edits as YamlEdit];
  const result = patchYaml(before, list);
  expect(result).toStrictEqual({ ok: true, value: expected });
  // The expected text itself, held against the oracle.
  const [only] = list;
  if (list.length === 1 && only !== undefined) expect(fault(before, only, expected)).toBeUndefined();
}

const statusCases: readonly Case[] = [
  ['a plain status', 'id: a\nstatus: READY\nname: b\n', running, 'id: a\nstatus: RUNNING\nname: b\n'],
  ['single quotes stay', "status: 'READY'\n", running, "status: 'RUNNING'\n"],
  ['double quotes stay', 'status: "READY"\n', running, 'status: "RUNNING"\n'],
  ['a comment behind it stays where it is', 'status: READY   # not yet\n', running, 'status: RUNNING   # not yet\n'],
  ['a comment behind a quoted one stays', `status: "READY"\t# "a": 'b'\n`, running, `status: "RUNNING"\t# "a": 'b'\n`],
  ['wide gaps stay', 'status  :    READY  \nx: 1\n', running, 'status  :    RUNNING  \nx: 1\n'],
  ['a quoted key stays', '"status": READY\n', running, '"status": RUNNING\n'],
  ['CRLF', 'id: a\r\nstatus: READY # c\r\nname: b\r\n', running, 'id: a\r\nstatus: RUNNING # c\r\nname: b\r\n'],
  ['a byte order mark', '\uFEFFstatus: READY\nx: 1\n', running, '\uFEFFstatus: RUNNING\nx: 1\n'],
  ['no final line break', 'id: a\nstatus: READY', running, 'id: a\nstatus: RUNNING'],
  ['an empty status', 'status:\nname: b\n', running, 'status: RUNNING\nname: b\n'],
  ['an empty status with a comment', 'status:  # to do\nname: b\n', running, 'status: RUNNING  # to do\nname: b\n'],
  ['a status of null', 'status: ~ # to do\n', running, 'status: RUNNING # to do\n'],
  ['a status on the line below its key', 'status:\n  READY # c\nx: 1\n', running, 'status:\n  RUNNING # c\nx: 1\n'],
  ['an explicit key', '? status\n: READY\n? x\n: 1\n', running, '? status\n: RUNNING\n? x\n: 1\n'],
  ['an explicit key without a value', '? status\nx: 1\n', running, '? status\n: RUNNING\nx: 1\n'],
  ['the same value again changes nothing', "status: 'RUNNING' # c\n", running, "status: 'RUNNING' # c\n"],
  [
    'document markers and a directive',
    '%YAML 1.2\n---\nstatus: READY\n...\n# end\n',
    running,
    '%YAML 1.2\n---\nstatus: RUNNING\n...\n# end\n',
  ],
  ['a mapping on the line of the marker', '--- {status: READY}\n', running, '--- {status: RUNNING}\n'],
  [
    'tabs before comments and between tokens',
    'status:\tREADY\t# c\t\nx:\t1\n',
    running,
    'status:\tRUNNING\t# c\t\nx:\t1\n',
  ],
  [
    'emoji and CJK around it',
    '# 🚀 開始\n名前: "検証 🚀"\nstatus: READY # ✅ 完了\nx: 絵文字👩‍💻\n',
    running,
    '# 🚀 開始\n名前: "検証 🚀"\nstatus: RUNNING # ✅ 完了\nx: 絵文字👩‍💻\n',
  ],
  ['a value that would not read as text gets quotes', 'status: READY\n', set(['status'], 'no'), 'status: "no"\n'],
  ['a value with a comment sign gets quotes', 'status: READY\n', set(['status'], 'a #b'), 'status: "a #b"\n'],
  ['a quote sign inside single quotes is doubled', "status: 'READY'\n", set(['status'], "it's"), "status: 'it''s'\n"],
];

const listCases: readonly Case[] = [
  [
    'the second task of two',
    'tasks:\n  - id: a\n    status: READY\n  - id: b\n    status: READY\n',
    set(['tasks', 1, 'status'], 'DONE'),
    'tasks:\n  - id: a\n    status: READY\n  - id: b\n    status: DONE\n',
  ],
  [
    'a flow entry',
    'tasks:\n  - {id: a, status: READY, type: MANUAL} # c\n',
    done,
    'tasks:\n  - {id: a, status: DONE, type: MANUAL} # c\n',
  ],
  [
    'a JSON-like entry',
    'tasks:\n  - {"id": "a", "status": "READY"}\n',
    done,
    'tasks:\n  - {"id": "a", "status": "DONE"}\n',
  ],
  [
    'a file of JSON',
    '{\n  "tasks": [\n    {"id": "a", "status":"READY"}\n  ]\n}\n',
    done,
    '{\n  "tasks": [\n    {"id": "a", "status":"DONE"}\n  ]\n}\n',
  ],
  [
    'an unindented list',
    'tasks:\n- id: a\n  status: READY\n- id: b\n',
    done,
    'tasks:\n- id: a\n  status: DONE\n- id: b\n',
  ],
  [
    'four columns',
    'tasks:\n    -   id: a\n        status: READY # c\n',
    done,
    'tasks:\n    -   id: a\n        status: DONE # c\n',
  ],
  [
    'a key on the line of the dash',
    'tasks:\n  - status: READY\n    id: a\n',
    done,
    'tasks:\n  - status: DONE\n    id: a\n',
  ],
  [
    'a mapping on the line below its dash',
    'tasks:\n  -\n    id: a\n    status: READY\n',
    done,
    'tasks:\n  -\n    id: a\n    status: DONE\n',
  ],
  [
    'a missing status comes last in its entry',
    'tasks:\n  - id: a\n    name: b # c\n\n  # the next\n  - id: c\n',
    done,
    'tasks:\n  - id: a\n    name: b # c\n    status: DONE\n\n  # the next\n  - id: c\n',
  ],
  [
    'a missing status, unindented list, CRLF',
    'tasks:\r\n- id: a\r\n- id: b\r\n',
    done,
    'tasks:\r\n- id: a\r\n  status: DONE\r\n- id: b\r\n',
  ],
  ['a missing status, four columns', 'tasks:\n    -   id: a\n', done, 'tasks:\n    -   id: a\n        status: DONE\n'],
  ['a missing status, no final line break', 'tasks:\n  - id: a', done, 'tasks:\n  - id: a\n    status: DONE'],
  ['a missing status in a flow entry', 'tasks:\n  - {id: a} # c\n', done, 'tasks:\n  - {id: a, status: DONE} # c\n'],
  [
    'a missing status in a JSON-like entry',
    'tasks:\n  - { "id": "a" }\n',
    done,
    'tasks:\n  - { "id": "a", "status": "DONE" }\n',
  ],
  [
    'a missing status in a flow entry over several lines',
    'tasks:\n  - {\n      id: a, # one\n    }\n',
    done,
    'tasks:\n  - {\n      id: a, # one\n      status: DONE,\n    }\n',
  ],
  [
    'a missing status before a document end',
    'tasks:\n  - id: a\n...\n',
    done,
    'tasks:\n  - id: a\n    status: DONE\n...\n',
  ],
  [
    'a missing status below a nested mapping',
    'tasks:\n  - id: a\n    env:\n      A: b\n      # B: c\n  - id: b\n',
    done,
    'tasks:\n  - id: a\n    env:\n      A: b\n      # B: c\n    status: DONE\n  - id: b\n',
  ],
  [
    'a removed key takes its line',
    'tasks:\n  - id: a\n    hold: true # c\n    name: b\n',
    remove(['tasks', 0, 'hold']),
    'tasks:\n  - id: a\n    name: b\n',
  ],
  [
    'a removed key beside the dash gives way to the next',
    'tasks:\n  - hold: true\n    id: a\n',
    remove(['tasks', 0, 'hold']),
    'tasks:\n  - id: a\n',
  ],
  [
    'a removed key of a flow entry',
    'tasks:\n  - {id: a, hold: true, name: b}\n',
    remove(['tasks', 0, 'hold']),
    'tasks:\n  - {id: a, name: b}\n',
  ],
  ['the only key of a mapping leaves braces', 'x: 1\nenv:\n  A: b\n', remove(['env', 'A']), 'x: 1\nenv: {}\n'],
  ['a key that is not there is removed already', 'id: a # c\n', remove(['hold']), 'id: a # c\n'],
];

const recordCases: readonly Case[] = [
  [
    'a mapping that ends in a literal block, in the place of one with blanks behind it',
    'notes:\n- a: b \t\n- d\n',
    set(['notes', 0], { c: 'one\ntwo' }),
    'notes:\n- c: |-\n    one\n    two\n- d\n',
  ],
  [
    'a text of several lines in the place of a mapping with blanks behind its last value',
    'env:\n  A: b \t\nx: 1\n',
    set(['env'], 'one\ntwo'),
    'env: |-\n  one\n  two\nx: 1\n',
  ],
  [
    'a text of several lines in the place of a mapping on the line of its dash',
    'notes:\n- a: b # c\n- d\n',
    set(['notes', 0], 'one\ntwo'),
    'notes:\n- |- # c\n  one\n  two\n- d\n',
  ],
  [
    'an empty status and a new key at the same place',
    '{id: a, status: }\n',
    [running, set(['hold'], true)],
    '{id: a, status: RUNNING, hold: true}\n',
  ],
  [
    'a removed key below a block scalar takes the blank lines that would become part of it',
    'note: |+\n  a\nhold: true\n\nx: 1\n',
    remove(['hold']),
    'note: |+\n  a\nx: 1\n',
  ],
  [
    'a missing status before a comment in the column of the keys',
    'tasks:\n  - id: a\n    # c\n  - id: b\n',
    done,
    'tasks:\n  - id: a\n    status: DONE\n    # c\n  - id: b\n',
  ],
  [
    'an issue in a list whose items begin below their dashes',
    'issues:\n  -\n    type: A\nx: 1\n',
    append(['issues'], { type: 'X' }),
    'issues:\n  -\n    type: A\n  -\n    type: X\nx: 1\n',
  ],
  [
    'a detail that a literal block would let swallow a comment',
    'detail: old\n    # deeper\nx: 1\n',
    set(['detail'], 'one\ntwo'),
    'detail: "one\\ntwo"\n    # deeper\nx: 1\n',
  ],
  [
    'a mapping that goes takes the comments between its keys along, not those above and below them',
    'env:\n  # first\n  A: b\n  # then\n  C: d\n  # B: c\n# after\nx: 1\n',
    set(['env'], null),
    'env: null\n  # first\n  # B: c\n# after\nx: 1\n',
  ],
  [
    'last_run where there is none',
    'id: a\nstatus: DONE\n',
    set(['last_run'], lastRun),
    'id: a\nstatus: DONE\nlast_run:\n  timestamp: "2026-11-20T10:00:00Z"\n  outcome: SUCCESS\n  cost_estimate: 0.5\n',
  ],
  [
    'last_run in the indentation of the file',
    'id: a\nenv:\n    A: b\n',
    set(['last_run'], { outcome: 'SUCCESS' }),
    'id: a\nenv:\n    A: b\nlast_run:\n    outcome: SUCCESS\n',
  ],
  [
    'last_run of null',
    'id: a\nlast_run: null # never\nx: 1\n',
    set(['last_run'], { outcome: 'SUCCESS' }),
    'id: a\nlast_run: # never\n  outcome: SUCCESS\nx: 1\n',
  ],
  [
    'last_run again, key by key',
    'last_run:\n  # when\n  timestamp: "2026-11-19T10:00:00Z" # UTC\n  outcome: FAILURE\n  exit_code: 1\nx: 1\n',
    set(['last_run'], lastRun),
    'last_run:\n  # when\n  timestamp: "2026-11-20T10:00:00Z" # UTC\n  outcome: SUCCESS\n  cost_estimate: 0.5\nx: 1\n',
  ],
  [
    'last_run again, with keys that come between those it has',
    "last_run:\n  timestamp: '2026-11-19T10:00:00Z'\n  exit_code: 1\nx: 1\n",
    set(['last_run'], { timestamp: 't', outcome: 'FAILURE', exit_code: 2 }),
    'last_run:\n  timestamp: t\n  outcome: FAILURE\n  exit_code: 2\nx: 1\n',
  ],
  [
    'the same beside a comment that would be lost',
    "last_run:\n  timestamp: '2026-11-19T10:00:00Z' # UTC\n  exit_code: 1\nx: 1\n",
    set(['last_run'], { timestamp: 't', outcome: 'FAILURE', exit_code: 2 }),
    "last_run:\n  timestamp: 't' # UTC\n  exit_code: 2\n  outcome: FAILURE\nx: 1\n",
  ],
  [
    'last_run in flow style stays so',
    'last_run: {outcome: FAILURE, exit_code: 1} # c\n',
    set(['last_run'], { outcome: 'SUCCESS', attempts: 2 }),
    'last_run: {outcome: SUCCESS, attempts: 2} # c\n',
  ],
  [
    'last_run with a CRLF',
    'id: a\r\n',
    set(['last_run'], { outcome: 'SUCCESS' }),
    'id: a\r\nlast_run:\r\n  outcome: SUCCESS\r\n',
  ],
  [
    'missing parents are made',
    'id: a\n',
    set(['last_run', 'outcome'], 'SUCCESS'),
    'id: a\nlast_run:\n  outcome: SUCCESS\n',
  ],
  ['an issue where there is no list', 'id: a\n', append(['issues'], issue), `id: a\nissues:\n${issueAt('  ')}\n`],
  [
    'an issue in a list of null',
    'issues:  # none\nid: a\n',
    append(['issues'], issue),
    `issues:  # none\n${issueAt('  ')}\nid: a\n`,
  ],
  [
    'an issue in a list of tilde',
    'issues: ~\nid: a\n',
    append(['issues'], issue),
    `issues:\n${issueAt('  ')}\nid: a\n`,
  ],
  [
    'an issue in an empty list',
    'issues: [] # none yet\nid: a\n',
    append(['issues'], issue),
    `issues: # none yet\n${issueAt('  ')}\nid: a\n`,
  ],
  [
    'an issue in the style that does not indent lists',
    'depends_on:\n- b\nissues: []\n',
    append(['issues'], issue),
    `depends_on:\n- b\nissues:\n${issueAt('')}\n`,
  ],
  [
    'an issue behind others',
    'issues:\n  - type: MANUAL_BLOCKER # c\n    detail: b\n\nid: a\n',
    append(['issues'], issue),
    `issues:\n  - type: MANUAL_BLOCKER # c\n    detail: b\n${issueAt('  ')}\n\nid: a\n`,
  ],
  [
    'an issue behind others, four columns',
    'issues:\n    -   type: MANUAL_BLOCKER\n        detail: b\n',
    append(['issues'], { type: 'X', detail: 'y' }),
    'issues:\n    -   type: MANUAL_BLOCKER\n        detail: b\n    -   type: X\n        detail: "y"\n',
  ],
  [
    'an issue in a flow list',
    'issues: [{type: A, detail: b}] # c\n',
    append(['issues'], { type: 'X', detail: 'a, b' }),
    'issues: [{type: A, detail: b}, {type: X, detail: "a, b"}] # c\n',
  ],
  [
    'an issue in a flow list over several lines',
    'issues: [\n  {type: A}, # one\n]\n',
    append(['issues'], { type: 'X' }),
    'issues: [\n  {type: A}, # one\n  {type: X},\n]\n',
  ],
  [
    'a text in a list of texts',
    'notes:\n-   one # c\n-   two\nx: 1\n',
    append(['notes'], 'three'),
    'notes:\n-   one # c\n-   two\n-   three\nx: 1\n',
  ],
  ['a text in an empty list', 'notes: []\n', append(['notes'], 'one'), 'notes: [one]\n'],
  [
    'a resolution in a list item',
    'issues:\n  - type: A\n    detail: b\n  - type: C\n',
    set(['issues', 0, 'resolution'], 'key renewed'),
    'issues:\n  - type: A\n    detail: b\n    resolution: key renewed\n  - type: C\n',
  ],
  [
    'a resolution in place of null',
    'issues:\n- type: A\n  resolution: null # open\n- type: C\n',
    set(['issues', 0, 'resolution'], 'key renewed'),
    'issues:\n- type: A\n  resolution: key renewed # open\n- type: C\n',
  ],
  [
    'a resolution in a flow item',
    'issues: [{type: A}, {type: B}]\n',
    set(['issues', 1, 'resolution'], 'x: y'),
    'issues: [{type: A}, {type: B, resolution: "x: y"}]\n',
  ],
  [
    'a detail of several lines is a literal block',
    'id: a\n',
    append(['issues'], { type: 'X', detail: 'one\n  two: #3\n\nfour\n' }),
    'id: a\nissues:\n  - type: X\n    detail: |\n      one\n        two: #3\n\n      four\n',
  ],
  [
    'a detail without a last line break',
    'issues:\n  - detail: old # c\n  - type: B\n',
    set(['issues', 0, 'detail'], 'one\ntwo'),
    'issues:\n  - detail: |- # c\n      one\n      two\n  - type: B\n',
  ],
  ['a detail of several lines at an open end', 'id: a', set(['detail'], 'one\ntwo'), 'id: a\ndetail: |-\n  one\n  two'],
  [
    'a detail of several lines in a flow list',
    'issues: [{type: A}]\n',
    append(['issues'], { detail: 'one\ntwo' }),
    'issues: [{type: A}, {detail: "one\\ntwo"}]\n',
  ],
  [
    'a detail with an escape sequence',
    'id: a\n',
    set(['detail'], 'red\u001b[0m\nx'),
    'id: a\ndetail: "red\\u001b[0m\\nx"\n',
  ],
  ['emoji and CJK as values', 'id: a\n', set(['detail'], '失敗 🚨: 再試行'), 'id: a\ndetail: "失敗 🚨: 再試行"\n'],
  [
    'a whole run at once',
    'id: a # the one\nstatus: READY # s\nx-note: keep\n',
    [
      running,
      set(['last_run'], { outcome: 'FAILURE' }),
      append(['issues'], { type: 'X' }),
      set(['status'], 'ERROR'),
      set(['issues', 0, 'resolution'], 'done'),
      set(['status'], 'READY'),
    ],
    'id: a # the one\nstatus: READY # s\nx-note: keep\nlast_run:\n  outcome: FAILURE\nissues:\n  - type: X\n    resolution: done\n',
  ],
];

const openKept = 'note: |+\n  a\n\n  ';
const lookAlike = 'script: |\n  status: READY\n  # status: READY\n\n  - status: READY\n';
const oddCases: readonly Case[] = [
  ['look-alikes in a literal block above', `${lookAlike}status: READY\n`, running, `${lookAlike}status: RUNNING\n`],
  [
    'look-alikes in a folded block below',
    'status: READY\nnote: >-\n  status: READY\n  tasks:\n',
    running,
    'status: RUNNING\nnote: >-\n  status: READY\n  tasks:\n',
  ],
  [
    'look-alikes in quotes over lines',
    'note: "\n  status: READY\n  "\nstatus: READY\n',
    running,
    'note: "\n  status: READY\n  "\nstatus: RUNNING\n',
  ],
  [
    'look-alikes in comments',
    '# status: READY\nid: a # status: READY\nstatus: READY\n',
    running,
    '# status: READY\nid: a # status: READY\nstatus: RUNNING\n',
  ],
  [
    'the same key deeper',
    'env:\n  status: READY\nstatus: READY\n',
    running,
    'env:\n  status: READY\nstatus: RUNNING\n',
  ],
  [
    'a new key below a block scalar that keeps its blank lines',
    'note: |+\n  a\n\n\n',
    running,
    'note: |+\n  a\n\n\nstatus: RUNNING\n',
  ],
  ['a new key above blanks that end the file', openKept, running, 'note: |+\n  a\n\nstatus: RUNNING\n  '],
  ['a new key below a block scalar with blank lines', 'note: |\n  a\n\n', running, 'note: |\n  a\nstatus: RUNNING\n\n'],
  [
    'a block scalar with a new text keeps its header and comment',
    'note: | # why\n    old\n    text\nx: 1\n',
    set(['note'], 'new\nlines\n'),
    'note: | # why\n    new\n    lines\nx: 1\n',
  ],
  ['a block scalar with a number', 'note: |\n  old\nx: 1\n', set(['note'], 3), 'note: 3\nx: 1\n'],
  ['an anchor that nobody uses stays', 'status: &s READY # c\n', running, 'status: &s RUNNING # c\n'],
  [
    'an alias in a value is replaced by the value',
    'a: &s READY\nstatus: *s # c\n',
    running,
    'a: &s READY\nstatus: RUNNING # c\n',
  ],
  [
    'a merged key gets an explicit one',
    'base: &b {status: READY}\ntasks:\n  - <<: *b\n    id: a\n',
    done,
    'base: &b {status: READY}\ntasks:\n  - <<: *b\n    id: a\n    status: DONE\n',
  ],
  [
    'a merged key that is written too is changed where it is written',
    'base: &b {status: READY}\ntasks:\n  - status: READY\n    <<: [*b]\n',
    done,
    'base: &b {status: READY}\ntasks:\n  - status: DONE\n    <<: [*b]\n',
  ],
  [
    'a merged key that says so already is left to the merge',
    'base: &b {status: DONE}\ntasks:\n  - <<: *b\n',
    done,
    'base: &b {status: DONE}\ntasks:\n  - <<: *b\n',
  ],
  [
    'a key beside a mapping that merges',
    'a: &b\n  x: 1\nc:\n  <<: *b\nstatus: READY\n',
    running,
    'a: &b\n  x: 1\nc:\n  <<: *b\nstatus: RUNNING\n',
  ],
  ['a tag that fits stays', 'status: !!str READY\n', running, 'status: !!str RUNNING\n'],
  ["a tag of the user's own stays on a text", 'status: !state READY\n', running, 'status: !state RUNNING\n'],
  ['a tag that does not fit goes', 'status: !!int 3 # c\n', running, 'status: RUNNING # c\n'],
  ['a tagged list grows', 'issues: !!seq\n  - a\n', append(['issues'], 'b'), 'issues: !!seq\n  - a\n  - b\n'],
  ['a number for a key', 'phases:\n  1: a\n', set(['phases', '1'], 'b'), 'phases:\n  1: b\n'],
  [
    'YAML 1.1 reads the same',
    '%YAML 1.1\n---\nstatus: READY\nx: yes\n',
    set(['status'], 'off'),
    '%YAML 1.1\n---\nstatus: "off"\nx: yes\n',
  ],
];

test.each(statusCases)('a status changes and nothing else: %s', (...row) => checkCase(row));
test.each(listCases)('an entry changes and nothing else: %s', (...row) => checkCase(row));
test.each(recordCases)('a record is written and nothing else: %s', (...row) => checkCase(row));
test.each(oddCases)('less common YAML: %s', (...row) => checkCase(row));

const removalCases: readonly Case[] = [
  [
    'the first item, not the comment of the next',
    'issues:\n  - a # c\n  # of b\n  - b\n',
    remove(['issues', 0]),
    'issues:\n  # of b\n  - b\n',
  ],
  [
    'the last item with the comment inside of it, not the blank line below',
    'issues:\n- type: A\n- type: B\n  # of B\n\nx: 1\n',
    remove(['issues', 1]),
    'issues:\n- type: A\n\nx: 1\n',
  ],
  ['an item of a flow list', 'issues: [a, b, c] # d\n', remove(['issues', 1]), 'issues: [a, c] # d\n'],
  ['the last item of a flow list', 'issues: [{a: 1}, {b: 2}]\n', remove(['issues', 1]), 'issues: [{a: 1}]\n'],
  ['the only item of a flow list', 'issues: [a]\n', remove(['issues', 0]), 'issues: []\n'],
  ['the only item of a list', 'issues: # c\n  - type: A\nx: 1\n', remove(['issues', 0]), 'issues: [] # c\nx: 1\n'],
  [
    'the only item of a list, not the comments around it',
    'issues:\n  # those of Monday\n  - type: A\n  # none since\nx: 1\n',
    remove(['issues', 0]),
    'issues: []\n  # those of Monday\n  # none since\nx: 1\n',
  ],
  [
    'a text, not the deeper comment below it',
    'x: 1\nhold: true\n    # why\n\nid: a\n',
    remove(['hold']),
    'x: 1\n    # why\n\nid: a\n',
  ],
  [
    'a text beside a dash, not the deeper comment below it',
    'm:\n- hold: true\n    # why\n  id: a\n',
    remove(['m', 0, 'hold']),
    'm:\n-\n    # why\n  id: a\n',
  ],
  [
    'a text with the deeper comment below it, which would become part of the text above',
    'note: |\n  a\nhold: true\n  # why\nid: a\n',
    remove(['hold']),
    'note: |\n  a\nid: a\n',
  ],
  ['an item beside the dash of another', 'm:\n  - - a\n    - b\n', remove(['m', 0, 0]), 'm:\n  - - b\n'],
  ['a lone pair in a list', 'm: [a: 1, b: 2]\n', remove(['m', 0]), 'm: [b: 2]\n'],
  ['the last key of a file without a final line break', 'id: a\nhold: true', remove(['hold']), 'id: a'],
  [
    'the last key below a block scalar, without a final line break',
    'note: |\n  a\nhold: true',
    remove(['hold']),
    'note: |\n  a',
  ],
  [
    'a key between a block scalar and blank lines that mean nothing in it',
    'note: |\n  a\nhold: true\n\n  \nx: 1\n',
    remove(['hold']),
    'note: |\n  a\n\n  \nx: 1\n',
  ],
  [
    'a key between a block scalar and blanks that would mean something in it',
    'note: |\n  a\nhold: true\n    \nx: 1\n',
    remove(['hold']),
    'note: |\n  a\nx: 1\n',
  ],
];

const commentCases: readonly Case[] = [
  ['in brackets without items', 'issues: [ # c\n]\n', append(['issues'], { a: 1 }), 'issues: [{a: 1} # c\n]\n'],
  [
    'above a list that begins where none was',
    'issues: [] # a\n    # b\n# c\nx: 1\n',
    append(['issues'], { a: 1 }),
    'issues: # a\n    # b\n  - a: 1\n# c\nx: 1\n',
  ],
  [
    'below a list that is replaced',
    'issues:\n  - a\n    # deep\n  # c\nx: 1\n',
    set(['issues'], null),
    'issues: null\n    # deep\n  # c\nx: 1\n',
  ],
  [
    'above a mapping that gives way to a text of several lines',
    'env:\n  # c\n  A: b\nx: 1\n',
    set(['env'], 'one\ntwo'),
    'env: "one\\ntwo"\n  # c\nx: 1\n',
  ],
  [
    'behind the last line of a mapping that gives way to a text of several lines',
    'env:\n  A: b # c\nx: 1\n',
    set(['env'], 'one\ntwo'),
    'env: "one\\ntwo" # c\nx: 1\n',
  ],
  [
    'behind the last line of a list that gives way to a mapping that ends in such a text',
    'env:\n- a: b # c\nx: 1\n',
    set(['env'], { text: 'one\ntwo' }),
    'env:\n  text: "one\\ntwo" # c\nx: 1\n',
  ],
  [
    'above and below the only key',
    'x:\n -\n    # c\n    status: READY\n    # d\n - z\n',
    remove(['x', 0, 'status']),
    'x:\n - {}\n    # c\n    # d\n - z\n',
  ],
  [
    'deeper ones that only a literal block at the end would swallow',
    'issues: []\n    # c\n  # d\nx: 1\n',
    append(['issues'], { detail: 'one\ntwo', notes: ['one\ntwo', 'x'] }),
    'issues:\n    # c\n  # d\n  - detail: |-\n      one\n      two\n    notes:\n      - |-\n        one\n        two\n      - x\nx: 1\n',
  ],
  [
    'behind a tab, which a literal block would swallow',
    'issues: []\n\t# c\nx: 1\n',
    append(['issues'], 'one\ntwo'),
    'issues:\n  - "one\\ntwo"\n\t# c\nx: 1\n',
  ],
];

test.each(removalCases)('a removal takes what it names and nothing else: %s', (...row) => checkCase(row));
test.each(commentCases)('comments stay: %s', (...row) => checkCase(row));

const anchored = 'base: &b\n  status: READY\n  issues: []\n';
const refusals: readonly (readonly [name: string, text: string, edit: YamlEdit, reason: string, at: string])[] = [
  [
    'a value in a mapping that an alias uses',
    `${anchored}other: *b\n`,
    set(['base', 'status'], 'X'),
    '`base` has the anchor &b, which line 4 uses: a change here would change that place too',
    'status: READY',
  ],
  [
    'a value in a mapping that a merge uses',
    `${anchored}other:\n  <<: *b\n`,
    set(['base', 'status'], 'X'),
    '`base` has the anchor &b, which line 5 uses: a change here would change that place too',
    'status: READY',
  ],
  [
    'a value behind an alias',
    `${anchored}other: *b\n`,
    set(['other', 'status'], 'X'),
    '`other` is the alias *b: a change in it would change other places too',
    '*b',
  ],
  [
    'an item for the alias of a list',
    'a: &l [x]\nissues: *l\n',
    append(['issues'], 'y'),
    '`issues` is the alias *l: a change in it would change other places too',
    '*l',
  ],
  [
    'an item for a list that an alias uses',
    'a: &l [x]\nissues: *l\n',
    append(['a'], 'y'),
    '`a` has the anchor &l, which line 2 uses: a change here would change that place too',
    '[x]',
  ],
  [
    'an item for a list that a merge brings',
    `${anchored}other:\n  <<: *b\n`,
    append(['other', 'issues'], 'y'),
    '`issues` comes from a merge (<<): a change in it would change other places too',
    '<<',
  ],
  [
    'the removal of a key that a merge brings',
    `${anchored}other:\n  <<: *b\n`,
    remove(['other', 'status']),
    '`other.status` comes from a merge (<<) and cannot be removed here',
    '<<',
  ],
  [
    'the anchored text itself',
    'a: &s READY\nb: *s\n',
    set(['a'], 'X'),
    '`a` has the anchor &s, which line 2 uses: a change here would change that place too',
    'READY',
  ],
  [
    'the removal of what an alias uses',
    'a: {x: &s READY}\nb: *s\n',
    remove(['a']),
    '`a` has the anchor &s, which line 2 uses: a change here would change that place too',
    '{x',
  ],
  [
    'a value in a tagged set',
    'a: !!set {x, y}\n',
    set(['a', 'z'], null),
    '`a` has the tag tag:yaml.org,2002:set',
    '{x',
  ],
  ['an item for a text', 'issues: none\n', append(['issues'], 'y'), '`issues` is not a list', 'none'],
  [
    'a key in a text',
    'last_run: never\n',
    set(['last_run', 'outcome'], 'y'),
    '`last_run` is neither a mapping nor a list',
    'never',
  ],
  ['an item that is not there', 'issues: [a]\n', set(['issues', 1], 'y'), 'there is no item 1 in this list', '[a]'],
  ['the removal of such an item', 'issues: [a]\n', remove(['issues', 1]), 'there is no item 1 in this list', '[a]'],
  [
    'the removal of an item that an alias uses',
    'issues: [&i a]\nx: *i\n',
    remove(['issues', 0]),
    '`issues[0]` has the anchor &i, which line 2 uses: a change here would change that place too',
    'a',
  ],
  [
    'the removal of a key that an alias uses',
    '&k status: READY\nx: *k\n',
    remove(['status']),
    '`status` has the anchor &k, which line 2 uses: a change here would change that place too',
    'READY',
  ],
  [
    'a key that can be read in two ways',
    '1: a\n"1": b\n',
    set(['1'], 'y'),
    'the mapping has more than one key that reads 1',
    '1: a',
  ],
];

test.each(refusals)('refused, with the reason and the place: %s', (_name, text, edit, reason, at) => {
  const result = patchYaml(text, [edit]);
  if (result.ok || result.error.kind !== 'refused') throw new Error(`not refused: ${JSON.stringify(result)}`);
  expect(result.error.reason).toBe(reason);
  expect(result.error.path).toStrictEqual(edit.path);
  expect(text.slice(result.error.span?.start, result.error.span?.end).slice(0, at.length)).toBe(at);
});

test('one edit that is refused keeps the others from being made', () => {
  const result = patchYaml('status: READY\nissues: none\n', [running, append(['issues'], 'x')]);
  expect(result).toMatchObject({ ok: false, error: { kind: 'refused', path: ['issues'] } });
});

const invalid: readonly (readonly [name: string, text: string])[] = [
  ['several documents', 'status: READY\n---\nstatus: READY\n'],
  ['a quote that does not end', 'status: "READY\nid: a\n'],
  ['a bracket that does not close', 'issues: [a\nstatus: READY\n'],
  ['a key twice', 'status: READY\nstatus: DONE\n'],
  ['a tab for indentation', 'a:\n\tstatus: READY\n'],
  ['indentation that fits nothing', 'a:\n    b: 1\n  c: 2\nstatus: READY\n'],
  ['an alias without an anchor', 'status: *none\n'],
  ['an alias inside its own anchor', 'status: &a [*a]\n'],
  ['a merge of a text', 'status: READY\n<<: text\n'],
  ['a list', '- status: READY\n'],
  ['a text', 'READY\n'],
  ['only comments', '# status: READY\n'],
  ['nothing', ''],
  ['a conflict of git', '<<<<<<< HEAD\nstatus: READY\n=======\nstatus: DONE\n>>>>>>> other\n'],
];

test.each(invalid)('a file that cannot be edited is told apart from an edit that cannot be made: %s', (_name, text) => {
  const result = patchYaml(text, [running]);
  expect(result).toMatchObject({ ok: false, error: { kind: 'invalid', message: expect.stringMatching(/\w/) } });
});

test('reads a file as the rest of the program does: merges, documents, duplicates, YAML versions', () => {
  const texts = [...statusCases, ...listCases, ...recordCases, ...oddCases].map(([, before]) => before);
  // To the one a tag of the user's own is a problem, to the other nothing; a key that is a number is no text when written.
  const known = texts.filter((text) => !text.includes('!state') && !text.includes('phases:'));
  for (const text of [...known, ...refusals.map(([, before]) => before)]) {
    const full = readFull(text);
    if (!full.ok) throw new Error(`readFull finds a problem in ${text}`);
    const edits = Object.entries(full.value as Record<string, PlainValue>).map(([key, value]) => set([key], value));
    // Whatever the program has read is there already: writing it is no edit.
    if (!text.includes('!!set') && !text.includes('"1": b'))
      expect(patchYaml(text, edits)).toStrictEqual({ ok: true, value: text });
  }
  const mappings = invalid.filter(([name]) => !['a list', 'a text', 'only comments', 'nothing'].includes(name));
  for (const [name, text] of mappings) expect({ name, ok: readFull(text).ok }).toStrictEqual({ name, ok: false });
});

test('aliases of aliases cost no more than their text', () => {
  const levels = Array.from({ length: 60 }, (_, index) => `a${index + 1}: &a${index + 1} [*a${index}, *a${index}]`);
  const text = ['a0: &a0 [x, y]', ...levels, 'status: READY', ''].join('\n');
  expect(patchYaml(text, [running])).toStrictEqual({ ok: true, value: text.replace('READY', 'RUNNING') });
});

test('a file nested beyond reason is refused, not a defect', () => {
  const text = `status: READY\nx: ${'['.repeat(1000)}${']'.repeat(1000)}\n`;
  const result = patchYaml(text, [running]);
  expect(result).toMatchObject({ ok: false, error: { kind: 'invalid' } });
});
