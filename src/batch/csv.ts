// The records of a CSV file by the names of its first line. The only import of csv-parse. Knows no prompt.
//
// csv-parse 7 (maintained since 2010, no dependencies, 18 ms to load, read as it streams) rather than a parser of our own: quotes,
// line breaks inside of them and what spreadsheets make of both are its trade.

import { err, ok, type Result } from '../base/result.ts';
import { oneLine, shorten, count as words } from '../base/text.ts';
import type { Line } from '../system/lines.ts';
import { harmfulName, type InputProblem, type InputRecord, recordOf, unreadable } from './records.ts';

type Parsed = { readonly record: readonly string[]; readonly line: number };

/** A quote that is never closed takes in all that follows: this is where it is noticed. */
const MOST_CHARACTERS = 16_000_000;

export async function* csvRecords(
  lines: Iterable<Line>,
  delimiter: ',' | '\t',
): AsyncGenerator<Result<InputRecord, InputProblem>> {
  const bad: InputProblem[] = [];
  const source = await openParser(delimiter);
  let names: readonly string[] | undefined;
  let index = 0;
  for (const piece of withEnd(pieces(lines, bad))) {
    const broke = await source.take(piece);
    yield* bad.splice(0).map((problem) => err(problem));
    for (const { record, line } of source.found()) {
      if (names !== undefined) {
        index += 1;
        yield valuesOf(names, record, { index, line });
        continue;
      }
      names = record.map((name) => name.trim());
      const problems = headerProblems(names, line);
      yield* problems.map((problem) => err(problem));
      if (problems.length > 0) return;
    }
    if (broke !== undefined) return yield err(broke);
  }
}

/** Undefined behind the last one. */
function* withEnd<T>(items: Iterable<T>): Generator<T | undefined> {
  yield* items;
  yield undefined;
}

type Source = {
  /** Parses a further piece, or undefined for the end; gives what is wrong with it. */
  readonly take: (piece: string | undefined) => Promise<InputProblem | undefined>;
  /** The records that were found since, also before what is wrong. */
  readonly found: () => readonly Parsed[];
};

/** Records are taken where they are found: what csv-parse has not yet given is lost where the parsing breaks off. */
async function openParser(delimiter: ',' | '\t'): Promise<Source> {
  const { parse } = await import('csv-parse');
  const found: Parsed[] = [];
  // Counted here: csv-parse counts CRLF inside of quotes twice.
  let lineEnds = 0;
  const onRecord = (record: unknown, { raw = '' }: { raw?: string }): null => {
    const line = lineEnds + count(/^[\r\n]*/.exec(raw)?.[0] ?? '') + 1;
    lineEnds += count(raw);
    found.push({ record: (record as Parsed).record, line });
    return null;
  };
  const parser = parse({
    delimiter,
    // Not found out from the first line: files that were put together from others have several.
    record_delimiter: ['\r\n', '\n', '\r'],
    raw: true,
    relax_column_count: true,
    skip_empty_lines: true,
    max_record_size: MOST_CHARACTERS,
    on_record: onRecord as never,
  });
  let failed: unknown;
  parser.on('error', (error) => {
    failed ??= error;
  });
  // Nothing comes out of it, but its end.
  parser.resume();
  return {
    async take(piece) {
      await new Promise<void>((resolve) => {
        const done = (): void => resolve();
        if (piece === undefined) parser.once('close', done).end();
        else parser.write(piece, done);
      });
      return failed === undefined ? undefined : broken(failed, lineEnds + 1);
    },
    found: () => found.splice(0),
  };
}

/** Line ends, of whatever kind. */
function count(text: string): number {
  return text.match(/\r\n|\n|\r/g)?.length ?? 0;
}

/** Many lines at once: one chunk a line would cost more than the parsing. */
function* pieces(lines: Iterable<Line>, bad: InputProblem[]): Generator<string> {
  let piece = '';
  for (const line of lines) {
    const problem = unreadable(line);
    if (problem !== undefined) bad.push(problem);
    if (line.kind !== 'too-long') piece += line.text;
    if (piece.length < 65_536) continue;
    yield piece;
    piece = '';
  }
  if (piece !== '') yield piece;
}

function headerProblems(names: readonly string[], line: number): InputProblem[] {
  const advice = 'the first line names the columns, each once';
  return names.flatMap((name, at) => {
    if (name === '') return [{ line, message: `column ${at + 1} has no name`, advice }];
    const harmful = harmfulName(name);
    if (harmful !== undefined) return [{ line, message: harmful, advice: 'give the column another name' }];
    const twice = names.indexOf(name) !== at;
    return twice ? [{ line, message: `two columns are named "${shorten(oneLine(name), 60)}"`, advice }] : [];
  });
}

type At = { readonly index: number; readonly line: number };

function valuesOf(
  names: readonly string[],
  record: readonly string[],
  { index, line }: At,
): Result<InputRecord, InputProblem> {
  if (record.length !== names.length)
    return err({
      line,
      message: `this record has ${words(record.length, 'field')}, the first line names ${names.length}`,
      advice: 'a field that holds a comma, a quote or a line break stands in quotes: "…"; a quote in it is doubled',
    });
  const values = Object.fromEntries(names.map((name, at) => [name, record[at] ?? '']));
  return ok(recordOf({ index, line, values, typed: true }));
}

/** What csv-parse says of a file that is none, in our words. */
function broken(error: unknown, line: number): InputProblem {
  const { code, lines } = error as { code?: string; lines?: number };
  if (code === undefined) throw error;
  const quotes = code === 'CSV_QUOTE_NOT_CLOSED' || code === 'CSV_MAX_RECORD_SIZE';
  return {
    line: quotes ? line : (lines ?? line),
    message: quotes ? 'a quote that opens in this record is never closed' : oneLine((error as Error).message),
    advice: 'a field that holds a comma, a quote or a line break stands in quotes: "…"; a quote in it is doubled',
  };
}
