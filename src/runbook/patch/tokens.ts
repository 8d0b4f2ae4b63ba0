// Where the tokens of a parsed YAML text begin and end. Knows the token tree of `yaml`, not what it means.

import type { CST, YAMLMap, YAMLSeq } from 'yaml';

export type Item = CST.CollectionItem;
export type Prop = CST.SourceToken;
export type CollectionToken = CST.BlockMap | CST.BlockSequence | CST.FlowCollection;

/** Undefined for a lone pair in a list (`[a: 1]`), which is a mapping without tokens of its own. */
export function tokenOf(node: YAMLMap | YAMLSeq): CollectionToken | undefined {
  return node.srcToken as CollectionToken | undefined;
}

const trivia = new Set<string>(['space', 'newline', 'comment', 'comma']);

function lastContent(tokens: readonly CST.SourceToken[] | undefined): CST.SourceToken | undefined {
  return tokens?.findLast((token) => !trivia.has(token.type));
}

export function tokenEnd(token: CST.SourceToken): number {
  return token.offset + token.source.length;
}

/** An empty value has no token, or one without text. */
export function presentToken(token: CST.Token | null | undefined): CST.Token | undefined {
  return token && !('source' in token && token.source === '' && token.type === 'scalar') ? token : undefined;
}

export function isBlockCollection(token: CST.Token | undefined): token is CST.BlockMap | CST.BlockSequence {
  return token?.type === 'block-map' || token?.type === 'block-seq';
}

export function contentItems(token: CollectionToken): Item[] {
  return (token.items as Item[]).filter(hasContent);
}

function hasContent(item: Item): boolean {
  const tokens = [...item.start, ...(item.sep ?? [])];
  return tokens.some((token) => !trivia.has(token.type)) || presentToken(item.key ?? item.value) !== undefined;
}

/** Offset of the first token of a value, its anchor and tag not counted. */
export function startOf(token: CST.Token): number {
  const first = isBlockCollection(token) ? (token.items as Item[]).find(hasContent) : undefined;
  return (first && itemStart(first)) ?? token.offset;
}

/** Offset of the first token of an item: a dash, a question mark, a key with its anchor and tag. */
export function itemStart(item: Item): number | undefined {
  const first = item.start.find((token) => !trivia.has(token.type));
  if (first !== undefined) return first.offset;
  const key = presentToken(item.key);
  if (key !== undefined) return startOf(key);
  const separator = item.sep?.find((token) => !trivia.has(token.type));
  if (separator !== undefined) return separator.offset;
  const value = presentToken(item.value);
  return value && startOf(value);
}

/**
 * Offset behind the last character that means something; undefined where an item is nothing but comments and blanks.
 * Blank lines at the end of a block scalar count only where it keeps them (`|+`) and `keepBlank` asks for them.
 */
export function itemEnd(item: Item, keepBlank = false): number | undefined {
  const value = presentToken(item.value);
  if (value !== undefined) return contentEnd(value, keepBlank);
  const separator = lastContent(item.sep);
  if (separator !== undefined) return tokenEnd(separator);
  const key = presentToken(item.key);
  if (key !== undefined) return contentEnd(key, keepBlank);
  const start = lastContent(item.start);
  return start && tokenEnd(start);
}

/** As `itemEnd`, of a value. */
export function contentEnd(token: CST.Token, keepBlank = false): number {
  switch (token.type) {
    case 'block-map':
    case 'block-seq': {
      const last = (token.items as Item[]).findLast(hasContent);
      return (last && itemEnd(last, keepBlank)) ?? token.offset;
    }
    case 'flow-collection':
      return token.end[0] ? tokenEnd(token.end[0]) : token.offset;
    case 'block-scalar':
      return blockScalarEnd(token, keepBlank);
    default:
      return 'source' in token ? token.offset + token.source.length : token.offset;
  }
}

/** The scalar, alias or flow collection that stands last in an item. */
export function lastScalar(item: Item | undefined): CST.Token | undefined {
  const value = presentToken(item?.value);
  const last = isBlockCollection(value) ? (value.items as Item[]).findLast(hasContent) : undefined;
  return last === undefined ? value : lastScalar(last);
}

function blockScalarEnd(token: CST.BlockScalar, keepBlank: boolean): number {
  const { header, body } = blockScalarParts(token);
  // Blanks on a last line without a line break are not kept.
  if (keepBlank && header.includes('+')) return body + token.source.replace(/[ \t]+$/, '').length;
  const content = token.source.replace(/(?:\r?\n)+$/, '');
  return content === '' ? headerEnd(token) : body + content.length;
}

/** The header (`|2-`), and where the lines below it begin. */
export function blockScalarParts(token: CST.BlockScalar): { header: string; body: number } {
  const props = token.props as CST.SourceToken[];
  const body = props.reduce((end, prop) => Math.max(end, tokenEnd(prop)), token.offset);
  return { header: props[0]?.source ?? '', body };
}

/** Behind the header and its comment, before the line break. */
export function headerEnd(token: CST.BlockScalar): number {
  const props = (token.props as CST.SourceToken[]).filter((prop) => prop.type !== 'newline');
  return props.reduce((end, prop) => Math.max(end, tokenEnd(prop)), token.offset);
}

export function isFlowCollection(token: CST.Token | undefined): token is CST.FlowCollection {
  return token?.type === 'flow-collection';
}

/** Whether flow style here is written like JSON: the first key or text has double quotes. Undefined where there is none. */
export function isJsonLike(token: CST.FlowCollection): boolean | undefined {
  const first = contentItems(token)[0];
  if (first === undefined) return undefined;
  if (isFlowCollection(first.value) && !first.key) return isJsonLike(first.value);
  return (first.key ?? first.value)?.type === 'double-quoted-scalar';
}
