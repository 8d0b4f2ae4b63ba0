// One record of an input file, whatever its format, and what can be wrong with it. Reads nothing.

import type { Line } from '../system/lines.ts';
import type { BatchInput } from './types.ts';

/** `typed`: the values are text, to be read as the types that are declared for them. */
export type InputRecord = BatchInput & { readonly typed: boolean };

/** What is wrong with a line of the file. */
export type InputProblem = {
  readonly line: number;
  readonly column?: number;
  readonly message: string;
  readonly advice: string;
};

/** Why the bytes of a line are no text. */
export function unreadable(line: Line): InputProblem | undefined {
  switch (line.kind) {
    case 'line':
      return undefined;
    case 'too-long':
      return { line: line.number, message: 'this line is longer than 64 MB', advice: 'write one record a line' };
    case 'not-utf8':
      return {
        line: line.number,
        column: line.column,
        message: 'this is not UTF-8',
        advice: 'save the file as UTF-8: iconv -f LATIN1 -t UTF-8 (or UTF-16, or what it is in)',
      };
  }
}

/** The `id` of a record is a value like the others, and names the result; an empty cell is none. */
export function recordOf(record: Omit<InputRecord, 'id'>): InputRecord {
  const { id } = record.values;
  return (typeof id === 'string' && id !== '') || typeof id === 'number' ? { ...record, id } : record;
}

/** Names that every object has already. */
export const HARMFUL_NAMES = ['__proto__', 'constructor', 'prototype'];

export function harmfulName(name: string): string | undefined {
  return HARMFUL_NAMES.includes(name) ? `the name "${name}" is not allowed` : undefined;
}
