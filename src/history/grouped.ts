// Writes of many calls at the same time, committed together. Knows neither what is written nor who waits for it.
//
// A commit with `synchronous=FULL` costs the same for one row as for a hundred, and nothing else runs meanwhile. So a write waits for
// the next commit, which takes all that came while the one before it was made, and is told of only when that is on the disk: "recorded
// before sent" holds for each call as it does without this.

import type { Failure } from '../base/failure.ts';
import { err, ok, type Result } from '../base/result.ts';
import type { CallStore, Settled } from './calls.ts';
import type { OverBudget } from './spending.ts';

type Later<T> = T | Promise<T>;

/** The part of the history that a call writes to while it is made. What is awaited is on the disk then. */
export type CallWrites = Pick<CallStore, 'running' | 'partial' | 'attempted' | 'hold'> & {
  readonly begin: (...given: Parameters<CallStore['begin']>) => Later<Result<string, Failure | OverBudget>>;
  readonly settle: (...given: Parameters<CallStore['settle']>) => Later<Result<Settled, Failure>>;
};

/** One write of the next commit: done inside of its transaction, told afterwards. */
type Write = { readonly work: () => void; readonly tell: (failed: Failure | undefined) => void };

/**
 * Nothing else runs during a commit: at most a sixth of the time goes into them, however slow the disk is. What has arrived and waits for
 * its commit is kept beside from `kill -9` (owed.ts), and from a power cut by nothing, so that the wait is short beside any call.
 */
const APART = { times: 5, leastMs: 5, mostMs: 40 } as const;

/** The same store, its writes gathered. The first after a quiet time is committed at once. */
export function groupWrites(store: CallStore): CallWrites {
  let waiting: Write[] = [];
  /** Of those that wait: what comes after it in the same commit says more. */
  const begun = new Map<string, number>();
  let nextAt = 0;
  const commit = (): void => {
    const group = waiting;
    waiting = [];
    begun.clear();
    const started = performance.now();
    const done = store.together(() => {
      for (const { work } of group) work();
    });
    const ended = performance.now();
    nextAt = ended + Math.min(Math.max((ended - started) * APART.times, APART.leastMs), APART.mostMs);
    for (const { tell } of group) tell(done.ok ? undefined : done.error);
  };
  const add = (write: Write): void => {
    if (waiting.push(write) > 1) return;
    const wait = nextAt - performance.now();
    if (wait <= 0) setImmediate(commit);
    else setTimeout(commit, wait);
  };
  /** A single write may fail, or the commit of all of them. */
  const told = <T, E>(work: () => Result<T, E>): Promise<Result<T, E | Failure>> =>
    new Promise((resolve) => {
      let result: Result<T, E | Failure>;
      add({
        work: () => {
          result = work();
        },
        tell: (failed) => resolve(failed === undefined ? result : err(failed)),
      });
    });
  const untold = (work: () => void): void => add({ work, tell: () => undefined });
  return {
    begin: (...given) => told(() => store.begin(...given)),
    hold: store.hold,
    async settle(id, end, signal, alongside) {
      const at = begun.get(id);
      if (at !== undefined) waiting[at] = NOTHING;
      store.arrived(id, end);
      const settled = await told(() => store.settleNow(id, alongside));
      // It was paid for: by itself it is tried for longer, and kept beside at the end.
      return settled.ok ? ok('written') : store.settle(id, end, signal, alongside);
    },
    running(id) {
      begun.set(id, waiting.length);
      untold(() => store.running(id));
    },
    partial: (id, text) => untold(() => store.partial(id, text)),
    attempted: (id, failed) => untold(() => store.attempted(id, failed)),
  };
}

const NOTHING: Write = { work: () => undefined, tell: () => undefined };
