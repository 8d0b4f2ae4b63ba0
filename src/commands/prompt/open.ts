// What every prompt command begins with: the home, its conversations, one of them by the beginning of its id. Knows no single command.

import path from 'node:path';
import type { App, WaitOption } from '../../app.ts';
import type { Failure } from '../../base/failure.ts';
import { err, ok, type Result } from '../../base/result.ts';
import { shorten } from '../../base/text.ts';
import type { ConversationStore } from '../../history/conversations.ts';
import { type Home, openHome } from '../../home.ts';
import { loadState } from '../../prompts/conversation.ts';
import type { State } from '../../prompts/state.ts';
import { type Problem, placeProblems } from '../../runbook/problem.ts';

export type Opened = { readonly home: Home; readonly store: ConversationStore };
type Use<T> = (opened: Opened) => Promise<Result<T, Failure>> | Result<T, Failure>;

/** The database is made where there is none, and closed afterwards. */
export async function withConversations<T>(app: App, use: Use<T>): Promise<Result<T, Failure>> {
  const home = await openHome(app);
  if (!home.ok) return home;
  const { openConversations } = await import('../../history/conversations.ts');
  const store = openConversations(home.value.dataRoot, home.value.redactor);
  if (!store.ok) return store;
  try {
    return await use({ home: home.value, store: store.value });
  } finally {
    store.value.close();
  }
}

/**
 * For looking only: works in a read-only folder, and leaves no database where there was none (`use` is not called then, and nothing was
 * ever started). What dead programs left open is settled first.
 */
export async function readConversations<T>(
  app: App,
  none: Result<T, Failure>,
  use: Use<T>,
): Promise<Result<T, Failure>> {
  const home = await openHome(app);
  if (!home.ok) return home;
  const { dataRoot, redactor } = home.value;
  const { openConversationsForReading } = await import('../../history/conversations.ts');
  const opened = openConversationsForReading(dataRoot, redactor);
  if (!opened.ok) return opened;
  const store = opened.value;
  if (store === undefined) return none;
  try {
    const { settleAbandoned } = await import('../../prompts/recover.ts');
    const settled = settleAbandoned(store, dataRoot);
    return settled.ok ? await use({ home: home.value, store }) : settled;
  } finally {
    store.close();
  }
}

/** The whole id that a person meant by its beginning. */
export function findId(store: ConversationStore, prefix: string): Result<string, Failure> {
  const found = store.find(prefix);
  return found.ok ? theOne(found.value, prefix, 'conversation') : found;
}

export function findState(store: ConversationStore, prefix: string): Result<State, Failure> {
  const id = findId(store, prefix);
  return id.ok ? loadState(store, id.value) : id;
}

export function findRunId(store: ConversationStore, prefix: string): Result<string, Failure> {
  const found = store.findRun(prefix);
  return found.ok ? theOne(found.value, prefix, 'run') : found;
}

function theOne(ids: readonly string[], prefix: string, what: 'conversation' | 'run'): Result<string, Failure> {
  const [first, second] = ids;
  if (first === undefined || prefix === '') return err(unknown(prefix, what));
  if (second === undefined) return ok(first);
  const message = `"${prefix}" begins the ids of several ${what}s: ${ids.slice(0, 5).join(', ')}${ids.length > 5 ? ', …' : ''}`;
  return err({ code: 'usage', message, advice: 'write more of the id' });
}

export function unknown(prefix: string, what: 'conversation' | 'run' = 'conversation'): Failure {
  const message = `there is no ${what} whose id begins with "${shorten(prefix, 60)}"`;
  return { code: 'usage', message, advice: '"orchestrate prompt list" shows what there is' };
}

export async function asFailure(problems: readonly Problem[]): Promise<Failure> {
  return { code: 'problems', diagnostics: await placeProblems(problems) };
}

/** What would be stored otherwise than it was given is refused: it would be sent otherwise too. */
export function holdsSecret({ redactor }: Home, texts: readonly string[]): Failure | undefined {
  const names = [...new Set(texts.flatMap((text) => redactor.found(text)))];
  if (names.length === 0) return undefined;
  const message = `this holds the value of ${names.join(', ')}, which is secret and is never kept`;
  return { code: 'usage', message, advice: 'give it with the message that needs it: prompt send --allow-secrets' };
}

export function waitMs(wait: WaitOption | undefined): number {
  return wait === undefined ? 0 : wait === true ? Number.POSITIVE_INFINITY : wait * 1000;
}

/** Where an answer goes that the history cannot take. */
export const BESIDE = path.join('.orchestrate', 'answers');
