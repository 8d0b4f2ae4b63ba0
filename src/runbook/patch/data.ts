// What a YAML text says, as values that can be compared, and what an edit should make of them. Knows nothing of text.

import type { YamlPath } from '../../base/yaml-path.ts';
import { isList, isMapping, type PlainValue, type YamlEdit } from './types.ts';

/**
 * Mappings are keyed by the type and text of the key, so that `1` and `"1"` differ. Aliases share the object that they
 * stand for, so that the whole stays as small as the text even where it would be huge when written out.
 */
export type Data = string | number | boolean | null | undefined | Date | Uint8Array | readonly Data[] | DataMap;
export type DataMap = ReadonlyMap<string, Data>;

/** The map key of a plain string key. */
export function stringKey(key: string): string {
  return `string:${key}`;
}

export function isDataMap(data: Data): data is DataMap {
  return data instanceof Map;
}

export function isDataList(data: Data): data is readonly Data[] {
  return Array.isArray(data);
}

export function fromPlain(value: PlainValue): Data {
  if (isList(value)) return value.map(fromPlain);
  if (!isMapping(value)) return value;
  return new Map(Object.entries(value).map(([key, item]) => [stringKey(key), fromPlain(item)]));
}

/** The keys of a mapping that a path segment means: the string itself, or a number, boolean or null that reads so. */
export function matchingKeys(map: ReadonlyMap<string, unknown>, segment: string | number): string[] {
  const text = String(segment);
  const candidates = [`string:${text}`, `number:${text}`, `boolean:${text}`];
  if (text === '') candidates.push('null:');
  return candidates.filter((key) => map.has(key));
}

export function childOf(data: Data, segment: string | number): Data {
  if (isDataList(data)) return typeof segment === 'number' ? data[segment] : undefined;
  if (!isDataMap(data)) return undefined;
  const key = matchingKeys(data, segment)[0];
  return key === undefined ? undefined : data.get(key);
}

/** What the data should be after the edit; containers off the path are shared, those on it are copied. */
export function applied(data: Data, edit: YamlEdit): Data {
  return appliedAt(data, edit, edit.path);
}

function appliedAt(data: Data, edit: YamlEdit, path: YamlPath): Data {
  const [segment, ...rest] = path;
  if (segment === undefined) return leafAfter(data, edit);
  if (isDataList(data)) {
    if (edit.kind === 'remove' && rest.length === 0) return data.filter((_item, index) => index !== segment);
    return data.map((item, index) => (index === segment ? appliedAt(item, edit, rest) : item));
  }
  const copy = new Map(isDataMap(data) ? data : []);
  const key = matchingKeys(copy, segment)[0];
  if (edit.kind === 'remove' && (key === undefined || rest.length === 0)) {
    if (key !== undefined) copy.delete(key);
    return copy;
  }
  copy.set(key ?? stringKey(String(segment)), appliedAt(key === undefined ? undefined : copy.get(key), edit, rest));
  return copy;
}

function leafAfter(data: Data, edit: YamlEdit): Data {
  if (edit.kind === 'append') return [...(isDataList(data) ? data : []), fromPlain(edit.value)];
  return edit.kind === 'set' ? fromPlain(edit.value) : data;
}

/** Deep equality; a pair of containers is looked at once, so that shared parts cost nothing. Key order is not compared. */
export function sameData(left: Data, right: Data, seen: Map<Data, Set<Data>> = new Map()): boolean {
  if (left === right || Object.is(left, right)) return true;
  if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null) return false;
  const known = seen.get(left) ?? new Set();
  if (known.has(right)) return true;
  seen.set(left, known.add(right));
  if (isDataList(left)) {
    return (
      isDataList(right) &&
      left.length === right.length &&
      left.every((item, index) => sameData(item, right[index], seen))
    );
  }
  if (isDataMap(left)) {
    if (!isDataMap(right) || left.size !== right.size) return false;
    return [...left].every(([key, item]) => right.has(key) && sameData(item, right.get(key), seen));
  }
  if (left instanceof Date) return right instanceof Date && left.getTime() === right.getTime();
  return right instanceof Uint8Array && left instanceof Uint8Array && Buffer.compare(left, right) === 0;
}
