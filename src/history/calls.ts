// The record of model calls in .orchestrate/history.db: written before the request leaves, settled at its end. Knows nothing of
// tasks beyond their id, nor of how a call is made.

import path from 'node:path';
import type { Failure } from '../base/failure.ts';
import { err, ok, type Result } from '../base/result.ts';
import type { Redactor } from '../base/secrets.ts';
import { attemptQuery } from '../database/open.ts';
import { settleInterrupted } from './interrupted.ts';
import { holdInHand } from './owed.ts';
import { createRecord, type Open, openIn, PATIENCE, type Patience, payOwed, type RecordParts } from './record.ts';
import type { CallStore, Settlement } from './types.ts';
import { endOf, outputOf, rowOf, withoutText } from './written.ts';

export type {
  AcceptedCall,
  Alongside,
  CallStore,
  NewCall,
  Review,
  Settled,
  Settlement,
  StoredCall,
  Verdict,
} from './types.ts';

export const HISTORY_DB = path.join('.orchestrate', 'history.db');

/** Every text is redacted on its way in (design.md §7). */
export function openCalls(
  root: string,
  redactor: Redactor,
  patience: Partial<Patience> = {},
): Result<CallStore, Failure> {
  const file = path.join(root, HISTORY_DB);
  const waits = { ...PATIENCE, ...patience };
  const opened = openIn(file, waits);
  if (!opened.ok) return opened;
  const { db, ask, close } = opened.value;
  const settled = attemptQuery(file, () => {
    payOwed(root, ask);
    return settleInterrupted(db);
  });
  if (settled.ok) return ok(createStore({ root, file, redactor, interrupted: settled.value, ...waits }, opened.value));
  close();
  return settled;
}

function forgotten(file: string): Failure {
  return {
    code: 'database',
    path: file,
    message: 'a call was settled that is not known any more',
    advice: 'try again',
  };
}

function createStore(parts: RecordParts, first: Open): CallStore {
  const { redactor, interrupted } = parts;
  const record = createRecord(parts, first);
  const { use, look, known, learn } = record;
  const inHand = holdInHand(parts.root);
  const begin: CallStore['begin'] = (call, limits, alongside) => {
    const { waiting } = call;
    const row = { ...rowOf(call, redactor), ...(waiting === undefined ? {} : { id: waiting }) };
    const begun = use(
      (ask) => (waiting === undefined ? ask.begin(row, limits, alongside) : ask.takeOver(row, limits)),
      'a call that cannot be recorded is not sent; run "orchestrate doctor"',
    );
    if (!begun.ok) return begun;
    if (begun.value !== undefined) return err(begun.value);
    learn(row.id, { row });
    return ok(row.id);
  };
  const ended = (id: string, end: Settlement) => {
    const values = endOf(id, end, redactor);
    const isKept = (known.get(id)?.row?.deletedAt ?? null) === null;
    return learn(id, { end: isKept ? values : withoutText(values) });
  };
  return {
    begin,
    later: {
      keep(call) {
        const kept = rowOf(call, redactor);
        const recorded = use((ask) =>
          ask.together(() => {
            ask.begin(kept, undefined);
            ask.later.disown(kept.id);
          }),
        );
        return recorded.ok ? ok(kept.id) : recorded;
      },
      waiting: () => use((ask) => ask.later.waiting()),
      find: (id) => use((ask) => ask.later.find(id)),
      exchange(a, b) {
        const exchanged = use((ask) => ask.later.exchange(a, b));
        if (!exchanged.ok) return exchanged;
        record.forget([a, b]);
        return ok(undefined);
      },
    },
    attempted: (id, failed) => void use((ask) => ask.attempted(id, failed)),
    interrupted,
    accepted: () => look((ask) => ask.accepted()),
    running(id) {
      learn(id, { running: true });
      use((ask) => ask.running(id));
    },
    partial: (id, text) => void use((ask) => ask.partial(id, outputOf(text, redactor))),
    hold(id, usd, limits) {
      const held = use((ask) => ask.hold(id, usd, limits));
      if (!held.ok) return held;
      if (held.value !== undefined) return err(held.value);
      const row = known.get(id)?.row;
      if (row) learn(id, { row: { ...row, reservedUsd: (row.reservedUsd ?? 0) + usd } });
      return ok(undefined);
    },
    settle: (id, end, signal, alongside) => record.settle(ended(id, end), signal, alongside && (() => alongside(id))),
    arrived: (id, end) => inHand.add({ id, end: ended(id, end).end }),
    settleNow(id, alongside) {
      const call = known.get(id);
      // Whoever is told of it settles the call by itself, with the end that is in hand.
      if (call === undefined) return err(forgotten(parts.file));
      const written = use((ask) => ask.write(call, alongside && (() => alongside(id))));
      return written.ok ? ok(undefined) : written;
    },
    review: (id, review) => record.review(learn(id, { review })),
    interruptOf: (taskId, runId) => look((ask) => ask.interruptOf(taskId, runId)),
    latest: (taskId) => look((ask) => ask.latest(taskId)),
    batches: {
      newest: (key) => look((ask) => ask.batches.newest(key)),
      prior: (runId, index, requestHash) => look((ask) => ask.batches.prior(runId, index, requestHash)),
      isComplete: (runId, index) => look((ask) => ask.batches.isComplete(runId, index)),
      runOf: (callId) => look((ask) => ask.batches.runOf(callId)),
      cost: (runId) => look((ask) => ask.batches.cost(runId)),
    },
    together(work) {
      const done = use((ask) => ask.together(work));
      if (!done.ok) return done;
      inHand.clear();
      record.forgetSettled();
      return ok(undefined);
    },
    close() {
      record.close();
      inHand.close();
    },
  };
}
