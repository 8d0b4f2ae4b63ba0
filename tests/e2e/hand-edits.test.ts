// States that a person set by hand, and those that nobody knows of. Without a terminal, with the built program.
import { describe, test } from 'vitest';
import { createProject } from '../rig/project.ts';
import { edit, filesOf, statuses, story } from './kit.ts';

/** Fails until a file named "ok" is there. */
const FLAKY = filesOf([
  { id: 'a', detail: 'script_details: test -e ok' },
  { id: 'b', type: 'MANUAL', entry: 'depends_on: [a]' },
]);

describe.concurrent('a status that a person changed by hand', () => {
  test.for([
    { where: 'in the runbook', file: 'runbook.yaml', both: false },
    { where: 'in the detail file', file: 'tasks/a.yaml', both: false },
    { where: 'in both', file: 'runbook.yaml', both: true },
  ])('ERROR to READY $where retries the task', async ({ file, both }, { expect }) => {
    await using project = await createProject(FLAKY);
    await project.run(['next']);
    await edit(project, file, 'status: ERROR', 'status: READY');
    if (both) await edit(project, 'tasks/a.yaml', 'status: ERROR', 'status: READY');
    await project.write('ok', '');
    const before = await project.snapshot();
    expect((await project.run(['status'])).stdout).toMatch(/next a: Task a.*\n {2}→ orchestrate next\n$/);
    expect(await project.snapshot()).toEqual(before);

    const { code, stdout, stderr } = await project.run(['next']);
    expect([code, stdout, stderr.split('\n')[0]]).toEqual([0, '', `a: ERROR → READY, by hand in ${file}`]);
    expect((await story(project)).slice(3)).toEqual([
      'a STATUS_EDITED ERROR -> READY',
      'a START_TASK READY -> RUNNING',
      'a COMPLETE_TASK RUNNING -> DONE',
      'b TASK_READY PENDING -> READY',
    ]);
    expect((await project.log())[3]).toMatchObject({ actor: 'person', details: { file } });
    const detail = await project.read('tasks/a.yaml');
    expect(detail).toMatch(/^status: DONE$/m);
    expect(detail).toContain('    resolution: Edited by hand\n');
  });

  test('to DONE lets its dependents start, also where the program never wrote before', async ({ expect }) => {
    await using project = await createProject(
      filesOf([
        { id: 'a', detail: 'script_details: echo a' },
        { id: 'b', detail: 'status: PENDING\nscript_details: exit 1', entry: 'depends_on: [a]' },
        { id: 'c', detail: 'script_details: echo c', entry: 'depends_on: [b]' },
      ]),
    );
    await project.run(['done', 'a']);
    await edit(project, 'tasks/b.yaml', 'status: READY', 'status: DONE');
    expect(await project.run(['run'])).toMatchObject({ code: 0, stdout: 'c\n' });
    expect(await statuses(project)).toEqual({ a: 'DONE', b: 'DONE', c: 'DONE' });
  });

  test('in the detail file of a task that was never started counts, once the project has been worked on', async ({
    expect,
  }) => {
    await using project = await createProject(
      filesOf([
        { id: 'a', type: 'MANUAL' },
        { id: 'b', type: 'MANUAL', entry: 'depends_on: [a]', detail: 'status: PENDING' },
      ]),
    );
    await project.run(['next']);
    await edit(project, 'tasks/b.yaml', 'status: PENDING', 'status: SKIPPED');
    expect(await project.run(['next'])).toMatchObject({
      code: 3,
      stderr: expect.stringMatching(/^b: PENDING → SKIPPED, by hand in tasks\/b\.yaml\n/) as string,
    });
    expect(await statuses(project)).toEqual({ a: 'READY', b: 'SKIPPED' });
  });

  test('to two different values is a conflict that shows both places', async ({ expect }) => {
    await using project = await createProject(FLAKY);
    await project.run(['next']);
    await edit(project, 'runbook.yaml', 'status: ERROR', 'status: DONE');
    await edit(project, 'tasks/a.yaml', 'status: ERROR', 'status: READY');
    const before = await project.snapshot();
    const column = (await project.read('runbook.yaml')).split('\n')[1]?.indexOf('DONE') ?? 0;
    const conflict = `runbook.yaml:2:${column + 1}: error: "a" was ERROR; since then it was set to DONE in runbook.yaml and to READY in tasks/a.yaml\n`;
    for (const args of [['next'], ['run', '--keep-going'], ['retry', 'a'], ['reset', '--all']]) {
      const { code, stdout, stderr } = await project.run(args);
      expect([code, stdout]).toEqual([3, '']);
      expect(stderr).toContain(conflict);
      expect(stderr).toContain(
        '  and here: tasks/a.yaml:3:9\n    3 | status: READY\n      |         ^^^^^\n  → make the two files say the same, then try again\n',
      );
    }
    expect(await project.run(['status'])).toMatchObject({
      code: 0,
      stderr: expect.stringContaining(conflict) as string,
    });
    const json = JSON.parse((await project.run(['next', '--json'])).stdout) as unknown;
    expect(json).toMatchObject({
      error: {
        code: 'conflict',
        exit_code: 3,
        problems: [
          {
            code: 'status-conflict',
            file: 'runbook.yaml',
            line: 2,
            related: [{ file: 'tasks/a.yaml', line: 3, column: 9 }],
            task_id: 'a',
          },
        ],
      },
    });
    expect(await project.snapshot()).toEqual(before);

    await edit(project, 'runbook.yaml', 'status: DONE', 'status: READY');
    await project.write('ok', '');
    expect(await project.run(['next'])).toMatchObject({ code: 0 });
  });

  test('in a fresh clone, where nothing is remembered, the runbook counts', async ({ expect }) => {
    await using project = await createProject(
      filesOf([
        { id: 'a', entry: 'status: DONE', detail: 'status: ERROR\nscript_details: echo a' },
        { id: 'b', type: 'MANUAL', entry: 'depends_on: [a]' },
      ]),
    );
    const { code, stderr } = await project.run(['next']);
    expect([code, stderr.split('\n')[0]]).toEqual([
      3,
      '  a: runbook.yaml says DONE, tasks/a.yaml says ERROR; runbook.yaml counts',
    ]);
    expect(await statuses(project)).toEqual({ a: 'DONE', b: 'READY' });
    expect(await project.read('tasks/a.yaml')).toBe('id: a\nstatus: DONE\nscript_details: echo a\n');
    expect((await project.log())[0]).toMatchObject({
      event_type: 'STATUS_EDITED',
      status_change: 'ERROR -> DONE',
      actor: 'orchestrate',
    });
  });

  test('READY with an unfinished dependency is not run', async ({ expect }) => {
    const files = filesOf([
      { id: 'a', type: 'MANUAL' },
      { id: 'b', type: 'MANUAL', entry: 'depends_on: [a], status: READY' },
    ]);
    await using project = await createProject(files);
    expect(await project.run(['next', 'b'])).toMatchObject({
      code: 3,
      stdout: '',
      stderr:
        'b is PENDING again: it still waits for a (PENDING)\n\nWaiting for a person:\n  b: waits for a (READY)\n    → that comes first: orchestrate next a\n',
    });
    expect(await story(project)).toEqual(['a TASK_READY PENDING -> READY', 'b TASK_RESET READY -> PENDING']);
    await using forced = await createProject(files);
    expect(await forced.run(['next', 'b', '--force', '--yes'])).toMatchObject({ code: 0 });
    expect(await statuses(forced)).toEqual({ a: 'READY', b: 'DONE' });
  });
});

describe.concurrent('hold, and RUNNING that nobody knows of', () => {
  test('a task on hold waits until it is named or set to READY by hand', async ({ expect }) => {
    const files = filesOf([
      { id: 'a', entry: 'hold: true', detail: 'script_details: echo a' },
      { id: 'b', type: 'MANUAL', entry: 'depends_on: [a]' },
    ]);
    await using project = await createProject(files);
    const held = /^\nWaiting for a person:\n {2}a: on hold.*\n {4}→ when it may run: orchestrate next a\n$/;
    for (const args of [['run', '--yes'], ['next']])
      expect(await project.run(args)).toMatchObject({
        code: 3,
        stdout: '',
        stderr: expect.stringMatching(held) as string,
      });
    expect(await story(project)).toEqual([]);
    expect(await project.run(['next', 'a', '--dry-run'])).toMatchObject({ code: 0, stdout: '  1. a  Task a\n' });
    expect(await project.run(['next', 'a'])).toMatchObject({ code: 0, stdout: 'a\n' });

    await using other = await createProject(files);
    await edit(other, 'runbook.yaml', 'hold: true', 'hold: true, status: READY');
    expect(await other.run(['next'])).toMatchObject({ code: 0, stdout: 'a\n' });
  });

  test('RUNNING is never touched, but by retry --take-over', async ({ expect }) => {
    await using project = await createProject(
      filesOf([
        { id: 'a', entry: 'status: RUNNING', detail: 'status: RUNNING\nscript_details: echo a' },
        { id: 'b', type: 'MANUAL' },
      ]),
    );
    const before = await project.read('tasks/a.yaml');
    const waiting =
      '\nWaiting for a person:\n  a: it is marked RUNNING, and nobody on this machine can say whether the orchestrate that did so still lives\n    → when no other orchestrate is at work: orchestrate retry a --take-over\n';
    for (const args of [['next'], ['run', '--yes', '--keep-going']])
      expect(await project.run(args)).toEqual({ code: 3, signal: null, stdout: '', stderr: waiting });
    const refused =
      'error: "a" is marked RUNNING: another orchestrate may be working on it\n  → when none is: orchestrate retry a --take-over\n';
    for (const args of [
      ['retry', 'a'],
      ['skip', 'a'],
      ['done', 'a'],
      ['reset', 'a'],
      ['reset', '--all'],
    ]) {
      expect(await project.run(args)).toEqual({ code: 3, signal: null, stdout: '', stderr: refused });
    }
    expect(await project.read('tasks/a.yaml')).toBe(before);
    expect(await statuses(project)).toEqual({ a: 'RUNNING', b: 'READY' });
    expect(await story(project)).toEqual(['b TASK_READY PENDING -> READY']);
    expect(await project.run(['next', 'b', '--yes'])).toMatchObject({ code: 0 });
    expect(await project.run(['retry', 'a', '--take-over'])).toEqual({
      code: 0,
      signal: null,
      stdout: 'a: RUNNING → READY\n',
      stderr: '',
    });
    expect((await project.log()).at(-1)).toMatchObject({
      task_id: 'a',
      event_type: 'TASK_RETRIED',
      status_change: 'RUNNING -> READY',
      details: { take_over: true },
    });
    expect(await project.run(['next'])).toMatchObject({ code: 0, stdout: 'a\n' });
  });
});
