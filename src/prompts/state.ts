// The state of a conversation, made of its events and of nothing else. Pure; knows no database, no model.

import type { CallFigures } from '../history/conversations.ts';
import type { Recorded, Sent, Settled, Started } from './events.ts';

export type Status = 'idle' | 'streaming' | 'complete' | 'error';

/** One text that was sent, and the answer to it. */
export type Message = Omit<Sent, 'kind' | 'message'> &
  CallFigures & {
    /** From 1. */
    readonly number: number;
    readonly status: 'streaming' | 'complete' | 'error';
    readonly sent_at: string;
    readonly settled_at: string | null;
    readonly answer: string;
    readonly error: string | null;
    /** Its content was taken away afterwards. */
    readonly forgotten: boolean;
  };

/** Plain data: it can be written as JSON and read back. */
export type State = Omit<Started, 'kind'> & {
  /** Of the last event in it. */
  readonly seq: number;
  readonly status: Status;
  /** What waits to be sent. */
  readonly input: string;
  readonly created_at: string;
  readonly updated_at: string;
  readonly messages: readonly Message[];
};

export const NO_FIGURES: CallFigures = {
  finish_reason: null,
  resolved_model: null,
  prompt_tokens: null,
  cached_tokens: null,
  completion_tokens: null,
  reasoning_tokens: null,
  cost_usd: null,
  cost_source: null,
  ttft_ms: null,
  total_ms: null,
};

/** The state after one more event. Only a defect, or another program, records one that does not follow: then it throws. */
export function reduce(state: State | undefined, event: Recorded): State {
  return rebuild(state, [event]) as State;
}

/** The state after all of them; undefined where there are none. Copies the messages once, so that a long conversation stays quick. */
export function rebuild(state: State | undefined, events: readonly Recorded[]): State | undefined {
  const messages = [...(state?.messages ?? [])];
  let head = state;
  for (const event of events) head = { ...step(head, event, messages), seq: event.seq, updated_at: event.at, messages };
  return head;
}

/** As it was when message `number` had been settled (or sent, where nothing more came): 0 is before the first. */
export function upTo(events: readonly Recorded[], number: number): readonly Recorded[] {
  const next = events.findIndex((event) => event.kind === 'sent' && event.message === number + 1);
  const before = next < 0 ? events : events.slice(0, next);
  const last = before.findLastIndex((event) =>
    number === 0 ? event.kind === 'started' : 'message' in event && event.message === number,
  );
  return before.slice(0, last + 1);
}

/** Changes `messages`, which belongs to the caller. */
function step(state: State | undefined, event: Recorded, messages: Message[]): State {
  if (event.kind === 'started') return begun(state, event);
  if (state === undefined) throw new Error(`a conversation begins with "${event.kind}"`);
  switch (event.kind) {
    case 'set':
      return { ...state, values: changed(state.values, event.values, event.unset) };
    case 'input':
      return { ...state, input: event.text };
    case 'renamed':
      return { ...state, name: event.name };
    case 'sent':
      return sent(state, event, messages);
    case 'settled':
      return settled(state, event, messages);
    case 'repriced':
      for (const [at, message] of messages.entries())
        if (message.call_id === event.call_id)
          messages[at] = { ...message, cost_usd: event.cost_usd, cost_source: event.cost_source };
      return state;
  }
}

function begun(state: State | undefined, event: Extract<Recorded, Started>): State {
  if (state !== undefined) throw new Error(`the conversation ${state.id} is started twice`);
  const { kind: _, at, forgotten: __, ...started } = event;
  return { ...started, status: 'idle', input: '', created_at: at, updated_at: at, messages: [] };
}

/** The text that waits goes with it, or gives way to it where it only waited to be tried again. */
function sent(state: State, event: Extract<Recorded, Sent>, messages: Message[]): State {
  if (state.status === 'streaming' || event.message !== messages.length + 1)
    throw new Error(`message ${event.message} of ${state.id} does not follow its ${messages.length} messages`);
  const last = messages.at(-1);
  const isOver = event.text === state.input || (last?.status === 'error' && last.text === state.input);
  const { kind: _, message: number, seq: __, at, forgotten = false, ...rest } = event;
  messages.push({
    number,
    status: 'streaming',
    ...rest,
    sent_at: at,
    settled_at: null,
    answer: '',
    error: null,
    ...NO_FIGURES,
    forgotten,
  });
  return { ...state, status: 'streaming', input: isOver ? '' : state.input };
}

/** A text that got no answer waits to be sent again, unless another was written meanwhile. */
function settled(state: State, event: Extract<Recorded, Settled>, messages: Message[]): State {
  const open = messages.at(-1);
  if (open?.status !== 'streaming' || open.call_id !== event.call_id)
    throw new Error(`message ${event.message} of ${state.id} is settled, and was not open`);
  const { kind: _, message: __, seq: ___, at, forgotten = false, ...rest } = event;
  messages[messages.length - 1] = { ...open, ...rest, settled_at: at, forgotten: open.forgotten || forgotten };
  const waits = event.status === 'error' && state.input === '' && !open.inherited;
  return { ...state, status: event.status, input: waits ? open.text : state.input };
}

function changed(
  values: State['values'],
  set: State['values'],
  unset: readonly string[],
): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries({ ...values, ...set }).filter(([name]) => !unset.includes(name)));
}

export type ValueChange = { readonly name: string; readonly from: unknown; readonly to: unknown };

/** What differs between the values of two messages, in the order of the names; undefined where one has no such value. */
export function changesBetween(
  before: Readonly<Record<string, unknown>>,
  after: Readonly<Record<string, unknown>>,
): ValueChange[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  const valueOf = (values: Readonly<Record<string, unknown>>, name: string) =>
    Object.hasOwn(values, name) ? values[name] : undefined;
  return names
    .map((name) => ({ name, from: valueOf(before, name), to: valueOf(after, name) }))
    .filter(({ from, to }) => JSON.stringify(from) !== JSON.stringify(to));
}

/** Those of the message before; undefined where they are not known. */
export function lastValues({ messages, track }: State): Readonly<Record<string, unknown>> | undefined {
  return track ? messages.findLast(({ forgotten }) => !forgotten)?.values : undefined;
}
