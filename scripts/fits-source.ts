// A JSON Schema → the source of a function that says whether data fits it. For the build alone: what it makes is compiled and kept with the
// rest of the program, so that no start has to read a schema. Understands the keywords that our own shapes use; src/base/json-fits.ts
// does the same for schemas that are not known before.

type Schema = Readonly<Record<string, unknown>>;

/** Gives the name of a constant of this value, which is written as source. */
type Declare = (value: string) => string;

/** The source of a function of this name, after the constants that it needs. Throws where the schema says more than is understood here. */
export function fitsSource(name: string, schema: unknown): string {
  const names = new Map<string, string>();
  const declare: Declare = (value) => {
    const known = names.get(value) ?? `${name}_${names.size + 1}`;
    names.set(value, known);
    return known;
  };
  const test = testOf(schema, 'data', declare);
  const constants = [...names].map(([value, each]) => `const ${each} = ${value};\n`);
  return `${constants.join('')}function ${name}(data) {\n  return ${test};\n}\n`;
}

/** An expression that is true where the value of a variable fits. */
function testOf(schema: unknown, value: string, declare: Declare): string {
  const { $schema: _, type, enum: values, const: only, anyOf, ...rest } = schema as Schema;
  const any = (items: unknown, test: (item: unknown) => string) => `(${(items as unknown[]).map(test).join(' || ')})`;
  const tests = [
    ...(type === undefined ? [] : [any([type].flat(), (each) => typeTest(each, value))]),
    ...(values === undefined ? [] : [any(values, (each) => `${value} === ${JSON.stringify(each)}`)]),
    ...(only === undefined ? [] : [`${value} === ${JSON.stringify(only)}`]),
    ...(anyOf === undefined ? [] : [any(anyOf, (each) => testOf(each, value, declare))]),
    ...(Object.keys(rest).length === 0 ? [] : restTests(type, rest, { value, declare })),
  ];
  return tests.length === 0 ? 'true' : tests.join(' && ');
}

function typeTest(type: unknown, value: string): string {
  switch (type) {
    case 'string':
    case 'boolean':
      return `typeof ${value} === '${type}'`;
    case 'number':
      return `Number.isFinite(${value})`;
    case 'integer':
      return `Number.isInteger(${value})`;
    case 'array':
      return `Array.isArray(${value})`;
    case 'object':
      return `(typeof ${value} === 'object' && ${value} !== null && !Array.isArray(${value}))`;
    case 'null':
      return `${value} === null`;
    default:
      return notUnderstood({ type });
  }
}

type Place = { readonly value: string; readonly declare: Declare };

/** What a schema says of its one type. */
function restTests(type: unknown, rest: Schema, { value, declare }: Place): string[] {
  switch (type) {
    case 'string': {
      const { minLength, pattern, ...others } = rest;
      if (Object.keys(others).length > 0 || (minLength ?? 1) !== 1) return notUnderstood(rest);
      return [
        ...(minLength === undefined ? [] : [`${value} !== ''`]),
        ...(pattern === undefined ? [] : [`${declare(regExp(pattern))}.test(${value})`]),
      ];
    }
    case 'number':
    case 'integer': {
      const { minimum = Number.NEGATIVE_INFINITY, maximum = Number.POSITIVE_INFINITY, ...others } = rest;
      if (Object.keys(others).length > 0) return notUnderstood(rest);
      return [`${value} >= ${Number(minimum)}`, `${value} <= ${Number(maximum)}`];
    }
    case 'array': {
      const { items = {}, minItems = 0, ...others } = rest;
      if (Object.keys(others).length > 0) return notUnderstood(rest);
      const each = declare(`(data) => ${testOf(items, 'data', declare)}`);
      return [`${value}.length >= ${Number(minItems)}`, `${value}.every(${each})`];
    }
    case 'object':
      return [`${declare(membersTest(rest, declare))}(${value})`];
    default:
      return notUnderstood(rest);
  }
}

/** A function that looks at the members of a mapping. A name that is listed must not be of a pattern too. */
function membersTest(rest: Schema, declare: Declare): string {
  const { properties = {}, patternProperties = {}, additionalProperties = {}, required = [], ...others } = rest;
  const listed = Object.entries(properties as Schema);
  const patterns = Object.entries(patternProperties as Schema);
  const isTwice = listed.some(([name]) => patterns.some(([pattern]) => new RegExp(pattern, 'u').test(name)));
  if (Object.keys(others).length > 0 || isTwice || patterns.length > 1) return notUnderstood(rest);
  const test = (schema: unknown) => (schema === false ? 'false' : testOf(schema, 'value', declare));
  const refuseUnless = (condition: string) => `if (!(${condition})) return false;`;
  const cases = listed.map(([name, schema]) => `case ${JSON.stringify(name)}: ${refuseUnless(test(schema))} break;\n`);
  const other = patterns.map(([pattern, schema]) => `${declare(regExp(pattern))}.test(name) ? ${test(schema)} : `);
  const present = (required as string[]).map((name) => `Object.hasOwn(data, ${JSON.stringify(name)})`);
  return `(data) => {
for (const name in data) {
const value = data[name];
switch (name) {
${cases.join('')}default: ${refuseUnless(`${other.join('')}${test(additionalProperties)}`)}
}
}
return ${present.length === 0 ? 'true' : present.join(' && ')};
}`;
}

function regExp(pattern: unknown): string {
  return String(new RegExp(pattern as string, 'u'));
}

function notUnderstood(schema: Schema): never {
  throw new Error(`a shape says what is not understood: ${JSON.stringify(schema)}`);
}
