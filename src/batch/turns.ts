// Who may be at the server now: turns in the order of asking, as many at once as the pace allows. Knows no call.

import type { Pace } from './pace.ts';

export type Turns = {
  /** Waits for a turn. False where the signal came first: then there is none to give back. */
  readonly take: () => Promise<boolean>;
  readonly giveBack: () => void;
  readonly atOnce: () => number;
  /** Lets nobody wait any longer: all of them are told false, and so is whoever comes later. */
  readonly close: () => void;
};

export function createTurns(pace: Pace, signal: AbortSignal): Turns {
  const queue: ((go: boolean) => void)[] = [];
  let atOnce = 0;
  let closed = signal.aborted;
  let timer: NodeJS.Timeout | undefined;
  const close = (): void => {
    closed = true;
    clearTimeout(timer);
    for (const tell of queue.splice(0)) tell(false);
  };
  signal.addEventListener('abort', close, { once: true });
  const next = (): void => {
    const wait = pace.pausedUntil() - performance.now();
    if (wait > 0 && queue.length > 0) {
      clearTimeout(timer);
      timer = setTimeout(next, Math.min(wait, LONGEST_WAIT_MS));
      return;
    }
    while (queue.length > 0 && atOnce < pace.limit()) {
      atOnce += 1;
      queue.shift()?.(true);
    }
  };
  return {
    take: () =>
      new Promise((resolve) => {
        if (closed) return resolve(false);
        queue.push(resolve);
        next();
      }),
    giveBack() {
      atOnce -= 1;
      next();
    },
    atOnce: () => atOnce,
    close() {
      signal.removeEventListener('abort', close);
      close();
    },
  };
}

/** Then it is looked at again: a timer cannot be set for any length of time. */
const LONGEST_WAIT_MS = 60_000;
