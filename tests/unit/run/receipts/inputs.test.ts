// The files that a script is made from: those that it runs, its env_file, what it rests on. Real files.
import { expect, test } from 'vitest';
import { valueMarks } from '../../../../src/run/receipts/definition.ts';
import { madeFrom } from '../../../../src/run/receipts/inputs.ts';
import { receiptOf } from '../../../../src/run/receipts/take.ts';
import type { ScriptSpec, Task } from '../../../../src/runbook/task.ts';
import { runbookOf } from '../../making.ts';
import { makeFolder } from '../../temporary.ts';

const FILES = {
  'scripts/a.sh': '',
  'sub/b.mjs': '',
  'build.js': '',
  'vars.env': '',
  'node_modules/.bin/tool': '',
  '.venv/bin/python': '',
  make: '',
  'outputs/x.txt': '',
};

test.each<[what: string, spec: Partial<ScriptSpec>, files: string[]]>([
  ['a file in the project', { command: { kind: 'shell', line: './scripts/a.sh -x' } }, ['scripts/a.sh']],
  ['a file that is not there', { command: { kind: 'shell', line: 'sh scripts/none.sh' } }, []],
  [
    'a file below its working folder',
    { command: { kind: 'exec', file: 'node', args: ['b.mjs'] }, cwd: 'sub' },
    ['sub/b.mjs'],
  ],
  ['a file named without a folder', { command: { kind: 'exec', file: 'node', args: ['build.js'] } }, ['build.js']],
  ['a program that only has the name of a file', { command: { kind: 'exec', file: 'make', args: [] } }, []],
  [
    'a tool that was installed',
    { command: { kind: 'shell', line: 'node_modules/.bin/tool; .venv/bin/python scripts/a.sh' } },
    ['scripts/a.sh'],
  ],
  ['a file outside', { command: { kind: 'shell', line: 'sh ../x.sh; /bin/true' } }, []],
  ['an env_file', { envFile: './vars.env' }, ['vars.env']],
])('%s', async (_, spec, files) => {
  const root = makeFolder(FILES);
  const base: ScriptSpec = {
    command: { kind: 'shell', line: 'true' },
    env: {},
    retries: 0,
    retryDelayMs: 0,
    successExitCodes: [0],
    stdin: 'none',
    capture: false,
  };
  const runbook = runbookOf([
    { id: 'up', outputArtifact: './outputs/x.txt' },
    { id: 'other', outputArtifact: 'outputs/y.txt' },
    { id: 'a', dependsOn: ['up'], work: { type: 'AUTOMATED_SCRIPT', script: { ...base, ...spec } } },
  ]);
  const made = await madeFrom(root, runbook, runbook.tasks[2] as Task);
  expect(made.files.map(({ file }) => file)).toEqual([...files, 'outputs/x.txt']);
});

test('what others left for it is an input: of a script all, of a prompt what it names', async () => {
  const runbook = runbookOf([
    { id: 'up.x', status: 'DONE', lastRun: { outcome: 'SUCCESS', outputs: { a: '1', b: '2' } } },
    { id: 's', dependsOn: ['up.x'] },
    {
      id: 'p',
      dependsOn: ['up.x'],
      type: 'AI_ASSISTED',
      work: { type: 'AI_ASSISTED', ai: { model: 'm', input_context: { one: { output_of: 'up.x', key: 'b' } } } },
    },
  ]);
  const valuesOf = async (at: number) => (await madeFrom(makeFolder(), runbook, runbook.tasks[at] as Task)).values;
  expect(await valuesOf(1)).toEqual(['outputs.up.x.a', 'outputs.up.x.b']);
  expect(await valuesOf(2)).toContain('outputs.up.x.b');
  expect(await valuesOf(2)).not.toContain('outputs.up.x.a');
  const changed = runbookOf([{ id: 'up.x', lastRun: { outcome: 'SUCCESS', outputs: { a: '1', b: 'new' } } }]);
  const marks = (book: typeof runbook) => valueMarks(book, book.tasks[0] as Task, ['outputs.up.x.a', 'outputs.up.x.b']);
  const different = Object.entries(marks(changed)).filter(([name, mark]) => marks(runbook)[name] !== mark);
  expect(different.map(([name]) => name)).toEqual(['outputs.up.x.b']);
});

test.each<[note: string | undefined, files: string[] | undefined]>([
  [' ./proof/photo.txt ', ['proof/photo.txt']],
  ['signed by both', undefined],
  ['https://example.org/1', undefined],
  ['proof', undefined],
  ['../outside.txt', undefined],
  ['/etc/hostname', undefined],
  ['', undefined],
  [undefined, undefined],
])('the note %j attaches %j', (note, files) => {
  const root = makeFolder({ 'proof/photo.txt': 'x' });
  const runbook = runbookOf([{ id: 'm', type: 'MANUAL', work: { type: 'MANUAL', instructions: [], gate: false } }]);
  const begun = { definition: {}, values: {}, inputs: [] };
  const { inputs } = receiptOf(root, runbook.tasks[0] as Task, { begun, evidence: [], note });
  expect(inputs?.map(({ file }) => file)).toEqual(files);
});

const QUICKIES = `quickie_templates:
  filed: { prompt: "@deep/p.md", model: m, input_schema: { a: { type: string } } }
  inline: { prompt: "P {{ a }}", input_schema: { a: { type: string } } }
`;

test.each<[quickie: string, files: string[], values: string[]]>([
  [
    'filed',
    ['config/quickie_templates.yaml', 'prompt_templates/deep/p.md', 'prompt_templates/part.md', 'outputs/in.txt'],
    [],
  ],
  ['inline', ['config/quickie_templates.yaml', 'outputs/in.txt'], ['ai.model']],
  ['nobody', ['config/quickie_templates.yaml', 'outputs/in.txt'], ['ai.model']],
])('a task that asks by the quickie %s is made from its files', async (quickie, files, values) => {
  const root = makeFolder({
    'config/quickie_templates.yaml': QUICKIES,
    'prompt_templates/deep/p.md': '{{ a }} {% include "part.md" %}',
    'prompt_templates/part.md': 'part',
  });
  const ai = { quickie, input_context: { a: { file: 'outputs/in.txt' } } };
  const runbook = runbookOf([{ id: 'a', work: { type: 'AI_ASSISTED', ai } }]);
  const made = await madeFrom(root, runbook, runbook.tasks[0] as Task);
  expect([made.files.map(({ file }) => file), made.values]).toEqual([files, values]);
});
