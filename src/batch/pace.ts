// How many calls may be at the server at once: fewer when it says that they are too many, more again when it does not (AIMD, as TCP
// does it). Knows no call and no clock: times are given.

export type Pace = {
  readonly limit: () => number;
  /** Nothing is to be sent before this moment. */
  readonly pausedUntil: () => number;
  /** An attempt that was sent at `sentAt` was refused for its rate; the server wants nothing for `delayMs`. */
  readonly limited: (sentAt: number, now: number, delayMs: number) => void;
  readonly succeeded: () => void;
};

/** Begins with `most` and never goes beyond it. */
export function createPace(most: number): Pace {
  let limit = most;
  let pausedUntil = 0;
  let cutAt = Number.NEGATIVE_INFINITY;
  let sinceGrowth = 0;
  return {
    limit: () => limit,
    pausedUntil: () => pausedUntil,
    limited(sentAt, now, delayMs) {
      pausedUntil = Math.max(pausedUntil, now + delayMs);
      // What was sent before the last cut says nothing about the rate since: one crowd is one cut.
      if (sentAt < cutAt) return;
      limit = Math.max(1, Math.floor(limit / 2));
      [cutAt, sinceGrowth] = [now, 0];
    },
    succeeded() {
      sinceGrowth += 1;
      if (sinceGrowth < limit || limit >= most) return;
      limit += 1;
      sinceGrowth = 0;
    },
  };
}
