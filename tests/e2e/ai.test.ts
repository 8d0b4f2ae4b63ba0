// AI tasks without a terminal: what becomes of an answer, and how it is reviewed by command.
import { describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import {
  callsOf,
  createAiProject,
  detailOf,
  FALLBACK,
  occurrences,
  serverVariables,
  statusOf,
} from '../rig/ai-project.ts';
import { startModelServer, streamed } from '../rig/model-server.ts';
import { createProject, type Project } from '../rig/project.ts';

describe('an answer that nobody is there to review', () => {
  test('is shown once, stored, and waits: exit 3, and no second call', async () => {
    await using server = await startModelServer();
    await using project = await createAiProject({ detail: { output_artifact: 'a.txt' } });
    const env = serverVariables(server);
    server.enqueue(streamed(['A long ', 'answer.']));
    const first = await project.run(['run'], { env });
    expect(first).toMatchObject({ code: 3, stdout: '' });
    expect(occurrences(first.stderr, 'A long answer.')).toBe(1);
    expect(first.stderr).toMatch(
      /Waiting for a person:\n {2}draft: an answer waits for review\n {4}→ orchestrate review draft/,
    );
    expect(await project.exists('a.txt')).toBe(false);
    expect((await project.run(['run'], { env })).code).toBe(3);
    expect((await project.run(['done', 'draft'], { env })).stderr).toContain('waits for review');
    expect(server.requests).toHaveLength(1);
    expect(await statusOf(project)).toBe('READY');
    expect((await project.log()).map((event) => event.event_type)).toEqual([
      'TASK_READY',
      'START_TASK',
      'AI_PROMPT_SENT',
      'AI_RESPONSE_RECEIVED',
      'TASK_RELEASED',
      'START_TASK',
      'TASK_RELEASED',
    ]);
  });

  test('is told to programs as one JSON object a line', async () => {
    await using server = await startModelServer();
    await using project = await createAiProject();
    server.enqueue(streamed('Text.'));
    const { stdout, stderr, code } = await project.run(['run', '--json'], { env: serverVariables(server) });
    const events = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect([code, stderr]).toEqual([3, '']);
    expect(events).toContainEqual(expect.objectContaining({ event: 'candidate', content: 'Text.' }));
    expect(events.at(-1)).toMatchObject({
      event: 'run_ended',
      ended: 'waiting',
      waiting: [{ task_id: 'draft', reason: 'an answer waits for review' }],
      exit_code: 3,
    });
  });
});

test('each output parser writes what it stands for', async () => {
  const cases: Record<string, { parser: string; answer: string; artifact: string }> = {
    plain: { parser: 'text', answer: 'One.\n\nTwo.', artifact: 'One.\n\nTwo.\n' },
    data: { parser: 'json', answer: 'Sure:\n```json\n{"a": [1, 2]}\n```', artifact: '{"a": [1, 2]}\n' },
    list: { parser: 'yaml', answer: '```yaml\na: 1 # one\n```\n', artifact: 'a: 1 # one\n' },
    block: { parser: 'code_block', answer: 'So:\n```\nx = 1\n```\nDone.', artifact: 'x = 1\n' },
    shell: {
      parser: 'bash_code_block',
      answer: '```py\nno\n```\n```sh\necho {{ x }}\n```',
      artifact: 'echo {{ x }}\n',
    },
  };
  const ids = Object.keys(cases);
  await using server = await startModelServer();
  server.answerWith(({ body }) => streamed(cases[body.messages[0]?.content.trim() ?? '']?.answer ?? ''));
  await using project = await createProject({
    'runbook.yaml': stringify({
      ai: { model: 'test-model' },
      tasks: ids.map((id) => ({ id, name: id, type: 'AI_ASSISTED', task_detail_file: `tasks/${id}.yaml` })),
    }),
    'prompt_templates/id.md': '{{ task.id }}\n',
    ...Object.fromEntries(
      Object.entries(cases).map(([id, { parser }]) => {
        const details = { prompt_template: 'prompt_templates/id.md', output_parser: parser, auto_accept: true };
        return [
          `tasks/${id}.yaml`,
          stringify({ id, type: 'AI_ASSISTED', output_artifact: `out/${id}`, ai_details: details }),
        ];
      }),
    ),
  });
  expect(await project.run(['run'], { env: serverVariables(server) })).toMatchObject({ code: 0 });
  const written = await Promise.all(ids.map((id) => project.read(`out/${id}`)));
  expect(written).toEqual(Object.values(cases).map(({ artifact }) => artifact));
  const done = (await project.log()).filter((event) => event.event_type === 'COMPLETE_TASK');
  expect(done.map(({ actor }) => actor)).toEqual(ids.map(() => 'auto_accept'));
});

test('an output_schema goes along with the request, and an answer that does not fit it is tried again', async () => {
  await using server = await startModelServer();
  const schema = { type: 'object', required: ['n'], properties: { n: { type: 'integer' } } };
  await using project = await createAiProject({
    detail: { output_artifact: 'a.json' },
    details: { output_schema: schema, auto_accept: true, fallback_prompt_template: FALLBACK },
  });
  server.enqueue(streamed('{"n": "one"}'), streamed('{"n": 1}'));
  expect((await project.run(['run'], { env: serverVariables(server) })).code).toBe(0);
  expect(server.requests[0]?.body.response_format).toEqual({
    type: 'json_schema',
    json_schema: { name: 'draft', schema },
  });
  expect(server.requests[1]?.body.messages[0]?.content).toBe(
    'Once more. Before:\n{"n": "one"}\nWrong with it: /n must be integer\n',
  );
  expect(await project.read('a.json')).toBe('{"n": 1}\n');
});

describe('--yes', () => {
  test('accepts what has expects that hold, and is named as the one who did', async () => {
    await using server = await startModelServer();
    await using project = await createAiProject({
      detail: { output_artifact: 'a.txt', expects: [{ file: 'a.txt', matches: 'good' }, { command: 'test -s a.txt' }] },
    });
    server.enqueue(streamed('good'));
    expect(await project.run(['run', '--yes'], { env: serverVariables(server) })).toMatchObject({
      code: 0,
      stdout: '',
    });
    expect((await project.log()).at(-1)).toMatchObject({
      event_type: 'COMPLETE_TASK',
      actor: '--yes',
      details: { artifact: 'a.txt', evidence: [{ ok: true, sha256: expect.any(String) }, { ok: true }] },
    });
    expect(callsOf(project)).toMatchObject([{ review: 'accepted' }]);
  });

  test('does not accept what nothing is expected of', async () => {
    await using server = await startModelServer();
    await using project = await createAiProject();
    server.enqueue(streamed('good'));
    expect((await project.run(['run', '--yes'], { env: serverVariables(server) })).code).toBe(3);
    expect(callsOf(project)).toMatchObject([{ review: null }]);
  });
});

describe('an answer that does not hold what is expected', () => {
  test('uses up max_attempts, then fails: VALIDATION_FAIL, exit 1; nothing is written', async () => {
    await using server = await startModelServer();
    await using project = await createAiProject({
      detail: { output_artifact: 'a.txt', expects: [{ file: 'a.txt', matches: 'good' }] },
      details: { fallback_prompt_template: FALLBACK },
      files: { 'a.txt': 'former\n' },
    });
    server.enqueue(streamed('bad'), streamed('worse'));
    const { code, stderr } = await project.run(['run', '--yes'], { env: serverVariables(server) });
    expect(code).toBe(1);
    expect(stderr).toMatch(/✗ ERROR draft\n {2}a\.txt does not match \/good\/\n {2}→ mend it \(tasks\/draft\.yaml:\d+/);
    expect(server.requests[1]?.body.messages[0]?.content).toContain('Wrong with it: a.txt does not match /good/');
    expect(await project.read('a.txt')).toBe('former\n');
    expect(await detailOf(project)).toMatchObject({
      status: 'ERROR',
      last_run: { outcome: 'FAILURE', attempts: 2, llm_response: 'worse' },
      issues: [
        { type: 'VALIDATION_FAIL', resolution: 'Retried with fallback prompt_templates/again.md' },
        { type: 'VALIDATION_FAIL', detail: 'a.txt does not match /good/', resolution: null },
      ],
    });
    expect(callsOf(project)).toMatchObject([{ review: 'rejected' }, { review: 'rejected' }]);

    await project.run(['retry', 'draft', '--resolution', 'asked for more']);
    server.enqueue(streamed('good'));
    const again = await project.run(['run', '--yes'], { env: serverVariables(server) });
    expect(again.code).toBe(0);
    expect(again.stderr).toMatch(/the answer of .* was rejected: a new call is made/);
    expect((await detailOf(project)).issues?.[1]).toMatchObject({ resolution: 'asked for more' });
  });

  test.each([
    ['puts the former file back', { 'a.txt': 'former\n' }],
    ['takes a new file away again', {}],
  ])('when a command fails, %s', async (_what, files: Record<string, string>) => {
    await using server = await startModelServer();
    await using project = await createAiProject({
      detail: { output_artifact: 'a.txt', expects: [{ command: 'cp a.txt seen.txt; echo too short >&2; false' }] },
      details: { auto_accept: true, max_attempts: 1 },
      files,
    });
    server.enqueue(streamed('new'));
    const { code, stderr } = await project.run(['run'], { env: serverVariables(server) });
    expect(code).toBe(1);
    expect(stderr).toContain('too short');
    expect(await project.read('seen.txt')).toBe('new\n');
    expect((await project.exists('a.txt')) ? await project.read('a.txt') : undefined).toBe(files['a.txt']);
    expect((await detailOf(project)).issues).toMatchObject([
      { type: 'VALIDATION_FAIL', detail: expect.stringContaining('ended with exit code 1: too short') },
    ]);
  });
});

describe('review by command', () => {
  const waiting = async (server: Awaited<ReturnType<typeof startModelServer>>, options = {}): Promise<Project> => {
    const project = await createAiProject({
      detail: { output_artifact: 'a.txt' },
      details: { review_points: ['Is it short?'], fallback_prompt_template: FALLBACK },
      ...options,
    });
    server.enqueue(streamed('Text \x1b[31mred.'));
    await project.run(['run'], { env: serverVariables(server) });
    return project;
  };

  test('shows the answer on stdout, and what to look at and to answer on stderr', async () => {
    await using server = await startModelServer();
    await using project = await waiting(server);
    const { stdout, stderr, code } = await project.run(['review', 'draft']);
    expect([code, stdout]).toEqual([3, 'Text ␛[31mred.\n']);
    expect(stderr).toMatch(
      /The answer of test-model, .*, for a\.txt\nLook at\n {2}- Is it short\?\n {2}→ orchestrate review draft --accept \|/,
    );
    const json = await project.run(['review', 'draft', '--json']);
    expect(JSON.parse(json.stdout)).toMatchObject({
      schema_version: 1,
      id: 'draft',
      waiting: {
        for: 'review',
        model: 'test-model',
        output_artifact: 'a.txt',
        content: 'Text \x1b[31mred.',
        review_points: ['Is it short?'],
      },
    });
  });

  test('--accept, --edit-from, --error and --skip decide it without a call', async () => {
    await using server = await startModelServer();
    const cases = [
      { args: ['--accept'], code: 0, status: 'DONE', review: 'accepted', artifact: 'Text \x1b[31mred.\n' },
      { args: ['--edit-from', 'mine.txt'], code: 0, status: 'DONE', review: 'edited', artifact: 'Mine.\n' },
      { args: ['--error', 'too red'], code: 1, status: 'ERROR', review: 'rejected', artifact: undefined },
      { args: ['--skip'], code: 0, status: 'SKIPPED', review: 'skipped', artifact: undefined },
    ];
    for (const { args, code, status, review, artifact } of cases) {
      await using project = await waiting(server, { files: { 'mine.txt': 'Mine.' } });
      const result = await project.run(['review', 'draft', ...args]);
      expect({ args, code: result.code, stdout: result.stdout }).toEqual({ args, code, stdout: '' });
      expect([await statusOf(project), callsOf(project).map((call) => call.review)]).toEqual([status, [review]]);
      expect((await project.exists('a.txt')) ? await project.read('a.txt') : undefined).toBe(artifact);
      expect((await project.log()).findLast((event) => event.event_type === 'MANUAL_ACTION')).toMatchObject({
        actor: 'person',
      });
      const issues = (await detailOf(project)).issues?.map((issue) => issue.detail);
      expect(issues).toEqual(status === 'ERROR' ? ['too red'] : undefined);
    }
    expect(server.requests).toHaveLength(cases.length);
  });

  test('--retry asks again with the reason, and the new answer waits in its turn', async () => {
    await using server = await startModelServer();
    await using project = await waiting(server);
    server.enqueue(streamed('Better.'));
    const env = serverVariables(server);
    expect((await project.run(['review', 'draft', '--retry', 'no colours'], { env })).code).toBe(3);
    expect(server.requests[1]?.body.messages[0]?.content).toContain('Wrong with it: no colours\n');
    expect((await project.run(['review', 'draft'])).stdout).toBe('Better.\n');
    expect((await project.run(['next'], { env })).code).toBe(3);
    expect((await project.run(['review', 'draft', '--accept'])).code).toBe(0);
    expect(await project.read('a.txt')).toBe('Better.\n');
    expect(server.requests).toHaveLength(2);
    expect((await detailOf(project)).last_run).toMatchObject({ attempts: 2 });
  });

  test('--accept is refused, and the answer kept, when a command check fails', async () => {
    await using server = await startModelServer();
    await using project = await waiting(server, {
      detail: { output_artifact: 'a.txt', expects: [{ command: 'test -e ready' }] },
    });
    const refused = await project.run(['review', 'draft', '--accept']);
    expect(refused.code).toBe(3);
    expect(refused.stderr).toContain(
      '✗ "test -e ready" ended with exit code 1\nwarning: not accepted: a.txt is as it was before',
    );
    expect(await project.exists('a.txt')).toBe(false);
    expect((await detailOf(project)).issues).toMatchObject([{ type: 'VALIDATION_FAIL', resolution: null }]);
    await project.write('ready', '');
    expect((await project.run(['review', 'draft', '--accept'])).code).toBe(0);
    expect((await detailOf(project)).issues).toMatchObject([{ type: 'VALIDATION_FAIL', resolution: 'Done' }]);
    expect(server.requests).toHaveLength(1);
  });

  test('says when nothing waits, and what to do', async () => {
    await using project = await createAiProject();
    const shown = await project.run(['review', 'draft']);
    expect(shown).toMatchObject({ code: 0, stdout: '' });
    expect(shown.stderr).toBe(
      'Nothing waits for a person at draft: there is no answer to review yet.\n  → orchestrate next draft\n',
    );
    expect((await project.run(['review', 'draft', '--accept'])).code).toBe(2);
    expect(JSON.parse((await project.run(['review', 'draft', '--json'])).stdout)).toMatchObject({
      waiting: null,
      reason: 'there is no answer to review yet',
    });
  });

  test('confirms a manual step, with a note', async () => {
    await using project = await createProject({
      'runbook.yaml': 'tasks:\n  - {id: read, name: Read it, type: MANUAL, task_detail_file: tasks/read.yaml}\n',
      'tasks/read.yaml': 'id: read\ntype: MANUAL\nmanual_instructions: [Open it, Read it]\n',
    });
    const shown = await project.run(['review', 'read']);
    expect(shown).toMatchObject({ code: 3, stdout: '- Open it\n- Read it\n' });
    expect((await project.run(['review', 'read', '--retry'])).code).toBe(2);
    expect((await project.run(['review', 'read', '--accept', '--note', 'read twice'])).code).toBe(0);
    expect((await project.log()).at(-1)).toMatchObject({
      event_type: 'COMPLETE_TASK',
      details: { note: 'read twice' },
    });
  });
});

test('a changed prompt means a new call, and that is said', async () => {
  await using server = await startModelServer();
  await using project = await createAiProject();
  server.answerWith(() => streamed('Text.'));
  const env = serverVariables(server);
  await project.run(['run'], { env });
  await project.write('prompt_templates/draft.md', 'Write it better.\n');
  expect((await project.run(['review', 'draft'])).stderr).toMatch(
    /the prompt or the model changed.*for a new call: orchestrate next draft/s,
  );
  expect((await project.run(['next'], { env })).stderr).toMatch(
    /the answer of .* was to a different prompt or model: a new call is made/,
  );
  expect(server.requests).toHaveLength(2);
});
