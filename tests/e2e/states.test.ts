// How tasks change state by running and by commands. Without a terminal, with the built program.
import { describe, test } from 'vitest';
import { createProject } from '../rig/project.ts';
import { filesOf, stable, statuses, story } from './kit.ts';

/** Fails until a file named "ok" is there. */
const FLAKY = filesOf([
  { id: 'a', detail: 'script_details: test -e ok' },
  { id: 'b', type: 'MANUAL', entry: 'depends_on: [a]' },
]);
const FAILED = '"test -e ok" ended with exit code 1; its output is in logs/tasks/a/1.log';

describe.concurrent('one run, every byte of it', () => {
  const FILES = {
    'runbook.yaml':
      '\uFEFF# The release.\r\nname: "Release"\r\n\r\ntasks:\r\n  - id: build   # first\r\n    name: \'Build it\'\r\n    type: AUTOMATED_SCRIPT\r\n    status: "PENDING" # by the program\r\n    task_detail_file: tasks/build.yaml\r\n    x-owner: {team: core}\r\n\r\n  - {id: tell, name: Tell, type: MANUAL, depends_on: [build]}  # last\r\n',
    'tasks/build.yaml':
      '# How it is built.\nid: build\nstatus: PENDING   # kept\n\nscript_details: >-\n  echo built;\n  echo careful >&2\n# the end\n',
  };

  test('writes the two states, the last run and the log, and nothing else', async ({ expect }) => {
    await using project = await createProject(FILES);
    const { code, stdout, stderr } = await project.run(['run', '--yes']);
    expect({ code, stdout, stderr: stable(stderr) }).toEqual({
      code: 0,
      stdout: 'built\n',
      stderr:
        '\n▸ Build it (build · AUTOMATED_SCRIPT)\n  $ echo built; echo careful >&2\ncareful\n✓ DONE build N ms\n\n▸ Tell (tell · MANUAL)\n✓ DONE tell\n\nAll done: 2 tasks in this run.\n',
    });
    expect(await project.read('runbook.yaml')).toBe(
      FILES['runbook.yaml'].replace('PENDING', 'DONE').replace('[build]}', '[build], status: DONE}'),
    );
    const lastRun =
      'last_run:\n  timestamp: "TIME"\n  outcome: SUCCESS\n  attempts: 1\n  duration_ms: N\n  exit_code: 0\n';
    expect(stable(await project.read('tasks/build.yaml'))).toBe(
      FILES['tasks/build.yaml'].replace('PENDING', 'DONE').replace('# the end', `${lastRun}# the end`),
    );
    expect(await project.list()).toEqual([
      '.orchestrate/index',
      '.orchestrate/lock',
      '.orchestrate/state.db',
      '.orchestrate/watch.json',
      'logs/run_log.jsonl',
      'logs/tasks/build/1.log',
      'runbook.yaml',
      'tasks/build.yaml',
    ]);
    expect(await project.read('logs/tasks/build/1.log')).toBe('built\ncareful\n');
  });

  test('the log tells it whole and in order', async ({ expect }) => {
    await using project = await createProject(FILES);
    await project.run(['run', '--yes']);
    const events = await project.log();
    const [first] = events;
    // [task, event, change, what else it says]
    const expected: readonly (readonly [string, string, string, object?])[] = [
      ['build', 'TASK_READY', 'PENDING -> READY', { details: { reason: 'it depends on nothing' } }],
      ['build', 'START_TASK', 'READY -> RUNNING'],
      [
        'build',
        'COMPLETE_TASK',
        'RUNNING -> DONE',
        {
          details: {
            exit_code: 0,
            duration_ms: expect.any(Number),
            log: 'logs/tasks/build/1.log',
            receipt: { definition: { script_details: expect.any(String) as string } },
          },
        },
      ],
      ['tell', 'TASK_READY', 'PENDING -> READY', { details: { reason: 'build finished' } }],
      ['tell', 'START_TASK', 'READY -> RUNNING'],
      [
        'tell',
        'COMPLETE_TASK',
        'RUNNING -> DONE',
        {
          details: { receipt: { definition: { manual_instructions: expect.any(String) as string } } },
          actor: '--yes',
        },
      ],
    ];
    expect(events).toEqual(
      expected.map(([task_id, event_type, status_change, rest = {}], index) => ({
        timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) as string,
        seq: index + 1,
        task_id,
        event_type,
        status_change,
        run_id: first?.['run_id'],
        actor: 'orchestrate',
        ...rest,
      })),
    );
    expect(first?.['run_id']).toMatch(/^[0-9a-f-]{36}$/);

    await project.run(['reset', 'tell']);
    const later = (await project.log()).slice(events.length);
    expect(later.map(({ seq, event_type }) => [seq, event_type])).toEqual([
      [7, 'TASK_RESET'],
      [8, 'TASK_READY'],
    ]);
    expect(later[0]?.['run_id']).not.toBe(first?.['run_id']);
  });
});

describe.concurrent('next', () => {
  test('does one task at a time, until a person is needed', async ({ expect }) => {
    await using project = await createProject(
      filesOf([
        { id: 'a', detail: 'script_details: echo one' },
        { id: 'b', detail: 'script_details: echo two', entry: 'depends_on: [a]' },
        { id: 'c', type: 'MANUAL', entry: 'depends_on: [b]' },
      ]),
    );
    const first = await project.run(['next']);
    expect({ ...first, stderr: stable(first.stderr) }).toEqual({
      code: 0,
      signal: null,
      stdout: 'one\n',
      stderr: '\n▸ Task a (a · AUTOMATED_SCRIPT)\n  $ echo one\n✓ DONE a N ms\n',
    });
    expect(await statuses(project)).toEqual({ a: 'DONE', b: 'READY', c: 'PENDING' });
    expect(await project.run(['next'])).toMatchObject({ code: 0, stdout: 'two\n' });
    const before = await project.snapshot();
    const waiting =
      'Waiting for a person:\n  c: a person must do this and confirm it\n    → when it is done: orchestrate review c --accept\n';
    expect(await project.run(['next'])).toMatchObject({ code: 3, stdout: '', stderr: `\n${waiting}` });
    expect(await project.snapshot()).toEqual(before);
    expect(await project.run(['next', '--yes'])).toMatchObject({ code: 0, stdout: '' });
    expect(await project.run(['next'])).toMatchObject({
      code: 0,
      stdout: '',
      stderr: '\nAll done: nothing is left to do.\n',
    });
  });

  test('a failed task ends it with 1, and is told again each time until somebody deals with it', async ({ expect }) => {
    await using project = await createProject(FLAKY);
    const failed = await project.run(['next']);
    const toDo = '  → mend it (tasks/a.yaml:3:9), then: orchestrate retry a\n';
    expect({ ...failed, stderr: stable(failed.stderr) }).toEqual({
      code: 1,
      signal: null,
      stdout: '',
      stderr: `\n▸ Task a (a · AUTOMATED_SCRIPT)\n  $ test -e ok\n✗ ERROR a N ms\n  ${FAILED}\n${toDo}`,
    });
    const before = await project.snapshot();
    for (const args of [['next'], ['run'], ['next', 'a']]) {
      expect(await project.run(args)).toMatchObject({
        code: 1,
        stdout: '',
        stderr: `\n✗ stopped: a (Task a) is in ERROR\n  ${FAILED}\n${toDo}`,
      });
    }
    expect(await project.snapshot()).toEqual(before);
    expect(stable(await project.read('tasks/a.yaml'))).toBe(
      `id: a\nscript_details: test -e ok\nstatus: ERROR\nlast_run:\n  timestamp: "TIME"\n  outcome: FAILURE\n  attempts: 1\n  duration_ms: N\n  exit_code: 1\nissues:\n  - timestamp: "TIME"\n    type: SCRIPT_ERROR\n    detail: '${FAILED}'\n    resolution: null\n`,
    );
  });

  test('refuses by name what is finished or still waits', async ({ expect }) => {
    await using project = await createProject(
      filesOf([
        { id: 'a', type: 'MANUAL' },
        { id: 'b', type: 'MANUAL', entry: 'depends_on: [a]' },
        { id: 'c', type: 'MANUAL', entry: 'status: SKIPPED' },
      ]),
    );
    expect(await project.run(['next', 'b'])).toMatchObject({
      code: 3,
      stdout: '',
      stderr: 'error: "b" cannot start: waits for a\n  → to start it all the same: orchestrate next b --force\n',
    });
    expect(await project.run(['next', 'c'])).toMatchObject({
      code: 2,
      stdout: '',
      stderr: 'error: "c" is SKIPPED already\n  → to do it again: orchestrate reset c\n',
    });
    expect(await story(project)).toEqual([]);
    expect(await project.run(['next', 'b', '--force', '--yes'])).toMatchObject({ code: 0 });
    expect(await story(project)).toEqual([
      'a TASK_READY PENDING -> READY',
      'b TASK_READY PENDING -> READY',
      'b START_TASK READY -> RUNNING',
      'b COMPLETE_TASK RUNNING -> DONE',
    ]);
    expect((await project.log())[2]).toMatchObject({ details: { forced: true } });
  });
});

describe.concurrent('run, with its options', () => {
  const FILES = filesOf([
    { id: 'a', detail: 'script_details: echo a' },
    { id: 'm', type: 'MANUAL', entry: 'depends_on: [a]' },
    { id: 'b', entry: 'depends_on: [a]', detail: 'script_details: exit 3' },
    { id: 'c', entry: 'depends_on: [b]', detail: 'script_details: echo c' },
    { id: 'd', detail: 'script_details: echo d' },
  ]);
  const RETRY = /→ mend it \(tasks\/b\.yaml:3:9\), then: orchestrate retry b\n$/;
  const first = (id: string, other: string) =>
    `Waiting for a person:\n  ${id}: waits for ${other} (READY)\n    → that comes first: orchestrate next ${other}\n`;

  test.for<[string, number, string, string, RegExp | string]>([
    ['', 1, 'a\n', 'DONE READY ERROR PENDING READY', RETRY],
    ['--yes', 1, 'a\n', 'DONE DONE ERROR PENDING READY', RETRY],
    ['--keep-going', 1, 'a\nd\n', 'DONE READY ERROR PENDING DONE', RETRY],
    ['--until a', 0, 'a\n', 'DONE READY READY PENDING READY', 'All done: 1 task in this run.\n'],
    ['--until b --yes', 1, 'a\n', 'DONE DONE ERROR PENDING READY', RETRY],
    ['--start-from b', 3, 'd\n', 'READY PENDING PENDING PENDING DONE', first('b', 'a')],
    ['--only d', 0, 'd\n', 'READY PENDING PENDING PENDING DONE', 'All done: 1 task in this run.\n'],
    [
      '--only c d',
      3,
      'd\n',
      'READY PENDING PENDING PENDING DONE',
      'Waiting for a person:\n  c: waits for b\n    → orchestrate show b\n',
    ],
    ['--type MANUAL --yes', 3, '', 'READY PENDING PENDING PENDING READY', first('m', 'a')],
    ['--type AUTOMATED_SCRIPT --keep-going', 1, 'a\nd\n', 'DONE READY ERROR PENDING DONE', RETRY],
  ])('run %s', async ([options, exitCode, printed, states, end], { expect }) => {
    await using project = await createProject(FILES);
    const { code, stdout, stderr } = await project.run(['run', ...options.split(' ').filter((word) => word !== '')]);
    expect([code, stdout]).toEqual([exitCode, printed]);
    expect(Object.values(await statuses(project)).join(' ')).toBe(states);
    if (typeof end === 'string') expect(stderr.endsWith(`\n\n${end}`) || stderr === `\n${end}`, stderr).toBe(true);
    else expect(stderr).toMatch(end);
  });

  test('an ERROR outside its scope does not halt it', async ({ expect }) => {
    await using project = await createProject(FILES);
    await project.run(['run']);
    expect(await project.run(['run', '--only', 'd'])).toMatchObject({ code: 0, stdout: 'd\n' });
    expect(await project.run(['run', '--until', 'm', '--yes'])).toMatchObject({ code: 0, stdout: '' });
    expect(await project.run(['run', '--only', 'c'])).toMatchObject({
      code: 3,
      stderr: '\nWaiting for a person:\n  c: waits for b (ERROR)\n    → mend that first: orchestrate retry b\n',
    });
    expect(await project.run(['run', '--keep-going'])).toMatchObject({ code: 1, stdout: '' });
  });

  test.for<[string, number, string]>([
    [
      'run',
      0,
      '  1. a  Task a\n  2. b  Task b\n  3. c  Task c\n  4. d  Task d\n  · m would not run: a person must do this and confirm it\n',
    ],
    ['run --yes', 0, '  1. a  Task a\n  2. m  Task m\n  3. b  Task b\n  4. c  Task c\n  5. d  Task d\n'],
    ['run --only c', 3, '  · c would not run: waits for b\n'],
    ['run --start-from c', 0, '  1. d  Task d\n  · c would not run: waits for b\n'],
    ['next', 0, '  1. a  Task a\n'],
    ['next b --force', 0, '  1. b  Task b\n'],
  ])('%s --dry-run says what would run, and changes nothing', async ([command, exitCode, plan], { expect }) => {
    await using project = await createProject(FILES);
    const before = await project.snapshot();
    expect(await project.run([...command.split(' '), '--dry-run'])).toEqual({
      code: exitCode,
      signal: null,
      stdout: plan,
      stderr: '',
    });
    expect(await project.snapshot()).toEqual(before);
  });
});

describe.concurrent('retry, skip, done and reset', () => {
  test('retry sets a failed task back, and says how its issue was resolved', async ({ expect }) => {
    await using project = await createProject(FLAKY);
    expect(await project.run(['retry', 'a'])).toMatchObject({
      code: 2,
      stdout: '',
      stderr: 'error: only a task in ERROR can be retried; "a" is PENDING\n  → to run it: orchestrate next a\n',
    });
    await project.run(['next']);
    expect(await project.run(['retry', 'a', '--resolution', 'touched "ok"'])).toEqual({
      code: 0,
      signal: null,
      stdout: 'a: ERROR → READY\n',
      stderr: '',
    });
    expect(await project.read('tasks/a.yaml')).toContain(`    detail: '${FAILED}'\n    resolution: touched "ok"\n`);
    await project.write('ok', '');
    expect(await project.run(['next'])).toMatchObject({ code: 0 });
    expect(await story(project)).toEqual([
      'a TASK_READY PENDING -> READY',
      'a START_TASK READY -> RUNNING',
      'a ERROR_TASK RUNNING -> ERROR',
      'a TASK_RETRIED ERROR -> READY',
      'a START_TASK READY -> RUNNING',
      'a COMPLETE_TASK RUNNING -> DONE',
      'b TASK_READY PENDING -> READY',
    ]);
    expect(await project.run(['retry', 'a'])).toMatchObject({
      code: 2,
      stderr: 'error: only a task in ERROR can be retried; "a" is DONE\n  → to do it again: orchestrate reset a\n',
    });
  });

  test('skip says who stays blocked, and lets them go on when asked', async ({ expect }) => {
    await using project = await createProject(
      filesOf([
        { id: 'a', type: 'MANUAL' },
        { id: 'b', type: 'MANUAL', entry: 'depends_on: [a]' },
        { id: 'c', type: 'MANUAL', entry: 'depends_on: [a], allow_skipped: true' },
      ]),
    );
    expect(await project.run(['skip', 'a'])).toEqual({
      code: 0,
      signal: null,
      stdout: 'a: PENDING → SKIPPED\nc: PENDING → READY\n',
      stderr: 'still blocked: b\n  → to let them go on: orchestrate skip a --unblock\n',
    });
    expect(await project.run(['run', '--yes'])).toMatchObject({
      code: 3,
      stderr: expect.stringContaining(
        '  b: waits for a (SKIPPED)\n    → to let it go on without that: orchestrate skip a --unblock\n',
      ) as string,
    });
    expect(await project.run(['skip', 'a'])).toMatchObject({
      code: 2,
      stderr: 'error: "a" is SKIPPED already\n  → to let what waits for it go on: orchestrate skip a --unblock\n',
    });
    expect(await project.run(['skip', 'a', '--unblock'])).toEqual({
      code: 0,
      signal: null,
      stdout: 'b: PENDING → READY\n',
      stderr: '',
    });
    expect(await project.read('runbook.yaml')).toContain(
      '{id: b, name: Task b, type: MANUAL, depends_on: [a], allow_skipped: true, status: READY}\n',
    );
    expect(await project.run(['run', '--yes'])).toMatchObject({ code: 0 });
    expect(await project.run(['skip', 'b'])).toMatchObject({
      code: 2,
      stderr: 'error: "b" is DONE already\n  → to take that back: orchestrate reset b\n',
    });
    expect(await statuses(project)).toEqual({ a: 'SKIPPED', b: 'DONE', c: 'DONE' });
  });

  test('done checks what is expected, unless it is forced', async ({ expect }) => {
    const detail =
      'manual_instructions: Write it.\nexpects:\n  - {file: notes.txt, matches: "^ready"}\n  - command: grep -q signed notes.txt';
    await using project = await createProject(
      filesOf([
        { id: 'a', type: 'MANUAL', detail },
        { id: 'b', type: 'MANUAL', entry: 'depends_on: [a]', detail: 'expects: [{file: never.txt}]' },
      ]),
    );
    expect(await project.run(['done', 'a'])).toMatchObject({
      code: 3,
      stdout: '',
      stderr: expect.stringContaining('error: "a" is not done: notes.txt does not exist\n') as string,
    });
    await project.write('notes.txt', 'draft\n');
    expect(await project.run(['done', 'a'])).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('notes.txt does not match /^ready/') as string,
    });
    await project.write('notes.txt', 'draft\nready\n');
    expect(await project.run(['done', 'a'])).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('"grep -q signed notes.txt" ended with exit code 1') as string,
    });
    expect(await story(project)).toEqual([]);
    await project.write('notes.txt', 'ready, signed\n');
    expect(await project.run(['done', 'a', '--note', 'https://example.org/1'])).toEqual({
      code: 0,
      signal: null,
      stdout: 'a: PENDING → DONE\nb: PENDING → READY\n',
      stderr: '',
    });
    expect(await project.run(['done', 'b', '--force', '-q'])).toEqual({
      code: 0,
      signal: null,
      stdout: '',
      stderr: '',
    });
    expect((await project.log()).filter(({ event_type }) => event_type === 'COMPLETE_TASK')).toMatchObject([
      { task_id: 'a', details: { by: 'command', note: 'https://example.org/1' } },
      { task_id: 'b', details: { by: 'command', forced: true } },
    ]);
    expect(await project.run(['done', 'b'])).toMatchObject({
      code: 2,
      stderr: 'error: "b" is DONE already\n  → nothing to do\n',
    });
  });

  test('reset begins again, and touches no file that a task wrote', async ({ expect }) => {
    await using project = await createProject(
      filesOf([
        { id: 'a', detail: 'script_details: echo x > out.txt' },
        { id: 'b', type: 'MANUAL', entry: 'depends_on: [a]' },
      ]),
    );
    await project.run(['run', '--yes']);
    expect(await project.run(['reset', 'b'])).toEqual({
      code: 0,
      signal: null,
      stdout: 'b: DONE → READY\n',
      stderr: '',
    });
    expect(await project.run(['reset', '--all'])).toEqual({
      code: 0,
      signal: null,
      stdout: 'a: DONE → READY\nb: READY → PENDING\n',
      stderr: '',
    });
    const before = await project.snapshot();
    expect(await project.run(['reset', '--all'])).toEqual({
      code: 0,
      signal: null,
      stdout: 'Nothing had to be changed.\n',
      stderr: '',
    });
    expect(await project.snapshot()).toEqual(before);
    expect(await project.read('out.txt')).toBe('x\n');
  });
});
