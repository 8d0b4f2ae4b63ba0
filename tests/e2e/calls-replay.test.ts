// Recording calls and answering from recordings or from the project's own history: offline, strictly, without a secret in a file.
import { cp } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { callsOf, createAiProject, KEY, serverVariables, statusOf } from '../rig/ai-project.ts';
import { startModelServer, streamed } from '../rig/model-server.ts';

const OUT = { detail: { output_artifact: 'out.md' }, details: { auto_accept: true, temperature: 0.2 } };

describe.concurrent('--record', () => {
  test('keeps request and answer; --replay gives them back without a server', async ({ expect }) => {
    await using server = await startModelServer();
    await using project = await createAiProject(OUT);
    server.enqueue(streamed(['Ebb', ' and flow.'], { usage: { prompt: 9, completion: 4 }, model: 'served' }));
    const first = await project.run(['run', '--record', 'kept'], { env: serverVariables(server) });
    expect(first.code, first.stderr).toBe(0);
    const file = (await project.list()).find((name) => name.startsWith('kept/')) ?? '';
    expect(file).toMatch(/^kept\/draft-[0-9a-f]{8}\.yaml$/);
    expect(parse(await project.read(file))).toEqual({
      request: {
        model: 'test-model',
        messages: [{ role: 'user', content: 'Write for Draft the text.\n' }],
        temperature: 0.2,
      },
      answer: {
        text: 'Ebb and flow.',
        finish_reason: 'stop',
        model: 'served',
        usage: { prompt_tokens: 9, completion_tokens: 4 },
      },
    });
    await project.remove('out.md');
    await project.run(['reset', 'draft']);
    // A server that is set is not asked.
    const again = await project.run(['run', '--replay', 'kept'], { env: serverVariables(server) });
    expect(again.code, again.stderr).toBe(0);
    expect(again.stderr).toContain(`answered from ${file}`);
    expect(await project.read('out.md')).toBe('Ebb and flow.\n');
    expect(server.requests).toHaveLength(1);
    expect(callsOf(project)[1]).toMatchObject({ status: 'complete', cost_usd: 0, reserved_usd: null });
  });

  test('keeps a series of answers to one request, and replays it in its order', async ({ expect }) => {
    await using server = await startModelServer();
    await using project = await createAiProject({
      ...OUT,
      detail: { output_artifact: 'out.md', expects: [{ file: 'out.md', matches: 'good' }] },
      details: { auto_accept: true, fallback_prompt_template: 'prompt_templates/same.md', max_attempts: 3 },
      files: {
        'prompt_templates/same.md': 'Same {{ failure | slice: 0, 0 }}\n',
        'prompt_templates/draft.md': 'Same \n',
      },
    });
    server.enqueue(streamed('bad'), streamed('worse'), streamed('good'));
    const first = await project.run(['run', '--record', 'kept'], { env: serverVariables(server) });
    expect(first.code, first.stderr).toBe(0);
    expect((await project.list()).filter((name) => name.startsWith('kept/'))).toHaveLength(3);
    await project.run(['reset', 'draft']);
    expect((await project.run(['run', '--replay', 'kept'])).code).toBe(0);
    expect(callsOf(project).map(({ output }) => output)).toEqual(['bad', 'worse', 'good', 'bad', 'worse', 'good']);
  });

  test('writes no secret, and a prompt that holds one still finds its recording', async ({ expect }) => {
    await using server = await startModelServer();
    await using project = await createAiProject({
      ...OUT,
      ai: { env_allow: ['MY_TOKEN'], allow_secrets: ['MY_TOKEN'] },
      details: { auto_accept: true, input_context: { token: { env: 'MY_TOKEN' } } },
      files: { 'prompt_templates/draft.md': 'Use {{ token }}.\n' },
    });
    const MY_TOKEN = 'tok-9f8e7d6c5b4a';
    server.enqueue(streamed(['I use tok-9f8e', '7d6c5b4a.']));
    const env = { ...serverVariables(server), MY_TOKEN };
    expect((await project.run(['run', '--record', 'kept'], { env })).code).toBe(0);
    const file = (await project.list()).find((name) => name.startsWith('kept/')) ?? '';
    const text = await project.read(file);
    expect(text).toContain('I use [MY_TOKEN].');
    expect(text).not.toContain(MY_TOKEN);
    await project.run(['reset', 'draft'], { env });
    expect((await project.run(['run', '--replay', 'kept'], { env: { MY_TOKEN } })).code).toBe(0);
  });
});

describe.concurrent('--replay', () => {
  const recording = (model: string, prompt: string) =>
    `request:\n  model: ${model}\n  messages: [{role: user, content: ${JSON.stringify(prompt)}}]\nanswer: {text: Recorded.}\n`;

  test('is strict: another model is a miss, exit 3, and the difference names it', async ({ expect }) => {
    await using server = await startModelServer();
    await using project = await createAiProject({
      ...OUT,
      files: { 'kept/a.yaml': recording('other-model', 'Write for Draft the text.\n') },
    });
    const { code, stderr } = await project.run(['run', '--replay', 'kept'], { env: serverVariables(server) });
    expect(code).toBe(3);
    expect(stderr).toContain('      -model: other-model\n      +model: test-model');
    expect([server.requests.length, await statusOf(project)]).toEqual([0, 'READY']);
  });

  test.each([
    [['--replay', 'nowhere'], 'nowhere is not a folder'],
    [['--record', 'runbook.yaml'], 'runbook.yaml is not a folder'],
    [['--replay', 'tasks', '--provider', 'openai'], '--provider openai asks somebody else'],
    [['--max-cost', 'much'], 'Give an amount of US dollars'],
  ])('%j is bad usage', async (args, words) => {
    await using project = await createAiProject(OUT);
    const { code, stderr } = await project.run(['run', ...args]);
    expect([code, stderr]).toEqual([2, expect.stringContaining(words)]);
  });
});

describe.concurrent('--replay history', () => {
  test('rehearses a runbook in a copy: the same question, else the accepted answer of the task', async ({ expect }) => {
    await using server = await startModelServer();
    await using project = await createAiProject(OUT);
    server.enqueue(streamed('First.'), streamed('Second.'));
    const env = serverVariables(server);
    expect((await project.run(['run'], { env })).code).toBe(0);
    await using copy = await createAiProject(OUT);
    await cp(path.join(project.dir, '.orchestrate'), path.join(copy.dir, '.orchestrate'), { recursive: true });
    await cp(path.join(project.dir, 'runbook.yaml'), path.join(copy.dir, 'runbook.yaml'));
    await cp(path.join(project.dir, 'tasks'), path.join(copy.dir, 'tasks'), { recursive: true });
    await copy.run(['reset', '--all']);
    const same = await copy.run(['run', '--replay', 'history']);
    expect(same.code, same.stderr).toBe(0);
    expect(same.stderr).toMatch(/answered from the history \(call [0-9a-f]{8} of/);
    expect(await copy.read('out.md')).toBe('First.\n');
    await copy.write('prompt_templates/draft.md', 'Another question.\n');
    await copy.remove('out.md');
    await copy.run(['reset', '--all']);
    const alike = await copy.run(['run', '--replay', 'history']);
    expect(alike.code, alike.stderr).toBe(0);
    expect(alike.stderr).toMatch(/given to\s+another\s+prompt/);
    expect(await copy.read('out.md')).toBe('First.\n');
    expect(server.requests).toHaveLength(1);
  });

  test('takes no answer that was deleted', async ({ expect }) => {
    await using server = await startModelServer();
    await using project = await createAiProject(OUT);
    server.enqueue(streamed('First.'));
    const env = serverVariables(server);
    expect((await project.run(['run'], { env })).code).toBe(0);
    const [call] = callsOf(project);
    const deleted = await project.run(['history', 'delete', String(call?.id)], { env });
    expect(deleted.code, deleted.stderr).toBe(0);
    expect(callsOf(project)).toMatchObject([{ output: null, request: null, prompt_text: '' }]);
    await project.run(['reset', 'draft'], { env });
    expect((await project.run(['run', '--replay', 'history'], { env })).code).toBe(3);
  });

  test('takes no answer that was rejected; a miss is exit 3 with the nearest', async ({ expect }) => {
    await using server = await startModelServer();
    await using project = await createAiProject({ detail: { output_artifact: 'out.md' } });
    server.enqueue(streamed('Bad.'));
    await project.run(['run'], { env: serverVariables(server) });
    await project.run(['review', 'draft', '--error', 'no'], { env: serverVariables(server) });
    await project.run(['retry', 'draft']);
    const { code, stderr } = await project.run(['run', '--replay', 'history'], { env: serverVariables(server) });
    expect(code).toBe(3);
    expect(stderr).toContain('no recording fits this request for test-model: there are no recordings');
    expect(server.requests).toHaveLength(1);
  });
});

describe.concurrent('a secret in a prompt', () => {
  const project = (ai: Record<string, unknown> = {}) =>
    createAiProject({
      ...OUT,
      ai: { env_allow: ['OPENAI_API_KEY'], ...ai },
      details: { auto_accept: true, input_context: { token: { env: 'OPENAI_API_KEY' } } },
      files: { 'prompt_templates/draft.md': 'Use {{ token }}.\n' },
    });

  test('is refused by its name, and nothing is sent', async ({ expect }) => {
    await using server = await startModelServer();
    await using refused = await project();
    const { code, stdout, stderr } = await refused.run(['run'], { env: serverVariables(server) });
    expect(code).toBe(3);
    expect(stderr).toMatch(/the prompt holds the value of OPENAI_API_KEY, which is secret, so it was\s+not\s+sent/);
    expect(stdout + stderr).not.toContain(KEY);
    expect([server.requests.length, callsOf(refused).length, await statusOf(refused)]).toEqual([0, 0, 'READY']);
  });

  test.each([
    ['--allow-secrets', ['--allow-secrets'], {}],
    ['ai: allow_secrets', [], { allow_secrets: ['OPENAI_API_KEY'] }],
  ])('is sent where %s says so', async (_name, args, ai) => {
    await using server = await startModelServer();
    await using allowed = await project(ai);
    server.enqueue(streamed('Fine.'));
    expect((await allowed.run(['run', ...args], { env: serverVariables(server) })).code).toBe(0);
    expect(server.requests[0]?.body.messages[0]?.content).toBe(`Use ${KEY}.\n`);
  });

  test('that another name may hold is still refused', async ({ expect }) => {
    await using server = await startModelServer();
    await using refused = await project({ allow_secrets: ['OTHER'] });
    expect((await refused.run(['run'], { env: serverVariables(server) })).code).toBe(3);
  });
});
