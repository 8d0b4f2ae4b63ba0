// The quick look at common JSON Schemas says yes only where the checker does, and knows all that our own shapes say.
import { Ajv } from 'ajv';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { schemaOf } from '../../../src/authoring/schemas.ts';
import { certainlyFits } from '../../../src/base/json-fits.ts';
import { schemaProblems } from '../../../src/base/json-schema.ts';

const SCHEMAS: readonly unknown[] = [
  ...['string', 'integer', 'number', 'boolean', 'array', 'object', 'null'].map((type) => ({ type })),
  { type: 'string', enum: ['a', 'b'] },
  { type: ['string', 'null'], minLength: 2 },
  { type: 'string', pattern: '^a.$' },
  { const: 'a' },
  { anyOf: [{ type: 'integer', minimum: 1, maximum: 3 }, { const: true }] },
  { type: 'array', items: { type: 'integer' }, minItems: 1 },
  {
    type: 'object',
    properties: { a: { type: 'string' }, b: { type: 'integer' } },
    required: ['a'],
    additionalProperties: false,
  },
  { properties: { a: { type: 'string' } }, patternProperties: { '^[ab]$': { minLength: 2 } } },
  { patternProperties: { '^x-': {} }, additionalProperties: { type: 'integer' } },
  { type: 'object', properties: { a: { type: 'object', properties: {}, additionalProperties: false } } },
  { type: 'object', required: ['a'] },
  { additionalProperties: { type: 'string' } },
  {},
];
/** Not understood, or wrong. */
const REFUSED: readonly unknown[] = [
  { type: 'string', format: 'email' },
  { type: 'text' },
  { minLength: 'two' },
  { minimum: '1' },
  { pattern: '(' },
  { items: 5 },
  { properties: { a: { oneOf: [] } } },
  { required: 'a' },
  { patternProperties: { '(': {} } },
  { additionalProperties: { not: {} } },
  null,
  'a schema',
];
const value = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.constantFrom(null, true, false, 0, 1, 3, 4, -1, 1.5, '', 'a', 'ab', 'c', '😀', '😀😀'),
    fc.array(tie('value'), { maxLength: 2 }),
    fc.dictionary(fc.constantFrom('a', 'b', 'x-y', 'constructor', 'c'), tie('value'), { maxKeys: 3 }),
  ),
})).value;

test.each(SCHEMAS)('%j: yes exactly where the checker says so', (schema) => {
  const check = new Ajv({ strict: false }).compile(schema as object);
  fc.assert(
    fc.property(value, (data) => {
      expect(certainlyFits(schema, data)).toBe(check(data));
    }),
    { numRuns: 300 },
  );
});

test.each(REFUSED)('%j is left to the checker', (schema) => {
  for (const data of [null, 'a', 1, [], {}, { a: 1 }]) expect(certainlyFits(schema, data)).toBe(false);
});

test.each([
  [
    'runbook',
    { name: 'n', tasks: [{ id: 'a', name: 'A', type: 'MANUAL', depends_on: ['b'], 'x-note': { any: [1] } }] },
  ],
  ['task', { id: 'a', status: 'DONE', script_details: { command: 'true', timeout: '30s' }, expects: [{ file: 'f' }] }],
  ['models', { aliases: { fast: 'gpt-4o-mini' } }],
  [
    'quickies',
    { quickie_templates: { one: { prompt: 'Say {{ word }}.', input_schema: { word: { type: 'string' } } } } },
  ],
] as const)('a %s of ours needs no checker', (kind, data) => {
  expect(schemaProblems(schemaOf(kind), data)).toEqual([]);
  expect(certainlyFits(schemaOf(kind), data)).toBe(true);
});
