// Problems as a person sees them: place, line, caret, advice.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Diagnostic, Place } from '../../../src/base/diagnostic.ts';
import { drawDiagnostic, drawDiagnostics, placeText } from '../../../src/terminal/diagnostics.ts';
import { roughWidth } from '../../../src/terminal/width.ts';
import { PLAIN } from './plain-style.ts';

/** The place of `marked` in the text; of the end of the text where it is empty. */
function placeOf(text: string, marked: string): Place {
  const start = marked === '' ? text.length : text.indexOf(marked);
  return { file: 'runbook.yaml', text, span: { start, end: start + Math.max(1, marked.length) } };
}

function draw(place: Place | undefined, rest: Partial<Diagnostic> = {}): string[] {
  return drawDiagnostic(
    { severity: 'error', code: 'c', message: 'it is wrong', ...(place ? { place } : {}), ...rest },
    PLAIN,
  ).split('\n');
}

describe('a place', () => {
  test.each<[place: Place, text: string]>([
    [placeOf('a: 1\nb: 2\n', '2'), 'runbook.yaml:2:4'],
    [{ file: 'runbook.yaml' }, 'runbook.yaml'],
    [{ file: 'runbook.yaml', text: 'a' }, 'runbook.yaml'],
    [{ file: 'runbook.yaml', text: '', span: { start: 0, end: 1 } }, 'runbook.yaml'],
    [{ file: 'odd\nname\u001b.yaml', text: 'a', span: { start: 0, end: 1 } }, 'odd name␛.yaml:1:1'],
  ])('%j is %s', (place, text) => {
    expect(placeText(place)).toBe(text);
  });
});

describe('a problem', () => {
  test('is drawn with its line, a caret and the advice', () => {
    expect(
      draw(placeOf('tasks:\n  - id: a\n    naem: A\n', 'naem'), {
        message: 'unknown key "naem"',
        advice: 'did you mean "name"?',
      }),
    ).toEqual([
      'runbook.yaml:3:5: error: unknown key "naem"',
      '    3 |     naem: A',
      '      |     ^^^^',
      '  → did you mean "name"?',
      '',
    ]);
  });

  test('without a place is one sentence', () => {
    expect(draw(undefined, { severity: 'warning' })).toEqual(['warning: it is wrong', '']);
  });

  test('with other places shows each', () => {
    const text = 'a: [b]\nb: [a]\n';
    expect(
      draw(placeOf(text, 'b'), {
        related: [{ message: 'and here', place: { ...placeOf(text, 'a]'), span: { start: 11, end: 12 } } }],
      }),
    ).toEqual([
      'runbook.yaml:1:5: error: it is wrong',
      '    1 | a: [b]',
      '      |     ^',
      '  and here: runbook.yaml:2:5',
      '    2 | b: [a]',
      '      |     ^',
      '',
    ]);
  });

  test('cannot steer the terminal', () => {
    const drawn = draw(placeOf('name: \u001b[31mred', '\u001b[31m'), {
      message: 'two\nlines\u0007',
      advice: '\u009b',
    }).join('\n');
    expect(drawn).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
    expect(drawn).toContain('two lines␇');
  });
});

describe('the caret', () => {
  test.each<[what: string, text: string, marked: string, line: string, caret: string]>([
    ['stands under the first column', 'abc', 'abc', 'abc', '^^^'],
    ['stands behind the end of a line', 'a: [', '', 'a: [', '    ^'],
    ['stands under the rest of the line where the part goes on below', 'a: "x\ny"', '"x\ny"', 'a: "x', '   ^^'],
    ['stands under a tab as under a space', 'a:\tb', 'b', 'a: b', '   ^'],
    ['stands under what follows wide characters', 'name: 漢字 x', 'x', 'name: 漢字 x', '           ^'],
    ['is as wide as wide characters', 'a: 漢字', '漢字', 'a: 漢字', '   ^^^^'],
    ['stands under what follows an emoji', 'a: 🚀 x', 'x', 'a: 🚀 x', '      ^'],
    ['counts no combining mark', 'a: e\u0301 x', 'x', 'a: e\u0301 x', '     ^'],
    ['counts no BOM', '\uFEFFabc: 1', '1', 'abc: 1', '     ^'],
    ['knows CRLF', 'a: 1\r\nb: 2\r\n', '2', 'b: 2', '   ^'],
    ['knows the end of a line with CRLF', 'a: 1\r\nb: 2\r\n', '\nb', 'a: 1', '    ^'],
    ['stands under nothing on an empty first line', '\na: 1', '\n', '', '^'],
  ])('%s', (_, text, marked, line, caret) => {
    const [, shown, pointed] = draw(placeOf(text, marked));
    expect([shown?.slice(8), pointed?.slice(8)]).toEqual([line, caret]);
  });

  test('stands under a part far to the right of a long line, which is cut', () => {
    const [head, line = '', caret = ''] = draw(placeOf(`key: ${'x'.repeat(500)}HERE${'y'.repeat(500)}`, 'HERE'));
    expect(head).toMatch(/^runbook\.yaml:1:506: /);
    expect(line.length).toBeLessThanOrEqual(108);
    expect(line.slice(caret.indexOf('^'), caret.lastIndexOf('^') + 1)).toBe('HERE');
  });

  test('stands under what is meant, wherever that is', () => {
    const unit = fc.constantFrom('a', ' ', '\n', '\r\n', '漢', '🚀', '\t', ':');
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 40 }), fc.string({ unit, maxLength: 40 }), (before, after) => {
        const text = `${before}#HERE#${after}`;
        const [, line = '', caret = ''] = draw(placeOf(text, '#HERE#'));
        expect(caret).toMatch(/^ {6}\| *\^{6}$/);
        const column = caret.indexOf('^');
        const above = line.slice(0, line.indexOf('#HERE#'));
        expect(roughWidth(above)).toBe(column);
      }),
    );
  });
});

describe('several problems', () => {
  const error: Diagnostic = { severity: 'error', code: 'c', message: 'one' };
  const warning: Diagnostic = { severity: 'warning', code: 'c', message: 'two' };
  test.each<[problems: Diagnostic[], text: string]>([
    [[], ''],
    [[error], 'error: one\n'],
    [[error, error], 'error: one\n\nerror: one\n\n2 errors\n'],
    [[error, warning, warning], 'error: one\n\nwarning: two\n\nwarning: two\n\n1 error, 2 warnings\n'],
    [[warning, warning], 'warning: two\n\nwarning: two\n\n2 warnings\n'],
  ])('%j are drawn apart and counted', (problems, text) => {
    expect(drawDiagnostics(problems, PLAIN)).toBe(text);
  });
});
