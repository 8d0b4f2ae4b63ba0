// Receipts of a small project, and which of its tasks are stale after a change: exactly the right ones. Real files.
import { mkdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Kept } from '../../../../src/journal/journal.ts';
import type { ReceiptRow } from '../../../../src/journal/receipts.ts';
import { labelOf } from '../../../../src/run/expects.ts';
import { compareHashes, compareStamps, stampsOf } from '../../../../src/run/receipts/fingerprint.ts';
import { trustOf } from '../../../../src/run/receipts/stale.ts';
import { begin, receiptOf, withReceipt } from '../../../../src/run/receipts/take.ts';
import type { Runbook, Task } from '../../../../src/runbook/task.ts';
import { runbookOf, type TaskParts } from '../../making.ts';
import { makeFolder } from '../../temporary.ts';

const FILES = {
  'scripts/gen.sh': 'echo 1\n',
  'tools/use.mjs': 'done\n',
  'config.env': 'A=1\n',
  'notes.md': 'Notes\n',
  'prompt_templates/draft.md': "{% render 'tone.md' %} {{ notes }} {{ data }} {{ vars.colour }}\n",
  'prompt_templates/tone.md': 'Be kind.\n',
  'prompt_templates/again.md': 'Again: {{ failure }}\n',
  'outputs/gen.txt': '1\n',
  'outputs/draft.md': 'A draft\n',
  'signed.txt': 'signed by Ada\n',
  'unrelated.txt': 'x\n',
};

const script = (line: string, rest: object = {}) =>
  ({
    type: 'AUTOMATED_SCRIPT',
    script: {
      command: { kind: 'shell', line },
      env: {},
      retries: 0,
      retryDelayMs: 0,
      successExitCodes: [0],
      stdin: 'none',
      capture: false,
      ...rest,
    },
  }) as const;

const ASKED = {
  prompt_template: 'prompt_templates/draft.md',
  fallback_prompt_template: 'prompt_templates/again.md',
  input_context: { notes: { file: 'notes.md' }, data: { output_of: 'gen' } },
  review_points: ['Is it kind?'],
};

const PARTS: readonly TaskParts[] = [
  { id: 'gen', work: script('sh scripts/gen.sh'), outputArtifact: 'outputs/gen.txt' },
  { id: 'use', dependsOn: ['gen'], work: script('node tools/use.mjs', { envFile: 'config.env' }) },
  {
    id: 'draft',
    dependsOn: ['use'],
    type: 'AI_ASSISTED',
    work: { type: 'AI_ASSISTED', ai: ASKED },
    outputArtifact: 'outputs/draft.md',
  },
  {
    id: 'sign',
    dependsOn: ['draft'],
    type: 'MANUAL',
    work: { type: 'MANUAL', instructions: ['Sign it'], gate: false },
    expects: [{ file: 'signed.txt', matches: 'Ada' }, { file: 'outputs/draft.md' }],
  },
  { id: 'lone', type: 'MANUAL', work: { type: 'MANUAL', instructions: [], gate: false } },
];

const AI = { model: 'm1', allowSecrets: [], confirmSend: false, envAllow: [] };

type Setting = { readonly root: string; readonly runbook: Runbook; readonly rows: Map<string, ReceiptRow> };

/** Every task became DONE one after the other, with what is there. */
async function allDone(): Promise<Setting> {
  const root = makeFolder(FILES);
  const parts = PARTS.map((part) => ({ ...part, status: 'DONE' as const }));
  const runbook = runbookOf(parts, { vars: { colour: 'red', size: 1 }, ai: AI });
  const rows = new Map<string, ReceiptRow>();
  for (const [at, task] of runbook.tasks.entries()) {
    const evidence = task.expects.map((check) => ({ label: labelOf(check), ok: true }));
    const receipt = receiptOf(root, task, { begun: await begin(root, runbook, task), evidence });
    rows.set(task.id, rowOf(task, { seq: at + 1, details: { receipt } }));
  }
  return { root, runbook, rows };
}

function rowOf({ id }: Pick<Task, 'id'>, rest: Partial<ReceiptRow> = {}): ReceiptRow {
  return {
    seq: 1,
    taskId: id,
    at: '2026-01-01T00:00:00.000Z',
    runId: 'r',
    actor: 'person',
    event: 'COMPLETE_TASK',
    details: {},
    ...rest,
  };
}

function staleBy(how: 'stamps' | 'hashes', { root, runbook, rows }: Setting): Record<string, string[]> {
  const kept: Kept = { receipts: rows, memory: new Map() };
  const compare = how === 'stamps' ? compareStamps(stampsOf(root)) : compareHashes(root);
  // What was kept passes through a database as JSON.
  const looking = {
    runbook,
    kept: {
      ...kept,
      receipts: new Map([...rows].map(([id, row]) => [id, JSON.parse(JSON.stringify(row)) as ReceiptRow])),
    },
    compare,
  };
  return Object.fromEntries(
    runbook.tasks.flatMap((task) => {
      const trust = trustOf(task, looking);
      return trust.kind === 'stale' ? [[task.id, trust.reasons.map(({ message }) => message)]] : [];
    }),
  );
}

function write(root: string, file: string, text: string): void {
  mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
  writeFileSync(path.join(root, file), text);
}

function withTask(setting: Setting, id: string, change: (task: Task) => Partial<Task>): Setting {
  const tasks = setting.runbook.tasks.map((task) => (task.id === id ? { ...task, ...change(task) } : task));
  return { ...setting, runbook: { ...setting.runbook, tasks } };
}

const aiWith = (rest: object) => (): Partial<Task> => ({ work: { type: 'AI_ASSISTED', ai: { ...ASKED, ...rest } } });

/** What is done to a project whose tasks are all DONE, and why which of them are stale then. */
const CHANGES: readonly [
  what: string,
  change: (setting: Setting) => Setting | void,
  stale: Record<string, string[]>,
][] = [
  ['nothing', () => undefined, {}],
  ['a file that no task names', ({ root }) => write(root, 'unrelated.txt', 'yy\n'), {}],
  [
    'the script of a task',
    ({ root }) => write(root, 'scripts/gen.sh', 'echo 12\n'),
    { gen: ['scripts/gen.sh was changed since (its script)'] },
  ],
  [
    'the file of an interpreter',
    ({ root }) => write(root, 'tools/use.mjs', 'other\n'),
    { use: ['tools/use.mjs was changed since (its script)'] },
  ],
  [
    'an env_file',
    ({ root }) => write(root, 'config.env', 'A=22\n'),
    { use: ['config.env was changed since (its env_file)'] },
  ],
  [
    'a context file',
    ({ root }) => write(root, 'notes.md', 'More notes\n'),
    { draft: ['notes.md was changed since (a context file)'] },
  ],
  [
    'a context file that is gone',
    ({ root }) => rmSync(path.join(root, 'notes.md')),
    { draft: ['notes.md is gone (a context file)'] },
  ],
  [
    'a template',
    ({ root }) => write(root, 'prompt_templates/draft.md', 'Other\n'),
    { draft: ['prompt_templates/draft.md was changed since (its template)'] },
  ],
  [
    'a partial',
    ({ root }) => write(root, 'prompt_templates/tone.md', 'Be very kind.\n'),
    { draft: ['prompt_templates/tone.md was changed since (a part of its template)'] },
  ],
  [
    'an artifact that others read',
    ({ root }) => write(root, 'outputs/gen.txt', '22\n'),
    {
      gen: ['its artifact outputs/gen.txt was changed since'],
      use: ['outputs/gen.txt was changed since (the output of gen)'],
      draft: ['outputs/gen.txt was changed since (the output of gen)'],
    },
  ],
  [
    'an artifact that is gone',
    ({ root }) => rmSync(path.join(root, 'outputs/draft.md')),
    {
      draft: ['outputs/draft.md is gone'],
      sign: [
        'outputs/draft.md is gone (the output of draft)',
        'outputs/draft.md is gone: outputs/draft.md exists and is not empty',
      ],
    },
  ],
  [
    'the text of a script',
    (setting) => withTask(setting, 'gen', () => ({ work: script('sh scripts/gen.sh -x') })),
    { gen: ['script_details was changed since'] },
  ],
  [
    'only how often it is tried',
    (setting) => withTask(setting, 'gen', () => ({ work: script('sh scripts/gen.sh', { retries: 3, timeoutMs: 5 }) })),
    {},
  ],
  [
    'the model of a prompt',
    (setting) => withTask(setting, 'draft', aiWith({ model: 'm2' })),
    { draft: ['ai_details was changed since'] },
  ],
  [
    'only what a reviewer looks at',
    (setting) => withTask(setting, 'draft', aiWith({ review_points: [], max_attempts: 9 })),
    {},
  ],
  [
    'the order of keys in a mapping',
    (setting) =>
      withTask(
        setting,
        'draft',
        aiWith({ input_context: { data: { output_of: 'gen' }, notes: { file: 'notes.md' } } }),
      ),
    {},
  ],
  [
    'the model of the runbook',
    (setting) => ({ ...setting, runbook: { ...setting.runbook, ai: { ...AI, model: 'm2' } } }),
    { draft: ['ai.model was changed since'] },
  ],
  [
    'a variable that the prompt uses',
    (setting) => ({ ...setting, runbook: { ...setting.runbook, vars: { colour: 'blue', size: 1 } } }),
    { draft: ['vars.colour was changed since'] },
  ],
  [
    'a variable that it does not use',
    (setting) => ({ ...setting, runbook: { ...setting.runbook, vars: { colour: 'red', size: 2 } } }),
    {},
  ],
  [
    'the fallback template, where the answer came from it',
    ({ root }) => write(root, 'prompt_templates/again.md', 'Again and again\n'),
    { draft: ['prompt_templates/again.md was changed since (its fallback template)'] },
  ],
  [
    'the instructions of a step',
    (setting) =>
      withTask(setting, 'sign', () => ({ work: { type: 'MANUAL', instructions: ['Sign twice'], gate: false } })),
    { sign: ['manual_instructions was changed since'] },
  ],
  ['the name of a task', (setting) => withTask(setting, 'sign', () => ({ name: 'Sign here' })), {}],
  [
    'a check that is new',
    (setting) => withTask(setting, 'lone', () => ({ expects: [{ command: 'true' }] })),
    { lone: ['not checked when it became DONE: command: true'] },
  ],
  [
    'the name of its artifact',
    (setting) => withTask(setting, 'gen', () => ({ outputArtifact: 'outputs/other.txt' })),
    { gen: ['output_artifact was changed since'] },
  ],
];

describe('what is stale after a change', () => {
  test.each(CHANGES)('of %s', async (_, change, stale) => {
    const before = await allDone();
    const after = change(before) ?? before;
    expect(staleBy('hashes', after)).toEqual(stale);
    expect(staleBy('stamps', after)).toEqual(stale);
  });

  test('of what a check looked at, at a glance; whether it still holds is for the check itself', async () => {
    const setting = await allDone();
    write(setting.root, 'signed.txt', 'signed by Ada and Bob\n');
    expect(staleBy('stamps', setting)).toEqual({ sign: ['signed.txt was changed since: signed.txt matches /Ada/'] });
    const looking = {
      runbook: setting.runbook,
      kept: { receipts: setting.rows, memory: new Map() },
      compare: compareHashes(setting.root),
    };
    const sign = setting.runbook.tasks.find(({ id }) => id === 'sign') as Task;
    expect(trustOf(sign, { ...looking, recheck: () => [] }).kind).toBe('holds');
    expect(trustOf(sign, { ...looking, recheck: () => [{ code: 'check', message: 'it fails' }] })).toMatchObject({
      kind: 'stale',
      reasons: [{ message: 'it fails' }],
    });
  });

  test('of the time of a file alone is said at a glance, and is nothing by content', async () => {
    const setting = await allDone();
    utimesSync(path.join(setting.root, 'scripts/gen.sh'), 1, 1);
    expect(Object.keys(staleBy('stamps', setting))).toEqual(['gen']);
    expect(staleBy('hashes', setting)).toEqual({});
  });
});

test.each<[attempts: number, kept: boolean]>([
  [1, false],
  [2, true],
])('the fallback template is an input of attempt %i: %s', async (attempts, kept) => {
  const { root, runbook } = await allDone();
  const draft = runbook.tasks[2] as Task;
  const outcome = withReceipt(root, draft, {
    begun: await begin(root, runbook, draft),
    outcome: { kind: 'done', lastRun: { attempts }, details: {} },
  });
  const details =
    outcome.kind === 'done' ? (outcome.details as { receipt: { inputs: { kind: string }[] } }) : undefined;
  expect(details?.receipt.inputs.some(({ kind }) => kind === 'fallback')).toBe(kept);
});

describe('a task', () => {
  const rowsOf = async (event: ReceiptRow['event'], details: Record<string, unknown> = {}) => {
    const setting = await allDone();
    setting.rows.set('lone', rowOf({ id: 'lone' as Task['id'] }, { event, details }));
    return setting;
  };

  test('that a person set to DONE is stale', async () => {
    expect(staleBy('hashes', await rowsOf('STATUS_EDITED'))).toEqual({
      lone: ['set to DONE by hand, and not verified'],
    });
  });

  test('that was last written as something else, and is DONE in the files, was set by hand', async () => {
    const { root, runbook, rows } = await allDone();
    const memory = new Map([['lone', { status: 'READY' }]]);
    const lone = runbook.tasks.find(({ id }) => id === 'lone') as Task;
    const looking = { runbook, kept: { receipts: rows, memory }, compare: compareHashes(root) };
    expect(trustOf(lone, looking)).toMatchObject({ kind: 'stale', reasons: [{ code: 'by-hand' }] });
  });

  test('without a receipt, or with one of an older version, is unverified and no error', async () => {
    const { root, runbook } = await allDone();
    const lone = runbook.tasks.find(({ id }) => id === 'lone') as Task;
    for (const receipts of [new Map(), new Map([['lone', rowOf(lone)]])])
      expect(trustOf(lone, { runbook, kept: { receipts, memory: new Map() }, compare: compareHashes(root) })).toEqual({
        kind: 'unverified',
      });
  });

  test('that was forced is not asked about its checks again', async () => {
    const setting = await allDone();
    const forced = receiptOf(setting.root, setting.runbook.tasks[3] as Task, {
      begun: await begin(setting.root, setting.runbook, setting.runbook.tasks[3] as Task),
      evidence: [],
    });
    setting.rows.set(
      'sign',
      rowOf(setting.runbook.tasks[3] as Task, { seq: 4, details: { forced: true, receipt: forced } }),
    );
    write(setting.root, 'signed.txt', 'nobody\n');
    expect(staleBy('hashes', setting)).toEqual({});
  });

  test('whose artifact a later script went on with is not stale, but one that a person changed after that is', async () => {
    const { root, runbook, rows } = await allDone();
    const use = runbook.tasks[1] as Task;
    const begun = await begin(root, runbook, use);
    write(root, 'outputs/gen.txt', '1 signed\n');
    rows.set('use', rowOf(use, { seq: 9, details: { receipt: receiptOf(root, use, { begun, evidence: [] }) } }));
    expect(Object.keys(staleBy('hashes', { root, runbook, rows }))).toEqual(['draft']);
    write(root, 'outputs/gen.txt', `${readFileSync(path.join(root, 'outputs/gen.txt'), 'utf8')}by hand\n`);
    expect(Object.keys(staleBy('hashes', { root, runbook, rows }))).toEqual(['gen', 'use', 'draft']);
  });
});
