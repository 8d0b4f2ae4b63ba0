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
  let allowed = limits.firstChunkTimeoutMs;
  let silence = timer(() => stop('stalled'), allowed);
  const allow = (ms: number): void => {
    if (ms === allowed) {
      silence?.refresh();
      return;
    }
    clearTimeout(silence);
    allowed = ms;
    silence = timer(() => stop('stalled'), ms);
  };
  let ended = false;
  return {
    controller,
    stopped: () => reason,
    sawPiece: () => {
      if (!ended) allow(limits.idleTimeoutMs);
    },
    sawEnd: () => {
      ended = true;
      allow(Math.min(limits.idleTimeoutMs, GRACE_AFTER_END_MS));
    },
    release: () => {
      signal.removeEventListener('abort', onAbort);
      clearTimeout(deadline);
      clearTimeout(silence);
    },
  };
}

/** None for a time that setTimeout cannot keep (24 days). */
function timer(run: () => void, ms: number): NodeJS.Timeout | undefined {
  return ms > LONGEST_TIMER_MS ? undefined : setTimeout(run, ms);
}
