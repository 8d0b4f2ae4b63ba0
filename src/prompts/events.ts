// What happens to a conversation, as it is recorded. The names of the fields are those of the database and of --json. Types only.

import type { CallFigures } from '../history/conversations.ts';
import type { Origin } from './variables.ts';

export type Started = {
  readonly kind: 'started';
  readonly id: string;
  readonly run_id: string;
  readonly name: string;
  readonly prompt: string;
  readonly prompt_from: 'project' | 'user';
  /** MD5 of the template with its partials. */
  readonly prompt_hash: string;
  /** Null: the prompt's own, or that of the settings, as they are at each send. */
  readonly model: string | null;
  /** As typed; read as the declared type at each send. */
  readonly values: Readonly<Record<string, string>>;
  /** False: no content is ever kept. */
  readonly track: boolean;
  /** False: every send is a request of its own, without what was said before. */
  readonly chat: boolean;
  readonly task_id: string | null;
  readonly forked_from: { readonly id: string; readonly at: number } | null;
};

export type Sent = {
  readonly kind: 'sent';
  readonly message: number;
  readonly call_id: string;
  /** Copied from the conversation that this one was forked from: its call counts there. */
  readonly inherited: boolean;
  /** What the person wrote. */
  readonly text: string;
  /** The filled prompt, where it was a part of this message. */
  readonly prompt: string | null;
  /** Whether the text stands inside the filled prompt; otherwise it follows it. */
  readonly text_inside: boolean;
  readonly values: Readonly<Record<string, unknown>>;
  readonly origins: Readonly<Record<string, Origin>>;
  readonly model: string;
  readonly prompt_hash: string;
};

export type Settled = CallFigures & {
  readonly kind: 'settled';
  readonly message: number;
  readonly call_id: string;
  readonly status: 'complete' | 'error';
  /** What arrived of it, where it is no whole answer. */
  readonly answer: string;
  readonly error: string | null;
};

export type ConversationEvent =
  | Started
  | Sent
  | Settled
  | { readonly kind: 'set'; readonly values: Readonly<Record<string, string>>; readonly unset: readonly string[] }
  /** The text that waits to be sent. */
  | { readonly kind: 'input'; readonly text: string }
  | { readonly kind: 'renamed'; readonly name: string }
  /** The cost of a call was computed anew. */
  | { readonly kind: 'repriced'; readonly call_id: string; readonly cost_usd: number; readonly cost_source: string };

/** As it is read back: with its number and time; `forgotten` where its content was taken away afterwards. */
export type Recorded = ConversationEvent & {
  readonly seq: number;
  readonly at: string;
  readonly forgotten?: boolean;
};
