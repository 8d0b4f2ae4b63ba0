// The database of one store of calls, which may be held by others, deleted or replaced meanwhile: what this process knows of its calls
// is written into it all the same, or kept beside it. Knows calls by id and as values, not what is in them.

import type { Failure } from '../base/failure.ts';
import { err, ok, type Result } from '../base/result.ts';
import type { Redactor } from '../base/secrets.ts';
import { attemptQuery, isBusy } from '../database/open.ts';
import { monotonicMs, pause } from '../system/clock.ts';
import { fileId } from '../system/files.ts';
import { type Connection, connect } from './connection.ts';
import { owe, owedCalls, oweNoMore } from './owed.ts';
import { type Statements, statementsOf } from './statements.ts';
import type { Interrupted, Settled } from './types.ts';
import type { KnownCall } from './written.ts';

export type Patience = {
  /** How long a settlement is tried while another process holds the history. */
  readonly patienceMs: number;
  /** How long one attempt waits, which holds this process up. */
  readonly busyMs: number;
};

export const PATIENCE: Patience = { patienceMs: 60_000, busyMs: 5000 };
const AGAIN_AFTER_MS = 250;
/** Calls that are kept in mind after their end, until their review: more than one command has open. */
const MOST_KNOWN = 50;

export type Open = Connection & { readonly ask: Statements };

export function openIn(file: string, { busyMs }: Patience): Result<Open, Failure> {
  const opened = connect(file);
  if (!opened.ok) return opened;
  const made = attemptQuery(file, () => {
    opened.value.db.pragma(`busy_timeout = ${busyMs}`);
    return statementsOf(opened.value.db);
  });
  if (made.ok) return ok({ ...opened.value, ask: made.value });
  opened.value.close();
  return made;
}

/** Before calls of the dead are settled: one whose end is known was not cut off. */
export function payOwed(root: string, ask: Statements): void {
  for (const { calls, paid } of owedCalls(root)) {
    for (const call of calls) ask.write(call);
    paid();
  }
}

export type RecordParts = Patience & {
  readonly root: string;
  readonly file: string;
  readonly redactor: Redactor;
  readonly interrupted: readonly Interrupted[];
};

export type CallRecord = {
  /** What this process knows of its calls, by id. */
  readonly known: ReadonlyMap<string, KnownCall>;
  /** They are no longer written anew where the history is gone. */
  readonly forget: (ids: readonly string[]) => void;
  readonly learn: (id: string, news: Partial<KnownCall>) => KnownCall;
  readonly use: <T>(work: (ask: Statements) => T, advice?: string) => Result<T, Failure>;
  /** Where an answer that is wrong would be worse than none: what SQLite throws goes through. */
  readonly look: <T>(work: (ask: Statements) => T) => T;
  /** Those that are settled need no longer be known. */
  readonly forgetSettled: () => void;
  /** `alongside`: in the same commit, each time that it is tried. */
  readonly settle: (
    call: KnownCall,
    signal: AbortSignal | undefined,
    alongside: (() => void) | undefined,
  ) => Promise<Result<Settled, Failure>>;
  readonly review: (call: KnownCall) => void;
  readonly close: () => void;
};

export function createRecord(parts: RecordParts, first: Open): CallRecord {
  const { root, patienceMs } = parts;
  const known = new Map<string, KnownCall>();
  const owing = new Set<string>();
  const base = createBase(parts, first, known);
  const pay = (id: string) => {
    if (owing.delete(id)) oweNoMore(root, id);
  };
  const forgetSettled = () => {
    for (const [id, { end }] of known) if (end && known.size > MOST_KNOWN) known.delete(id);
  };
  return {
    known,
    forget(ids) {
      for (const id of ids) known.delete(id);
    },
    learn(id, news) {
      const call = { ...known.get(id), id, ...news };
      known.set(id, call);
      return call;
    },
    forgetSettled,
    use: (work, advice) => withoutCause(base.use(work, advice)),
    look: base.look,
    async settle(call, signal, alongside) {
      const write = () => base.use((ask) => ask.write(call, alongside));
      const ends = signal ?? new AbortController().signal;
      const until = monotonicMs() + patienceMs;
      let written = write();
      // Kept before it is tried again: it may take a minute, in which a second Ctrl-C or a power cut may come.
      const kept = written.ok ? written : owe(root, call);
      if (!written.ok && kept.ok) owing.add(call.id);
      while (!written.ok && isBusy(written.error.cause) && monotonicMs() < until && !ends.aborted) {
        await pause(AGAIN_AFTER_MS, ends);
        written = write();
      }
      forgetSettled();
      if (written.ok) pay(call.id);
      if (written.ok) return ok(base.isAnew() ? 'anew' : 'written');
      return kept.ok ? ok('owed') : withoutCause(written);
    },
    review(call) {
      const written = base.use((ask) => ask.review(call.id, call.review ?? null));
      if (!written.ok && owe(root, call).ok) owing.add(call.id);
      // Until then it may have to be written anew.
      if (written.ok && call.review && !owing.has(call.id)) known.delete(call.id);
    },
    close() {
      if (owing.size > 0) base.use((ask) => payOwed(root, ask));
      base.close();
    },
  };
}

function withoutCause<T>(result: Result<T, { failure: Failure }>): Result<T, Failure> {
  return result.ok ? result : err(result.error.failure);
}

type Refusal = { readonly failure: Failure; readonly cause?: unknown };

type Base = {
  readonly use: <T>(work: (ask: Statements) => T, advice?: string) => Result<T, Refusal>;
  readonly look: <T>(work: (ask: Statements) => T) => T;
  /** Since this was asked last, the file was found gone or replaced, and what is known was written into the one there is now. */
  readonly isAnew: () => boolean;
  readonly close: () => void;
};

/** Writes to a file that was deleted would succeed, and be gone. */
function createBase(parts: RecordParts, first: Open, known: ReadonlyMap<string, KnownCall>): Base {
  const { file } = parts;
  let open: Open | undefined = first;
  let anew = false;
  const inPlace = (): Result<Open, Failure> => {
    if (open && open.id === fileId(file)) return ok(open);
    open?.close();
    open = undefined;
    const opened = openIn(file, parts);
    if (!opened.ok) return opened;
    // Also where that fails it is closed again, and the next use tries once more.
    open = { ...opened.value, id: undefined };
    for (const call of known.values()) opened.value.ask.write(call);
    open = opened.value;
    anew = true;
    return opened;
  };
  const failure = (error: unknown, advice: string): Failure => ({
    code: 'database',
    path: file,
    message: error instanceof Error ? error.message : String(error),
    advice,
  });
  return {
    use(work, advice = 'run "orchestrate doctor"') {
      try {
        const current = inPlace();
        return current.ok ? ok(work(current.value.ask)) : err({ failure: current.error });
      } catch (error) {
        return err({ failure: failure(error, advice), cause: error });
      }
    },
    look(work) {
      const current = inPlace();
      if (!current.ok) throw new Error(`the history cannot be opened: ${JSON.stringify(current.error)}`);
      return work(current.value.ask);
    },
    isAnew() {
      const was = anew;
      anew = false;
      return was;
    },
    close: () => open?.close(),
  };
}
