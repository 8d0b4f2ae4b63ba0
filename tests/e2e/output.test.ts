// What goes where, for people and for programs: stdout and stderr, --json, -q, colours.
import { describe, test } from 'vitest';
import { createProject } from '../rig/project.ts';
import { edit, filesOf, stable } from './kit.ts';

const FILES = filesOf(
  [
    { id: 'a', detail: 'description: Says out.\nscript_details: echo out; echo err >&2\noutput_artifact: out.txt' },
    { id: 'm', type: 'MANUAL', entry: 'depends_on: [a], phase: Later', detail: 'manual_instructions: [One., Two.]' },
    {
      id: 'f',
      entry: 'depends_on: [m]',
      detail: 'script_details: {command: sh, args: [-c, exit 4], env: {X: 1}, timeout: 5m}',
    },
  ],
  'name: Demo\n',
);
const FAILED = `"sh -c 'exit 4'" ended with exit code 4; its output is in logs/tasks/f/1.log`;

describe.concurrent('--json', () => {
  test('gives one document, in which times are all that differs from run to run', async ({ expect }) => {
    await using project = await createProject(FILES);
    const ask = async (...args: string[]) => {
      const { code, stdout, stderr } = await project.run([...args, '--json']);
      return { code, stderr, document: JSON.parse(stable(stdout).replaceAll('_ms": N', '_ms": 0')) as unknown };
    };
    const answer = (code: number, document: object) => ({
      code,
      stderr: '',
      document: { schema_version: 1, ...document },
    });
    const a = {
      id: 'a',
      name: 'Task a',
      type: 'AUTOMATED_SCRIPT',
      depends_on: [],
      task_detail_file: 'tasks/a.yaml',
      output_artifact: 'out.txt',
    };
    const m = {
      id: 'm',
      name: 'Task m',
      type: 'MANUAL',
      depends_on: ['a'],
      phase: 'Later',
      task_detail_file: 'tasks/m.yaml',
    };
    const f = {
      id: 'f',
      name: 'Task f',
      type: 'AUTOMATED_SCRIPT',
      depends_on: ['m'],
      task_detail_file: 'tasks/f.yaml',
    };

    expect(await ask('validate')).toEqual(answer(0, { valid: true, tasks: 3, quickies: 0, problems: [] }));
    expect(await ask('status')).toEqual(
      answer(0, {
        name: 'Demo',
        total: 3,
        finished: 0,
        counts: { READY: 1, PENDING: 2 },
        next: 'a',
        error: null,
        problems: [],
        stale: [],
        tasks: [
          { ...a, status: 'READY' },
          { ...m, status: 'PENDING', blocked_because: 'waits for a (READY)' },
          { ...f, status: 'PENDING', blocked_because: 'waits for m' },
        ],
      }),
    );
    expect(await ask('show', 'a')).toEqual(
      answer(0, {
        ...a,
        status: 'READY',
        description: 'Says out.',
        expects: [],
        last_run: null,
        issues: [],
        place: 'runbook.yaml:3:5',
        problems: [],
        work: {
          script_details: {
            line: 'echo out; echo err >&2',
            env: {},
            retries: 0,
            retry_delay_ms: 0,
            success_exit_codes: [0],
            stdin: 'none',
          },
        },
      }),
    );
    const step = ({ id, name, type }: { id: string; name: string; type: string }, needs: string) => ({
      id,
      name,
      type,
      needs,
    });
    expect(await ask('run', '--dry-run')).toEqual(
      answer(0, {
        steps: [step(a, 'nothing')],
        skipped: [],
        stuck: [
          { id: 'm', reason: 'a person must do this and confirm it' },
          { id: 'f', reason: 'waits for m (READY)' },
        ],
        halted_by: null,
      }),
    );
    expect(await ask('next', '--dry-run')).toEqual(
      answer(0, { steps: [step(a, 'nothing')], skipped: [], stuck: [], halted_by: null }),
    );
    expect(await ask('skip', 'a')).toEqual(
      answer(0, { changed: [{ id: 'a', from: 'PENDING', to: 'SKIPPED' }], blocked: ['m'] }),
    );
    expect(await ask('reset', 'a')).toEqual(
      answer(0, { changed: [{ id: 'a', from: 'SKIPPED', to: 'READY' }], blocked: [] }),
    );
    expect(await ask('done', 'a')).toEqual(
      answer(0, {
        changed: [
          { id: 'a', from: 'READY', to: 'DONE' },
          { id: 'm', from: 'PENDING', to: 'READY' },
        ],
        blocked: [],
      }),
    );
    expect(await ask('review', 'm')).toEqual(
      answer(3, {
        id: 'm',
        name: 'Task m',
        type: 'MANUAL',
        waiting: { for: 'confirmation', instructions: ['One.', 'Two.'] },
      }),
    );
    expect(await ask('logs', '-n', '1')).toMatchObject(
      answer(0, {
        events: [
          { seq: 5, task_id: 'm', event_type: 'TASK_READY', status_change: 'PENDING -> READY', actor: 'orchestrate' },
        ],
      }),
    );
    await project.run(['run', '--yes']);
    const issue = { timestamp: 'TIME', type: 'SCRIPT_ERROR', detail: FAILED, resolution: null };
    expect(await ask('show', 'f')).toEqual(
      answer(0, {
        ...f,
        status: 'ERROR',
        blocked_because: FAILED,
        description: null,
        expects: [],
        place: 'runbook.yaml:5:5',
        problems: [],
        issues: [issue],
        last_run: { timestamp: 'TIME', outcome: 'FAILURE', attempts: 1, duration_ms: 0, exit_code: 4 },
        work: {
          script_details: {
            command: 'sh',
            args: ['-c', 'exit 4'],
            env: { X: '1' },
            timeout_ms: 300_000,
            retries: 0,
            retry_delay_ms: 0,
            success_exit_codes: [0],
            stdin: 'none',
          },
        },
      }),
    );
    expect(await ask('status')).toMatchObject(
      answer(0, { finished: 2, counts: { DONE: 2, ERROR: 1 }, next: null, error: { id: 'f', issue } }),
    );
    expect(await ask('run', '--dry-run')).toEqual(answer(1, { steps: [], skipped: [], stuck: [], halted_by: 'f' }));
    expect(await ask('retry', 'f')).toEqual(
      answer(0, { changed: [{ id: 'f', from: 'ERROR', to: 'READY' }], blocked: [] }),
    );
    expect(await ask('retry', 'f')).toEqual(
      answer(2, {
        error: {
          code: 'wrong-state',
          message: 'only a task in ERROR can be retried; "f" is READY',
          advice: 'to run it: orchestrate next f',
          exit_code: 2,
        },
      }),
    );
  });

  test('of a run gives one event a line, and the scripts go to stderr', async ({ expect }) => {
    await using project = await createProject(FILES);
    const { code, stdout, stderr } = await project.run(['run', '--yes', '--json']);
    expect([code, stderr.split('\n').sort()]).toEqual([1, ['', 'err', 'out']]);
    const events = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(events.map(({ schema_version }) => schema_version)).toEqual(events.map(() => 1));
    expect(
      events
        .filter(({ event }) => event === 'task_ended')
        .map(({ task_id, to, duration_ms }) => [task_id, to, Number.isInteger(duration_ms)]),
    ).toEqual([
      ['a', 'DONE', true],
      ['m', 'DONE', true],
      ['f', 'ERROR', true],
    ]);
    const last = {
      schema_version: 1,
      event: 'run_ended',
      timestamp: expect.stringMatching(/^\d{4}-.*Z$/) as string,
      ended: 'error',
      ran: [
        { task_id: 'a', outcome: 'done' },
        { task_id: 'm', outcome: 'done' },
        { task_id: 'f', outcome: 'failed' },
      ],
      error: { task_id: 'f', file: 'tasks/f.yaml', line: 3, column: 9 },
      waiting: [],
      exit_code: 1,
    };
    expect(events.at(-1)).toEqual(last);
  });

  test('of a run that waits tells for what', async ({ expect }) => {
    await using project = await createProject(FILES);
    const { code, stdout } = await project.run(['run', '--json']);
    expect(code).toBe(3);
    expect(JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '')).toEqual({
      schema_version: 1,
      event: 'run_ended',
      timestamp: expect.stringMatching(/^\d{4}-.*Z$/) as string,
      ended: 'waiting',
      ran: [{ task_id: 'a', outcome: 'done' }],
      exit_code: 3,
      waiting: [
        {
          task_id: 'm',
          reason: 'a person must do this and confirm it',
          advice: 'when it is done: orchestrate review m --accept',
        },
      ],
    });
  });
});

describe.concurrent('for people', () => {
  test('-q says only what must be seen', async ({ expect }) => {
    await using project = await createProject(FILES);
    expect(await project.run(['run', '-q', '--until', 'a'])).toMatchObject({
      code: 0,
      stdout: 'out\n',
      stderr: 'err\n',
    });
    expect(await project.run(['done', 'm', '-q'])).toMatchObject({ code: 0, stdout: '', stderr: '' });
    const { code, stdout, stderr } = await project.run(['run', '-q']);
    expect({ code, stdout, stderr: stable(stderr) }).toEqual({
      code: 1,
      stdout: '',
      stderr: `✗ ERROR f N ms\n  ${FAILED}\n  → mend it (tasks/f.yaml:3:9), then: orchestrate retry f\n`,
    });
    expect(await project.run(['-q', 'reset', '--all'])).toMatchObject({ code: 0, stdout: '', stderr: '' });
  });

  test('results go to stdout, everything else to stderr', async ({ expect }) => {
    await using project = await createProject(FILES);
    expect(await project.run(['validate'])).toEqual({
      code: 0,
      signal: null,
      stdout: '✓ 3 tasks, no errors\n',
      stderr: '',
    });
    expect(await project.run(['status'])).toMatchObject({ code: 0, stderr: '' });
    expect(await project.run(['run'])).toMatchObject({ code: 3, stdout: 'out\n' });
    expect(await project.run(['logs', 'a', '--event', 'COMPLETE_TASK'])).toMatchObject({
      stdout: expect.stringMatching(/^\S+ COMPLETE_TASK a RUNNING -> DONE \{.*\}\n$/) as string,
      stderr: '',
    });
    expect(await project.run(['logs', 'f'])).toMatchObject({ code: 0, stdout: '', stderr: 'No such events.\n' });
    expect(await project.run(['logs', 'a', '--output'])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('out\n') as string,
      stderr: '',
    });
  });

  test('a log that others wrote into is shown as far as it can be read', async ({ expect }) => {
    const log =
      'note to self\n{"event_type": "X\\u001b[2J", "seq": 7}\n{"event_type": "START_TASK", "task_id": "a", "times';
    await using project = await createProject({ ...FILES, 'logs/run_log.jsonl': log });
    expect(await project.run(['logs'])).toMatchObject({
      code: 0,
      stdout: '- X␛[2J -\n',
      stderr: 'warning: 2 lines of logs/run_log.jsonl cannot be read\n',
    });
    await project.run(['done', 'a']);
    const now = await project.read('logs/run_log.jsonl');
    expect(now.slice(0, log.length + 1)).toBe(`${log}\n`);
    expect(JSON.parse(now.slice(log.length).split('\n')[1] ?? '')).toMatchObject({
      seq: 8,
      task_id: 'a',
      event_type: 'COMPLETE_TASK',
    });
  });

  test('where the log cannot be written, nothing is done', async ({ expect }) => {
    await using project = await createProject({ ...FILES, logs: 'in the way\n' });
    for (const args of [['run', '--yes'], ['done', 'a'], ['next']]) {
      expect(await project.run(args)).toMatchObject({
        code: 2,
        stdout: '',
        stderr: `error: cannot append to ${project.dir}/logs/run_log.jsonl: a file stands where a folder should be\n  → mend that, then try again\n`,
      });
    }
    for (const [file, content] of Object.entries(FILES)) expect(await project.read(file)).toBe(content);
  });

  test('colours are for terminals, for who forces them, and never against NO_COLOR or --no-color', async ({
    expect,
  }) => {
    await using project = await createProject(FILES);
    await edit(project, 'tasks/f.yaml', 'timeout', 'tmeout');
    const escaped = async (args: string[], env: Record<string, string>) => {
      const { stdout, stderr } = await project.run(args, { env });
      return [stdout, stderr].map((text) => text.includes('\u001B['));
    };
    expect(await escaped(['status'], {})).toEqual([false, false]);
    expect(await escaped(['status'], { FORCE_COLOR: '1' })).toEqual([true, true]);
    expect(await escaped(['status'], { FORCE_COLOR: '1', NO_COLOR: '1' })).toEqual([false, false]);
    expect(await escaped(['status', '--no-color'], { FORCE_COLOR: '1' })).toEqual([false, false]);
    expect(await escaped(['--no-color', 'statsu'], { FORCE_COLOR: '1' })).toEqual([false, false]);
    expect(await escaped(['status', '--json'], { FORCE_COLOR: '1' })).toEqual([false, false]);
  });

  test('text that would steer the terminal is shown, not obeyed', async ({ expect }) => {
    await using project = await createProject({
      ...filesOf([{ id: 'a', detail: 'description: "\\e[2Jgone"\nscript_details: "exit 1"' }]),
      'runbook.yaml':
        'name: "evil\\e]0;title\\a"\ntasks:\n  - {id: a, name: "A\\e[31m\\u202E", type: AUTOMATED_SCRIPT, task_detail_file: tasks/a.yaml}\n',
    });
    for (const args of [['status'], ['show', 'a'], ['run'], ['logs']]) {
      const { stdout, stderr } = await project.run(args);
      expect(`${stdout}${stderr}`).not.toMatch(/[\u001B\u0007\u202E]/);
    }
    expect((await project.run(['show', 'a'])).stdout).toContain('␛[2Jgone');
  });
});
