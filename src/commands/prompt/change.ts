// `orchestrate prompt set`, `input`, `rename`, `delete`: what changes a conversation without sending anything. Values may be set while
// another process sends: they count from the next message on.

import type { App } from '../../app.ts';
import type { Failure } from '../../base/failure.ts';
import { err, ok, type Result } from '../../base/result.ts';
import { count, oneLine } from '../../base/text.ts';
import { openWriter, type Watch } from '../../history/writer.ts';
import { record } from '../../prompts/conversation.ts';
import type { ConversationEvent } from '../../prompts/events.ts';
import { takeSendLock } from '../../prompts/lock.ts';
import { loadPrompt } from '../../prompts/open-prompt.ts';
import { settleOpen } from '../../prompts/recover.ts';
import type { State } from '../../prompts/state.ts';
import { badName, checkGiven, readPairs } from '../../prompts/variables.ts';
import type { Problem } from '../../runbook/problem.ts';
import { writeJson } from '../../terminal/io.ts';
import { whyUnscrubbed } from '../history/forget.ts';
import { timeOf } from '../history/open.ts';
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
  const changed = await withConversations(app, id, async (opened): Promise<Result<State, Failure>> => {
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
  const given = readPairs(pairs, 'set');
  return change(app, id, {
    kept: Object.values(given.values),
    async event({ home }, state) {
      const bad = unset.flatMap((name) => badName(name) ?? []);
      const badNames = bad.map(
        (message): Problem => ({ severity: 'error', code: 'bad-name', message: `--unset: ${message}` }),
      );
      if (pairs.length + unset.length === 0) return err(nothingToSet());
      if (!state.track) return err(untracked('values'));
      const prompt = await loadPrompt(home, { from: state.prompt_from, file: state.prompt });
      const wrong = prompt.ok ? checkGiven(prompt.value, given, 'set') : [...given.problems, ...prompt.error];
      const problems = [...badNames, ...wrong];
      return problems.length > 0 ? err(await asFailure(problems)) : ok({ kind: 'set', values: given.values, unset });
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

export type DeleteOptions = {
  readonly ids: readonly string[];
  readonly olderThan?: string;
  readonly dryRun?: boolean;
};

/** All of them or, where one is not clear or is being used, none. */
export async function deleteConversations(app: App, options: DeleteOptions): Promise<number> {
  const { ids, dryRun = false } = options;
  const gone = await withConversations(app, ids[0] ?? '', async (opened): Promise<Result<Deleted, Failure>> => {
    const states = new Map<string, State>();
    const meant = idsOf(opened, options);
    if (!meant.ok) return meant;
    for (const prefix of meant.value) {
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

/** Those that are named, and with `--older-than` those in which nothing happened since. */
function idsOf({ store }: Opened, { ids, olderThan }: DeleteOptions): Result<readonly string[], Failure> {
  if (olderThan === undefined) {
    if (ids.length > 0) return ok(ids);
    return err({ code: 'usage', message: 'no conversation is named', advice: 'give ids, or --older-than 90d' });
  }
  const before = timeOf(olderThan);
  if (!before.ok) return before;
  const rows = store.list({ before: before.value }, Number.MAX_SAFE_INTEGER);
  return rows.ok ? ok([...ids, ...rows.value.map(({ id }) => id)]) : rows;
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
    return await forgetAndRemove(app, { home, store }, { conversations, calls: calls.value });
  } finally {
    for (const lock of locks) lock.release();
  }
}

/** Content first: whatever comes between, what is left can be deleted again. */
async function forgetAndRemove(
  app: App,
  { home, store }: Pick<Opened, 'home' | 'store'>,
  deleted: Deleted,
): Promise<Result<Deleted, Failure>> {
  const writer = openWriter(home.dataRoot);
  if (!writer.ok) return writer;
  try {
    const watch: Watch = { signal: app.signal, onProgress: () => undefined };
    const forgotten = await writer.value?.forget(deleted.calls, watch);
    if (forgotten?.failure) return err(forgotten.failure);
    if (forgotten && forgotten.rest > 0) return err(interrupted());
    for (const id of deleted.conversations) {
      const removed = store.remove(id);
      if (!removed.ok) return removed;
    }
    // The file is rewritten for the one who has it alone, and this is a connection of its own.
    store.close();
    const scrubbed = await writer.value?.scrub(watch);
    return ok(scrubbed === undefined ? deleted : { ...deleted, warning: whyUnscrubbed(scrubbed) });
  } finally {
    writer.value?.close();
  }
}

function interrupted(): Failure {
  return {
    code: 'interrupted',
    message: 'interrupted: no conversation was removed yet, some of their texts were',
    advice: 'the same command goes on',
  };
}
