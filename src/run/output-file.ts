// What a script wrote to $ORCHESTRATE_OUTPUT: `key=value` lines, and the form for values of several lines. Pure.

import { err, ok, type Result } from '../base/result.ts';
import { foldedName } from './outputs.ts';

/** Of one task, in characters: what goes on into a file that people read. Larger results are artifacts. */
const MOST_CHARACTERS = 32_768;
/** Of a file in bytes: more of them cannot be that few characters. */
export const MOST_BYTES = 4 * MOST_CHARACTERS;
/** As the end of a sentence, as those of `parseOutputs`. */
export const TOO_LARGE = `holds more than ${MOST_CHARACTERS / 1024} KiB: write large results to a file of your own`;
const MOST_KEYS = 100;
const KEY = /^[A-Za-z][A-Za-z0-9_-]{0,99}$/;
/** Keys that no YAML file of ours may hold (design.md §9). */
const REFUSED = ['constructor', 'prototype'];

export type Outputs = Readonly<Record<string, string>>;

/** The values by key, or what is wrong with the text, as the end of a sentence. A key that is written twice has its last value. */
export function parseOutputs(text: string): Result<Outputs, string> {
  if (text.length > MOST_CHARACTERS) return err(TOO_LARGE);
  if (text.includes('\0')) return err('holds a NUL character, which no variable can hold');
  const lines = text.replace(/^\ufeff/, '').split(/\r?\n/);
  const values = new Map<string, string>();
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at] ?? '';
    if (line.trim() === '') continue;
    const pair = pairOf(line, lines.slice(at + 1));
    if (typeof pair === 'string') return err(`has ${pair} in line ${at + 1}`);
    const problem = keyProblem(pair.key, values);
    if (problem !== undefined) return err(`has ${problem} in line ${at + 1}`);
    values.set(pair.key, pair.value);
    at += pair.taken;
  }
  return ok(Object.fromEntries(values));
}

type Pair = { readonly key: string; readonly value: string /** Further lines. */; readonly taken: number };

/** Whichever of `=` and `<<` comes first says which form it is, as GitHub reads it. */
function pairOf(line: string, following: readonly string[]): Pair | string {
  const [, key = '', operator, rest = ''] = /^(.*?)(=|<<)(.*)$/s.exec(line) ?? [];
  if (operator === undefined) return 'neither "key=value" nor "key<<END"';
  if (operator === '=') return { key: key.trim(), value: rest, taken: 0 };
  const mark = rest.trim();
  if (mark === '') return 'no word behind "<<"';
  const end = following.indexOf(mark);
  if (end < 0) return `a value that no line "${mark}" ends`;
  return { key: key.trim(), value: following.slice(0, end).join('\n'), taken: end + 1 };
}

function keyProblem(key: string, known: ReadonlyMap<string, string>): string | undefined {
  if (!KEY.test(key) || REFUSED.includes(key))
    return `the key "${key.slice(0, 100)}", which is no name (letters, digits, "_" and "-", a letter first)`;
  if (known.has(key)) return undefined;
  if (known.size === MOST_KEYS) return `more than ${MOST_KEYS} keys`;
  const alike = [...known.keys()].find((other) => foldedName(other) === foldedName(key));
  return alike === undefined
    ? undefined
    : `the key "${key}", which differs from "${alike}" only in case or punctuation`;
}
