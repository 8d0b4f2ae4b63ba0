// A person at a terminal reviews what a model answered.
import { describe, expect, test } from 'vitest';
import {
  answer,
  callsOf,
  createAiProject,
  detailOf,
  FALLBACK,
  occurrences,
  serverVariables,
  statusOf,
  words,
} from '../rig/ai-project.ts';
import { startModelServer, streamed } from '../rig/model-server.ts';

const CODE = 'def one() -> int:\n    return 1';
const PYTHON = { details: { output_parser: 'python_code_block' }, detail: { output_artifact: 'src/one.py' } };
const fenced = (code: string): string => `\`\`\`python\n${code}\n\`\`\``;

describe('an answer', () => {
  test('is shown while it comes, once, with its size and the points to look at; y writes it', async () => {
    await using server = await startModelServer();
    await using project = await createAiProject({
      detail: { ...PYTHON.detail, description: 'The number one.' },
      details: { ...PYTHON.details, model: 'gpt-4o-mini', review_points: ['Are there type hints?', 'Is it one?'] },
    });
    await using terminal = await project.terminal(['next'], { env: serverVariables(server) });
    const pieces = ['Here it is:\n\n```py', `thon\n${CODE}\n`, '```\n'];
    server.enqueue(streamed(pieces, { usage: { prompt: 1200, completion: 300 }, delayMs: 60 }));
    await terminal.waitFor('? Accept it?');
    expect(terminal.screen().replace(/\d+ ms|\d\.\d s/, 'N ms')).toBe(`
▸ Draft the text (draft · AI_ASSISTED)
  The number one.
  openai · gpt-4o-mini · about 7 tokens to send, under $0.00001

Here it is:

\`\`\`python
${CODE}
\`\`\`

  N ms · 1200 + 300 tokens · $0.00036

src/one.py (new; lines 4 to 5 of the answer above)

Look at
  - Are there type hints?
  - Is it one?

  y accept   r retry   m edit, then accept   e error   s skip   q quit, later
? Accept it?`);
    expect(await statusOf(project)).toBe('RUNNING');
    expect(await project.exists('src/one.py')).toBe(false);
    terminal.type('y\r');
    expect(await terminal.exit).toMatchObject({ code: 0 });
    expect(await project.read('src/one.py')).toBe(`${CODE}\n`);
    expect((await detailOf(project)).last_run).toMatchObject({
      outcome: 'SUCCESS',
      llm_response: expect.stringContaining('Here it is:'),
      cost_estimate: 0.00036,
      attempts: 1,
    });
    expect(callsOf(project)).toMatchObject([{ status: 'complete', review: 'accepted' }]);
  });

  test('is compared with the file that is there', async () => {
    await using server = await startModelServer();
    await using project = await createAiProject({
      detail: { output_artifact: 'list.txt' },
      files: { 'list.txt': 'one\ntwo\nthree\n' },
    });
    server.answerWith(() => streamed('one\n2\nthree\n'));
    const env = serverVariables(server);
    await using first = await project.terminal(['next'], { env });
    await first.waitFor('list.txt (as shown above)\n  @@ -1,3 +1,3 @@\n   one\n  -two\n  +2\n   three\n');
    await answer(first, 'Accept it?', 'y');
    await first.exit;
    await project.run(['reset', 'draft']);
    await using second = await project.terminal(['next'], { env });
    await second.waitFor('list.txt (it holds just this already)');
  });

  test('cannot steer the terminal', async () => {
    await using server = await startModelServer();
    await using project = await createAiProject({ detail: { output_artifact: 'a.txt' } });
    server.enqueue(streamed(['up \x1b[2', 'A\x1b]0;title\x07 and \x1b', '[31mred \u202eback']));
    await using terminal = await project.terminal(['next'], { env: serverVariables(server) });
    await terminal.waitFor('up ␛[2A␛]0;title␇ and ␛[31mred �back');
    await terminal.waitFor('? Accept it?');
    expect(terminal.raw()).not.toContain('\x1b[2A\x1b]0;title');
  });
});

describe('r asks again', () => {
  test('with the fallback, which knows the answer and what was wrong; a quit then keeps the second answer', async () => {
    await using server = await startModelServer();
    await using project = await createAiProject({
      ...PYTHON,
      details: { ...PYTHON.details, fallback_prompt_template: FALLBACK },
    });
    const env = serverVariables(server);
    server.enqueue(streamed(fenced('one = 1')), streamed(fenced(CODE)));
    await using first = await project.terminal(['next'], { env });
    await answer(first, 'Accept it?', 'r');
    await answer(first, 'What should be different? (Enter for nothing)', 'Make it a function');
    await first.waitFor(/asking again with\s+prompt_templates\/again\.md/);
    await first.waitFor('attempt 2 · openai');
    await answer(first, 'Accept it?', 'q');
    expect(await first.exit).toMatchObject({ code: 3 });
    expect(server.requests[1]?.body.messages).toEqual([
      { role: 'user', content: `Once more. Before:\n${fenced('one = 1')}\nWrong with it: Make it a function\n` },
    ]);
    await using second = await project.terminal(['next'], { env });
    await second.waitFor('no new call is made');
    await second.waitFor(CODE.replaceAll(/^/gm, '  '));
    await answer(second, 'Accept it?', 'y');
    expect(await second.exit).toMatchObject({ code: 0 });
    expect(server.requests).toHaveLength(2);
    expect(await project.read('src/one.py')).toBe(`${CODE}\n`);
    expect(await detailOf(project)).toMatchObject({
      last_run: { outcome: 'SUCCESS', attempts: 2 },
      issues: [
        {
          type: 'VALIDATION_FAIL',
          detail: 'Make it a function',
          resolution: 'Retried with fallback prompt_templates/again.md',
        },
      ],
    });
    expect(callsOf(project)).toMatchObject([{ review: 'rejected' }, { review: 'accepted' }]);
  });

  test('with the same template where there is no fallback, and without a reason where none is given', async () => {
    await using server = await startModelServer();
    await using project = await createAiProject();
    server.answerWith(() => streamed('Text.'));
    await using terminal = await project.terminal(['next'], { env: serverVariables(server) });
    await answer(terminal, 'Accept it?', 'r');
    await answer(terminal, 'What should be different? (Enter for nothing)', '');
    await answer(terminal, 'Accept it?', 'y');
    expect(await terminal.exit).toMatchObject({ code: 0 });
    expect(server.requests.map(({ body }) => body.messages[0]?.content)).toEqual([
      'Write for Draft the text.\n',
      'Write for Draft the text.\n',
    ]);
    expect((await detailOf(project)).issues).toMatchObject([{ detail: 'rejected in review', resolution: 'Retried' }]);
  });
});

describe('m', () => {
  test('opens the editor on what would be written, and accepts what was saved', async () => {
    await using server = await startModelServer();
    await using project = await createAiProject({
      ...PYTHON,
      files: { 'my editor.sh': `case "$2" in *.py) echo '# by hand' >> "$2";; esac\necho "$1" > option\n` },
    });
    server.enqueue(streamed(fenced(CODE)));
    const env = { ...serverVariables(server), VISUAL: "sh 'my editor.sh' --wait", EDITOR: 'false' };
    await using terminal = await project.terminal(['next'], { env });
    await answer(terminal, 'Accept it?', 'm');
    expect(await terminal.exit).toMatchObject({ code: 0 });
    expect(await project.read('src/one.py')).toBe(`${CODE}\n# by hand\n`);
    expect(await project.read('option')).toBe('--wait\n');
    expect(callsOf(project)).toMatchObject([{ review: 'edited', output: fenced(CODE) }]);
    expect((await project.log()).at(-1)).toMatchObject({ details: { edited_by_hand: true } });
    expect(await project.snapshot().then((files) => Object.keys(files).filter((name) => name.includes('tmp')))).toEqual(
      [],
    );
  });

  test('says so when the editor fails, and asks again', async () => {
    await using server = await startModelServer();
    await using project = await createAiProject();
    server.enqueue(streamed('Text.'));
    const env = { ...serverVariables(server), EDITOR: 'no-such-editor' };
    await using terminal = await project.terminal(['next'], { env });
    await answer(terminal, 'Accept it?', 'm');
    await terminal.waitFor('"no-such-editor" ended with an error');
    await answer(terminal, 'Accept it?', 'y');
    expect(await terminal.exit).toMatchObject({ code: 0 });
    expect(callsOf(project)).toMatchObject([{ review: 'accepted' }]);
  });

  test('keeps the edited text when a check refuses it, so that it can be mended; no call is made for it', async () => {
    await using server = await startModelServer();
    await using project = await createAiProject({
      detail: { output_artifact: 'a.txt', expects: [{ file: 'a.txt', matches: '^one two$' }] },
      details: { max_attempts: 1 },
    });
    server.enqueue(streamed('one'));
    const env = { ...serverVariables(server), EDITOR: 'sed -i s/one/mended/' };
    await using terminal = await project.terminal(['next'], { env });
    await terminal.waitFor('✗ a.txt does not match /^one two$/');
    await answer(terminal, 'Accept it?', 'm');
    await terminal.waitFor('warning: it cannot be accepted like this');
    await answer(terminal, 'Accept it?', 'q');
    await terminal.exit;
    expect((await detailOf(project)).issues).toMatchObject([{ type: 'VALIDATION_FAIL', resolution: null }]);
    await using again = await project.terminal(['next'], { env: { ...env, EDITOR: 'sed -i "s/mended/one two/"' } });
    await again.waitFor(words('Your edited text of'));
    await answer(again, 'Accept it?', 'm');
    expect(await again.exit).toMatchObject({ code: 0 });
    expect(await project.read('a.txt')).toBe('one two\n');
    expect(server.requests).toHaveLength(1);
    expect((await detailOf(project)).issues).toMatchObject([{ type: 'VALIDATION_FAIL', resolution: 'Edited by hand' }]);
  });
});

test('e marks the task as failed with the reason; the next try makes a new call and says why', async () => {
  await using server = await startModelServer();
  await using project = await createAiProject();
  server.answerWith(() => streamed('Text.'));
  const env = serverVariables(server);
  await using first = await project.terminal(['next'], { env });
  await answer(first, 'Accept it?', 'e');
  await answer(first, 'What is wrong with it?', 'It is off the point');
  expect(await first.exit).toMatchObject({ code: 1 });
  expect(await detailOf(project)).toMatchObject({
    status: 'ERROR',
    issues: [{ type: 'GENERATION_ERROR', detail: 'It is off the point' }],
  });
  await using second = await project.terminal(['next'], { env });
  await answer(second, 'What now?', 'r');
  await second.waitFor(/the answer of \d{4}-\d\d-\d\d \d\d:\d\d was rejected: a new call is made/);
  await answer(second, 'Accept it?', 'y');
  expect(await second.exit).toMatchObject({ code: 0 });
  expect(server.requests).toHaveLength(2);
});

test('s skips the task and writes nothing', async () => {
  await using server = await startModelServer();
  await using project = await createAiProject({ detail: { output_artifact: 'a.txt' } });
  server.enqueue(streamed('Text.'));
  await using terminal = await project.terminal(['next'], { env: serverVariables(server) });
  await answer(terminal, 'Accept it?', 's');
  expect(await terminal.exit).toMatchObject({ code: 0 });
  expect([await statusOf(project), await project.exists('a.txt')]).toEqual(['SKIPPED', false]);
  expect(callsOf(project)).toMatchObject([{ review: 'skipped' }]);
});

test('q keeps the answer, which is reviewed the next time without a new call; a changed prompt is a new one, and says so', async () => {
  await using server = await startModelServer();
  await using project = await createAiProject({ details: { review_points: ['Is it short?'] } });
  server.answerWith(() => streamed('Text.'));
  const env = serverVariables(server);
  await using first = await project.terminal(['next'], { env });
  await answer(first, 'Accept it?', 'q');
  expect(await first.exit).toMatchObject({ code: 3 });
  expect(first.screen()).toMatch(/draft: the answer is kept for review\n.*orchestrate review draft$/);
  await using second = await project.terminal(['review', 'draft'], { env });
  await second.waitFor('no new call is made');
  await second.waitFor('Is it short?');
  await answer(second, 'Accept it?', 'q');
  await second.exit;
  expect(server.requests).toHaveLength(1);
  await project.write('prompt_templates/draft.md', 'Write shortly for {{ task.name }}.\n');
  await using third = await project.terminal(['next'], { env });
  await third.waitFor(words('was to a different prompt or model: a new call is made'));
  await answer(third, 'Accept it?', 'y');
  await third.exit;
  expect(server.requests).toHaveLength(2);
});

test('an edited text whose command check fails can be accepted as it is when the check holds', async () => {
  await using server = await startModelServer();
  await using project = await createAiProject({
    detail: { output_artifact: 'a.txt', expects: [{ command: 'test -e ready' }] },
  });
  server.enqueue(streamed('one'));
  const env = { ...serverVariables(server), EDITOR: 'sed -i s/one/two/' };
  await using terminal = await project.terminal(['next'], { env });
  await answer(terminal, 'Accept it?', 'm');
  await terminal.waitFor('warning: not accepted');
  await terminal.waitFor('? Accept it?');
  await project.write('ready', '');
  terminal.type('y\r');
  expect(await terminal.exit).toMatchObject({ code: 0 });
  expect(await project.read('a.txt')).toBe('two\n');
  expect(callsOf(project)).toMatchObject([{ review: 'edited' }]);
});

test('y whose command check fails puts the file back and asks again; r then tells the model what failed', async () => {
  await using server = await startModelServer();
  await using project = await createAiProject({
    detail: { output_artifact: 'a.txt', expects: [{ command: 'grep -q good a.txt' }] },
    details: { fallback_prompt_template: FALLBACK },
    files: { 'a.txt': 'former\n' },
  });
  server.enqueue(streamed('bad'), streamed('good'));
  await using terminal = await project.terminal(['next'], { env: serverVariables(server) });
  await answer(terminal, 'Accept it?', 'y');
  await terminal.waitFor('✗ "grep -q good a.txt" ended with exit code 1');
  await terminal.waitFor('warning: not accepted: a.txt is as it was before');
  await terminal.waitFor('? Accept it?');
  expect(await project.read('a.txt')).toBe('former\n');
  expect(occurrences(terminal.screen(), 'ended with exit code 1')).toBe(1);
  terminal.type('r\r');
  await answer(terminal, 'What should be different? (Enter for nothing)', '');
  await answer(terminal, 'Accept it?', 'y');
  expect(await terminal.exit).toMatchObject({ code: 0 });
  expect(server.requests[1]?.body.messages[0]?.content).toBe(
    'Once more. Before:\nbad\nWrong with it: "grep -q good a.txt" ended with exit code 1\n',
  );
  expect(await project.read('a.txt')).toBe('good\n');
});
