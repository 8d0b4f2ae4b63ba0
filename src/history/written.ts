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
  readonly templateText: string;
  readonly promptHash: string;
  readonly promptText: string;
  readonly requestHash: string;
  readonly inputParams: string;
  readonly model: string;
  readonly taskId: string | null;
  readonly runId: string;
  readonly metadata: string | null;
  readonly owner: string;
  readonly reservedUsd: number | null;
  readonly request: string | null;
  readonly createdAt: string;
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
  return {
    id: newId(),
    source: call.source,
    templateName: call.templateName,
    templateText: redactor.text(call.templateText),
    promptHash: call.promptHash,
    promptText: redactor.text(call.promptText),
    requestHash: call.requestHash,
    inputParams: json(call.inputParams),
    model: call.model,
    taskId: call.taskId ?? null,
    runId: call.runId,
    metadata: call.metadata ? json(call.metadata) : null,
    owner: JSON.stringify(thisProcess()),
    reservedUsd: call.reservedUsd ?? null,
    request: call.request ? json(call.request) : null,
    createdAt: timestamp(),
  };
}

export function endOf(id: string, end: Settlement, redactor: Redactor): EndRow {
  // Servers say what they like, wherever they are asked for a word.
  const redacted = (said: string | null | undefined) => (said ? redactor.text(said) : null);
  return {
    id,
    status: end.status,
    output: end.text === '' ? null : outputOf(end.text, redactor),
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

/** The `output` column is JSON (S000). */
export function outputOf(text: string, redactor: Redactor): string {
  return JSON.stringify({ text: redactor.text(text) });
}
