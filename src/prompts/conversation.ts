// A conversation between the database and its state: loaded from its events, and changed by recording more of them. Calls no model.

import type { Failure } from '../base/failure.ts';
import { err, ok, type Result } from '../base/result.ts';
import type {
  Appending,
  CallRow,
  ConversationStore,
  NewEvent,
  StoredEvent,
  Summary,
} from '../history/conversations.ts';
import type { ConversationEvent, Recorded, Settled } from './events.ts';
import { rebuild, type State } from './state.ts';

export function recordedEvents(stored: readonly StoredEvent[]): Recorded[] {
  return stored.map(({ seq, at, kind, data }) => ({ ...data, kind, seq, at }) as unknown as Recorded);
}

export function newEvents(events: readonly ConversationEvent[]): NewEvent[] {
  return events.map(({ kind, ...data }) => ({ kind, callId: 'call_id' in data ? data.call_id : null, data }));
}

/** `--at`: as of which message. */
export function loadState(store: ConversationStore, id: string): Result<State, Failure> {
  const events = store.events(id);
  if (!events.ok) return events;
  const state = rebuilt(undefined, recordedEvents(events.value), id);
  if (!state.ok) return state;
  return state.value === undefined ? err(gone(id)) : ok(state.value);
}

/** What others have recorded meanwhile is in the new state too. */
export function refresh(store: ConversationStore, state: State): Result<State, Failure> {
  const events = store.events(state.id, state.seq);
  if (!events.ok) return events;
  if (events.value.length === 0) return ok(state);
  const next = rebuilt(state, recordedEvents(events.value), state.id);
  return next.ok ? ok(next.value ?? state) : next;
}

export function rebuilt(
  state: State | undefined,
  events: readonly Recorded[],
  id: string,
): Result<State | undefined, Failure> {
  try {
    return ok(rebuild(state, events));
  } catch (error) {
    const message = `the conversation ${id} is damaged: ${error instanceof Error ? error.message : String(error)}`;
    return err({
      code: 'usage',
      message,
      advice: '"orchestrate prompt check" says what is wrong; "prompt delete" takes it away',
    });
  }
}

export function gone(id: string): Failure {
  const message = `the conversation ${id} was deleted meanwhile`;
  return { code: 'usage', message, advice: 'start a new one with "orchestrate prompt start"' };
}

/** The state with the events in it, which are in the database before it is given. */
export function record(
  store: ConversationStore,
  state: State,
  events: readonly ConversationEvent[],
): Result<State, Failure> {
  const { appending, next } = appendingTo(state, events);
  const appended = store.append(state.id, appending);
  if (!appended.ok) return appended;
  return appended.value ? ok(next() ?? state) : err(gone(state.id));
}

/** `next` gives the state once it is appended. */
export function appendingTo(
  state: State | undefined,
  events: readonly ConversationEvent[],
): { appending: Appending; next: () => State | undefined } {
  let next = state;
  const summarise = (stored: readonly StoredEvent[]): Summary => {
    next = rebuild(state, recordedEvents(stored));
    if (next === undefined) throw new Error('a conversation without events');
    return summaryOf(next);
  };
  return { appending: { knownSeq: state?.seq ?? 0, events: newEvents(events), summarise }, next: () => next };
}

export function summaryOf({ name, status, messages, values, track }: State): Summary {
  return { name, status, messages: messages.length, variables: track ? values : {} };
}

/** The end of a message as its call tells it. An untracked call tells figures alone. */
export function settledBy(call: CallRow, message: number): Settled {
  const { id, status, answer, error, ...figures } = call;
  return {
    kind: 'settled',
    message,
    call_id: id,
    status: status === 'complete' ? 'complete' : 'error',
    answer,
    error,
    ...figures,
  };
}
