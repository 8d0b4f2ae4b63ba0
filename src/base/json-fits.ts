// Whether data certainly fits a JSON Schema of the common keywords, without the checker, which takes longer to load than most files to
// read. Pure.

type Mapping = Readonly<Record<string, unknown>>;
type Test = (data: unknown) => boolean;

/** False where it does not fit, and where the schema says more than is understood here, or is wrong: then the checker decides. */
export function certainlyFits(schema: unknown, data: unknown): boolean {
  return testOf(schema)?.(data) === true;
}

const made = new WeakMap<object, Test | 'not understood'>();

/** Undefined where the schema is not understood. */
function testOf(schema: unknown): Test | undefined {
  if (typeof schema === 'boolean') return () => schema;
  if (!isMapping(schema)) return undefined;
  const known = made.get(schema) ?? makeTest(schema) ?? 'not understood';
  made.set(schema, known);
  return known === 'not understood' ? undefined : known;
}

function makeTest(schema: Mapping): Test | undefined {
  const tests = allOf(Object.entries(schema), ([keyword, value]) => KEYWORDS.get(keyword)?.(value, schema));
  if (tests === undefined) return undefined;
  return (data) => {
    for (const test of tests) if (!test(data)) return false;
    return true;
  };
}

const pass: Test = () => true;
const note = (value: unknown) => (typeof value === 'string' ? pass : undefined);

/** Keyword → what its value asks for; undefined for a value that cannot stand there. What it does not speak of, it lets pass. */
const KEYWORDS = new Map<string, (value: unknown, schema: Mapping) => Test | undefined>([
  ['$schema', note],
  ['title', note],
  ['description', note],
  ['type', (value) => (Array.isArray(value) ? anyOf(value, typeTest) : typeTest(value))],
  // Lists and mappings are not compared: they count as another.
  ['enum', (value) => (Array.isArray(value) ? (data) => value.includes(data) : undefined)],
  ['const', (value) => (data) => data === value],
  ['anyOf', (value) => (Array.isArray(value) ? anyOf(value, testOf) : undefined)],
  ['minLength', (value) => atLeast(value, (data, least) => typeof data !== 'string' || isAsLong(data, least))],
  ['pattern', patternTest],
  ['minimum', (value) => bound(value, (data, least) => data >= least)],
  ['maximum', (value) => bound(value, (data, most) => data <= most)],
  ['items', itemsTest],
  ['minItems', (value) => atLeast(value, (data, least) => !Array.isArray(data) || data.length >= least)],
  ['required', requiredTest],
  ['properties', (_, schema) => membersTest(schema)],
  ['patternProperties', (_, schema) => ('properties' in schema ? pass : membersTest(schema))],
  [
    'additionalProperties',
    (_, schema) => ('properties' in schema || 'patternProperties' in schema ? pass : membersTest(schema)),
  ],
]);

const TYPES = new Map<unknown, Test>([
  ['string', (data) => typeof data === 'string'],
  ['boolean', (data) => typeof data === 'boolean'],
  ['number', (data) => Number.isFinite(data)],
  ['integer', (data) => Number.isInteger(data)],
  ['array', (data) => Array.isArray(data)],
  ['object', isMapping],
  ['null', (data) => data === null],
]);

function typeTest(name: unknown): Test | undefined {
  return TYPES.get(name);
}

function isMapping(value: unknown): value is Mapping {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

/** Undefined as soon as one is. */
function allOf<T, R>(items: readonly T[], make: (item: T) => R | undefined): R[] | undefined {
  const results = items.map(make);
  return results.includes(undefined) ? undefined : (results as R[]);
}

function anyOf(items: readonly unknown[], make: (item: unknown) => Test | undefined): Test | undefined {
  const tests = allOf(items, make);
  return tests && ((data) => tests.some((test) => test(data)));
}

function atLeast(value: unknown, holds: (data: unknown, least: number) => boolean): Test | undefined {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 ? (data) => holds(data, value) : undefined;
}

function bound(value: unknown, holds: (data: number, bound: number) => boolean): Test | undefined {
  return typeof value === 'number' ? (data) => typeof data !== 'number' || holds(data, value) : undefined;
}

/** Characters are counted as Unicode has them, not as JavaScript. */
function isAsLong(text: string, least: number): boolean {
  return text.length >= least * 2 || (text.length >= least && [...text].length >= least);
}

function patternOf(source: unknown): RegExp | undefined {
  try {
    return typeof source === 'string' ? new RegExp(source, 'u') : undefined;
  } catch {
    return undefined;
  }
}

function patternTest(source: unknown): Test | undefined {
  const pattern = patternOf(source);
  return pattern && ((data) => typeof data !== 'string' || pattern.test(data));
}

function itemsTest(schema: unknown): Test | undefined {
  const test = testOf(schema);
  return test && ((data) => !Array.isArray(data) || data.every(test));
}

function requiredTest(names: unknown): Test | undefined {
  if (!Array.isArray(names) || names.some((name) => typeof name !== 'string')) return undefined;
  return (data) => !isMapping(data) || names.every((name: string) => Object.hasOwn(data, name));
}

function membersTest({
  properties = {},
  patternProperties = {},
  additionalProperties = true,
}: Mapping): Test | undefined {
  if (!isMapping(properties) || !isMapping(patternProperties)) return undefined;
  const named = allOf(Object.entries(properties), ([name, schema]) => pairOf(name, testOf(schema)));
  const matched = allOf(Object.entries(patternProperties), ([source, schema]) =>
    pairOf(patternOf(source), testOf(schema)),
  );
  const others = testOf(additionalProperties);
  if (named === undefined || matched === undefined || others === undefined) return undefined;
  const testFor = (name: string): Test => {
    const tests = [...named, ...matched].filter(([key]) => (typeof key === 'string' ? key === name : key.test(name)));
    if (tests.length === 1 && tests[0] !== undefined) return tests[0][1];
    return tests.length === 0 ? others : (data) => tests.every(([, test]) => test(data));
  };
  // Few names are met, and each of them again and again.
  const byName = new Map<string, Test>();
  return (data) => {
    if (!isMapping(data)) return true;
    for (const name in data) {
      let test = byName.get(name);
      if (test === undefined) byName.set(name, (test = testFor(name)));
      if (!test(data[name])) return false;
    }
    return true;
  };
}

function pairOf<K, V>(key: K | undefined, value: V | undefined): readonly [K, V] | undefined {
  return key === undefined || value === undefined ? undefined : [key, value];
}
