// A person who goes away: Ctrl-C at every prompt and during the work, SIGTERM, a terminal that is closed.
import { describe, expect, test, vi } from 'vitest';
import { answer, callsOf, createAiProject, detailOf, KEY, serverVariables, statusOf } from '../rig/ai-project.ts';
import { isRunning } from '../rig/leftovers.ts';
import { startModelServer, streamed } from '../rig/model-server.ts';
import { createProject, type Project } from '../rig/project.ts';
import type { Terminal } from '../rig/terminal.ts';

const MANUAL = {
  'runbook.yaml':
    'tasks:\n  - {id: draft, name: Read it, type: MANUAL, status: READY, task_detail_file: tasks/draft.yaml}\n',
  'tasks/draft.yaml': 'id: draft\ntype: MANUAL\nstatus: READY\n',
};

async function expectReleased(project: Project): Promise<void> {
  expect([await statusOf(project), (await detailOf(project)).status]).toEqual(['READY', 'READY']);
  expect((await project.log()).at(-1)).toMatchObject({
    event_type: 'TASK_RELEASED',
    task_id: 'draft',
    status_change: 'RUNNING -> READY',
  });
}

describe('Ctrl-C puts the task back to READY', () => {
  test.each<[string, (terminal: Terminal) => Promise<void>]>([
    ['whether it is done', async (terminal) => void (await terminal.waitFor('? Is it done?'))],
    [
      'for a note',
      async (terminal) => {
        await answer(terminal, 'Is it done?', 'n');
        await terminal.waitFor('? Note, file or link:');
        terminal.type('half a no');
      },
    ],
    [
      'for the reason of an error',
      async (terminal) => {
        await answer(terminal, 'Is it done?', 'e');
        await terminal.waitFor('? What is in the way?');
      },
    ],
  ])('when a manual step asks %s', async (_what, until) => {
    await using project = await createProject(MANUAL);
    await using terminal = await project.terminal(['next']);
    await until(terminal);
    terminal.key('ctrl-c');
    expect(await terminal.exit).toEqual({ code: 130, signal: null });
    expect(terminal.screen()).toMatch(/\n\ninterrupted: draft is READY again\n {2}→ .*orchestrate next.*$/);
    await expectReleased(project);
  });

  test.each<[string, (terminal: Terminal) => Promise<void>]>([
    ['whether to accept', async (terminal) => void (await terminal.waitFor('? Accept it?'))],
    [
      'what should be different',
      async (terminal) => {
        await answer(terminal, 'Accept it?', 'r');
        await terminal.waitFor('? What should be different?');
      },
    ],
    [
      'what is wrong',
      async (terminal) => {
        await answer(terminal, 'Accept it?', 'e');
        await terminal.waitFor('? What is wrong with it?');
      },
    ],
  ])('when a review asks %s, and the answer is kept', async (_what, until) => {
    await using server = await startModelServer();
    await using project = await createAiProject();
    server.enqueue(streamed('Text.'));
    await using terminal = await project.terminal(['next'], { env: serverVariables(server) });
    await until(terminal);
    terminal.key('ctrl-c');
    expect(await terminal.exit).toEqual({ code: 130, signal: null });
    await expectReleased(project);
    expect(callsOf(project)).toMatchObject([{ status: 'complete', output: 'Text.', review: null }]);
    expect((await project.run(['review', 'draft'])).stdout).toBe('Text.\n');
  });

  test.each<[string, Parameters<typeof createAiProject>[0], string]>([
    ['whether to send', { ai: { confirm_send: true } }, '? Send it?'],
    ['whether to trust a server', { ai: { base_url: 'http://127.0.0.1:9/v1' } }, '? Send it there, now and later?'],
  ])('when it is asked %s, and nothing is sent', async (_what, options, question) => {
    await using project = await createAiProject(options);
    await using terminal = await project.terminal(['next'], { env: { OPENAI_API_KEY: KEY } });
    await terminal.waitFor(question);
    terminal.key('ctrl-c');
    expect(await terminal.exit).toEqual({ code: 130, signal: null });
    await expectReleased(project);
    expect(callsOf(project)).toEqual([]);
  });

  test.each<[string, number, (terminal: Terminal) => void]>([
    ['Ctrl-C', 130, (terminal) => terminal.key('ctrl-c')],
    ['SIGTERM', 143, (terminal) => terminal.kill('SIGTERM')],
  ])('while an answer is to be pasted, and so does %s', async (_what, code, leave) => {
    await using project = await createAiProject();
    await using terminal = await project.terminal(['next']);
    await terminal.waitFor('a line that holds only a full stop');
    terminal.type('Some lines\rof it\r');
    await terminal.waitFor('of it');
    leave(terminal);
    expect(await terminal.exit).toEqual({ code, signal: null });
    await expectReleased(project);
    expect((await detailOf(project)).issues).toBeUndefined();
  });
});

test('Ctrl-C at the halt leaves the error as it is', async () => {
  await using project = await createProject({
    'runbook.yaml': 'tasks:\n  - {id: draft, name: Fail, type: AUTOMATED_SCRIPT, task_detail_file: tasks/draft.yaml}\n',
    'tasks/draft.yaml': 'id: draft\ntype: AUTOMATED_SCRIPT\nscript_details: "false"\n',
  });
  await using terminal = await project.terminal(['run']);
  await terminal.waitFor('? What now?');
  terminal.key('ctrl-c');
  expect(await terminal.exit).toEqual({ code: 130, signal: null });
  expect(await statusOf(project)).toBe('ERROR');
});

describe('while a script runs', () => {
  const SCRIPT = {
    'runbook.yaml': `tasks:
  - {id: draft, name: Wait, type: AUTOMATED_SCRIPT, task_detail_file: tasks/draft.yaml}
  - {id: later, name: Later, type: AUTOMATED_SCRIPT, task_detail_file: tasks/later.yaml}
`,
    'tasks/draft.yaml': `id: draft
type: AUTOMATED_SCRIPT
script_details: "trap '' INT; sleep 60 & echo pids=$$,$!.; wait"
`,
    'tasks/later.yaml': 'id: later\ntype: AUTOMATED_SCRIPT\nscript_details: touch later\n',
  };

  test.each<[string, number, (terminal: Terminal) => void]>([
    ['Ctrl-C', 130, (terminal) => terminal.key('ctrl-c')],
    ['SIGTERM', 143, (terminal) => terminal.kill('SIGTERM')],
  ])('%s ends all of it and says so; what it printed is kept', async (_what, code, interrupt) => {
    await using project = await createProject(SCRIPT);
    await using terminal = await project.terminal(['run']);
    const [line, ...pids] = await terminal.waitFor(/pids=(\d+),(\d+)\./);
    interrupt(terminal);
    expect(await terminal.exit).toEqual({ code, signal: null });
    expect(pids.map((pid) => isRunning(Number(pid)))).toEqual([false, false]);
    expect(await project.read('logs/tasks/draft/1.log')).toBe(`${line}\n`);
    expect(await detailOf(project)).toMatchObject({
      status: 'ERROR',
      last_run: { outcome: 'FAILURE' },
      issues: [{ type: 'INTERRUPTED', detail: expect.stringContaining('logs/tasks/draft/1.log'), resolution: null }],
    });
    expect((await project.log()).at(-1)).toMatchObject({
      event_type: 'TASK_INTERRUPTED',
      status_change: 'RUNNING -> ERROR',
    });
    expect(await project.exists('later')).toBe(false);
    expect(terminal.screen()).toMatch(
      /\n✗ ERROR draft .*\n {2}interrupted after .*\n\ninterrupted\n {2}→ to do it again: orchestrate retry draft$/,
    );
  });
});

test('Ctrl-C while the model answers keeps what came, in the history', async () => {
  await using server = await startModelServer();
  await using project = await createAiProject({ detail: { output_artifact: 'a.txt' } });
  server.enqueue({
    kind: 'stream',
    steps: [{ kind: 'text', text: 'Half of ' }, { kind: 'text', text: 'it' }, { kind: 'stall' }],
  });
  await using terminal = await project.terminal(['next'], { env: serverVariables(server) });
  await terminal.waitFor('Half of it');
  terminal.key('ctrl-c');
  expect(await terminal.exit).toEqual({ code: 130, signal: null });
  expect(callsOf(project)).toMatchObject([
    { status: 'error', output: 'Half of it', error: expect.stringContaining('aborted') },
  ]);
  expect(await detailOf(project)).toMatchObject({
    status: 'ERROR',
    last_run: { outcome: 'FAILURE', llm_response: 'Half of it' },
    issues: [{ type: 'INTERRUPTED' }],
  });
  expect(await project.exists('a.txt')).toBe(false);
});

describe('at a prompt', () => {
  test('SIGTERM puts the task back to READY', async () => {
    await using project = await createProject(MANUAL);
    await using terminal = await project.terminal(['next']);
    await terminal.waitFor('? Is it done?');
    terminal.kill('SIGTERM');
    expect(await terminal.exit).toEqual({ code: 143, signal: null });
    await expectReleased(project);
  });

  test.each(['Is it done?', 'Note, file or link:'])(
    'a terminal that is closed at "%s" puts the task back to READY',
    async (question) => {
      await using project = await createProject(MANUAL);
      await using terminal = await project.terminal(['next']);
      if (question !== 'Is it done?') await answer(terminal, 'Is it done?', 'n');
      await terminal.waitFor(`? ${question}`);
      terminal.hangUp();
      await vi.waitFor(() => expect(isRunning(terminal.pid)).toBe(false), { timeout: 5000, interval: 20 });
      await expectReleased(project);
    },
  );
});
