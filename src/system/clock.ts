// The time of day and new ids. Knows nothing of what is timed.

/** ISO 8601 in UTC with milliseconds. */
export function timestamp(): string {
  return new Date().toISOString();
}

export function newId(): string {
  return crypto.randomUUID();
}

/** Node fires a longer timer at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Fires `ms` milliseconds after the given one, unless it is released before. */
export function afterwards(
  first: AbortSignal,
  ms: number,
): { readonly signal: AbortSignal; readonly release: () => void } {
  const second = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const wait = (): void => {
    timer = setTimeout(() => second.abort(), ms);
  };
  if (first.aborted) wait();
  else first.addEventListener('abort', wait, { once: true });
  return {
    signal: second.signal,
    release() {
      clearTimeout(timer);
      first.removeEventListener('abort', wait);
    },
  };
}

/** Resolves after `ms` milliseconds (25 days at most), or at once when the signal fires. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (ms <= 0 || signal.aborted) return;
  const { setTimeout } = await import('node:timers/promises');
  await setTimeout(Math.min(ms, LONGEST_TIMER_MS), undefined, { signal }).catch(() => undefined);
}
