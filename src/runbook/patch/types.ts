// The vocabulary of a byte-preserving edit of a YAML text. Knows neither YAML's grammar nor files.

import type { Span } from '../../base/diagnostic.ts';
import type { YamlPath } from '../../base/yaml-path.ts';

/** Data as a program writes it: what JSON can carry, and NaN and the infinities. */
export type PlainValue =
  | string
  | number
  | boolean
  | null
  | readonly PlainValue[]
  | { readonly [key: string]: PlainValue };

export type YamlEdit =
  /** Replaces the value; adds the key at the end of its mapping where it is missing, with any missing parents. */
  | { readonly kind: 'set'; readonly path: YamlPath; readonly value: PlainValue }
  /** Adds one item to a list; creates the list where it is missing or null. */
  | { readonly kind: 'append'; readonly path: YamlPath; readonly value: PlainValue }
  /**
   * Removes a key of a mapping or an item of a list with its lines. Nothing happens where a key is absent; an item that is
   * not there is refused, because another one may be meant. What loses its last one becomes `{}` or `[]`.
   */
  | { readonly kind: 'remove'; readonly path: YamlPath };

export type PatchRefusal =
  /** The text is fine, the edit is not possible without touching something else. */
  | { readonly kind: 'refused'; readonly path: YamlPath; readonly reason: string; readonly span?: Span }
  /** The text cannot be edited at all: it does not parse, or is not one mapping. */
  | { readonly kind: 'invalid'; readonly message: string; readonly span?: Span };

/** Replace `[start, end)` of the text; offsets are UTF-16 code units. */
export type Splice = { readonly start: number; readonly end: number; readonly text: string };

export function isList(value: PlainValue): value is readonly PlainValue[] {
  return Array.isArray(value);
}

export function isMapping(value: PlainValue): value is { readonly [key: string]: PlainValue } {
  return typeof value === 'object' && value !== null && !isList(value);
}

/** A list or mapping that has something in it, which block style writes on lines of its own. */
export function isFilled(value: PlainValue): value is readonly PlainValue[] | { readonly [key: string]: PlainValue } {
  return typeof value === 'object' && value !== null && Object.keys(value).length > 0;
}
