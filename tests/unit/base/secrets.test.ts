// The redactor: no secret survives it, in whatever form it is written and wherever a stream is cut.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createRedactor, isSecretName } from '../../../src/base/secrets.ts';

const KEY = 'sk-live/4+5=6 "ü"';
const redactor = createRedactor({ API_KEY: KEY, SHORT_KEY: '1234567' });

/** The ways in which a value is written elsewhere, none of them made by the redactor. */
const WRITTEN: Record<string, (value: string) => string> = {
  'as it is': (value) => value,
  'in JSON': (value) => JSON.stringify(value),
  'in JSON of another program': (value) =>
    JSON.stringify(value).replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`),
  'in JSON inside JSON': (value) => JSON.stringify({ body: JSON.stringify({ key: value }) }),
  'as a part of a URL': (value) => encodeURIComponent(value),
  'in a URL of lower-case digits': (value) =>
    encodeURIComponent(value).replace(/%../g, (escape) => escape.toLowerCase()),
  'in a whole URL': (value) => encodeURI(value),
  'in a form': (value) => new URLSearchParams({ token: value }).toString(),
  'in JSON in a URL': (value) => encodeURIComponent(JSON.stringify({ key: value })),
  'in base64': (value) => Buffer.from(value).toString('base64'),
  'in base64url': (value) => Buffer.from(value).toString('base64url'),
};

test.each([
  ['OPENAI_API_KEY', true],
  ['github_token', true],
  ['MySecret', true],
  ['DB_PASSWORD', true],
  ['AWS_CREDENTIALS', true],
  ['MONKEY', true],
  ['PATH', false],
  ['PASS', false],
  ['', false],
])('the name %j is that of a secret: %s', (name, secret) => {
  expect(isSecretName(name)).toBe(secret);
});

describe('a secret', () => {
  test.each(Object.entries(WRITTEN))('written %s is replaced by its name', (_, write) => {
    const text = redactor.text(`before ${write(KEY)} after`);
    expect(text).toMatch(/^before .*\[API_KEY\].* after$/);
    expect(text.length).toBeLessThan(`before ${WRITTEN['in JSON inside JSON']?.('[API_KEY]')} after`.length + 1);
  });

  test.each([
    ['a', 'user:'],
    ['b', 'me:'],
    ['c', 'me2:'],
  ])('in the base64 of "%s%s…" leaves no more than the two characters that it shares', (_, before) => {
    const plain = Buffer.from(`${before}${KEY}:more`).toString('base64');
    const text = redactor.text(plain);
    expect(text).toContain('[API_KEY]');
    expect(Buffer.from(text.replace('[API_KEY]', '')).length).toBeLessThan(
      plain.length - Buffer.from(KEY).toString('base64').length + 8,
    );
  });

  test('shorter than 8 characters is none', () => {
    expect(redactor.text('1234567')).toBe('1234567');
    expect(createRedactor({ A_KEY: '12345678' }).text('x12345678x')).toBe('x[A_KEY]x');
  });

  test('is replaced everywhere', () => {
    expect(redactor.text(`${KEY}${KEY} ${KEY}`)).toBe('[API_KEY][API_KEY] [API_KEY]');
  });

  test('inside a longer one goes with it', () => {
    const both = createRedactor({ PART_KEY: 'abcdefgh', WHOLE_KEY: 'xxabcdefghyy' });
    expect(both.text('xxabcdefghyy abcdefgh')).toBe('[WHOLE_KEY] [PART_KEY]');
  });

  test('that overlaps another leaves no part of either', () => {
    const both = createRedactor({ A_KEY: 'abcdefgh', B_KEY: 'efghijkl' });
    expect(both.text('.abcdefghijkl.')).toBe('.[A_KEY].');
    expect(createRedactor({ A_KEY: 'aaaaaaaa' }).text('.aaaaaaaaaaa.')).toBe('.[A_KEY].');
  });

  test('that is part of a name is not looked for in what replaced another', () => {
    const both = createRedactor({ A_SECRET_KEY: 'abcdefgh', B_KEY: 'A_SECRET' });
    expect(both.text('abcdefgh')).toBe('[A_SECRET_KEY]');
  });

  test('is replaced in every string of a value, keys too', () => {
    expect(redactor.value({ a: [KEY, 1, null, true], [KEY]: { b: `x${KEY}` } })).toEqual({
      a: ['[API_KEY]', 1, null, true],
      '[API_KEY]': { b: 'x[API_KEY]' },
    });
  });

  test('is found by name', () => {
    const both = createRedactor({ A_KEY: 'abcdefgh', B_KEY: 'ijklmnop', C_KEY: 'qrstuvwx' });
    expect(both.found('abcdefgh, qrstuvwx and abcdefgh')).toEqual(['A_KEY', 'C_KEY']);
    expect(both.found(Buffer.from('ijklmnop').toString('base64'))).toEqual(['B_KEY']);
    expect(both.found('nothing')).toEqual([]);
  });

  test('with half a character in it is looked for as it is written out', () => {
    expect(createRedactor({ A_KEY: 'abc\ud800defgh' }).text('.abc\ufffddefgh.')).toBe('.[A_KEY].');
  });

  test('without any, text stays as it is', () => {
    const none = createRedactor({});
    expect(none.text(KEY)).toBe(KEY);
    expect(none.stream().push(KEY)).toBe(KEY);
  });
});

test.each([
  ['a line end behind it', `${KEY}\n`],
  ['a line end of Windows', `${KEY}\r\n`],
  ['blanks around it', `  ${KEY}\t`],
  ['another line before it', `first line\n${KEY}\n`],
])('a value with %s is used without, and replaced so too', (_name, value) => {
  const { text } = createRedactor({ API_KEY: value });
  for (const write of Object.values(WRITTEN)) expect(text(`a ${write(KEY)} b`)).toContain('[API_KEY]');
  expect(text(`a ${KEY} b`)).toBe('a [API_KEY] b');
});

test('the first and the last line of a key file are in all of them, and stay', () => {
  const lines = ['-----BEGIN PRIVATE KEY-----', 'MIIEvQIBADANBgkqhkiG9w0', '-----END PRIVATE KEY-----'];
  const { text } = createRedactor({ API_KEY: lines.join('\n') });
  expect(text(lines.toReversed().join('\n'))).toBe([lines[2], '[API_KEY]', lines[0]].join('\n'));
});

describe('a text that broke off', () => {
  const one = createRedactor({ A_KEY: 'abcdefghijkl' });
  test.each([
    ['It is abcdefg', 'It is […]'],
    ['It is abcd', 'It is […]'],
    ['It is abc', 'It is abc'],
    ['It is abcdefghijkl', 'It is [A_KEY]'],
    ['abcdefghijkl, then abcdef', '[A_KEY], then […]'],
    ['abcdefghijkl, then no more', '[A_KEY], then no more'],
    [`It is ${Buffer.from('abcdefghijkl').toString('base64').slice(0, 9)}`, 'It is […]'],
    ['', ''],
  ])('%j is %j, in one piece or in many', (text, safe) => {
    expect(one.brokenOff(text)).toBe(safe);
    const stream = one.stream();
    expect([...text].map((letter) => stream.push(letter)).join('') + stream.end('broken-off')).toBe(safe);
  });
});

describe('whatever the secret is', () => {
  const secret = fc.oneof(
    fc.string({ minLength: 8, maxLength: 40 }),
    fc.string({ unit: 'binary', minLength: 8, maxLength: 40 }),
  );
  const around = fc.string({ maxLength: 20 });

  test.each(Object.entries(WRITTEN))('it does not survive %s', (_, write) => {
    fc.assert(
      fc.property(secret, around, around, (value, before, after) => {
        const written = write(value.toWellFormed());
        fc.pre(!before.includes(written) && !after.includes(written) && !'[THE_KEY]'.includes(written));
        const text = createRedactor({ THE_KEY: value }).text(`${before} ${written} ${after}`);
        expect(text).toContain('[THE_KEY]');
        expect(text).not.toContain(written);
      }),
    );
  });

  const overlapping = fc.stringMatching(/^[ab]{8,14}$/);

  test('a stream gives what the whole text would give, wherever it is cut', () => {
    const chunks = fc.array(fc.stringMatching(/^[abc]{0,9}$/), { maxLength: 12 });
    fc.assert(
      fc.property(fc.array(overlapping, { minLength: 1, maxLength: 3 }), chunks, (values, pieces) => {
        const one = createRedactor(Object.fromEntries(values.map((value, index) => [`KEY_${index}`, value])));
        const stream = one.stream();
        const streamed = pieces.map((piece) => stream.push(piece)).join('') + stream.end();
        expect(streamed).toBe(one.text(pieces.join('')));
      }),
      { numRuns: 1000 },
    );
  });

  test('a stream never lets any part of a planted secret out before it knows', () => {
    fc.assert(
      fc.property(
        secret,
        around,
        around,
        fc.infiniteStream(fc.integer({ min: 1, max: 5 })),
        (value, before, after, sizes) => {
          const one = createRedactor({ THE_KEY: value });
          const text = `${before}${value}${after}`;
          const stream = one.stream();
          let streamed = '';
          for (let at = 0; at < text.length; ) {
            const size = sizes.next().value;
            streamed += stream.push(text.slice(at, at + size));
            at += size;
          }
          expect(streamed + stream.end()).toBe(one.text(text));
        },
      ),
    );
  });
});

describe('a stream', () => {
  test('holds back no more than the beginning of a secret', () => {
    const stream = createRedactor({ A_KEY: 'abcdefgh' }).stream();
    expect(stream.push('hello ab')).toBe('hello ');
    expect(stream.push('c')).toBe('');
    expect(stream.push('x')).toBe('abcx');
    expect(stream.push('abcdefgh!')).toBe('[A_KEY]!');
    expect(stream.push('abcd')).toBe('');
    expect(stream.end()).toBe('abcd');
    expect(stream.end()).toBe('');
  });

  test('waits for the longer of two secrets that begin alike', () => {
    const stream = createRedactor({ A_KEY: 'abcdefgh', B_KEY: 'abcdefghijkl' }).stream();
    expect(stream.push('abcdefgh')).toBe('');
    expect(stream.push('ijkl.')).toBe('[B_KEY].');
    expect(stream.push('abcdefghi')).toBe('');
    expect(stream.push('.')).toBe('[A_KEY]i.');
    expect(stream.push('abcdefgh')).toBe('');
    expect(stream.end()).toBe('[A_KEY]');
  });

  test('of a megabyte in small chunks is done at once', () => {
    const many = createRedactor(
      Object.fromEntries(
        Array.from({ length: 20 }, (_, index) => [`K${index}`, `secret-value-${index}-${'x'.repeat(200)}`]),
      ),
    );
    const stream = many.stream();
    const start = performance.now();
    for (let index = 0; index < 10_000; index++)
      stream.push(
        'some output of a program, a hundred characters a chunk or so, as a compiler would print it: secret-\n',
      );
    stream.end();
    expect(performance.now() - start).toBeLessThan(2000);
  });
});
