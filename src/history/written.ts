// A call as it is written: the values of its row, every text redacted. Pure but for the id and the process.

import type { Redactor } from '../base/secrets.ts';
import { newId, timestamp } from '../system/clock.ts';
import { thisProcess } from '../system/process-identity.ts';
import type { NewCall, Review, Settlement } from './types.ts';

/** What the row has before the request leaves. */
export type CallRow = {
  readonly id: string;
  readonly source: string;
  readonly templateName: string;
  /** Null where it is not kept. */
  readonly templateText: string | null;
  readonly promptHash: string;
  readonly promptText: string;
  readonly requestHash: string | null;
  readonly inputParams: string;
  readonly model: string;
  readonly taskId: string | null;
  readonly runId: string;
  readonly metadata: string | null;
  readonly owner: string;
  readonly reservedUsd: number | null;
  readonly request: string | null;
  readonly createdAt: string;
  /** Where nothing of its content is kept: from the start. */
  readonly deletedAt: string | null;
  readonly inputIndex: number | null;
  readonly answerRules: string | null;
};

export type EndRow = Readonly<Record<string, string | number | null>> & { readonly id: string };

/** What a process knows of a call: with the row, enough to write it anew. */
export type KnownCall = {
  readonly id: string;
  /** Undefined where another process made it. */
  readonly row?: CallRow | undefined;
  readonly running?: boolean | undefined;
  readonly end?: EndRow | undefined;
  readonly review?: Review | null | undefined;
};

export function rowOf(call: NewCall, redactor: Redactor): CallRow {
  const json = (value: unknown) => JSON.stringify(redactor.value(value));
  const kept = call.keep === 'none' ? withoutContent(call) : { ...call, deletedAt: null };
  return {
    id: newId(),
    source: kept.source,
    templateName: kept.templateName,
    templateText: kept.templateText === null ? null : redactor.text(kept.templateText),
    promptHash: kept.promptHash,
    promptText: redactor.text(kept.promptText),
    requestHash: kept.requestHash,
    inputParams: json(kept.inputParams),
    model: kept.model,
    taskId: kept.taskId ?? null,
    runId: kept.runId,
    metadata: kept.metadata ? json(kept.metadata) : null,
    owner: JSON.stringify(thisProcess()),
    reservedUsd: kept.reservedUsd ?? null,
    request: kept.request ? json(keptRequest(kept, kept.request)) : null,
    createdAt: timestamp(),
    deletedAt: kept.deletedAt,
    inputIndex: kept.inputIndex ?? null,
    answerRules: kept.answerRules === undefined ? null : json(kept.answerRules),
  };
}

/** The same that is left of a call that was forgotten (forget.ts). */
function withoutContent(call: NewCall) {
  return {
    ...call,
    templateText: null,
    promptText: '',
    inputParams: {},
    requestHash: null,
    answerRules: undefined,
    metadata: { provider: call.metadata?.provider ?? null },
    request: undefined,
    deletedAt: timestamp(),
  };
}

/** Each call of a conversation sends all that was said before: kept with each, it would grow with the square of its length. */
function keptRequest({ keep }: Pick<NewCall, 'keep'>, request: NonNullable<NewCall['request']>): unknown {
  const { messages } = request;
  if (keep !== 'turn' || !Array.isArray(messages)) return request;
  const turn = messages.filter((each: { role?: string }, at) => each.role === 'system' || at === messages.length - 1);
  return { ...request, messages: turn, earlier_messages: messages.length - turn.length };
}

export function endOf(id: string, end: Settlement, redactor: Redactor): EndRow {
  // Servers say what they like, wherever they are asked for a word.
  const redacted = (said: string | null | undefined) => (said ? redactor.text(said) : null);
  return {
    id,
    status: end.status,
    output: end.text === '' ? null : outputOf(end.text, redactor, end.data),
    error: end.error === undefined ? null : redactor.text(end.error),
    attempts: end.attempts,
    finishReason: redacted(end.finishReason),
    resolvedModel: redacted(end.resolvedModel),
    promptTokens: end.promptTokens ?? null,
    cachedTokens: end.cachedTokens ?? null,
    completionTokens: end.completionTokens ?? null,
    reasoningTokens: end.reasoningTokens ?? null,
    costUsd: end.costUsd ?? null,
    costSource: end.costSource ?? null,
    heldUsd: end.heldUsd ?? null,
    ttftMs: end.ttftMs ?? null,
    totalMs: end.totalMs ?? null,
  };
}

/** For a call of which nothing is kept, wherever it is written. */
export function withoutText(end: EndRow): EndRow {
  return { ...end, output: null, error: null };
}

/** The `output` column is JSON (S000). */
export function outputOf(text: string, redactor: Redactor, data?: unknown): string {
  return JSON.stringify({ text: redactor.text(text), ...(data === undefined ? {} : { data: redactor.value(data) }) });
}
