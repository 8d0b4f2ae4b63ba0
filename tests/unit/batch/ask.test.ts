import { describe, expect, test } from 'vitest';
import { err, ok } from '../../../src/base/result.ts';
import { createRedactor } from '../../../src/base/secrets.ts';
import { type AskParts, createAsk } from '../../../src/batch/ask.ts';
import type { Asked } from '../../../src/batch/types.ts';
import type { ModelCalls, Question } from '../../../src/calls/service.ts';
import type { CallFailure, Plan, Refused } from '../../../src/calls/types.ts';
import type { BatchRows, PriorCall } from '../../../src/history/batches.ts';
import { type ModelFailureCode, modelFailure, nothingSent } from '../../../src/model/provider.ts';

const QUESTION: Question = {
  request: { model: 'm', messages: [{ role: 'user', content: 'Why?' }] },
  about: {
    source: 'prompt',
    templateName: 't',
    templateText: 't',
    promptHash: 'h',
    promptText: 'Why?',
    requestHash: 'r',
    inputParams: {},
  },
};
const PRIOR: PriorCall = {
  id: 'before',
  status: 'complete',
  text: '{"a":1}',
  error: null,
  costUsd: 0.5,
  promptTokens: 1,
  cachedTokens: null,
  completionTokens: 2,
};
const SCHEMA = { parser: 'json', schema: { type: 'object', required: ['a'] } } as const;

type Scene = {
  readonly answers?: readonly (string | CallFailure)[];
  readonly prior?: PriorCall;
  readonly refused?: Refused;
  readonly provider?: string;
  readonly parts?: Partial<AskParts>;
};

/** What comes of one input, and what was sent for it. */
async function asked({ answers = ['yes'], prior, refused, provider = 'openai', parts = {} }: Scene) {
  const sent: string[][] = [];
  const left = [...answers];
  const models: ModelCalls = {
    plan: async (_ai, { request }) =>
      refused ? err(refused) : ok({ request, provider: { name: provider } } as unknown as Plan),
    async send(plan, { hooks }) {
      sent.push(plan.request.messages.map(({ content }) => String(content)));
      hooks.recorded?.(`call-${sent.length}`);
      const next = left.shift() ?? 'no more';
      if (typeof next !== 'string') return err(next);
      const answer = {
        ...nothingSent(1),
        text: next,
        finishReason: 'stop',
        notes: [],
        recordingFile: null,
        costUsd: 0.25,
      };
      return ok({ callId: `call-${sent.length}`, answer });
    },
  };
  const ask = createAsk({
    models,
    ai: { allowSecrets: [], confirmSend: false, envAllow: [] },
    redactor: createRedactor({ A_KEY: 'hunter2-hunter2' }),
    rows: { prior: () => prior } as unknown as BatchRows,
    runId: 'batch-1',
    known: true,
    retryFailed: false,
    questionOf: () => ok(QUESTION),
    ...parts,
  });
  const outcome = await ask({ index: 3, id: 'x', values: {}, line: 4 }, { report: () => undefined });
  return { outcome, sent };
}

const failing = (code: ModelFailureCode, more: { status?: number; text?: string } = {}): CallFailure => ({
  kind: 'model',
  failure: modelFailure(
    { code, message: 'said hunter2-hunter2', advice: 'wait', status: more.status ?? null },
    nothingSent(1),
    more.text,
  ),
});

test('an answer becomes the line of its input', async () => {
  const { outcome } = await asked({});
  expect(outcome).toEqual({
    kind: 'settled',
    from: 'call',
    result: {
      index: 3,
      id: 'x',
      status: 'complete',
      output: 'yes',
      error: null,
      cost_usd: 0.25,
      tokens: null,
      call_id: 'call-1',
    },
  });
});

describe('what was recorded before', () => {
  const truncated: PriorCall = { ...PRIOR, status: 'error', error: 'truncated: cut', text: 'ye' };
  const cases: [string, Scene, { from: string; status: string } | 'asked'][] = [
    ['is taken where it is an answer', { prior: PRIOR }, { from: 'history', status: 'complete' }],
    ['is taken where it is a failure of the input', { prior: truncated }, { from: 'history', status: 'error' }],
    ['is asked again where it failed, and that is wished', { prior: truncated, parts: { retryFailed: true } }, 'asked'],
    ['is asked again where a process died', { prior: { ...truncated, error: 'interrupted: killed' } }, 'asked'],
    [
      'is asked again where the server was not there',
      { prior: { ...truncated, error: 'refused-connection: no' } },
      'asked',
    ],
    ['is asked again where its turn never came', { prior: { ...truncated, error: 'not sent: stopped' } }, 'asked'],
    ['is not looked for in a new batch', { prior: PRIOR, parts: { known: false } }, 'asked'],
    [
      'is a failure where it does not fit',
      { prior: { ...PRIOR, text: '{}' }, parts: { output: SCHEMA } },
      { from: 'history', status: 'error' },
    ],
    [
      'is asked again where it does not fit, and that is wished',
      { prior: { ...PRIOR, text: '{}' }, parts: { output: SCHEMA, retryFailed: true }, answers: ['{"a":1}'] },
      'asked',
    ],
  ];
  test.each(cases)('%s', async (_name, scene, expected) => {
    const { outcome, sent } = await asked(scene);
    expect(sent).toHaveLength(expected === 'asked' ? 1 : 0);
    if (expected !== 'asked')
      expect(outcome).toMatchObject({
        from: expected.from,
        result: { status: expected.status, call_id: 'before', cost_usd: 0.5 },
      });
  });
});

describe('data', () => {
  test('is the output', async () => {
    const { outcome } = await asked({ answers: ['{"a": [1]}'], parts: { output: SCHEMA } });
    expect(outcome).toMatchObject({ result: { status: 'complete', output: { a: [1] } } });
  });

  test('that does not fit is asked for once more, with what is wrong', async () => {
    const { outcome, sent } = await asked({ answers: ['{}', '{"a":2}'], parts: { output: SCHEMA } });
    expect(outcome).toMatchObject({ result: { status: 'complete', output: { a: 2 }, call_id: 'call-2' } });
    expect(sent[1]?.slice(0, 2)).toEqual(['Why?', '{}']);
  });

  test('that still does not fit is a failure, and shown', async () => {
    const { outcome } = await asked({ answers: ['{}', '{}'], parts: { output: SCHEMA } });
    expect(outcome).toMatchObject({
      kind: 'settled',
      result: { status: 'error', output: '{}', error: expect.stringMatching(/^misfit: /) },
    });
  });
});

describe('what keeps an answer away', () => {
  const refused = (because?: Refused['because'], badInput = false): Refused => ({
    message: 'm',
    advice: 'a',
    badInput,
    ...(because && { because }),
  });
  const cases: [string, Scene, Partial<Asked>][] = [
    ['a secret: this input alone', { refused: refused('secret') }, { kind: 'refused' }],
    [
      'no provider: all of them',
      { refused: refused() },
      { kind: 'stop', failure: { code: 'waiting', message: 'm', advice: 'a' } },
    ],
    [
      'an alias that is not defined: all of them',
      { refused: refused(undefined, true) },
      { kind: 'stop', failure: { code: 'usage', message: 'm', advice: 'a' } },
    ],
    ['nobody but a person', { provider: 'paste' }, { kind: 'stop' }],
    ['the budget', { answers: [{ kind: 'refused', refused: refused('budget') }] }, { kind: 'over-budget' }],
    ['Ctrl-C', { answers: [failing('aborted')] }, { kind: 'interrupted' }],
    ['a wrong key', { answers: [failing('unauthorized', { status: 401 })] }, { kind: 'stop' }],
    ['a spent quota', { answers: [failing('quota', { status: 429 })] }, { kind: 'stop' }],
    ['a missing recording', { answers: [failing('replay-miss')] }, { kind: 'stop' }],
    ['a crowd', { answers: [failing('rate-limited', { status: 429 })] }, { kind: 'limited' }],
    ['an overloaded server', { answers: [failing('server-error', { status: 529 })] }, { kind: 'limited' }],
    ['a broken server, for this input', { answers: [failing('server-error', { status: 500 })] }, { kind: 'settled' }],
  ];
  test.each(cases)('%s', async (_name, scene, expected) => {
    expect((await asked(scene)).outcome).toMatchObject(expected);
  });

  test('and no secret stands in what is told of it', async () => {
    const { outcome } = await asked({ answers: [failing('truncated', { text: 'my hunter2-hunter2 is' })] });
    expect(outcome).toMatchObject({
      result: { status: 'error', output: 'my [A_KEY] is', error: 'truncated: said [A_KEY]', call_id: 'call-1' },
    });
  });
});
