// Looks at every input before anything is sent: how many there are, and all that is wrong with them, each with its line. Sends nothing.

import type { Diagnostic } from '../base/diagnostic.ts';
import type { Result } from '../base/result.ts';
import { count, oneLine, shorten } from '../base/text.ts';
import type { Problem } from '../runbook/problem.ts';
import type { Inputs } from './inputs.ts';
import type { InputProblem, InputRecord } from './records.ts';

type Later<T> = T | Promise<T>;

export type Checked = {
  readonly total: number;
  /** Empty: all of them can be asked. Of very many problems the first, and how many there are. */
  readonly problems: readonly Diagnostic[];
  /** The names that records have, in the order in which they were first seen. */
  readonly names: readonly string[];
};

const MOST_PROBLEMS = 100;
const MOST_NAMES = 1000;

/** `look`: whether a question can be made of it. Ends early where the signal comes. */
export async function checkInputs(
  inputs: Inputs,
  look: (input: InputRecord) => Later<Result<unknown, readonly Problem[]>>,
  signal?: AbortSignal,
): Promise<Checked> {
  const problems: Diagnostic[] = [];
  const names = new Set<string>();
  let [total, found] = [0, 0];
  const add = (problem: Diagnostic): void => {
    found += 1;
    if (problems.length < MOST_PROBLEMS) problems.push(problem);
  };
  for await (const record of inputs.records()) {
    if (signal?.aborted) break;
    if (!record.ok) {
      add(ofLine(inputs.file, record.error));
      continue;
    }
    total += 1;
    for (const name of Object.keys(record.value.values)) if (names.size < MOST_NAMES) names.add(name);
    const looked = await look(record.value);
    if (looked.ok) continue;
    for (const problem of looked.error) add(ofInput(inputs.file, record.value, problem));
  }
  if (total === 0 && found === 0) add(noInputs(inputs.file));
  if (found > problems.length) problems.push(more(found - problems.length));
  return { total, problems, names: [...names] };
}

function ofLine(file: string, { line, column, message, advice }: InputProblem): Diagnostic {
  const at = { line, ...(column === undefined ? {} : { column }) };
  return { severity: 'error', code: 'bad-input', message, place: { file, at }, advice };
}

/** What is wrong with a value is told where the value is. */
function ofInput(file: string, { line, id }: InputRecord, { code, message, advice }: Problem): Diagnostic {
  const name = id === undefined ? '' : ` (id ${shorten(oneLine(String(id)), 40)})`;
  const place = { file, at: { line } };
  return { severity: 'error', code, message: `${message}${name}`, place, ...(advice === undefined ? {} : { advice }) };
}

function noInputs(file: string): Diagnostic {
  const advice = 'write one JSON object a line, or a CSV file whose first line names the columns';
  return { severity: 'error', code: 'no-inputs', message: 'this file holds no inputs', place: { file }, advice };
}

function more(left: number): Diagnostic {
  return { severity: 'error', code: 'more-problems', message: `and ${count(left, 'more problem')}` };
}
