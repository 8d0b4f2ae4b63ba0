// Data from an answer: read tolerantly, told what was tolerated, checked by the schema in any case.
import { expect, test } from 'vitest';
import { readStructured } from '../../../src/calls/structured.ts';

const SCHEMA = { type: 'object', required: ['n'], properties: { n: { type: 'integer' } }, additionalProperties: false };

test.each<[answer: string, expected: { value?: unknown; notes: number; problems: RegExp[] }]>([
  ['{"n": 1}', { value: { n: 1 }, notes: 0, problems: [] }],
  ['Here:\n```json\n{"n": 1}\n```\n', { value: { n: 1 }, notes: 1, problems: [] }],
  ['{"n": "1"}', { value: { n: '1' }, notes: 0, problems: [/\/n must be integer/] }],
  ['{"m": 1}', { value: { m: 1 }, notes: 0, problems: [/required property 'n'/, /additional properties/] }],
  ['{"n": 1', { notes: 0, problems: [/cut/] }],
  ['{n: 1}', { notes: 0, problems: [/JSON/] }],
  ['no data', { notes: 0, problems: [/JSON/] }],
])('%j', async (answer, expected) => {
  const { value, notes, problems, content } = await readStructured({ parser: 'json', schema: SCHEMA }, answer);
  expect(value).toEqual(expected.value);
  expect(notes).toHaveLength(expected.notes);
  expect(problems).toHaveLength(expected.problems.length);
  for (const [index, pattern] of expected.problems.entries()) expect(problems[index]).toMatch(pattern);
  if (value === undefined) expect(content).toBe(answer);
});
