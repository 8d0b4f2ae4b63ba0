// `run --ci`: nobody is asked, everything is checked first, and each exit code means what design.md §4 says.
import { describe, test } from 'vitest';
import { callsOf, createAiProject, serverVariables, statusOf } from '../rig/ai-project.ts';
import { startModelServer, streamed } from '../rig/model-server.ts';
import { createProject } from '../rig/project.ts';
import { filesOf, statuses } from './kit.ts';

const good = { id: 'good', detail: 'script_details: echo out' };
const bad = { id: 'bad', detail: 'script_details: exit 9' };
const later = { id: 'later', type: 'MANUAL' } as const;

describe.concurrent('the exit code of run --ci is', () => {
  test('0 when all is done', async ({ expect }) => {
    await using project = await createProject(filesOf([good]));
    expect(await project.run(['run', '--ci'])).toMatchObject({ code: 0, stdout: 'out\n' });
    expect(await project.run(['run', '--ci'])).toMatchObject({ code: 0, stdout: '' });
  });

  test('1 when a task fails, also where others wait for a person', async ({ expect }) => {
    await using project = await createProject(filesOf([later, bad, { ...good, entry: 'depends_on: [bad]' }]));
    expect(await project.run(['run', '--ci', '--waiting-exit', '0'])).toMatchObject({ code: 1, stdout: '' });
    expect(await statuses(project)).toEqual({ later: 'READY', bad: 'ERROR', good: 'PENDING' });
    expect(await project.run(['run', '--ci'])).toMatchObject({ code: 1 });
  });

  test('2 when anything at all is wrong in the files, and then nothing is run', async ({ expect }) => {
    const files = filesOf([good, { id: 'typo', detail: 'script_detials: "true"' }]);
    await using project = await createProject(files);
    const before = await project.snapshot();
    const { code, stdout, stderr } = await project.run(['run', '--ci', '--only', 'good']);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/^tasks\/typo\.yaml:2:1: error: unknown key "script_detials"/);
    expect(await project.snapshot()).toEqual(before);
    expect(await project.run(['run', '--only', 'good'])).toMatchObject({ code: 0 });
  });

  test('3 when a person is needed, and what needs none is done', async ({ expect }) => {
    const files = filesOf([
      later,
      good,
      { id: 'after', detail: 'script_details: "true"', entry: 'depends_on: [later]' },
    ]);
    await using project = await createProject(files);
    const { code, stdout, stderr } = await project.run(['run', '--ci']);
    expect([code, stdout]).toEqual([3, 'out\n']);
    expect(stderr).toContain('later: a person must do this and confirm it\n');
    expect(await statuses(project)).toEqual({ later: 'READY', good: 'DONE', after: 'PENDING' });
  });

  test('that of --waiting-exit in place of 3, on the screen and in the events', async ({ expect }) => {
    await using project = await createProject(filesOf([later]));
    expect(await project.run(['run', '--ci', '--waiting-exit', '0'])).toMatchObject({ code: 0 });
    const { code, stdout } = await project.run(['run', '--ci', '--waiting-exit', '7', '--json']);
    expect(code).toBe(7);
    expect(JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '')).toMatchObject({ event: 'run_ended', exit_code: 7 });
    for (const wrong of ['256', 'green'])
      expect(await project.run(['run', '--waiting-exit', wrong])).toMatchObject({ code: 2 });
  });

  test('4 while another orchestrate is at work, and 143 for one that is told to end', async ({ expect }) => {
    await using project = await createProject(
      filesOf([{ id: 'slow', detail: 'script_details: echo begun; sleep 60' }]),
    );
    const running = project.start(['run', '--ci', '--waiting-exit', '0', '--junit', 'j.xml', '--json']);
    await running.waitFor('begun\n');
    expect(await project.run(['run', '--ci'])).toMatchObject({ code: 4, stdout: '' });
    running.kill('SIGTERM');
    const ended = await running.done;
    expect(ended.code).toBe(143);
    const last = JSON.parse(ended.stdout.trimEnd().split('\n').at(-1) ?? '') as object;
    expect(last).toMatchObject({ event: 'run_ended', ended: 'interrupted', exit_code: 143 });
    expect(await statuses(project)).toEqual({ slow: 'ERROR' });
    expect(await project.read('j.xml')).toMatch(/<error message="interrupted after [^"]*" type="INTERRUPTED">/);
  });

  test('70 for a defect of orchestrate itself, and what ran is recorded as cut off', async ({ expect }) => {
    await using project = await createProject({
      ...filesOf([{ id: 'slow', detail: 'script_details: touch begun; sleep 60' }]),
      'break.cjs': `const look = setInterval(() => {
        if (!require('node:fs').existsSync('begun')) return;
        clearInterval(look);
        throw new Error('broken');
      }, 10);`,
    });
    const env = { NODE_OPTIONS: `--require ${project.dir}/break.cjs` };
    const { code, stdout, stderr } = await project.run(['run', '--ci', '--json'], { env });
    expect(code).toBe(70);
    expect(stderr).toMatch(/^orchestrate: a defect of orchestrate itself: Error: broken\n/);
    expect(JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '')).toMatchObject({ event: 'run_ended', exit_code: 70 });
    expect(await statuses(project)).toEqual({ slow: 'ERROR' });
  });
});

describe.concurrent('run --ci', () => {
  test('asks nobody, even at a terminal', async ({ expect }) => {
    await using project = await createProject(filesOf([later]));
    const terminal = await project.terminal(['run', '--ci']);
    expect(await terminal.exit).toMatchObject({ code: 3 });
  });

  test('asks a model only where checks decide: another answer would be paid for and lost', async ({ expect }) => {
    await using server = await startModelServer();
    await using project = await createAiProject({
      detail: { expects: [{ file: 'out.txt', matches: 'good' }] },
      after: [],
    });
    const env = serverVariables(server);
    const unasked = await project.run(['run', '--ci'], { env });
    expect(unasked).toMatchObject({ code: 3 });
    expect(unasked.stderr).toContain('a person must review its answer');
    expect(callsOf(project)).toEqual([]);

    server.enqueue(streamed('good'));
    await project.write(
      'tasks/draft.yaml',
      (await project.read('tasks/draft.yaml')).replace(
        'ai_details:\n',
        'output_artifact: out.txt\nai_details:\n  auto_accept: true\n',
      ),
    );
    expect(await project.run(['run', '--ci'], { env })).toMatchObject({ code: 0 });
    expect(await project.read('out.txt')).toBe('good\n');
    expect(await statusOf(project)).toBe('DONE');
  });

  test('fails where no answer holds what is expected', async ({ expect }) => {
    await using server = await startModelServer();
    await using project = await createAiProject({
      detail: { output_artifact: 'out.txt', expects: [{ file: 'out.txt', matches: 'good' }] },
      details: { auto_accept: true, max_attempts: 1 },
    });
    server.enqueue(streamed('poor'));
    expect(await project.run(['run', '--ci'], { env: serverVariables(server) })).toMatchObject({ code: 1 });
    expect([await statusOf(project), await project.exists('out.txt')]).toEqual(['ERROR', false]);
  });

  test('--dry-run says what would not run for want of a person', async ({ expect }) => {
    await using project = await createProject(filesOf([later, good, { ...bad, entry: 'depends_on: [later]' }]));
    const { code, stdout } = await project.run(['run', '--ci', '--dry-run']);
    expect([code, stdout]).toEqual([
      0,
      '  1. good  Task good\n  · later would not run: a person must do this and confirm it\n  · bad would not run: waits for later (READY)\n',
    ]);
  });
});

describe.concurrent('the reports of a run', () => {
  const MIXED = filesOf(
    [
      { id: 'a', detail: "script_details: 'echo ::error::mine; echo my-$MY_TOKEN'" },
      { id: 'f', detail: 'script_details: exit 3', entry: 'depends_on: [a]' },
      { id: 'm', type: 'MANUAL' },
    ],
    'name: Demo\n',
  );
  const token = { MY_TOKEN: 'very-secret-value' };

  test('are written also when it fails, and name files as the repository does', async ({ expect }) => {
    await using project = await createProject({ 'summary.md': 'before\n' });
    for (const [file, content] of Object.entries(MIXED)) await project.write(`sub/${file}`, content);
    const env = {
      ...token,
      GITHUB_ACTIONS: 'true',
      GITHUB_WORKSPACE: project.dir,
      GITHUB_STEP_SUMMARY: `${project.dir}/summary.md`,
    };
    const args = ['run', '--ci', '--keep-going', '--junit', 'reports/junit.xml'];
    const { code, stdout, stderr } = await project.run(args, { env, cwd: 'sub' });
    expect([code, stderr]).toEqual([1, '']);
    const [, stopped = ''] = /^::stop-commands::(.*)$/m.exec(stdout) ?? [];
    const commands = stdout
      .split(`\n::${stopped}::\n`)
      .slice(1)
      .map((part) => part.split('\n')[0]);
    expect(commands).toEqual([
      '::group::a: Task a',
      '::endgroup::',
      '::group::f: Task f',
      '::endgroup::',
      expect.stringMatching(/^::error file=sub\/tasks\/f\.yaml,line=2,col=1,title=f%3A SCRIPT_ERROR::"exit 3" ended/),
      '',
    ]);
    expect(stdout).toContain('\n::error::mine\nmy-[MY_TOKEN]\n');
    expect(stdout.endsWith(`\n::${stopped}::\n`)).toBe(true);

    const junit = await project.read('sub/reports/junit.xml');
    expect(junit).toContain('<testsuites name="Demo" tests="3" failures="1" errors="0" skipped="1" ');
    expect(junit).toMatch(/<testcase name="f: Task f" [^>]* file="sub\/tasks\/f\.yaml" line="2">\n<failure /);
    expect(junit).toContain('<system-out>::error::mine\nmy-[MY_TOKEN]\n</system-out>');
    const summary = await project.read('summary.md');
    expect(summary).toMatch(/^before\n## Demo\n\n1 done · 1 failed · 1 waiting for a person · /);
    expect(JSON.stringify(await project.snapshot())).not.toContain(token.MY_TOKEN);
    expect((await project.list()).filter((file) => file.includes('.tmp'))).toEqual([]);
  });

  test('tell what was wrong in files that kept everything from running', async ({ expect }) => {
    await using project = await createProject({ ...MIXED, 'tasks/f.yaml': 'id: f\nscript_detials: x\n' });
    const env = { GITHUB_ACTIONS: 'true', GITHUB_WORKSPACE: project.dir };
    const { code, stdout } = await project.run(['run', '--ci', '--junit', 'junit.xml'], { env });
    expect(code).toBe(2);
    expect(stdout).toMatch(
      /^::error file=tasks\/f\.yaml,line=2,col=1,title=unknown-key::unknown key "script_detials"/m,
    );
    expect(await project.read('junit.xml')).toMatch(/ errors="1".*<error message="unknown key &quot;script_detials/s);
  });

  test('fold each task in GitLab, and leave stdout to the events with --json', async ({ expect }) => {
    await using project = await createProject(MIXED);
    const { code, stdout, stderr } = await project.run(['run', '--ci', '--json'], {
      env: { ...token, GITLAB_CI: 'true' },
    });
    expect(code).toBe(1);
    for (const line of stdout.trimEnd().split('\n')) expect(JSON.parse(line)).toMatchObject({ schema_version: 1 });
    expect(stderr).toMatch(/^\u001b\[0Ksection_start:\d+:orchestrate_1_a\r\u001b\[0Ka: Task a\n::error::mine\n/);
  });

  test('never take the place of a folder or of a part of the project', async ({ expect }) => {
    await using project = await createProject(MIXED);
    const before = await project.snapshot();
    for (const [args, said] of [
      [['run', '--junit', 'tasks'], '--junit: "tasks" is not a file'],
      [['run', '--junit', 'runbook.yaml'], '--junit: runbook.yaml is a part of the project, which a report must not'],
      [['run', '--fresh', '--state', 'tasks/x.yaml'], '--state: tasks/x.yaml is a part of the project'],
      [['state', 'export', 'tasks/a.yaml'], 'state export: tasks/a.yaml is a part of the project'],
    ] as const) {
      const { code, stdout, stderr } = await project.run(args);
      expect([args, code, stdout]).toEqual([args, 2, '']);
      expect(stderr).toContain(said);
    }
    expect(await project.snapshot()).toEqual(before);
  });
});
