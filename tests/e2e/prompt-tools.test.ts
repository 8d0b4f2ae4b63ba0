// Chains of prompts, and prompts that write prompts: what is sent, kept, shown and saved.
import { describe, test } from 'vitest';
import { answer, callsOf, serverVariables, words } from '../rig/ai-project.ts';
import { rejected, startModelServer, streamed } from '../rig/model-server.ts';
import { createProject } from '../rig/project.ts';

const RUNBOOK = 'ai: {model: my-model}\ntasks:\n  - {id: a, name: A, type: MANUAL}\n';
const FILES = {
  'runbook.yaml': RUNBOOK,
  'config/models.yaml': 'prices:\n  my-model: {input: 10, output: 100}\n',
  'prompt_templates/outline.md': 'Outline {{ topic }}.',
  'prompt_templates/draft.md': 'Write it up: {{ previous }}',
  'prompt_templates/polish.md':
    '---\nmodel: my-model # keep me\nsystem: Be kind.\nvariables: {tone: {default: calm}}\n---\nPolish, {{ tone }}: {{ previous }}\n',
};
const USAGE = { usage: { prompt: 10, completion: 9 } };

const scene = async () => ({ server: await startModelServer(), project: await createProject(FILES) });

describe.concurrent('a chain', () => {
  test('gives each prompt the answer of the one before, stops at a failure, and goes on from there', async ({
    expect,
  }) => {
    const { server, project } = await scene();
    await using _server = server;
    await using _project = project;
    const env = serverVariables(server);
    const args = ['prompt', 'chain', 'outline', 'draft', 'polish', '--var', 'topic=tides'];
    server.enqueue(streamed('1. moon', USAGE), rejected(400, { message: 'no' }));
    const first = await project.run(args, { env });
    expect([first.code, first.stdout]).toEqual([1, '']);
    expect(first.stderr).toContain('step 2 of 3, prompt_templates/draft.md · $0.0010 so far');
    server.enqueue(streamed('The moon.', USAGE), streamed('The {{ moon }}, gently.', USAGE));
    const second = await project.run([...args, '--json'], { env });
    expect(second.code).toBe(0);
    expect(JSON.parse(second.stdout)).toMatchObject({
      ended: 'finished',
      output: 'The {{ moon }}, gently.',
      cost_usd: 0.003,
      steps: [{ from: 'history' }, { from: 'call' }, { prompt: 'prompt_templates/polish.md', from: 'call' }],
    });
    const asked = server.requests.map(({ body }) => body.messages.at(-1)?.content);
    expect(asked).toEqual([
      'Outline tides.',
      'Write it up: 1. moon',
      'Write it up: 1. moon',
      'Polish, calm: The moon.\n',
    ]);
  });

  test('tells all that is wrong with its prompts before anything is sent', async ({ expect }) => {
    const { server, project } = await scene();
    await using _server = server;
    await using _project = project;
    const { code, stderr } = await project.run(['prompt', 'chain', 'draft', 'outline', 'nobody'], {
      env: serverVariables(server),
    });
    expect(code).toBe(2);
    expect(stderr).toContain('there is no prompt "nobody"');
    const given = ['--var', 'bad', '--var', 'nosuch=1'];
    const mended = await project.run(['prompt', 'chain', 'draft', 'outline', ...given], {
      env: serverVariables(server),
    });
    expect(mended.stderr).toContain('--var: "bad" has no value');
    expect(mended.stderr).toContain('has no variable "nosuch"');
    expect(mended.stderr).toMatch(words('nothing comes before the first prompt: give --var previous=TEXT'));
    expect(mended.stderr).toContain('the template uses the variable "topic"');
    expect(server.requests).toHaveLength(0);
  });
});

describe.concurrent('a prompt written by a model', () => {
  const NEW = '---\nvariables:\n  text: {}\n---\nTranslate {{ text }}.\n';

  test('is asked for again where it is no template, shown, and saved on accept; only the cost is kept', async ({
    expect,
  }) => {
    const { server, project } = await scene();
    await using _server = server;
    await using _project = project;
    const env = serverVariables(server);
    server.enqueue(streamed('---\nvariables: 3\n---\nTranslate {{ text }}.', USAGE));
    server.answerWith(() => streamed(`\`\`\`markdown\n${NEW}\`\`\``, USAGE));
    const args = ['prompt', 'generate', 'Translate a text'];
    const waiting = await project.run(args, { env });
    expect([waiting.code, waiting.stdout]).toEqual([3, NEW]);
    expect(server.requests[1]?.body.messages.at(-1)?.content).toContain('That answer was not accepted');
    const file = 'prompt_templates/translate-a-text.md';
    expect(await project.exists(file)).toBe(false);
    const terminal = await project.terminal(args, { env });
    await terminal.waitFor('+Translate {{ text }}.');
    await answer(terminal, `Save it as ${file}?`, 'y');
    expect((await terminal.exit).code).toBe(0);
    expect(await project.read(file)).toBe(NEW);
    for (const call of callsOf(project))
      expect(call).toMatchObject({ prompt_text: '', output: null, input_params: '{}', request: null, cost_usd: 0.001 });
  });

  test('is put under a system prompt alone, every other byte kept; the project’s own prompt is asked', async ({
    expect,
  }) => {
    const { server, project } = await scene();
    await using _server = server;
    await using _project = project;
    await project.write('prompt_templates/optimize-system.md', 'Mine: {{ system }} ({{ goal }}) {{ template | size }}');
    server.answerWith(() => streamed('Be brief, {{ tone }}.', USAGE));
    const before = await project.read('prompt_templates/polish.md');
    const args = ['prompt', 'optimize', 'polish', '--system-only', '--goal', 'shorter', '--yes', '--json'];
    const { code, stdout } = await project.run(args, { env: serverVariables(server) });
    expect(code).toBe(0);
    expect(server.requests[0]?.body.messages.at(-1)?.content).toBe(`Mine: Be kind. (shorter) ${before.length}`);
    const after = before.replace('system: Be kind.', 'system: Be brief, {{ tone }}.');
    expect(await project.read('prompt_templates/polish.md')).toBe(after);
    expect(JSON.parse(stdout)).toMatchObject({ saved: true, content: after, warnings: [], cost_usd: 0.001 });
  });

  test('that loses a variable is not saved by --yes', async ({ expect }) => {
    const { server, project } = await scene();
    await using _server = server;
    await using _project = project;
    server.answerWith(() => streamed('Polish: {{ previous }}', USAGE));
    const before = await project.snapshot();
    const { code, stdout, stderr } = await project.run(['prompt', 'optimize', 'polish', '--yes'], {
      env: serverVariables(server),
    });
    expect([code, stdout]).toEqual([3, 'Polish: {{ previous }}\n']);
    expect(stderr).toContain('the variable "tone" is gone');
    expect(await project.read('prompt_templates/polish.md')).toBe(before['prompt_templates/polish.md']);
    expect(server.requests).toHaveLength(2);
  });
});
