// `orchestrate completion`: the scripts do their work in real shells, and nothing that was typed is run.
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { createProject, type Project } from '../rig/project.ts';
import { openTerminal } from '../rig/terminal.ts';

const RUNBOOK =
  'tasks:\n  - {id: build, name: B, type: MANUAL}\n  - {id: build.2, name: C, type: MANUAL}\n  - {id: test, name: T, type: MANUAL}\n';
const PROGRAM = path.resolve(import.meta.dirname, '../../bin/orchestrate.js');

/** A project whose PATH has `orchestrate`, and the script of a shell in a file outside of it. */
async function withScript(shell: string): Promise<{ project: Project; script: string; env: Record<string, string> }> {
  const project = await createProject({
    'runbook.yaml': RUNBOOK,
    'sub/runbook.yaml': 'tasks: [{id: inner, name: I, type: MANUAL}]\n',
    'file.txt': '',
    'config/quickie_templates.yaml':
      'quickie_templates:\n  say: {prompt: x, input_schema: {word: {type: string}, tone: {type: string}}}\n  bad;name: {prompt: x}\n  other: {prompt: x}\n',
  });
  const made = await project.run(['completion', shell]);
  expect(made).toMatchObject({ code: 0, stderr: '' });
  const script = path.join(project.home, `completion.${shell}`);
  const bin = path.join(project.home, 'bin');
  mkdirSync(bin, { recursive: true });
  writeFileSync(script, made.stdout);
  writeFileSync(path.join(bin, 'orchestrate'), `#!/bin/sh\nexec '${process.execPath}' '${PROGRAM}' "$@"\n`);
  chmodSync(path.join(bin, 'orchestrate'), 0o755);
  return { project, script, env: { ...project.env, PATH: `${bin}:${project.env['PATH']}`, TERM: 'xterm' } };
}

const has = (shell: string): boolean => spawnSync(shell, ['-c', 'exit 0']).status === 0;

/** What bash offers behind the words, the last of which is being typed. */
function bashOffers(
  { project, script, env }: Awaited<ReturnType<typeof withScript>>,
  words: readonly string[],
): string[] {
  const code =
    'source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _orchestrate; printf "%s\\n" "${COMPREPLY[@]}"';
  const { stdout, stderr, status } = spawnSync(
    'bash',
    ['--norc', '-c', code, 'bash', script, 'orchestrate', ...words],
    { cwd: project.dir, env, encoding: 'utf8' },
  );
  expect([status, stderr]).toEqual([0, '']);
  return stdout.split('\n').filter((line) => line !== '');
}

const IDS = ['build', 'build.2', 'test'];

test.skipIf(!has('bash'))('bash offers commands, options, choices and ids', async () => {
  const shell = await withScript('bash');
  await using _project = shell.project;
  const offers = (...words: string[]) => bashOffers(shell, words);
  expect(offers('s')).toEqual(['skip', 'status', 'show', 'stats', 'state', 'schema']);
  expect(offers('complete')).toEqual([]);
  expect(offers('next', '')).toEqual(IDS);
  expect(offers('next', 'b')).toEqual(['build', 'build.2']);
  expect(offers('next', 'build', '')).toEqual([]);
  expect(offers('reset', 'build', 't')).toEqual(['test']);
  expect(offers('run', '--only', 'build', '')).toEqual(IDS);
  expect(offers('run', '--until', 'build', '')).toEqual([]);
  expect(offers('run', '--only', 'build', '--ty')).toEqual(['--type']);
  expect(offers('run', '--type', 'A')).toEqual(['AI_ASSISTED', 'AUTOMATED_SCRIPT']);
  expect(offers('run', '--type', '=', 'M')).toEqual(['MANUAL']);
  expect(offers('--provider', '=')).toEqual(['openai', 'replay', 'paste']);
  expect(offers('-C', 'sub', 'show', '')).toEqual(['inner']);
  expect(offers('show', '-C', '"sub"', '')).toEqual(['inner']);
  expect(offers('add', '')).toEqual([]);
  expect(offers('add', 'x', '--template', 'fi')).toEqual(['file.txt']);
  expect(offers('init', 's')).toEqual(['sub']);
  expect(offers('review', 'test', '--retry', '')).toEqual([]);
  expect(offers('logs', '--event', 'ERR')).toEqual(['ERROR_TASK']);
  expect(offers('schema', 't')).toEqual(['task', 'template']);
  expect(offers('help', 'val')).toEqual(['validate']);
  expect(offers('quickie', 'run', '')).toEqual(['say', 'other']);
  expect(offers('quickie', 'run', 'say', '-p', '')).toEqual(['word=', 'tone=']);
  expect(offers('quickie', 'run', 'say', '-p', 'word', '=', 'x', '--param', 't')).toEqual(['tone=']);
  expect(offers('quickie', 'run', 'nobody', '-p', '')).toEqual([]);
});

test.skipIf(!has('bash'))('bash runs nothing of what was typed', async () => {
  const shell = await withScript('bash');
  await using _project = shell.project;
  const mark = path.join(shell.project.home, 'mark');
  for (const typed of [
    `$(touch ${mark})`,
    `\`touch ${mark}\``,
    `"$(touch ${mark})"`,
    `x[$(touch ${mark})]`,
    `;touch ${mark};`,
    '*',
    '-C',
  ]) {
    for (const words of [
      [typed],
      [typed, ''],
      ['next', typed],
      ['next', typed, ''],
      ['-C', typed],
      ['-C', typed, 'next', ''],
      ['run', '--type', typed],
      ['add', 'x', '--template', typed],
      ['init', typed],
    ])
      bashOffers(shell, words);
  }
  expect(existsSync(mark)).toBe(false);
});

const SHELLS = [
  {
    shell: 'bash',
    argv: ['bash', '--norc', '-i'],
    setUp: (script: string) => `source ${script}`,
    ready: "PS1='ready> '",
  },
  {
    shell: 'zsh',
    argv: ['zsh', '-f', '-i'],
    setUp: (script: string) => `autoload -U compinit; compinit -D -u; source ${script}`,
    ready: "PS1='ready> '",
  },
  {
    shell: 'fish',
    argv: ['fish', '--no-config', '-i'],
    setUp: (script: string) => `source ${script}`,
    ready: "function fish_prompt; echo -n 'ready> '; end",
  },
] as const;

test.each(SHELLS.filter(({ shell }) => has(shell)))(
  '$shell at a terminal: TAB completes, and runs nothing',
  async ({ shell, argv, setUp, ready }) => {
    const { project, script, env } = await withScript(shell);
    await using _project = project;
    await using terminal = openTerminal({ argv: [...argv], cwd: project.dir, env, cols: 100, rows: 30 });
    terminal.type(`${setUp(script)}; ${ready}\r`);
    await terminal.waitFor(/^ready> /m);
    const mark = path.join(project.home, 'mark');
    // A word before the one that is completed: the last one is the shell's own to expand.
    const substitution = shell === 'fish' ? `(touch ${mark})` : `$(touch ${mark})`;
    terminal.type(`orchestrate -C ${substitution} val`);
    terminal.key('tab');
    await terminal.waitFor(/ validate/);
    expect(existsSync(mark)).toBe(false);
    // Ctrl-U takes the line away.
    terminal.type('\x15orchestrate show te');
    terminal.key('tab');
    await terminal.waitFor(/show test/);
    terminal.type('\x15orchestrate quickie run sa');
    terminal.key('tab');
    await terminal.waitFor(/run say/);
    terminal.type(' -p wo');
    terminal.key('tab');
    await terminal.waitFor(/-p word=/);
  },
);

test('a shell that nobody wrote a script for', async () => {
  await using project = await createProject();
  expect(await project.run(['completion', 'bahs'])).toMatchObject({
    code: 2,
    stdout: '',
    stderr: expect.stringMatching(/no completion script for "bahs"\n.*did you mean "bash"\?/),
  });
  expect(await project.run(['completion', 'powershell'])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('bash, zsh, fish'),
  });
  expect(JSON.parse((await project.run(['completion', 'fish', '--json'])).stdout)).toMatchObject({
    schema_version: 1,
    shell: 'fish',
    script: expect.stringContaining('complete -c orchestrate'),
  });
});

test('ids are given also of a runbook with errors, and without one nothing is said', async () => {
  await using project = await createProject({
    'runbook.yaml':
      'unknown: 1\ntasks:\n  - id: good\n  - id: "$(x)"\n  - id: "-n"\n  - 5\n  - id: 7\n  - {id: also.good, depends_on: [x]}\n',
  });
  expect(await project.run(['complete-words', 'tasks'])).toEqual({
    code: 0,
    signal: null,
    stdout: 'good\nalso.good\n',
    stderr: '',
  });
  expect(await project.run(['complete-words', 'other'])).toMatchObject({ code: 0, stdout: '', stderr: '' });
  await project.write('runbook.yaml', 'tasks: [');
  expect(await project.run(['complete-words', 'tasks'])).toMatchObject({ code: 0, stdout: '', stderr: '' });
  await project.remove('runbook.yaml');
  expect(await project.run(['complete-words', 'tasks'])).toMatchObject({ code: 0, stdout: '', stderr: '' });
  expect(await project.run(['-C', 'nowhere', 'complete-words', 'tasks'])).toMatchObject({
    code: 0,
    stdout: '',
    stderr: '',
  });
});

beforeAll(() => {
  // Said once, so that a run without a shell does not look like one with it.
  for (const { shell } of SHELLS)
    if (!has(shell)) process.stderr.write(`${shell} is not installed: its completion script is not tried\n`);
});
