// The seam between the program and whoever answers a prompt: types and small pure helpers. Knows no server, no SDK, no file.
import type { Result } from '../base/result.ts';

/** A part of a message, as the API takes it. An image's URL is a data URL; in a recording `sha256:…` stands for it. */
export type ContentPart =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'image_url'; readonly image_url: { readonly url: string } };

export type Content = string | readonly ContentPart[];

export type ChatMessage = { readonly role: 'system' | 'user' | 'assistant'; readonly content: Content };

/** Sent as `response_format: {type: "json_schema"}`. `name` is made fit for the API where it is not. */
export type ResponseSchema = {
  readonly name: string;
  readonly schema: Record<string, unknown>;
  readonly strict?: boolean;
};

export type ModelRequest = {
  /** The model's name as the server knows it; aliases are resolved by the caller. */
  readonly model: string;
  readonly messages: readonly ChatMessage[];
  readonly temperature?: number;
  readonly maxTokens?: number;
  readonly responseSchema?: ResponseSchema;
  /** The answer ends before any of these. */
  readonly stop?: readonly string[];
};

/** Token counts as the server reports them. `promptTokens` includes the cached ones. */
export type ModelUsage = {
  readonly promptTokens: number | null;
  readonly cachedTokens: number | null;
  readonly completionTokens: number | null;
  /** The part of `completionTokens` that was spent on reasoning, where the server tells it. */
  readonly reasoningTokens?: number;
  /** What the server itself says the call cost, in US dollars. */
  readonly reportedUsd?: number;
};

/** Where a cost comes from: the server, the public price list, or the project's own prices. */
export type CostSource = 'reported' | 'computed' | 'override';

/** What is known of a call however it ended: the columns of the history (design.md §8). */
export type CallFacts = {
  /** As the server says it (`stop`, `length`, ...); `pasted` for a person's answer; null where none came. */
  readonly finishReason: string | null;
  /** The model that answered, by its own account. */
  readonly resolvedModel: string | null;
  readonly usage: ModelUsage | null;
  /** Requests that were sent, retries included; 0 where nothing was. */
  readonly attempts: number;
  /** From the sending of the last attempt to the first piece of text. */
  readonly ttftMs: number | null;
  /** The whole call, with retries and the waits between them. */
  readonly totalMs: number;
  /** What this call cost in US dollars; null where unknown, never 0 for unknown. */
  readonly costUsd: number | null;
  /** Null where the cost is unknown, or nothing was to be paid. */
  readonly costSource: CostSource | null;
};

export type ModelAnswer = CallFacts & {
  readonly text: string;
  readonly finishReason: string;
  /** What the person should know of how the answer came about, one sentence each: "recorded for model x, asked for y". */
  readonly notes: readonly string[];
  /** The recording that gave the answer, as its file was named to the provider. */
  readonly recordingFile: string | null;
};

/** Why a call gave no complete answer. Closed: the table in deps.md and the messages are written against it. */
export type ModelFailureCode =
  // the answer came, but not whole or not usable
  | 'truncated'
  | 'content-filter'
  | 'refusal'
  | 'empty'
  | 'unexpected-finish'
  | 'incomplete-stream'
  | 'stalled'
  | 'reset'
  | 'not-json'
  | 'stream-error'
  // the server was not reached
  | 'refused-connection'
  | 'dns'
  | 'tls'
  | 'unreachable'
  | 'bad-address'
  // the server said no
  | 'no-key'
  | 'unauthorized'
  | 'forbidden'
  | 'unknown-model'
  | 'rate-limited'
  | 'quota'
  | 'server-error'
  | 'bad-request'
  // we or the person ended it
  | 'aborted'
  | 'deadline'
  | 'cancelled'
  | 'replay-miss';

/** The recorded request most like the one that had no recording. */
export type ReplayMiss = {
  readonly file: string;
  /** 0 … 1. */
  readonly similarity: number;
  /** Line diff, recorded (`-`) against asked (`+`), with a little context. Holds prompt text. */
  readonly diff: string;
};

export type ModelFailure = CallFacts & {
  readonly code: ModelFailureCode;
  /** What happened and where, without a full stop at the end. May quote the server, so secrets are to be redacted from it. */
  readonly message: string;
  /** What to do next, in one or two sentences. */
  readonly advice: string;
  /** All text that arrived before the failure; a refusal's words where nothing else came. */
  readonly partialText: string;
  /** The HTTP status where the server rejected the request. */
  readonly status: number | null;
  readonly requestId: string | null;
  /** How long the server asked to wait. */
  readonly retryAfterMs: number | null;
  /** Set with `replay-miss` where there was any recording to compare with. */
  readonly miss: ReplayMiss | null;
  /** Set with `aborted` where nothing was in flight: before the first request, or in the wait for a further one. */
  readonly unsent?: true;
};

/** Why the last attempt failed, and when which one comes. */
export type RetryInfo = {
  readonly attempt: number;
  readonly delayMs: number;
  readonly code: ModelFailureCode;
  readonly status: number | null;
  readonly reason: string;
};

/** News during a call. A callback that throws ends the call, and the throw goes on to the caller of `call`. */
export type CallEvents = {
  /** The first piece of the answer (of any kind) arrived; told at most once a call. */
  readonly onFirstByte?: () => void;
  /** Text to append to what was told before. */
  readonly onText?: (chunk: string) => void;
  /** `attempt` is the number of the attempt that will come after the wait: 2 is the first retry. `false`: let there be none. */
  readonly onRetry?: (info: RetryInfo) => boolean;
};

export type CallOptions = CallEvents & {
  /** Breaks it off. */
  readonly signal: AbortSignal;
  /** Nothing further is sent when this fires, and what the server is at comes to its end; `signal` where not told. */
  readonly stops?: AbortSignal | undefined;
  /** For the whole call, retries included. */
  readonly deadlineMs?: number;
  /** Longest silence once the answer has begun. Comments and keep-alives of the server are silence. */
  readonly idleTimeoutMs?: number;
  /** Longest wait for the answer to begin. */
  readonly firstChunkTimeoutMs?: number;
};

/** What a request will cost, from its text alone. */
export type CostEstimate = {
  readonly promptTokens: number;
  /** In US dollars, for the prompt alone; null where the price is unknown. */
  readonly promptUsd: number | null;
  /** With an answer of `maxTokens`; null where that or the price is unknown. */
  readonly atMostUsd: number | null;
};

const PROVIDER_NAMES = ['openai', 'replay', 'paste'] as const;
export type ProviderName = (typeof PROVIDER_NAMES)[number];

export type ModelProvider = {
  readonly name: ProviderName;
  /** One call, one result: `ok` only where the answer is complete. Throws only on a defect. */
  readonly call: (request: ModelRequest, options: CallOptions) => Promise<Result<ModelAnswer, ModelFailure>>;
  /** What that call would cost here: a recording costs nothing, a person's chat window is unknown. Sends nothing. */
  readonly estimate: (request: ModelRequest) => Promise<CostEstimate>;
  /** Whether it has an answer to this request; undefined where somebody is asked. Does not count as an answer given. */
  readonly fits?: (request: ModelRequest) => Promise<boolean>;
  /** The most that it can cost with an answer of `maxTokens`: null where no price is known. Undefined where nothing is ever paid here. */
  readonly worstCaseUsd?: (request: ModelRequest, maxTokens: number) => Promise<number | null>;
};

export function isProviderName(name: string): name is ProviderName {
  return (PROVIDER_NAMES as readonly string[]).includes(name);
}

/** Facts of a call that never sent anything. */
export function nothingSent(totalMs: number): CallFacts {
  return {
    finishReason: null,
    resolvedModel: null,
    usage: null,
    attempts: 0,
    ttftMs: null,
    totalMs,
    costUsd: null,
    costSource: null,
  };
}

/** A failure from its cause and the call's facts; what does not apply is null. */
export function modelFailure(
  cause: Pick<ModelFailure, 'code' | 'message' | 'advice'> &
    Partial<Pick<ModelFailure, 'status' | 'requestId' | 'retryAfterMs' | 'miss' | 'unsent'>>,
  facts: CallFacts,
  partialText = '',
): ModelFailure {
  const { code, message, advice, status = null, requestId = null, retryAfterMs = null, miss = null } = cause;
  const unsent = cause.unsent ? { unsent: true as const } : {};
  return { code, message, advice, status, requestId, retryAfterMs, miss, partialText, ...unsent, ...facts };
}

/** The text of a message; its images are left out. */
export function contentText(content: Content): string {
  if (typeof content === 'string') return content;
  return content.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('\n');
}

/** How many images a message shows. */
export function imageCount(content: Content): number {
  return typeof content === 'string' ? 0 : content.filter(({ type }) => type === 'image_url').length;
}

/** The same message with its text changed: what an image shows is not text. */
export function changeText(content: Content, change: (text: string) => string): Content {
  if (typeof content === 'string') return change(content);
  return content.map((part) => (part.type === 'text' ? { ...part, text: change(part.text) } : part));
}
