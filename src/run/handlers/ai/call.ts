// One recorded model call of a task: the row before the request, the log lines, the settlement. Does not judge the answer.

import path from 'node:path';
import type { Failure } from '../../../base/failure.ts';
import { err, ok, type Result } from '../../../base/result.ts';
import type { CallStore, Settlement } from '../../../history/calls.ts';
import type { CallFacts, ModelAnswer, ModelFailure, ModelProvider } from '../../../model/provider.ts';
import { appendText } from '../../../system/files.ts';
import { snippet } from '../../ledger.ts';
import type { Session } from '../../session.ts';
import type { AiTask, Prepared } from './prepare.ts';

const PARTIAL_EVERY_MS = 1000;

export type CallInput = {
  readonly task: AiTask;
  readonly prepared: Prepared;
  readonly provider: ModelProvider;
  readonly calls: CallStore;
  readonly attempt: number;
};

export type Answered = { readonly callId: string; readonly answer: ModelAnswer };
export type CallFailure =
  | { readonly kind: 'model'; readonly failure: ModelFailure }
  | { readonly kind: 'failure'; readonly failure: Failure };

/** Written before the request leaves, so that no call is without a trace (design.md §8). */
export async function callModel(session: Session, input: CallInput): Promise<Result<Answered, CallFailure>> {
  const { task, prepared, provider, calls } = input;
  const begun = calls.begin({
    source: 'task',
    templateName: prepared.templateFile,
    templateText: prepared.template.fullText,
    promptHash: prepared.template.hash,
    promptText: prepared.promptText,
    requestHash: prepared.requestHash,
    inputParams: prepared.inputParams,
    model: prepared.request.model,
    taskId: task.id,
    runId: session.runId,
    metadata: { provider: provider.name, attempt: input.attempt },
  });
  if (!begun.ok) return err({ kind: 'failure', failure: begun.error });
  const logged = session.ledger.note([
    {
      task_id: task.id,
      event_type: 'AI_PROMPT_SENT',
      details: {
        call_id: begun.value,
        provider: provider.name,
        model: prepared.request.model,
        template: prepared.templateFile,
        prompt: snippet(session.redactor.text(prepared.promptText)),
      },
    },
  ]);
  if (!logged.ok) {
    calls.settle(begun.value, NOT_SENT);
    return err({ kind: 'failure', failure: logged.error });
  }
  session.report({ kind: 'model-sent', provider: provider.name });
  const result = await stream(session, { ...input, callId: begun.value });
  const settled = calls.settle(begun.value, settlement(result));
  if (!settled.ok) keepBeside(session, task, { callId: begun.value, result });
  const answered = noteAnswer(session, { task, callId: begun.value, result });
  if (!answered.ok)
    session.report({ kind: 'warning', message: `the answer is kept in the history, but not in the log` });
  // A failure may quote the server, and the server may quote the key.
  return result.ok
    ? ok({ callId: begun.value, answer: result.value })
    : err({ kind: 'model', failure: session.redactor.value(result.error) });
}

async function stream(
  session: Session,
  { prepared, provider, calls, callId }: CallInput & { callId: string },
): Promise<Result<ModelAnswer, ModelFailure>> {
  // Kept and shown only as far as no secret can be cut in two: neither part of one would be found later.
  let safe = '';
  let savedAt = performance.now();
  const redact = session.redactor.stream();
  const show = (piece: string) => {
    safe += piece;
    if (piece !== '') session.report({ kind: 'model-text', text: piece });
  };
  const result = await provider.call(prepared.request, {
    signal: session.signal,
    onFirstByte: () => calls.running(callId),
    onText: (chunk) => {
      show(redact.push(chunk));
      if (performance.now() - savedAt < PARTIAL_EVERY_MS) return;
      savedAt = performance.now();
      calls.partial(callId, safe);
    },
    onRetry: (info) => session.report({ kind: 'model-retry', ...info }),
  });
  show(redact.end());
  return result;
}

const NOT_SENT: Settlement = {
  status: 'error',
  text: '',
  error: 'not sent: the log cannot be written',
  attempts: 0,
  finishReason: null,
};

/** The database would not take an answer that was paid for: it goes into a file of its own. */
function keepBeside(
  session: Session,
  task: AiTask,
  { callId, result }: { callId: string; result: Result<ModelAnswer, ModelFailure> },
): void {
  const file = path.join('logs', 'tasks', task.id, `${callId}.txt`);
  const kept = appendText(
    path.join(session.root, file),
    session.redactor.text(result.ok ? result.value.text : result.error.partialText),
  );
  session.report({
    kind: 'warning',
    message: `the history could not take the answer; ${kept.ok ? `it is in ${file}` : 'nor could a file'}`,
    advice: 'look at it before you ask again; "orchestrate doctor" checks the history',
  });
}

function settlement(result: Result<ModelAnswer, ModelFailure>): Settlement {
  const facts: CallFacts = result.ok ? result.value : result.error;
  return {
    status: result.ok ? 'complete' : 'error',
    text: result.ok ? result.value.text : result.error.partialText,
    ...(result.ok ? {} : { error: `${result.error.code}: ${result.error.message}` }),
    attempts: facts.attempts,
    finishReason: facts.finishReason,
    resolvedModel: facts.resolvedModel,
    promptTokens: facts.usage?.promptTokens ?? null,
    cachedTokens: facts.usage?.cachedTokens ?? null,
    completionTokens: facts.usage?.completionTokens ?? null,
    costUsd: facts.costUsd,
    ttftMs: facts.ttftMs,
    totalMs: facts.totalMs,
  };
}

function noteAnswer(
  session: Session,
  { task, callId, result }: { task: AiTask; callId: string; result: Result<ModelAnswer, ModelFailure> },
) {
  const facts: CallFacts = result.ok ? result.value : result.error;
  const { promptTokens = null, completionTokens = null } = facts.usage ?? {};
  if (result.ok) {
    session.report({
      kind: 'model-done',
      totalMs: facts.totalMs,
      promptTokens,
      completionTokens,
      costUsd: facts.costUsd,
    });
    for (const message of result.value.notes) session.report({ kind: 'note', message });
  }
  return session.ledger.note([
    {
      task_id: task.id,
      event_type: 'AI_RESPONSE_RECEIVED',
      details: {
        call_id: callId,
        outcome: result.ok ? 'complete' : result.error.code,
        finish_reason: facts.finishReason,
        prompt_tokens: promptTokens,
        completion_tokens: completionTokens,
        cost_estimate: facts.costUsd,
        total_ms: Math.round(facts.totalMs),
        response: snippet(session.redactor.text(result.ok ? result.value.text : result.error.partialText)),
      },
    },
  ]);
}
