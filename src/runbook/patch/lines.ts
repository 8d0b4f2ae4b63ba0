// Geometry of a text: lines, columns, line ends. Knows nothing of YAML but where a comment line begins.

const BOM = '\uFEFF';

/** In a regular expression; not `^`, which takes more characters for the end of a line than YAML does. */
export const LINE_START = String.raw`(?<![^\n])`;

export function lineStart(text: string, offset: number): number {
  const start = text.lastIndexOf('\n', offset - 1) + 1;
  return start === 0 && text.startsWith(BOM) ? 1 : start;
}

/** Before the line break, or the end of the text. */
export function lineEnd(text: string, offset: number): number {
  const newline = text.indexOf('\n', offset);
  if (newline === -1) return text.length;
  return newline > offset && text[newline - 1] === '\r' ? newline - 1 : newline;
}

/** After the line break, or the end of the text. */
export function nextLine(text: string, offset: number): number {
  const newline = text.indexOf('\n', offset);
  return newline === -1 ? text.length : newline + 1;
}

/** The end of the line before the one that starts at the offset; the offset itself where no line break is before it. */
export function beforeBreak(text: string, line: number): number {
  if (text[line - 1] !== '\n') return line;
  return text[line - 2] === '\r' ? line - 2 : line - 1;
}

export function restOfLine(text: string, offset: number): string {
  return text.slice(offset, lineEnd(text, offset)).trim();
}

/** The offset moved back over spaces and tabs, but not beyond the floor. */
export function blanksBefore(text: string, offset: number, floor: number): number {
  let start = offset;
  while (start > floor && /[ \t]/.test(text[start - 1] ?? '')) start -= 1;
  return start;
}

/** 0-based, in UTF-16 code units; what stands before a key is indentation and indicators, so this is its indentation. */
export function column(text: string, offset: number): number {
  return offset - lineStart(text, offset);
}

/** Whether everything before the offset on its line is blank. */
export function startsLine(text: string, offset: number): boolean {
  return text.slice(lineStart(text, offset), offset).trim() === '';
}

/** The line break in use just before the offset, else the first one of the text, else a line feed. */
export function lineBreak(text: string, offset: number): string {
  const near = text.lastIndexOf('\n', offset - 1);
  const newline = near === -1 ? text.indexOf('\n') : near;
  return newline > 0 && text[newline - 1] === '\r' ? '\r\n' : '\n';
}

function leadingSpaces(line: string): number {
  return line.length - line.replace(/^ +/, '').length;
}

/**
 * Where a line for something at `column` goes after content that ends at `end`: on the next line, and behind the comments
 * that are indented deeper, because they speak of that content.
 */
export function lineAfter(text: string, end: number, column: number): number {
  const atStart = end > 0 && text[end - 1] === '\n';
  let place = atStart ? end : nextLine(text, end);
  for (let line = place; line < text.length; line = nextLine(text, line)) {
    const content = text.slice(line, lineEnd(text, line));
    if (content.trim() === '') continue;
    if (!content.trimStart().startsWith('#') || leadingSpaces(content) <= column) break;
    place = nextLine(text, line);
  }
  return place;
}

/**
 * Whether a block scalar that ends right before the line at `offset`, inside something at `column`, could swallow what
 * follows: a deeper comment, or a line of more spaces.
 */
export function wouldAbsorb(text: string, offset: number, column: number): boolean {
  for (let line = offset; line < text.length; line = nextLine(text, line)) {
    const content = text.slice(line, lineEnd(text, line));
    // The `yaml` package takes a comment behind a tab for a part of the block.
    if (content.startsWith('\t')) return true;
    if (leadingSpaces(content) > column) return content.trim() === '' || content.trimStart().startsWith('#');
    if (content.trim() !== '') return false;
  }
  return false;
}
