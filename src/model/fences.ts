// Finds fenced code blocks in a model's answer. Pure; knows nothing of what is in them.

export type Block = {
  /** In lower case and by its usual name (`py` is `python`); empty where the fence names none. */
  readonly language: string;
  /** As written by the model, for messages. */
  readonly label: string;
  /** LF at each line's end, the indent of the fence taken away. Empty or ends with a line feed. */
  readonly content: string;
  /** 1-based line of the opening fence. */
  readonly line: number;
};

export type Fenced = {
  readonly blocks: readonly Block[];
  /** 1-based line of a fence that is never closed: the answer was cut, or a block holds a fence like its own. */
  readonly unclosedAt: number | null;
  /** What stands outside the blocks. */
  readonly prose: string;
};

/** First name: the usual one. A parser or a fence may use any of them. */
const ALIASES: readonly (readonly string[])[] = [
  ['python', 'py', 'python3', 'py3'],
  ['javascript', 'js', 'mjs', 'cjs', 'node'],
  ['typescript', 'ts', 'mts', 'cts'],
  ['bash', 'sh', 'shell', 'zsh'],
  ['yaml', 'yml'],
  ['markdown', 'md'],
  ['text', 'txt', 'plain', 'plaintext'],
  ['cpp', 'c++', 'cc', 'cxx'],
  ['csharp', 'c#', 'cs'],
  ['fsharp', 'f#', 'fs'],
  ['go', 'golang'],
  ['rust', 'rs'],
  ['ruby', 'rb'],
  ['kotlin', 'kt', 'kts'],
  ['haskell', 'hs'],
  ['perl', 'pl'],
  ['elixir', 'ex', 'exs'],
  ['clojure', 'clj'],
  ['objective-c', 'objc', 'objectivec'],
  ['powershell', 'ps1', 'pwsh', 'ps'],
  ['dockerfile', 'docker'],
  ['makefile', 'make', 'mk'],
  ['terraform', 'tf', 'hcl'],
  ['sql', 'postgresql', 'postgres', 'mysql', 'sqlite'],
  ['graphql', 'gql'],
  ['protobuf', 'proto'],
  ['latex', 'tex'],
  ['html', 'htm'],
];

const USUAL_NAME = new Map(ALIASES.flatMap((names) => names.map((name) => [name, names[0] ?? name])));

/** The usual name of a language. */
export function languageName(name: string): string {
  const lower = name.toLowerCase();
  return USUAL_NAME.get(lower) ?? lower;
}

/** The language of an info string: `python title="x"`, `python:src/app.py`, `{.python .numberLines}`, `language-python`. */
function languageOf(info: string): string {
  const word = /^\{?\s*\.?([A-Za-z0-9_+#.-]+)/.exec(info)?.[1] ?? '';
  return languageName(word.replace(/^(?:language|lang)-/i, ''));
}

type Open = {
  readonly mark: string;
  readonly indent: number;
  readonly label: string;
  readonly line: number;
  readonly content: string[];
  /** Fences of the same kind that were opened inside; only in Markdown, where models nest them without longer fences. */
  nested: number;
};

const OPENING = /^(\s*(?:(?:[-*+]|\d{1,9}[.)])\s+)?)(`{3,}|~{3,})\s*(.*)$/;
const FENCE = /^(\s*)(`{3,}|~{3,})\s*$/;

/**
 * Reads blocks as CommonMark does (a block is closed by a bare fence of the same character and at least its length), but
 * for three things that models do: a fence may be indented at will or stand after a list marker, and inside a Markdown
 * block a fence with a language opens an inner block.
 */
export function findBlocks(text: string): Fenced {
  const blocks: Block[] = [];
  const prose: string[] = [];
  let open: Open | null = null;
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (open === null) {
      open = opening(line, index + 1);
      if (open === null) prose.push(line);
    } else if (closes(line, open)) {
      blocks.push(finished(open));
      open = null;
    } else {
      open.content.push(dedent(line, open.indent));
    }
  }
  return { blocks, unclosedAt: open?.line ?? null, prose: prose.join('\n') };
}

function opening(line: string, number: number): Open | null {
  const [, lead = '', mark = '', info = ''] = OPENING.exec(line) ?? [];
  // Backticks in the info string: code in a line of prose, not a fence.
  if (mark === '' || (mark.startsWith('`') && info.includes('`'))) return null;
  return { mark, indent: lead.length, label: info.trim(), line: number, content: [], nested: 0 };
}

function closes(line: string, open: Open): boolean {
  const inner = languageOf(open.label) === 'markdown' ? opening(line, 0) : null;
  if (inner !== null && inner.label !== '' && isLike(inner.mark, open.mark)) {
    open.nested += 1;
    return false;
  }
  const [, lead = '', mark = ''] = FENCE.exec(line) ?? [];
  // Four columns further in, it is text of the block, as in a docstring.
  if (!isLike(mark, open.mark) || lead.length >= open.indent + 4) return false;
  if (open.nested === 0) return true;
  open.nested -= 1;
  return false;
}

function isLike(mark: string, opened: string): boolean {
  return mark.length >= opened.length && mark[0] === opened[0];
}

function dedent(line: string, indent: number): string {
  const own = /^\s*/.exec(line)?.[0].length ?? 0;
  return line.slice(Math.min(own, indent));
}

function finished(open: Open): Block {
  const content = open.content.length === 0 ? '' : `${open.content.join('\n')}\n`;
  return { language: languageOf(open.label), label: open.label, content, line: open.line };
}
