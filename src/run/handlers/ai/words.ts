// Problems of a prompt as one text for an issue in a detail file. Knows no task.

import { lineColumn } from '../../../base/diagnostic.ts';
import { type Problem, placeProblems } from '../../../runbook/problem.ts';

/** Each with its place and what to do. */
export async function inWords(problems: readonly Problem[]): Promise<string> {
  const placed = await placeProblems(problems);
  return placed
    .map(({ message, place, advice }) => {
      const at = place?.text !== undefined && place.span ? lineColumn(place.text, place.span.start) : undefined;
      const where = place ? `${place.file}${at ? `:${at.line}:${at.column}` : ''}: ` : '';
      return `${where}${message}${advice ? ` (${advice})` : ''}`;
    })
    .join('; ');
}
