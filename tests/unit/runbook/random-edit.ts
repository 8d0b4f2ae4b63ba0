// An edit that makes sense for some data, by chance. Knows nothing of YAML.

import type { PlainValue, YamlEdit } from '../../../src/runbook/patch.ts';
import type { Json } from './patch-rig.ts';
import { type Pick, strange, words } from './yaml-writer.ts';

const newKeys = ['allow_skipped', 'resolution', 'y', 'new key', '#', '新'];

function freeKeys(node: Json): string[] {
  const free = newKeys.filter((key) => !Object.hasOwn(node as object, key));
  return free.length > 0 ? free : [`key ${Object.keys(node as object).length}`];
}

export function randomEdit(pick: Pick, data: Json): YamlEdit {
  const one = <T>(items: readonly T[]): T => items[pick(items.length)] as T;
  const path: (string | number)[] = [];
  let node: Json = data;
  for (;;) {
    const list = Array.isArray(node);
    if (list && pick(2) === 0 && path.length > 0) return { kind: 'append', path, value: randomValue(pick) };
    const keys = list ? [...(node as Json[]).keys()] : Object.keys(node as object);
    if (!list && (pick(5) === 0 || keys.length === 0)) return atMissing(pick, [...path, one(freeKeys(node))]);
    if (keys.length === 0) return { kind: 'append', path, value: randomValue(pick) };
    const key = one<string | number>(keys);
    path.push(key);
    node = (node as { [key: string]: Json })[key] as Json;
    const leaf = typeof node !== 'object' || node === null;
    if (leaf || pick(3) === 0) return list ? atItem(pick, path) : atPresent(pick, path, node);
  }
}

function atItem(pick: Pick, path: YamlEdit['path']): YamlEdit {
  return pick(3) === 0 ? { kind: 'remove', path } : { kind: 'set', path, value: randomValue(pick) };
}

function atPresent(pick: Pick, path: YamlEdit['path'], node: Json): YamlEdit {
  if (pick(5) === 0) return { kind: 'remove', path };
  if (node === null && pick(3) === 0) return { kind: 'append', path, value: randomValue(pick) };
  if (node === null && pick(3) === 0) return { kind: 'set', path: [...path, 'below'], value: randomValue(pick) };
  const similar = typeof node === 'object' && !Array.isArray(node) && node !== null && pick(2) === 0;
  if (!similar) return { kind: 'set', path, value: randomValue(pick) };
  const kept = Object.entries(node as object).filter(() => pick(2) === 0);
  return { kind: 'set', path, value: { ...Object.fromEntries(kept), ...recordOf(pick) } as PlainValue };
}

function atMissing(pick: Pick, path: YamlEdit['path']): YamlEdit {
  const kind = pick(6);
  if (kind === 0) return { kind: 'remove', path };
  if (kind === 1) return { kind: 'append', path, value: randomValue(pick) };
  return { kind: 'set', path: kind === 2 ? [...path, 'deep', 'deeper'] : path, value: randomValue(pick) };
}

function scalar(pick: Pick): PlainValue {
  const values: readonly PlainValue[] = [...words, ...strange, null, true, 3, 0.5, 1e21, -7];
  return values[pick(values.length)] as PlainValue;
}

function recordOf(pick: Pick): { [key: string]: PlainValue } {
  const names = ['id', 'status', 'detail', 'resolution', 'y', 'x: y'].filter(() => pick(2) === 0);
  return Object.fromEntries(names.map((name) => [name, scalar(pick)]));
}

function randomValue(pick: Pick): PlainValue {
  switch (pick(6)) {
    case 0:
      return recordOf(pick);
    case 1:
      return Array.from({ length: pick(3) }, () => scalar(pick));
    case 2:
      return { list: [recordOf(pick), [scalar(pick)]], map: recordOf(pick), text: 'one\ntwo\n' };
    default:
      return scalar(pick);
  }
}
