// The workflow files of docs/ci.md are whole, and the commands in them do what the page says.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, test } from 'vitest';
import { parse } from 'yaml';
import { createProject } from '../rig/project.ts';
import { filesOf } from './kit.ts';

const PAGE = readFileSync(path.resolve(import.meta.dirname, '../../docs/ci.md'), 'utf8');
const blocks = [...PAGE.matchAll(/^```yaml\n(.*?)^```$/gms)].map(([, text = '']) => text);

type Github = { jobs: { run: { steps: { run?: string; uses?: string; with?: { path?: string } }[] } } };
type Gitlab = { runbook: { script: string[]; artifacts: { reports: { junit: string } } } };

function block(beginning: string): unknown {
  return parse(blocks.find((text) => text.startsWith(beginning)) ?? '') as unknown;
}

/** The words behind `npx orchestrate`. */
function argumentsIn(lines: readonly (string | undefined)[]): string[] {
  const line = lines.find((one) => one?.startsWith('npx orchestrate ')) ?? '';
  return line.split(' ').slice(2);
}

const PROJECT = filesOf([
  { id: 'a', detail: 'script_details: echo out' },
  { id: 'm', type: 'MANUAL' },
]);

describe.concurrent('the workflow file of', () => {
  test('GitHub runs the runbook and keeps what it leaves', async ({ expect }) => {
    const { steps } = (block('# .github/workflows/') as Github).jobs.run;
    const kept = steps.find(({ uses }) => uses?.startsWith('actions/upload-artifact'))?.with?.path;
    await using project = await createProject(PROJECT);
    const before = await project.read('runbook.yaml');
    const { code, stdout } = await project.run(argumentsIn(steps.map(({ run }) => run)), {
      env: { CI: 'true', GITHUB_ACTIONS: 'true', GITHUB_WORKSPACE: project.dir },
    });
    expect([code, kept?.split('\n')[0]]).toEqual([0, 'reports/']);
    expect(stdout).toMatch(/^::notice file=runbook\.yaml,line=\d+,col=\d+,title=m waits for a person::/m);
    for (const file of ['reports/state.json', 'reports/orchestrate.xml']) expect(await project.exists(file)).toBe(true);
    expect(await project.read('runbook.yaml')).toBe(before);
  });

  test('GitLab tells one that waits from one that failed', async ({ expect }) => {
    const { script, artifacts } = (block('# .gitlab-ci.yml') as Gitlab).runbook;
    await using project = await createProject(PROJECT);
    const { code } = await project.run(argumentsIn(script), { env: { CI: 'true', GITLAB_CI: 'true' } });
    expect(code).toBe(33);
    expect(await project.read(artifacts.reports.junit)).toContain('<skipped message="waits for a person: ');
  });

  test('the runbook of the page is one', async ({ expect }) => {
    const runbook = blocks.find((text) => text.startsWith('vars: ')) ?? '';
    const hooks = blocks.find((text) => text.startsWith('on:')) ?? '';
    const script = (id: string) => ({ [`tasks/${id}.yaml`]: `id: ${id}\nscript_details: "true"\n` });
    await using project = await createProject({
      'runbook.yaml': `${hooks}${runbook}`,
      ...script('build'),
      ...script('deploy'),
    });
    expect(await project.run(['validate'])).toMatchObject({ code: 0, stdout: '✓ 3 tasks, no errors\n' });
  });
});
