// What edits make of data, without any text. Pure.

import type { YamlPath } from '../../base/yaml-path.ts';
import type { PlainValue, YamlEdit } from './types.ts';

/** Lists that were copied before, and that nobody else holds: a list of thousands is not copied again for each edit in it. */
export type Copies = WeakSet<readonly PlainValue[]>;

/**
 * A copy in which only the ways to what is edited are new, but for lists of `copies`, which are changed themselves. The data must be
 * plain: no dates, no aliases that are shared on purpose.
 */
export function afterEdits(
  data: PlainValue,
  edits: readonly YamlEdit[],
  copies: Copies = new WeakSet<readonly PlainValue[]>(),
): PlainValue {
  return edits.reduce(
    (now, edit) =>
      changed(now, edit.path, {
        copies,
        change(former) {
          if (edit.kind === 'set') return edit.value;
          if (edit.kind === 'remove') return undefined;
          return [...(Array.isArray(former) ? (former as PlainValue[]) : []), edit.value];
        },
      }),
    data,
  );
}

type Change = {
  readonly copies: Copies;
  /** Answers undefined for what is to go. */
  readonly change: (former: PlainValue | undefined) => PlainValue | undefined;
};

function changed(data: PlainValue | undefined, path: YamlPath, how: Change): PlainValue {
  const [segment, ...rest] = path;
  if (segment === undefined) return how.change(data) ?? null;
  const inner = (data as Record<string | number, PlainValue> | null | undefined)?.[segment];
  const value = rest.length > 0 ? changed(inner, rest, how) : how.change(inner);
  if (Array.isArray(data)) {
    const items = how.copies.has(data) ? (data as PlainValue[]) : [...(data as PlainValue[])];
    how.copies.add(items);
    if (value === undefined) items.splice(Number(segment), 1);
    else items[Number(segment)] = value;
    return items;
  }
  const { [segment]: _former, ...others } = (data ?? {}) as Record<string | number, PlainValue>;
  return value === undefined ? others : { ...(data as Record<string, PlainValue> | null), [segment]: value };
}
