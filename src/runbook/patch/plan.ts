// One edit against one parsed text: the splices that bring it about, or the reason why not. Knows the rules of what may be
// touched; the layout of the text is the matter of replace, insert and remove.

import { type CST, isAlias, isMap, isScalar, isSeq, type Node, type YAMLMap, type YAMLSeq } from 'yaml';
import { formatPath, type YamlPath } from '../../base/yaml-path.ts';
import { childOf, fromPlain, sameData, stringKey } from './data.ts';
import { insertItem, insertPair } from './insert.ts';
import { lineEnd } from './lines.ts';
import { type Found, locate, type Refused, refused, type Slot, useElsewhere } from './locate.ts';
import { removeItem } from './remove.ts';
import { replaceValue } from './replace.ts';
import type { Source } from './source.ts';
import { contentEnd, contentItems, isFlowCollection, startOf, tokenOf } from './tokens.ts';
import { isFilled, isMapping, type PlainValue, type Splice, type YamlEdit } from './types.ts';

export type Plan =
  | { readonly kind: 'splices'; readonly splices: readonly Splice[] }
  /** The text says already what the edit asks for. */
  | { readonly kind: 'nothing' }
  /** Smaller edits that come to the same and touch less. */
  | { readonly kind: 'edits'; readonly edits: readonly YamlEdit[] }
  | Refused;

type EditOf<K extends YamlEdit['kind']> = Extract<YamlEdit, { kind: K }>;

export function plan(source: Source, edit: YamlEdit): Plan {
  if (edit.kind === 'set' && alreadySays(source, edit)) return { kind: 'nothing' };
  const found = locate(source, edit.path);
  if (!found.ok) return found.error;
  if (edit.kind === 'remove') return planRemove(source, edit, found.value);
  if (found.value.kind === 'missing') return planMissing(source, edit, found.value);
  const { slot, rest } = found.value;
  const reason = slotObstacle(source, slot, edit.path);
  if (reason !== undefined) return refused(edit.path, reason, slot.node);
  if (rest.length > 0) return planBelowNull(source, edit, slot, rest);
  return edit.kind === 'set' ? planSet(source, edit, slot) : planAppend(source, edit, slot);
}

function alreadySays(source: Source, { path, value }: EditOf<'set'>): boolean {
  const now = path.reduce(childOf, source.data as ReturnType<typeof childOf>);
  return now !== undefined && sameData(now, fromPlain(value));
}

function slotObstacle(source: Source, slot: Slot, path: YamlPath): string | undefined {
  if (slot.in === 'list' && isMap(slot.node) && slot.node.srcToken === undefined) {
    return `\`${formatPath(path)}\` is a pair without braces in a list, which cannot be replaced`;
  }
  return useElsewhere(source, slot.node, path);
}

function planMissing(source: Source, edit: EditOf<'set' | 'append'>, found: Extract<Found, { kind: 'missing' }>): Plan {
  const { parent, key, rest, merged, chain } = found;
  if (merged && (rest.length > 0 || edit.kind === 'append')) {
    return refused(
      edit.path,
      `\`${key}\` comes from a merge (<<): a change in it would change other places too`,
      parent,
    );
  }
  const value = nested(edit, rest);
  if (value === undefined) return refused(edit.path, 'a list that is missing cannot get an item by its number', parent);
  const splices = insertPair(source.text, parent, [key, value], chain);
  if (splices === undefined)
    return refused(edit.path, 'a pair without braces in a list cannot get a second key', parent);
  return { kind: 'splices', splices };
}

function planBelowNull(source: Source, edit: EditOf<'set' | 'append'>, slot: Slot, rest: YamlPath): Plan {
  const value = nested(edit, rest);
  if (value === undefined)
    return refused(edit.path, 'a list that is missing cannot get an item by its number', slot.node);
  return { kind: 'splices', splices: replaceValue(source.text, slot, value) };
}

/** The value with the missing mappings around it; undefined where one would have to be a list. */
function nested(edit: EditOf<'set' | 'append'>, rest: YamlPath): PlainValue | undefined {
  let value: PlainValue = edit.kind === 'append' ? [edit.value] : edit.value;
  for (const segment of rest.toReversed()) {
    if (typeof segment === 'number') return undefined;
    value = { [segment]: value };
  }
  return value;
}

function planSet(source: Source, edit: EditOf<'set'>, slot: Slot): Plan {
  const edits = pieces(source, edit, slot.node);
  if (edits !== undefined) return { kind: 'edits', edits };
  return { kind: 'splices', splices: replaceValue(source.text, slot, edit.value) };
}

/**
 * A mapping in the place of a mapping that shares a key with it is changed key by key, so that comments in it survive. Keys
 * stay in their order then; where the value has another one and there is no comment to lose, it is written anew.
 */
function pieces(source: Source, { path, value }: EditOf<'set'>, node: Node | null): YamlEdit[] | undefined {
  if (!isMap(node) || !isMapping(value) || source.mergesOf.has(node)) return undefined;
  const keys = [...(source.pairsOf.get(node)?.keys() ?? [])];
  if (!keys.every((key) => key.startsWith(stringKey('')))) return undefined;
  const old = keys.map((key) => key.slice(stringKey('').length));
  const kept = old.filter((key) => Object.hasOwn(value, key));
  if (kept.length === 0) return undefined;
  const names = Object.keys(value);
  const added = names.filter((key) => !old.includes(key));
  if (isPlainBlock(source.text, node) && !sameData([...kept, ...added], names)) return undefined;
  const set = (key: string): YamlEdit => ({ kind: 'set', path: [...path, key], value: value[key] as PlainValue });
  const remove = (key: string): YamlEdit => ({ kind: 'remove', path: [...path, key] });
  return [...kept.map(set), ...old.filter((key) => !Object.hasOwn(value, key)).map(remove), ...added.map(set)];
}

/** In block style, with nothing in it that may be a comment, an anchor, an alias or a tag. */
function isPlainBlock(text: string, map: YAMLMap): boolean {
  const token = tokenOf(map);
  return token?.type === 'block-map' && !/[#&*!]/.test(text.slice(startOf(token), lineEnd(text, contentEnd(token))));
}

function planAppend(source: Source, edit: EditOf<'append'>, slot: Slot): Plan {
  const { node } = slot;
  const name = `\`${formatPath(edit.path)}\``;
  if (node === null || (isScalar(node) && node.value === null)) {
    return { kind: 'splices', splices: replaceValue(source.text, slot, [edit.value]) };
  }
  if (isAlias(node))
    return refused(
      edit.path,
      `${name} is the alias *${node.source}: a change in it would change other places too`,
      node,
    );
  if (!isSeq(node)) return refused(edit.path, `${name} is not a list`, node);
  if (node.tag !== undefined && node.tag !== 'tag:yaml.org,2002:seq')
    return refused(edit.path, `${name} has the tag ${node.tag}`, node);
  const empty =
    isFlowCollection(slot.token) && contentItems(slot.token).length === 0 && !holdsComment(source.text, slot.token);
  // `[]` is how block style says "none yet": a record in it begins a list in block style.
  const record = isFilled(edit.value) || (typeof edit.value === 'string' && edit.value.includes('\n'));
  if (empty && record && !slot.flow) return { kind: 'splices', splices: replaceValue(source.text, slot, [edit.value]) };
  const splices = insertItem(source.text, node, edit.value, slot.chain);
  return splices === undefined ? refused(edit.path, `${name} cannot be edited`, node) : { kind: 'splices', splices };
}

function holdsComment(text: string, token: CST.FlowCollection): boolean {
  return text.slice(token.offset, contentEnd(token)).includes('#');
}

function planRemove(source: Source, edit: EditOf<'remove'>, found: Found): Plan {
  const merged = found.kind === 'missing' ? found.merged : bringsBack(source, found.slot, edit.path);
  if (merged) {
    const where = found.kind === 'missing' ? found.parent : found.slot.node;
    return refused(edit.path, `\`${formatPath(edit.path)}\` comes from a merge (<<) and cannot be removed here`, where);
  }
  if (found.kind === 'missing' || found.rest.length > 0) return { kind: 'nothing' };
  const { slot } = found;
  const reason = useElsewhere(source, slot.node, edit.path) ?? useElsewhere(source, keyOf(slot), edit.path);
  if (reason !== undefined) return refused(edit.path, reason, slot.node);
  const parent = slot.chain.at(-1) as YAMLMap | YAMLSeq;
  const token = tokenOf(parent);
  if (token === undefined) return refused(edit.path, 'a pair without braces in a list cannot be removed', parent);
  if (isFlowCollection(token) || parent.items.length > 1)
    return { kind: 'splices', splices: removeItem(source.text, token, slot.item) };
  return emptied(source, edit.path.slice(0, -1), parent);
}

/** Null for an item of a list. */
function keyOf({ chain, item }: Slot): Node | null {
  const parent = chain.at(-1);
  return isMap(parent)
    ? ((parent.items.find(({ srcToken }) => srcToken === item)?.key as Node | undefined) ?? null)
    : null;
}

function bringsBack(source: Source, slot: Slot, path: YamlPath): boolean {
  const merges = source.mergesOf.get(slot.chain.at(-1) as YAMLMap) ?? [];
  return merges.some((merge) => merge.has(stringKey(String(path.at(-1)))));
}

/** A mapping or list in block style whose only member goes becomes `{}` or `[]`. */
function emptied(source: Source, path: YamlPath, parent: YAMLMap | YAMLSeq): Plan {
  const token = tokenOf(parent);
  if (path.length === 0 && token !== undefined) {
    return { kind: 'splices', splices: [{ start: startOf(token), end: contentEnd(token), text: '{}' }] };
  }
  const found = locate(source, path);
  if (!found.ok) return found.error;
  if (found.value.kind === 'missing') return { kind: 'nothing' };
  return { kind: 'splices', splices: replaceValue(source.text, found.value.slot, isSeq(parent) ? [] : {}) };
}
