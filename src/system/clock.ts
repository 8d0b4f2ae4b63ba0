// The time of day and new ids. Knows nothing of what is timed.

/** ISO 8601 in UTC with milliseconds. */
export function timestamp(): string {
  return new Date().toISOString();
}

/** Milliseconds of a clock that nobody sets. Node loads a good deal for the first use of the global `performance`. */
export function monotonicMs(): number {
  return process.uptime() * 1000;
}

export function newId(): string {
  // The global `crypto` would load all of the web's cryptography besides.
  return process.getBuiltinModule('node:crypto').randomUUID();
}

/** Node fires a longer timer at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Resolves after `ms` milliseconds (25 days at most), or at once when the signal fires. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (ms <= 0 || signal.aborted) return;
  const { setTimeout } = await import('node:timers/promises');
  await setTimeout(Math.min(ms, LONGEST_TIMER_MS), undefined, { signal }).catch(() => undefined);
}
