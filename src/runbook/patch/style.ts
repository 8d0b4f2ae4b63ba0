// The indentation that a file already has, nearest to a place. Knows nothing of what is to be written there.

import { isMap, isPair, isSeq, type Node, type YAMLMap, type YAMLSeq } from 'yaml';
import { column, startsLine, wouldAbsorb } from './lines.ts';
import { contentItems, isBlockCollection, startOf } from './tokens.ts';

export type Indents = {
  /** Columns from a key to the keys of the mapping below it. */
  readonly map: number;
  /** Columns from a key to the dashes of the list below it; 0 in the style that does not indent lists. */
  readonly list: number;
  /** Columns from a dash to what it holds. */
  readonly dash: number;
  /** A mapping in a list begins on the line below its dash. */
  readonly hanging: boolean;
};

export type BlockStyle = {
  readonly indents: Indents;
  /**
   * Which texts may become literal blocks. `strip`: only those that do not end in a line break, because the end of the
   * file would have to supply it. `none`: what follows in the file would be swallowed.
   */
  readonly literals: 'all' | 'strip' | 'none';
};

/** Right before the line at the offset, in something at the column; `chain` as for `indentsNear`. */
export function styleAt(
  text: string,
  place: { readonly line: number; readonly column: number; readonly chain: readonly Node[] },
): BlockStyle {
  const { line, column, chain } = place;
  const atOpenEnd = line >= text.length && !text.endsWith('\n');
  const literals = wouldAbsorb(text, line, column) ? 'none' : atOpenEnd ? 'strip' : 'all';
  return { indents: indentsNear(text, chain), literals };
}

type Found = { map?: number; list?: number; dash?: number; hanging?: boolean };

/** `chain` is the way from the root to the place; what is found in its later members counts first. */
function indentsNear(text: string, chain: readonly Node[]): Indents {
  const found: Found = {};
  for (const node of chain.toReversed()) {
    search(text, node, found);
  }
  const map = found.map ?? (found.list || 2);
  return { map, list: found.list ?? map, dash: found.dash ?? 2, hanging: found.hanging ?? false };
}

function search(text: string, node: unknown, found: Found): void {
  if (found.map !== undefined && found.list !== undefined && found.dash !== undefined) return;
  if (isMap(node)) searchMapping(text, node, found);
  else if (isSeq(node)) searchList(text, node, found);
}

function searchMapping(text: string, node: YAMLMap, found: Found): void {
  const own = node.srcToken;
  const at = own?.type === 'block-map' ? column(text, startOf(own)) : undefined;
  for (const { value } of node.items) {
    const token = (value as Node | null)?.srcToken;
    if (at !== undefined && isBlockCollection(token) && startsLine(text, startOf(token))) {
      const step = column(text, startOf(token)) - at;
      if (token.type === 'block-map') found.map ??= step;
      else found.list ??= step;
    }
    search(text, value, found);
  }
}

function searchList(text: string, node: YAMLSeq, found: Found): void {
  const own = node.srcToken;
  // The last one first: a list grows at its end, so that is the style in use.
  for (const item of own?.type === 'block-seq' ? contentItems(own).toReversed() : []) {
    if (item.value?.type !== 'block-map' || found.dash !== undefined) continue;
    found.hanging = startsLine(text, startOf(item.value));
    found.dash = column(text, startOf(item.value)) - column(text, startOf(own as NonNullable<typeof own>));
  }
  for (const item of node.items) if (!isPair(item)) search(text, item, found);
}
