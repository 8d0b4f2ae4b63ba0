// A problem in a file that a person wrote, with its place. Does not know how it is drawn.

/** Offsets are UTF-16 code units into the file's text; `end` is exclusive. */
export type Span = { readonly start: number; readonly end: number };

/** One place in one file. `text` is the whole file where it is known, so that the line can be shown with a caret. */
export type Place = {
  /** Path as shown to the person: relative to the project root where it lies inside. */
  readonly file: string;
  readonly text?: string;
  readonly span?: Span;
  /** Where the text is too long to be kept: line and column from 1. */
  readonly at?: { readonly line: number; readonly column?: number };
};

export type Diagnostic = {
  readonly severity: 'error' | 'warning';
  /** Stable kebab-case word, for scripts and tests: `unknown-key`, `cycle`, … */
  readonly code: string;
  /** What happened, in one sentence without a full stop. */
  readonly message: string;
  readonly place?: Place;
  /** Other places that explain this one: "first defined here". */
  readonly related?: readonly { readonly message: string; readonly place: Place }[];
  /** What to do next. */
  readonly advice?: string;
  /** The task whose detail file or template is at fault; absent where the problem blocks the whole runbook. */
  readonly taskId?: string;
};

/** 1-based line and column of an offset; a column counts code points, as editors do. A leading BOM counts as nothing. */
export function lineColumn(text: string, offset: number): { line: number; column: number } {
  const end = outOfLineEnd(text, offset);
  const start = lineStart(text, end);
  const line = (text.slice(0, start).match(/\r\n|\n|\r/g) ?? []).length + 1;
  return { line, column: [...text.slice(start, end)].length + 1 };
}

/** The offset at which the line begins that `offset` lies in: after a leading BOM, LF, CRLF or CR. */
export function lineStart(text: string, offset: number): number {
  const before = text.slice(0, outOfLineEnd(text, offset));
  const start = Math.max(before.lastIndexOf('\n'), before.lastIndexOf('\r')) + 1;
  return start === 0 && before.startsWith('\uFEFF') ? 1 : start;
}

/** The LF of a CRLF belongs to the line that it ends. */
function outOfLineEnd(text: string, offset: number): number {
  return text[offset - 1] === '\r' && text[offset] === '\n' ? offset - 1 : offset;
}
