// New conversations: of a prompt, or forked from another one. Calls no model.

import type { Failure } from '../base/failure.ts';
import { sha256 } from '../base/hash.ts';
import { err, ok, type Result } from '../base/result.ts';
import type { ConversationRow, ConversationStore } from '../history/conversations.ts';
import { newId } from '../system/clock.ts';
import { appendingTo, recordedEvents } from './conversation.ts';
import type { ConversationEvent, Recorded, Started } from './events.ts';
import type { Prompt } from './open-prompt.ts';
import { rebuild, type State, upTo } from './state.ts';

export type StartWish = {
  readonly prompt: Prompt;
  readonly name: string | undefined;
  /** An existing run to belong to. */
  readonly runId: string | undefined;
  readonly values: Readonly<Record<string, string>>;
  readonly model: string | undefined;
  readonly taskId: string | undefined;
  readonly track: boolean;
  readonly chat: boolean;
};

export type Beginning = {
  readonly state: State;
  /** Started before with the same prompt, values and model, newest first. */
  readonly alike: readonly ConversationRow[];
};

export function startConversation(store: ConversationStore, wish: StartWish): Result<Beginning, Failure> {
  const { prompt, values, model, taskId } = wish;
  const started: Started = {
    kind: 'started',
    id: newId(),
    run_id: wish.runId ?? newId(),
    name: wish.name ?? prompt.file.replace(/^prompt_templates\//, '').replace(/\.[^./]+$/, ''),
    prompt: prompt.file,
    prompt_from: prompt.from,
    prompt_hash: prompt.hash,
    model: model ?? null,
    values: wish.track ? values : {},
    track: wish.track,
    chat: wish.chat,
    task_id: taskId ?? null,
    forked_from: null,
  };
  return create(store, started, []);
}

/** Equal where prompt, values and model are: such conversations begin alike. */
function startKey({ prompt, prompt_from, prompt_hash, model, values, chat, task_id }: Started): string {
  const given = Object.entries(values).sort(([a], [b]) => (a < b ? -1 : 1));
  return sha256(JSON.stringify([prompt_from, prompt, prompt_hash, model, given, chat, task_id]));
}

function create(
  store: ConversationStore,
  started: Started,
  further: readonly ConversationEvent[],
): Result<Beginning, Failure> {
  const { appending, next } = appendingTo(undefined, [started, ...further]);
  const { id, run_id: runId, prompt } = started;
  const key = startKey(started);
  const created = store.create({ id, runId, startKey: key, prompt }, appending);
  if (!created.ok) return created;
  const state = next();
  if (state === undefined) throw new Error('a conversation was made without events');
  // Which values an untracked one began with is not known.
  const alike = started.track ? store.startedAlike(key, id) : ok([]);
  return alike.ok ? ok({ state, alike: alike.value }) : alike;
}

export type ForkWish = { readonly at: number; readonly name: string | undefined; readonly runId: string | undefined };

/** What was said up to that message, as a conversation of its own. Its calls stay with the one in which they were made. */
export function forkConversation(
  store: ConversationStore,
  id: string,
  { at, name, runId }: ForkWish,
): Result<Beginning, Failure> {
  const stored = store.events(id);
  if (!stored.ok) return stored;
  const events = upTo(recordedEvents(stored.value), at);
  const former = rebuild(undefined, events);
  if (former === undefined || former.messages.length !== at) return err(noMessage(id, at));
  if (!former.track) return err(untracked(id));
  if (former.status === 'streaming') return err(stillOpen(id, at));
  const started: Started = {
    ...startedOf(former),
    id: newId(),
    run_id: runId ?? newId(),
    name: name ?? `${former.name}, from message ${at}`,
    forked_from: { id, at },
  };
  return create(store, started, events.slice(1).filter(isCopied).map(copyOf));
}

/** All that a conversation begins with, as it is now. */
function startedOf(state: State): Started {
  const { id, run_id, name, prompt, prompt_from, prompt_hash, model, values, track, chat, task_id, forked_from } =
    state;
  return {
    kind: 'started',
    ...{ id, run_id, name, prompt, prompt_from, prompt_hash, model, values, track, chat, task_id, forked_from },
  };
}

/** The name is its own, and so are the values: those of the end. */
function isCopied({ kind }: Recorded): boolean {
  return kind !== 'renamed' && kind !== 'set';
}

function copyOf(recorded: Recorded): ConversationEvent {
  const { seq: _, at: __, ...event } = recorded;
  return event.kind === 'sent' ? { ...event, inherited: true } : event;
}

export function noMessage(id: string, at: number): Failure {
  const message = `the conversation ${id.slice(0, 8)} has no message ${at}`;
  return { code: 'usage', message, advice: `"orchestrate prompt show ${id.slice(0, 8)}" shows its messages` };
}

function untracked(id: string): Failure {
  const message = `nothing of the conversation ${id.slice(0, 8)} is kept, so there is nothing to fork`;
  return { code: 'usage', message, advice: 'start a new one with "orchestrate prompt start"' };
}

function stillOpen(id: string, at: number): Failure {
  const message = `message ${at} of the conversation ${id.slice(0, 8)} is being answered`;
  return { code: 'usage', message, advice: `fork an earlier one (--at ${at - 1}), or wait for its end` };
}
