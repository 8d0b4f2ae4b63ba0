// One message of a conversation: prepared with what holds now, sent by the one path of model calls, and recorded before and after.
// Draws nothing.

import type { Failure } from '../base/failure.ts';
import { err, ok, type Result } from '../base/result.ts';
import type { ModelCalls } from '../calls/service.ts';
import type { About, CallFailure, CallNews, Plan } from '../calls/types.ts';
import type { ConversationStore } from '../history/conversations.ts';
import type { ModelFailure } from '../model/provider.ts';
import type { Problem } from '../runbook/problem.ts';
import { record, refresh, settledBy } from './conversation.ts';
import type { Sent } from './events.ts';
import { aboutOf, type Given, type Prepared, type PrepareParts, prepare } from './prepare.ts';
import { settleOpen } from './recover.ts';
import { changesBetween, lastValues, type Message, type State, type ValueChange } from './state.ts';
import { TEXT_VARIABLE } from './variables.ts';

export type SendParts = PrepareParts & {
  readonly store: ConversationStore;
  readonly models: ModelCalls;
  readonly ai: Parameters<ModelCalls['plan']>[0];
  /** Where an answer goes that the history cannot take, relative to the root. */
  readonly keepBesideIn: string;
};

export type SendNews =
  | CallNews
  /** Before anything leaves: what differs from the values of the message before. */
  | { readonly kind: 'values-changed'; readonly message: number; readonly changes: readonly ValueChange[] };

export type SendInput = Given & { readonly report: (news: SendNews) => void };

export type SendResult = {
  readonly state: State;
  readonly message: Message;
  /** The whole answer, also where nothing of it is kept. */
  readonly answer: string;
  /** Why there is no whole answer. */
  readonly failure: ModelFailure | undefined;
};

export type SendFailure =
  | { readonly kind: 'problems'; readonly problems: readonly Problem[] }
  | { readonly kind: 'nothing-to-say' }
  | Exclude<CallFailure, { kind: 'model' }>;

/** To be called with the lock of the conversation held. `state` may be old: what was recorded since is read first. */
export async function sendMessage(
  parts: SendParts,
  old: State,
  input: SendInput,
): Promise<Result<SendResult, SendFailure>> {
  const ready = await planned(parts, old, input);
  if (!ready.ok) return ready;
  tellChanges(ready.value.state, ready.value.prepared, input);
  const sent = await callAndRecord(parts, ready.value, input.report);
  if (!sent.ok) return sent;
  const { failure, answer } = sent.value;
  const settled = isWritten(parts.store, sent.value.settled) ?? settle(parts.store, sent.value.state, failure);
  if (!settled.ok) return err({ kind: 'failure', failure: settled.error });
  const message = settled.value.messages.at(-1);
  if (message === undefined) throw new Error('what was sent is no message');
  return ok({ state: settled.value, message, answer, failure });
}

type Called = {
  readonly state: State;
  /** With the end, where that was written with the end of the call. */
  readonly settled: State | undefined;
  readonly answer: string;
  readonly failure: ModelFailure | undefined;
};

/** Its commit may have failed afterwards. */
function isWritten(store: ConversationStore, state: State | undefined): Result<State, Failure> | undefined {
  const row = state && store.row(state.id);
  return state && row?.ok && row.value?.last_seq === state.seq ? ok(state) : undefined;
}

/** The events are in the commits of the call: the first stands before anything leaves, and no call is without its message. */
async function callAndRecord(
  parts: SendParts,
  { state, prepared, about, plan }: Ready,
  report: SendInput['report'],
): Promise<Result<Called, SendFailure>> {
  let sent = state;
  let settled: State | undefined;
  const answered = await parts.models.send(plan, {
    about,
    hooks: {
      report,
      keepBesideIn: parts.keepBesideIn,
      alongside: {
        begun(callId) {
          const recorded = record(parts.store, state, [sentEvent(state, prepared, callId)]);
          if (!recorded.ok) return recorded;
          sent = recorded.value;
          return ok(undefined);
        },
        settled() {
          // Of one of which nothing is kept, only the failure itself tells why there is no answer.
          if (!state.track) return;
          const recorded = settle(parts.store, sent, undefined);
          settled = recorded.ok ? recorded.value : undefined;
        },
      },
    },
  });
  if (answered.ok) return ok({ state: sent, settled, answer: answered.value.answer.text, failure: undefined });
  if (answered.error.kind !== 'model') return err(answered.error);
  const { failure } = answered.error;
  return ok({ state: sent, settled, answer: failure.partialText, failure });
}

type Ready = { readonly state: State; readonly prepared: Prepared; readonly about: About; readonly plan: Plan };
const MOST_TRIES = 5;

/** Another process may set a variable while this one prepares: then it is prepared again, with what holds now. */
async function planned(parts: SendParts, old: State, input: SendInput): Promise<Result<Ready, SendFailure>> {
  const { store, models, ai } = parts;
  let state = upToDate(store, old);
  for (let left = MOST_TRIES; ; left -= 1) {
    if (!state.ok) return err({ kind: 'failure', failure: state.error });
    if (state.value.status === 'streaming') return err({ kind: 'failure', failure: elsewhere(state.value) });
    const given = { ...input, text: input.text === '' ? state.value.input : input.text };
    const prepared = await prepare(parts, state.value, given);
    if (!prepared.ok) return err({ kind: 'problems', problems: prepared.error });
    if (prepared.value === undefined) return err({ kind: 'nothing-to-say' });
    const about = aboutOf(parts, state.value, prepared.value);
    const plan = await models.plan(ai, { request: prepared.value.request, about });
    if (!plan.ok) return err({ kind: 'refused', refused: plan.error });
    const now = refresh(store, state.value);
    if (now.ok && (now.value.seq === state.value.seq || left <= 0))
      return ok({ state: now.value, prepared: prepared.value, about, plan: plan.value });
    state = now;
  }
}

function upToDate(store: ConversationStore, old: State): Result<State, Failure> {
  const state = refresh(store, old);
  return state.ok ? settleOpen(store, state.value) : state;
}

/** We hold the lock of this machine, so who sends is on another one, and only there it is known whether they still do. */
function elsewhere({ id, messages }: State): Failure {
  return {
    code: 'locked',
    message: `message ${messages.length} of ${id.slice(0, 8)} was sent from another machine, and is not settled`,
    advice: 'let it end there, or go on from an earlier message with "prompt fork"',
  };
}

function tellChanges(state: State, { resolved }: Prepared, { report }: SendInput): void {
  const before = lastValues(state);
  if (before === undefined) return;
  const changes = changesBetween(before, resolved.values).filter(({ name }) => name !== TEXT_VARIABLE);
  if (changes.length > 0) report({ kind: 'values-changed', message: state.messages.length, changes });
}

function sentEvent(state: State, prepared: Prepared, callId: string): Sent {
  const { text, textInside, composed, resolved, request, prompt } = prepared;
  const content = state.track
    ? { text, prompt: composed.prompt, values: resolved.values, origins: resolved.origins }
    : { text: '', prompt: null, values: {}, origins: {} };
  return {
    kind: 'sent',
    message: state.messages.length + 1,
    call_id: callId,
    inherited: false,
    ...content,
    text_inside: textInside,
    model: request.model,
    prompt_hash: prompt.hash,
  };
}

/** By what the row of the call says, so that the two are equal to the last digit. */
function settle(store: ConversationStore, state: State, failure: ModelFailure | undefined): Result<State, Failure> {
  const open = state.messages.at(-1);
  if (open === undefined) throw new Error('what was sent is no message');
  const call = store.call(open.call_id);
  if (!call.ok) return call;
  if (call.value === undefined || call.value.status === 'pending' || call.value.status === 'running')
    return err(unsettled(state.id));
  const error = call.value.error ?? (state.track ? null : (failure?.code ?? null));
  return record(store, state, [settledBy({ ...call.value, error }, open.number)]);
}

/** The history could not take the answer, which calls/ has put beside it: the next command settles what it finds. */
function unsettled(id: string): Failure {
  return {
    code: 'waiting',
    message: `the history could not take the end of this message of ${id.slice(0, 8)}`,
    advice: '"orchestrate doctor" checks the history; the next "prompt send" settles the message',
  };
}
