// The provider that asks a server: any that speaks OpenAI's chat completions. Knows neither the environment nor who may have which key.
import { err, ok, type Result, unreachable } from '../base/result.ts';
import { formatDuration } from '../base/text.ts';
import { costOfUsage, estimateCost, type PriceOverrides, priceProvider, worstCaseUsd } from './cost.ts';
import { type Draft, emptyDraft, type Fault } from './fault.ts';
import { type StopReason, startGuard } from './guard.ts';
import { adaptDialect, COMMON_DIALECT, type Dialect, requestBody } from './openai-request.ts';
import { exchange, loadSdk, type Sdk, type Server } from './openai-transport.ts';
import {
  type CallFacts,
  type CallOptions,
  type ModelAnswer,
  type ModelFailure,
  type ModelProvider,
  type ModelRequest,
  modelFailure,
} from './provider.ts';
import { DEFAULT_RETRY, decideRetry, type RetryDecision, type RetryPolicy, sleep } from './retry.ts';
import { type CallPlace, readErrorBody, rejectionFault } from './server-faults.ts';

export type OpenAiSettings = {
  readonly baseURL: string;
  /** Undefined or blank: no Authorization header is sent. Whether a key may go to this server is the caller's to know. */
  readonly apiKey: string | undefined;
  /** Sent with each request on top of the program's own: `openai-organization`, `openai-project`, a gateway's. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly prices?: PriceOverrides;
  /** Applied to what the server says of a failure, before it is shortened: a cut through a secret could not be found later. */
  readonly redact?: (text: string) => string;
  readonly retry?: RetryPolicy;
};

/** Limits that hold where the caller of a call sets none, in milliseconds. Node's fetch gives up on headers after 300 s by itself. */
const DEFAULT_LIMITS = { deadlineMs: 1_800_000, firstChunkTimeoutMs: 300_000, idleTimeoutMs: 120_000 } as const;

/** A provider that keeps what it learns of the server for its lifetime; calls may run at the same time. */
export function createOpenAiProvider(settings: OpenAiSettings): ModelProvider {
  const dialects = new Map<string, Dialect>();
  return {
    name: 'openai',
    call: (request, options) => callServer({ settings, dialects, request, options }),
    estimate: async (request) => estimateCost(request, await prices(settings)),
    worstCaseUsd: async (request, maxTokens) => worstCaseUsd(request, maxTokens, await prices(settings)),
  };
}

type Call = {
  readonly settings: OpenAiSettings;
  /** By model: one server may serve models of different makes. */
  readonly dialects: Map<string, Dialect>;
  readonly request: ModelRequest;
  readonly options: CallOptions;
};

type Attempt = { readonly draft: Draft; readonly fault: Fault | null; readonly adapted: boolean };

/** Sends until there is an answer or a failure that is final. The one loop over attempts. */
async function callServer(call: Call): Promise<Result<ModelAnswer, ModelFailure>> {
  const started = performance.now();
  const deadlineAt = started + (call.options.deadlineMs ?? DEFAULT_LIMITS.deadlineMs);
  const ready = prepare(call);
  if (!ready.ok) return finish(call, unsent(ready.error), { started, attempts: 0 });
  const line = { ...ready.value, sdk: await loadSdk() };
  let adaptations = 0;
  for (let attempts = 1; ; attempts++) {
    const end = await attempt(call, line, deadlineAt - performance.now());
    if (end.fault === null) return finish(call, end, { started, attempts });
    if (end.adapted) {
      adaptations += 1;
      continue;
    }
    const decision = decide(call, end, {
      attempt: attempts - adaptations,
      remainingMs: deadlineAt - performance.now(),
    });
    if (decision.kind === 'stop') {
      const last = decision.because === 'beyond-deadline' ? { ...end, fault: tooLongAWait(end.fault) } : end;
      return finish(call, last, { started, attempts });
    }
    const { code, message: reason, status = null } = end.fault;
    const { delayMs } = decision;
    if (call.options.onRetry?.({ attempt: attempts + 1, delayMs, code, status, reason }) === false)
      return finish(call, end, { started, attempts });
    if (!(await sleep(delayMs, stopsOf(call.options)))) {
      return finish(call, { ...end, fault: notSentAgain(end.fault) }, { started, attempts });
    }
  }
}

function stopsOf({ stops, signal }: CallOptions): AbortSignal {
  return stops ?? signal;
}

function unsent(fault: Fault): Attempt {
  return { draft: emptyDraft(), fault, adapted: false };
}

function decide(call: Call, end: Attempt, at: { attempt: number; remainingMs: number }): RetryDecision {
  const input = {
    ...at,
    retryable: end.fault?.retryable ?? false,
    began: end.draft.pieces > 0,
    retryAfterMs: end.fault?.retryAfterMs ?? null,
    random: Math.random(),
  };
  return decideRetry(input, call.settings.retry ?? DEFAULT_RETRY);
}

type Ready = { readonly server: Server; readonly place: CallPlace };

/** Checks what would otherwise fail inside fetch, whose messages quote the key and the address with its credentials. */
function prepare({ settings, request, options }: Call): Result<Ready, Fault> {
  if (stopsOf(options).aborted) return err(NOT_SENT);
  const baseURL = settings.baseURL.trim();
  const url = URL.canParse(baseURL) ? new URL(baseURL) : null;
  if (url === null || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '') {
    return err({
      code: 'bad-address',
      message: 'The base URL of the model server is not a plain http or https address',
      advice: 'Give it as https://host/v1; a key does not belong into it.',
      retryable: false,
    });
  }
  const given = settings.apiKey?.trim() ?? '';
  if (!/^[\x21-\x7e]*$/.test(given)) {
    return err({
      code: 'no-key',
      message: 'The API key holds characters that cannot be sent (a space, a line break or a letter outside ASCII)',
      advice: 'Set OPENAI_API_KEY again, without quotes or anything else around it.',
      retryable: false,
    });
  }
  const apiKey = given === '' ? undefined : given;
  const where = `${url.origin}${url.pathname.replace(/\/$/, '')}`;
  return ok({
    server: { baseURL, apiKey, headers: settings.headers ?? {}, redact: settings.redact ?? ((text) => text) },
    place: { where, model: request.model, keySent: apiKey !== undefined },
  });
}

/** One request. `adapted`: the server does not take a part of it, and the dialect was changed for the next one. */
async function attempt(
  call: Call,
  { server, place, sdk }: Ready & { sdk: Sdk },
  remainingMs: number,
): Promise<Attempt> {
  const { request, options, dialects } = call;
  const draft = emptyDraft();
  const guard = startGuard(options.signal, {
    remainingMs,
    firstChunkTimeoutMs: options.firstChunkTimeoutMs ?? DEFAULT_LIMITS.firstChunkTimeoutMs,
    idleTimeoutMs: options.idleTimeoutMs ?? DEFAULT_LIMITS.idleTimeoutMs,
  });
  try {
    const dialect = dialects.get(request.model) ?? COMMON_DIALECT;
    const body = requestBody(request, dialect);
    const end = await exchange({ sdk, server, place, body, guard, draft, events: options });
    const stopped = draft.finishReason === null ? guard.stopped() : null;
    // A rejection whose body does not end is still a rejection.
    if (stopped !== null && (end.kind === 'ended' || stopped !== 'stalled')) {
      return { draft, fault: stopFault(stopped, { options, place, began: draft.pieces > 0 }), adapted: false };
    }
    if (end.kind === 'ended') return { draft, fault: end.fault, adapted: false };
    const next = adaptDialect(dialect, end.rejection.status, readErrorBody(end.rejection.body), request);
    if (next !== null) dialects.set(request.model, next);
    return { draft, fault: rejectionFault(end.rejection, place), adapted: next !== null };
  } finally {
    // With a reason: without one, an exception with its stack is made for nothing.
    guard.controller.abort('ended');
    guard.release();
  }
}

type StopPlace = { readonly options: CallOptions; readonly place: CallPlace; readonly began: boolean };

function stopFault(reason: StopReason, { options, place, began }: StopPlace): Fault {
  switch (reason) {
    case 'aborted':
      return ended(reason, 'The call was interrupted', 'The server may still charge for what it had begun.');
    case 'deadline': {
      const limit = formatDuration(options.deadlineMs ?? DEFAULT_LIMITS.deadlineMs);
      return ended(
        reason,
        `The call took longer than ${limit}, which is all it may take`,
        'Ask for less, or allow more time.',
      );
    }
    case 'stalled': {
      const limit = began
        ? (options.idleTimeoutMs ?? DEFAULT_LIMITS.idleTimeoutMs)
        : (options.firstChunkTimeoutMs ?? DEFAULT_LIMITS.firstChunkTimeoutMs);
      const what = began ? 'nothing more of the answer came' : 'no answer began';
      const message = `${place.where} fell silent: ${what} for ${formatDuration(limit)}`;
      return ended(reason, message, 'Try again, or allow a longer silence.');
    }
    default:
      return unreachable(reason);
  }
}

function ended(code: StopReason, message: string, advice: string): Fault {
  return { code, message, advice: `The text that came is kept. ${advice}`, retryable: false };
}

const NOT_SENT: Fault = {
  code: 'aborted',
  unsent: true,
  message: 'The call was interrupted before it was sent',
  advice: 'Nothing was sent.',
  retryable: false,
};

/** What the attempt before may cost is the caller's to know: it was told of it with `onRetry`. */
function notSentAgain({ message, status }: Fault): Fault {
  return {
    ...NOT_SENT,
    message: `The call was interrupted while it waited to be sent again; before that: ${message}`,
    ...(status === undefined ? {} : { status }),
  };
}

function tooLongAWait(fault: Fault): Fault {
  const wait = formatDuration(fault.retryAfterMs ?? 0);
  return {
    ...fault,
    advice: `The server asks to wait ${wait}, which is longer than this call may take. Try again after that.`,
  };
}

async function finish(
  call: Call,
  { draft, fault }: Attempt,
  timing: { started: number; attempts: number },
): Promise<Result<ModelAnswer, ModelFailure>> {
  const facts: CallFacts = {
    finishReason: draft.finishReason,
    resolvedModel: draft.model,
    usage: draft.usage,
    attempts: timing.attempts,
    ttftMs: draft.ttftMs,
    totalMs: Math.round(performance.now() - timing.started),
    ...(await costOf(call, draft)),
  };
  if (fault === null) {
    // judge() gives no fault only where there is a finish_reason.
    return ok({ ...facts, finishReason: draft.finishReason ?? '', text: draft.text, notes: [], recordingFile: null });
  }
  const times = fault.retryable && timing.attempts > 1 ? `, ${timing.attempts} times in a row` : '';
  const partial = draft.text === '' ? draft.refusal : draft.text;
  return err(modelFailure({ ...fault, message: fault.message + times }, facts, partial));
}

async function costOf({ settings, request }: Call, draft: Draft): Promise<Pick<CallFacts, 'costUsd' | 'costSource'>> {
  if (draft.usage === null) return { costUsd: null, costSource: null };
  const priced = { ...(await prices(settings)), model: request.model, resolvedModel: draft.model };
  const { usd, source } = await costOfUsage(draft.usage, priced);
  return { costUsd: usd, costSource: source };
}

async function prices(settings: OpenAiSettings): Promise<{ providerId: string; overrides: PriceOverrides }> {
  return { providerId: await priceProvider(settings.baseURL), overrides: settings.prices ?? {} };
}
