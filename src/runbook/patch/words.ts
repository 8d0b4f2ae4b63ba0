// Puts words in place of words in a YAML text of the plain kind, such as `status: READY`, and pairs behind others: what most edits of a run
// are. Guesses where they stand by the lines alone, and proves it by reading the item that it stands in, or the whole; knows nothing of
// YAML's grammar itself.
//
// A guess that does not prove right is no answer: patch.ts then does the edit by a full parse, which takes forty times as long.

import { isDeepStrictEqual } from 'node:util';
import type { YamlPath } from '../../base/yaml-path.ts';
import { readPlain } from '../plain.ts';
import { afterEdits, type Copies } from './after.ts';
import { type Block, pairBehind } from './behind.ts';
import { LINE_START } from './lines.ts';
import { isMapping, type PlainValue, type Splice, type YamlEdit } from './types.ts';

/** Text that needs no quotes and means nothing but itself: `true`, `null` and their kin are no words of this kind. */
const WORD = /^[A-Z]{4,}$/;
const NO_WORD = new Set(['TRUE', 'FALSE', 'NULL']);

/** A text, and what it says. */
export type Patched = { readonly text: string; readonly data: PlainValue };

/** `data` is what the text holds. Undefined where it cannot be done in this way. */
export function patchWords(text: string, data: unknown, edits: readonly YamlEdit[]): Patched | undefined {
  const lines = new Lines(text);
  const splices: Splice[] = [];
  let expected = data as PlainValue;
  const copies: Copies = new WeakSet();
  for (const edit of edits) {
    const splice = spliceOf(lines, expected, edit);
    if (splice === undefined) return undefined;
    splices.push(splice);
    expected = afterEdits(expected, [edit], copies);
  }
  const result = spliced(text, splices);
  if (result === undefined) return undefined;
  const isProven =
    edits.every((edit, at) => changesItemOnly({ text, lines, data, splice: splices[at] }, edit)) ||
    isDeepStrictEqual(readPlain(result)?.data, expected);
  return isProven ? { text: result, data: expected } : undefined;
}

type Guess = {
  readonly text: string;
  readonly lines: Lines;
  readonly data: unknown;
  readonly splice: Splice | undefined;
};

/**
 * The lines of a list's item say the same by themselves as in the whole: where they are that item before, and what it is to be
 * afterwards, nothing else need be read. In a runbook of thousands of tasks all else is the same.
 */
function changesItemOnly({ text, lines, data, splice }: Guess, edit: YamlEdit): boolean {
  const [list, index, ...rest] = edit.path;
  const block = typeof index === 'number' ? lines.blockAt(edit.path.slice(0, 2)) : undefined;
  if (block === undefined || splice === undefined) return false;
  const { start, end } = block;
  const item = (data as Record<string, PlainValue[]>)[String(list)]?.[Number(index)] ?? null;
  const after = spliced(text.slice(start, end), [{ ...splice, start: splice.start - start, end: splice.end - start }]);
  return (
    isDeepStrictEqual(readPlain(text.slice(start, end))?.data, [item]) &&
    isDeepStrictEqual(readPlain(after ?? '')?.data, [afterEdits(item, [{ ...edit, path: rest }])])
  );
}

function spliceOf(lines: Lines, data: PlainValue, edit: YamlEdit): Splice | undefined {
  const [way, key] = [edit.path.slice(0, -1), edit.path.at(-1)];
  const mapping = way.reduce<unknown>((value, segment) => (value as Record<string, unknown>)?.[segment], data);
  if (edit.kind !== 'set' || typeof key !== 'string' || !isMapping(mapping as PlainValue)) return undefined;
  const former = (mapping as Record<string, unknown>)[key];
  const { value } = edit;
  if (former === undefined) return isWord(value) || isMapping(value) ? lines.pairIn(way, [key, value]) : undefined;
  if (!isWord(value) || !isWord(former)) return undefined;
  const start = lines.valueAt(edit.path, former);
  return start === undefined ? undefined : { start, end: start + former.length, text: value };
}

function isWord(value: unknown): value is string {
  return typeof value === 'string' && WORD.test(value) && !NO_WORD.has(value);
}

/** Undefined where two of them touch the same place. */
function spliced(text: string, splices: readonly Splice[]): string | undefined {
  let result = '';
  let copied = 0;
  for (const { start, end, text: word } of splices.toSorted((a, b) => a.start - b.start)) {
    if (start < copied) return undefined;
    result += text.slice(copied, start) + word;
    copied = end;
  }
  return result + text.slice(copied);
}

/** The list begins right below its key: one that stands further down may hold the same, and is another. */
const FIRST_DASH = /(?:#.*)?\r?\n(?: *(?:#.*)?\r?\n)*( *)-(?=[ \r\n])/y;
/** An item of a list in flow style, up to its first key. With keys in quotes it is JSON to whoever wrote it. */
const INLINE = String.raw` *- +\{(?! *")`;
/** One on a line of its own, up to the end of its last pair. */
const LAST_INLINE = new RegExp(String.raw`${INLINE}[^\n]*[^\n,{ ](?= *\} *(?:\n|$))`, 'y');

/** Finds keys and items of block style by indentation, and what is in an item of flow style; lists are looked through once. */
class Lines {
  private readonly text: string;
  private readonly lists = new Map<number, readonly number[]>();

  constructor(text: string) {
    this.text = text;
  }

  /** The lines that a path leads to. */
  blockAt(path: YamlPath): Block | undefined {
    let block: Block | undefined = { start: 0, end: this.text.length, column: 0 };
    for (const segment of path) {
      if (block === undefined) return undefined;
      block = typeof segment === 'number' ? this.item(block, segment) : this.below(block, segment);
    }
    return block;
  }

  /** Where the word stands that the path leads to. */
  valueAt(path: YamlPath, word: string): number | undefined {
    const block = this.blockAt(path.slice(0, -1));
    const key = path.at(-1);
    if (block === undefined || typeof key !== 'string') return undefined;
    const found = this.keyIn(block, key);
    if (found === undefined)
      return this.behind(new RegExp(`${INLINE}(?:[^\\n]*?,)? *${key}: +["']?(?=${word}["']? *[,}])`, 'y'), block.start);
    return this.behind(new RegExp(`["']?(?=${word}["']? *(?: #.*)?\\r?$)`, 'my'), found);
  }

  /** A pair behind the others of the mapping that the path leads to. */
  pairIn(path: YamlPath, [key, value]: readonly [string, PlainValue]): Splice | undefined {
    const block = this.blockAt(path);
    if (block === undefined || block.column < 0) return undefined;
    const inline = this.behind(LAST_INLINE, block.start);
    if (inline === undefined) return pairBehind(this.text, block, [key, value]);
    return isWord(value) ? { start: inline, end: inline, text: `, ${key}: ${value}` } : undefined;
  }

  /** Where a match that begins at the offset ends. */
  private behind(pattern: RegExp, offset: number): number | undefined {
    pattern.lastIndex = offset;
    return pattern.test(this.text) ? pattern.lastIndex : undefined;
  }

  /** The offset behind `key:` and its blanks, in a block whose keys begin at its column. */
  private keyIn({ start, end, column }: Block, key: string): number | undefined {
    // The first key of a list's item stands behind its dash.
    const match = new RegExp(`${LINE_START}[ -]{${column}}${key}: *`).exec(this.text.slice(start, end));
    return match === null ? undefined : start + match.index + match[0].length;
  }

  private below(block: Block, key: string): Block | undefined {
    const found = this.keyIn(block, key);
    return found === undefined ? undefined : { start: found, end: block.end, column: -1 };
  }

  private item(list: Block, index: number): Block | undefined {
    const starts = this.lists.get(list.start) ?? this.itemsOf(list);
    this.lists.set(list.start, starts);
    const start = starts[index];
    if (start === undefined) return undefined;
    const dash = /^ *- +/my;
    dash.lastIndex = start;
    return dash.test(this.text)
      ? { start, end: starts[index + 1] ?? list.end, column: dash.lastIndex - start }
      : undefined;
  }

  /** The beginnings of the lines with a dash at the column of the first one. */
  private itemsOf({ start, end }: Block): number[] {
    FIRST_DASH.lastIndex = start;
    const indent = FIRST_DASH.exec(this.text)?.[1];
    if (indent === undefined) return [];
    const each = new RegExp(`${LINE_START}${indent}-(?=[ \\r\\n])`, 'g');
    each.lastIndex = start;
    const starts: number[] = [];
    // Without a match for each of thousands.
    while (each.test(this.text)) {
      const found = each.lastIndex - indent.length - 1;
      if (found >= end) break;
      starts.push(found);
    }
    return starts;
  }
}
