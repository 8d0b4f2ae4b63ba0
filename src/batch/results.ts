// Where the results of a batch go: lines of JSON in a file, or to whoever takes them. Knows no call.

import path from 'node:path';
import type { Failure } from '../base/failure.ts';
import { err, ok, type Result } from '../base/result.ts';
import { oneLine } from '../base/text.ts';
import type { BatchRows } from '../history/batches.ts';
import { fileId } from '../system/files.ts';
import { openLineSink } from '../system/line-sink.ts';
import { openLines } from '../system/lines.ts';
import type { BatchResult } from './types.ts';

export type Results = {
  readonly write: (result: BatchResult) => Failure | undefined;
  /** `whole`: each input has its result. `left`: a file of earlier results stays as it was until all of the new ones are there. */
  readonly close: (whole: boolean) => Result<'written' | 'left', Failure>;
};

export type ResultsOptions = {
  /** Relative to where the command is given; undefined: to `print`. */
  readonly out: string | undefined;
  /** False where nobody takes it any more. */
  readonly print: (line: string) => boolean;
  /** The file of the inputs, which is not to be written over. */
  readonly inputs: string;
  readonly rows: BatchRows;
  /** What the runs of this batch begin with. */
  readonly key: string;
};

export function openResults(options: ResultsOptions): Result<Results, Failure> {
  const { out, print } = options;
  if (out === undefined)
    return ok({
      write(result) {
        return print(`${JSON.stringify(result)}\n`) ? undefined : NO_READER;
      },
      close: () => ok('written'),
    });
  const foreign = whyForeign(out, options);
  if (foreign !== undefined) return err(foreign);
  const sink = openLineSink(path.resolve(out));
  if (!sink.ok) return err({ ...sink.error, path: out });
  return ok({ write: (result) => sink.value.write(JSON.stringify(result)), close: sink.value.close });
}

/** `| head` has what it wanted: no further call is paid for. */
const NO_READER: Failure = { code: 'io', operation: 'write', path: 'the results to stdout', errno: 'EPIPE' };

/** A file that holds something else is not written over. */
function whyForeign(out: string, { inputs, rows, key }: ResultsOptions): Failure | undefined {
  const file = path.resolve(out);
  const id = fileId(file);
  if (id === undefined) return undefined;
  const no = (what: string): Failure => ({
    code: 'usage',
    message: `--out: ${oneLine(out)} ${what}`,
    advice: 'name another file, or remove that one',
  });
  if (id === fileId(path.resolve(inputs))) return no('is the file of the inputs');
  const opened = openLines(file);
  if (!opened.ok) return { ...opened.error, path: out };
  const [first] = opened.value.lines();
  opened.value.close();
  if (first === undefined) return undefined;
  const call = first.kind === 'line' ? callOf(first.text) : undefined;
  if (call === undefined) return no('exists and holds something else than results of a batch');
  const run = call === null ? undefined : rows.runOf(call);
  return run === undefined || run === key || run.startsWith(`${key}-`)
    ? undefined
    : no('holds the results of another batch');
}

/** The call of the first result; null where it had none, undefined where the line is no result. */
function callOf(line: string): string | null | undefined {
  // The beginning of a line that was cut off when a program was killed.
  if (line.startsWith('{"index":1,') && !line.endsWith('\n')) return null;
  try {
    const { index, call_id: call } = JSON.parse(line) as { index?: unknown; call_id?: unknown };
    return index === 1 && (call === null || typeof call === 'string') ? call : undefined;
  } catch {
    return undefined;
  }
}
