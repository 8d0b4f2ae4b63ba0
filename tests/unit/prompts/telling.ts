// Events of a conversation in few words, for tests of what is made of them.
import type { ConversationEvent, Recorded, Sent, Settled, Started } from '../../../src/prompts/events.ts';
import { NO_FIGURES, rebuild, type State } from '../../../src/prompts/state.ts';

export const STARTED: Started = {
  kind: 'started',
  id: 'c1',
  run_id: 'r1',
  name: 'say',
  prompt: 'prompt_templates/say.md',
  prompt_from: 'project',
  prompt_hash: 'h',
  model: null,
  values: {},
  track: true,
  chat: true,
  task_id: null,
  forked_from: null,
};

export function sent(message: number, rest: Partial<Sent> = {}): Sent {
  return {
    kind: 'sent',
    message,
    call_id: `call-${message}`,
    inherited: false,
    text: `text ${message}`,
    prompt: null,
    text_inside: false,
    values: {},
    origins: {},
    model: 'm',
    prompt_hash: 'h',
    ...rest,
  };
}

export function settled(message: number, rest: Partial<Settled> = {}): Settled {
  return {
    kind: 'settled',
    message,
    call_id: `call-${message}`,
    status: 'complete',
    answer: `answer ${message}`,
    error: null,
    ...NO_FIGURES,
    ...rest,
  };
}

/** Numbered from 1, a second apart. */
export function recorded(...events: readonly ConversationEvent[]): Recorded[] {
  return events.map((event, index) => ({
    ...event,
    seq: index + 1,
    at: new Date(Date.UTC(2026, 0, 1, 0, 0, index)).toISOString(),
  }));
}

export function stateOf(...events: readonly ConversationEvent[]): State {
  const state = rebuild(undefined, recorded({ ...STARTED }, ...events));
  if (state === undefined) throw new Error('no state');
  return state;
}
