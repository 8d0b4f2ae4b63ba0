// What does not fit a JSON Schema, in sentences.
import { describe, expect, test } from 'vitest';
import { schemaProblems } from '../../../src/base/json-schema.ts';

const PERSON = {
  type: 'object',
  required: ['name'],
  properties: {
    name: { type: 'string', minLength: 1 },
    age: { type: 'integer', minimum: 0 },
    role: { enum: ['admin', 1, null] },
  },
  additionalProperties: false,
};

describe('data', () => {
  test.each<[what: string, data: unknown, problems: string[]]>([
    ['fits', { name: 'Ada', age: 36, role: null }, []],
    ['lacks a key', {}, ["the answer must have required property 'name'"]],
    ['has a key too many', { name: 'Ada', nick: 'A' }, ['the answer must NOT have additional properties ("nick")']],
    ['has a value of another type', { name: 5 }, ['/name must be string']],
    [
      'has a value that is none of the allowed',
      { name: 'Ada', role: 'x' },
      ['/role must be equal to one of the allowed values: "admin", 1, null'],
    ],
    [
      'has several problems',
      { name: '', age: -1 },
      ['/name must NOT have fewer than 1 characters', '/age must be >= 0'],
    ],
    ['is no mapping', 'Ada', ['the answer must be object']],
  ])('that %s', (_, data, problems) => {
    expect(schemaProblems(PERSON, data)).toEqual(problems);
  });

  test('with a hundred problems is told ten', () => {
    const data = Array.from({ length: 100 }, () => 'x');
    expect(schemaProblems({ type: 'array', items: { type: 'number' } }, data)).toEqual(
      Array.from({ length: 10 }, (_, index) => `/${index} must be number`),
    );
  });
});

describe('a schema', () => {
  test.each([
    ['https://json-schema.org/draft/2020-12/schema'],
    ['http://json-schema.org/draft-07/schema#'],
    ['https://example.org/own'],
  ])('that names %s is used', ($schema) => {
    expect(schemaProblems({ $schema, type: 'number' }, 'x')).toEqual(['the answer must be number']);
  });

  test('with formats and keywords of its own is used', () => {
    expect(schemaProblems({ type: 'string', format: 'no-such-format', 'x-own': 1 }, 'x')).toEqual([]);
  });

  test.each<[what: string, schema: unknown]>([
    ['with an unknown type', { type: 'person' }],
    ['with a reference that leads nowhere', { $ref: 'https://example.org/person.json' }],
    ['that is a list', []],
    ['that is null', null],
    ['that is just true', true],
  ])('%s is a problem itself, whatever the data', (_, schema) => {
    const [problem = '', ...rest] = schemaProblems(schema, {});
    expect(problem).toMatch(/^the schema itself is not valid: ./);
    expect(rest).toEqual([]);
  });
});
