// New YAML for a value: on one line, or as the lines of a block. Does not know what is in the file already.

import { keyText, type Literal, literal, type ScalarContext, scalarText } from './scalars.ts';
import type { BlockStyle } from './style.ts';
import { isFilled, isList, isMapping, type PlainValue } from './types.ts';

/** The value on one line, collections in flow style. */
export function inlineText(value: PlainValue, context: ScalarContext): string {
  const inner = { flow: true, prefer: context.prefer === 'json' ? 'json' : 'plain' } as const;
  if (isList(value)) return `[${value.map((item) => inlineText(item, inner)).join(', ')}]`;
  if (!isMapping(value)) return scalarText(value, context);
  return `{${Object.entries(value)
    .map(([key, item]) => pairText(key, item, inner))
    .join(', ')}}`;
}

export function pairText(key: string, value: PlainValue, context: ScalarContext): string {
  return `${keyText(key, context.prefer === 'json')}: ${inlineText(value, context)}`;
}

/** What stands behind `key:` or `-` (nothing, where a collection follows below), and the lines below. */
export type Block = { readonly head: string; readonly lines: readonly string[] };

/** `at` is the column of the key. */
export function pairLines(key: string, value: PlainValue, at: number, style: BlockStyle): string[] {
  const block = blockBelowKey(value, at, style);
  const head = block.head === '' ? '' : ` ${block.head}`;
  return [`${' '.repeat(at)}${keyText(key, false)}:${head}`, ...block.lines];
}

export function blockBelowKey(value: PlainValue, at: number, style: BlockStyle): Block {
  const { map, list } = style.indents;
  if (isFilled(value)) return { head: '', lines: collectionLines(value, at + (isList(value) ? list : map), style) };
  return scalarBlock(value, at + map, style);
}

/** The lines of a filled list or mapping whose dashes or keys stand at the column. */
export function collectionLines(value: PlainValue, at: number, style: BlockStyle): string[] {
  const items = isList(value) ? [...value.entries()] : Object.entries(value as { readonly [key: string]: PlainValue });
  return items.flatMap(([key, item], index) => {
    // What follows in the file concerns only what stands last.
    const own: BlockStyle = index === items.length - 1 ? style : { ...style, literals: 'all' };
    return typeof key === 'number' ? itemLines(item, at, own) : pairLines(key, item, at, own);
  });
}

/** `at` is the column of the dash. */
export function itemLines(value: PlainValue, at: number, style: BlockStyle): string[] {
  const { dash, hanging } = style.indents;
  const indent = ' '.repeat(at);
  if (hanging && isFilled(value) && !isList(value)) return [`${indent}-`, ...collectionLines(value, at + dash, style)];
  // Below a dash one more column is enough, beside it there has to be a space.
  const width = Math.max(2, dash);
  if (!isFilled(value)) {
    const block = scalarBlock(value, at + dash, style);
    return [`${indent}-${' '.repeat(hanging ? 1 : width - 1)}${block.head}`, ...block.lines];
  }
  const [first = '', ...rest] = collectionLines(value, at + width, style);
  return [`${indent}-${' '.repeat(width - 1)}${first.trimStart()}`, ...rest];
}

/** `at` is the column for the lines of a literal block. */
function scalarBlock(value: PlainValue, at: number, style: BlockStyle): Block {
  const block = typeof value === 'string' ? allowedLiteral(literal(value), style.literals) : undefined;
  if (block !== undefined) return { head: block.header, lines: literalLines(block, at) };
  return { head: inlineText(value, { flow: false, prefer: 'plain' }), lines: [] };
}

export function allowedLiteral(block: Literal | undefined, allowed: BlockStyle['literals']): Literal | undefined {
  if (block === undefined || allowed === 'none') return undefined;
  return allowed === 'strip' && block.header === '|' ? undefined : block;
}

export function literalLines(block: Literal, at: number): string[] {
  return block.lines.map((line) => (line === '' ? '' : ' '.repeat(at) + line));
}
