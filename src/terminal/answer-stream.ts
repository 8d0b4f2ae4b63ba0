// A model's answer as it comes: safe for the terminal, its Markdown a little easier to read. Knows no model and no task.

import { neutralise } from '../base/text.ts';
import type { Style } from './style.ts';

export type AnswerStream = {
  /** What is to be shown now of what has come. */
  readonly push: (chunk: string) => string;
  /** What was held back. */
  readonly end: () => string;
};

/** Only what needs no looking ahead: headings, fences, quotes. Words and line breaks stay as the model wrote them. */
type Kind = 'undecided' | 'plain' | 'heading' | 'fence' | 'code' | 'quote';

/**
 * Without `live`, whole lines only: a log file is no place for half of one. With it, a line is held back only until its first letters
 * say what it is. A chunk may end anywhere: also between CR and LF, or inside a character.
 */
export function createAnswerStream(style: Style, live: boolean): AnswerStream {
  let held = '';
  let kind: Kind = 'undecided';
  let inCode = false;

  const paint = (text: string): string => {
    if (text === '') return '';
    switch (kind) {
      case 'heading':
        return style.bold(text);
      case 'fence':
      case 'quote':
        return style.dim(text);
      default:
        return text;
    }
  };
  /** Takes a part of the present line; `whole`: nothing more of it comes. */
  const part = (text: string, whole: boolean): string => {
    const line = held + text;
    held = '';
    if (kind === 'undecided') kind = kindOf(line, { whole, inCode });
    if (kind !== 'undecided' && (live || whole)) return paint(neutralise(line));
    held = line;
    return '';
  };
  const finishLine = (): void => {
    if (kind === 'fence') inCode = !inCode;
    kind = 'undecided';
  };
  const take = (text: string): string => {
    const lines = text.split('\n');
    const last = lines.pop() ?? '';
    const done = lines.map((line) => {
      const shown = part(line, true);
      finishLine();
      return `${shown}\n`;
    });
    return done.join('') + (last === '' ? '' : part(last, false));
  };

  let tail = '';
  return {
    push(chunk) {
      const text = tail + chunk;
      // Half of a line end or of a character waits for the other half.
      const keep = /[\r\ud800-\udbff]$/.test(text) ? 1 : 0;
      tail = text.slice(text.length - keep);
      return take(text.slice(0, text.length - keep).replace(/\r\n/g, '\n'));
    },
    end() {
      const rest = part(tail, true);
      tail = '';
      kind = 'undecided';
      inCode = false;
      return rest;
    },
  };
}

/** `undecided`: the next letter may still change it. */
function kindOf(line: string, { whole, inCode }: { whole: boolean; inCode: boolean }): Kind {
  if (/^ {0,3}(?:`{3}|~{3})/.test(line)) return 'fence';
  if (!whole && /^ {0,3}(?:`{0,2}|~{0,2})$/.test(line)) return 'undecided';
  if (inCode) return 'code';
  if (!whole && /^#{1,6}$/.test(line)) return 'undecided';
  if (/^#{1,6} /.test(line)) return 'heading';
  return /^> ?/.test(line) ? 'quote' : 'plain';
}
