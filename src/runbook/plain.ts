// Reads the plain subset of YAML in which nearly all runbooks are written, fast in a process that has just started.
// Gives up on everything else, so that the `yaml` package decides; knows neither what the data means nor what is wrong.
//
// The text is read where it stands, without being split into lines: for thousands of files, what is not made need not be collected.

import {
  findClosingQuote,
  fold,
  isKeyword,
  type PlainValue,
  parseJsonString,
  resolvePlain,
  resolveWord,
} from './plain-scalars.ts';

/** One that may merge, and those that could reach an object's prototype (design.md §9). */
const REFUSED_KEYS = ['<<', '__proto__', 'constructor', 'prototype'];
/** YAML allows 1024 characters up to the colon. */
const LONGEST_KEY = 1000;

/** Tabs, controls, Unicode line separators and an inner BOM: left to the authority wherever they stand. */
const OUTSIDE_SUBSET = /[^\n\x20-\x7e\xa0-\u2027\u202a-\ufefe\uff00-\uffff]/;

/** A key is a name or quoted text without escapes; one of another kind is met as a value, where its colon is refused. */
const NAME = /^[A-Za-z_](?:[\w ./-]*[\w./-])?$/;
const QUOTED_KEY = /"[^"\\\n]*"(?=:[ \n]|:$)|'[^'\n]*'(?=:[ \n]|:$)/y;
const SPACES = / */y;
const PLAIN_KEY = /[A-Za-z_](?:[\w ./-]*[\w./-])?:(?: +|(?=\n)|$)/y;
/** A plain scalar up to the end of the line that is a string or a keyword. */
const TEXT = /[A-Za-z_/](?:[^:#\n]*[^:#\n ])?(?=\n|$)/y;

/** The start of a plain scalar: no indicator, and no marker between documents. */
const PLAIN_START = String.raw`(?!-(?:[ ,[\]{}]|$|--)|\.\.\.)[^?:,[\]{}#&*!|>'"%@${'`'}]`;
/** The bounds in these two keep the matcher's stack small; a scalar with more colons is refused like any odd one. */
const BLOCK_PLAIN = new RegExp(String.raw`${PLAIN_START}[^:#]*(?:(?::(?! |$)|(?<! )#)[^:#]*){0,999}`, 'y');
const FLOW_PLAIN = new RegExp(String.raw`${PLAIN_START}[^,[\]{}:#]*(?::(?![ ,[\]{}]|$)[^,[\]{}:#]*){0,999}`, 'y');

/** A line of a flow collection after which another must come. */
const FLOW_OPEN = /[[{,] *$/;
const FLOW_END = /^[\]}] *(?:#|$)/;

/** All of it is looked at again for each of its lines. */
const LONGEST_FLOW = 10_000;

/** These two bound the recursion: each level of mappings in block style moves the column by one at least. */
const DEEPEST_COLUMN = 200;
const DEEPEST_FLOW = 8;

/**
 * The data of a YAML document, exactly as `yaml` 2.9 reads it with its default options, or undefined: then the text is
 * outside the subset or in error, and only the `yaml` package can tell which.
 */
export function readPlain(text: string): { readonly data: PlainValue } | undefined {
  const body = plainBody(text);
  const data = body === undefined ? undefined : new PlainReader(body).readDocument();
  return data === undefined ? undefined : { data };
}

/** The text with LF line ends, without BOM and first `---` line; undefined where it holds what the subset excludes. */
function plainBody(text: string): string | undefined {
  let body = text;
  if (body.startsWith('\ufeff')) {
    body = body.slice(1);
    // After a BOM the authority does not count the spaces and the dash that the first line begins with.
    if (body.startsWith(' ') || body.startsWith('-')) return undefined;
  }
  if (body.includes('\r')) body = body.replaceAll('\r\n', '\n');
  if (body.startsWith('---\n')) body = body.slice(4);
  return OUTSIDE_SUBSET.test(body) ? undefined : body;
}

/**
 * Recursive descent over lines. Every `read…` method answers undefined to give up. Those for lines start on the line
 * that they read and leave the reader on the next one with content; those for what is inside a line move `at`.
 */
class PlainReader {
  private readonly source: string;
  /** Where the current line begins, and the next: behind the end of the source where there is none. */
  private start = 0;
  private next = 0;
  /** The current line in its parts; after the last line `indent` is -1 and `dash` false. */
  private indent = -1;
  private dash = false;
  private key: string | undefined = undefined;
  /** A plain scalar up to the end of the line that is a string or a keyword. */
  private text: string | undefined = undefined;
  /** What follows the key or dash, where that is no text. */
  private rest = '';
  /** Where the key, or else the value, begins. */
  private column = 0;
  /** The next character of `rest`. */
  private at = 0;

  constructor(source: string) {
    this.source = source;
  }

  readDocument(): PlainValue | undefined {
    this.toNextContent();
    const data = this.readBelow(-1);
    // A line at a column where nothing is open is taken by none of the loops below, and so is left over here.
    return this.indent === -1 ? data : undefined;
  }

  /** Goes on to the next line that holds more than spaces and a comment. */
  private toNextContent(): void {
    const { source } = this;
    while (this.next < source.length) {
      const start = this.next;
      const first = source[start] === ' ' ? endOf(SPACES, source, start) : start;
      const char = source[first];
      if (char === undefined || char === '\n' || char === '#') {
        this.next = lineEnd(source, first) + 1;
        continue;
      }
      this.start = start;
      this.indent = first - start;
      this.dash = char === '-' && DASH_END.has(source[first + 1]);
      const begin = this.dash ? endOf(SPACES, source, first + 1) : first;
      this.column = begin - start;
      this.divide(begin);
      return;
    }
    this.indent = -1;
    this.dash = false;
  }

  /** What stands in the current line from `begin` on: perhaps a key, and then a text or some other rest. */
  private divide(begin: number): void {
    const { source } = this;
    let value = endOf(PLAIN_KEY, source, begin);
    this.key = value > 0 ? nameOf(source.slice(begin, source.indexOf(':', begin))) : undefined;
    if (this.key === undefined) value = this.takeQuotedKey(begin);
    const end = endOf(TEXT, source, value);
    const line = end > 0 ? end : lineEnd(source, value);
    this.next = line + 1;
    this.text = end > 0 ? source.slice(value, end) : undefined;
    this.rest = end > 0 ? '' : source.slice(value, line);
  }

  private takeQuotedKey(begin: number): number {
    if (this.source[begin] !== '"' && this.source[begin] !== "'") return begin;
    const colon = endOf(QUOTED_KEY, this.source, begin);
    const key = this.source.slice(begin + 1, colon - 1);
    if (colon === 0 || isRefusedKey(key)) return begin;
    this.key = key;
    return endOf(SPACES, this.source, colon + 1);
  }

  /** What the next lines hold if they are indented deeper than `column`, else null. */
  private readBelow(column: number): PlainValue | undefined {
    if (this.indent <= column) return null;
    if (this.indent > DEEPEST_COLUMN) return undefined;
    if (this.dash) return this.readSequence(this.indent);
    return this.key === undefined ? this.readInline(column, column + 1) : this.readMapping();
  }

  private readSequence(column: number): PlainValue[] | undefined {
    const items: PlainValue[] = [];
    while (this.dash && this.indent === column) {
      const item = this.key === undefined ? this.readValue(column, column + 1) : this.readMapping();
      if (item === undefined) return undefined;
      items.push(item);
    }
    return items;
  }

  private readMapping(): PlainValue | undefined {
    const { column } = this;
    const map: Record<string, PlainValue> = {};
    let count = 0;
    do {
      const { key } = this;
      if (key === undefined || key.length > LONGEST_KEY) return undefined;
      const value = this.readValue(column, column);
      if (value === undefined) return undefined;
      map[key] = value;
      count += 1;
    } while (this.indent === column && !this.dash);
    return withUniqueKeys(map, count);
  }

  /** What follows the key or dash at `column`; a sequence below it may begin at `sequenceColumn` already. */
  private readValue(column: number, sequenceColumn: number): PlainValue | undefined {
    if (this.text !== undefined) return this.readText(this.text, column);
    if (!isEmpty(this.rest)) {
      const isBlock = this.rest[0] === '|' || this.rest[0] === '>';
      return isBlock ? this.readBlockScalar(column) : this.readInline(column, column);
    }
    this.toNextContent();
    return this.dash && this.indent === sequenceColumn ? this.readSequence(sequenceColumn) : this.readBelow(column);
  }

  private readBlockScalar(column: number): string | undefined {
    const { rest } = this;
    const chomping = rest[1] === '-' || rest[1] === '+' ? rest[1] : '';
    if (!isLineEnd(rest, 1 + chomping.length)) return undefined;
    const lines = this.takeIndentedLines(column);
    if (lines === undefined) return undefined;
    let end = lines.length;
    while (lines[end - 1] === '') end -= 1;
    const content = lines.slice(0, end);
    const text = rest[0] === '>' ? fold(content) : content.join('\n');
    if (chomping === '-') return text;
    return chomping === '+' ? text + '\n'.repeat(Math.max(1, lines.length - end)) : `${text}\n`;
  }

  /**
   * The lines of a block scalar without their indentation, which must be deeper than `column`. The last element is what
   * follows the last line feed: '', or content where the file ends without one.
   */
  private takeIndentedLines(column: number): string[] | undefined {
    const { source } = this;
    const taken: string[] = [];
    const indent = skipSpaces(source, this.next) - this.next;
    while (this.next <= source.length) {
      const start = this.next;
      const end = lineEnd(source, start);
      const first = skipSpaces(source, start);
      if (first - start < indent && first < end) break;
      // Spaces beyond the indentation are content even on a blank line, and not always: rare enough to leave.
      if (first - start > indent && first === end) return undefined;
      taken.push(first === end ? '' : source.slice(start + indent, end));
      this.next = end + 1;
    }
    if (this.next <= source.length) taken.push('');
    this.toNextContent();
    return indent > column && taken[0] !== '' ? taken : undefined;
  }

  /** A plain scalar that begins with this text. It goes on in the lines below that are indented deeper than `column`. */
  private readText(text: string, column: number): PlainValue | undefined {
    let whole = text;
    for (let end = this.next; ; end = this.next) {
      this.toNextContent();
      if (this.indent <= column) return whole === text ? resolveWord(text) : whole;
      // What stands behind an empty line or a comment, or looks like more than text, is for the authority.
      if (this.start !== end || this.dash || this.key !== undefined || this.text === undefined) return undefined;
      whole += ` ${this.text}`;
    }
  }

  /** A scalar or flow collection, the value of what stands at `column`; the bracket that ends it may stand at `endColumn` already. */
  private readInline(column: number, endColumn: number): PlainValue | undefined {
    if (this.text !== undefined) return this.readText(this.text, column);
    const value = this.readRest(column, endColumn);
    this.toNextContent();
    return value;
  }

  private readRest(column: number, endColumn: number): PlainValue | undefined {
    if ((this.rest[0] === '[' || this.rest[0] === '{') && !this.joinLines(column, endColumn)) return undefined;
    this.at = 0;
    const value = this.readNode(BLOCK_PLAIN, 0);
    return isLineEnd(this.rest, this.at) ? value : undefined;
  }

  /** Takes the further lines of a flow collection to `rest`. False where they are not as people write them: broken behind a comma. */
  private joinLines(column: number, endColumn: number): boolean {
    const { source } = this;
    for (;;) {
      const first = skipSpaces(source, this.next);
      const isOpen = FLOW_OPEN.test(this.rest);
      if (!isOpen && source[first] !== ']' && source[first] !== '}') return true;
      const end = lineEnd(source, first);
      if (first >= end || this.rest.length > LONGEST_FLOW || this.rest.includes('#')) return false;
      const line = source.slice(first, end);
      const indent = first - this.next;
      this.rest = `${this.rest.trimEnd()} ${line}`;
      this.next = end + 1;
      if (indent <= column) return indent === endColumn && FLOW_END.test(line);
    }
  }

  private readNode(plain: RegExp, depth: number): PlainValue | undefined {
    const first = this.rest[this.at];
    if (first === '"' || first === "'") return this.readQuoted(first);
    if (first !== '[' && first !== '{') return resolvePlain(this.takePlain(plain));
    if (depth === DEEPEST_FLOW) return undefined;
    this.skipPast();
    return first === '[' ? this.readFlowSequence(depth + 1) : this.readFlowMapping(depth + 1);
  }

  private readFlowSequence(depth: number): PlainValue[] | undefined {
    const items: PlainValue[] = [];
    while (this.rest[this.at] !== ']') {
      const item = this.readNode(FLOW_PLAIN, depth);
      if (item === undefined || !this.endsFlowEntry(']')) return undefined;
      items.push(item);
    }
    this.at += 1;
    return items;
  }

  private readFlowMapping(depth: number): PlainValue | undefined {
    const map: Record<string, PlainValue> = {};
    let count = 0;
    while (this.rest[this.at] !== '}') {
      const key = this.readNode(FLOW_PLAIN, DEEPEST_FLOW);
      if (typeof key !== 'string' || REFUSED_KEYS.includes(key) || !this.rest.startsWith(': ', this.at))
        return undefined;
      this.skipPast();
      const value = this.readNode(FLOW_PLAIN, depth);
      if (value === undefined || !this.endsFlowEntry('}')) return undefined;
      map[key] = value;
      count += 1;
    }
    this.at += 1;
    return withUniqueKeys(map, count);
  }

  /** Whether a comma follows, which is passed over, or the bracket that closes the collection. */
  private endsFlowEntry(bracket: string): boolean {
    this.at = skipSpaces(this.rest, this.at);
    const next = this.rest[this.at];
    if (next === ',') this.skipPast();
    return next === ',' || next === bracket;
  }

  /** Passes over one character and the spaces behind it. */
  private skipPast(): void {
    this.at = skipSpaces(this.rest, this.at + 1);
  }

  /** The source of a plain scalar; '' where none begins here. */
  private takePlain(pattern: RegExp): string {
    const start = this.at;
    pattern.lastIndex = start;
    if (!pattern.test(this.rest)) return '';
    this.at = pattern.lastIndex;
    let end = this.at;
    while (this.rest[end - 1] === ' ') end -= 1;
    return this.rest.slice(start, end);
  }

  private readQuoted(quote: string): string | undefined {
    const { rest, at } = this;
    const end = findClosingQuote(rest, at, quote);
    if (end === -1) return undefined;
    this.at = end + 1;
    const inner = rest.slice(at + 1, end);
    if (quote === "'") return inner.replaceAll("''", "'");
    return inner.indexOf('\\') === -1 ? inner : parseJsonString(rest.slice(at, end + 1));
  }
}

/** Names that are allowed as keys: few are met, and each of them again and again. */
const MOST_NAMES = 1000;
const names = new Map<string, string>();

function nameOf(text: string): string | undefined {
  const known = names.get(text);
  if (known !== undefined) return known;
  if (!NAME.test(text) || isRefusedKey(text)) return undefined;
  if (names.size < MOST_NAMES) names.set(text, text);
  return text;
}

function isRefusedKey(key: string): boolean {
  return isKeyword(key) || REFUSED_KEYS.includes(key);
}

/** Where what the sticky pattern finds at `start` ends; 0 where it finds nothing. */
function endOf(pattern: RegExp, source: string, start: number): number {
  pattern.lastIndex = start;
  pattern.test(source);
  return pattern.lastIndex;
}

const DASH_END = new Set([' ', '\n', undefined]);

/** The end of the source where there is none. */
function lineEnd(source: string, start: number): number {
  const at = source.indexOf('\n', start);
  return at === -1 ? source.length : at;
}

function isEmpty(rest: string): boolean {
  return rest === '' || rest[0] === '#';
}

function skipSpaces(line: string, start: number): number {
  let at = start;
  while (line[at] === ' ') at += 1;
  return at;
}

/** Whether nothing but a comment follows; a comment needs a space before it. */
function isLineEnd(line: string, start: number): boolean {
  const at = skipSpaces(line, start);
  return at === line.length || (line[at] === '#' && line[at - 1] === ' ');
}

/** A key given twice is an error. */
function withUniqueKeys(map: Record<string, PlainValue>, count: number): PlainValue | undefined {
  return Object.keys(map).length === count ? map : undefined;
}
