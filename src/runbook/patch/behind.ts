// A pair behind the last one of a mapping in block style, such as `status:` in a task that has none, or `last_run:` behind one that has run
// for the first time. Says what it would be by the lines alone; whoever asks proves it by reading the result.

import { LINE_START } from './lines.ts';
import { pairLines } from './render.ts';
import { isMapping, type PlainValue, type Splice } from './types.ts';

/** Lines of a text in which a mapping's keys stand at `column`. */
export type Block = { readonly start: number; readonly end: number; readonly column: number };

/** Undefined where only a full parse tells how the file is laid out. */
export function pairBehind(
  text: string,
  block: Block,
  [key, value]: readonly [string, PlainValue],
): Splice | undefined {
  const map = isMapping(value) ? indentFor(text, block, value) : 2;
  const place = placeBehind(text.slice(block.start, block.end), block.column);
  if (map === undefined || place === undefined) return undefined;
  const indents = { map, list: 0, dash: 2, hanging: false };
  const lines = pairLines(key, value, block.column, { indents, literals: 'none' });
  const at = block.start + place;
  return { start: at, end: at, text: `${lines.join('\n')}\n` };
}

/** Nothing that a new line could become a part of, nor that it could cut off. */
const PLAIN_LINE = /^(?!.*[|>][-+\d]* *(?: #.*)?\n)[^\r]*\n$/;

/** Behind the last line of content, before comments that speak of what follows. */
function placeBehind(lines: string, column: number): number | undefined {
  for (let end = lines.length; end > 0; ) {
    // From a negative place, `lastIndexOf` would find the very first character.
    const start = end < 2 ? 0 : lines.lastIndexOf('\n', end - 2) + 1;
    const line = lines.slice(start, end);
    const content = line.trimStart();
    if (content !== '' && !content.startsWith('#')) return PLAIN_LINE.test(line) ? end : undefined;
    // A comment that is indented deeper speaks of what is before it, if it is one.
    if (content !== '' && line.length - content.length > column) return undefined;
    end = start;
  }
  return undefined;
}

/** Columns from the key of a mapping of single values to its own keys. */
function indentFor(text: string, { start, column }: Block, value: { readonly [key: string]: PlainValue }) {
  return start === 0 && column === 0 && Object.values(value).every(isSingle) ? indentOf(text) : undefined;
}

function isSingle(value: PlainValue): boolean {
  return typeof value === 'string' ? !value.includes('\n') : typeof value !== 'object' || value === null;
}

const KEY = String.raw`(?:"[^"\n]*"|'[^'\n]*'|[^\s"'#:-][^:#\n]*):[ \n]`;
/** A list (`dash`) or a mapping below a key of the whole, which alone stands in the first column, whatever texts hold. */
const BELOW = new RegExp(
  String.raw`${LINE_START}[^\s#-].*: *(?:#.*)?\n(?: *(?:#.*)?\n)*(?<indent> *)(?:(?<dash>-)(?=[ \n])|(?=${KEY}))`,
  'g',
);
/** A key below which more stands, in a line of a list or deeper. */
const INNER_KEY = new RegExp(String.raw`${LINE_START}[ -].*: *(?:#.*)?\n`);

/** As of the first mapping below a key, else of the first list; undefined where a mapping inside of a list may come before. */
function indentOf(text: string): number | undefined {
  const below = [...text.matchAll(BELOW)].map(({ index, groups }) => ({ index, ...groups }) as Below);
  const map = below.find(({ indent, dash }) => dash === undefined && indent !== '');
  const list = below.find(({ dash }) => dash !== undefined);
  if (list && list.index < (map?.index ?? text.length) && INNER_KEY.test(text.slice(list.index, map?.index)))
    return undefined;
  return map?.indent.length ?? (list?.indent.length || 2);
}

type Below = { readonly index: number; readonly indent: string; readonly dash?: string };
