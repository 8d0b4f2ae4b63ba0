// One input of a batch: its question, the answer that the history has for it, else a call. Knows no prompt and no pace.

import type { Failure } from '../base/failure.ts';
import { ok, type Result } from '../base/result.ts';
import type { Redactor } from '../base/secrets.ts';
import { askForData, type ModelCalls, type Question } from '../calls/service.ts';
import { type OutputRules, readStructured, type Structured } from '../calls/structured.ts';
import type { CallFailure, Refused } from '../calls/types.ts';
import type { BatchRows, PriorCall } from '../history/batches.ts';
import type { Verdict } from '../history/calls.ts';
import type { ModelAnswer, ModelFailure } from '../model/provider.ts';
import type { AiSettings } from '../runbook/task.ts';
import type { Ask, Asked, AskHooks, BatchInput, BatchResult } from './types.ts';

export type AskParts = {
  readonly models: ModelCalls;
  readonly ai: AiSettings;
  readonly redactor: Redactor;
  readonly rows: BatchRows;
  /** The run of the batch: its calls are found by it. */
  readonly runId: string;
  /** Something of it was recorded before this command began. */
  readonly known: boolean;
  /** Inputs whose last call failed are asked again. */
  readonly retryFailed: boolean;
  /** A failure is one of the input file: it fitted when it was checked. */
  readonly questionOf: (input: BatchInput) => Result<Question, Failure> | Promise<Result<Question, Failure>>;
  /** What an answer must be; a text where not told. One that does not fit is asked for once more, with what is wrong with it. */
  readonly output?: OutputRules;
};

/** Where an answer goes that the history cannot take. */
const KEEP_BESIDE_IN = '.orchestrate/answers';

export function createAsk(parts: AskParts): Ask {
  const canAnswer = onceAsked(parts);
  return async (input, hooks) => {
    const question = await parts.questionOf(input);
    if (!question.ok) return { kind: 'stop', failure: question.error };
    const before = await recorded(parts, input, question.value.about.requestHash);
    if (before !== undefined) return { kind: 'settled', from: 'history', result: before };
    const unable = await canAnswer(question.value);
    return unable === undefined ? call(parts, input, { question: question.value, hooks }) : refused(input, unable);
  };
}

/** What the history has for it, where that is to count. */
async function recorded(parts: AskParts, input: BatchInput, requestHash: string): Promise<BatchResult | undefined> {
  const prior = parts.known ? parts.rows.prior(parts.runId, input.index, requestHash) : undefined;
  if (prior === undefined || (prior.status === 'error' && !isFinal(prior))) return undefined;
  const result = await fromHistory(parts, input, prior);
  return result.status === 'error' && parts.retryFailed ? undefined : result;
}

/** A person who pastes answers is no server for many; looked at once, before the first call. */
function onceAsked({ models, ai }: AskParts): (question: Question) => Promise<Refused | undefined> {
  let looked: Promise<Refused | undefined> | undefined;
  const look = async (question: Question): Promise<Refused | undefined> => {
    const plan = await models.plan(ai, question);
    return plan.ok && plan.value.provider.name === 'paste' ? NO_PASTE : undefined;
  };
  return (question) => (looked ??= look(question));
}

const NO_PASTE: Refused = {
  message: 'many answers cannot be pasted by hand, and no server and no recording answers',
  advice: 'set OPENAI_API_KEY, or OPENAI_BASE_URL for a server of your own',
  badInput: false,
};

type Calling = { readonly question: Question; readonly hooks: AskHooks };

async function call(parts: AskParts, input: BatchInput, { question, hooks }: Calling): Promise<Asked> {
  const row: Row = {};
  const asked = await askForData(parts.models, {
    ai: parts.ai,
    request: question.request,
    about: { ...question.about, inputIndex: input.index },
    output: parts.output ?? TEXT,
    ...(parts.output === undefined ? {} : { verdict }),
    hooks: {
      ...hooks,
      keepBesideIn: KEEP_BESIDE_IN,
      recorded(callId) {
        row.callId = callId;
        return ok(undefined);
      },
    },
  });
  if (!asked.ok) return failed(parts, input, { failure: asked.error, row });
  const { callId, answer } = asked.value;
  return { kind: 'settled', from: 'call', result: await answered(parts, input, { callId, answer }) };
}

const TEXT: OutputRules = { parser: 'text' };

/** As it is told in the results, so that the history gives the same line. */
function verdict({ problems, value }: Structured): Verdict {
  return problems.length > 0 ? { error: misfit(problems) } : { data: value };
}

function misfit(problems: readonly string[]): string {
  return `misfit: ${problems.join('; ')}`;
}

type Row = { callId?: string };

function refused(input: BatchInput, { message, advice, because, badInput }: Refused): Asked {
  if (because !== 'secret')
    return {
      kind: 'stop',
      failure: badInput ? { code: 'usage', message, advice } : { code: 'waiting', message, advice },
    };
  const result = { ...named(input), status: 'error' as const, output: null, error: `refused: ${message}` };
  return { kind: 'refused', result: { ...result, cost_usd: null, tokens: null, call_id: null }, advice };
}

/** The next call would fail the same way: it is the server, the key or the account, not the input. */
const OF_THE_SERVER = new Set<string>([
  'refused-connection',
  'dns',
  'tls',
  'unreachable',
  'bad-address',
  'no-key',
  'unauthorized',
  'forbidden',
  'unknown-model',
  'quota',
]);
/** Nothing came of it that would have to be asked about: it is asked again as if it had not been. */
const OF_NOTHING = new Set([
  ...OF_THE_SERVER,
  'rate-limited',
  'interrupted',
  'aborted',
  'not sent',
  'cancelled',
  'replay-miss',
]);

/** Whether a recorded failure is one of the input. */
function isFinal({ error }: PriorCall): boolean {
  return !OF_NOTHING.has(error?.split(':', 1)[0] ?? '');
}

type Failing = { readonly failure: CallFailure; readonly row: Row };

function failed(parts: AskParts, input: BatchInput, { failure: why, row }: Failing): Asked {
  if (why.kind === 'failure') return { kind: 'stop', failure: why.failure };
  if (why.kind === 'refused') {
    const { message, advice, because } = why.refused;
    if (because === 'budget') return { kind: 'over-budget', failure: { code: 'waiting', message, advice } };
    return refused(input, why.refused);
  }
  const { code, status } = why.failure;
  const { message, advice } = why.failure;
  if (code === 'aborted' || code === 'cancelled') return { kind: 'interrupted' };
  if (code === 'replay-miss') return { kind: 'stop', failure: { code: 'waiting', message, advice } };
  if (OF_THE_SERVER.has(code)) return { kind: 'stop', failure: { code: 'call-failed', message, advice } };
  const result = failedResult(parts, input, { failure: why.failure, row });
  const limited = code === 'rate-limited' || status === 503 || status === 529;
  return limited
    ? { kind: 'limited', result, afterMs: why.failure.retryAfterMs ?? 0 }
    : { kind: 'settled', from: 'call', result };
}

function failedResult(
  { redactor }: AskParts,
  input: BatchInput,
  { failure, row }: { failure: ModelFailure; row: Row },
): BatchResult {
  const { code, message, partialText, costUsd, usage } = failure;
  return {
    ...named(input),
    status: 'error',
    output: partialText === '' ? null : redactor.text(partialText),
    error: redactor.text(`${code}: ${message}`),
    cost_usd: costUsd,
    tokens: tokensOf(usage ?? {}),
    call_id: row.callId ?? null,
  };
}

type Whole = { readonly callId: string; readonly answer: ModelAnswer };

async function answered(parts: AskParts, input: BatchInput, { callId, answer }: Whole): Promise<BatchResult> {
  const { costUsd, usage } = answer;
  return {
    ...named(input),
    ...(await readAnswer(parts, parts.redactor.text(answer.text))),
    cost_usd: costUsd,
    tokens: tokensOf(usage ?? {}),
    call_id: callId,
  };
}

/** The same line as when the call was made: the history holds all that stands in it. */
async function fromHistory(parts: AskParts, input: BatchInput, prior: PriorCall): Promise<BatchResult> {
  const { id, status, text, error, costUsd } = prior;
  const failure = { status, output: text === '' ? null : text, error };
  return {
    ...named(input),
    ...(status === 'complete' ? await readAnswer(parts, text) : failure),
    cost_usd: costUsd,
    tokens: tokensOf(prior),
    call_id: id,
  };
}

/** The text itself, or the data that it holds; a text that does not fit is a failure, and is shown. */
async function readAnswer(
  { output }: AskParts,
  text: string,
): Promise<Pick<BatchResult, 'status' | 'output' | 'error'>> {
  if (output === undefined) return { status: 'complete', output: text, error: null };
  const { content, value, problems } = await readStructured(output, text);
  if (problems.length > 0) return { status: 'error', output: text, error: misfit(problems) };
  return { status: 'complete', output: value ?? content, error: null };
}

function named({ index, id }: BatchInput): Pick<BatchResult, 'index' | 'id'> {
  return id === undefined ? { index } : { index, id };
}

type Counts = {
  readonly promptTokens?: number | null;
  readonly cachedTokens?: number | null;
  readonly completionTokens?: number | null;
};

function tokensOf({
  promptTokens = null,
  cachedTokens = null,
  completionTokens = null,
}: Counts): BatchResult['tokens'] {
  if (promptTokens === null && completionTokens === null) return null;
  return { prompt: promptTokens, cached: cachedTokens, completion: completionTokens };
}
