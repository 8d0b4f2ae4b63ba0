// `orchestrate prompt set`, `input`, `rename`, `delete`: what changes a conversation without sending anything. Values may be set while
// another process sends: they count from the next message on.

import type { App } from '../../app.ts';
import type { Failure } from '../../base/failure.ts';
import { err, ok, type Result } from '../../base/result.ts';
import { count, oneLine } from '../../base/text.ts';
import { openWriter } from '../../history/writer.ts';
import { record } from '../../prompts/conversation.ts';
import type { ConversationEvent } from '../../prompts/events.ts';
import { takeSendLock } from '../../prompts/lock.ts';
import { loadPrompt } from '../../prompts/open-prompt.ts';
import { settleOpen } from '../../prompts/recover.ts';
import type { State } from '../../prompts/state.ts';
import { badName, checkGiven, readPairs } from '../../prompts/variables.ts';
import type { Problem } from '../../runbook/problem.ts';
import { writeJson } from '../../terminal/io.ts';
import { wordFailure } from '../../terminal/wording.ts';
import { fail } from '../outcome.ts';
import { asFailure, findState, holdsSecret, type Opened, withConversations } from './open.ts';
import { textFromStdin } from './sending.ts';
import { shortValue } from './words.ts';

/** Records one event in the conversation that is meant, if nothing speaks against it. */
async function change(
  app: App,
  id: string,
  {
    event,
    kept,
    say,
  }: {
    readonly event: (opened: Opened, state: State) => Promise<Result<ConversationEvent, Failure>>;
    /** The texts that would be kept. */
    readonly kept: readonly string[];
    readonly say: (state: State) => string;
  },
): Promise<number> {
  const changed = await withConversations(app, async (opened): Promise<Result<State, Failure>> => {
    const state = findState(opened.store, id);
    if (!state.ok) return state;
    const secret = holdsSecret(opened.home, kept);
    if (secret) return err(secret);
    const made = await event(opened, state.value);
    return made.ok ? record(opened.store, state.value, [made.value]) : made;
  });
  if (!changed.ok) return fail(app.io, changed.error);
  if (app.io.json) writeJson(app.io, { conversation: { ...changed.value, messages: changed.value.messages.length } });
  else if (!app.io.quiet) app.io.err(say(changed.value));
  return 0;
}

export type SetOptions = { readonly id: string; readonly pairs: readonly string[]; readonly unset?: readonly string[] };

export function set(app: App, { id, pairs, unset = [] }: SetOptions): Promise<number> {
  const values = readPairs(pairs, 'set');
  return change(app, id, {
    kept: values.ok ? Object.values(values.value) : [],
    async event({ home }, state) {
      const bad = unset.flatMap((name) => badName(name) ?? []);
      const problems: Problem[] = [
        ...(values.ok ? [] : values.error),
        ...bad.map((message) => ({ severity: 'error' as const, code: 'bad-name', message: `--unset: ${message}` })),
      ];
      if (!values.ok || problems.length > 0) return err(await asFailure(problems));
      if (pairs.length + unset.length === 0) return err(nothingToSet());
      if (!state.track) return err(untracked('values'));
      const prompt = await loadPrompt(home, { from: state.prompt_from, file: state.prompt });
      const wrong = prompt.ok ? checkGiven(prompt.value, values.value, 'set') : prompt.error;
      return wrong.length > 0 ? err(await asFailure(wrong)) : ok({ kind: 'set', values: values.value, unset });
    },
    say: (state) =>
      Object.entries(state.values)
        .map(([name, value]) => `${name}: ${shortValue(value)}\n`)
        .join('') || 'No values are set.\n',
  });
}

function nothingToSet(): Failure {
  return { code: 'usage', message: 'there is nothing to set', advice: 'write NAME=VALUE, or --unset NAME' };
}

function untracked(what: string): Failure {
  const message = `nothing of this conversation is kept (--no-track), so it can hold no ${what}`;
  return { code: 'usage', message, advice: 'give it with the message: orchestrate prompt send' };
}

export async function input(
  app: App,
  options: { readonly id: string; readonly text: string | undefined },
): Promise<number> {
  const text = options.text === undefined ? await textFromStdin(app.signal) : ok(options.text);
  if (!text.ok) return fail(app.io, text.error);
  return change(app, options.id, {
    kept: [text.value],
    event: async (_, state) => (state.track ? ok({ kind: 'input', text: text.value }) : err(untracked('text'))),
    say: (state) =>
      state.input === '' ? 'No text waits to be sent.\n' : `Waits to be sent: ${shortValue(state.input)}\n`,
  });
}

export function rename(app: App, { id, name }: { readonly id: string; readonly name: string }): Promise<number> {
  return change(app, id, {
    kept: [name],
    event: async () =>
      name.trim() === ''
        ? err({ code: 'usage', message: 'the name is empty', advice: 'give one' })
        : ok({ kind: 'renamed', name }),
    say: (state) => `${oneLine(state.name)}\n`,
  });
}

export type DeleteOptions = { readonly ids: readonly string[]; readonly dryRun?: boolean };

/** All of them or, where one is not clear or is being used, none. */
export async function deleteConversations(app: App, { ids, dryRun = false }: DeleteOptions): Promise<number> {
  const gone = await withConversations(app, async (opened): Promise<Result<Deleted, Failure>> => {
    const states = new Map<string, State>();
    for (const prefix of ids) {
      const state = findState(opened.store, prefix);
      if (!state.ok) return state;
      states.set(state.value.id, state.value);
    }
    return removeAll(app, opened, { states: [...states.values()], dryRun });
  });
  if (!gone.ok) return fail(app.io, gone.error);
  const { conversations, calls, warning } = gone.value;
  if (warning !== undefined) app.io.err(`${app.io.errStyle.warn('warning')}: ${warning}\n`);
  if (app.io.json) writeJson(app.io, { deleted: conversations, calls, dry_run: dryRun });
  else
    app.io.out(
      `${count(conversations.length, 'conversation')} with ${count(calls.length, 'call')} ${dryRun ? 'would be deleted; the costs would stay' : 'deleted; the costs stay'}.\n`,
    );
  return 0;
}

type Deleted = {
  readonly conversations: readonly string[];
  readonly calls: readonly string[];
  readonly warning?: string | undefined;
};

async function removeAll(
  app: App,
  { home, store }: Opened,
  { states, dryRun }: { states: readonly State[]; dryRun: boolean },
): Promise<Result<Deleted, Failure>> {
  const conversations = states.map(({ id }) => id);
  const calls = store.callsOnlyIn(conversations);
  if (!calls.ok || dryRun) return calls.ok ? ok({ conversations, calls: calls.value }) : calls;
  const locks: { release: () => void }[] = [];
  try {
    for (const state of states) {
      const lock = await takeSendLock(home.dataRoot, state.id, { forMs: 0, signal: app.signal });
      if (!lock.ok) return lock;
      locks.push(lock.value);
      // A call that a dead program left open must be settled before it can be forgotten.
      const settled = settleOpen(store, state);
      if (!settled.ok) return settled;
    }
    return forgetAndRemove({ home, store }, { conversations, calls: calls.value });
  } finally {
    for (const lock of locks) lock.release();
  }
}

/** Content first: whatever comes between, what is left can be deleted again. */
function forgetAndRemove({ home, store }: Opened, deleted: Deleted): Result<Deleted, Failure> {
  const writer = openWriter(home.dataRoot);
  if (!writer.ok) return writer;
  try {
    const forgotten = writer.value?.forget(deleted.calls) ?? ok([]);
    if (!forgotten.ok) return forgotten;
    for (const id of deleted.conversations) {
      const removed = store.remove(id);
      if (!removed.ok) return removed;
    }
    const scrubbed = writer.value?.scrub();
    if (scrubbed?.ok !== false) return ok(deleted);
    const { message } = wordFailure(scrubbed.error);
    return ok({
      ...deleted,
      warning: `no command finds the texts any more, but bytes of them may be left in the file until it is rewritten by the next deletion (${message})`,
    });
  } finally {
    writer.value?.close();
  }
}
