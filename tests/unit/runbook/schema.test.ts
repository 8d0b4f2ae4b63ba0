// The shapes check and change nothing: what they let through is the value itself.
import { expect, test } from 'vitest';
import { detailShape, runbookShape } from '../../../src/runbook/schema.ts';

const RUNBOOK = {
  name: 'N',
  vars: { a: [1, { b: null }] },
  env: { A: 1 },
  secrets: null,
  ai: { provider: 'paste', confirm_send: false },
  defaults: { phase: 'P', script_details: { timeout: '5m' } },
  tasks: [{ id: 'a', name: 'A', type: 'MANUAL', status: null, depends_on: ['b'] }],
};

const DETAIL = {
  id: 'a',
  status: 'DONE',
  expects: [{ file: 'f', json: true }, { command: 'c' }],
  ai_details: { input_context: { deep: { x: [1, null] } }, output_schema: { type: 'object' } },
  script_details: { command: 'c', args: [1, 'x', false], timeout: 5 },
  issues: [{ detail: 'd', resolution: null }],
};

test('a runbook stays as it is', () => {
  expect(runbookShape.parse(structuredClone(RUNBOOK))).toStrictEqual(RUNBOOK);
});

test('a detail file stays as it is', () => {
  expect(detailShape.parse(structuredClone(DETAIL))).toStrictEqual(DETAIL);
});
