// The quick look at simple JSON Schemas says yes only where the checker does.
import { expect, test } from 'vitest';
import { certainlyFits } from '../../../src/base/json-fits.ts';
import { schemaProblems } from '../../../src/base/json-schema.ts';

const SCHEMAS: readonly unknown[] = [
  ...['string', 'integer', 'number', 'boolean', 'array', 'object'].map((type) => ({ type })),
  { type: 'string', enum: ['a', 'b'] },
  {
    type: 'object',
    properties: { a: { type: 'string' }, b: { type: 'integer' } },
    required: ['a'],
    additionalProperties: false,
  },
  { type: 'object', properties: { a: { type: 'object', properties: {}, additionalProperties: false } } },
  { type: 'object', required: ['a'] },
  { type: 'object', properties: { a: { type: 'string', minLength: 2 } } },
  { properties: { a: { type: 'string' } } },
  {},
];
const VALUES: readonly unknown[] = [
  null,
  '',
  'a',
  'c',
  0,
  1.5,
  -3,
  true,
  [],
  [1],
  {},
  { a: 'x' },
  { a: 'x', b: 1 },
  { a: 1 },
  { a: {} },
  { a: 'x', c: 1 },
  { b: 2 },
  { constructor: 1 },
];

test('whatever fits by a look, fits', () => {
  let certain = 0;
  for (const schema of SCHEMAS) {
    for (const value of VALUES) {
      if (!certainlyFits(schema, value)) continue;
      certain += 1;
      expect([schema, value, schemaProblems(schema, value)]).toEqual([schema, value, []]);
    }
  }
  expect(certain).toBeGreaterThan(20);
});

test('a flat answer needs no checker', () => {
  const [, , , , , , , flat] = SCHEMAS;
  expect(certainlyFits(flat, { a: 'x', b: 1 })).toBe(true);
  expect(certainlyFits(flat, { a: 'x', b: '1' })).toBe(false);
  expect(certainlyFits(flat, { b: 1 })).toBe(false);
});
