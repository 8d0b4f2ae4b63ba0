// What a person sees of a call: something that turns until the first token, the text as it comes, one line at the end.
import { describe, test } from 'vitest';
import { createAiProject, serverVariables } from '../rig/ai-project.ts';
import { type Reply, rejected, startModelServer, streamed } from '../rig/model-server.ts';

const USAGE = { prompt: 100, completion: 20, cached: 40 };
const SLOW: Reply = {
  kind: 'stream',
  steps: [
    { kind: 'wait', ms: 700 },
    { kind: 'text', text: '# Ti' },
    { kind: 'text', text: 'tle\n\nFirst. ' },
    { kind: 'wait', ms: 600 },
    { kind: 'text', text: '\u001b' },
    { kind: 'text', text: '[2J\u001b]0;owned\u0007 Last.' },
    { kind: 'finish', reason: 'stop' },
    { kind: 'usage', usage: USAGE },
    { kind: 'done' },
  ],
};

describe.concurrent('at a terminal', () => {
  test('it turns, then the text comes piece by piece, then one line of time, tokens and cost', async ({ expect }) => {
    await using server = await startModelServer();
    await using project = await createAiProject({ ai: { model: 'gpt-4o-mini' } });
    server.enqueue(SLOW);
    const terminal = await project.terminal(['next'], { env: serverVariables(server) });
    await terminal.waitForScreen(/\S waiting for the model/);
    await terminal.waitForScreen(/# Title\n\nFirst\./);
    // The rest has not come yet, and what turned is gone.
    expect(terminal.screen()).not.toContain('waiting for the model');
    expect(terminal.screen()).not.toContain('Last.');
    await terminal.waitFor('? Accept it?');
    expect(terminal.screen()).toMatch(/First\. ␛\[2J␛\]0;owned␇ Last\.\n/);
    expect(terminal.screen()).toMatch(/\d+(\.\d+)? m?s · 100 \+ 20 tokens \(40 cached\) · \$0\.000024/);
    expect(terminal.raw()).not.toContain('\u001b[2J');
    expect(terminal.raw()).not.toContain('\u001b]0;owned');
    terminal.type('q\r');
    await terminal.exit;
  });
});

describe.concurrent('without a terminal', () => {
  test('there are calm lines: nothing turns, nothing moves the cursor', async ({ expect }) => {
    await using server = await startModelServer();
    await using project = await createAiProject({ ai: { model: 'gpt-4o-mini' }, details: { auto_accept: true } });
    server.enqueue(rejected(500, { message: 'oops' }), SLOW);
    const { code, stderr } = await project.run(['run'], { env: serverVariables(server) });
    expect(code).toBe(0);
    expect(stderr).not.toMatch(/[\u001b\r]|waiting for the model/);
    expect(stderr).toContain('# Title\n\nFirst. ␛[2J␛]0;owned␇ Last.\n');
    expect(stderr).toMatch(/attempt 2 in/);
    expect(stderr).toContain('100 + 20 tokens (40 cached) · $0.000024');
  });

  test('--json tells the call in events, without the text as it streams', async ({ expect }) => {
    await using server = await startModelServer();
    await using project = await createAiProject({ ai: { model: 'gpt-4o-mini' }, details: { auto_accept: true } });
    server.enqueue(streamed('Said.', { usage: USAGE }));
    const { stdout } = await project.run(['run', '--json'], { env: serverVariables(server) });
    const events = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(events.find(({ event }) => event === 'model_done')).toMatchObject({
      prompt_tokens: 100,
      cached_tokens: 40,
      completion_tokens: 20,
      reasoning_tokens: null,
      cost_usd: 0.000024,
    });
    expect(stdout).not.toContain('Said.');
  });
});
