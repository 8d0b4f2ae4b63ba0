// A pair behind the last one of a mapping in block style, such as `status:` in a task that has none, or `last_run:` behind one that has run
// for the first time. Says what it would be by the lines alone; whoever asks proves it by reading the result.

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
    const start = lines.lastIndexOf('\n', end - 2) + 1;
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

/** As of the mappings that are there already, else of the lists; undefined where only one inside of a list could tell. */
function indentOf(text: string): number | undefined {
  const map = /^(.*):\n( +)[\w.-]+:(?: |\n)/m.exec(text);
  const list = /:\n( *)- /.exec(text);
  if (map === null) return list?.[1]?.length || 2;
  const isInList = list !== null && list.index < map.index && /^[ -]/.test(map[1] ?? '');
  return isInList ? undefined : map[2]?.length;
}
