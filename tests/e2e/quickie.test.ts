// `orchestrate quickie` from the command line to the answer on stdout and the row in the history.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { callsOf, KEY, promptSources, serverVariables } from '../rig/ai-project.ts';
import { startModelServer, streamed } from '../rig/model-server.ts';
import { createProject, type Project } from '../rig/project.ts';

const QUICKIES = {
  commit: {
    description: 'A commit message',
    model: 'default:small',
    prompt: '@system/commit.md',
    input_schema: { diff: { type: 'string', description: 'the diff' } },
    output_schema: { message: { type: 'string', description: 'the message' } },
  },
  say: {
    prompt: 'Say {{ word }}{% if tone %} in {{ tone }}{% endif %}.',
    input_schema: {
      word: { type: 'string' },
      tone: { type: 'string', enum: ['loud', 'soft'], required: false },
      times: { type: 'integer', default: 1 },
      picture: { type: 'blob', required: false },
    },
    config: { max_tokens: 50, stop_sequences: ['END'], temperature: 0 },
  },
};
const PROMPT = 'Write for: {{ diff }}\n';
const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

function quickieProject(files: Readonly<Record<string, string | Uint8Array>> = {}): Promise<Project> {
  return createProject({
    'runbook.yaml': 'ai: {model: test-model}\ntasks:\n  - {id: a, name: A, type: MANUAL}\n',
    'config/quickie_templates.yaml': stringify({ quickie_templates: QUICKIES }),
    'config/models.yaml': 'aliases: {"default:small": small-model}\n',
    'prompt_templates/system/commit.md': PROMPT,
    ...files,
  });
}

describe.concurrent('quickie', () => {
  test('the answer alone is on stdout, and the row has every column of S000', async ({ expect }) => {
    await using server = await startModelServer();
    await using project = await quickieProject();
    server.enqueue(streamed('{"message": "Mend {{ it }}"}', { usage: { prompt: 9, completion: 3 } }));
    const { code, stdout, stderr } = await project.run(['quickie', 'run', 'commit', '--meta', 'hook=pre'], {
      env: serverVariables(server),
      stdin: '+ {{ evil }} {% raw %}\n',
    });
    expect({ code, stdout }, stderr).toEqual({ code: 0, stdout: 'Mend {{ it }}\n' });
    expect(stderr).toMatch(/^[0-9a-f]{8} · test-model · 9 \+ 3 tokens · cost unknown · /);
    const sent = server.requests[0]?.body;
    expect(sent).toMatchObject({ model: 'small-model', temperature: 0.7 });
    expect(sent?.messages).toEqual([{ role: 'user', content: 'Write for: + {{ evil }} {% raw %}\n\n' }]);
    const [row, second] = callsOf(project);
    expect(second).toBeUndefined();
    const hash = createHash('md5').update(PROMPT).digest('hex');
    expect(row).toMatchObject({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      source: 'quickie',
      template_name: 'commit',
      prompt_text: 'Write for: + {{ evil }} {% raw %}\n\n',
      prompt_hash: hash,
      input_params: JSON.stringify({ diff: '+ {{ evil }} {% raw %}\n' }),
      output: '{"message": "Mend {{ it }}"}',
      status: 'complete',
      error: null,
      model: 'small-model',
    });
    expect(JSON.parse(String(row?.['metadata']))).toEqual({ hook: 'pre', provider: 'openai', alias: 'default:small' });
    expect(promptSources(project)).toEqual([{ prompt_hash: row?.['prompt_hash'], source: PROMPT }]);
    const shown = await project.run(['quickie', 'show', String(row?.['id']), '--json']);
    expect(JSON.parse(shown.stdout)).toMatchObject({
      schema_version: 1,
      quickie: { output: { message: 'Mend {{ it }}' }, template_text: PROMPT, metadata: { hook: 'pre' } },
    });
  });

  test('everything that is wrong with the inputs is told at once, and nothing is changed', async ({ expect }) => {
    await using project = await quickieProject({ 'binary.bin': new Uint8Array([1, 0, 2]) });
    const before = await project.snapshot();
    const params = [
      'wrod=x',
      '__proto__=x',
      'tone=lound',
      'times=1.5',
      'picture=text',
      'word=@nowhere.txt',
      'word=@binary.bin',
      'bare',
    ];
    const { code, stdout, stderr } = await project.run([
      'quickie',
      'run',
      'say',
      ...params.flatMap((each) => ['-p', each]),
    ]);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain('there is no input "wrod"\n  → did you mean "word"?');
    expect(stderr).toContain('there is no input "__proto__"');
    expect(stderr).toContain(
      'the input "tone" must be a string, one of: loud, soft; not "lound"\n  → did you mean "loud"?',
    );
    expect(stderr).toContain('the input "times" must be an integer; not "1.5"');
    expect(stderr).toContain('the input "picture" must be a blob; it is to be given as a file');
    expect(stderr).toContain('the input "word": nowhere.txt does not exist');
    expect(stderr).toContain('the input "word" is given twice');
    expect(stderr).toContain('-p bare names no input');
    expect(stderr).toContain('8 errors');
    const binary = await project.run(['quickie', 'run', 'say', '-p', 'word=@binary.bin']);
    expect(binary.stderr).toContain('the input "word" must be a string; this is binary data (a zero byte at offset 1)');
    expect(await project.snapshot()).toEqual(before);
  });

  test('files, images, JSON and a literal @ become the request, and --dry-run shows it without sending', async ({
    expect,
  }) => {
    await using project = await quickieProject({
      'dot.png': PNG,
      'in.json': JSON.stringify({ word: '@me', tone: 'soft', picture: { file: 'dot.png' } }),
    });
    const dry = (...args: string[]) => project.run(['quickie', 'run', 'say', ...args, '--dry-run', '--json']);
    const fromJson = JSON.parse((await dry('in.json', '-p', 'word=@@you')).stdout);
    expect(fromJson.request).toEqual({
      model: 'test-model',
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'Say @you in soft.' },
            { type: 'image_url', image_url: { url: `data:image/png;base64,${PNG.toString('base64')}` } },
          ],
        },
      ],
      temperature: 0,
      max_tokens: 50,
      stop: ['END'],
      stream: true,
      stream_options: { include_usage: true },
    });
    expect(fromJson).toMatchObject({ provider: null, estimate: { prompt_usd: null } });
    const text = await project.run(['quickie', 'run', 'say', '-p', 'word=x', '-m', 'gpt-4o-mini', '--dry-run']);
    expect(text.code).toBe(0);
    expect(text.stdout).toMatch(/About \d+ tokens to send: \$0\.\d+ for them, at most \$0\.\d+ with the answer/);
    expect(await project.exists('.orchestrate/history.db')).toBe(false);
  });

  test('stdin is not read where nothing is missing, and an open pipe that is silent ends in exit 2', async ({
    expect,
  }) => {
    await using server = await startModelServer();
    await using project = await quickieProject();
    server.enqueue(streamed('x'));
    const given = project.start(['quickie', 'run', 'say', '-p', 'word=x', '-q'], {
      stdin: 'open',
      env: serverVariables(server),
    });
    expect(await given.done).toMatchObject({ code: 0, stdout: 'x\n', stderr: '' });
    const silent = project.start(['quickie', 'run', 'say'], { stdin: 'open', env: serverVariables(server) });
    const { code, stderr } = await silent.done;
    expect(code).toBe(2);
    expect(stderr).toContain('Waiting for "word" on stdin.');
    expect(stderr).toContain('nothing came on stdin for 10 seconds');
    const empty = await project.run(['quickie', 'run', 'say'], { stdin: '' });
    expect([empty.code, empty.stderr]).toEqual([
      2,
      expect.stringContaining('the input "word" is missing, and stdin is empty'),
    ]);
    expect(server.requests).toHaveLength(1);
  });

  test('--no-track leaves a cost line and not a word', async ({ expect }) => {
    await using server = await startModelServer();
    await using project = await quickieProject();
    server.enqueue(streamed('the hush-hush answer', { usage: { prompt: 5, completion: 2 } }));
    const { code, stdout } = await project.run(['quickie', 'run', 'say', '-p', 'word=hushword', '--no-track'], {
      env: serverVariables(server),
    });
    expect([code, stdout]).toEqual([0, 'the hush-hush answer\n']);
    expect(callsOf(project)).toMatchObject([
      {
        status: 'complete',
        prompt_text: '',
        input_params: '{}',
        output: null,
        request: null,
        prompt_tokens: 5,
        deleted_at: expect.any(String),
      },
    ]);
    expect(promptSources(project)).toEqual([]);
    for (const file of (await project.list()).filter((name) => name.startsWith('.orchestrate/history')))
      expect(readFileSync(path.join(project.dir, file)).includes('hush')).toBe(false);
    expect((await project.run(['quickie', 'list'])).stdout).toBe('');
  });

  test('--later keeps it pending; run-pending asks it under the same id, also where it takes two questions', async ({
    expect,
  }) => {
    await using server = await startModelServer();
    await using project = await quickieProject();
    const env = serverVariables(server);
    const kept = await project.run(['quickie', 'run', 'commit', '-p', 'diff=x', '--later']);
    const id = kept.stdout.trim();
    expect(callsOf(project)).toMatchObject([
      { id, status: 'pending', model: 'default:small', output: null, prompt_text: 'Write for: x\n' },
    ]);
    expect(server.requests).toEqual([]);
    const waits = await project.run(['quickie', 'run-pending', id.slice(0, 8)]);
    expect([waits.code, callsOf(project)[0]?.status]).toEqual([3, 'pending']);
    expect((await project.run(['quickie', 'rerun', id.slice(0, 8)], { env })).stderr).toContain('was not asked yet');
    await project.write('config/quickie_templates.yaml', 'quickie_templates: {}\n');
    server.enqueue(streamed('no JSON'), streamed('{"message": "Done"}'));
    const ran = await project.run(['quickie', 'run-pending', id.slice(0, 8)], { env });
    expect([ran.code, ran.stdout]).toEqual([0, 'Done\n']);
    expect(callsOf(project)).toMatchObject([
      { status: 'error', error: expect.stringContaining('the answer is not what was asked for'), output: 'no JSON' },
      { id, status: 'complete', output: '{"message": "Done"}', model: 'small-model' },
    ]);
    expect((await project.run(['quickie', 'run-pending'], { env })).stderr).toBe('No quickie waits.\n');
  });

  test('two run-pending at once share what waits: nothing is asked twice, and neither fails', async ({ expect }) => {
    await using server = await startModelServer();
    await using project = await quickieProject();
    const env = serverVariables(server);
    for (const word of ['one', 'two', 'three'])
      await project.run(['quickie', 'run', 'say', '-p', `word=${word}`, '--later']);
    server.answerWith(() => streamed('said'));
    const ends = await Promise.all([0, 1].map(() => project.run(['quickie', 'run-pending'], { env })));
    expect(ends.map(({ code }) => code)).toEqual([0, 0]);
    const asked = server.requests.map(({ body }) => body.messages[0]?.content);
    expect([asked.length, new Set(asked)]).toEqual([3, new Set(['Say one.', 'Say two.', 'Say three.'])]);
    expect(callsOf(project).map(({ status }) => status)).toEqual(['complete', 'complete', 'complete']);
  });

  test('rerun asks the same again, or the present template with the inputs of then', async ({ expect }) => {
    await using server = await startModelServer();
    await using project = await quickieProject();
    const env = serverVariables(server);
    server.answerWith(() => streamed('{"message": "m"}'));
    await project.run(['quickie', 'run', 'commit', '-p', 'diff=d'], { env });
    const id = String(callsOf(project)[0]?.['id']);
    await project.write('prompt_templates/system/commit.md', 'New: {{ diff }}');
    const again = await project.run(['quickie', 'rerun', id.slice(0, 8), '--model', 'other'], { env });
    expect([again.code, again.stdout]).toEqual([0, 'm\n']);
    await project.run(['quickie', 'rerun', id.slice(0, 8), '--with-current-template'], { env });
    expect(server.requests.map(({ body }) => [body.model, body.messages[0]?.content])).toEqual([
      ['small-model', 'Write for: d\n'],
      ['other', 'Write for: d\n'],
      ['small-model', 'New: d'],
    ]);
    const [first, second, third] = callsOf(project);
    expect(second?.['prompt_hash']).toBe(first?.['prompt_hash']);
    expect(third?.['prompt_hash']).not.toBe(first?.['prompt_hash']);
    expect(JSON.parse(String(second?.['metadata']))).toMatchObject({ rerun_of: id });
    const list = JSON.parse((await project.run(['quickie', 'list', '--json', '--limit', '2'])).stdout);
    expect([list.quickies.length, list.more, list.quickies[0].template_name]).toEqual([2, true, 'commit']);
    const stats = JSON.parse((await project.run(['quickie', 'stats', '--json'])).stdout).stats;
    expect(
      stats.map(({ by, groups }: { by: string; groups: { calls: number }[] }) => [
        by,
        groups.map(({ calls }) => calls),
      ]),
    ).toEqual([
      ['template', [3]],
      ['hash', [2, 1]],
      ['model', [3]],
    ]);
  });

  test('outside of a project the templates and the history of the user serve; inside, the project wins', async ({
    expect,
  }) => {
    await using server = await startModelServer();
    await using project = await createProject({
      '../home/.config/orchestrate/quickie_templates.yaml': stringify({
        quickie_templates: {
          say: { model: 'default:mine', prompt: 'Mine: {{ word }}', input_schema: { word: { type: 'string' } } },
          own: { model: 'mine', prompt: '@own.md' },
        },
      }),
      '../home/.config/orchestrate/prompt_templates/own.md': 'Own.',
      '../home/.config/orchestrate/models.yaml': 'aliases: {"default:mine": mine}\n',
    });
    const env = serverVariables(server);
    server.answerWith(() => streamed('yes'));
    expect(await project.run(['quickie', 'run', 'say', '-p', 'word=x'], { env })).toMatchObject({
      code: 0,
      stdout: 'yes\n',
    });
    expect((await project.run(['quickie', 'list'])).stdout).toContain(' say ');
    expect(await project.list()).toEqual([]);
    expect((await project.run(['validate'])).stdout).toBe('✓ 2 quickies, no errors\n');
    await project.write('runbook.yaml', 'ai: {model: test-model}\ntasks:\n  - {id: a, name: A, type: MANUAL}\n');
    await project.write('config/quickie_templates.yaml', stringify({ quickie_templates: QUICKIES }));
    await project.run(['quickie', 'run', 'say', '-p', 'word=x'], { env });
    await project.run(['quickie', 'run', 'own'], { env });
    expect(server.requests.map(({ body }) => [body.model, body.messages[0]?.content])).toEqual([
      ['mine', 'Mine: x'],
      ['test-model', 'Say x.'],
      ['mine', 'Own.'],
    ]);
    expect(callsOf(project)).toHaveLength(2);
  });

  test('secrets stay here: not sent, not kept for later, not in the history', async ({ expect }) => {
    await using server = await startModelServer();
    await using project = await quickieProject();
    const env = serverVariables(server);
    const sent = await project.run(['quickie', 'run', 'say', '-p', `word=${KEY}`], { env });
    expect([sent.code, sent.stderr]).toEqual([
      3,
      expect.stringContaining('the prompt holds the value of OPENAI_API_KEY'),
    ]);
    const later = await project.run(['quickie', 'run', 'say', '-p', `word=${KEY}`, '--later'], { env });
    expect([later.code, later.stderr]).toEqual([3, expect.stringContaining('cannot be kept for later')]);
    expect([server.requests.length, callsOf(project).length]).toEqual([0, 0]);
  });

  test('an answer cannot steer the terminal, and a pipe gets it as it is', async ({ expect }) => {
    await using server = await startModelServer();
    await using project = await quickieProject();
    const env = serverVariables(server);
    server.answerWith(() => streamed('a\u001B[31mb'));
    expect((await project.run(['quickie', 'run', 'say', '-p', 'word=x'], { env })).stdout).toBe('a\u001B[31mb\n');
    const terminal = await project.terminal(['quickie', 'run', 'say', '-p', 'word=x'], { env });
    await terminal.waitFor('a␛[31mb');
    expect((await terminal.exit).code).toBe(0);
  });
});

test.skipIf(process.platform !== 'linux')('an answer that stdout cannot take is kept, and is no defect', async () => {
  await using server = await startModelServer();
  await using project = await quickieProject();
  server.enqueue(streamed('said'));
  const full = `const {spawn} = require('child_process'); const out = require('fs').openSync('/dev/full', 'w');
    spawn(process.execPath, process.argv.slice(1), {stdio: ['ignore', out, 'inherit']}).on('exit', (code) => process.exitCode = code);`;
  const { code, stderr } = await project.run(['quickie', 'run', 'say', '-p', 'word=x'], {
    env: serverVariables(server),
    program: ['-e', full, '--', path.resolve('bin/orchestrate.js')],
  });
  const [row] = callsOf(project);
  expect([code, stderr]).toEqual([
    1,
    `error: the answer cannot be written to stdout (ENOSPC)\n  → it is kept: orchestrate quickie show ${String(row?.['id']).slice(0, 8)}\n`,
  ]);
  expect(row).toMatchObject({ status: 'complete', output: 'said' });
});

test('a batch asks a quickie for each record, and takes from the history what it has asked before', async () => {
  await using server = await startModelServer();
  await using project = await quickieProject({
    'in.jsonl': '{"id": "x", "diff": "one {{ y }}"}\n{"diff": "two"}\n',
    'bad.csv': 'word,tone,times\n,lound,2\nx,soft,\n',
  });
  const env = serverVariables(server);
  server.answerWith(({ body }) => {
    const said = JSON.stringify(body.messages);
    // The second record never gets what it was asked for.
    return streamed(said.includes('two') ? 'no JSON' : '{"message": "m"}');
  });
  const bad = await project.run(['quickie', 'batch', 'say', '--inputs', 'bad.csv'], { env });
  expect([bad.code, server.requests.length]).toEqual([2, 0]);
  expect(bad.stderr).toMatch(/bad\.csv:2: error: the input "word" \(a string\) is missing/);
  expect(bad.stderr).toContain('one of: loud, soft; not "lound"');
  const args = ['quickie', 'batch', 'commit', '--inputs', 'in.jsonl'];
  const first = await project.run(args, { env });
  expect(first.code, first.stderr).toBe(1);
  const results = first.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);
  expect(results).toMatchObject([
    { index: 1, id: 'x', status: 'complete', output: { message: 'm' } },
    { index: 2, status: 'error', output: 'no JSON', error: expect.stringMatching(/^misfit: /) },
  ]);
  expect(server.requests).toHaveLength(3);
  expect(callsOf(project).map(({ source, template_name: name, status }) => [source, name, status])).toEqual(
    expect.arrayContaining([
      ['quickie', 'commit', 'complete'],
      ['quickie', 'commit', 'error'],
      ['quickie', 'commit', 'error'],
    ]),
  );
  const again = await project.run(args, { env });
  expect([again.stdout, server.requests.length]).toEqual([first.stdout, 3]);
});

test('a task asks by a quickie, and its answer is reviewed like any other', async () => {
  await using server = await startModelServer();
  await using project = await quickieProject({
    'runbook.yaml':
      'ai: {model: test-model}\ntasks:\n  - {id: note, name: Note, type: AI_ASSISTED, task_detail_file: tasks/note.yaml}\n',
    'tasks/note.yaml': stringify({
      id: 'note',
      ai_details: { quickie: 'commit', input_context: { diff: { file: 'change.diff' } } },
      output_artifact: 'note.txt',
    }),
    'change.diff': '+ line\n',
  });
  server.enqueue(streamed('{"message": "Add a line"}'));
  const ran = await project.run(['next'], { env: serverVariables(server) });
  expect(ran.code, ran.stderr).toBe(3);
  expect(server.requests[0]?.body).toMatchObject({
    model: 'small-model',
    messages: [{ role: 'user', content: 'Write for: + line\n\n' }],
    response_format: { json_schema: { name: 'commit' } },
  });
  expect((await project.run(['review', 'note', '--accept'])).code).toBe(0);
  expect(await project.read('note.txt')).toBe('Add a line\n');
  expect(callsOf(project)).toMatchObject([{ source: 'task', template_name: 'commit', review: 'accepted' }]);
});

test('validate tells everything that is wrong with the templates, each with its place', async () => {
  await using project = await quickieProject({
    'config/quickie_templates.yaml': `quickie_templates:
  a:
    prompt: x
    input_schema: { n: { type: text } }
  b:
    promt: x
  c:
    prompt: "@../../etc/passwd"
  d:
    model: default:large
    prompt: "{{ word }}"
    input_schema: { word: { type: string }, unused: { type: string, required: false } }
    output_schema: { o: { type: integer } }
    examples:
      - { input: { wrd: x }, output: { o: text } }
  e:
    prompt: |
      First line.
      Say {{ wrod }} {{ x }}.
    input_schema:
      word: { type: string }
      x: { type: integer, default: many }
`,
  });
  const found = JSON.parse((await project.run(['validate', '--json'])).stdout);
  const told = found.problems.map(
    (each: Record<string, unknown>) =>
      `${String(each['line'])}: ${String(each['severity'])}: ${String(each['message'])}`,
  );
  expect(told).toEqual([
    expect.stringContaining('4: error: "quickie_templates.a.input_schema.n.type" must be string, integer'),
    '6: error: unknown key "promt"',
    '8: error: the prompt of "c" leads outside prompt_templates/: @../../etc/passwd',
    '10: error: the model "default:large" is an alias that config/models.yaml does not define',
    '12: warning: the input "unused" is declared, and the prompt does not use it',
    '15: error: example 1: the input "word" (a string) is missing',
    '15: error: example 1: there is no input "wrd"',
    '15: error: example 1: /o must be integer',
    '19: error: the template uses the variable "wrod", which nothing defines',
    '22: error: the default does not fit: the input "x" must be an integer; not "many"',
  ]);
  expect(found.valid).toBe(false);
});
