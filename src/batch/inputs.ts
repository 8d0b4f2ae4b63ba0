// The records of an input file, JSON Lines or CSV, with the line that each begins on, and all that is wrong with them. Knows no prompt.

import path from 'node:path';
import type { Failure } from '../base/failure.ts';
import { err, ok, type Result } from '../base/result.ts';
import { oneLine, shorten } from '../base/text.ts';
import { type Line, openLines } from '../system/lines.ts';
import { csvRecords } from './csv.ts';
import { HARMFUL_NAMES, harmfulName, type InputProblem, type InputRecord, recordOf, unreadable } from './records.ts';

export type Inputs = {
  /** As it was named. */
  readonly file: string;
  /** From the beginning, each time. After a problem the next record follows, as far as it can be told where that begins. */
  readonly records: () => AsyncGenerator<Result<InputRecord, InputProblem>>;
  /** Whether the file was written to since it was opened. */
  readonly changed: () => boolean;
  readonly close: () => void;
};

export const INPUT_FORMATS = ['jsonl', 'csv', 'tsv'] as const;
export type InputFormat = (typeof INPUT_FORMATS)[number];

const BY_EXTENSION: Readonly<Record<string, InputFormat>> = {
  '.jsonl': 'jsonl',
  '.ndjson': 'jsonl',
  '.csv': 'csv',
  '.tsv': 'tsv',
};

/** Not told, the format is that of the file's extension. */
export function openInputs(file: string, asked?: InputFormat): Result<Inputs, Failure> {
  const format = asked ?? BY_EXTENSION[path.extname(file).toLowerCase()];
  if (format === undefined) {
    const message = `the format of ${oneLine(file)} cannot be told from its name`;
    return err({ code: 'usage', message, advice: `say it: --format ${INPUT_FORMATS.join(', --format ')}` });
  }
  const opened = openLines(path.resolve(file));
  if (!opened.ok && opened.error.errno === 'ESPIPE') {
    const message = `${oneLine(file)} can be read only once, and the inputs are read twice: to check them, and to send them`;
    return err({ code: 'usage', message, advice: 'write it to a file first' });
  }
  if (!opened.ok) return err({ ...opened.error, path: file });
  const { lines, changed, close } = opened.value;
  const read = () => (format === 'jsonl' ? jsonRecords(lines()) : csvRecords(lines(), format === 'csv' ? ',' : '\t'));
  const records = () => breathing(read());
  return ok({ file, records, changed, close });
}

/** Nothing here waits for anything, so that without this neither Ctrl-C nor a clock would be heard until the last record. */
async function* breathing<T>(records: AsyncGenerator<T>): AsyncGenerator<T> {
  let left = RECORDS_A_BREATH;
  for await (const record of records) {
    yield record;
    left -= 1;
    if (left > 0) continue;
    left = RECORDS_A_BREATH;
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  }
}

const RECORDS_A_BREATH = 200;

async function* jsonRecords(lines: Iterable<Line>): AsyncGenerator<Result<InputRecord, InputProblem>> {
  let index = 0;
  for (const line of lines) {
    const bad = unreadable(line);
    if (bad !== undefined) yield err(bad);
    if (line.kind !== 'line' || line.text.trim() === '') continue;
    index += 1;
    const values = objectOf(line.text, line.number);
    yield values.ok ? ok(recordOf({ index, line: line.number, values: values.value, typed: false })) : values;
  }
}

function objectOf(text: string, line: number): Result<Record<string, unknown>, InputProblem> {
  const no = (message: string, column?: number): Result<never, InputProblem> =>
    err({ line, ...(column && { column }), message, advice: 'write one JSON object a line: {"name": "value"}' });
  try {
    let harmful: string | undefined;
    const look = (key: string, value: unknown) => {
      harmful ??= harmfulName(key);
      return value;
    };
    // A reviver makes it ten times as slow, so only where there is something to look for.
    const value: unknown = HARMFUL_NAMES.some((name) => text.includes(name))
      ? JSON.parse(text, look)
      : JSON.parse(text);
    if (harmful !== undefined) return no(harmful);
    if (value === null || typeof value !== 'object' || Array.isArray(value)) return no('this is no JSON object');
    return ok(value as Record<string, unknown>);
  } catch (error) {
    const said = error instanceof Error ? error.message : '';
    const column = /at position (\d+)/.exec(said)?.[1];
    const what = shorten(oneLine(said.replace(/,? (?:at position|in JSON at|".*" is not valid JSON).*$/s, '')), 120);
    return no(`this is not JSON: ${what}`, column === undefined ? undefined : Number(column) + 1);
  }
}
