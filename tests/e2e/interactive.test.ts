// A person at a terminal: manual steps, the halt after an error, what is sent and where, the pasted answer.
import { describe, expect, test } from 'vitest';
import {
  answer,
  callsOf,
  createAiProject,
  detailOf,
  KEY,
  occurrences,
  serverVariables,
  statusOf,
  words,
} from '../rig/ai-project.ts';
import { startModelServer, streamed } from '../rig/model-server.ts';
import { createProject } from '../rig/project.ts';

const MANUAL = {
  'runbook.yaml': `tasks:
  - {id: read, name: Read the draft, type: MANUAL, task_detail_file: tasks/read.yaml}
  - {id: publish, name: Publish it, type: MANUAL, depends_on: [read]}
`,
  'tasks/read.yaml': `id: read
type: MANUAL
description: Somebody else than the author reads it, from the first line to the last, and says aloud what is not understood.
manual_instructions:
  - Open draft.md.
  - Read it to the end, with a pencil in the hand, and mark each sentence that you had to read for a second time.
`,
};

describe('a manual step', () => {
  test('is shown once, explains its answers to a wrong key, and is done with y', async () => {
    await using project = await createProject(MANUAL);
    await using terminal = await project.terminal(['next']);
    await terminal.waitFor('? Is it done?');
    expect(terminal.screen()).toBe(`
▸ Read the draft (read · MANUAL)
  Somebody else than the author reads it, from the first line to the last, and
  says aloud what is not understood.

   1. Open draft.md.
   2. Read it to the end, with a pencil in the hand, and mark each sentence that
      you had to read for a second time.

  y done   n done, with a note   e error   s skip   q quit, later
? Is it done?`);
    terminal.type('x\r');
    await terminal.waitFor('"x" is none of the answers');
    await terminal.waitForScreen('y (done), n (done, with a note), e (error), s');
    terminal.key('backspace');
    terminal.type('y\r');
    expect(await terminal.exit).toEqual({ code: 0, signal: null });
    expect(terminal.screen()).toMatch(/✔ Is it done\? done\n✓ DONE read$/);
    expect(occurrences(terminal.screen(), 'pencil')).toBe(1);
    expect((await project.log()).slice(-4)).toMatchObject([
      { event_type: 'START_TASK', task_id: 'read', status_change: 'READY -> RUNNING', actor: 'person' },
      { event_type: 'MANUAL_ACTION', details: { answer: 'y', meaning: 'done' } },
      { event_type: 'COMPLETE_TASK', status_change: 'RUNNING -> DONE', actor: 'person' },
      { event_type: 'TASK_READY', task_id: 'publish' },
    ]);
    expect((await detailOf(project, 'read')).last_run).toMatchObject({ outcome: 'SUCCESS' });
  });

  test('keeps a note, a file or a link as evidence', async () => {
    await using project = await createProject(MANUAL);
    await using terminal = await project.terminal(['next']);
    await answer(terminal, 'Is it done?', 'n');
    await answer(terminal, 'Note, file or link:', 'notes/reading.md');
    expect(await terminal.exit).toMatchObject({ code: 0 });
    const done = (await project.log()).find((event) => event.event_type === 'COMPLETE_TASK');
    expect(done).toMatchObject({ details: { note: 'notes/reading.md' } });
  });

  test('is failed with a reason, and says where to edit and what retries it', async () => {
    await using project = await createProject(MANUAL);
    await using terminal = await project.terminal(['next']);
    await answer(terminal, 'Is it done?', 'e');
    await answer(terminal, 'What is in the way?', 'the draft is lost');
    expect(await terminal.exit).toMatchObject({ code: 1 });
    expect(terminal.screen()).toMatch(
      /✗ ERROR read\n {2}the draft is lost\n {2}→ mend it \(tasks\/read\.yaml:\d+:\d+\), then: orchestrate retry read$/,
    );
    expect(await detailOf(project, 'read')).toMatchObject({
      status: 'ERROR',
      last_run: { outcome: 'FAILURE' },
      issues: [{ type: 'MANUAL_BLOCKER', detail: 'the draft is lost', resolution: null }],
    });
  });

  test('is skipped with s, and what stays blocked is told with the command that frees it', async () => {
    await using project = await createProject(MANUAL);
    await using terminal = await project.terminal(['next']);
    await answer(terminal, 'Is it done?', 's');
    expect(await terminal.exit).toMatchObject({ code: 0 });
    expect(terminal.screen()).toContain(`– SKIPPED read
warning: publish stays blocked, because read was skipped
  → to let it go on: orchestrate skip read --unblock`);
    expect([await statusOf(project, 'read'), await statusOf(project, 'publish')]).toEqual(['SKIPPED', undefined]);
  });

  test('is put off with q and asked again the next time', async () => {
    await using project = await createProject(MANUAL);
    await using first = await project.terminal(['next']);
    await answer(first, 'Is it done?', 'q');
    expect(await first.exit).toMatchObject({ code: 3 });
    expect(await statusOf(project, 'read')).toBe('READY');
    expect((await project.log()).at(-1)).toMatchObject({
      event_type: 'TASK_RELEASED',
      status_change: 'RUNNING -> READY',
    });
    await using second = await project.terminal(['next']);
    await answer(second, 'Is it done?', 'done');
    expect(await second.exit).toMatchObject({ code: 0 });
    expect(await statusOf(project, 'read')).toBe('DONE');
  });

  test('is not done while what it expects is not there', async () => {
    await using project = await createProject(MANUAL);
    await project.write('tasks/read.yaml', 'id: read\ntype: MANUAL\nexpects: [{file: notes.md}]\n');
    await using terminal = await project.terminal(['next']);
    await answer(terminal, 'Is it done?', 'y');
    await terminal.waitFor('✗ notes.md does not exist');
    await terminal.waitFor('? Is it done?');
    await project.write('notes.md', 'read\n');
    terminal.type('y\r');
    expect(await terminal.exit).toMatchObject({ code: 0 });
    expect((await project.log()).findLast((event) => event.event_type === 'COMPLETE_TASK')).toMatchObject({
      details: { evidence: [{ label: 'notes.md exists and is not empty', ok: true }] },
    });
  });
});

describe('the halt after an error', () => {
  const FAILING = {
    'runbook.yaml': `tasks:
  - {id: build, name: Build it, type: AUTOMATED_SCRIPT, task_detail_file: tasks/build.yaml}
  - {id: tell, name: Tell the others, type: AUTOMATED_SCRIPT, task_detail_file: tasks/tell.yaml, depends_on: [build], allow_skipped: true}
`,
    'tasks/build.yaml': 'id: build\ntype: AUTOMATED_SCRIPT\nstatus: PENDING\nscript_details: test -e input\n',
    'tasks/tell.yaml': 'id: tell\ntype: AUTOMATED_SCRIPT\nstatus: PENDING\nscript_details: echo told\n',
  };

  test('r tries it again, and goes on when it holds', async () => {
    await using project = await createProject(FAILING);
    await using terminal = await project.terminal(['run']);
    await terminal.waitFor('? What now?');
    expect(occurrences(terminal.screen(), 'ended with exit code 1')).toBe(1);
    await project.write('input', 'x');
    terminal.type('r\r');
    expect(await terminal.exit).toMatchObject({ code: 0 });
    expect(terminal.screen()).toMatch(/✓ DONE build.*told\n✓ DONE tell.*All done: 3 tasks in this run\.$/s);
    expect((await detailOf(project, 'build')).issues).toMatchObject([{ type: 'SCRIPT_ERROR', resolution: 'Retried' }]);
  });

  test('s passes over it', async () => {
    await using project = await createProject(FAILING);
    await using terminal = await project.terminal(['run']);
    await answer(terminal, 'What now?', 's');
    expect(await terminal.exit).toMatchObject({ code: 0 });
    expect([await statusOf(project, 'build'), await statusOf(project, 'tell')]).toEqual(['SKIPPED', 'DONE']);
    expect((await detailOf(project, 'build')).issues).toMatchObject([{ resolution: 'Skipped' }]);
  });

  test('q leaves it; the next run names task, issue and place before it asks, and nothing twice', async () => {
    await using project = await createProject(FAILING);
    await using first = await project.terminal(['run']);
    await answer(first, 'What now?', 'q');
    expect(await first.exit).toMatchObject({ code: 1 });
    await using second = await project.terminal(['next']);
    await answer(second, 'What now?', 'q');
    expect(await second.exit).toMatchObject({ code: 1 });
    expect(second.screen()).toBe(`
✗ stopped: build (Build it) is in ERROR
  "test -e input" ended with exit code 1; its output is in
  logs/tasks/build/1.log
  → mend it (tasks/build.yaml:3:9), then answer r; or later: orchestrate retry
    build

  r retry   s skip   q quit
✔ What now? quit`);
    expect(await statusOf(project, 'build')).toBe('ERROR');
  });
});

test('-q leaves out all but what a person must see to answer', async () => {
  await using server = await startModelServer();
  await using project = await createAiProject({
    before: [{ id: 'build', name: 'Build it', type: 'AUTOMATED_SCRIPT', task_detail_file: 'tasks/build.yaml' }],
    detail: { output_artifact: 'a.txt' },
    after: [{ id: 'read', name: 'Read it', type: 'MANUAL', depends_on: ['draft'] }],
    files: { 'tasks/build.yaml': 'id: build\ntype: AUTOMATED_SCRIPT\nscript_details: echo built\n' },
  });
  server.enqueue(streamed('Text.'));
  await using terminal = await project.terminal(['run', '-q'], { env: serverVariables(server) });
  await answer(terminal, 'Accept it?', 'y');
  await answer(terminal, 'Is it done?', 'y');
  expect(await terminal.exit).toMatchObject({ code: 0 });
  expect(terminal.screen()).toBe(`built

▸ Draft the text (draft · AI_ASSISTED)

a.txt (new)
  Text.

  y accept   r retry   m edit, then accept   e error   s skip   q quit, later
✔ Accept it? accept

▸ Read it (read · MANUAL)

  y done   n done, with a note   e error   s skip   q quit, later
✔ Is it done? done`);
});

describe('confirm_send', () => {
  const CONFIRM = { ai: { confirm_send: true } };

  test('p shows the prompt, m edits it, y sends it as edited; the answer is found again without a new call', async () => {
    await using server = await startModelServer();
    await using project = await createAiProject({
      ...CONFIRM,
      files: { 'editor.sh': 'echo "And keep it short." >> "$1"\n' },
    });
    const env = { ...serverVariables(server), EDITOR: 'sh editor.sh' };
    await using terminal = await project.terminal(['next'], { env });
    await terminal.waitFor('openai · test-model · about 7 tokens to send');
    await answer(terminal, 'Send it?', 'p');
    await terminal.waitFor('Write for Draft the text.');
    await answer(terminal, 'Send it?', 'm');
    await terminal.waitFor('about 12 tokens to send');
    server.enqueue(streamed('Short.'));
    await answer(terminal, 'Send it?', 'y');
    await answer(terminal, 'Accept it?', 'q');
    expect(await terminal.exit).toMatchObject({ code: 3 });
    const sent = 'Write for Draft the text.\nAnd keep it short.\n';
    expect(server.requests.map(({ body }) => body.messages)).toEqual([[{ role: 'user', content: sent }]]);
    expect(callsOf(project)).toMatchObject([{ prompt_text: sent, output: 'Short.' }]);

    await using again = await project.terminal(['next'], { env });
    await again.waitFor('not reviewed yet: no new call is made');
    await answer(again, 'Accept it?', 'y');
    expect(await again.exit).toMatchObject({ code: 0 });
    expect(server.requests).toHaveLength(1);
  });

  test('q sends nothing', async () => {
    await using server = await startModelServer();
    await using project = await createAiProject(CONFIRM);
    await using terminal = await project.terminal(['next'], { env: serverVariables(server) });
    await answer(terminal, 'Send it?', 'q');
    expect(await terminal.exit).toMatchObject({ code: 3 });
    expect([server.requests.length, callsOf(project).length, await statusOf(project)]).toEqual([0, 0, 'READY']);
  });
});

test('paste shows the prompt and takes an answer of many lines, blank ones too', async () => {
  await using project = await createAiProject({ detail: { output_artifact: 'text.md' } });
  await using terminal = await project.terminal(['next']);
  await terminal.waitFor('Write for Draft the text.');
  await terminal.waitFor('a line that holds only a full stop');
  terminal.type('First line.\r\rThird line.\r.\r');
  await terminal.waitFor('text.md (new; as shown above)');
  await answer(terminal, 'Accept it?', 'y');
  expect(await terminal.exit).toMatchObject({ code: 0 });
  expect(await project.read('text.md')).toBe('First line.\n\nThird line.\n');
  expect(callsOf(project)).toMatchObject([{ status: 'complete', finish_reason: 'pasted', cost_usd: null }]);
});

describe('a server that only the runbook names', () => {
  test('gets the key after a yes, which is kept in the user configuration and asked for once', async () => {
    await using server = await startModelServer();
    await using project = await createAiProject({ ai: { base_url: server.url } });
    server.answerWith(() => streamed('Fine.'));
    const env = { OPENAI_API_KEY: KEY };
    await using first = await project.terminal(['next'], { env });
    const host = new URL(server.url).host;
    await first.waitFor(words(`The key of your environment would go to ${host}, which only runbook.yaml names.`));
    await answer(first, 'Send it there, now and later?', 'y');
    await answer(first, 'Accept it?', 'e');
    await answer(first, 'What is wrong with it?', 'all');
    await first.exit;
    expect(JSON.parse(await project.read('../home/.config/orchestrate/trusted-hosts.json'))).toEqual([host]);
    expect(server.requests[0]?.headers.authorization).toBe(`Bearer ${KEY}`);
    await project.run(['retry', 'draft']);
    await using second = await project.terminal(['next'], { env });
    await answer(second, 'Accept it?', 'y');
    expect(await second.exit).toMatchObject({ code: 0 });
    expect(second.text()).not.toContain('would go to');
  });

  test('gets nothing after a no', async () => {
    await using server = await startModelServer();
    await using project = await createAiProject({ ai: { base_url: server.url } });
    await using terminal = await project.terminal(['next'], { env: { OPENAI_API_KEY: KEY } });
    await answer(terminal, 'Send it there, now and later?', 'n');
    expect(await terminal.exit).toMatchObject({ code: 3 });
    expect([server.requests.length, await statusOf(project)]).toEqual([0, 'READY']);
  });
});
