// Prose in lines of a terminal's width.
import { expect, test } from 'vitest';
import { type WrapOptions, wrap } from '../../../src/terminal/wrap.ts';

const RED = '\u001B[31m';
const OFF = '\u001B[39m';

test.each<[string, string, WrapOptions, string]>([
  ['a short text stays', 'one two', { width: 20 }, 'one two'],
  ['a line is broken between words', 'one two three', { width: 8 }, 'one two\nthree'],
  ['a line that just fits is not broken', 'one two', { width: 7 }, 'one two'],
  [
    'without a width nothing is broken',
    'one two '.repeat(50),
    { width: Number.POSITIVE_INFINITY },
    'one two '.repeat(50),
  ],
  [
    'every line is indented, a blank one is not',
    'one two\n\nthree',
    { width: 6, indent: '  ' },
    '  one\n  two\n\n  three',
  ],
  ['further lines hang', '- one two three', { width: 9, indent: ' ', hanging: '  ' }, ' - one\n   two\n   three'],
  ['a line keeps an indent of its own', 'a\n  one two', { width: 6 }, 'a\n  one\n  two'],
  [
    'a word that is longer than a line stays whole',
    'see https://example.org now',
    { width: 10 },
    'see\nhttps://example.org\nnow',
  ],
  ['blanks between words stay', 'one  two', { width: 20 }, 'one  two'],
  ['colours take no column', `${RED}one${OFF} two`, { width: 7 }, `${RED}one${OFF} two`],
  ['wide characters take two', '日本 日本', { width: 8 }, '日本\n日本'],
])('%s', (_what, text, options, expected) => {
  expect(wrap(text, options)).toBe(expected);
});
