// What is given for an input becomes a value of its type, or a sentence that says what was expected.
import { describe, expect, test } from 'vitest';
import { type Given, MOST_INPUT_BYTES, readInputs } from '../../../../src/templates/quickie/inputs.ts';
import type { InputSchema } from '../../../../src/templates/quickie/shape.ts';
import type { Blob } from '../../../../src/templates/quickie/types.ts';

const text = (value: string): Given => ({ kind: 'text', text: value });
const data = (value: unknown): Given => ({ kind: 'data', value });
const file = (value: string | Uint8Array): Given => ({ kind: 'file', name: 'dir/f', bytes: Buffer.from(value) });

function read(schema: InputSchema, given?: Given): unknown {
  const result = readInputs({ inputs: new Map([['i', schema]]) }, new Map(given === undefined ? [] : [['i', given]]));
  return result.ok ? result.value['i'] : result.error.map(({ message }) => message);
}

describe('values', () => {
  test.each<[InputSchema['type'], Given, unknown]>([
    ['string', text(' a '), ' a '],
    ['string', file('a\n'), 'a\n'],
    ['string', file(Buffer.from([0x61, 0xe9])), 'a\uFFFD'],
    ['string', data(3), '3'],
    ['string', data(true), 'true'],
    ['integer', text(' 12 '), 12],
    ['integer', file('-7\n'), -7],
    ['integer', data('5'), 5],
    ['number', text('1e3'), 1000],
    ['number', text('.5'), 0.5],
    ['boolean', text('True'), true],
    ['boolean', data(false), false],
    ['array', text('["a", {"b": 1}]'), ['a', { b: 1 }]],
    ['object', file('{"a": null}'), { a: null }],
    ['object', data({ a: [1] }), { a: [1] }],
  ])('%s from %j', (type, given, value) => {
    expect(read({ type }, given)).toEqual(value);
  });

  test.each<[InputSchema, Given | undefined, unknown]>([
    [{ type: 'string', required: false }, undefined, null],
    [{ type: 'integer', default: 3 }, undefined, 3],
    [{ type: 'integer', required: true, default: 3 }, data(null), 3],
    [{ type: 'string', enum: ['a', 'b'] }, file('b\n'), 'b'],
    [{ type: 'string', enum: [1, 2] }, text('2'), '2'],
    [{ type: 'integer', enum: [1, 2] }, text('2'), 2],
  ])('%j given %j', (schema, given, value) => {
    expect(read(schema, given)).toEqual(value);
  });
});

describe('problems', () => {
  test.each<[InputSchema['type'], Given, string]>([
    ['blob', data({ type: 'blob', sha256: 'x', dataUrl: 'data:,' }), 'a blob; it is to be given as a file'],
    ['blob', { kind: 'blob', blob: { type: 'blob', sha256: 'x' } as Blob }, 'a blob; it is to be given as a file'],
    ['blob', { kind: 'unreadable', why: 'f does not exist' }, 'a blob; f does not exist'],
    ['array', text('['.repeat(1e5) + ']'.repeat(1e5)), 'an array; this is nested more than 100 levels deep'],
    ['string', data(JSON.parse('['.repeat(1e5) + ']'.repeat(1e5))), 'a string; this is nested more than 100 levels'],
    ['integer', text('1.5'), 'an integer; not "1.5"'],
    ['integer', text(''), 'an integer; not ""'],
    ['integer', text('0x10'), 'an integer; not "0x10"'],
    ['integer', data(2 ** 60), 'an integer; not 1152921504606847000'],
    ['number', text('NaN'), 'a number; not "NaN"'],
    ['number', text('1e999'), 'a number; not "1e999"'],
    ['boolean', text('yes'), 'a boolean; not "yes"'],
    ['array', text('a,b'), 'an array; this is no JSON'],
    ['array', text('{}'), 'an array; not {}'],
    ['object', text('[]'), 'an object; not []'],
    ['object', data('{}'), 'an object; not "{}"'],
    ['object', text('{"a": {"__proto__": 1}}'), 'an object; this holds the key "__proto__", which is not allowed'],
    ['array', text(`${'['.repeat(200)}${']'.repeat(200)}`), 'an array; this is nested more than 100 levels deep'],
    ['string', data(['a']), 'a string; not ["a"]'],
    ['string', file('a\0b'), 'a string; this is binary data (a zero byte at offset 1)'],
    [
      'string',
      file(Buffer.alloc(MOST_INPUT_BYTES + 1, 97)),
      'a string; this has 10,485,761 bytes; 10,485,760 are the most',
    ],
    ['blob', text('a'), 'a blob; it is to be given as a file'],
    ['blob', file(''), 'a blob; this is empty'],
    ['blob', file(Buffer.from('%PDF-1.4\0')), 'a blob; dir/f is neither text nor an image'],
  ])('%s from %s', (type, given, words) => {
    expect(read({ type }, given)).toEqual([expect.stringContaining(`the input "i" must be ${words}`)]);
  });

  test('a missing input says its type, its choices and what it is for', () => {
    expect(read({ type: 'string', enum: ['a', 'b'], description: 'which one' })).toEqual([
      'the input "i" (a string, one of: a, b) is missing: which one',
    ]);
  });

  test('a name that every object has is no input', () => {
    const given = new Map([
      ['constructor', text('x')],
      ['toString', text('x')],
    ]);
    const result = readInputs({ inputs: new Map() }, given);
    expect(result.ok ? [] : result.error.map(({ message }) => message)).toEqual([
      'there is no input "constructor"',
      'there is no input "toString"',
    ]);
  });
});

describe('blobs are told by their bytes', () => {
  test.each([
    ['image/png', Buffer.from('89504e470d0a1a0a00', 'hex')],
    ['image/jpeg', Buffer.from('ffd8ffe000', 'hex')],
    ['image/gif', Buffer.from('GIF89a\0')],
    ['image/webp', Buffer.from('RIFF\0\0\0\0WEBPVP8 ')],
  ])('%s', (mediaType, bytes) => {
    const dataUrl = `data:${mediaType};base64,${bytes.toString('base64')}`;
    expect(read({ type: 'blob' }, file(bytes))).toMatchObject({
      type: 'blob',
      file: 'dir/f',
      mediaType,
      bytes: bytes.length,
      dataUrl,
    });
  });

  test('text keeps its text', () => {
    expect(read({ type: 'blob' }, file('\uFEFFä'))).toMatchObject({
      mediaType: 'text/plain',
      text: '\uFEFFä',
      bytes: 5,
    });
  });
});
