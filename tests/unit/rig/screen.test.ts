// The rig's terminal screen against what terminals do.
import { describe, expect, test } from 'vitest';
import { createScreen } from '../../rig/screen.ts';

const ESC = '\x1b';
const CSI = `${ESC}[`;

function shown(...writes: string[]): string {
  const screen = createScreen(10, 4);
  for (const write of writes) screen.write(write);
  return screen.text();
}

describe('the screen', () => {
  test.each<[string, string, string]>([
    ['lines', 'a\r\nb', 'a\nb'],
    ['a bare line feed keeps the column', 'ab\nc', 'ab\n  c'],
    ['a carriage return overwrites', 'abc\rX', 'Xbc'],
    ['a backspace steps back', 'abc\b\bX', 'aXc'],
    ['a tab goes to the next stop', 'a\tb', 'a       b'],
    ['colours are passed over', `${CSI}31;1mred${CSI}0m`, 'red'],
    ['a long line wraps', 'abcdefghijkl', 'abcdefghij\nkl'],
    ['a full line alone does not wrap yet', 'abcdefghij\r\nk', 'abcdefghij\nk'],
    ['the top scrolls away', '1\r\n2\r\n3\r\n4\r\n5', '2\n3\n4\n5'],
    ['erase to the end of the line', `abc${CSI}2D${CSI}K`, 'a'],
    ['erase to the start of the line', `abc${CSI}D${CSI}1K`, ''],
    ['erase the line', `abc${CSI}2Kd`, '   d'],
    ['erase below', `1\r\n2\r\n3${CSI}2;2H${CSI}J`, '1\n2'],
    ['erase above', `1\r\n2\r\n3${CSI}2;2H${CSI}1J`, '\n\n3'],
    ['erase all', `1\r\n2${CSI}2J${CSI}Hx`, 'x'],
    ['move up and to a column', `one\r\ntwo${CSI}A${CSI}1GX`, 'Xne\ntwo'],
    ['move down does not scroll', `${CSI}9Bx`, '\n\n\nx'],
    ['move beyond the edges stops there', `${CSI}99;99Hx${CSI}99Dy`, '\n\n\ny        x'],
    ['save and restore the cursor', `a${ESC}7bcd${ESC}8X`, 'aXcd'],
    ['the second screen leaves the first as it was', `main${CSI}?1049hother${CSI}?1049l`, 'main'],
    ['hiding the cursor shows nothing', `${CSI}?25la${CSI}?25h`, 'a'],
    ['titles and links are not text', `${ESC}]0;title\x07a${ESC}]8;;http://x${ESC}\\b`, 'ab'],
    ['wide characters take two columns', `漢字${CSI}5GX`, '漢字X'],
    ['a wide character that does not fit wraps', 'abcdefghi漢', 'abcdefghi\n漢'],
    ['an emoji of several code points is one', `👩‍💻${CSI}3Gx`, '👩‍💻x'],
    ['a stray escape is dropped', `a${ESC}\nb`, 'a\n b'],
  ])('%s', (_case, data, text) => {
    expect(shown(data)).toBe(text);
  });

  test('a sequence may come in pieces', () => {
    expect(shown('abc', ESC, '[', '2', 'D', CSI, 'K')).toBe('a');
    expect(shown('a', `${ESC}]0;ti`, 'tle', '\x07b')).toBe('ab');
  });

  test('the cursor is where the next character would go', () => {
    const screen = createScreen(10, 4);
    screen.write('a\r\nbc');
    expect(screen.cursor()).toEqual({ row: 1, column: 2 });
  });
});

describe('the plain text', () => {
  test.each<[string, string[], string]>([
    ['keeps what the screen has erased', [`abc${CSI}2K\rdef`], 'abc\rdef'],
    ['has LF for CRLF, also across writes', ['a\r', '\nb\r\r', '\nc'], 'a\nb\nc'],
  ])('%s', (_case, writes, plain) => {
    const screen = createScreen(10, 4);
    for (const write of writes) screen.write(write);
    expect(screen.plain()).toBe(plain);
  });
});
