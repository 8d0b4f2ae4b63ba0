// Answers that must be data: asked for by schema, checked here in any case, asked for once more with what is wrong.
import { describe, test } from 'vitest';
import { callsOf, createAiProject, detailOf, serverVariables } from '../rig/ai-project.ts';
import { startModelServer, streamed } from '../rig/model-server.ts';

const SCHEMA = {
  type: 'object',
  required: ['title'],
  properties: { title: { type: 'string' } },
  additionalProperties: false,
};
const TASK = { detail: { output_artifact: 'out.json' }, details: { auto_accept: true, output_schema: SCHEMA } };

describe.concurrent('output_schema', () => {
  test('is sent as response_format, and a whole answer that fits is taken', async ({ expect }) => {
    await using server = await startModelServer();
    await using project = await createAiProject(TASK);
    server.enqueue(streamed('{"title": "Tides"}'));
    const { code, stderr } = await project.run(['run'], { env: serverVariables(server) });
    expect(code, stderr).toBe(0);
    expect(server.requests[0]?.body.response_format).toEqual({
      type: 'json_schema',
      json_schema: { name: 'draft', schema: SCHEMA },
    });
    expect(await project.read('out.json')).toBe('{"title": "Tides"}\n');
  });

  test('a fence around it is tolerated and said', async ({ expect }) => {
    await using server = await startModelServer();
    await using project = await createAiProject({ ...TASK, details: { output_schema: SCHEMA } });
    server.enqueue(streamed('Here:\n```json\n{"title": "Tides"}\n```\n'));
    const { stderr } = await project.run(['run'], { env: serverVariables(server) });
    expect(stderr).toContain('took the JSON from a fenced block');
  });

  test('what does not fit is asked for once more with what is wrong, then it is a VALIDATION_FAIL', async ({
    expect,
  }) => {
    await using server = await startModelServer();
    await using project = await createAiProject(TASK);
    server.enqueue(streamed('{"titel": "Tides"}'), streamed('{"title": 5}'), streamed('{"title": "never asked"}'));
    const { code } = await project.run(['run'], { env: serverVariables(server) });
    expect(code).toBe(1);
    expect(server.requests).toHaveLength(2);
    const [, answer, objection] = server.requests[1]?.body.messages ?? [];
    expect(answer).toEqual({ role: 'assistant', content: '{"titel": "Tides"}' });
    expect(objection?.content).toMatch(/not accepted: .*must have required property 'title'.*"titel"/);
    expect(callsOf(project)).toMatchObject([
      { status: 'complete', review: 'rejected' },
      { status: 'complete', review: 'rejected' },
    ]);
    expect((await detailOf(project)).issues).toMatchObject([
      { type: 'VALIDATION_FAIL', resolution: 'Retried' },
      { type: 'VALIDATION_FAIL', detail: expect.stringContaining('/title must be string'), resolution: null },
    ]);
    expect(await project.exists('out.json')).toBe(false);
  });

  test('JSON that is cut is never mended, whatever the server says of it', async ({ expect }) => {
    await using server = await startModelServer();
    await using project = await createAiProject({ ...TASK, details: { ...TASK.details, max_attempts: 1 } });
    server.enqueue(streamed('{"title": "Ti'));
    const { code, stderr } = await project.run(['run'], { env: serverVariables(server) });
    expect(code).toBe(1);
    expect(stderr).toContain('the JSON in the answer is cut');
  });
});
