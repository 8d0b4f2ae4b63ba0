// The time of day and new ids. Knows nothing of what is timed.

import nodeFs from 'node:fs';

/** ISO 8601 in UTC with milliseconds. */
export function timestamp(): string {
  return new Date().toISOString();
}

/** Milliseconds of a clock that nobody sets. Node loads a good deal for the first use of the global `performance`. */
export function monotonicMs(): number {
  return process.uptime() * 1000;
}

/** A random UUID (version 4). */
export function newId(): string {
  const bytes = randomBytes();
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

/** From where node:crypto has them, which takes long to load. */
function randomBytes(): Buffer {
  const bytes = Buffer.alloc(16);
  try {
    const source = nodeFs.openSync('/dev/urandom', 'r');
    try {
      if (nodeFs.readSync(source, bytes) === bytes.length) return bytes;
    } finally {
      nodeFs.closeSync(source);
    }
  } catch {
    // A system without it.
  }
  return process.getBuiltinModule('node:crypto').randomBytes(16);
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
export async function pause(ms: number, signal?: AbortSignal): Promise<void> {
  if (ms <= 0 || signal?.aborted) return;
  const { setTimeout } = await import('node:timers/promises');
  await setTimeout(Math.min(ms, LONGEST_TIMER_MS), undefined, signal && { signal }).catch(() => undefined);
}
