// What edits make of data, without any text. Pure.

import type { YamlPath } from '../../base/yaml-path.ts';
import type { PlainValue, YamlEdit } from './types.ts';

/** A copy in which only the ways to what is edited are new. The data must be plain: no dates, no aliases that are shared on purpose. */
export function afterEdits(data: PlainValue, edits: readonly YamlEdit[]): PlainValue {
  return edits.reduce(
    (now, edit) =>
      changed(now, edit.path, (former) => {
        if (edit.kind === 'set') return edit.value;
        if (edit.kind === 'remove') return undefined;
        return [...(Array.isArray(former) ? (former as PlainValue[]) : []), edit.value];
      }),
    data,
  );
}

type Change = (former: PlainValue | undefined) => PlainValue | undefined;

/** `change` answers undefined for what is to go. */
function changed(data: PlainValue | undefined, path: YamlPath, change: Change): PlainValue {
  const [segment, ...rest] = path;
  if (segment === undefined) return change(data) ?? null;
  const inner = (data as Record<string | number, PlainValue> | null | undefined)?.[segment];
  const value = rest.length > 0 ? changed(inner, rest, change) : change(inner);
  if (Array.isArray(data)) {
    const items = data as PlainValue[];
    return value === undefined ? items.toSpliced(Number(segment), 1) : items.with(Number(segment), value);
  }
  const { [segment]: _former, ...others } = (data ?? {}) as Record<string | number, PlainValue>;
  return value === undefined ? others : { ...(data as Record<string, PlainValue> | null), [segment]: value };
}
