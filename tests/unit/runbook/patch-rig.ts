// What an edit should come to, told without the program: the data afterwards, the lines it may touch, the comments it must
// keep. Reads with `yaml` alone.

import { isDeepStrictEqual } from 'node:util';
import { isMap, isScalar, isSeq, type Node, type Pair, Parser, parseDocument, type YAMLMap, type YAMLSeq } from 'yaml';
import type { YamlEdit, YamlPath } from '../../../src/runbook/patch.ts';

export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

export function readYaml(text: string): Json {
  const document = parseDocument(text, { merge: true });
  if (document.errors.length > 0) throw document.errors[0] as Error;
  return document.toJS({ maxAliasCount: -1 }) as Json;
}

/** The data after the edit. */
export function after(data: Json, edit: YamlEdit): Json {
  const copy = unshared(data);
  const [last, ...above] = edit.path.toReversed();
  let at = copy as { [key: string]: Json };
  for (const segment of above.toReversed()) at = (at[segment] ??= {}) as { [key: string]: Json };
  if (edit.kind === 'remove' && Array.isArray(at)) at.splice(last as number, 1);
  else if (edit.kind === 'remove') delete at[last as string];
  else if (edit.kind === 'set') at[last as string] = structuredClone(edit.value) as Json;
  else at[last as string] = [...((at[last as string] ?? []) as Json[]), edit.value as Json];
  return copy;
}

/** A copy in which what several aliases stand for is there several times, so that a change in one place is one change. */
function unshared(data: Json): Json {
  if (Array.isArray(data)) return data.map(unshared);
  if (typeof data !== 'object' || data === null) return data;
  return Object.fromEntries(Object.entries(data).map(([key, item]) => [key, unshared(item)]));
}

/** Remembers what it made of the last text: the same one is asked about again and again. */
function remembering<T>(make: (text: string) => T): (text: string) => T {
  let last: { readonly text: string; readonly made: T } | undefined;
  return (text) => (last?.text === text ? last : (last = { text, made: make(text) })).made;
}

const rootOf = remembering((text) => parseDocument(text, { merge: true }).contents as Node);

const commentsOf = remembering((text): { readonly offset: number; readonly source: string }[] => {
  const comments: { offset: number; source: string }[] = [];
  const collect = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    const token = value as { type?: string; offset: number; source: string };
    if (token.type === 'comment') comments.push({ offset: token.offset, source: token.source.trimEnd() });
    else Object.values(value).forEach(collect);
  };
  for (const token of new Parser().parse(text)) collect(token);
  return comments.toSorted((a, b) => a.offset - b.offset);
});

/** Offsets into the text before the edit: nothing outside of it may change. */
type Window = { readonly start: number; readonly end: number; readonly comments: 'kept' | 'inside may go' };

/** The problem with what an edit made of a text, or nothing. */
export function fault(before: string, edit: YamlEdit, result: string): string | undefined {
  const expected = after(readYaml(before), edit);
  let data: Json;
  try {
    data = readYaml(result);
  } catch (error) {
    return `does not parse: ${(error as Error).message}`;
  }
  if (!isDeepStrictEqual(data, expected)) return `says ${JSON.stringify(data)} instead of ${JSON.stringify(expected)}`;
  const window = windowOf(before, edit);
  return (
    lineFault(before, result, window) ??
    commentFault(before, result, window) ??
    breakFault(before, result) ??
    byteFault(before, edit, result)
  );
}

/** In block style a new key or item only adds bytes; a value on one line in the place of a text changes that text alone. */
function byteFault(before: string, edit: YamlEdit, result: string): string | undefined {
  if (edit.kind === 'remove' || before === result) return undefined;
  const [start, end] = changedRange(before, result);
  const root = rootOf(before);
  const value = pairAt(root, edit.path)?.value;
  if (isScalar(value) && value.tag === undefined && edit.kind === 'set') {
    const [from, until] = value.range ?? [0, 0];
    const isInline = typeof edit.value !== 'object' && !String(edit.value).includes('\n');
    return isInline && from < until && (start < from || end > until) ? 'bytes beside the value changed' : undefined;
  }
  const isThere = pairAt(root, edit.path) !== undefined;
  const parent = edit.path.length === 1 ? root : pairAt(root, edit.path.slice(0, -1))?.value;
  const grows = edit.kind === 'append' && isThere ? value : isThere ? undefined : parent;
  const isFilledBlock = (isMap(grows) || isSeq(grows)) && grows.flow !== true && grows.items.length > 0;
  return isFilledBlock && start < end ? 'bytes that were there changed' : undefined;
}

/** From the first to the last character of `before` that is another one, or gone, in `result`. */
function changedRange(before: string, result: string): readonly [start: number, end: number] {
  const shorter = Math.min(before.length, result.length);
  let start = 0;
  while (start < shorter && before[start] === result[start]) start += 1;
  let same = 0;
  while (same < shorter - start && before.at(-1 - same) === result.at(-1 - same)) same += 1;
  return [start, before.length - same];
}

function lineFault(before: string, result: string, window: Window): string | undefined {
  const lineStart = before.lastIndexOf('\n', window.start - 1) + 1;
  if (!result.startsWith(before.slice(0, lineStart))) return 'something above the place changed';
  const lineEnd = before.indexOf('\n', window.end - 1);
  const below = lineEnd === -1 ? '' : before.slice(lineEnd + 1);
  return result.endsWith(below) && result.length >= lineStart + below.length
    ? undefined
    : 'something below the place changed';
}

function commentFault(before: string, result: string, window: Window): string | undefined {
  const now = commentsOf(result).map((comment) => comment.source);
  const then = commentsOf(before);
  const kept = then.filter(({ offset }) => window.comments === 'kept' || offset < window.start || offset >= window.end);
  let found = 0;
  for (const source of now) if (source === kept[found]?.source) found += 1;
  if (found < kept.length) return `the comment ${kept[found]?.source} is gone`;
  return now.length > then.length ? 'there are more comments' : undefined;
}

function breakFault(before: string, result: string): string | undefined {
  const lone = /(?<!\r)\n/;
  if (before.includes('\r\n') && !lone.test(before) && lone.test(result)) return 'a line of a CRLF file ends in LF';
  if (!before.includes('\r\n') && result.includes('\r\n')) return 'a line of an LF file ends in CRLF';
  return undefined;
}

function windowOf(text: string, edit: YamlEdit): Window {
  const root = rootOf(text);
  const own = pairAt(root, edit.path);
  if (own === undefined || edit.kind === 'append') return containerWindow(text, root, edit);
  const { container, pair, value } = own;
  const tree = isMap(value) || isSeq(value);
  const end = contentAfter(text, value?.range?.[1] ?? (pair.key as Node).range?.[2] ?? 0);
  if (edit.kind === 'set') {
    const from = value?.range?.[0] ?? 0;
    const start = (pair.key as Node | null)?.range?.[0] ?? Math.min(from, lineAbove(text, from));
    return { start, end, comments: tree ? 'inside may go' : 'kept' };
  }
  const range = container.range ?? [0, 0, 0];
  const items = (container as YAMLMap | YAMLSeq).items as (Pair | Node)[];
  const index = items.findIndex((item) => item === pair || item === value);
  const next = keyRange(items[index + 1])?.[1];
  const previous = keyRange(items[index - 1])?.[0];
  const only = items.length === 1;
  const start = only ? Math.min(range[0], lineAbove(text, range[0])) : (previous ?? range[0]);
  const comma = text[end] === ',' ? contentAfter(text, end + 1) : end;
  return { start, end: Math.max(next ?? 0, comma), comments: 'inside may go' };
}

/** Of the key of a pair, or of an item of a list. */
function keyRange(item: Pair | Node | undefined): Node['range'] {
  return item === undefined ? undefined : 'key' in item ? (item.key as Node).range : item.range;
}

/** A key in whose place `{}` comes may be on a line of its own above the mapping. */
function lineAbove(text: string, offset: number): number {
  const comments = new Set(commentsOf(text).map((comment) => comment.offset));
  for (let start = text.lastIndexOf('\n', offset - 1); start > 0; start = text.lastIndexOf('\n', start - 1)) {
    const above = text.lastIndexOf('\n', start - 1) + 1;
    const first = above + (/^\s*/.exec(text.slice(above, start))?.[0].length ?? 0);
    if (first < start && !comments.has(first)) return first;
  }
  return 0;
}

function containerWindow(text: string, root: Node, edit: YamlEdit): Window {
  let node: Node = root;
  let from: number | undefined;
  for (const segment of edit.path) {
    const own = pairAt(node, [segment]);
    const value = own?.value;
    if (own === undefined) break;
    from = ((own.pair.key as Node | null) ?? value)?.range?.[0] ?? from;
    if (!isMap(value) && !isSeq(value)) {
      node = value ?? (own.pair.key as Node);
      break;
    }
    node = value;
  }
  const [start, end] = node.range ?? [0, 0, 0];
  const block = (isMap(node) || isSeq(node)) && node.flow !== true;
  const items = block ? (node as YAMLMap | YAMLSeq).items : [];
  const last = items.at(-1) as Pair | Node | undefined;
  const lastStart =
    last === undefined ? undefined : 'key' in last ? ((last.key as Node).range?.[0] ?? start) : last.range?.[0];
  return { start: lastStart ?? Math.min(start, from ?? start), end: contentAfter(text, end), comments: 'kept' };
}

/** Back from the first thing after the offset that is neither blank nor comment, to the end of the line before. */
function contentAfter(text: string, offset: number): number {
  const comments = new Map(commentsOf(text).map((comment) => [comment.offset, comment.source.length]));
  let at = offset;
  while (at < text.length && (/\s/.test(text[at] as string) || comments.has(at))) at += comments.get(at) ?? 1;
  if (at >= text.length) return text.length;
  const start = text.lastIndexOf('\n', at - 1) + 1;
  return start > offset ? start : at;
}

type Own = {
  readonly container: Node;
  readonly pair: { key: unknown; value: unknown } & Pair;
  readonly value: Node | null;
};

function pairAt(root: Node, path: YamlPath): Own | undefined {
  let node: Node | null = root;
  let found: Own | undefined;
  for (const segment of path) {
    const container: Node | null = node;
    if (isMap(container)) {
      const pair = container.items.find(
        ({ key }) => isScalar(key) && typeof key.value !== 'symbol' && String(key.value) === String(segment),
      );
      if (pair === undefined) return undefined;
      node = pair.value as Node | null;
      found = { container, pair: pair, value: node };
    } else if (isSeq(container)) {
      node = container.items[segment as number] as Node;
      found = { container, pair: { key: null, value: node } as unknown as Own['pair'], value: node };
    } else return undefined;
  }
  return found;
}
