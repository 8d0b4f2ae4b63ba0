// Script tasks with the built program: how they are run, what they are given, how they end, what is kept of them.
import { describe, test } from 'vitest';
import { createProject } from '../rig/project.ts';
import { filesOf, stable, statuses, story } from './kit.ts';

const sh = (line: string, options = '') =>
  `script_details: {command: sh, args: [-c, ${JSON.stringify(line)}]${options === '' ? '' : `, ${options}`}}`;

describe.concurrent('the end of a script', () => {
  /** What the issue says, or "DONE". One project: with --keep-going each task runs whatever became of the others. */
  const CASES: readonly {
    readonly id: string;
    readonly detail: string;
    readonly issue?: string;
    readonly says: string;
  }[] = [
    { id: 'good', detail: 'script_details: "true"', says: 'DONE' },
    {
      id: 'code',
      detail: 'script_details: exit 7',
      says: '"exit 7" ended with exit code 7; its output is in logs/tasks/code/1.log',
    },
    { id: 'allowed', detail: sh('exit 7', 'success_exit_codes: [3, 7]'), says: 'DONE' },
    {
      id: 'disallowed',
      detail: sh('exit 0', 'success_exit_codes: [3]'),
      says: `"sh -c 'exit 0'" ended with exit code 0; its output is in logs/tasks/disallowed/1.log`,
    },
    {
      id: 'killed',
      detail: 'script_details: kill -KILL $$',
      says: '"kill -KILL $$" was ended by SIGKILL; its output is in logs/tasks/killed/1.log',
    },
    {
      id: 'late',
      detail: sh('echo begun; sleep 60', 'timeout: 200ms'),
      says: `"sh -c 'echo begun; sleep 60'" ran out of time (limit 200 ms); its output is in logs/tasks/late/1.log`,
    },
    {
      id: 'unknown',
      detail: 'script_details: {command: no-such-program, args: [x]}',
      says: '"no-such-program x" could not be started (the command "no-such-program" was not found on PATH; install it, or correct its name)',
    },
    {
      id: 'words',
      detail: 'script_details: {command: "echo hi"}',
      says: `"'echo hi'" could not be started (the command "echo hi" was not found on PATH; install it, or correct its name); a mapping runs without a shell: put the words under "args", or give script_details as one string`,
    },
    {
      id: 'nowhere',
      detail: 'script_details: {command: pwd, cwd: not/there}',
      says: 'its working folder not/there does not exist',
    },
    {
      id: 'no-env',
      detail: 'script_details: {command: pwd, env_file: not-there.env}',
      says: 'its env_file not-there.env does not exist inside the project',
    },
    {
      id: 'long',
      detail: `script_details: |\n  ${Array.from({ length: 20 }, (_, line) => `: line ${line}`).join('\n  ')}\n  exit 1`,
      says: '": line 0 : line 1 : line 2 : line 3 : line 4 : line 5 : line 6 : line 7 : line …" ended with exit code 1; its output is in logs/tasks/long/1.log',
    },
    {
      id: 'unproven',
      detail:
        'script_details: echo {} > made.json\nexpects:\n  - {file: made.json, json: true}\n  - {file: missing.txt}',
      issue: 'VALIDATION_FAIL',
      says: 'missing.txt does not exist',
    },
    {
      id: 'checked',
      detail: 'script_details: "true"\nexpects: [{command: "echo because >&2; exit 4"}]',
      issue: 'VALIDATION_FAIL',
      says: '"echo because >&2; exit 4" ended with exit code 4: because',
    },
  ];

  test('is told by its exit code, its time and what it was expected to do', async ({ expect }) => {
    await using project = await createProject(filesOf(CASES));
    const { code, stderr } = await project.run(['run', '--keep-going']);
    expect(code).toBe(1);
    for (const { id, issue = 'SCRIPT_ERROR', says } of CASES) {
      const detail = await project.read(`tasks/${id}.yaml`);
      if (says === 'DONE') {
        expect(detail, id).toContain('status: DONE\n');
        continue;
      }
      expect(stderr.replaceAll('\n', ' '), id).toContain(says);
      const event = (await project.log()).find(
        ({ task_id, event_type }) => task_id === id && event_type === 'ERROR_TASK',
      );
      expect(event, id).toMatchObject({ status_change: 'RUNNING -> ERROR', details: { type: issue, detail: says } });
      expect(detail, id).toMatch(new RegExp(`^issues:\\n  - timestamp: ".*"\\n    type: ${issue}\\n    detail: `, 'm'));
    }
    expect(await project.read('logs/tasks/late/1.log')).toBe('begun\n');
    expect(project.processes()).toEqual([]);
  });

  test('waits for nothing that is left in the background', async ({ expect }) => {
    await using project = await createProject(
      filesOf([{ id: 'a', detail: 'script_details: "sleep 30 & echo started"' }]),
    );
    const begun = Date.now();
    expect(await project.run(['run'])).toMatchObject({ code: 0, stdout: 'started\n' });
    expect(Date.now() - begun).toBeLessThan(5_000);
    expect(project.processes()).toMatchObject([{ command: 'sleep 30' }]);
  });

  test('by SIGTERM to orchestrate is recorded, with what it had printed', async ({ expect }) => {
    await using project = await createProject(
      filesOf([
        { id: 'a', detail: 'script_details: echo working; sleep 60' },
        { id: 'b', detail: 'script_details: echo b' },
      ]),
    );
    const running = project.start(['run', '--keep-going']);
    await running.waitFor('working\n');
    running.kill('SIGTERM');
    const { code, stderr } = await running.done;
    expect(code).toBe(143);
    expect(stable(stderr)).toMatch(/\ninterrupted.*\n {2}→ .*orchestrate retry a\n$/s);
    expect(await statuses(project)).toEqual({ a: 'ERROR', b: 'READY' });
    expect(await story(project)).toEqual([
      'a TASK_READY PENDING -> READY',
      'b TASK_READY PENDING -> READY',
      'a START_TASK READY -> RUNNING',
      'a TASK_INTERRUPTED RUNNING -> ERROR',
    ]);
    expect(stable(await project.read('tasks/a.yaml'))).toMatch(
      /type: INTERRUPTED\n {4}detail: interrupted after N ms; its output is in logs\/tasks\/a\/1\.log\n {4}resolution: null\n$/,
    );
    expect(await project.read('logs/tasks/a/1.log')).toBe('working\n');
    expect(project.processes()).toEqual([]);
  });
});

describe.concurrent('retries of a script', () => {
  test('follow each other until one succeeds, each with a log of its own', async ({ expect }) => {
    await using project = await createProject(
      filesOf([
        {
          id: 'a',
          detail: sh(
            'echo try >> tries; echo no $(wc -l < tries); test $(wc -l < tries) -gt 2',
            'retries: 3, retry_delay: 10ms',
          ),
        },
      ]),
    );
    const { code, stdout, stderr } = await project.run(['run']);
    expect([code, stdout]).toEqual([0, 'no 1\nno 2\nno 3\n']);
    expect(stderr).toContain('; try 2 of 4 follows in 10 ms\n');
    expect(stderr).toContain('; try 3 of 4 follows in 10 ms\n');
    expect((await project.list()).filter((file) => file.startsWith('logs/tasks'))).toEqual([
      'logs/tasks/a/1.log',
      'logs/tasks/a/2.log',
      'logs/tasks/a/3.log',
    ]);
    expect(await project.read('logs/tasks/a/2.log')).toBe('no 2\n');
    expect(stable(await project.read('tasks/a.yaml'))).toContain(
      'status: DONE\nlast_run:\n  timestamp: "TIME"\n  outcome: SUCCESS\n  attempts: 3\n',
    );
    expect(await project.run(['logs', 'a', '--output'])).toMatchObject({ code: 0, stdout: 'no 3\n' });
  });

  test('end with the last failure, and go on counting logs the next time', async ({ expect }) => {
    await using project = await createProject(filesOf([{ id: 'a', detail: sh('echo no; exit 9', 'retries: 1') }]));
    expect(await project.run(['run'])).toMatchObject({ code: 1, stdout: 'no\nno\n' });
    await project.run(['retry', 'a']);
    expect(await project.run(['next'])).toMatchObject({ code: 1 });
    const detail = stable(await project.read('tasks/a.yaml'));
    expect(detail).toContain('  outcome: FAILURE\n  attempts: 2\n  duration_ms: N\n  exit_code: 9\n');
    expect(
      [...detail.matchAll(/its output is in (\S+)["']\n +resolution: (\w+)/g)].map(([, log, resolution]) => [
        log,
        resolution,
      ]),
    ).toEqual([
      ['logs/tasks/a/2.log', 'Retried'],
      ['logs/tasks/a/4.log', 'null'],
    ]);
  });
});

describe.concurrent('what a script is given', () => {
  test('the environment: of the runbook, the env_file and the task, the later winning', async ({ expect }) => {
    await using project = await createProject({
      ...filesOf(
        [
          { id: 'all', detail: 'script_details: {command: env, env: {THIRD: task, NUMBER: 5}, env_file: conf/my.env}' },
          { id: 'plain', detail: 'script_details: env' },
          { id: 'key', detail: 'script_details: {command: env, env_file: .env}' },
        ],
        'env: {FIRST: runbook, SECOND: runbook, THIRD: runbook}\n',
      ),
      'conf/my.env': 'SECOND=file\nTHIRD=file\n# a comment\nQUOTED="two words"\n',
      '.env': 'ONLY_IN_FILE=from-dotenv\nMY_API_KEY=top-secret-value\n',
    });
    expect(await project.run(['run'], { env: { INHERITED: 'yes' } })).toMatchObject({ code: 0 });
    const given = async (id: string) => {
      const lines = (await project.read(`logs/tasks/${id}/1.log`))
        .split('\n')
        .map((line): [string, string] => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]);
      return Object.fromEntries(lines);
    };
    const common = { FIRST: 'runbook', INHERITED: 'yes', ORCHESTRATE_PROJECT_DIR: project.dir };
    expect(await given('all')).toMatchObject({
      ...common,
      SECOND: 'file',
      THIRD: 'task',
      NUMBER: '5',
      QUOTED: 'two words',
      ORCHESTRATE_TASK_ID: 'all',
    });
    const plain = await given('plain');
    expect(plain).toMatchObject({ ...common, SECOND: 'runbook', THIRD: 'runbook', ORCHESTRATE_TASK_ID: 'plain' });
    expect(Object.keys(plain)).not.toContain('ONLY_IN_FILE');
    expect(Object.keys(plain)).not.toContain('MY_API_KEY');
    expect(await given('key')).toMatchObject({ ONLY_IN_FILE: 'from-dotenv', MY_API_KEY: '[MY_API_KEY]' });
  });

  test('a folder, arguments as they are, and a stdin that is at its end', async ({ expect }) => {
    await using project = await createProject({
      ...filesOf([
        { id: 'where', detail: 'script_details: {command: pwd, cwd: sub/folder}' },
        { id: 'shell', detail: `script_details: 'pwd; echo "$HOME" | wc -l; echo a*'` },
        { id: 'args', detail: 'script_details: {command: printf, args: ["<%s>\\n", "$HOME", "a b", "*", 7, true]}' },
        { id: 'stdin', detail: 'script_details: "cat; echo end"' },
      ]),
      'sub/folder/x': '',
    });
    const { code, stdout } = await project.run(['run'], { stdin: 'not for the script\n' });
    expect([code, stdout]).toEqual([
      0,
      `${project.dir}/sub/folder\n${project.dir}\n1\na*\n<$HOME>\n<a b>\n<*>\n<7>\n<true>\nend\n`,
    ]);
  });

  test('stdin: inherit hands on what orchestrate was given', async ({ expect }) => {
    await using project = await createProject(
      filesOf([{ id: 'a', detail: 'script_details: {command: cat, stdin: inherit}' }]),
    );
    expect(await project.run(['run'], { stdin: 'typed\n' })).toMatchObject({ code: 0, stdout: 'typed\n' });
  });

  test('capture fills the artifact with the bytes of stdout', async ({ expect }) => {
    const bytes = Buffer.from([0, 0xff, 0x0a, 0xc3, 0x28]);
    await using project = await createProject({
      ...filesOf([
        {
          id: 'a',
          detail:
            'script_details: {command: sh, args: [-c, "cat bytes; echo aside >&2"], capture: stdout}\noutput_artifact: outputs/deep/copy.bin',
        },
      ]),
      bytes,
    });
    expect(await project.run(['run'])).toMatchObject({ code: 0 });
    expect((await project.snapshot())['outputs/deep/copy.bin']).toBe(`base64:${bytes.toString('base64')}`);
  });

  test('a failed script leaves the artifact as it was', async ({ expect }) => {
    await using project = await createProject({
      ...filesOf([
        {
          id: 'a',
          detail:
            'script_details: {command: sh, args: [-c, "echo half; exit 1"], capture: stdout}\noutput_artifact: out.txt',
        },
      ]),
      'out.txt': 'whole\n',
    });
    expect(await project.run(['run'])).toMatchObject({ code: 1 });
    expect(await project.read('out.txt')).toBe('whole\n');
  });
});
