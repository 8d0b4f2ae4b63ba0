// `orchestrate prompt`: conversations whose values are those of the moment of sending, from the command line to what a server receives.
import { readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { callsOf, serverVariables } from '../rig/ai-project.ts';
import { type ModelServer, rejected, type Step, startModelServer, streamed } from '../rig/model-server.ts';
import { createProject, type Project } from '../rig/project.ts';

const USAGE = { usage: { prompt: 1000, completion: 100 }, model: 'gpt-4o-mini' };
const RUNBOOK = 'ai: {model: gpt-4o-mini}\ntasks:\n  - {id: a, name: A, type: MANUAL}\n';
const SAY = `---
system: "You write in {{ language }}."
variables:
  count: {type: integer, default: 2}
---
Say {{ colour }} {{ count }} times.
`;

type World = AsyncDisposable & {
  readonly server: ModelServer;
  readonly project: Project;
  readonly prompt: (args: readonly string[], stdin?: string) => ReturnType<Project['run']>;
  readonly json: (args: readonly string[]) => Promise<Record<string, never>>;
  readonly start: (...args: readonly string[]) => Promise<string>;
};

async function world(files: Readonly<Record<string, string>> = {}): Promise<World> {
  const server = await startModelServer();
  server.answerWith(() => streamed(['Answer ', `${server.requests.length}.`], USAGE));
  const project = await createProject({
    'runbook.yaml': RUNBOOK,
    'prompt_templates/say.md': SAY,
    'config/variables.yaml': 'colour: red\nlanguage: English\n',
    ...files,
  });
  const env = serverVariables(server);
  const prompt: World['prompt'] = (args, stdin) =>
    project.run(['prompt', ...args], { env, ...(stdin === undefined ? {} : { stdin }) });
  return {
    server,
    project,
    prompt,
    async json(args) {
      const { code, stdout, stderr } = await prompt([...args, '--json']);
      expect([code, stderr]).toEqual([0, '']);
      return JSON.parse(stdout) as Record<string, never>;
    },
    async start(...args) {
      const { code, stdout, stderr } = await prompt(['start', 'say', ...args]);
      expect([code, stderr]).toEqual([0, expect.any(String)]);
      return stdout.trim();
    },
    async [Symbol.asyncDispose]() {
      await project[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}

/** The texts of a request, `role: text`. */
function said(server: ModelServer, index = -1): string[] {
  return (server.requests.at(index)?.body.messages ?? []).map(({ role, content }) => `${role}: ${content}`);
}

async function until(holds: () => boolean): Promise<void> {
  for (const end = Date.now() + 10_000; Date.now() < end; await sleep(10)) if (holds()) return;
  throw new Error('it did not happen within 10 s');
}

describe.concurrent('conversations', () => {
  test('values are those of the moment of sending, changes are told, and the figures are those of the server', async ({
    expect,
  }) => {
    await using w = await world();
    const { server, project, prompt } = w;
    const id = await w.start('--var', 'count=3');
    const first = await prompt(['send', id]);
    expect([first.code, first.stdout]).toEqual([0, 'Answer 1.\n']);
    expect(first.stderr).toMatch(/^first token .* · 1000 \+ 100 tokens · \$0\.00021\n$/);
    expect(said(server)).toEqual(['system: You write in English.', 'user: Say red 3 times.\n']);

    server.enqueue({
      kind: 'stream',
      steps: [
        { kind: 'text', text: 'Slow' },
        { kind: 'wait', ms: 900 },
        { kind: 'finish', reason: 'stop' },
        { kind: 'done' },
      ],
    });
    const running = project.start(['prompt', 'send', id.slice(0, 8), 'Why?'], { env: serverVariables(server) });
    await until(() => server.requests.length === 2);
    await project.write('config/variables.yaml', 'colour: blue\nlanguage: French\n');
    expect((await prompt(['set', id, 'count=7'])).code).toBe(0);
    // Set while it was answered: it counts from the next message on.
    expect(await running.done).toMatchObject({ code: 0, stdout: 'Slow\n' });
    expect(said(server).at(-1)).toBe('user: Why?');

    const third = await prompt(['send', id], 'From stdin\n');
    expect(said(server)).toEqual([
      'system: You write in French.',
      'user: Say red 3 times.\n',
      'assistant: Answer 1.',
      'user: Why?',
      'assistant: Slow',
      'user: Say blue 7 times.\n\nFrom stdin',
    ]);
    expect(third.stderr).toContain(
      'changed since message 2:\n  colour: red → blue\n  count: 3 → 7\n  language: English → French\n',
    );

    const { conversation, run } = (await w.json(['show', id])) as unknown as {
      conversation: { messages: { values: object; cost_usd: number | null; ttft_ms: number }[] };
      run: object;
    };
    expect(conversation.messages.map(({ values, cost_usd }) => [values, cost_usd])).toEqual([
      [{ colour: 'red', count: 3, language: 'English' }, 0.00021],
      [{ colour: 'red', count: 3, language: 'English' }, null],
      [{ colour: 'blue', count: 7, language: 'French' }, 0.00021],
    ]);
    expect(run).toMatchObject({ calls: 3, cost_usd: 0.00042, cost_unknown: 1, prompt_tokens: 2000 });
    const { conversation: before } = (await w.json(['show', id, '--at', '1'])) as never as { conversation: object };
    expect(before).toMatchObject({ values: { count: '3' }, status: 'complete', messages: [{ number: 1 }] });
    const { variables } = (await w.json(['vars', id])) as never as { variables: object };
    expect(variables).toEqual([
      { name: 'count', value: 7, scope: 'run', place: 'the conversation' },
      { name: 'colour', value: 'blue', scope: 'project', place: 'config/variables.yaml' },
      { name: 'language', value: 'French', scope: 'project', place: 'config/variables.yaml' },
    ]);
    expect(await w.json(['check'])).toMatchObject({ conversations: 1, messages: 3, calls: 3, problems: [] });
  });

  test('a second sender is refused or waits, and a killed one leaves a message that can be sent again', async ({
    expect,
  }) => {
    await using w = await world();
    const { server, project, prompt } = w;
    const env = serverVariables(server);
    const id = await w.start();
    const slow: Step[] = [{ kind: 'text', text: 'Half' }, { kind: 'stall' }];
    server.enqueue({ kind: 'stream', steps: slow });
    const running = project.start(['prompt', 'send', id, 'one'], { env });
    await until(() => running.stdout() === 'Half');
    const refused = await prompt(['send', id, 'two']);
    expect([refused.code, refused.stdout]).toEqual([4, '']);
    expect(refused.stderr).toContain(`pid ${running.pid}`);
    const waiting = project.start(['prompt', 'send', id, 'three', '--wait', '15'], { env });
    await waiting.waitFor(/Waiting for the process that sends/);
    await until(() => callsOf(project).some(({ output }) => output === 'Half'));
    running.kill('SIGKILL');
    await running.done;
    // The killed message is settled first, and is no part of what was said.
    expect(await waiting.done).toMatchObject({ code: 0, stdout: 'Answer 2.\n' });
    expect(said(server)).toEqual(['system: You write in English.', 'user: Say red 2 times.\n\nthree']);
    const { conversation } = (await w.json(['show', id])) as never as { conversation: { messages: object[] } };
    expect(conversation).toMatchObject({
      status: 'complete',
      messages: [
        { status: 'error', text: 'one', answer: 'Half', error: expect.stringMatching(/^interrupted/), cost_usd: null },
        { status: 'complete', text: 'three' },
      ],
    });
    server.enqueue(rejected(400, { message: 'no' }));
    const failed = await prompt(['send', id, 'four', '--max-cost', '1']);
    expect(failed.code).toBe(1);
    expect(failed.stderr).toContain('Send it again: orchestrate prompt send');
    expect((await prompt(['send', id])).code).toBe(0);
    expect(said(server).at(-1)).toBe('user: four');
    expect(await w.json(['check'])).toMatchObject({ problems: [] });
  });

  test('killed at any moment, runs equal the sums of their calls', async ({ expect }) => {
    await using w = await world();
    const { server, project } = w;
    const env = serverVariables(server);
    const id = await w.start();
    const kills = 7;
    for (let kill = 0; kill < kills; kill += 1) {
      server.enqueue(streamed(['a', 'b', 'c', 'd'], { ...USAGE, delayMs: 8 }));
      const running = project.start(['prompt', 'send', id, `text ${kill}`], { env });
      // From before the request until after the answer, at another moment each time.
      const before = server.requests.length;
      if (kill % 2 === 0) await sleep(60 + Math.random() * 200);
      else await until(() => server.requests.length > before).then(() => sleep(Math.random() * 50));
      running.kill('SIGKILL');
      await running.done;
    }
    server.enqueue(...Array.from({ length: kills + 1 }, () => streamed(['whole'], USAGE)));
    expect((await w.prompt(['send', id, 'last'])).stdout).not.toBe('');
    const { conversation, run } = (await w.json(['show', id])) as never as {
      conversation: { messages: { status: string; cost_usd: number | null }[] };
      run: { calls: number; cost_usd: number; cost_unknown: number };
    };
    expect(conversation.messages.filter(({ status }) => status === 'streaming')).toEqual([]);
    expect(await w.json(['check'])).toMatchObject({ problems: [] });
    const costs = callsOf(project).map(({ cost_usd }) => cost_usd as number | null);
    expect(run.calls).toBe(costs.length);
    expect(run.cost_usd).toBeCloseTo(
      costs.reduce<number>((sum, usd) => sum + (usd ?? 0), 0),
      12,
    );
    expect(run.cost_unknown).toBe(costs.filter((usd) => usd === null).length);
    expect(conversation.messages.at(-1)).toMatchObject({ status: 'complete', cost_usd: 0.00021 });
  });

  test('--no-track leaves only what it cost, --no-chat says nothing of before', async ({ expect }) => {
    await using w = await world();
    const { server, project, prompt } = w;
    const begun = await prompt(['start', 'say', '--no-track', '--var', 'count=4', '--send', 'unspeakable']);
    expect([begun.code, begun.stdout]).toEqual([0, 'Answer 1.\n']);
    expect(said(server).at(-1)).toBe('user: Say red 4 times.\n\nunspeakable');
    const { conversations } = (await w.json(['list'])) as never as { conversations: { id: string }[] };
    const id = conversations[0]?.id ?? '';
    server.enqueue({ kind: 'stream', steps: [{ kind: 'text', text: 'unspeakable' }, { kind: 'cut' }] });
    expect((await prompt(['send', id, 'unspeakable', '--var', 'count=5'])).code).toBe(1);
    for (const file of await project.list()) {
      const bytes = readFileSync(path.join(project.dir, file), 'latin1');
      expect([file, /unspeakable|Answer 1|times\.\\n/.test(bytes)]).toEqual([file, false]);
    }
    expect(callsOf(project)).toMatchObject([
      { status: 'complete', cost_usd: 0.00021, prompt_tokens: 1000, prompt_text: '', output: null },
      { status: 'error', cost_usd: null, output: null, error: null },
    ]);
    expect((await prompt(['start', 'say', '--no-track', '--var', 'count=4'])).code).toBe(2);
    expect((await prompt(['set', id, 'count=4'])).code).toBe(2);
    const alone = await w.start('--no-chat');
    await prompt(['send', alone, 'one']);
    await prompt(['send', alone, 'two']);
    expect(said(server)).toEqual(['system: You write in English.', 'user: Say red 2 times.\n\ntwo']);
    expect(await w.json(['check'])).toMatchObject({ problems: [], conversations: 2 });
  });

  test('in a terminal it goes on text by text, with the texts of before under the arrow keys', async ({ expect }) => {
    await using w = await world();
    const id = await w.start();
    await w.prompt(['send', id, 'before']);
    await using terminal = await w.project.terminal(['prompt', 'resume'], { env: serverVariables(w.server) });
    await terminal.waitFor('> before');
    await terminal.waitFor('Answer 1.');
    await terminal.waitFor('› ');
    terminal.type('pasted\rlines\r');
    await terminal.waitFor('Answer 2.');
    await terminal.waitFor('› ');
    terminal.type('hellp');
    terminal.key('backspace');
    terminal.type('o there\r');
    await terminal.waitFor('Answer 3.');
    await terminal.waitFor('› ');
    terminal.type('/set count=9\r');
    await terminal.waitFor('count: 9');
    await terminal.waitFor('› ');
    terminal.key('up');
    terminal.type('!\r');
    await terminal.waitFor('count: 2 → 9');
    await terminal.waitFor('Answer 4.');
    await terminal.waitFor('› ');
    w.server.enqueue({ kind: 'stream', steps: [{ kind: 'text', text: 'Half' }, { kind: 'stall' }] });
    terminal.type('again\r');
    await terminal.waitFor('Half');
    // It ends the answer, not the conversation; the text waits to be sent again.
    terminal.key('ctrl-c');
    await terminal.waitFor('interrupted');
    await terminal.waitFor('› ');
    terminal.key('enter');
    await terminal.waitFor('Answer 6.');
    await terminal.waitFor('› ');
    terminal.key('ctrl-d');
    expect(await terminal.exit).toMatchObject({ code: 0 });
    expect(said(w.server).slice(-3)).toEqual([
      'user: Say red 9 times.\n\nhello there!',
      'assistant: Answer 4.',
      'user: again',
    ]);
    expect(said(w.server)).toContain('user: pasted\nlines');
  });

  test('outside of a project the own prompts and history serve', async ({ expect }) => {
    await using w = await world();
    const { project, server } = w;
    const config = path.join(project.home, '.config/orchestrate');
    await mkdir(path.join(config, 'prompt_templates'), { recursive: true });
    await writeFile(path.join(config, 'config.yaml'), 'ai: {model: own-model}\norganisation_variables: shared.yaml\n');
    await writeFile(path.join(config, 'shared.yaml'), 'who: all of us\n');
    await writeFile(path.join(config, 'variables.yaml'), 'who: me\nhow: kindly\n');
    await writeFile(path.join(config, 'prompt_templates/greet.md'), 'Greet {{ who }} {{ how }}.\n');
    const env = serverVariables(server);
    const sent = await project.run(['prompt', 'start', 'greet', '--send'], { env, cwd: '..' });
    expect([sent.code, sent.stdout]).toEqual([0, 'Answer 1.\n']);
    expect(server.requests.at(-1)?.body).toMatchObject({
      model: 'own-model',
      messages: [{ role: 'user', content: 'Greet all of us kindly.\n' }],
    });
    const listed = await project.run(['prompt', 'list', '--json'], { cwd: '..' });
    expect(JSON.parse(listed.stdout)).toMatchObject({ conversations: [{ name: 'greet', messages: 1 }] });
    const calls = await project.run(['history', 'list', '--json'], { cwd: '..' });
    expect(JSON.parse(calls.stdout)).toMatchObject({ calls: [{ source: 'prompt', status: 'complete' }] });
    expect(await project.exists('.orchestrate')).toBe(false);
  });
});

test('a task gives its input_context and the vars of the runbook, nearer than the project and farther than the conversation', async () => {
  await using w = await world({
    'runbook.yaml': `${RUNBOOK.replace('type: MANUAL', 'type: AI_ASSISTED, task_detail_file: tasks/a.yaml')}vars: {tone: dry}\n`,
    'tasks/a.yaml':
      'id: a\ntype: AI_ASSISTED\nai_details:\n  prompt_template: prompt_templates/say.md\n  input_context: {colour: {file: c.txt}, language: Latin}\n',
    'prompt_templates/say.md': '{{ colour }} {{ language }} {{ task.id }} {{ vars.tone }}',
    'c.txt': 'green',
  });
  // As a script of the task would start it.
  const env = { ORCHESTRATE_TASK_ID: 'a', ORCHESTRATE_PROJECT_DIR: w.project.dir };
  const begun = await w.project.run(['prompt', 'start', 'say', '--var', 'language=Greek'], { env });
  expect(begun).toMatchObject({ code: 0, stderr: expect.not.stringContaining('not yet') });
  const { variables } = (await w.json(['vars', begun.stdout.trim()])) as never as { variables: object };
  expect(variables).toEqual([
    { name: 'colour', value: 'green', scope: 'task', place: 'task a' },
    { name: 'language', value: 'Greek', scope: 'run', place: 'the conversation' },
    { name: 'task', value: { id: 'a', name: 'A', description: '' }, scope: 'task', place: 'task a' },
    { name: 'vars', value: { tone: 'dry' }, scope: 'task', place: 'task a' },
  ]);
});

describe.concurrent('what is hostile or wrong', () => {
  test('does no harm, and everything wrong is told at once', async ({ expect }) => {
    const long = `${'x'.repeat(1_000_000)}{{ colour }}\u001b[31m`;
    await using w = await world({
      'config/variables.yaml': `colour: "{{ language }}{% raw %}"\nlanguage: "\\e]0;x\\a"\n`,
    });
    const { server, prompt } = w;
    const bad = await prompt(['start', 'say', '--var', '__proto__=1', '--var', 'count=many', '--var', 'color=red']);
    expect([bad.code, bad.stdout]).toEqual([2, '']);
    expect(bad.stderr).toContain('"__proto__" can be no name');
    const more = await prompt(['start', 'say', '--var', 'count=many', '--var', 'color=red', '--name', '\u001b[31m']);
    expect(more.code).toBe(2);
    expect(more.stderr).toContain('did you mean "colour"?');
    expect(more.stderr).toContain('"count" must be a whole number, not "many"');
    expect((await prompt(['send', 'abc', 'x'])).code).toBe(2);
    expect(await w.project.exists('.orchestrate')).toBe(false);
    const id = await w.start('--name', '\u001b[31mred');
    const sent = await prompt(['send', id], long);
    expect(sent.code).toBe(0);
    expect(said(server)).toEqual([
      'system: You write in \u001b]0;x\u0007.',
      `user: Say {{ language }}{% raw %} 2 times.\n\n${long}`,
    ]);
    const shown = await prompt(['show', id]);
    expect(shown.stdout).not.toContain('\u001b');
    expect(shown.stdout).toContain('␛[31mred');
    expect((await prompt(['list'])).stdout).not.toContain('\u001b');
    expect((await prompt(['send', 'ffff'])).code).toBe(2);
    expect((await prompt(['show', id, '--at', '5'])).stderr).toContain('has no message 5');
    const other = await w.start();
    expect((await prompt(['delete', '--older-than', '1d', '--dry-run'])).stdout).toContain('0 conversations');
    expect((await prompt(['delete', id, other])).stdout).toContain('2 conversations with 1 call deleted');
    expect(await w.json(['check'])).toMatchObject({ conversations: 0, problems: [] });
    const bytes = readFileSync(path.join(w.project.dir, '.orchestrate/history.db'), 'latin1');
    expect(bytes).not.toContain('xxxxxxxx');
  });
});
