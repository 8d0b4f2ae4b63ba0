// The edits that take other edits back, for tests of what an undo relies on. Knows the data that a file held, not how it was written.

import type { YamlPath } from '../../../src/base/yaml-path.ts';
import {
  applied,
  childOf,
  type Data,
  fromPlain,
  isDataList,
  isDataMap,
  sameData,
  stringKey,
} from '../../../src/runbook/patch/data.ts';
import type { PlainValue, YamlEdit } from '../../../src/runbook/patch/types.ts';

/**
 * The edits that lead from what `edits` make of the data back to the data, in the order in which to apply them. What did not
 * exist goes as a whole: the `issues` that an append began, the `last_run` that a `set` of `last_run.outcome` began.
 * The data comes back, and in the common styles every byte; not what the former values alone do not tell: the spelling of a
 * null, quotes and lines of a text that became something else, the place and the comments of a key or item that was removed.
 */
export function inverseEdits(data: PlainValue, edits: readonly YamlEdit[]): YamlEdit[] {
  const inverses: YamlEdit[] = [];
  let now = fromPlain(data);
  for (const edit of edits) {
    const inverse = inverseOf(now, edit);
    if (inverse !== undefined) inverses.unshift(inverse);
    now = applied(now, edit);
  }
  return inverses;
}

/** Undefined where the edit changes nothing. */
function inverseOf(data: Data, edit: YamlEdit): YamlEdit | undefined {
  const { path } = edit;
  const former = formerAt(data, path);
  if (edit.kind === 'remove') return former.path.length < path.length ? undefined : broughtBack(data, path);
  if (former.value === undefined) return { kind: 'remove', path: former.path };
  if (edit.kind === 'append' && isDataList(former.value))
    return { kind: 'remove', path: [...path, former.value.length] };
  if (edit.kind === 'set' && sameData(former.value, fromPlain(edit.value))) return undefined;
  return { kind: 'set', path: former.path, value: toPlain(former.value) };
}

/**
 * What stands at the path; where the way ends before it, the part of the path up to the end: a key that is not there
 * (undefined), or a null that gives way to a mapping.
 */
function formerAt(data: Data, path: YamlPath): { readonly path: YamlPath; readonly value: Data } {
  let value = data;
  for (const [depth, segment] of path.entries()) {
    if (!isDataMap(value) && !isDataList(value)) return { path: path.slice(0, depth), value };
    value = childOf(value, segment);
    if (value === undefined) return { path: path.slice(0, depth + 1), value };
  }
  return { path, value };
}

/** Puts back what a removal takes. An item comes back at the end of its list; where it was not the last, with the whole list. */
function broughtBack(data: Data, path: YamlPath): YamlEdit | undefined {
  const former = formerAt(data, path).value;
  if (former === undefined) return undefined;
  const above = path.slice(0, -1);
  const parent = formerAt(data, above).value;
  if (!isDataList(parent)) return { kind: 'set', path, value: toPlain(former) };
  if (path.at(-1) === parent.length - 1) return { kind: 'append', path: above, value: toPlain(former) };
  return { kind: 'set', path: above, value: toPlain(parent) };
}

/** The opposite of `fromPlain`, for what came from it: keys that are no strings, dates and bytes are not plain. */
function toPlain(data: Data): PlainValue {
  if (isDataList(data)) return data.map(toPlain);
  if (!isDataMap(data)) return data as Exclude<PlainValue, object>;
  return Object.fromEntries([...data].map(([key, item]) => [key.slice(stringKey('').length), toPlain(item)]));
}
