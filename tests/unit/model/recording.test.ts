// Recordings: written and read back, refused with places, matched by what counts.
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { lineColumn } from '../../../src/base/diagnostic.ts';
import type { ModelRequest } from '../../../src/model/provider.ts';
import { type Recording, recordingFileName } from '../../../src/model/recording.ts';
import { formatRecording, parseRecording } from '../../../src/model/recording-yaml.ts';
import { messagesText, requestKey } from '../../../src/model/request-key.ts';
import { requestOf } from './calling.ts';

const FULL: Recording = {
  request: {
    model: 'gpt-4o-mini',
    messages: [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'Write\n\n  a thing with `x: y`\n' },
    ],
    temperature: 0,
    maxTokens: 100,
    responseSchema: { name: 'thing', schema: { type: 'object', properties: { a: { type: 'string' } } } },
  },
  answer: {
    text: '```python\nprint("hi")\n```\n',
    finishReason: 'stop',
    model: 'gpt-4o-mini-2024-07-18',
    usage: { promptTokens: 12, cachedTokens: 0, completionTokens: 5 },
  },
};

const FULL_TEXT = `# A recorded model call. The provider \`replay\` gives this answer to this request.

request:
  model: gpt-4o-mini
  messages:
    - role: system
      content: "Be brief."
    - role: user
      content: |
        Write

          a thing with \`x: y\`
  temperature: 0
  max_tokens: 100
  response_schema:
    name: thing
    schema:
      type: object
      properties:
        a:
          type: string
answer:
  text: |
    \`\`\`python
    print("hi")
    \`\`\`
  finish_reason: stop
  model: gpt-4o-mini-2024-07-18
  usage:
    prompt_tokens: 12
    cached_tokens: 0
    completion_tokens: 5
`;

function read(text: string): Recording {
  const parsed = parseRecording({ file: 'recordings/a.yaml', text });
  if (!parsed.ok) throw new Error(parsed.error.map(({ message }) => message).join('; '));
  return parsed.value;
}

test('a recording is written as text that a person can review', () => {
  expect(formatRecording(FULL)).toBe(FULL_TEXT);
});

test('a recording is read as it was written', () => {
  expect(read(FULL_TEXT)).toEqual(FULL);
});

test('any text comes back as it was', () => {
  const odd = fc.constantFrom(
    '\r',
    '\r\n',
    '\n',
    ' ',
    '\t',
    '#',
    ': ',
    '- ',
    '|',
    '"',
    '\\',
    '\u0000',
    '\u001b',
    '\u0085',
    '\u2028',
    '\ufeff',
    '👩‍🚀',
    '---\n',
    '...\n',
    '%',
  );
  const text = fc.oneof(
    fc.string({ unit: 'grapheme' }),
    fc.array(fc.oneof(odd, fc.string()), { maxLength: 12 }).map((parts) => parts.join('')),
  );
  const check = fc.property(text, text, (content, answer) => {
    const recording = {
      ...FULL,
      request: requestOf(content),
      answer: { text: answer, finishReason: 'stop', model: null, usage: null },
    };
    expect(read(formatRecording(recording))).toEqual(recording);
  });
  fc.assert(check, {
    numRuns: 300,
    examples: [
      [' \n', '\n \n'],
      [' \n"a"', '\t\n  a\n'],
      ['\n\n', '\n  "a"\n b'],
      ['      \\      \r\n\r         \r\r\n \n', ''],
    ],
  });
});

test('a recording written by hand needs the messages and the text only', () => {
  const recording = read(
    'note: mine\nrequest:\n  model: m\n  messages: [{role: user, content: hi}]\nanswer: {text: hello}\n',
  );
  expect(recording).toEqual({
    request: { model: 'm', messages: [{ role: 'user', content: 'hi' }] },
    answer: { text: 'hello', finishReason: 'stop', model: null, usage: null },
  });
});

const REQUEST = 'request: {model: m, messages: [{role: user, content: hi}]}\n';

describe('what is no recording is refused with its place', () => {
  test.each<[name: string, text: string, line: number, words: RegExp]>([
    ['an empty file', '', 1, /must be a mapping/],
    ['a list', '- a\n', 1, /must be a mapping/],
    ['broken YAML', `${REQUEST}answer: text: a\n`, 2, /./],
    ['a doubled key', `${REQUEST}answer:\n  text: a\n  text: b\n`, 4, /unique/],
    ['no answer', REQUEST, 1, /no `answer`/],
    ['an unknown key', `${REQUEST}answer:\n  text: a\n  finish_reson: stop\n`, 4, /unknown key `finish_reson`/],
    ['text that is a number', `${REQUEST}answer:\n  text: 5\n`, 3, /answer.text must be text/],
    ['no messages', 'request:\n  model: m\n  messages: []\nanswer: {text: a}\n', 3, /at least one/],
    [
      'an unknown role',
      'request:\n  model: m\n  messages:\n    - {role: robot, content: a}\nanswer: {text: a}\n',
      4,
      /one of system, user, assistant/,
    ],
    ['counts below 0', `${REQUEST}answer:\n  text: a\n  usage: {prompt_tokens: -1}\n`, 4, /not below 0/],
    [
      'a key that reaches prototypes',
      'request:\n  model: m\n  messages: [{role: user, content: hi}]\n  response_schema: {name: a, schema: {b: [{__proto__: 1}]}}\nanswer: {text: a}\n',
      4,
      /__proto__/,
    ],
    [
      'an alias in a schema',
      'request:\n  model: m\n  messages: [{role: user, content: hi}]\n  response_schema: {name: a, schema: {b: &x {c: 1}, d: *x}}\nanswer: {text: a}\n',
      4,
      /alias/,
    ],
  ])('%s', (_name, text, line, words) => {
    const parsed = parseRecording({ file: 'a.yaml', text });
    if (parsed.ok) throw new Error('it was read');
    const [first] = parsed.error;
    expect(first?.message).toMatch(words);
    expect(first?.place?.file).toBe('a.yaml');
    expect(lineColumn(text, first?.place?.span?.start ?? -1).line).toBe(line);
  });

  test('all problems at once', () => {
    const parsed = parseRecording({ file: 'a.yaml', text: 'request: {mesages: 1}\nanswer: {txt: a}\n' });
    expect(parsed.ok ? 0 : parsed.error.length).toBe(5);
  });
});

describe('two requests', () => {
  const base: ModelRequest = { model: 'm', messages: [{ role: 'user', content: 'one\ntwo' }] };
  const schema = (properties: Record<string, unknown>): ModelRequest => ({
    ...base,
    responseSchema: { name: 'a', schema: { type: 'object', properties } },
  });

  test.each<[name: string, a: ModelRequest, b: ModelRequest]>([
    ['with CRLF and LF', base, requestOf('one\r\ntwo', { model: 'm' })],
    ['with spaces at the ends of lines', base, requestOf('one  \t\ntwo ', { model: 'm' })],
    ['with and without a last line end', base, requestOf('one\ntwo\n\n', { model: 'm' })],
    ['with another temperature and limit', base, { ...base, temperature: 1, maxTokens: 5 }],
    ['with the keys of the schema in another order', schema({ a: 1, b: 2 }), schema({ b: 2, a: 1 })],
  ])('%s are the same', (_name, a, b) => expect(requestKey(a)).toBe(requestKey(b)));

  test.each<[name: string, a: ModelRequest, b: ModelRequest]>([
    ['of different models', base, { ...base, model: 'n' }],
    ['with other words', base, requestOf('one\nthree', { model: 'm' })],
    ['with other spaces inside a line', base, requestOf('one\n two', { model: 'm' })],
    ['with other roles', base, { ...base, messages: [{ role: 'system', content: 'one\ntwo' }] }],
    [
      'with the text split otherwise',
      base,
      {
        ...base,
        messages: [
          { role: 'user', content: 'one' },
          { role: 'user', content: 'two' },
        ],
      },
    ],
    ['with and without a schema', base, schema({})],
    ['with other schemas', schema({ a: [] }), schema({ a: {} })],
  ])('%s are not', (_name, a, b) => expect(requestKey(a)).not.toBe(requestKey(b)));

  test('with the same messages are alike whatever their models', () => {
    expect(messagesText(base)).toBe(messagesText({ ...schema({}), model: 'n' }));
  });
});

test.each([
  ['Write Tests!', /^write-tests-[0-9a-f]{8}\.yaml$/],
  ['../../etc', /^etc-[0-9a-f]{8}\.yaml$/],
  ['日本', /^call-[0-9a-f]{8}\.yaml$/],
])('the file of a recording for %j is named for people, and by its request', (label, name) => {
  expect(recordingFileName(label, FULL.request)).toMatch(name);
});
