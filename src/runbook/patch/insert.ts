// A new pair at the end of a mapping, a new item at the end of a list. Everything that is there stays where it is.

import type { CST, Node, YAMLMap, YAMLSeq } from 'yaml';
import { column, lineAfter, lineBreak, lineEnd, lineStart, startsLine } from './lines.ts';
import { inlineText, itemLines, pairLines, pairText } from './render.ts';
import type { ScalarContext } from './scalars.ts';
import { type BlockStyle, styleAt } from './style.ts';
import {
  contentEnd,
  contentItems,
  isFlowCollection,
  isJsonLike,
  itemEnd,
  itemStart,
  startOf,
  tokenEnd,
  tokenOf,
} from './tokens.ts';
import { isFilled, type PlainValue, type Splice } from './types.ts';

/** Undefined where the mapping is a lone pair in a list (`[a: 1]`), which cannot hold a second one. */
export function insertPair(
  text: string,
  map: YAMLMap,
  pair: readonly [string, PlainValue],
  chain: readonly Node[],
): Splice[] | undefined {
  const token = tokenOf(map);
  if (token === undefined) return undefined;
  if (isFlowCollection(token)) return insertFlow(text, token, pairText(pair[0], pair[1], flowContext(token, chain)));
  const place = placeBehind(text, token, chain);
  return [insertLines(text, place.line, pairLines(pair[0], pair[1], place.column, place.style))];
}

export function insertItem(
  text: string,
  list: YAMLSeq,
  value: PlainValue,
  chain: readonly Node[],
): Splice[] | undefined {
  const token = tokenOf(list);
  if (token === undefined) return undefined;
  if (isFlowCollection(token)) return insertFlow(text, token, inlineText(value, flowContext(token, chain)));
  const place = placeBehind(text, token, [...chain, list]);
  const dash = isFilled(value) ? undefined : dashOfScalars(text, token, place.column);
  const style =
    dash === undefined ? place.style : { ...place.style, indents: { ...place.style.indents, dash, hanging: false } };
  return [insertLines(text, place.line, itemLines(value, place.column, style))];
}

function placeBehind(
  text: string,
  token: CST.BlockMap | CST.BlockSequence,
  chain: readonly Node[],
): { readonly line: number; readonly column: number; readonly style: BlockStyle } {
  const at = column(text, startOf(token));
  const line = lineAfter(text, contentEnd(token, true), at);
  return { line, column: at, style: styleAt(text, { line, column: at, chain }) };
}

/** Columns from the dash to the last item that is not a mapping. */
function dashOfScalars(text: string, token: CST.BlockMap | CST.BlockSequence, at: number): number | undefined {
  const last = contentItems(token).findLast((item) => item.value && item.value.type !== 'block-map');
  if (!last?.value || startsLine(text, startOf(last.value))) return undefined;
  const start = last.start.find((part) => part.type === 'anchor' || part.type === 'tag')?.offset ?? startOf(last.value);
  return column(text, start) - at;
}

function insertLines(text: string, line: number, lines: readonly string[]): Splice {
  const newline = lineBreak(text, line);
  const body = lines.join(newline);
  // A file without a final line break stays one without.
  const atOpenEnd = line >= text.length && !text.endsWith('\n');
  return { start: line, end: line, text: atOpenEnd ? newline + body : body + newline };
}

function flowContext(token: CST.FlowCollection, chain: readonly Node[]): ScalarContext {
  const flows = [...chain.map((node) => node.srcToken), token].filter((part) => isFlowCollection(part));
  const json = flows.map(isJsonLike).findLast((like) => like !== undefined) ?? false;
  return { flow: true, prefer: json ? 'json' : 'plain' };
}

function insertFlow(text: string, token: CST.FlowCollection, added: string): Splice[] {
  const last = contentItems(token).at(-1);
  const end = last && itemEnd(last);
  if (last === undefined || end === undefined) return [at(tokenEnd(token.start), added)];
  const start = itemStart(last) ?? end;
  const comma = trailingComma(token);
  const rest = lineEnd(text, comma ? tokenEnd(comma) : end);
  const ownLine = startsLine(text, start) && /^[ \t]*(?:#.*)?$/.test(text.slice(comma ? tokenEnd(comma) : end, rest));
  if (!ownLine) return [at(end, `, ${added}`)];
  const line = lineBreak(text, rest) + text.slice(lineStart(text, start), start) + added;
  if (comma !== undefined) return [at(rest, `${line},`)];
  return end === rest ? [at(end, `,${line}`)] : [at(end, ','), at(rest, line)];
}

/** The comma behind the last item. */
export function trailingComma(token: CST.FlowCollection): CST.SourceToken | undefined {
  const last = token.items.at(-1);
  const items = contentItems(token);
  return last === items.at(-1) ? undefined : last?.start.find((part) => part.type === 'comma');
}

function at(offset: number, text: string): Splice {
  return { start: offset, end: offset, text };
}
