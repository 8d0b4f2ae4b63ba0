// One recorded call: the row before the request, the text as it comes, the settlement. The only caller of a provider. Does not judge
// the answer.

import path from 'node:path';
import { err, ok, type Result } from '../base/result.ts';
import type { Redactor } from '../base/secrets.ts';
import type { Settled, Settlement } from '../history/calls.ts';
import type { CallWrites } from '../history/grouped.ts';
import { type CallFacts, type ModelAnswer, type ModelFailure, modelFailure, nothingSent } from '../model/provider.ts';
import { appendText } from '../system/appender.ts';
import { overBudgetWords } from './budget.ts';
import { createHolds, type Holds } from './holds.ts';
import { startProgress } from './progress.ts';
import type { Recorder } from './record.ts';
import type { About, Answered, CallFailure, CallHooks, Plan } from './types.ts';

export type SendParts = {
  readonly root: string;
  readonly runId: string;
  readonly redactor: Redactor;
  /** Breaks off what is at the server: on Ctrl-C and SIGTERM, where `stops` does not come first. */
  readonly signal: AbortSignal;
  /** Nothing further is sent when this fires. */
  readonly stops?: AbortSignal | undefined;
  readonly calls: CallWrites;
  /** Undefined without `--record`. */
  readonly record: Recorder | undefined;
};

type Outcome = Result<ModelAnswer, ModelFailure>;

/** Written before the request leaves, so that no call is without a trace (design.md §8). */
export async function sendCall(
  parts: SendParts,
  plan: Plan,
  { about, hooks }: { about: About; hooks: CallHooks },
): Promise<Result<Answered, CallFailure>> {
  const { calls } = parts;
  const begun = await begin(parts, plan, { about, hooks });
  if (!begun.ok) return begun;
  const callId = begun.value;
  if ((await hooks.turn?.()) === false) {
    await calls.settle(callId, notSent('the batch was stopped before its turn'), parts.signal);
    return err({ kind: 'model', failure: aborted() });
  }
  const logged = hooks.recorded?.(callId) ?? ok(undefined);
  if (!logged.ok) {
    await calls.settle(callId, notSent('the log cannot be written'), parts.signal);
    return err({ kind: 'failure', failure: logged.error });
  }
  hooks.report({ kind: 'model-sent', provider: plan.provider.name });
  const holds = createHolds({ calls, callId, plan, report: hooks.report });
  const result = await stream(parts, plan, { callId, hooks, holds });
  hooks.ended?.();
  const heldUsd = holds.atEnd(result.ok ? result.value : result.error);
  const end = await judged(hooks, result, settlement(result, heldUsd));
  const settled = await calls.settle(callId, end, parts.signal, hooks.alongside?.settled);
  if (settled.ok) tellSettled(hooks, settled.value);
  const besideIn = settled.ok || about.keep === 'none' ? undefined : keepBeside(parts, hooks, { callId, result });
  if (result.ok) await keepRecording(parts, plan, { about, hooks, answer: result.value });
  tellEnd(hooks, result);
  return result.ok
    ? ok({ callId, answer: result.value, ...(besideIn === undefined ? {} : { besideIn }) })
    : err({ kind: 'model', failure: result.error });
}

async function begin(
  { calls, runId }: SendParts,
  plan: Plan,
  { about, hooks }: { about: About; hooks: CallHooks },
): Promise<Result<string, CallFailure>> {
  const { messages, ...settings } = plan.request;
  const begun = await calls.begin(
    {
      ...about,
      model: plan.request.model,
      runId,
      request: { ...settings, messages },
      reservedUsd: plan.worstUsd,
      metadata: { ...about.metadata, provider: plan.provider.name, ...(plan.alias ? { alias: plan.alias } : {}) },
    },
    plan.limits,
    hooks.alongside?.begun,
  );
  if (begun.ok) return begun;
  if (begun.error.code === 'over-budget')
    return err({ kind: 'refused', refused: { ...overBudgetWords(begun.error), badInput: false, because: 'budget' } });
  return err({ kind: 'failure', failure: begun.error });
}

async function stream(
  { calls, redactor, signal, stops }: SendParts,
  { provider, request, timeoutMs, idleTimeoutMs, firstTokenTimeoutMs }: Plan,
  { callId, hooks, holds }: { callId: string; hooks: CallHooks; holds: Holds },
): Promise<Outcome> {
  const progress = startProgress({
    redactor,
    save: (text) => calls.partial(callId, text),
    show: (text) => hooks.report({ kind: 'model-text', text }),
  });
  let whole = false;
  try {
    const result = await provider.call(request, {
      signal,
      stops,
      ...(timeoutMs === undefined ? {} : { deadlineMs: timeoutMs }),
      ...(idleTimeoutMs === undefined ? {} : { idleTimeoutMs }),
      ...(firstTokenTimeoutMs === undefined ? {} : { firstChunkTimeoutMs: firstTokenTimeoutMs }),
      // A recorded answer is there in no time, and each write waits for the disk.
      ...(provider.name === 'replay' ? {} : { onFirstByte: () => calls.running(callId) }),
      onText: progress.push,
      onRetry: ({ attempt, delayMs, code, status, reason }) => {
        calls.attempted(callId, { attempt: attempt - 1, code, status, delayMs });
        if (!holds.another({ code, status })) return false;
        hooks.report({ kind: 'model-retry', attempt, delayMs, code, status, reason: redactor.text(reason) });
        return true;
      },
    });
    whole = result.ok;
    return withoutSecrets(redactor, result);
  } finally {
    progress.end(whole ? undefined : 'broken-off');
  }
}

/** A failure may quote the server, the server may quote the key, and its text may end in the middle of one. An answer stays as it is. */
function withoutSecrets(redactor: Redactor, result: Outcome): Outcome {
  if (result.ok) return result;
  const partialText = redactor.brokenOff(result.error.partialText);
  return err(redactor.value({ ...result.error, partialText }));
}

function notSent(why: string): Settlement {
  return { status: 'error', text: '', error: `not sent: ${why}`, attempts: 0, finishReason: null };
}

function aborted(): ModelFailure {
  const message = 'The call was stopped before it was sent';
  return modelFailure({ code: 'aborted', message, advice: 'Nothing was sent.' }, nothingSent(0));
}

function tellSettled({ report }: CallHooks, settled: Settled): void {
  if (settled === 'anew')
    report({ kind: 'note', message: 'the history was deleted meanwhile: there is a new one, with this call in it' });
  if (settled === 'owed')
    report({
      kind: 'warning',
      message: 'the history could not take the answer: it is kept in .orchestrate/owed',
      advice: 'the next command that opens the history writes it into it; "orchestrate doctor" checks the history',
    });
}

/** Neither the history nor a file beside it would take an answer that was paid for: its text goes to the logs. Gives the file. */
function keepBeside(
  { root, redactor }: SendParts,
  { report, keepBesideIn }: CallHooks,
  { callId, result }: { callId: string; result: Outcome },
): string {
  const file = path.join(keepBesideIn, `${callId}.txt`);
  const text = result.ok ? result.value.text : result.error.partialText;
  const kept = appendText(path.join(root, file), redactor.text(text));
  report({
    kind: 'warning',
    message: `the history could not take the answer; ${kept.ok ? `it is in ${file}` : 'nor could a file'}`,
    advice: 'look at it before you ask again; "orchestrate doctor" checks the history',
  });
  return file;
}

/** Settled and judged at once: no answer that was not accepted is ever found as complete. */
async function judged({ judge }: CallHooks, result: Outcome, end: Settlement): Promise<Settlement> {
  if (judge === undefined || !result.ok) return end;
  const verdict = await judge(result.value.text);
  return 'error' in verdict ? { ...end, status: 'error', error: verdict.error } : { ...end, data: verdict.data };
}

function settlement(result: Outcome, heldUsd: number | null): Settlement {
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
    reasoningTokens: facts.usage?.reasoningTokens ?? null,
    costUsd: facts.costUsd,
    costSource: facts.costSource,
    heldUsd,
    ttftMs: facts.ttftMs,
    totalMs: facts.totalMs,
  };
}

async function keepRecording(
  { record, redactor }: SendParts,
  { request }: Plan,
  { about, hooks, answer }: { about: About; hooks: CallHooks; answer: ModelAnswer },
): Promise<void> {
  if (record === undefined) return;
  const { text, finishReason, resolvedModel: model, usage } = answer;
  const recording = redactor.value({ request, answer: { text, finishReason, model, usage } });
  const kept = await record(about.taskId ?? about.templateName, recording);
  if (kept.ok) return hooks.report({ kind: 'note', message: `recorded in ${kept.value}` });
  const { operation, path: file, errno } = kept.error;
  hooks.report({ kind: 'warning', message: `the call was not recorded: cannot ${operation} ${file} (${errno})` });
}

function tellEnd({ report }: CallHooks, result: Outcome): void {
  if (!result.ok) return;
  const { totalMs, ttftMs, usage, costUsd, notes } = result.value;
  report({
    kind: 'model-done',
    totalMs,
    ttftMs,
    promptTokens: usage?.promptTokens ?? null,
    cachedTokens: usage?.cachedTokens ?? null,
    completionTokens: usage?.completionTokens ?? null,
    reasoningTokens: usage?.reasoningTokens ?? null,
    costUsd,
  });
  for (const message of notes) report({ kind: 'note', message });
}
