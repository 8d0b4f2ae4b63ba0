// Between tasks: what a script leaves for later ones, `when`, `--var`, and the hooks at the end of a run.
import { describe, test } from 'vitest';
import { callsOf, createAiProject, detailOf, serverVariables } from '../rig/ai-project.ts';
import { startModelServer, streamed } from '../rig/model-server.ts';
import { createProject } from '../rig/project.ts';
import { edit, filesOf, statuses } from './kit.ts';

const script = (...lines: readonly string[]) => `script_details: |\n${lines.map((line) => `  ${line}\n`).join('')}`;

describe.concurrent('what a script leaves', () => {
  const WRITES = script(
    'echo version=1.2 >> "$ORCHESTRATE_OUTPUT"',
    'printf "notes<<E\\none: x\\n# two\\nE\\n" >> $ORCHESTRATE_OUTPUT',
  );

  test('reaches scripts and prompts behind it, also in a later process and a fresh clone', async ({ expect }) => {
    await using server = await startModelServer();
    await using project = await createAiProject({
      before: [{ id: 'b-1', name: 'B', type: 'AUTOMATED_SCRIPT', task_detail_file: 'tasks/b.yaml' }],
      after: [
        { id: 'use', name: 'U', type: 'AUTOMATED_SCRIPT', task_detail_file: 'tasks/use.yaml', depends_on: ['draft'] },
        { id: 'apart', name: 'A', type: 'AUTOMATED_SCRIPT', task_detail_file: 'tasks/apart.yaml' },
      ],
      details: { auto_accept: true, input_context: { notes: { output_of: 'b-1', key: 'notes' } } },
      files: {
        'tasks/b.yaml': `id: b-1\n${WRITES}`,
        'tasks/use.yaml': `id: use\n${script('echo "<$ORCHESTRATE_OUTPUT_B_1_VERSION> <$ORCHESTRATE_OUTPUT_b_1_notes>"')}`,
        'tasks/apart.yaml': `id: apart\n${script('echo "<$ORCHESTRATE_OUTPUT_B_1_VERSION>"', 'ls "$ORCHESTRATE_OUTPUT" > /dev/null && echo there')}`,
        'prompt_templates/draft.md': 'Notes: {{ notes }}\n',
      },
    });
    expect(await project.run(['validate'])).toMatchObject({ code: 0 });
    expect(await project.run(['next', 'b-1'])).toMatchObject({ code: 0 });
    expect((await detailOf(project, 'b')).last_run).toMatchObject({
      outputs: { version: '1.2', notes: 'one: x\n# two' },
    });
    const shown = await project.run(['show', 'b-1']);
    expect(shown.stdout).toContain('Outputs\n  version = 1.2\n  notes = one: x\n    # two\n');
    await project.remove('.orchestrate');
    server.enqueue(streamed('text'));
    const { code, stdout } = await project.run(['run'], { env: serverVariables(server) });
    expect([code, stdout]).toEqual([0, '<1.2> <one: x\n# two>\n<>\nthere\n']);
    expect(server.requests[0]?.body.messages.at(-1)?.content).toBe('Notes: one: x\n# two\n');
    expect(callsOf(project)).toHaveLength(1);
  });

  test('is there for the next at once, however quick both are', async ({ expect }) => {
    const sum = (from: string) => script(`echo "n=$((\${${from}:-0} + 1))" >> "$ORCHESTRATE_OUTPUT"`);
    const chain = Array.from({ length: 8 }, (_, n) => ({
      id: `t${n}`,
      detail: sum(n === 0 ? 'NONE' : `ORCHESTRATE_OUTPUT_T${n - 1}_N`),
      ...(n === 0 ? {} : { entry: `depends_on: [t${n - 1}]` }),
    }));
    const last = { id: 'last', detail: script('echo "$ORCHESTRATE_OUTPUT_T7_N"'), entry: 'depends_on: [t7]' };
    await using project = await createProject(filesOf([...chain, last]));
    expect(await project.run(['run'])).toMatchObject({ code: 0, stdout: '8\n' });
  });

  test('that cannot be read fails the script, and a secret among it is kept from the files', async ({ expect }) => {
    await using project = await createProject(
      filesOf([
        { id: 'odd', detail: script('echo just words >> "$ORCHESTRATE_OUTPUT"') },
        { id: 'folder', detail: script('rm "$ORCHESTRATE_OUTPUT"; mkdir "$ORCHESTRATE_OUTPUT"') },
        { id: 'endless', detail: script('ln -sf /dev/zero "$ORCHESTRATE_OUTPUT"') },
        { id: 'pipe', detail: script('rm "$ORCHESTRATE_OUTPUT"; mkfifo "$ORCHESTRATE_OUTPUT"') },
        { id: 'huge', detail: script('dd if=/dev/zero of="$ORCHESTRATE_OUTPUT" bs=1024 seek=3000000 count=0') },
        { id: 'leaky', detail: script('echo "token=$MY_TOKEN" >> "$ORCHESTRATE_OUTPUT"') },
        { id: 'after', detail: script('echo "$ORCHESTRATE_OUTPUT_LEAKY_TOKEN"'), entry: 'depends_on: [leaky]' },
      ]),
    );
    const { code, stdout, stderr } = await project.run(['run', '--keep-going'], { env: { MY_TOKEN: 'very-secret' } });
    expect([code, stdout]).toEqual([1, '[MY_TOKEN]\n']);
    expect(stderr).toContain('what it wrote to $ORCHESTRATE_OUTPUT has neither "key=value" nor "key<<END" in line 1');
    expect(stderr).toContain('what it wrote to $ORCHESTRATE_OUTPUT is a folder');
    expect(stderr.split('what it wrote to $ORCHESTRATE_OUTPUT is no file any more')).toHaveLength(3);
    expect(stderr).toContain('what it wrote to $ORCHESTRATE_OUTPUT holds more than 32 KiB');
    expect(stderr).toContain('warning: leaky left MY_TOKEN among its outputs; it is kept as [MY_TOKEN]');
    expect(JSON.stringify(await project.snapshot())).not.toContain('very-secret');
    expect(await statuses(project)).toEqual({
      odd: 'ERROR',
      folder: 'ERROR',
      endless: 'ERROR',
      pipe: 'ERROR',
      huge: 'ERROR',
      leaky: 'DONE',
      after: 'DONE',
    });
  });

  test('is asked for by names that exist', async ({ expect }) => {
    await using project = await createAiProject({
      before: [{ id: 'm', name: 'M', type: 'MANUAL' }],
      details: { input_context: { a: { output_of: 'm', key: 'k' }, b: { output_of: 'n', key: 'k' } } },
    });
    const { code, stderr } = await project.run(['validate']);
    expect(code).toBe(2);
    expect(stderr).toContain('"a" reads "k" of "m", which is MANUAL: only scripts have outputs with keys');
    expect(stderr).toContain('"b" reads the output of "n", which does not exist');
  });
});

describe.concurrent('when', () => {
  const FILES = filesOf(
    [
      { id: 'a', detail: script('echo "changed=$CHANGED" >> "$ORCHESTRATE_OUTPUT"') },
      { id: 'dep', detail: 'script_details: echo dep', entry: 'depends_on: [a], when: vars.env == "prod"' },
      { id: 'out', detail: 'script_details: echo out', entry: 'depends_on: [a], when: outputs.a.changed != "no"' },
      { id: 'rest', detail: 'script_details: echo rest', entry: 'depends_on: [dep, out], allow_skipped: true' },
      { id: 'held', detail: 'script_details: echo held', entry: 'depends_on: [dep]' },
    ],
    'vars: {env: dev}\n',
  );

  test('that does not hold skips the task, with the reason, and what rests on it treats it so', async ({ expect }) => {
    await using project = await createProject(FILES);
    const plan = await project.run(['run', '--dry-run']);
    expect(plan.stdout).toBe(`  1. a  Task a
  2. out  Task out (if outputs.a.changed != "no")
  3. rest  Task rest
  – dep would be skipped: when: vars.env == "prod" does not hold: it is "dev"
  · held would not run: waits for dep (SKIPPED)
`);
    const { code, stdout, stderr } = await project.run(['run', '--ci', '--junit', 'j.xml'], { env: { CHANGED: 'no' } });
    expect([code, stdout]).toEqual([3, 'rest\n']);
    expect(stderr).toContain('– SKIPPED dep: when: vars.env == "prod" does not hold: it is "dev"\n');
    expect(await statuses(project)).toEqual({
      a: 'DONE',
      dep: 'SKIPPED',
      out: 'SKIPPED',
      rest: 'DONE',
      held: 'PENDING',
    });
    const skips = (await project.log()).filter(({ event_type }) => event_type === 'SKIP_TASK');
    expect(skips.map(({ task_id, actor, details }) => [task_id, actor, details])).toEqual([
      ['dep', 'orchestrate', { reason: 'when: vars.env == "prod" does not hold: it is "dev"' }],
      ['out', 'orchestrate', { reason: 'when: outputs.a.changed != "no" does not hold: it is "no"' }],
    ]);
    expect(await project.read('j.xml')).toContain('<skipped message="when: vars.env == &quot;prod&quot; does not hold');
    expect(await project.run(['undo'])).toMatchObject({ code: 0 });
  });

  test('sees the variables of the command, and its author sees every slip', async ({ expect }) => {
    await using project = await createProject(FILES);
    const { code, stdout } = await project.run(['run', '--var', 'env=prod'], { env: { CHANGED: 'yes' } });
    expect([code, stdout]).toEqual([0, 'dep\nout\nrest\nheld\n']);
    expect(await project.run(['next', '--var', 'evn=prod'])).toMatchObject({
      code: 2,
      stderr: 'error: --var: runbook.yaml declares no variable "evn"\n  → did you mean "env"?\n',
    });
    await edit(project, 'runbook.yaml', 'vars.env ==', 'vars.evn ==');
    expect(await project.run(['run'])).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(
        /^runbook\.yaml:4:\d+: error: "when" compares vars\.evn, .*did you mean "env"\?/s,
      ) as string,
    });
  });
});

describe.concurrent('the hooks', () => {
  const on = (...lines: readonly string[]) => `name: Demo\non:\n${lines.map((line) => `  ${line}\n`).join('')}`;
  const HOOKS = on(
    'error: echo "$ORCHESTRATE_EVENT $ORCHESTRATE_EVENT_TASK $ORCHESTRATE_EXIT_CODE" >> told; exit 5',
    'waiting: echo "$ORCHESTRATE_EVENT $ORCHESTRATE_EVENT_MESSAGE" >> told; echo "secret $MY_TOKEN"',
    'done: echo "$ORCHESTRATE_EVENT $ORCHESTRATE_RUNBOOK" >> told; orchestrate_again run',
  );

  test('are told how a run ended, and change nothing about it', async ({ expect }) => {
    await using project = await createProject({
      ...filesOf(
        [
          { id: 'm', type: 'MANUAL' },
          { id: 'f', detail: 'script_details: test -e good' },
        ],
        HOOKS,
      ),
    });
    const env = { MY_TOKEN: 'very-secret' };
    expect((await project.run(['run', '--dry-run'])).code).toBe(0);
    expect(await project.exists('told')).toBe(false);
    const failed = await project.run(['run', '--ci'], { env });
    expect(failed.code).toBe(1);
    expect(failed.stderr).toMatch(/warning: the hook on: error: ".*" ended with exit code 5\n/);
    await project.write('good', '');
    await project.run(['retry', 'f']);
    const waits = await project.run(['run', '--json'], { env });
    expect([waits.code, waits.stderr]).toEqual([3, 'secret [MY_TOKEN]\n']);
    expect(await project.run(['done', 'm'])).toMatchObject({ code: 0 });
    expect((await project.run(['run'])).code).toBe(0);
    expect(await project.read('told')).toBe('error f 1\nwaiting m: a person must do this and confirm it\ndone Demo\n');
  });

  test('may run orchestrate themselves, which calls none', async ({ expect }) => {
    const again = `done: echo x >> told; "$NODE" "$PROGRAM" run && echo again >> told`;
    await using project = await createProject(filesOf([{ id: 'a', detail: 'script_details: "true"' }], on(again)));
    const program = new URL('../../bin/orchestrate.js', import.meta.url).pathname;
    expect(await project.run(['run'], { env: { NODE: process.execPath, PROGRAM: program } })).toMatchObject({
      code: 0,
    });
    expect(await project.read('told')).toBe('x\nagain\n');
  });
});
