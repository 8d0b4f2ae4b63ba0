// The time of day and new ids. Knows nothing of what is timed.

import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';

/** ISO 8601 in UTC with milliseconds. */
export function timestamp(): string {
  return new Date().toISOString();
}

export function newId(): string {
  return randomUUID();
}

/** Resolves after `ms` milliseconds, or at once when the signal fires. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (ms <= 0 || signal.aborted) return;
  await setTimeout(ms, undefined, { signal }).catch(() => undefined);
}
