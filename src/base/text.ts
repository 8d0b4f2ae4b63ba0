// Pure helpers on text: durations, suggestions, terminal safety, shortening. Knows nothing of tasks.

const UNIT_MS: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** Matches what `parseDuration` takes as text; used by the JSON Schema too. */
export const DURATION_PATTERN = /^\d+(\.\d+)?(ms|s|m|h)?$/;

/** Milliseconds of a duration: a number is seconds, text is `90`, `90s`, `5m`, `1h` (design.md §2). Undefined where it is none. */
export function parseDuration(value: string | number): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) && value >= 0 ? value * 1000 : undefined;
  if (!DURATION_PATTERN.test(value)) return undefined;
  const unit = /[a-z]+$/.exec(value)?.[0] ?? 's';
  return Number.parseFloat(value) * (UNIT_MS[unit] ?? 1000);
}

/** `850 ms`, `4.2 s`, `3m 05s`, `2h 10m`. */
export function formatDuration(ms: number): string {
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m ${String(seconds % 60).padStart(2, '0')}s`;
  return `${Math.floor(seconds / 3600)}h ${String(Math.floor((seconds % 3600) / 60)).padStart(2, '0')}m`;
}

/** `2026-01-31 09:05` in the time zone of this machine. */
export function localTime(iso: string): string {
  const date = new Date(iso);
  const two = (n: number) => String(n).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${two(date.getHours())}:${two(date.getMinutes())}`;
}

export function upperFirst(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** For a sentence that becomes the part of another. */
export function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

/** Letters to add, remove, replace, or swap with their neighbour: "DOEN" is one step from "DONE". */
function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const swap = swapped ? (before[j - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY;
      row.push(Math.min((previous[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, substitution, swap));
    }
    [before, previous] = [previous, row];
  }
  return previous[b.length] ?? 0;
}

/** The word of `known` that was probably meant, or undefined when none is near (a third of its letters may differ, not all). */
export function suggest(word: string, known: Iterable<string>): string | undefined {
  const wanted = word.toLowerCase().slice(0, 100);
  let best: string | undefined;
  let bestDistance = Number.POSITIVE_INFINITY;
  for (const candidate of known) {
    const distance = editDistance(wanted, candidate.toLowerCase().slice(0, 100));
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best !== undefined && bestDistance < best.length && bestDistance <= Math.max(1, Math.floor(best.length / 3))
    ? best
    : undefined;
}

/** `did you mean "x"?` or nothing. */
export function didYouMean(word: string, known: Iterable<string>): string | undefined {
  const found = suggest(word, known);
  return found === undefined ? undefined : `did you mean "${found}"?`;
}

/**
 * Text that cannot steer the terminal (design.md §9): escape and other control characters become visible symbols (U+2400 block),
 * bidirectional overrides become U+FFFD; line feeds and tabs stay, a CR before a LF goes.
 */
export function neutralise(text: string): string {
  return text
    .replace(/\r\n/g, '\n')
    .replace(/[\u0000-\u0008\u000B-\u001F]/g, (c) => String.fromCharCode(0x2400 + c.charCodeAt(0)))
    .replace(/\u007F/g, '\u2421')
    .replace(/[\u0080-\u009F\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/g, '\uFFFD');
}

/** `neutralise` for one line: line breaks and tabs become single spaces. */
export function oneLine(text: string): string {
  return neutralise(text)
    .replace(/\s+/g, (space) => (/^[ \u00A0]*$/.test(space) ? space : ' '))
    .trim();
}

/** At most `length` characters (code points), the cut shown by an ellipsis. */
export function shorten(text: string, length: number): string {
  if (text.length <= length) return text;
  // No more of a long text is taken apart than can be kept: a code point has at most two units.
  const points = [...text.slice(0, 2 * length + 1)];
  return points.length <= length ? text : `${points.slice(0, Math.max(0, length - 1)).join('')}…`;
}

/** `1 task`, `3 tasks`. */
export function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? '' : 's'}`;
}
