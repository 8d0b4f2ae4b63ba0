// The files that a script is made from: those that it runs, its env_file, what it rests on. Real files.
import { expect, test } from 'vitest';
import { madeFrom } from '../../../../src/run/receipts/inputs.ts';
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
