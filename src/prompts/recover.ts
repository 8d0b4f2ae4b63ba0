// Messages whose process died while it sent them: settled by what their calls tell, with the text that had arrived. Sends nothing.

import type { Failure } from '../base/failure.ts';
import { ok, type Result } from '../base/result.ts';
import type { CallRow, ConversationStore } from '../history/conversations.ts';
import { loadState, record, settledBy } from './conversation.ts';
import { tryLock } from './lock.ts';
import { NO_FIGURES, type State } from './state.ts';

/** To be called with the lock of the conversation held: then nobody else is at work on what is open in it. */
export function settleOpen(store: ConversationStore, state: State): Result<State, Failure> {
  const open = state.messages.at(-1);
  if (state.status !== 'streaming' || open === undefined) return ok(state);
  const settled = store.settleCalls();
  if (!settled.ok) return settled;
  const call = store.call(open.call_id);
  if (!call.ok) return call;
  const row = call.value ?? lost(open.call_id);
  // Of another machine, which alone can tell whether it is still at work.
  if (row.status === 'pending' || row.status === 'running') return ok(state);
  const error = row.error ?? (row.status === 'error' ? 'interrupted' : null);
  return record(store, state, [settledBy({ ...row, error }, open.number)]);
}

/** The same for all conversations in which nobody sends any more; what cannot be settled stays as it is. For those who only look. */
export function settleAbandoned(store: ConversationStore, root: string): Result<undefined, Failure> {
  const open = store.open();
  if (!open.ok) return open;
  for (const id of open.value) {
    const lock = tryLock(root, id);
    if (!lock.ok || lock.value === undefined) continue;
    const state = loadState(store, id);
    const settled = state.ok ? settleOpen(store, state.value) : state;
    lock.value.release();
    if (!settled.ok) return settled;
  }
  return ok(undefined);
}

function lost(id: string): CallRow {
  return { ...NO_FIGURES, id, status: 'error', answer: '', error: 'interrupted: its call is not in the history' };
}
