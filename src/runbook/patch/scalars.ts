// How a single value is written: plain, quoted, or as the lines of a literal block. Knows nothing of where it goes.

export type ScalarStyle = 'plain' | 'single' | 'double';

export type ScalarContext = {
  /** Inside `[…]` or `{…}`, where more characters mean something. */
  readonly flow: boolean;
  /** The style to keep where it can carry the value. `json`: double quotes, always. */
  readonly prefer: ScalarStyle | 'json';
};

// What YAML 1.1 and 1.2 call printable, without what one of them reads as a line break and without the byte order mark.
const unprintable = /[^\t\n\x20-\x7e\u{a0}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]|[\u2028\u2029\ufeff]/u;

// Words that some reader of YAML 1.1 or 1.2 takes for something other than text.
const reserved = /^(?:null|true|false|yes|no|on|off|y|n)$/i;

/** The value on one line, so that readers of YAML 1.1 and of 1.2 understand the same. */
export function scalarText(value: string | number | boolean | null, context: ScalarContext): string {
  if (typeof value === 'number') return numberText(value);
  if (typeof value !== 'string') return String(value);
  if (context.prefer === 'json' || unprintable.test(value) || value.includes('\n')) return doubleQuoted(value);
  if (context.prefer === 'double') return doubleQuoted(value);
  if (context.prefer === 'single') return singleQuoted(value);
  if (isPlainSafe(value, context.flow)) return value;
  return /["\\]/.test(value) && !value.includes("'") ? singleQuoted(value) : doubleQuoted(value);
}

/** A key of a new pair; JSON-like surroundings have theirs in double quotes. */
export function keyText(key: string, json: boolean): string {
  return scalarText(key, { flow: true, prefer: json ? 'json' : 'plain' });
}

function numberText(value: number): string {
  if (Number.isNaN(value)) return '.nan';
  if (!Number.isFinite(value)) return value > 0 ? '.inf' : '-.inf';
  if (Object.is(value, -0)) return '-0.0';
  // YAML 1.1 reads 1e+21 as text: its floats need a point.
  return String(value).replace(/^(-?\d+)e/, '$1.0e');
}

function singleQuoted(value: string): string {
  return `'${value.replaceAll("'", "''")}'`;
}

function doubleQuoted(value: string): string {
  const escape = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return JSON.stringify(value).replace(/[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]/g, escape);
}

/** Stricter than either version of YAML: a value in doubt gets quotes, which is never wrong. */
function isPlainSafe(value: string, flow: boolean): boolean {
  if (unprintable.test(value) || reserved.test(value)) return false;
  // A letter, a sign that means nothing to YAML, or anything beyond ASCII; digits, signs and points begin numbers and dates.
  if (!/^[\p{L}_/($\u{a1}-\u{10ffff}]/u.test(value)) return false;
  if (/[\t\n]|[^\S ]|^\s|\s$|\s#|:(?:\s|$)/.test(value)) return false;
  return !flow || !/[,[\]{}:?]/.test(value);
}

export type Literal = { readonly header: '|' | '|-'; readonly lines: readonly string[] };

/** The lines of a literal block that reads back as exactly this text; undefined where none is sure to. */
export function literal(value: string): Literal | undefined {
  if (!value.includes('\n')) return undefined;
  return literalBlock(value);
}

/** As `literal`, also for a text of one line. */
export function literalBlock(value: string): Literal | undefined {
  const clipped = value.endsWith('\n');
  const lines = (clipped ? value.slice(0, -1) : value).split('\n');
  if (unprintable.test(value) || lines.at(-1)?.trim() === '') return undefined;
  // A first line with leading blanks would set the indentation of all.
  if (/^\s/.test(lines.find((line) => line !== '') ?? ' ')) return undefined;
  return { header: clipped ? '|' : '|-', lines };
}
