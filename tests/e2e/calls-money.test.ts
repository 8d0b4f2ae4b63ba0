// What calls cost, and budgets: known by hand-computed figures, unknown as unknown, refused before anything is sent.
import { describe, expect, test } from 'vitest';
import { callsOf, createAiProject, serverVariables, statusOf } from '../rig/ai-project.ts';
import { rejected, type Step, startModelServer, streamed } from '../rig/model-server.ts';

const ACCEPT = { details: { auto_accept: true } };
const PRICES = 'aliases:\n  default:small: my-model\nprices:\n  my-model: {input: 10, cached: 1, output: 100}\n';

describe.concurrent('the cost of a call', () => {
  const cases: [string, { model: string; usage: Record<string, unknown> | null; models?: string }, object][] = [
    [
      'by the price list, cached tokens at their price',
      {
        model: 'gpt-4o-mini',
        usage: { prompt_tokens: 1000, prompt_tokens_details: { cached_tokens: 400 }, completion_tokens: 100 },
      },
      // 600 × 0.15 + 400 × 0.075 + 100 × 0.60, a million.
      { cost_usd: 0.00018, cost_source: 'computed', cached_tokens: 400 },
    ],
    [
      'by the price list, with the reasoning that it paid for',
      {
        model: 'gpt-5-mini',
        usage: {
          prompt_tokens: 2000,
          prompt_tokens_details: { cached_tokens: 1024 },
          completion_tokens: 500,
          completion_tokens_details: { reasoning_tokens: 448 },
        },
      },
      // 976 × 0.25 + 1024 × 0.025 + 500 × 2, a million.
      { cost_usd: 0.0012696, cost_source: 'computed', reasoning_tokens: 448 },
    ],
    [
      'by the project’s own price, behind an alias',
      {
        model: 'default:small',
        models: PRICES,
        usage: { prompt_tokens: 100, prompt_tokens_details: { cached_tokens: 60 }, completion_tokens: 10, cost: 7 },
      },
      // 40 × 10 + 60 × 1 + 10 × 100, a million.
      { cost_usd: 0.00146, cost_source: 'override', model: 'my-model' },
    ],
    [
      'as the server tells it',
      { model: 'some/model', usage: { prompt_tokens: 100, completion_tokens: 10, cost: 0.0123 } },
      { cost_usd: 0.0123, cost_source: 'reported' },
    ],
    [
      'unknown where nothing is counted',
      { model: 'gpt-4o-mini', usage: null },
      { cost_usd: null, cost_source: null, prompt_tokens: null },
    ],
    [
      'unknown where there is no price',
      { model: 'some/model', usage: { prompt_tokens: 100, completion_tokens: 10 } },
      { cost_usd: null, cost_source: null, prompt_tokens: 100 },
    ],
  ];
  test.each(cases)('%s', async (_name, { model, usage, models }, expected) => {
    await using server = await startModelServer();
    await using project = await createAiProject({
      details: { auto_accept: true, model },
      files: models === undefined ? {} : { 'config/models.yaml': models },
    });
    const counted: Step[] = usage === null ? [] : [{ kind: 'data', data: { choices: [], usage } }];
    server.enqueue({
      kind: 'stream',
      steps: [{ kind: 'text', text: 'x' }, { kind: 'finish', reason: 'stop' }, ...counted, { kind: 'done' }],
    });
    const { code, stderr } = await project.run(['run'], { env: serverVariables(server) });
    expect(code, stderr).toBe(0);
    expect(callsOf(project)).toMatchObject([expected]);
    expect(server.requests[0]?.body.model).toBe(models === undefined ? model : 'my-model');
  });
});

describe.concurrent('a budget', () => {
  const priced = { 'config/models.yaml': PRICES };

  test('that the worst case does not fit into stops the call before it is sent: exit 3 with the figures', async ({
    expect,
  }) => {
    await using server = await startModelServer();
    await using project = await createAiProject({
      details: { auto_accept: true, max_tokens: 1000, model: 'my-model' },
      ai: { budget_usd: 0.1 },
      files: priced,
    });
    const { code, stderr } = await project.run(['run'], { env: serverVariables(server) });
    expect(code).toBe(3);
    expect(stderr).toMatch(
      /the budget of \$0\.10 for this run does not cover this call, which\s+may\s+cost\s+up\s+to\s+\$0\.10\d+/,
    );
    expect(stderr).toContain('nothing was sent');
    expect(server.requests).toHaveLength(0);
    expect([callsOf(project), await statusOf(project)]).toEqual([[], 'READY']);
  });

  test('that fits is reserved, settled, and the answer bounded', async ({ expect }) => {
    await using server = await startModelServer();
    await using project = await createAiProject({
      ...ACCEPT,
      ai: { model: 'default:small', budget_usd: { call: 1 } },
      files: priced,
    });
    let reserved: unknown;
    server.answerWith(() => {
      reserved = callsOf(project)[0]?.reserved_usd;
      return streamed('x', { usage: { prompt: 10, completion: 1 } });
    });
    const { code, stderr } = await project.run(['run'], { env: serverVariables(server) });
    expect(code, stderr).toBe(0);
    expect(server.requests[0]?.body.max_tokens).toBe(4096);
    // 4096 tokens at $100 a million, and the prompt.
    expect(reserved).toBeGreaterThan(0.4096);
    expect(reserved).toBeLessThan(0.42);
    expect(callsOf(project)).toMatchObject([{ reserved_usd: null, cost_usd: 0.0002 }]);
  });

  test('of a day holds over several runs; --max-cost takes the place of the limit of a run', async ({ expect }) => {
    await using server = await startModelServer();
    await using project = await createAiProject({
      details: { auto_accept: true, max_tokens: 100, model: 'my-model' },
      ai: { budget_usd: { run: 0.001, day: 0.02 } },
      files: priced,
    });
    const env = serverVariables(server);
    server.answerWith(() => streamed('x', { usage: { prompt: 10, completion: 99 } }));
    expect((await project.run(['run'], { env })).stderr).toContain('for this run does not cover');
    expect((await project.run(['run', '--max-cost', '0.5'], { env })).code).toBe(0);
    await project.run(['reset', 'draft'], { env });
    const second = await project.run(['run', '--max-cost', '0.5'], { env });
    expect(second.code).toBe(3);
    expect(second.stderr).toMatch(
      /the budget of \$0\.02 for this day does not cover.*\$0\.01\s+is\s+spent\s+or\s+held/s,
    );
    expect(server.requests).toHaveLength(1);
  });

  test.each([
    ['in the runbook', { budget_usd: 1 }, []],
    ['on the command line', {}, ['--max-cost', '1']],
  ])('%s with a model without a price is bad input: exit 2, and says how to give one', async (_name, ai, args) => {
    await using server = await startModelServer();
    await using project = await createAiProject({ ...ACCEPT, ai: { model: 'nobody/knows', ...ai } });
    const { code, stderr } = await project.run(['run', ...args], { env: serverVariables(server) });
    expect(stderr).toContain('the price of the model');
    expect(stderr).toMatch(/prices:\s+\{"nobody\/knows":/);
    expect(code).toBe(2);
    expect([server.requests.length, await statusOf(project)]).toEqual([0, 'READY']);
  });

  test('does not count what a server refused, and counts what may have been charged', async ({ expect }) => {
    await using server = await startModelServer();
    await using project = await createAiProject({
      details: { auto_accept: true, max_tokens: 100, model: 'my-model' },
      ai: { budget_usd: { day: 0.025 } },
      files: priced,
    });
    const env = serverVariables(server);
    server.enqueue(rejected(401, { message: 'no' }), {
      kind: 'stream',
      steps: [{ kind: 'text', text: 'x' }, { kind: 'cut' }],
    });
    for (const code of [1, 1]) {
      expect((await project.run(['run'], { env })).code).toBe(code);
      await project.run(['reset', 'draft'], { env });
    }
    expect(callsOf(project)).toMatchObject([{ reserved_usd: null }, { reserved_usd: expect.closeTo(0.0102, 3) }]);
    server.answerWith(() => streamed('x', { usage: { prompt: 10, completion: 50 } }));
    expect((await project.run(['run'], { env })).code).toBe(0);
    await project.run(['reset', 'draft'], { env });
    expect((await project.run(['run'], { env })).code).toBe(3);
  });
});

test('an alias that is not defined is told by validate, and nothing is sent', async () => {
  await using project = await createAiProject({ ...ACCEPT, ai: { model: 'default:small' } });
  const { code, stderr } = await project.run(['validate']);
  expect(code).toBe(2);
  expect(stderr).toContain('the model "default:small" is an alias that config/models.yaml does not define');
  expect(stderr).toContain('runbook.yaml:2');
});

describe.concurrent('an attempt that was cut off before the answer began', () => {
  const ai = (call: number) => ({
    ai: { budget_usd: { call } },
    details: { auto_accept: true, max_tokens: 1000, model: 'my-model' },
    files: { 'config/models.yaml': PRICES },
  });

  test('may have been charged: it is held besides what the next one costs', async ({ expect }) => {
    await using server = await startModelServer();
    await using project = await createAiProject(ai(1));
    server.enqueue({ kind: 'hang-up' }, streamed(['x'], { usage: { prompt: 10, completion: 1 } }));
    const { code, stderr } = await project.run(['run'], { env: serverVariables(server) });
    expect(code, stderr).toBe(0);
    const [call] = callsOf(project);
    expect(call).toMatchObject({ attempts: 2, cost_usd: 0.0002 });
    expect(call?.['reserved_usd']).toBeGreaterThan(0.1);
  });

  test('is not tried again where a second one would break the budget', async ({ expect }) => {
    await using server = await startModelServer();
    await using project = await createAiProject(ai(0.15));
    server.enqueue({ kind: 'hang-up' }, streamed(['x']));
    const { code, stderr } = await project.run(['run'], { env: serverVariables(server) });
    expect(code, stderr).toBe(1);
    expect(stderr).toMatch(
      /not tried again: the attempt that was cut off may have been charged, .* the budget of \$0\.15 for a call/,
    );
    expect(server.requests).toHaveLength(1);
  });
});
