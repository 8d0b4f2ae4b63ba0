// A mapping of single values behind the last line of a YAML text of the plain kind, such as `last_run:` behind a task that has run for
// the first time. Says what it would be; whoever asks proves it by reading the result.

import { pairLines } from './render.ts';
import { isMapping, type PlainValue, type Splice, type YamlEdit } from './types.ts';

/** Ends in a line of content: no blank, no comment, nothing that a new line could become a part of. */
const ENDS_PLAIN = /^[A-Za-z_ ][^#|>\r]*\n$/m;

/** Undefined where it goes elsewhere, or where only a full parse tells how the file is laid out. */
export function tailSplice(text: string, data: PlainValue, edit: YamlEdit): Splice | undefined {
  const [key, ...deeper] = edit.path;
  if (edit.kind !== 'set' || typeof key !== 'string' || deeper.length > 0) return undefined;
  if (!isMapping(data) || key in data || !isMapping(edit.value) || !Object.values(edit.value).every(isSingle))
    return undefined;
  const last = text.slice(text.lastIndexOf('\n', text.length - 2) + 1);
  if (!ENDS_PLAIN.test(last) || /^ *- /m.test(text) || text.includes('\r')) return undefined;
  const indents = { map: indentOf(text), list: 0, dash: 2, hanging: false };
  const lines = pairLines(key, edit.value, 0, { indents, literals: 'none' });
  return { start: text.length, end: text.length, text: `${lines.join('\n')}\n` };
}

function isSingle(value: PlainValue): boolean {
  return typeof value !== 'object' || value === null;
}

/** Of the mappings that are there already. */
function indentOf(text: string): number {
  return /:\n( +)[\w.-]+:(?: |\n)/.exec(text)?.[1]?.length ?? 2;
}
