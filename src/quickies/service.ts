// Quickies: one request, one answer, recorded (S000). Asked at once, kept for later, or asked again. Knows no command line.

import type { Failure } from '../base/failure.ts';
import { err, ok, type Result } from '../base/result.ts';
import type { Redactor } from '../base/secrets.ts';
import { lowerFirst } from '../base/text.ts';
import { askForData, type ModelCalls } from '../calls/service.ts';
import type { CallFailure, CallNews, Refused } from '../calls/types.ts';
import type { CallStore } from '../history/calls.ts';
import type { AskedBefore } from '../history/types.ts';
import { contentText, type ModelAnswer, type ModelFailure, type ModelRequest } from '../model/provider.ts';
import type { AiSettings } from '../runbook/task.ts';
import { newId } from '../system/clock.ts';
import { type AnswerRules, type Output, outputOf, outputRules } from '../templates/quickie/answer.ts';
import type { Given } from '../templates/quickie/inputs.ts';
import { hashRequest } from '../templates/quickie/request.ts';
import { isBlob } from '../templates/quickie/types.ts';
import type { Prepared } from './prepare.ts';

export type QuickieParts = {
  readonly ai: AiSettings;
  readonly redactor: Redactor;
  readonly models: ModelCalls;
  readonly calls: () => Promise<Result<CallStore, Failure>>;
  readonly report: (news: CallNews) => void;
};

export type Answered = {
  /** Of its row in the history. */
  readonly id: string;
  readonly answer: ModelAnswer;
  readonly output: Output;
};

/** Where an answer goes that the history cannot take. */
const KEPT_BESIDE = '.orchestrate/answers';

/** Asks, and asks once more where the answer does not fit its schema. */
export async function askQuickie(parts: QuickieParts, prepared: Prepared): Promise<Result<Answered, Failure>> {
  const store = await parts.calls();
  if (!store.ok) return store;
  const { request, rules, about } = prepared;
  let kept: string | undefined;
  const recorded = (callId: string) => {
    kept = about.keep === 'none' ? undefined : callId;
    return ok(undefined);
  };
  const asked = await askForData(parts.models, {
    ai: parts.ai,
    request,
    about,
    hooks: { report: parts.report, recorded, keepBesideIn: KEPT_BESIDE },
    output: outputRules(rules),
    verdict: ({ problems, content, value }) =>
      problems.length > 0 ? { error: misfitWords(problems) } : { data: outputOf(rules, { content, value }).data },
  });
  if (!asked.ok) return err(failureOf(asked.error, kept));
  const { callId, answer, structured } = asked.value;
  const id = settleId(store.value, about.waiting, callId);
  if (structured.problems.length > 0) return err(misfit(id, structured.problems, about.keep !== 'none'));
  for (const message of structured.notes) parts.report({ kind: 'note', message });
  return ok({ id, answer, output: outputOf(rules, structured) });
}

/** The id that somebody was promised is that of the answer, whichever question it answers. */
function settleId(store: CallStore, promised: string | undefined, id: string): string {
  if (promised === undefined || promised === id) return id;
  return store.later.exchange(promised, id).ok ? promised : id;
}

function misfitWords(problems: readonly string[]): string {
  return `the answer is not what was asked for: ${problems.join('; ')}`;
}

function misfit(id: string, problems: readonly string[], kept: boolean): Failure {
  const short = id.slice(0, 8);
  const advice = kept
    ? `to see it: orchestrate quickie show ${short}; to ask again: orchestrate quickie rerun ${short}`
    : 'ask again; without --no-track the answer would be kept, to be looked at';
  return { code: 'call-failed', message: misfitWords(problems), advice };
}

/** What a call that gave no answer means for a command. `kept`: its id, where the history has what came. */
function failureOf(failed: CallFailure, kept: string | undefined): Failure {
  switch (failed.kind) {
    case 'failure':
      return failed.failure;
    case 'refused':
      return refusedFailure(failed.refused);
    case 'model':
      return modelFailure(failed.failure, kept);
  }
}

export function refusedFailure({ message, advice, badInput }: Refused): Failure {
  return { code: badInput ? 'usage' : 'waiting', message, advice };
}

/** What waits for a person is told apart from what failed (design.md §4). */
const WAITS: ReadonlySet<ModelFailure['code']> = new Set(['replay-miss', 'no-key', 'cancelled']);

function modelFailure({ code, message, advice, miss, partialText }: ModelFailure, kept: string | undefined): Failure {
  const where =
    kept === undefined || partialText === '' ? '' : ` To see it: orchestrate quickie show ${kept.slice(0, 8)}`;
  const said = { message: lowerFirst(message), advice: `${advice}${where}` };
  if (!WAITS.has(code)) return { code: 'call-failed', ...said };
  return { code: 'waiting', ...said, ...(miss === null ? {} : { detail: miss.diff }) };
}

/** Records it as `pending` and gives its id; nothing is sent. */
export async function keepQuickie(parts: QuickieParts, { request, about }: Prepared): Promise<Result<string, Failure>> {
  const texts = JSON.stringify([request.messages, about.inputParams]);
  const secrets = parts.redactor.found(texts);
  // The history keeps no secrets, so the prompt that is sent later would be another one.
  if (secrets.length > 0) {
    const message = `the prompt holds the value of ${secrets.join(', ')}, which is secret, so it cannot be kept for later`;
    return err({ code: 'waiting', message, advice: 'take it out of the prompt, or run it now, without --later' });
  }
  const store = await parts.calls();
  if (!store.ok) return store;
  const { messages, ...settings } = request;
  return store.value.later.keep({ ...about, model: request.model, runId: newId(), request: { ...settings, messages } });
}

/** The call as it was asked, for the same row where it waits, for a new one otherwise. */
export function askedAgain(before: AskedBefore, model?: string): Result<Prepared, Failure> {
  const {
    request: kept,
    id,
    answerRules,
    metadata,
    templateText = '',
    requestHash,
    status: _s,
    source: _o,
    ...rest
  } = before;
  if (kept === undefined || !Array.isArray(kept.messages)) return err(notKept(id));
  const messages = firstAsked(before);
  const request = { ...kept, messages, ...(model === undefined ? {} : { model }) } as ModelRequest;
  const rules = (answerRules ?? { format: 'text' }) as AnswerRules;
  const { provider: _p, alias: _a, ...own } = metadata;
  return ok({
    request,
    rules,
    about: {
      ...rest,
      source: 'quickie',
      templateText,
      requestHash: model === undefined && requestHash !== null ? requestHash : hashRequest(request),
      answerRules: rules,
      metadata: own,
    },
  });
}

/** What was given then, for the present template. Images stand in the request, in the order of the inputs. */
export function givenAgain(before: AskedBefore): Map<string, Given> {
  const content = firstAsked(before).at(-1)?.content ?? '';
  const images = typeof content === 'string' ? [] : content.filter((part) => part.type === 'image_url');
  const whole = Object.entries(before.inputParams).map(([name, value]): [string, Given] => {
    if (!isBlob(value)) return [name, { kind: 'data', value }];
    const dataUrl = 'text' in value ? undefined : images.shift()?.image_url.url;
    return [name, { kind: 'blob', blob: dataUrl === undefined ? value : { ...value, dataUrl } }];
  });
  return new Map(whole);
}

/** An answer that was asked for twice has the first answer and what was wrong with it in its request: another model is asked without. */
function firstAsked({ request, promptText }: AskedBefore): ModelRequest['messages'] {
  const messages = (request?.messages ?? []) as ModelRequest['messages'];
  const last = messages.findLastIndex(({ role, content }) => role === 'user' && contentText(content) === promptText);
  return last < 0 ? messages : messages.slice(0, last + 1);
}

function notKept(id: string): Failure {
  return {
    code: 'usage',
    message: `the request of ${id.slice(0, 8)} was not kept, so it cannot be asked again as it was`,
    advice: 'ask it with the present template: --with-current-template',
  };
}

export type PendingEnd = { readonly id: string; readonly ended: Result<Answered, Failure> };

/** Makes the calls that wait, one after the other; `ids` are whole. A call that cannot be made keeps waiting. */
export async function runPending(
  parts: QuickieParts,
  ids: readonly string[],
  { signal, onEnd }: { signal: AbortSignal; onEnd: (end: PendingEnd) => void },
): Promise<Result<undefined, Failure>> {
  if (ids.length === 0) return ok(undefined);
  const store = await parts.calls();
  if (!store.ok) return store;
  for (const id of ids) {
    if (signal.aborted) break;
    const before = store.value.later.find(id);
    if (!before.ok) return before;
    if (before.value === undefined) continue;
    const prepared = askedAgain(before.value);
    const ended = prepared.ok
      ? await askQuickie(parts, { ...prepared.value, about: { ...prepared.value.about, waiting: id } })
      : prepared;
    onEnd({ id, ended });
  }
  return ok(undefined);
}
