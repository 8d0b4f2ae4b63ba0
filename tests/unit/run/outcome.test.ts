// The exit code of a run (design.md §4).
import { expect, test } from 'vitest';
import { type RunEnd, runExitCode } from '../../../src/run/outcome.ts';

test.each<[ended: RunEnd['ended'], code: number]>([
  ['finished', 0],
  ['one-done', 0],
  ['error', 1],
  ['waiting', 3],
  ['interrupted', 130],
])('a run that ended as %s exits with %d', (ended, code) => {
  expect(runExitCode({ ended, ran: [], waiting: [] })).toBe(code);
});
