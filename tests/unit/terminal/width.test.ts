// Columns of text: quick where all is narrow, right where it is not.
import fc from 'fast-check';
import stringWidth from 'string-width';
import { describe, expect, test } from 'vitest';
import { roughWidth, widthFor } from '../../../src/terminal/width.ts';

describe('a measure', () => {
  test('of narrow texts is their length', async () => {
    const measure = await widthFor(['plain', 'ümläut', 'a … b → ✓✗○▸·–█░─', '']);
    expect(measure('漢')).toBe(1);
    expect(measure('plain')).toBe(5);
  });

  test.each([
    ['漢字', 4],
    ['한국', 4],
    ['🚀', 2],
    ['👩‍👩‍👧', 2],
    ['e\u0301', 1],
    ['a\u200bb', 2],
    ['\u00ad', 0],
    ['ｆｕｌｌ', 8],
  ])('of %s knows that it takes %d', async (text, columns) => {
    const measure = await widthFor(['plain', text]);
    expect(measure(text)).toBe(columns);
  });

  test('is that of the full tables wherever it does without them', async () => {
    const narrow = fc.string({
      unit: fc.oneof(
        fc.integer({ min: 0x20, max: 0x2ff }).map((code) => String.fromCharCode(code)),
        fc.constantFrom('‐', '–', '—', '‘', '”', '•', '…', '→', '✓', '✗', '○', '▸', '█', '░', '─'),
      ),
    });
    await fc.assert(
      fc.asyncProperty(narrow, async (text) => {
        expect((await widthFor([text]))(text)).toBe(stringWidth(text));
      }),
    );
  });
});

describe('a rough width', () => {
  test.each([
    ['', 0],
    ['abc', 3],
    ['漢字', 4],
    ['한', 2],
    ['ｆ', 2],
    ['🚀', 2],
    ['e\u0301', 1],
    ['\t', 1],
    ['𠮷', 2],
    ['→✓', 2],
  ])('of %j is %d', (text, width) => {
    expect(roughWidth(text)).toBe(width);
  });

  test('is that of the full tables for single characters of common scripts', () => {
    const ranges = [
      [0x20, 0x7e],
      [0xa0, 0xac],
      [0xae, 0x2ff],
      [0x370, 0x482],
      [0x4e00, 0x4eff],
      [0x3041, 0x3096],
      [0xac00, 0xacff],
      [0x1f680, 0x1f6a4],
    ] as const;
    const wrong = ranges
      .flatMap(([from, to]) => Array.from({ length: to - from + 1 }, (_, index) => String.fromCodePoint(from + index)))
      .filter((char) => roughWidth(char) !== stringWidth(char));
    expect(wrong).toEqual([]);
  });
});
