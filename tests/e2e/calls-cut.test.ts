// Calls that are cut off: by kill -9, Ctrl-C, a server that falls silent or away. What had come is kept, and it is never a success.
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, test } from 'vitest';
import { type Call, callsOf, createAiProject, detailOf, serverVariables, statusOf } from '../rig/ai-project.ts';
import { rejected, type Step, startModelServer, streamed } from '../rig/model-server.ts';
import type { Project } from '../rig/project.ts';

const ACCEPT = { details: { auto_accept: true } };
const HALF: readonly Step[] = [
  { kind: 'text', text: 'Half of ' },
  { kind: 'text', text: 'it' },
];
const STALLED = { kind: 'stream', steps: [...HALF, { kind: 'stall' }] } as const;

async function until(project: Project, holds: (call: Call | undefined) => boolean, ms = 15_000): Promise<Call> {
  for (const end = Date.now() + ms; Date.now() < end; await sleep(20)) {
    const call = lastCall(project);
    if (call !== undefined && holds(call)) return call;
  }
  throw new Error(`not seen: ${JSON.stringify(lastCall(project))}`);
}

function lastCall(project: Project): Call | undefined {
  try {
    return callsOf(project).at(-1);
  } catch {
    return undefined; // the tables are being made
  }
}

describe.concurrent('in mid-stream', () => {
  test('what has come is in the history soon (every second), also when nothing more comes', async ({ expect }) => {
    await using server = await startModelServer();
    await using project = await createAiProject(ACCEPT);
    server.enqueue(STALLED);
    const running = project.start(['run'], { env: serverVariables(server) });
    await until(project, (call) => call?.status === 'running');
    const seen = await until(project, (call) => call?.output === 'Half of it', 3000);
    expect(seen.status).toBe('running');
    running.kill('SIGKILL');
    await running.done;
  });

  test('kill -9: the next command settles the row as interrupted, with the text, and the task is ERROR', async ({
    expect,
  }) => {
    await using server = await startModelServer();
    await using project = await createAiProject({ ...ACCEPT, ai: { model: 'gpt-4o-mini', budget_usd: 1 } });
    server.enqueue(STALLED);
    const running = project.start(['run'], { env: serverVariables(server) });
    const open = await until(project, (call) => call?.output === 'Half of it');
    expect(open.reserved_usd).toBeGreaterThan(0);
    running.kill('SIGKILL');
    await running.done;
    expect(callsOf(project)).toMatchObject([{ status: 'running' }]);
    const { code, stderr } = await project.run(['run'], { env: serverVariables(server) });
    expect(code).toBe(1);
    expect(stderr).toContain('what had arrived is in the');
    expect(callsOf(project)).toMatchObject([
      {
        status: 'error',
        error: expect.stringMatching(/^interrupted: /),
        output: 'Half of it',
        reserved_usd: open.reserved_usd,
      },
    ]);
    expect(await detailOf(project)).toMatchObject({ status: 'ERROR', issues: [{ type: 'INTERRUPTED' }] });
    expect(server.requests).toHaveLength(1);
  });

  test('the row of a living process is left alone', async ({ expect }) => {
    await using server = await startModelServer();
    await using project = await createAiProject(ACCEPT);
    server.enqueue(STALLED);
    const running = project.start(['run'], { env: serverVariables(server) });
    await until(project, (call) => call?.output === 'Half of it');
    // A reader that opens the history as every command does.
    await project.run(['review', 'draft', '--json'], { env: serverVariables(server) });
    expect(callsOf(project)).toMatchObject([{ status: 'running', error: null }]);
    running.kill('SIGKILL');
    await running.done;
  });

  test('Ctrl-C keeps the text and ends with 130', async ({ expect }) => {
    await using server = await startModelServer();
    await using project = await createAiProject(ACCEPT);
    server.enqueue(STALLED);
    const running = project.start(['run'], { env: serverVariables(server) });
    await until(project, (call) => call?.status === 'running');
    running.killGroup('SIGINT');
    expect((await running.done).code).toBe(130);
    expect(callsOf(project)).toMatchObject([
      { status: 'error', error: expect.stringMatching(/^aborted: /), output: 'Half of it', cost_usd: null },
    ]);
    expect(await detailOf(project)).toMatchObject({ status: 'ERROR', issues: [{ type: 'INTERRUPTED' }] });
  });

  test('a network that is lost ends after the idle timeout of the runbook; comments are silence', async ({
    expect,
  }) => {
    await using server = await startModelServer();
    await using project = await createAiProject({ ...ACCEPT, ai: { idle_timeout: '1s' } });
    const alive = Array.from({ length: 40 }, (): Step[] => [
      { kind: 'wait', ms: 200 },
      { kind: 'comment', text: 'keep-alive' },
    ]).flat();
    server.enqueue({ kind: 'stream', steps: [...HALF, ...alive] });
    const { code, stderr } = await project.run(['run'], { env: serverVariables(server) });
    expect(code).toBe(1);
    expect(stderr).toMatch(/fell silent: nothing more of the answer\s+came\s+for\s+1\.0 s/);
    expect(callsOf(project)).toMatchObject([{ status: 'error', output: 'Half of it', attempts: 1 }]);
  });

  test('a server that goes away is told as a connection that was cut', async ({ expect }) => {
    await using server = await startModelServer();
    await using project = await createAiProject(ACCEPT);
    server.enqueue(STALLED);
    const running = project.start(['run'], { env: serverVariables(server) });
    await until(project, (call) => call?.status === 'running');
    await server.close();
    expect((await running.done).code).toBe(1);
    expect(callsOf(project)).toMatchObject([{ error: expect.stringMatching(/^reset: /), output: 'Half of it' }]);
  });
});

describe.concurrent('a server that says no for now', () => {
  test('is asked again when it says; each attempt is in the row and on the screen', async ({ expect }) => {
    await using server = await startModelServer();
    await using project = await createAiProject(ACCEPT);
    server.enqueue(
      rejected(429, { message: 'slow down' }, { 'retry-after': '1' }),
      rejected(529, { message: 'overloaded' }, { 'retry-after-ms': '10' }),
      streamed('Fine.'),
    );
    const { code, stderr } = await project.run(['run'], { env: serverVariables(server) });
    expect(code).toBe(0);
    expect(stderr).toMatch(/limits the rate.*attempt 2 in.*is overloaded \(529\).*attempt 3 in/s);
    const [first, second] = server.requests;
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(1000);
    const [call] = callsOf(project);
    expect(call).toMatchObject({ status: 'complete', attempts: 3 });
    expect(JSON.parse(String(call?.attempt_log))).toMatchObject([
      { attempt: 1, code: 'rate-limited', status: 429 },
      { attempt: 2, code: 'server-error', status: 529 },
    ]);
  });

  test('is not asked before a moment that lies beyond the timeout of the runbook', async ({ expect }) => {
    await using server = await startModelServer();
    await using project = await createAiProject({ ...ACCEPT, ai: { timeout: '2s' } });
    server.enqueue(rejected(429, { message: 'slow down' }, { 'retry-after': '3600' }));
    const { code, stderr } = await project.run(['run'], { env: serverVariables(server) });
    expect(code).toBe(1);
    expect(stderr).toMatch(/asks to wait 1h\s+00m/);
    expect(server.requests).toHaveLength(1);
    expect(await statusOf(project)).toBe('ERROR');
  });

  test('a wait can be interrupted: nothing was in flight, so the task is READY and nothing stays reserved', async ({
    expect,
  }) => {
    await using server = await startModelServer();
    await using project = await createAiProject({
      ...ACCEPT,
      ai: { budget_usd: { day: 1 } },
      files: { 'config/models.yaml': 'prices:\n  test-model: {input: 10, output: 100}\n' },
    });
    server.enqueue(rejected(503, { message: 'later' }, { 'retry-after': '60' }));
    const running = project.start(['run'], { env: serverVariables(server) });
    await running.waitFor(/attempt 2 in/);
    expect(callsOf(project)).toMatchObject([{ status: 'pending', attempts: 1, reserved_usd: expect.any(Number) }]);
    running.killGroup('SIGINT');
    const { code, stderr } = await running.done;
    expect(code).toBe(130);
    expect(stderr).toContain('interrupted: draft is READY again');
    expect((await project.log()).at(-1)).toMatchObject({
      details: { reason: expect.stringContaining('interrupted while it waited to be sent again') },
    });
    expect(callsOf(project)).toMatchObject([{ status: 'error', attempts: 1, reserved_usd: null }]);
    expect(await statusOf(project)).toBe('READY');
  });
});

test('an answer outlives its history: what was deleted meanwhile is made anew, and the answer waits there', async ({
  expect,
}) => {
  await using server = await startModelServer();
  await using project = await createAiProject();
  server.enqueue(streamed(['Paid ', 'for.'], { delayMs: 700 }));
  const running = project.start(['next'], { env: serverVariables(server) });
  await until(project, (call) => call?.status === 'running');
  await project.remove('.orchestrate');
  const { code, stderr } = await running.done;
  expect(code).toBe(3);
  expect(stderr).toContain('the history was deleted meanwhile');
  expect(stderr).toContain('an answer waits for review');
  expect(callsOf(project)).toMatchObject([{ status: 'complete', output: 'Paid for.' }]);
  expect((await project.run(['review', 'draft', '--accept'], { env: serverVariables(server) })).code).toBe(0);
  expect(server.requests).toHaveLength(1);
});
