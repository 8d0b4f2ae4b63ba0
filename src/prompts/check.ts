// Whether everything that is stored of conversations agrees: events with states, messages with their calls, runs with the sums of their
// calls. Changes nothing.

import type { Failure } from '../base/failure.ts';
import { ok, type Result } from '../base/result.ts';
import type { CallRow, ConversationRow, ConversationStore, RunRow, RunTotals } from '../history/conversations.ts';
import { recordedEvents, summaryOf } from './conversation.ts';
import type { Recorded } from './events.ts';
import { type Message, NO_FIGURES, rebuild, type State } from './state.ts';

export type Disagreement = { readonly where: string; readonly message: string };

export type Checked = {
  readonly conversations: number;
  readonly messages: number;
  readonly runs: number;
  readonly calls: number;
  /** Calls of runs that belong to no message: their conversation was deleted, or the program died before anything left. */
  readonly calls_without_message: number;
  readonly problems: readonly Disagreement[];
};

/** One conversation and its run, or all. */
export function checkConversations(store: ConversationStore, id?: string): Result<Checked, Failure> {
  const rows = id === undefined ? store.list({}, Number.MAX_SAFE_INTEGER) : one(store, id);
  if (!rows.ok) return rows;
  const problems: Disagreement[] = [];
  const known = new Set<string>();
  let messages = 0;
  for (const row of rows.value) {
    const state = checkedState(store, row, problems);
    if (!state.ok) return state;
    for (const message of state.value?.messages ?? []) {
      messages += 1;
      if (message.inherited) continue;
      known.add(message.call_id);
      const call = store.call(message.call_id);
      if (!call.ok) return call;
      problems.push(...told(`${row.id} message ${message.number}`, messageProblems(message, call.value)));
    }
  }
  const runs = store.runs();
  if (!runs.ok) return runs;
  const wanted = id === undefined ? runs.value : runs.value.filter((run) => run.id === rows.value[0]?.run_id);
  const sums = checkRuns(store, wanted, { known, problems });
  if (!sums.ok) return sums;
  return ok({ conversations: rows.value.length, messages, runs: wanted.length, ...sums.value, problems });
}

function one(store: ConversationStore, id: string): Result<ConversationRow[], Failure> {
  const row = store.row(id);
  return row.ok ? ok(row.value === undefined ? [] : [row.value]) : row;
}

function told(where: string, messages: readonly string[]): Disagreement[] {
  return messages.map((message) => ({ where, message }));
}

function checkedState(
  store: ConversationStore,
  row: ConversationRow,
  problems: Disagreement[],
): Result<State | undefined, Failure> {
  const stored = store.events(row.id);
  if (!stored.ok) return stored;
  const { state, found } = stateProblems(row, recordedEvents(stored.value));
  problems.push(...told(row.id, found));
  return ok(state);
}

/** The events make a state, and what is listed is that state. */
export function stateProblems(
  row: ConversationRow,
  events: readonly Recorded[],
): { state: State | undefined; found: string[] } {
  const gap = events.findIndex(({ seq }, index) => seq !== index + 1);
  if (gap >= 0) return { state: undefined, found: [`its event ${gap + 1} is missing`] };
  if (events.length !== row.last_seq)
    return { state: undefined, found: [`it has ${events.length} events, and should have ${row.last_seq}`] };
  try {
    const state = rebuild(undefined, events);
    return { state, found: state === undefined ? ['it has no events'] : differences(summaryOf(state), row) };
  } catch (error) {
    return { state: undefined, found: [error instanceof Error ? error.message : String(error)] };
  }
}

function differences(
  { name, status, messages }: Pick<ConversationRow, 'name' | 'status' | 'messages'>,
  row: ConversationRow,
): string[] {
  return Object.entries({ name, status, messages })
    .filter(([key, value]) => row[key as 'name' | 'status' | 'messages'] !== value)
    .map(([key, value]) => `its ${key} is listed as ${row[key as 'name' | 'status' | 'messages']}, and is ${value}`);
}

/** What a settled message says is what its call says. */
export function messageProblems(message: Message, call: CallRow | undefined): string[] {
  if (call === undefined) return [`its call ${message.call_id} is not in the history`];
  if (message.status === 'streaming') return [];
  const figures = Object.keys(NO_FIGURES) as (keyof typeof NO_FIGURES)[];
  const wrong = [...figures, 'status' as const].filter((key) => message[key] !== call[key]);
  const texts = !message.forgotten && message.answer !== call.answer ? ['its answer is not that of its call'] : [];
  return [...wrong.map((key) => `its ${key} is ${message[key]}, and that of its call is ${call[key]}`), ...texts];
}

function checkRuns(
  store: ConversationStore,
  runs: readonly RunRow[],
  { known, problems }: { known: ReadonlySet<string>; problems: Disagreement[] },
): Result<{ calls: number; calls_without_message: number }, Failure> {
  let calls = 0;
  let without = 0;
  for (const run of runs) {
    const sums = store.sumOf(run.id);
    if (!sums.ok) return sums;
    problems.push(...told(`run ${run.id}`, totalProblems(run, sums.value)));
    const ids = store.callsOf(run.id);
    if (!ids.ok) return ids;
    calls += ids.value.length;
    without += ids.value.filter((call) => !known.has(call)).length;
  }
  return ok({ calls, calls_without_message: without });
}

/** To the last digit: both are the same sum. */
export function totalProblems(run: RunTotals, sums: RunTotals): string[] {
  return (Object.keys(sums) as (keyof RunTotals)[])
    .filter((key) => run[key] !== sums[key])
    .map((key) => `its ${key} is ${run[key]}, and its calls come to ${sums[key]}`);
}
