// What the scalars of the plain subset of YAML say, in the core schema. Knows nothing of lines and indentation but how they are folded.

export type PlainValue = string | number | boolean | null | PlainValue[] | { [key: string]: PlainValue };

const KEYWORDS = new Map<string, null | boolean>([
  ['~', null],
  ['null', null],
  ['Null', null],
  ['NULL', null],
  ['true', true],
  ['True', true],
  ['TRUE', true],
  ['false', false],
  ['False', false],
  ['FALSE', false],
]);
const LONGEST_KEYWORD = 5;

/** The value of a plain scalar in the core schema; undefined for '', and for a number that is not finite and exact. */
export function resolvePlain(text: string): PlainValue | undefined {
  if (text === '') return undefined;
  // Signs, point and digits stand together in ASCII.
  return text[0]! <= '9' ? resolveNumber(text) : resolveWord(text);
}

export function isKeyword(text: string): boolean {
  return KEYWORDS.has(text);
}

/** The value of one that begins with a letter. */
export function resolveWord(text: string): string | boolean | null {
  const keyword = text.length > LONGEST_KEYWORD ? undefined : KEYWORDS.get(text);
  return keyword === undefined ? text : keyword;
}

function resolveNumber(text: string): number | string | undefined {
  const number = Number(text);
  if (Number.isNaN(number)) return /\.(?:inf|nan)$/i.test(text) ? undefined : text;
  // JavaScript takes some text for a number that YAML does not: 0b1, 0X1, +Infinity, white space at the ends.
  if (!/^(?:[-+.0-9eE]+|0[ox][0-9a-fA-F]+)$/.test(text)) return text;
  const exact = Number.isInteger(number) ? Number.isSafeInteger(number) : Number.isFinite(number);
  return exact ? number : undefined;
}

/** -1 where there is none in the line. */
export function findClosingQuote(line: string, start: number, quote: string): number {
  let end = line.indexOf(quote, start + 1);
  if (quote === "'") while (end !== -1 && line[end + 1] === "'") end = line.indexOf("'", end + 2);
  else while (end !== -1 && isEscaped(line, end)) end = line.indexOf('"', end + 1);
  return end;
}

function isEscaped(line: string, at: number): boolean {
  let start = at;
  while (line[start - 1] === '\\') start -= 1;
  return (at - start) % 2 === 1;
}

/** JSON's escapes mean the same in YAML; on YAML's others we give up. */
export function parseJsonString(source: string): string | undefined {
  try {
    return JSON.parse(source) as string;
  } catch {
    return undefined;
  }
}

/**
 * Folds the lines of a `>` scalar: the line feed between two lines at its indentation becomes a space, or vanishes where
 * empty lines follow; those around deeper lines stay.
 */
export function fold(lines: readonly string[]): string {
  let text = '';
  let gap = '';
  let afterDeeper = false;
  for (const line of lines) {
    const deeper = line[0] === ' ';
    if (line === '') {
      if (gap === '\n') text += '\n';
      gap = '\n';
    } else {
      if (deeper && gap === ' ') gap = '\n';
      else if (deeper && gap === '\n' && !afterDeeper) gap = '\n\n';
      text += gap + line;
      gap = deeper ? '\n' : ' ';
      afterDeeper = deeper;
    }
  }
  return text;
}
