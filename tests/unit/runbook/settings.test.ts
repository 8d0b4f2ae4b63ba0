// What a command that runs no task reads of a project: the same secrets as from the whole runbook, and no more files than it takes.
import { describe, expect, test } from 'vitest';
import { secretsOf } from '../../../src/run/secrets.ts';
import { loadRunbook, loadSettings } from '../../../src/runbook/store.ts';
import { createEnvironment } from '../../../src/system/environment.ts';
import { makeFolder } from '../temporary.ts';

const DETAIL = 'id: a\nname: A\ntype: AUTOMATED_SCRIPT\nscript_details:\n  command: echo\n';

function project(detail: string, top = ''): string {
  const entry = '  - { id: a, name: A, type: AUTOMATED_SCRIPT, status: READY, task_detail_file: a.yaml }';
  return makeFolder({
    'runbook.yaml': `${top}tasks:\n${entry}\n`,
    'a.yaml': detail,
    'keys.env': 'A_KEY=in-a-file-1\n',
  });
}

describe('its secrets are those of the whole runbook', () => {
  test.each<[name: string, detail: string, top?: string]>([
    ['without variables', DETAIL],
    ['of the runbook', DETAIL, 'secrets: [MINE]\nenv: { MINE: mine-mine-mine, A_TOKEN: token-token }\n'],
    ['of a script', `${DETAIL}  env: { A_SECRET: secret-secret }\n`],
    ['of a file for a script', `${DETAIL}  env_file: keys.env\n`],
    ['under an escaped name', `${DETAIL}  "\\x65nv": { A_SECRET: secret-secret }\n`],
    ['of the defaults', DETAIL, 'defaults: { script_details: { env: { A_SECRET: secret-secret } } }\n'],
  ])('%s', async (_name, detail, top) => {
    const root = project(detail, top);
    const [whole, settings] = [await loadRunbook(root), await loadSettings(root)];
    if (!whole.ok || !settings.ok) throw new Error(JSON.stringify([whole, settings]));
    const environment = createEnvironment(root, {});
    expect(secretsOf(root, environment, settings.value)).toEqual(secretsOf(root, environment, whole.value));
    expect(settings.value.ai).toEqual(whole.value.ai);
  });
});

describe('what is wrong with tasks is no concern of it', () => {
  test.each<[name: string, files: Readonly<Record<string, string>>]>([
    ['no task at all', { 'runbook.yaml': 'tasks: []\n' }],
    ['an empty file', { 'runbook.yaml': '# nothing yet\n' }],
    ['a cycle', { 'runbook.yaml': 'tasks:\n  - { id: a, name: A, type: MANUAL, status: READY, depends_on: [a] }\n' }],
    [
      'a detail file that cannot be read',
      {
        'runbook.yaml': 'tasks:\n  - { id: a, name: A, type: MANUAL, status: READY, task_detail_file: a.yaml }\n',
        'a.yaml': 'env: [',
      },
    ],
  ])('%s', async (_name, files) => expect(await loadSettings(makeFolder(files))).toMatchObject({ ok: true }));

  test('but a runbook that cannot be read is: nobody would know its secrets', async () => {
    expect(await loadSettings(makeFolder({ 'runbook.yaml': 'secrets: [\n' }))).toMatchObject({ ok: false });
    expect(await loadSettings(makeFolder({ 'runbook.yaml': 'tasks: []\nsecret: [X]\n' }))).toMatchObject({ ok: false });
  });
});
