// Durations, suggestions, terminal safety, shortening.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  count,
  DURATION_PATTERN,
  didYouMean,
  formatDuration,
  localTime,
  neutralise,
  oneLine,
  parseDuration,
  shorten,
  suggest,
} from '../../../src/base/text.ts';

describe('a duration', () => {
  test.each<[value: string | number, ms: number | undefined]>([
    [90, 90_000],
    [0, 0],
    [0.5, 500],
    ['90', 90_000],
    ['90s', 90_000],
    ['1.5s', 1500],
    ['5m', 300_000],
    ['1h', 3_600_000],
    ['250ms', 250],
    ['9ms', 9],
    ['0s', 0],
    [-1, undefined],
    [Number.NaN, undefined],
    [Number.POSITIVE_INFINITY, undefined],
    ['', undefined],
    ['m', undefined],
    ['5 m', undefined],
    ['5M', undefined],
    ['5d', undefined],
    ['-5s', undefined],
    ['1e3', undefined],
    ['.5s', undefined],
    ['5m30s', undefined],
    ['5s\n', undefined],
  ])('%j is %s milliseconds', (value, ms) => {
    expect(parseDuration(value)).toBe(ms);
  });

  test('is read exactly when the schema accepts it as text', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[0-9.]{0,4}(ms|s|m|h|d)?$/)), (text) => {
        expect(parseDuration(text) !== undefined).toBe(DURATION_PATTERN.test(text));
      }),
    );
  });

  test.each([
    [0, '0 ms'],
    [12.4, '12 ms'],
    [999.4, '999 ms'],
    [999.6, '1.0 s'],
    [4234, '4.2 s'],
    [59_940, '59.9 s'],
    [59_960, '1m 00s'],
    [60_000, '1m 00s'],
    [185_000, '3m 05s'],
    [3_599_400, '59m 59s'],
    [3_599_600, '1h 00m'],
    [7_800_000, '2h 10m'],
    [360_000_000, '100h 00m'],
  ])('of %d ms is shown as %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });

  test('is never shown with 60 seconds or minutes, or 1000 milliseconds', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1e8, noNaN: true }), (ms) => {
        const [, value = '', second = ''] =
          /^(\d+)(?:\.\d)? ?(?:ms|s|m (\d+)s|h (\d+)m)$/.exec(formatDuration(ms)) ?? [];
        expect(Number(value)).toBeLessThan(
          formatDuration(ms).endsWith('ms') ? 1000 : formatDuration(ms).includes('h') ? 1e8 : 60,
        );
        expect(Number(second)).toBeLessThan(60);
      }),
    );
  });
});

test('a time is told to the minute, in the time zone of the machine', () => {
  const date = new Date(2026, 0, 31, 9, 5, 59);
  expect(localTime(date.toISOString())).toBe('2026-01-31 09:05');
});

describe('the word that was probably meant', () => {
  const KEYS = ['name', 'status', 'depends_on', 'task_detail_file', 'type', 'id'];
  test.each<[word: string, meant: string | undefined]>([
    ['naem', 'name'],
    ['nam', 'name'],
    ['Status', 'status'],
    ['depend_on', 'depends_on'],
    ['dependson', 'depends_on'],
    ['taskdetailfile', 'task_detail_file'],
    ['ib', 'id'],
    ['xyz', undefined],
    ['', undefined],
    ['statusstatus', undefined],
    ['x'.repeat(100_000), undefined],
  ])('for %.20j is %j', (word, meant) => {
    expect(suggest(word, KEYS)).toBe(meant);
    expect(didYouMean(word, KEYS)).toBe(meant === undefined ? undefined : `did you mean "${meant}"?`);
  });

  test('is the nearest, and the first of two that are equally near', () => {
    expect(suggest('bild', ['wild', 'build', 'bold'])).toBe('wild');
    expect(suggest('buidl', ['built', 'build'])).toBe('build');
    expect(suggest('any', [])).toBeUndefined();
  });

  test('is the word itself where it is known', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.stringMatching(/^[a-z]{1,12}$/), { minLength: 1 }), (known) => {
        for (const word of known) expect(suggest(word, known)).toBe(word);
      }),
    );
  });
});

describe('text for a terminal', () => {
  test.each([
    ['plain text, ümläut, 漢字, 😀', 'plain text, ümläut, 漢字, 😀'],
    ['\u001b[31mred\u001b[0m', '␛[31mred␛[0m'],
    ['\u001b]0;title\u0007', '␛]0;title␇'],
    ['a\r\nb\r\n', 'a\nb\n'],
    ['100%\rdone', '100%␍done'],
    ['a\tb\nc', 'a\tb\nc'],
    ['\u0000\u007f', '␀␡'],
    ['\u009b31m', '\ufffd31m'],
    ['abc\u202egnp.exe', 'abc\ufffdgnp.exe'],
    ['\u2066a\u2069', '\ufffda\ufffd'],
  ])('%j becomes %j', (text, safe) => {
    expect(neutralise(text)).toBe(safe);
  });

  const anyText = fc.string({
    unit: fc
      .oneof(fc.integer({ min: 0, max: 0x9f }), fc.integer({ min: 0x2000, max: 0x2070 }))
      .map((code) => String.fromCharCode(code)),
  });

  test('holds no control or bidirectional character but line feeds and tabs', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(neutralise(text).replace(/[\n\t]/g, '')).not.toMatch(/\p{Cc}|\p{Bidi_Control}/u);
        expect(neutralise(neutralise(text))).toBe(neutralise(text));
      }),
    );
  });

  test.each([
    ['  a  ', 'a'],
    ['a\nb', 'a b'],
    ['a  \r\n\r\n   b', 'a b'],
    ['a\tb', 'a b'],
    ['a  b', 'a  b'],
    ['a\u2028b\u2029c', 'a b c'],
    ['a\u001bb', 'a␛b'],
    ['\n\n', ''],
  ])('%j is %j in one line', (text, line) => {
    expect(oneLine(text)).toBe(line);
  });

  test('in one line holds no line break and no tab, whatever it held', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(oneLine(text)).not.toMatch(/[\n\r\t\u2028\u2029\u0085]/);
      }),
    );
  });

  test('with a million spaces is made one line at once', () => {
    const start = performance.now();
    expect(oneLine(`a${' '.repeat(1e6)}b`)).toHaveLength(1e6 + 2);
    expect(performance.now() - start).toBeLessThan(1000);
  });
});

describe('a shortened text', () => {
  test.each([
    ['short', 10, 'short'],
    ['exact', 5, 'exact'],
    ['longer', 5, 'long…'],
    ['😀😀😀', 3, '😀😀😀'],
    ['😀😀😀😀', 3, '😀😀…'],
    ['abc', 1, '…'],
    ['', 0, ''],
  ])('%j within %d characters is %j', (text, length, short) => {
    expect(shorten(text, length)).toBe(short);
  });

  test('has at most the characters that were asked for, and is the text itself where it fits', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 1, max: 20 }), (text, length) => {
        const points = [...text];
        const short = shorten(text, length);
        expect([...short].length).toBe(Math.min(points.length, length));
        expect(short).toBe(points.length <= length ? text : `${points.slice(0, length - 1).join('')}…`);
      }),
    );
  });
});

test.each([
  [0, '0 tasks'],
  [1, '1 task'],
  [2, '2 tasks'],
])('%d is counted as %j', (n, text) => {
  expect(count(n, 'task')).toBe(text);
});
