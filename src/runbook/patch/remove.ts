// A pair less in a mapping, an item less in a list. Knows those that keep at least one; what remains of an emptied one in
// block style is not its matter.

import type { CST } from 'yaml';
import { trailingComma } from './insert.ts';
import {
  beforeBreak,
  blanksBefore,
  column,
  lineAfter,
  lineEnd,
  lineStart,
  nextLine,
  restOfLine,
  startsLine,
} from './lines.ts';
import {
  blockScalarParts,
  type CollectionToken,
  contentItems,
  type Item,
  isBlockCollection,
  isFlowCollection,
  itemEnd,
  itemStart,
  lastScalar,
  startOf,
  tokenEnd,
} from './tokens.ts';
import type { Splice } from './types.ts';

/**
 * Takes the pair or item out, in block style with its lines and the comments that stand inside of it, or that a block scalar
 * above would take for its own.
 */
export function removeItem(text: string, token: CollectionToken, item: Item): Splice[] {
  const items = contentItems(token);
  const index = items.indexOf(item);
  if (isFlowCollection(token)) return removeFromFlow(text, token, items, index);
  const start = itemStart(item) ?? token.offset;
  const at = column(text, startOf(token));
  const previous = index > 0 ? items[index - 1] : undefined;
  const takesComments = isBlockCollection(item.value) || lastScalar(previous)?.type === 'block-scalar';
  const line = lineAfter(text, itemEnd(item, true) ?? start, takesComments ? at : Number.POSITIVE_INFINITY);
  if (startsLine(text, start)) {
    const from = lineStart(text, start);
    const until = lineBehindBlanks(text, line);
    if (previous && isBehind(text, previous, from) && takesBlanks(previous, text.slice(line, until), at))
      return [cut(from, until)];
    // A file without a final line break stays one without.
    const atOpenEnd = line === text.length && !text.endsWith('\n');
    return [cut(atOpenEnd ? beforeBreak(text, from) : from, line)];
  }
  // The first one of a collection that begins behind a dash: the next one takes its place.
  const next = itemStart(items[index + 1] ?? item) ?? start;
  if (lineStart(text, next) === line) return [cut(start, next)];
  return [cut(blanksBefore(text, start, lineStart(text, start)), beforeBreak(text, line))];
}

/**
 * Blank lines below would say something in a block scalar that ends right above: it keeps them, or they are wider than it.
 * `at` is the column of the keys or dashes.
 */
function takesBlanks(previous: Item, blanks: string, at: number): boolean {
  const scalar = lastScalar(previous);
  if (scalar?.type !== 'block-scalar' || blanks === '') return false;
  const { header } = blockScalarParts(scalar);
  return header.includes('+') || blanks.split(/\r?\n/).some((blank) => blank.length > leastIndent(scalar, header, at));
}

/** Whether nothing but blanks stands between an item and a line. */
function isBehind(text: string, item: Item, line: number): boolean {
  return text.slice(itemEnd(item, true) ?? line, line).trim() === '';
}

/** The indentation of a block scalar's lines, or less. */
function leastIndent(scalar: CST.BlockScalar, header: string, at: number): number {
  const counted = /\d/.exec(header);
  if (counted) return at + Number(counted[0]);
  const indents = [...scalar.source.matchAll(/^ *(?=\S)/gm)].map(([indent]) => indent.length);
  return indents.length === 0 ? 0 : Math.min(...indents);
}

function lineBehindBlanks(text: string, line: number): number {
  let end = line;
  while (end < text.length && restOfLine(text, end) === '') end = nextLine(text, end);
  return end;
}

function removeFromFlow(text: string, token: CST.FlowCollection, items: readonly Item[], index: number): Splice[] {
  const item = items[index] as Item;
  const start = itemStart(item) ?? token.offset;
  const end = itemEnd(item) ?? start;
  const next = items[index + 1];
  const behind = next === undefined ? trailingComma(token) : commaOf(next);
  const until = behind === undefined ? end : tokenEnd(behind);
  const before = next === undefined && behind === undefined ? commaOf(item) : undefined;
  const dropped = before === undefined ? [] : [cut(before.offset, tokenEnd(before))];
  if (startsLine(text, start) && /^[ \t]*(?:#.*)?$/.test(text.slice(until, lineEnd(text, until)))) {
    return [...dropped, cut(lineStart(text, start), nextLine(text, until))];
  }
  if (next !== undefined) return [cut(start, itemStart(next) ?? until)];
  if (before === undefined) return [cut(blanksBefore(text, start, 0), until)];
  return /^[ \t]*$/.test(text.slice(tokenEnd(before), start))
    ? [cut(before.offset, until)]
    : [...dropped, cut(start, until)];
}

function commaOf(item: Item): CST.SourceToken | undefined {
  return item.start.find((part) => part.type === 'comma');
}

function cut(start: number, end: number): Splice {
  return { start, end, text: '' };
}
