// `run --fresh` leaves the files of the project alone, also several at once; `state` takes the states from one machine to another.
import { describe, test } from 'vitest';
import { createProject } from '../rig/project.ts';
import { filesOf, statuses } from './kit.ts';

type StateFile = {
  readonly tasks: Record<string, { status: string; last_run?: { outputs?: Record<string, string> } }>;
};

const FILES = filesOf(
  [
    {
      id: 'a',
      detail: 'status: DONE\nscript_details: |\n  echo a; echo k=v >> "$ORCHESTRATE_OUTPUT"',
      entry: 'status: DONE',
    },
    { id: 'b', detail: 'script_details: test -e good && echo "b $ORCHESTRATE_OUTPUT_A_K"', entry: 'depends_on: [a]' },
    { id: 'm', type: 'MANUAL', entry: 'depends_on: [b]' },
    { id: 'c', detail: 'script_details: echo c', entry: 'depends_on: [m]' },
  ],
  '# by hand\n',
);

describe.concurrent('run --fresh', () => {
  test('begins anew, goes on from its file, and hands over to a person and back', async ({ expect }) => {
    await using project = await createProject(FILES);
    const before = { yaml: await project.read('runbook.yaml'), tasks: await project.read('tasks/a.yaml') };
    const args = ['run', '--fresh', '--ci', '--state', 'out/state.json', '--junit', 'j.xml'];
    const failed = await project.run(args);
    expect([failed.code, failed.stdout]).toEqual([1, 'a\n']);
    expect(failed.stderr).toMatch(/→ mend it, then run again\n.*the states of this run are in\s+out\/state\.json/s);
    expect(await project.read('j.xml')).toContain(
      '<testsuites name="runbook" tests="4" failures="1" errors="0" skipped="2"',
    );

    await project.write('good', '');
    const waits = await project.run(args);
    expect([waits.code, waits.stdout]).toEqual([3, 'b v\n']);
    expect({ yaml: await project.read('runbook.yaml'), tasks: await project.read('tasks/a.yaml') }).toEqual(before);
    const file = JSON.parse(await project.read('out/state.json')) as StateFile;
    expect(Object.entries(file.tasks).map(([id, { status }]) => [id, status])).toEqual([
      ['a', 'DONE'],
      ['b', 'DONE'],
      ['m', 'READY'],
      ['c', 'PENDING'],
    ]);
    expect(file.tasks.a?.last_run?.outputs).toEqual({ k: 'v' });

    const imported = await project.run(['state', 'import', 'out/state.json']);
    expect(imported).toMatchObject({
      code: 0,
      stdout: 'a: its last run (DONE)\nb: PENDING → DONE\nm: PENDING → READY\n',
    });
    // What another machine did is taken over, not vouched for.
    expect((await project.run(['verify', 'b'])).stdout).toBe('? b unverified: nothing was kept when it became DONE\n');
    expect(await project.run(['done', 'm'])).toMatchObject({ code: 0 });
    const back = await project.run(['state', 'import', 'out/state.json']);
    expect(back).toMatchObject({ code: 0, stdout: 'm: DONE → READY\nc: READY → PENDING\n' });
    expect(back.stderr).toContain(
      'warning: finished here, and not in the file: m\n  → if yours counts: orchestrate undo',
    );
    expect(await project.run(['undo'])).toMatchObject({ code: 0 });
    expect(await project.run(['state', 'export', 'out/state.json'])).toMatchObject({ code: 0 });
    expect(await project.run(args)).toMatchObject({ code: 0, stdout: 'c\n' });
    expect(await statuses(project)).toEqual({ a: 'DONE', b: 'DONE', m: 'DONE', c: 'READY' });
    expect((await project.run(['undo', '--to', '1'])).code).toBe(0);
  });

  test('several go on at once, and beside a run of the project itself', async ({ expect }) => {
    const wait = 'script_details: echo begun; while [ ! -e go ]; do sleep 0.05; done';
    await using project = await createProject(
      filesOf([
        { id: 'a', detail: wait },
        { id: 'b', detail: 'script_details: echo end' },
      ]),
    );
    const first = project.start(['run']);
    await first.waitFor('begun\n');
    const before = await project.read('runbook.yaml');
    const others = [project.start(['run', '--fresh', '--ci']), project.start(['run', '--fresh', '--ci'])];
    for (const other of others) await other.waitFor('begun\n');
    expect(await project.read('runbook.yaml')).toBe(before);
    await project.write('go', '');
    for (const { done } of [first, ...others]) expect(await done).toMatchObject({ code: 0, stdout: 'begun\nend\n' });
    expect(await statuses(project)).toEqual({ a: 'DONE', b: 'DONE' });
    expect((await project.log()).filter(({ event_type }) => event_type === 'START_TASK')).toHaveLength(2);
  });

  test('goes on from where a run on the same file was killed, which had written nothing into it', async ({
    expect,
  }) => {
    await using project = await createProject(
      filesOf([
        { id: 'a', detail: 'script_details: echo a' },
        {
          id: 'b',
          detail: 'script_details: test -e go && s=0 || s=60; echo begun; sleep $s',
          entry: 'depends_on: [a]',
        },
      ]),
    );
    const args = ['run', '--fresh', '--ci', '--state', 's.json'];
    const killed = project.start(args);
    await killed.waitFor('begun\n');
    // One that is still at work is left alone.
    await project.write('go', '');
    expect(await project.run(args)).toMatchObject({ code: 0, stdout: 'a\nbegun\n' });
    await project.remove('s.json');
    await project.remove('go');

    const again = project.start(args);
    await again.waitFor('begun\n');
    again.kill('SIGKILL');
    killed.kill('SIGKILL');
    await Promise.all([again.done, killed.done]);
    await project.write('go', '');
    const { code, stdout, stderr } = await project.run(args);
    expect([code, stdout]).toEqual([0, 'begun\n']);
    expect(stderr).toContain('was killed: this one goes on from there');
    await project.remove('s.json');
    expect(await project.run(args)).toMatchObject({ code: 0, stdout: 'a\nbegun\n' });
  });

  test('refuses a file of states that is none', async ({ expect }) => {
    await using project = await createProject({
      ...FILES,
      'bad.json': '{"schema_version": 1, "tasks": {"a": {"status": "DON"}}}',
    });
    const before = await project.snapshot();
    for (const [args, said] of [
      [['run', '--fresh', '--state', 'bad.json'], /^bad\.json:1:\d+: error: "tasks\.a\.status" must be/],
      [['state', 'import', 'bad.json'], /^bad\.json:1:\d+: error: "tasks\.a\.status" must be/],
      [['state', 'import', 'none.json'], /none\.json/],
      [['run', '--state', 'bad.json'], /--state goes with --fresh/],
      [['run', '--fresh', '--state', 'tasks'], /"tasks" is not a file/],
      [['run', '--fresh', '--refresh'], /--refresh goes by what the project has done before/],
    ] as const)
      expect([args, await project.run(args)]).toEqual([
        args,
        expect.objectContaining({ code: 2, stdout: '', stderr: expect.stringMatching(said) as string }) as object,
      ]);
    expect(await project.snapshot()).toEqual(before);
  });
});
