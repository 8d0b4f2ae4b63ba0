// A small terminal screen: what a person would see after a program wrote its control sequences. Knows the sequences that
// line editors, prompts and spinners use (movement, erasing, saving the cursor, the second screen), no colours and no
// scroll regions; anything else is passed over.
import stringWidth from 'string-width';

export type Screen = {
  readonly write: (data: string) => void;
  /** The visible rows, without trailing blanks and blank rows at the end. */
  readonly text: () => string;
  /** All that was printed, without control sequences, in the order it was written; CRLF is LF. Only ever grows. */
  readonly plain: () => string;
  readonly cursor: () => { readonly row: number; readonly column: number };
};

type Cell = { text: string; width: number };
type Grid = { rows: Cell[][]; row: number; column: number; saved: { row: number; column: number } };

// CSI, OSC (ended by BEL or ST), other string sequences, two-character escapes with intermediates.
const SEQUENCE =
  /^\x1b(?:\[([0-?]*)[ -/]*([@-~])|\](?:[^\x07\x1b]*)(?:\x07|\x1b\\)|[PX^_][^\x1b]*\x1b\\|[ -/]*([0-OQ-WYZ\\`-~]))/;
// The same, not yet complete: a chunk may end anywhere.
const BEGINNING = /^\x1b(?:\[[0-?]*[ -/]*|[\]PX^_][^\x07\x1b]*\x1b?|[ -/]*)$/;
const segmenter = new Intl.Segmenter();

export function createScreen(columns: number, rows: number): Screen {
  let grid = emptyGrid();
  let hidden: Grid | undefined;
  let plain = '';
  let lastReturn = '';
  let rest = '';

  function write(data: string): void {
    let input = rest + data;
    rest = '';
    while (input !== '') {
      const start = input.indexOf('\x1b');
      if (start !== 0) {
        const end = start === -1 ? input.length : start;
        print(input.slice(0, end));
        input = input.slice(end);
        continue;
      }
      const match = SEQUENCE.exec(input);
      if (match === null && BEGINNING.test(input)) {
        rest = input;
        return;
      }
      if (match !== null) obey(match);
      input = input.slice(match?.[0].length ?? 1);
    }
  }

  function print(text: string): void {
    const returned = lastReturn + text;
    lastReturn = /\r*$/.exec(returned)?.[0] ?? '';
    plain += returned.slice(0, returned.length - lastReturn.length).replaceAll(/\r+\n/g, '\n');
    for (const { segment } of segmenter.segment(text)) put(segment);
  }

  function put(segment: string): void {
    switch (segment) {
      case '\r\n':
        grid.column = 0;
        return lineFeed();
      case '\n':
        return lineFeed();
      case '\r':
        grid.column = 0;
        return undefined;
      case '\b':
        grid.column = Math.max(0, Math.min(grid.column, columns - 1) - 1);
        return undefined;
      case '\t':
        grid.column = Math.min(columns - 1, (Math.floor(grid.column / 8) + 1) * 8);
        return undefined;
      default:
        return putGlyph(segment);
    }
  }

  function putGlyph(text: string): void {
    const width = stringWidth(text);
    if (width === 0) return;
    // As terminals do, the cursor stays behind the last column until one more character comes.
    if (grid.column + width > columns) {
      grid.column = 0;
      lineFeed();
    }
    const row = currentRow();
    while (row.length < grid.column) row.push(blank());
    row[grid.column] = { text, width };
    if (width === 2) row[grid.column + 1] = { text: '', width: 0 };
    grid.column += width;
  }

  function lineFeed(): void {
    grid.row += 1;
    if (grid.row < rows) return;
    grid.rows.shift();
    grid.row = rows - 1;
  }

  function currentRow(): Cell[] {
    while (grid.rows.length <= grid.row) grid.rows.push([]);
    return grid.rows[grid.row] as Cell[];
  }

  function obey([, parameters = '', final, simple]: RegExpExecArray): void {
    if (simple === '7') grid.saved = { row: grid.row, column: grid.column };
    else if (simple === '8') Object.assign(grid, grid.saved);
    else if (simple === 'M') grid.row = Math.max(0, grid.row - 1);
    else if (simple === 'c') grid = emptyGrid();
    else if (final !== undefined && parameters.startsWith('?')) switchMode(parameters, final);
    else if (final !== undefined) control(final, parameters.split(';').map(Number));
  }

  function switchMode(parameters: string, final: string): void {
    if (!/^\?(?:47|1047|1049)$/.test(parameters)) return;
    if (final === 'h' && hidden === undefined) {
      hidden = grid;
      grid = emptyGrid();
    } else if (final === 'l' && hidden !== undefined) {
      grid = hidden;
      hidden = undefined;
    }
  }

  function control(final: string, [first = 0, second = 0]: readonly number[]): void {
    const count = Math.max(1, first);
    switch (final) {
      case 'A':
        return moveTo(grid.row - count, grid.column);
      case 'B':
        return moveTo(grid.row + count, grid.column);
      case 'C':
        return moveTo(grid.row, grid.column + count);
      case 'D':
        return moveTo(grid.row, Math.min(grid.column, columns - 1) - count);
      case 'E':
        return moveTo(grid.row + count, 0);
      case 'F':
        return moveTo(grid.row - count, 0);
      case 'G':
        return moveTo(grid.row, count - 1);
      case 'd':
        return moveTo(count - 1, grid.column);
      case 'H':
      case 'f':
        return moveTo(count - 1, Math.max(1, second) - 1);
      case 's':
        grid.saved = { row: grid.row, column: grid.column };
        return undefined;
      case 'u':
        Object.assign(grid, grid.saved);
        return undefined;
      default:
        return erase(final, first);
    }
  }

  function moveTo(row: number, column: number): void {
    grid.row = Math.max(0, Math.min(rows - 1, row));
    grid.column = Math.max(0, Math.min(columns - 1, column));
  }

  function erase(final: string, mode: number): void {
    const row = currentRow();
    if (final === 'K') eraseLine(row, mode);
    else if (final === 'P') row.splice(grid.column, Math.max(1, mode));
    else if (final === 'L') grid.rows.splice(grid.row, 0, ...Array.from({ length: Math.max(1, mode) }, () => []));
    else if (final === 'M') grid.rows.splice(grid.row, Math.max(1, mode));
    else if (final === 'J') eraseScreen(row, mode);
    grid.rows.length = Math.min(grid.rows.length, rows);
  }

  function eraseLine(row: Cell[], mode: number): void {
    if (mode === 0) row.length = Math.min(row.length, grid.column);
    else if (mode === 2) row.length = 0;
    else for (let column = 0; column <= grid.column && column < row.length; column += 1) row[column] = blank();
  }

  function eraseScreen(row: Cell[], mode: number): void {
    if (mode === 0) {
      eraseLine(row, 0);
      grid.rows.length = grid.row + 1;
    } else if (mode === 1) {
      eraseLine(row, 1);
      for (const above of grid.rows.slice(0, grid.row)) above.length = 0;
    } else {
      grid.rows = [];
    }
  }

  function text(): string {
    const lines = grid.rows.map((row) =>
      row
        .map((cell) => cell.text)
        .join('')
        .trimEnd(),
    );
    return lines.join('\n').trimEnd();
  }

  return { write, text, plain: () => plain, cursor: () => ({ row: grid.row, column: grid.column }) };
}

function emptyGrid(): Grid {
  return { rows: [], row: 0, column: 0, saved: { row: 0, column: 0 } };
}

function blank(): Cell {
  return { text: ' ', width: 1 };
}
