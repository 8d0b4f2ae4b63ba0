// From a path to the place in the text where its value stands or would stand. Knows which places may not be touched
// because an alias or a merge reads them too; does not know what is to be written.

import {
  type CST,
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  visit,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml';
import { lineColumn } from '../../base/diagnostic.ts';
import { err, ok, type Result } from '../../base/result.ts';
import { formatPath, type YamlPath } from '../../base/yaml-path.ts';
import { matchingKeys } from './data.ts';
import { column } from './lines.ts';
import { nodeSpan, type Source } from './source.ts';
import {
  contentEnd,
  contentItems,
  type Item,
  itemStart,
  type Prop,
  presentToken,
  startOf,
  tokenEnd,
  tokenOf,
} from './tokens.ts';
import type { PatchRefusal } from './types.ts';

export type Refused = Extract<PatchRefusal, { kind: 'refused' }>;

/** The place of a value that is there, if only as nothing behind a colon. */
export type Slot = {
  readonly in: 'mapping' | 'list';
  /** Null for an absent value. */
  readonly node: Node | null;
  /** Undefined where nothing is written. Anchor and tag are not part of it. */
  readonly token: CST.Token | undefined;
  readonly props: readonly Prop[];
  /** Offset behind the colon or dash; behind the key, where there is no colon. */
  readonly open: number;
  readonly hasColon: boolean;
  /** Column of the key or dash. */
  readonly at: number;
  /** Inside `[…]` or `{…}`. */
  readonly flow: boolean;
  /** The whole pair or list item. */
  readonly item: Item;
  /** From the root to the mapping or list that the value is in. */
  readonly chain: readonly Node[];
};

export type Found =
  /** `rest` is not empty where the way ends at a null, in whose place a mapping would have to stand. */
  | { readonly kind: 'slot'; readonly slot: Slot; readonly rest: YamlPath }
  | {
      readonly kind: 'missing';
      readonly parent: YAMLMap;
      readonly key: string;
      readonly rest: YamlPath;
      /** The key is not written here, a merge brings it. */
      readonly merged: boolean;
      /** From the root to the parent. */
      readonly chain: readonly Node[];
    };

export function refused(path: YamlPath, reason: string, node?: Node | null): Refused {
  const span = node ? nodeSpan(node) : undefined;
  return span === undefined ? { kind: 'refused', path, reason } : { kind: 'refused', path, reason, span };
}

const unorderedTags = new Set(['tag:yaml.org,2002:set', 'tag:yaml.org,2002:omap', 'tag:yaml.org,2002:pairs']);

export function locate(source: Source, path: YamlPath): Result<Found, Refused> {
  const chain: Node[] = [];
  let node: Node | null = source.root;
  for (const [depth, segment] of path.entries()) {
    const obstacle = containerObstacle(source, node, path.slice(0, depth));
    if (obstacle !== undefined) return err(refused(path, obstacle, node));
    chain.push(node as Node);
    const found: Found | string = isSeq(node)
      ? inList(source, node, segment, chain)
      : inMapping(source, node as YAMLMap, path.slice(depth), chain);
    if (typeof found === 'string') return err(refused(path, found, node));
    if (found.kind === 'missing') return ok(found);
    node = found.slot.node;
    const rest = path.slice(depth + 1);
    if (rest.length === 0 || isNull(node)) return ok({ kind: 'slot', slot: found.slot, rest });
  }
  return err(refused(path, 'the path is empty'));
}

function isNull(node: Node | null): boolean {
  return node === null || (isScalar(node) && (node.value === null || node.value === undefined));
}

function containerObstacle(source: Source, node: Node | null, path: YamlPath): string | undefined {
  const name = path.length === 0 ? 'the file' : `\`${formatPath(path)}\``;
  if (isAlias(node)) return `${name} is the alias *${node.source}: a change in it would change other places too`;
  if (!isMap(node) && !isSeq(node)) return `${name} is neither a mapping nor a list`;
  if (node.tag !== undefined && unorderedTags.has(node.tag)) return `${name} has the tag ${node.tag}`;
  return sharedReason(source, node, name);
}

function sharedReason(source: Source, node: Node, name: string): string | undefined {
  const user = source.usersOf.get(node)?.[0];
  if (user === undefined) return undefined;
  const { line } = lineColumn(source.text, user.range?.[0] ?? 0);
  return `${name} has the anchor &${user.source}, which line ${line} uses: a change here would change that place too`;
}

/** Why the value may not be replaced or removed: it, or something in it, is what an alias elsewhere stands for. */
export function useElsewhere(source: Source, node: Node | null, path: YamlPath): string | undefined {
  if (node === null || source.usersOf.size === 0) return undefined;
  const inside = new Set<unknown>();
  visit(node, (_key, part) => void inside.add(part));
  for (const [anchored, users] of source.usersOf) {
    if (inside.has(anchored) && users.some((user) => !inside.has(user))) {
      const outside = users.find((user) => !inside.has(user)) as Node;
      const { line } = lineColumn(source.text, outside.range?.[0] ?? 0);
      return `\`${formatPath(path)}\` has the anchor &${anchored.anchor}, which line ${line} uses: a change here would change that place too`;
    }
  }
  return undefined;
}

function inMapping(source: Source, map: YAMLMap, path: YamlPath, chain: readonly Node[]): Found | string {
  const [segment = '', ...rest] = path;
  const pairs = source.pairsOf.get(map) ?? new Map<string, Pair>();
  const keys = matchingKeys(pairs, segment);
  if (keys.length > 1) return `the mapping has more than one key that reads ${segment}`;
  const pair = pairs.get(keys[0] ?? '');
  if (pair !== undefined) return { kind: 'slot', slot: pairSlot(source, pair, chain), rest };
  if (typeof segment === 'number') return `there is no item ${segment}: this is a mapping`;
  const merged = (source.mergesOf.get(map) ?? []).some((merge) => matchingKeys(merge, segment).length > 0);
  return { kind: 'missing', parent: map, key: segment, rest, merged, chain: [...chain] };
}

function pairSlot(source: Source, pair: Pair, chain: readonly Node[]): Slot {
  const item = pair.srcToken as Item;
  const colon = item.sep?.find((token) => token.type === 'map-value-ind');
  const key = presentToken(item.key);
  const keyEnd = key === undefined ? (item.start.at(-1)?.offset ?? 0) + 1 : contentEnd(key);
  const parent = tokenOf(chain.at(-1) as YAMLMap);
  return {
    in: 'mapping',
    node: (pair.value as Node | null) ?? null,
    token: presentToken(item.value),
    props: (item.sep ?? []).filter((token) => isProp(token) && token.offset > (colon?.offset ?? 0)),
    open: colon === undefined ? keyEnd : tokenEnd(colon),
    hasColon: colon !== undefined,
    at: parent === undefined ? 0 : column(source.text, startOf(parent)),
    // A lone pair in a list (`[a: 1]`) is a mapping without tokens of its own.
    flow: parent === undefined || parent.type === 'flow-collection',
    item,
    chain: [...chain],
  };
}

function inList(source: Source, list: YAMLSeq, segment: string | number, chain: readonly Node[]): Found | string {
  const token = tokenOf(list);
  const item = token && typeof segment === 'number' ? contentItems(token)[segment] : undefined;
  if (token === undefined || item === undefined) return `there is no item ${segment} in this list`;
  const node = list.items[segment as number];
  if (isPair(node)) return 'a pair without braces in a list cannot be edited';
  const dash = item.start.find((part) => part.type === 'seq-item-ind');
  const start = itemStart(item) ?? token.offset;
  const slot: Slot = {
    in: 'list',
    node: node as Node,
    token: presentToken(item.value),
    props: item.start.filter(isProp),
    open: dash === undefined ? start : tokenEnd(dash),
    hasColon: true,
    at: column(source.text, startOf(token)),
    flow: token.type === 'flow-collection',
    item,
    chain: [...chain],
  };
  return { kind: 'slot', slot, rest: [] };
}

function isProp(token: Prop): boolean {
  return token.type === 'anchor' || token.type === 'tag';
}
