// Lines and columns of offsets, against a count by hand.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { lineColumn, lineStart } from '../../../src/base/diagnostic.ts';

/** Walks the text unit by unit, as one would count with a finger. */
function countByHand(text: string, offset: number): { line: number; column: number } {
  let at = text.startsWith('\uFEFF') ? 1 : 0;
  let line = 1;
  let column = 1;
  while (at < offset) {
    if (text.startsWith('\r\n', at)) {
      if (offset === at + 1) break;
      [at, line, column] = [at + 2, line + 1, 1];
    } else if (text[at] === '\n' || text[at] === '\r') [at, line, column] = [at + 1, line + 1, 1];
    else {
      const size = (text.codePointAt(at) ?? 0) > 0xffff && at + 2 <= offset ? 2 : 1;
      [at, column] = [at + size, column + 1];
    }
  }
  return { line, column };
}

describe('the place of an offset', () => {
  test.each<[text: string, offset: number, line: number, column: number]>([
    ['', 0, 1, 1],
    ['abc', 0, 1, 1],
    ['abc', 3, 1, 4],
    ['a\nb', 1, 1, 2],
    ['a\nb', 2, 2, 1],
    ['a\n\nb', 2, 2, 1],
    ['\na', 0, 1, 1],
    ['a\r\nb', 1, 1, 2],
    ['a\r\nb', 2, 1, 2],
    ['a\r\nb', 3, 2, 1],
    ['a\rb', 2, 2, 1],
    ['a\n', 2, 2, 1],
    ['😀b', 2, 1, 2],
    ['漢字b', 2, 1, 3],
    ['\uFEFFab', 0, 1, 1],
    ['\uFEFFab', 1, 1, 1],
    ['\uFEFFab', 2, 1, 2],
    ['\uFEFFa\nb', 3, 2, 1],
  ])('%j at %d is line %d, column %d', (text, offset, line, column) => {
    expect(lineColumn(text, offset)).toEqual({ line, column });
  });

  test('is that of a count by hand, at every offset', () => {
    const unit = fc.constantFrom('a', ' ', '\n', '\r', '\r\n', '\t', 'é', '漢', '😀');
    fc.assert(
      fc.property(fc.boolean(), fc.string({ unit, maxLength: 30 }), (bom, rest) => {
        const text = (bom ? '\uFEFF' : '') + rest;
        for (let offset = 0; offset <= text.length; offset++)
          expect(lineColumn(text, offset)).toEqual(countByHand(text, offset));
      }),
    );
  });
});

test.each<[text: string, offset: number, start: number]>([
  ['abc', 2, 0],
  ['a\nbc', 3, 2],
  ['a\nbc', 1, 0],
  ['\nbc', 0, 0],
  ['a\r\nbc', 2, 0],
  ['a\r\nbc', 3, 3],
  ['\uFEFFab', 0, 0],
  ['\uFEFFab', 2, 1],
])('the line of %j that holds offset %d begins at %d', (text, offset, start) => {
  expect(lineStart(text, offset)).toBe(start);
});
