// Ends one attempt from our side: the person's abort, the deadline, silence. Knows no transport but an AbortSignal.
import { LONGEST_TIMER_MS } from './retry.ts';

export type StopReason = 'aborted' | 'deadline' | 'stalled';

export type Guard = {
  /** For the transport; aborted by whatever comes first. */
  readonly controller: AbortController;
  /** Why the attempt was ended from our side, if it was. */
  readonly stopped: () => StopReason | null;
  /** A piece of the answer was parsed: only this ends a silence. */
  readonly sawPiece: () => void;
  /** The terminal marker came: what may still follow (token counts) is waited for only briefly. */
  readonly sawEnd: () => void;
  /** Ends timers and listeners. */
  readonly release: () => void;
};

export type GuardLimits = {
  readonly remainingMs: number;
  readonly firstChunkTimeoutMs: number;
  readonly idleTimeoutMs: number;
};

/** Some servers keep the connection open after the answer; the counts come within this time or not at all. */
const GRACE_AFTER_END_MS = 5_000;

export function startGuard(signal: AbortSignal, limits: GuardLimits): Guard {
  const controller = new AbortController();
  let reason: StopReason | null = null;
  const stop = (why: StopReason): void => {
    reason ??= why;
    controller.abort();
  };
  const onAbort = (): void => stop('aborted');
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  const deadline = timer(() => stop('deadline'), limits.remainingMs);
  const silence = startSilence(() => stop('stalled'), limits.firstChunkTimeoutMs);
  let ended = false;
  return {
    controller,
    stopped: () => reason,
    sawPiece: () => {
      if (!ended) silence.allow(limits.idleTimeoutMs);
    },
    sawEnd: () => {
      ended = true;
      silence.allow(Math.min(limits.idleTimeoutMs, GRACE_AFTER_END_MS));
    },
    release: () => {
      signal.removeEventListener('abort', onAbort);
      clearTimeout(deadline);
      silence.end();
    },
  };
}

/** A timer that is this late did not run because the program did not: it was stopped (Ctrl-Z), or the machine slept. */
const LATE_MS = 500;

type Silence = { readonly allow: (ms: number) => void; readonly end: () => void };

/** While the program stood still it could not listen: what came meanwhile is still to be read, so the time begins anew. */
function startSilence(onEnd: () => void, first: number): Silence {
  let allowed = first;
  let since = performance.now();
  const ring = (): void => {
    const late = performance.now() - since - allowed;
    if (late > LATE_MS) allow(allowed);
    else onEnd();
  };
  let running = timer(ring, first);
  const allow = (ms: number): void => {
    since = performance.now();
    if (ms === allowed && running !== undefined) {
      running.refresh();
      return;
    }
    clearTimeout(running);
    allowed = ms;
    running = timer(ring, ms);
  };
  return { allow, end: () => clearTimeout(running) };
}

/** None for a time that setTimeout cannot keep (24 days). */
function timer(run: () => void, ms: number): NodeJS.Timeout | undefined {
  return ms > LONGEST_TIMER_MS ? undefined : setTimeout(run, ms);
}
