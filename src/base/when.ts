// A point in time as people write it on the command line. Knows nothing of what happened then.

const AGO: Record<string, number> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };

/** What to write where a text was no time. */
export const TIME_ADVICE = 'write 2026-01-31, an ISO time, or how long ago: 30m, 2h, 7d';

/** Milliseconds since 1970 of `2026-01-31`, an ISO time, or an age such as `2h` or `7d`; NaN where it is no time. */
export function parseTime(text: string): number {
  const ago = /^(\d+)([smhdw])$/.exec(text);
  return ago ? Date.now() - Number(ago[1]) * (AGO[ago[2] ?? ''] ?? 0) : Date.parse(text);
}
