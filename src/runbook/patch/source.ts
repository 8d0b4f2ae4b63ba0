// A YAML text, parsed, with what each part of it says and which parts are used again by aliases. Does not know of edits.
// It imports `yaml`, so it is to be loaded only by what is itself loaded on demand.

import {
  type Alias,
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  parseDocument,
  type Scalar,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml';
import type { Span } from '../../base/diagnostic.ts';
import { err, ok, type Result } from '../../base/result.ts';
import { type Data, type DataMap, isDataList, isDataMap } from './data.ts';
import type { PatchRefusal } from './types.ts';

type Invalid = Extract<PatchRefusal, { kind: 'invalid' }>;

export type Source = {
  readonly text: string;
  readonly root: YAMLMap;
  readonly data: DataMap;
  /** What each node says; aliases give what they stand for. */
  readonly dataOf: ReadonlyMap<Node, Data>;
  /** The pairs that a mapping itself holds, by the key that `data.ts` gives them; merges are not among them. */
  readonly pairsOf: ReadonlyMap<YAMLMap, ReadonlyMap<string, Pair>>;
  /** What `<<` brings into a mapping. A mapping without merges is not in the map. */
  readonly mergesOf: ReadonlyMap<YAMLMap, readonly DataMap[]>;
  /** The aliases that stand for a node. A node without any is not in the map. */
  readonly usersOf: ReadonlyMap<Node, readonly Alias[]>;
};

/** Far deeper than a person writes, far from the end of the stack. */
const maximumDepth = 400;

/** Parses one document whose root is a mapping. Everything that keeps its data from being known for sure is `invalid`. */
export function readSource(text: string): Result<Source, Invalid> {
  // Not 'silent': that would also hide a second document.
  const document = parseDocument(text, {
    keepSourceTokens: true,
    merge: true,
    prettyErrors: false,
    logLevel: 'error',
  });
  const error = document.errors[0];
  if (error !== undefined) return err(invalid(error.message, { start: error.pos[0], end: error.pos[1] }));
  const root = document.contents;
  if (root === null) return err(invalid('the file is empty, a mapping was expected'));
  if (!isMap(root)) return err(invalid('the file does not hold a mapping', nodeSpan(root)));
  const index = new Index(text);
  const data = index.read(root, 0);
  if (index.problem !== undefined) return err(index.problem);
  return ok({ text, root, data: data as DataMap, ...index.tables });
}

function invalid(message: string, span?: Span): Invalid {
  return span === undefined ? { kind: 'invalid', message } : { kind: 'invalid', message, span };
}

export function nodeSpan(node: Node): Span | undefined {
  return node.range ? { start: node.range[0], end: node.range[1] } : undefined;
}

/** One walk over the tree in the order of the text, which is the order in which anchors become known. */
class Index {
  problem: Invalid | undefined;
  readonly tables = {
    dataOf: new Map<Node, Data>(),
    pairsOf: new Map<YAMLMap, Map<string, Pair>>(),
    mergesOf: new Map<YAMLMap, readonly DataMap[]>(),
    usersOf: new Map<Node, Alias[]>(),
  };
  readonly #text: string;
  readonly #anchors = new Map<string, Node>();
  readonly #open = new Set<Node>();

  constructor(text: string) {
    this.#text = text;
  }

  read(value: unknown, depth: number): Data {
    if (value === null || value === undefined || this.problem !== undefined) return null;
    const node = value as Node;
    if (depth > maximumDepth) return this.#fail('the file is nested too deeply', node);
    if (isAlias(node)) return this.#alias(node);
    if (node.anchor !== undefined && node.anchor !== '') this.#anchors.set(node.anchor, node);
    this.#open.add(node);
    const data = this.#content(node, depth);
    this.#open.delete(node);
    this.tables.dataOf.set(node, data);
    return data;
  }

  #content(node: Node, depth: number): Data {
    if (isScalar(node)) return scalarData(node);
    if (isMap(node)) return this.#mapping(node, depth);
    if (isSeq(node)) return this.#sequence(node, depth);
    return this.#fail('this part of the file is not understood', node);
  }

  #alias(alias: Alias): Data {
    const target = this.#anchors.get(alias.source);
    if (target === undefined) return this.#fail(`no anchor &${alias.source} stands before this alias`, alias);
    if (this.#open.has(target)) return this.#fail(`the alias *${alias.source} stands inside its own anchor`, alias);
    this.tables.usersOf.set(target, [...(this.tables.usersOf.get(target) ?? []), alias]);
    const data = this.tables.dataOf.get(target);
    this.tables.dataOf.set(alias, data);
    return data;
  }

  #sequence(node: YAMLSeq, depth: number): Data {
    // `!!omap` and `!!pairs` hold bare pairs.
    return node.items.map((item) =>
      isPair(item) ? new Map([[this.#key(item, depth), this.read(item.value, depth + 1)]]) : this.read(item, depth + 1),
    );
  }

  #mapping(node: YAMLMap, depth: number): Data {
    const result = new Map<string, Data>();
    const pairs = new Map<string, Pair>();
    const merged: DataMap[] = [];
    for (const pair of node.items) {
      if (isMergeKey(pair)) {
        merged.push(...this.#mergeSources(pair, depth));
        continue;
      }
      const key = this.#key(pair, depth);
      if (pairs.has(key)) this.#fail('a key of this mapping appears twice', pair.key as Node);
      pairs.set(key, pair);
      result.set(key, this.read(pair.value, depth + 1));
    }
    for (const source of merged) {
      for (const [key, value] of source) if (!result.has(key)) result.set(key, value);
    }
    this.tables.pairsOf.set(node, pairs);
    if (merged.length > 0) this.tables.mergesOf.set(node, merged);
    return result;
  }

  #mergeSources(pair: Pair, depth: number): readonly DataMap[] {
    const data = this.read(pair.value, depth + 1);
    const sources = isDataList(data) ? data : [data];
    if (!sources.every(isDataMap)) this.#fail('only mappings can be merged with <<', pair.key as Node);
    return sources.filter(isDataMap);
  }

  #key(pair: Pair, depth: number): string {
    const data = this.read(pair.key, depth + 1);
    if (data === null || data === undefined) return 'null:';
    if (typeof data !== 'object') return `${typeof data}:${String(data)}`;
    const span = nodeSpan(pair.key as Node);
    return `complex:${this.#text.slice(span?.start, span?.end)}`;
  }

  #fail(message: string, node: Node): null {
    this.problem ??= invalid(message, nodeSpan(node));
    return null;
  }
}

function isMergeKey(pair: Pair): boolean {
  return isScalar(pair.key) && typeof pair.key.value === 'symbol';
}

function scalarData(node: Scalar): Data {
  return typeof node.value === 'symbol' ? String(node.value.description) : (node.value as Data);
}
