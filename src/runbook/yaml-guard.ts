// What no YAML file may hold, although YAML allows it (design.md §9): aliases that expand without bounds, keys that are no text or
// reach into prototypes, nesting without end. Walks the tree of the `yaml` package; knows nothing of tasks.

import { type Alias, type Document, isAlias, isCollection, isPair, isScalar, type Node } from 'yaml';
import type { Span } from '../base/diagnostic.ts';

export type YamlProblem = {
  readonly code: string;
  readonly message: string;
  readonly span: Span;
  readonly advice?: string;
};

const FORBIDDEN_KEYS = new Set(['__proto__', 'constructor', 'prototype']);
/** What a file may hold once its aliases are written out: a runbook of 10,000 tasks has a fifth of this. */
const MAX_NODES = 1_000_000;
/** Deeper data would overflow the stack of whoever walks it. */
const MAX_DEPTH = 200;

/** What an anchor stands for. The size counts nodes with aliases written out; it is infinite as long as the walk is inside it. */
type Anchored = { readonly node: Node; size: number };

type Walk = { readonly anchors: Map<string, Anchored>; readonly problems: YamlProblem[]; expanded: number };

/** Every such part, in document order. */
export function harmfulParts(document: Document.Parsed): YamlProblem[] {
  const walk: Walk = { anchors: new Map(), problems: [], expanded: 0 };
  measure(document.contents, 0, walk);
  return walk.problems;
}

/** The size of a node; an anchor comes before its aliases, so one pass in document order knows every size it needs. */
function measure(node: unknown, depth: number, walk: Walk): number {
  if (isAlias(node)) return measureAlias(node, walk);
  const anchored = anchorOf(node, walk);
  const size = isCollection(node) ? 1 + measureItems(node, depth, walk) : 1;
  if (anchored) anchored.size = size;
  return size;
}

function anchorOf(node: unknown, walk: Walk): Anchored | undefined {
  const name = isScalar(node) || isCollection(node) ? node.anchor : undefined;
  if (name === undefined) return undefined;
  const anchored: Anchored = { node: node as Node, size: Number.POSITIVE_INFINITY };
  walk.anchors.set(name, anchored);
  return anchored;
}

function measureItems(node: Node & { items: unknown[] }, depth: number, walk: Walk): number {
  if (depth >= MAX_DEPTH) {
    add(walk, node, {
      code: 'too-deep',
      message: `this is nested more than ${MAX_DEPTH} levels deep`,
      advice: 'write it flatter',
    });
    return 0;
  }
  let size = 0;
  for (const item of node.items) {
    if (!isPair(item)) size += measure(item, depth + 1, walk);
    else {
      checkKey(item.key, walk);
      size += measure(item.key, depth + 1, walk) + measure(item.value, depth + 1, walk);
    }
  }
  return size;
}

function checkKey(key: unknown, walk: Walk): void {
  const meant = isAlias(key) ? walk.anchors.get(key.source)?.node : key;
  if (isCollection(meant)) {
    add(walk, key, {
      code: 'bad-key',
      message: 'a key must be text, not a list or a mapping',
      advice: 'put text that begins with "{" or "[" in quotes',
    });
  } else if (isScalar(meant) && FORBIDDEN_KEYS.has(String(meant.value))) {
    add(walk, key, {
      code: 'forbidden-key',
      message: `the key "${String(meant.value)}" is not allowed`,
      advice: 'choose another name',
    });
  }
}

function measureAlias(alias: Alias, walk: Walk): number {
  const name = alias.source;
  const size = walk.anchors.get(name)?.size;
  if (size === undefined) {
    add(walk, alias, {
      code: 'unknown-alias',
      message: `nothing above is marked with the anchor "&${name}"`,
      advice: 'put text that begins with "*" in quotes',
    });
    return 1;
  }
  if (size === Number.POSITIVE_INFINITY) {
    add(walk, alias, {
      code: 'alias-bomb',
      message: `"*${name}" stands inside what it stands for`,
      advice: 'write the value out',
    });
    return 1;
  }
  const before = walk.expanded;
  walk.expanded += size;
  if (before <= MAX_NODES && walk.expanded > MAX_NODES) {
    add(walk, alias, {
      code: 'alias-bomb',
      message: 'the aliases of this file expand to too much data',
      advice: 'write the values out instead of nesting aliases',
    });
  }
  return size;
}

function add(walk: Walk, node: unknown, problem: Omit<YamlProblem, 'span'>): void {
  const range = (node as Node | null)?.range;
  walk.problems.push({ ...problem, span: { start: range?.[0] ?? 0, end: range?.[1] ?? 1 } });
}
