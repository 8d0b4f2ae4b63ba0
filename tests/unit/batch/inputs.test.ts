import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { checkInputs } from '../../../src/batch/check.ts';
import { type Inputs, openInputs } from '../../../src/batch/inputs.ts';
import { makeFolder } from '../temporary.ts';

function inputsOf(name: string, content: string | Buffer): Inputs {
  const file = path.join(makeFolder(), name);
  writeFileSync(file, content);
  const opened = openInputs(file);
  if (!opened.ok) throw new Error(JSON.stringify(opened.error));
  return opened.value;
}

/** `line: values`, or `line[:column] problem`. */
async function read(name: string, content: string | Buffer): Promise<string[]> {
  const inputs = inputsOf(name, content);
  const seen: string[] = [];
  for await (const record of inputs.records()) {
    if (record.ok) seen.push(`${record.value.index} at ${record.value.line}: ${JSON.stringify(record.value.values)}`);
    else
      seen.push(`${record.error.line}${record.error.column ? `:${record.error.column}` : ''} ${record.error.message}`);
  }
  inputs.close();
  return seen;
}

const LATIN1 = Buffer.from('caf\xe9', 'latin1');

describe('JSON Lines', () => {
  const cases: [string, string | Buffer, string[]][] = [
    ['one object a line', '{"a":1}\n{"a":[2]}\n', ['1 at 1: {"a":1}', '2 at 2: {"a":[2]}']],
    ['a last line without its end', '{"a":1}\n{"a":2}', ['1 at 1: {"a":1}', '2 at 2: {"a":2}']],
    [
      'a byte order mark, CRLF and blank lines',
      '\uFEFF{"a":1}\r\n\r\n{"a":2}\r\n',
      ['1 at 1: {"a":1}', '2 at 3: {"a":2}'],
    ],
    ['nothing', '', []],
    [
      'every bad line is told with its place',
      '{"a":\n[1]\n{"a":1} x\nnull\n{"a":2}\n',
      [
        '1 this is not JSON: Unexpected end of JSON input',
        '2 this is no JSON object',
        '3:9 this is not JSON: Unexpected non-whitespace character after JSON',
        '4 this is no JSON object',
        '5 at 5: {"a":2}',
      ],
    ],
    [
      'names that every object has are refused, also inside',
      '{"__proto__":1}\n{"a":{"constructor":1}}\n',
      ['1 the name "__proto__" is not allowed', '2 the name "constructor" is not allowed'],
    ],
    ['such words in a text are a text', '{"a":"__proto__"}\n', ['1 at 1: {"a":"__proto__"}']],
    [
      'bytes that are no UTF-8',
      Buffer.concat([Buffer.from('{"a":1}\n{"a":"'), LATIN1, Buffer.from('"}\n{"a":3}\n')]),
      ['1 at 1: {"a":1}', '2:10 this is not UTF-8', '2 at 3: {"a":3}'],
    ],
  ];
  test.each(cases)('%s', async (_name, content, expected) => {
    expect(await read('in.jsonl', content)).toEqual(expected);
  });
});

describe('CSV', () => {
  const cases: [string, string | Buffer, string[]][] = [
    ['the first line names the columns', 'a,b\n1,2\n', ['1 at 2: {"a":"1","b":"2"}']],
    [
      'quotes, commas and line breaks in them; a record has the line it begins on',
      'a,b\r\n"x, ""y""","1\r\n2"\r\n\r\nz,3\r\n',
      ['1 at 2: {"a":"x, \\"y\\"","b":"1\\r\\n2"}', '2 at 5: {"a":"z","b":"3"}'],
    ],
    ['a byte order mark', '\uFEFF"a",b\n1,2', ['1 at 2: {"a":"1","b":"2"}']],
    ['no records', 'a,b\n', []],
    [
      'records of another length',
      'a,b\n1\n1,2,3\n4,5\n',
      [
        '2 this record has 1 field, the first line names 2',
        '3 this record has 3 fields, the first line names 2',
        '3 at 4: {"a":"4","b":"5"}',
      ],
    ],
    ['line ends of several kinds', 'a,b\n1,2\r\n3,4\n', ['1 at 2: {"a":"1","b":"2"}', '2 at 3: {"a":"3","b":"4"}']],
    [
      'a quote that is never closed hides no problem before it',
      'a,b\n1\n1,"2\n3,4\n',
      ['2 this record has 1 field, the first line names 2', '3 a quote that opens in this record is never closed'],
    ],
    [
      'a first line that names nothing clearly',
      'a,,a,__proto__\n1,2,3,4\n',
      ['1 column 2 has no name', '1 two columns are named "a"', '1 the name "__proto__" is not allowed'],
    ],
    [
      'bytes that are no UTF-8',
      Buffer.concat([Buffer.from('a,b\n1,'), LATIN1, Buffer.from('\n')]),
      ['2:6 this is not UTF-8', '1 at 2: {"a":"1","b":"caf\uFFFD"}'],
    ],
  ];
  test.each(cases)('%s', async (_name, content, expected) => {
    expect(await read('in.csv', content)).toEqual(expected);
  });

  test('tabs, by the name of the file', async () => {
    expect(await read('in.tsv', 'a\tb\n1\t2,3\n')).toEqual(['1 at 2: {"a":"1","b":"2,3"}']);
  });
});

test('the field id names the record', async () => {
  const inputs = inputsOf('in.jsonl', '{"id":"x7"}\n{"id":7}\n{"id":null}\n{}\n');
  const ids: unknown[] = [];
  for await (const record of inputs.records()) ids.push(record.ok && record.value.id);
  expect(ids).toEqual(['x7', 7, undefined, undefined]);
});

test('lines longer than what is read at once come whole', async () => {
  const long = 'é'.repeat(400_000);
  const inputs = inputsOf('in.jsonl', `{"a":"${long}"}\n{"a":"b"}\n`);
  const values: unknown[] = [];
  for await (const record of inputs.records()) values.push(record.ok && record.value.values.a);
  expect(values).toEqual([long, 'b']);
});

test.each([
  ['a name that tells no format', 'in.txt', 'cannot be told from its name'],
  ['what can be read only once', '/dev/null', 'can be read only once'],
])('%s is refused', (_name, file, words) => {
  const opened = openInputs(file, file === '/dev/null' ? 'jsonl' : undefined);
  expect(opened).toMatchObject({ ok: false, error: { code: 'usage', message: expect.stringContaining(words) } });
});

test('a check tells all problems, of very many the first and how many there are', async () => {
  const inputs = inputsOf('in.jsonl', `${'{"a":1}\n'.repeat(150)}x\n`);
  const bad = {
    severity: 'error',
    code: 'bad-variable',
    message: 'the variable "b" is required, and has no value',
  } as const;
  const checked = await checkInputs(inputs, () => ({ ok: false, error: [bad] }));
  expect(checked.total).toBe(150);
  expect(checked.problems).toHaveLength(101);
  expect(checked.problems[7]?.place).toEqual({ file: inputs.file, at: { line: 8 } });
  expect(checked.problems.at(-1)?.message).toBe('and 51 more problems');
});

test('a file without inputs is a problem', async () => {
  const checked = await checkInputs(inputsOf('in.csv', 'a,b\n'), () => ({ ok: true, value: undefined }));
  expect(checked.problems).toMatchObject([{ code: 'no-inputs' }]);
});
