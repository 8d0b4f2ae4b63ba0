// What the build makes of our shapes says yes exactly where the look at their schemas does.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fitsSource } from '../../../scripts/fits-source.ts';
import { shapesModule } from '../../../scripts/shapes.ts';
import { schemaOf } from '../../../src/authoring/schemas.ts';
import { certainlyFits } from '../../../src/base/json-fits.ts';

type Schema = Readonly<Record<string, unknown>>;

const odd = fc.constantFrom<unknown>(null, true, false, 0, 1, -1, 1.5, '', 'a', '5m', [], ['a'], {}, { a: 1 });

const texts = fc.oneof(
  { weight: 40, arbitrary: fc.constantFrom('a', 'b c') },
  { weight: 1, arbitrary: fc.constant('') },
);

/** Data that fits the schema in most of its parts. */
function near(schema: Schema, depth = 0): fc.Arbitrary<unknown> {
  const fitting = depth > 4 ? odd : fittingIn(schema, (each) => near(each as Schema, depth + 1));
  return fc.oneof({ weight: 60, arbitrary: fitting }, { weight: 1, arbitrary: odd });
}

function fittingIn(schema: Schema, inner: (schema: unknown) => fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  const { type, enum: values, const: only, anyOf, pattern, properties = {}, required, items = {} } = schema;
  if (Array.isArray(anyOf)) return fc.oneof(...anyOf.map(inner));
  if (Array.isArray(values)) return fc.constantFrom(...(values as unknown[]));
  if (only !== undefined) return fc.constant(only);
  if (Array.isArray(type)) return fc.oneof(...type.map((each) => inner({ ...schema, type: each })));
  if (type === 'string') return pattern === undefined ? texts : fc.constantFrom('a-1', '30s', 'text');
  if (type === 'array') return fc.array(inner(items), { maxLength: 2 });
  if (type === 'boolean') return fc.boolean();
  if (type === 'null') return fc.constant(null);
  if (type === 'number' || type === 'integer') return fc.integer({ min: 0, max: 9 });
  if (type !== 'object') return odd;
  const members = Object.fromEntries(Object.entries(properties as Schema).map(([name, each]) => [name, inner(each)]));
  const others = fc.dictionary(fc.constantFrom('x-own', 'x-', 'other', 'constructor'), odd, { maxKeys: 1 });
  return fc.oneof(
    { weight: 8, arbitrary: fc.record(members, { requiredKeys: (required as string[] | undefined) ?? [] }) },
    { weight: 1, arbitrary: fc.record(members, { requiredKeys: [] }) },
    {
      weight: 1,
      arbitrary: fc.tuple(fc.record(members, { requiredKeys: [] }), others).map(([a, b]) => ({ ...a, ...b })),
    },
  );
}

const made = (await import(`data:text/javascript,${encodeURIComponent(shapesModule())}`)) as Record<
  string,
  (data: unknown) => boolean
>;

test.each([
  ['fitsRunbook', 'runbook'],
  ['fitsDetail', 'task'],
  ['fitsModels', 'models'],
  ['fitsQuickies', 'quickies'],
] as const)('%s says what the schema of a %s says', (name, kind) => {
  const schema = schemaOf(kind);
  const answers = new Set<boolean>();
  fc.assert(
    fc.property(near(schema), (data) => {
      const fits = certainlyFits(schema, data);
      answers.add(fits);
      expect(made[name]?.(data)).toBe(fits);
    }),
    { numRuns: 1000 },
  );
  expect(answers.size).toBe(2);
});

test.each([
  { type: 'text' },
  { type: 'string', format: 'email' },
  { type: 'string', minLength: 2 },
  { type: 'array', maxItems: 1 },
  { minimum: 1 },
  { type: 'object', properties: { 'x-a': {} }, patternProperties: { '^x-': {} } },
  { type: 'object', propertyNames: {} },
])('the build stops at %j, which it does not understand', (schema) => {
  expect(() => fitsSource('fits', schema)).toThrow('not understood');
});
