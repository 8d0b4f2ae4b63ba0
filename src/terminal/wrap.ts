// Breaks prose at a terminal's width, so that the terminal cuts no word. Pure; knows colours only as what takes no column.

import { roughWidth } from './width.ts';

const COLOUR = /\u001B\[[0-9;]*m/g;

export type WrapOptions = {
  /** Columns; Infinity breaks nothing. */
  readonly width: number;
  /** Begins every line. */
  readonly indent?: string;
  /** Begins each further line that a long one was broken into, after `indent`. */
  readonly hanging?: string;
};

/** The text in lines that fit; its own line feeds and the indent of its lines stay, and so does a word that is longer than a line. */
export function wrap(text: string, { width, indent = '', hanging = '' }: WrapOptions): string {
  return text
    .split('\n')
    .flatMap((line) => (line === '' ? [''] : breakLine(line, { width, indent, hanging })))
    .join('\n');
}

function breakLine(line: string, { width, indent, hanging }: Required<WrapOptions>): string[] {
  const own = /^ */.exec(line)?.[0] ?? '';
  const lines: string[] = [];
  let current = indent + own;
  let empty = true;
  for (const word of line.slice(own.length).split(' ')) {
    const longer = empty ? current + word : `${current} ${word}`;
    if (empty || columns(longer) <= width) current = longer;
    else {
      lines.push(current.trimEnd());
      current = indent + own + hanging + word;
    }
    empty = false;
  }
  return [...lines, current];
}

function columns(text: string): number {
  return roughWidth(text.replace(COLOUR, ''));
}
