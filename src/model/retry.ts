// When a failed attempt is sent again, and after how long: the only place that decides it. Knows no transport and no message.

export type RetryPolicy = {
  /** All attempts, the first included. */
  readonly maxAttempts: number;
  /** Upper bound of the first wait; it doubles with each attempt. */
  readonly baseDelayMs: number;
  readonly maxDelayMs: number;
};

export const DEFAULT_RETRY: RetryPolicy = { maxAttempts: 3, baseDelayMs: 1_000, maxDelayMs: 20_000 };

/** setTimeout fires at once for anything longer. */
export const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * How long the server asks to wait: `retry-after-ms`, else `retry-after` in seconds or as an HTTP date. Null where it
 * says nothing that can be read; a moment that has passed is 0.
 */
export function retryAfterMs(headers: { get(name: string): string | null }, now: number): number | null {
  const millis = decimal(headers.get('retry-after-ms'));
  if (millis !== null) return millis;
  const value = headers.get('retry-after');
  const seconds = decimal(value);
  if (seconds !== null) return seconds * 1000;
  const date = value === null || !/[a-z]/i.test(value) ? Number.NaN : Date.parse(value);
  return Number.isNaN(date) ? null : Math.max(0, date - now);
}

function decimal(value: string | null): number | null {
  return value !== null && /^\s*\d+(?:\.\d+)?\s*$/.test(value) ? Number(value) : null;
}

/** Full jitter: anything between nothing and the bound, so that parallel callers do not come back together. */
export function backoffMs(failedAttempt: number, policy: RetryPolicy, random: number): number {
  return Math.round(random * Math.min(policy.maxDelayMs, policy.baseDelayMs * 2 ** (failedAttempt - 1)));
}

export type RetryInput = {
  readonly retryable: boolean;
  /** Whether any piece of the answer has arrived: then the same request could be paid for twice. */
  readonly began: boolean;
  /** Number of the attempt that failed, from 1. */
  readonly attempt: number;
  readonly retryAfterMs: number | null;
  /** Milliseconds left for the whole call. */
  readonly remainingMs: number;
  /** 0 … 1. */
  readonly random: number;
};

export type RetryDecision =
  | { readonly kind: 'wait'; readonly delayMs: number }
  | { readonly kind: 'stop'; readonly because: 'not-retryable' | 'began' | 'attempts-spent' | 'beyond-deadline' };

/** A wait that the server asks for is honoured whatever its length, or the call ends: never a retry before that moment. */
export function decideRetry(input: RetryInput, policy: RetryPolicy): RetryDecision {
  if (!input.retryable) return { kind: 'stop', because: 'not-retryable' };
  if (input.began) return { kind: 'stop', because: 'began' };
  if (input.attempt >= policy.maxAttempts) return { kind: 'stop', because: 'attempts-spent' };
  const asked = input.retryAfterMs ?? 0;
  const delayMs = asked + backoffMs(input.attempt, policy, input.random);
  if (asked >= input.remainingMs) return { kind: 'stop', because: 'beyond-deadline' };
  return { kind: 'wait', delayMs: Math.min(delayMs, input.remainingMs) };
}

/** Waits; false where the signal ended the wait. */
export async function sleep(ms: number, signal: AbortSignal): Promise<boolean> {
  let left = ms;
  while (left > 0 && !signal.aborted) {
    const part = Math.min(left, LONGEST_TIMER_MS);
    await pause(part, signal);
    left -= part;
  }
  return !signal.aborted;
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done, { once: true });
  });
}
