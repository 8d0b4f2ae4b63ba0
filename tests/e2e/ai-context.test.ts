// What a prompt is made of, where keys may go, and that no secret is left anywhere.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  type AiProjectOptions,
  callsOf,
  createAiProject,
  detailOf,
  FALLBACK,
  KEY,
  serverVariables,
  statusOf,
} from '../rig/ai-project.ts';
import { rejected, startModelServer, streamed } from '../rig/model-server.ts';
import type { RunResult } from '../rig/running.ts';

type Messages = readonly { readonly role: string; readonly content: string }[];

/** Runs the task against a server that answers `Fine.`; gives what was sent. */
async function ask(
  options: AiProjectOptions,
  env: Record<string, string> = {},
): Promise<{ result: RunResult; messages: Messages; body: Record<string, unknown> }> {
  await using server = await startModelServer();
  server.answerWith(() => streamed('Fine.'));
  const { details = {}, ...rest } = options;
  await using project = await createAiProject({ ...rest, details: { auto_accept: true, ...details } });
  const result = await project.run(['run'], { env: { ...serverVariables(server), ...env } });
  const [request] = server.requests;
  return { result, messages: request?.body.messages ?? [], body: request?.body ?? {} };
}

describe('the prompt', () => {
  test('holds values, files, outputs of earlier tasks and allowed variables, none of them expanded again', async () => {
    const { result, messages } = await ask(
      {
        ai: { env_allow: ['TOPIC'] },
        runbook: { vars: { tone: 'dry' } },
        before: [{ id: 'count', name: 'Count', type: 'AUTOMATED_SCRIPT', task_detail_file: 'tasks/count.yaml' }],
        details: {
          input_context: {
            rules: { file: 'rules.md' },
            counted: { output_of: 'count' },
            topic: { env: 'TOPIC' },
            points: ['one', { two: 2 }],
          },
        },
        files: {
          'tasks/count.yaml':
            'id: count\ntype: AUTOMATED_SCRIPT\noutput_artifact: out/count.txt\nscript_details: {command: sh, args: [-c, "echo 7 {{ topic }}"], capture: stdout}\n',
          'rules.md': 'Keep {{ tone }} and {% raw %}.\n',
          'prompt_templates/draft.md':
            '{{ rules }}|{{ counted }}|{{ topic }}|{{ vars.tone }}|{{ points }}|{% if failure %}again{% else %}first{% endif %}',
        },
      },
      { TOPIC: 'tides {{ x }}' },
    );
    expect(result.code).toBe(0);
    expect(messages).toEqual([
      {
        role: 'user',
        content:
          'Keep {{ tone }} and {% raw %}.\n|7 {{ topic }}\n|tides {{ x }}|dry|[\n  "one",\n  {\n    "two": 2\n  }\n]|first',
      },
    ]);
  });

  test('takes model, system text, settings and defaults from the front matter, which the task overrides', async () => {
    const front =
      '---\nmodel: front-model\nsystem: Be kind.\nvariables:\n  size: {type: integer, default: 3}\nconfig: {temperature: 0.5, max_tokens: 100}\n---\n';
    const files = { 'prompt_templates/draft.md': `${front}Size {{ size }}.` };
    const plain = await ask({ files });
    expect(plain.body).toMatchObject({ model: 'front-model', temperature: 0.5, max_tokens: 100 });
    expect(plain.messages).toEqual([
      { role: 'system', content: 'Be kind.' },
      { role: 'user', content: 'Size 3.' },
    ]);
    const overridden = await ask({
      files,
      details: { model: 'own', system_prompt: 'Be brief.', temperature: 0, max_tokens: 9, input_context: { size: 5 } },
    });
    expect(overridden.body).toMatchObject({ model: 'own', temperature: 0, max_tokens: 9 });
    expect(overridden.messages).toEqual([
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'Size 5.' },
    ]);
  });

  test('includes partials', async () => {
    const { messages } = await ask({
      files: {
        'prompt_templates/draft.md': 'A {% render "parts/b", x: 1 %} {% render "c.txt" %} {% render "d" %}',
        'prompt_templates/parts/b.md': 'b{{ x }}',
        'prompt_templates/c.txt': 'c',
        'prompt_templates/d': 'd',
      },
    });
    expect(messages[0]?.content).toBe('A b1 c d');
  });

  test.each<[string, AiProjectOptions, RegExp]>([
    [
      'a variable that nothing defines, with its place',
      {
        files: { 'prompt_templates/draft.md': 'One\n{{ task.name }} {{ topik }}' },
        details: { input_context: { topic: 'x' } },
      },
      /prompt_templates\/draft\.md:2:20: error: .*"topik".*\n.*\n.*\^{5}\n[^]*→ did you mean "topic"\?/,
    ],
    [
      'a required variable without a value',
      { files: { 'prompt_templates/draft.md': '---\nvariables: {size: {required: true}}\n---\n{{ size }}' } },
      /prompt_templates\/draft\.md:2:.*: error: the variable "size" is required/,
    ],
    [
      'a value that is none of those allowed',
      {
        files: { 'prompt_templates/draft.md': '---\nvariables: {size: {enum: [small, large]}}\n---\n{{ size }}' },
        details: { input_context: { size: 'smal' } },
      },
      /"size" must be one of: small, large.*did you mean "small"\?/s,
    ],
    [
      'a value of another type',
      {
        files: { 'prompt_templates/draft.md': '---\nvariables: {size: {type: integer}}\n---\n{{ size }}' },
        details: { input_context: { size: 'big' } },
      },
      /"size" must be of type integer/,
    ],
    [
      'an environment variable that is not allowed',
      { details: { input_context: { home: { env: 'HOME' } } } },
      /reads the environment variable HOME, which is not allowed.*env_allow: \[HOME\]/s,
    ],
    [
      'a file that is not there',
      { details: { input_context: { notes: { file: 'notes.md' } } } },
      /"notes" reads notes\.md, which does not exist/,
    ],
    [
      'a file outside the project',
      { details: { input_context: { notes: { file: '../notes.md' } } } },
      /lies outside the project/,
    ],
    [
      'the output of a task that it does not rest on',
      {
        details: { input_context: { other: { output_of: 'later' } } },
        after: [{ id: 'later', name: 'Later', type: 'MANUAL' }],
      },
      /reads the output of "later"/,
    ],
    ['a partial that is not there', { files: { 'prompt_templates/draft.md': '{% render "nothing" %}' } }, /nothing/],
  ])('is not sent with %s', async (_what, options, said) => {
    const { result, messages } = await ask(options);
    expect(result.stderr).toMatch(said);
    expect([result.code, messages]).toEqual([expect.toBeOneOf([1, 2, 3]), []]);
  });
});

describe('a key', () => {
  test.each<[string, (url: string) => { options: AiProjectOptions; env: Record<string, string> }, string]>([
    [
      'of the environment does not go to a server that only the runbook names',
      (url) => ({ options: { ai: { base_url: url } }, env: { OPENAI_API_KEY: KEY } }),
      'the key of your environment would go to HOST, which only runbook.yaml names',
    ],
    [
      'of the environment does not go to a server that only .env names',
      (url) => ({ options: { files: { '.env': `OPENAI_BASE_URL=${url}\n` } }, env: { OPENAI_API_KEY: KEY } }),
      'the key of your environment would go to HOST, which only .env names',
    ],
    [
      'of .env does not go to a server that only the runbook names',
      (url) => ({ options: { ai: { base_url: url }, files: { '.env': `OPENAI_API_KEY=${KEY}\n` } }, env: {} }),
      'the key of .env would go to HOST, which only runbook.yaml names',
    ],
  ])('%s: exit 3, no request', async (_what, make, said) => {
    await using server = await startModelServer();
    const { options, env } = make(server.url);
    await using project = await createAiProject(options);
    const { code, stderr } = await project.run(['run'], { env });
    expect(code).toBe(3);
    expect(stderr).toContain(said.replace('HOST', new URL(server.url).host));
    expect([server.requests.length, callsOf(project).length, await statusOf(project)]).toEqual([0, 0, 'READY']);
  });

  test('of .env goes to a server that .env names', async () => {
    await using server = await startModelServer();
    await using project = await createAiProject({
      files: { '.env': `OPENAI_BASE_URL=${server.url}\nOPENAI_API_KEY=${KEY}\n` },
    });
    server.enqueue(streamed('Fine.'));
    expect((await project.run(['run'])).code).toBe(3);
    expect(server.requests[0]?.headers.authorization).toBe(`Bearer ${KEY}`);
  });
});

test('secrets are in no file, database or output, whoever says them; in an artifact they are warned of', async () => {
  await using server = await startModelServer();
  const TOKEN = 'tok_Zm9vYmFy"quoted"';
  const WORD = 'correct-horse-battery';
  const forms = [KEY, TOKEN, WORD].flatMap((secret) => [
    secret,
    Buffer.from(secret).toString('base64').replace(/=+$/, ''),
    encodeURIComponent(secret),
    JSON.stringify(secret).slice(1, -1),
  ]);
  await using project = await createAiProject({
    runbook: { secrets: ['PASS_PHRASE'] },
    ai: { env_allow: ['MY_TOKEN', 'PASS_PHRASE'] },
    before: [{ id: 'script', name: 'Print', type: 'AUTOMATED_SCRIPT', task_detail_file: 'tasks/script.yaml' }],
    detail: { output_artifact: 'out.txt', expects: [{ file: 'out.txt', matches: 'good' }] },
    details: {
      input_context: { token: { env: 'MY_TOKEN' }, word: { env: 'PASS_PHRASE' } },
      fallback_prompt_template: FALLBACK,
      max_attempts: 3,
    },
    files: {
      'tasks/script.yaml': `id: script\ntype: AUTOMATED_SCRIPT\nscript_details: 'printf "%s" "$MY_TOKEN"; printf "%s" "$MY_TOKEN" | base64 >&2; echo "$OPENAI_API_KEY" | cut -c1-9 | tr -d "\\n"; echo "$OPENAI_API_KEY" | cut -c10-'\n`,
      'prompt_templates/draft.md': 'Use {{ token }} and {{ word }}.\n',
    },
  });
  const env = { ...serverVariables(server), MY_TOKEN: TOKEN, PASS_PHRASE: WORD };
  server.enqueue(
    streamed(['bad ', KEY.slice(0, 6), KEY.slice(6), ` ${JSON.stringify({ TOKEN })}`]),
    streamed(`worse ${encodeURIComponent(TOKEN)}`),
    streamed(['good ', WORD.slice(0, 3), WORD.slice(3)]),
  );
  const accepted = await project.run(['run', '--yes', '--allow-secrets'], { env });
  expect(accepted.code).toBe(0);
  expect(server.requests[0]?.body.messages[0]?.content).toBe(`Use ${TOKEN} and ${WORD}.\n`);
  expect(accepted.stderr).toContain('out.txt holds the value of PASS_PHRASE');
  expect(await project.read('out.txt')).toBe(`good ${WORD}\n`);

  await project.remove('out.txt');
  await project.run(['reset', 'draft'], { env });
  server.enqueue(rejected(401, { message: `Incorrect API key provided: ${KEY}` }));
  const refused = await project.run(['run', '--yes', '--allow-secrets'], { env });
  expect(refused.stderr).toContain('Incorrect API key provided: [OPENAI_API_KEY]');
  const shown = await Promise.all([
    project.run(['status'], { env }),
    project.run(['show', 'draft'], { env }),
    project.run(['logs', '--json'], { env }),
  ]);

  expect(accepted.stdout).toContain('[MY_TOKEN]');
  expect(accepted.stderr).toContain('bad [OPENAI_API_KEY]');
  expect(callsOf(project)[0]).toMatchObject({ prompt_text: 'Use [MY_TOKEN] and [PASS_PHRASE].\n' });
  const outputs = [accepted, refused, ...shown].map(({ stdout, stderr }) => stdout + stderr);
  const files = (await project.list()).map((name) => readFileSync(path.join(project.dir, name), 'latin1'));
  for (const secret of forms) {
    expect([...outputs, ...files].filter((text) => text.includes(secret))).toEqual([]);
  }
  expect((await detailOf(project)).issues?.map((issue) => issue.type)).toContain('GENERATION_ERROR');
});
