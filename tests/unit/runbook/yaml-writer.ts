// Writes random data as YAML the way people do: every style, comments anywhere, any indentation, anchors and merges.
// Knows nothing of the program; what it wrote is known to it as data, so that a reader can be held against it.

/** A whole number from 0 to below `count`; the only source of chance. */
export type Pick = (count: number) => number;

type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

/** A value as it stands behind a colon or dash, and the lines below. */
type Written = {
  readonly head: string;
  readonly lines: readonly string[];
  readonly data: Json;
  /** Ends in a block scalar, which would take deeper comments for its own; `keep`: blank lines too. */
  readonly open?: 'clip' | 'keep' | undefined;
  /** Cannot have a comment behind it: it is the head of something that goes on. */
  readonly bare?: boolean;
};

export type Options = { readonly anchors: boolean };

export const words = [
  'READY',
  'DONE',
  'a',
  'two words',
  'x-1',
  'path/to.file',
  "it's",
  'Übung',
  '検証する',
  '🚀 go',
  'שלום עולם',
  'e\u0301te\u0301',
  'no\u00a0break',
  'ls\u2028nel\u0085',
];
export const strange = [
  '',
  ' ',
  'yes',
  'No',
  'null',
  '~',
  '1',
  '1.0',
  '0x1f',
  '1e3',
  '12:30:45',
  '2026-11-20',
  '2026-11-20T10:00:00Z',
  '- a',
  '? a',
  'a: b',
  'a:',
  'a #b',
  '# c',
  '*x',
  '&x',
  '!t',
  '%d',
  '@a',
  '`a',
  '|',
  '>-',
  '{a',
  '[',
  'a, b',
  'a]b}',
  '---',
  '...',
  '=',
  '<<',
  ' lead',
  'trail ',
  "'",
  '"q"',
  'back\\slash',
  'tab\there',
  'bell\u0007',
  'nel\u0085x',
  'ls\u2028x',
  'nbsp\u00a0x',
  '\ufeffbom',
  'one\ntwo',
  'one\ntwo\n',
  'one\n\n  two\n',
  'one\n\n\n',
  '\none',
  '  one\ntwo',
  '\tone\ntwo',
  'one\n \ntwo',
  'one\n   ',
  'cr\r\nlf',
  '# a\n# b',
  '- a\n- b\n---\n...',
  'x'.repeat(1500),
];
const keys = ['id', 'name', 'status', 'type', 'depends_on', 'last_run', 'issues', 'x-note', 'two words', '鍵', 'a.b'];
const comments = [
  '# note',
  '#',
  '# status: READY',
  '# - id: x',
  '#: "',
  "# it's {",
  '## ====',
  '# 説明 🚀',
  '# ls\u2028 nel\u0085\tx',
];

export class Writer {
  readonly #pick: Pick;
  readonly #options: Options;
  readonly #anchors: { readonly name: string; readonly data: Json }[] = [];
  #budget: number;
  #names = 0;

  constructor(pick: Pick, options: Options) {
    this.#pick = pick;
    this.#options = options;
    this.#budget = pick(40);
  }

  /** The text, and what it says. */
  document(): { text: string; data: Json } {
    const root = this.#chance(8) ? this.#flowMapping(0, true) : this.#blockMapping(0);
    const inline = root.head === '' ? [] : [root.head];
    const start = this.#one([[], [], ['---'], ['# top', ''], ['%YAML 1.2', '---'], ['--- # start']]);
    const blank = root.open === 'keep' ? [] : [''];
    const end = this.#one([[], [], [], blank, [...blank, '# the end'], ['...'], ['...', '# after', '']]);
    const tail = this.#fillers(0, root.open);
    const lines = [...start, ...this.#fillers(0), ...inline, ...root.lines, ...tail, ...end];
    const style = this.#pick(4);
    const newline = (): string => (style === 0 || (style === 1 && this.#chance(2)) ? '\r\n' : '\n');
    const bom = this.#chance(10) ? '\uFEFF' : '';
    const body = lines.map((line, index) => (index === lines.length - 1 ? line : line + newline())).join('');
    return { text: bom + body + (this.#chance(4) ? '' : newline()), data: root.data };
  }

  #chance(of: number): boolean {
    return this.#pick(of) === of - 1;
  }

  #one<T>(items: readonly T[]): T {
    return items[this.#pick(items.length)] as T;
  }

  #spaces(from: number, to: number): string {
    return ' '.repeat(from + this.#pick(to - from + 1));
  }

  #comment(): string {
    return this.#chance(4) ? `${this.#one([' ', '  ', '\t', '     '])}${this.#one(comments)}` : '';
  }

  /** Blank and comment lines. After a block scalar only those that it cannot take for its own. */
  #fillers(at: number, open?: Written['open']): string[] {
    if (open === 'keep' || !this.#chance(3)) return [];
    const line = (): string => {
      if (this.#chance(2)) return open ? '' : this.#spaces(0, 3);
      return `${this.#spaces(0, open ? at : at + 4)}${this.#one(comments)}`;
    };
    return Array.from({ length: 1 + this.#pick(2) }, line);
  }

  #keys(): string[] {
    const count = 1 + this.#pick(5);
    return [...new Set(Array.from({ length: count }, () => this.#one(keys)))];
  }

  #keyText(key: string): string {
    const style = this.#pick(8);
    return style === 0 ? `'${key}'` : style === 1 ? JSON.stringify(key) : key;
  }

  #blockMapping(at: number): Written {
    const lines: string[] = [];
    const data: { [key: string]: Json } = {};
    const indent = ' '.repeat(at);
    let open: Written['open'];
    for (const [index, key] of this.#keys().entries()) {
      if (index > 0) lines.push(...this.#fillers(at, open));
      const value = this.#value(at);
      data[key] = value.data;
      const text = this.#keyText(key);
      if (this.#chance(15)) lines.push(`${indent}? ${text}${this.#comment()}`, `${indent}:${this.#behind(value)}`);
      else lines.push(`${indent}${text}${this.#chance(20) ? ' ' : ''}:${this.#behind(value)}`);
      lines.push(...value.lines);
      open = value.open;
    }
    const merge = this.#merge(data);
    if (merge !== undefined) lines.splice(0, 0, `${indent}<<: ${merge}${this.#comment()}`);
    return { head: '', lines, data, open };
  }

  /** The alias of a mapping to merge, whose keys the data gets. */
  #merge(data: { [key: string]: Json }): string | undefined {
    const mappings = this.#anchors.filter((anchor) => isMapping(anchor.data));
    if (mappings.length === 0 || !this.#chance(3)) return undefined;
    // What was anchored inside of this mapping comes later than its first line.
    const before = mappings.filter((anchor) => !JSON.stringify(data).includes(JSON.stringify(anchor.data)));
    if (before.length === 0) return undefined;
    const { name, data: merged } = this.#one(before);
    for (const [key, value] of Object.entries(merged as object))
      if (!Object.hasOwn(data, key)) data[key] = value as Json;
    return `*${name}`;
  }

  #behind(value: Written): string {
    const gap = value.head === '' ? '' : this.#chance(12) ? this.#one(['  ', '\t', '     ']) : ' ';
    const trail = this.#chance(12) ? this.#one([' ', '  ', '\t']) : '';
    return `${gap}${value.head}${value.bare ? '' : this.#comment() || trail}`;
  }

  /** `least`: how much deeper a list has to be than what it belongs to. */
  #value(at: number, least = 0): Written {
    this.#budget -= 1;
    const name = this.#options.anchors && this.#chance(5) ? `a${(this.#names += 1)}` : undefined;
    if (this.#options.anchors && this.#anchors.length > 0 && this.#chance(5)) {
      const anchor = this.#one(this.#anchors);
      return { head: `*${anchor.name}`, lines: [], data: structuredClone(anchor.data) };
    }
    const value = this.#budget > 0 ? this.#anyValue(at, least) : this.#scalar(at);
    if (name === undefined) return this.#tagged(value);
    this.#anchors.push({ name, data: value.data });
    return { ...value, head: value.head === '' ? `&${name}` : `&${name} ${value.head}` };
  }

  #tagged(value: Written): Written {
    if (!this.#chance(25)) return value;
    const { data, head } = value;
    const tag =
      typeof data === 'string' ? '!!str' : isMapping(data) ? '!!map' : Array.isArray(data) ? '!!seq' : undefined;
    if (tag === undefined || head.startsWith('*')) return value;
    return { ...value, head: head === '' ? tag : `${tag} ${head}` };
  }

  #anyValue(at: number, least: number): Written {
    switch (this.#pick(8)) {
      case 0:
        return this.#belowKey(this.#blockMapping(at + this.#one([1, 2, 2, 2, 3, 4, 4, 8])), at);
      case 1:
      case 2:
        return this.#belowKey(this.#blockList(at + least + this.#one([0, 0, 2, 2, 4, 1])), at);
      case 3:
        return this.#chance(2) ? this.#flowMapping(at, true) : this.#flowList(at, true);
      default:
        return this.#scalar(at);
    }
  }

  #belowKey(value: Written, at: number): Written {
    return { ...value, lines: [...this.#fillers(at), ...value.lines] };
  }

  #blockList(at: number): Written {
    const lines: string[] = [];
    const data: Json[] = [];
    let open: Written['open'];
    const gap = this.#one([1, 1, 1, 2, 3]);
    for (let count = 1 + this.#pick(3); count > 0; count -= 1) {
      if (data.length > 0) lines.push(...this.#fillers(at, open));
      const item = this.#item(at, gap);
      lines.push(...item.lines);
      data.push(item.data);
      open = item.open;
    }
    return { head: '', lines, data, open };
  }

  #item(at: number, gap: number): Written {
    const indent = ' '.repeat(at);
    const inner = at + 1 + gap;
    if (this.#budget > 0 && !this.#chance(3)) {
      const value = this.#chance(6) ? this.#blockList(inner) : this.#blockMapping(inner);
      const hanging = this.#chance(5);
      if (hanging) return { ...value, lines: [`${indent}-${this.#comment()}`, ...value.lines] };
      const [first = '', ...rest] = value.lines;
      return { ...value, lines: [`${indent}-${' '.repeat(gap)}${first.trimStart()}`, ...rest] };
    }
    const value = this.#value(at, 1);
    const text = value.head === '' ? '' : ' '.repeat(gap) + value.head;
    return { ...value, lines: [`${indent}-${text}${value.bare ? '' : this.#comment()}`, ...value.lines] };
  }

  #flowMapping(at: number, top: boolean): Written {
    this.#budget -= 1;
    const names = this.#chance(5) ? [] : this.#keys();
    const json = this.#chance(3);
    const data: { [key: string]: Json } = {};
    const parts = names.map((key) => {
      const value = this.#flowValue(at, json);
      data[key] = value.data;
      const text = json ? JSON.stringify(key) : this.#keyText(key);
      if (value.head === '') return this.#chance(2) ? text : `${text}:`;
      return `${text}:${json && this.#chance(2) ? '' : ' '}${value.head}`;
    });
    return this.#brackets(['{', '}'], parts, { at, top, data });
  }

  #flowList(at: number, top: boolean): Written {
    this.#budget -= 1;
    const json = this.#chance(3);
    const items = Array.from({ length: this.#pick(4) }, () => this.#flowValue(at, json)).filter(
      (item) => item.head !== '',
    );
    return this.#brackets(
      ['[', ']'],
      items.map((item) => item.head),
      { at, top, data: items.map((item) => item.data) },
    );
  }

  #flowValue(at: number, json: boolean): { head: string; data: Json } {
    if (this.#budget > 0 && this.#chance(4))
      return this.#chance(2) ? this.#flowMapping(at, false) : this.#flowList(at, false);
    if (json) {
      const data = this.#one<Json>([...words, ...strange.slice(0, 30), 1, true]);
      return { head: JSON.stringify(data), data };
    }
    return this.#inline(true);
  }

  /** Those at the top may go over several lines. */
  #brackets(
    marks: readonly [string, string],
    parts: readonly string[],
    about: { at: number; top: boolean; data: Json },
  ): Written {
    const { at, top, data } = about;
    const pad = this.#chance(3) ? ' ' : '';
    const comma = parts.length > 0 && this.#chance(6) ? ',' : '';
    if (!top || parts.length === 0 || !this.#chance(3)) {
      return {
        head: `${marks[0]}${pad}${parts.join(this.#one([', ', ',  ', ' , ']))}${comma}${pad}${marks[1]}`,
        lines: [],
        data,
      };
    }
    const indent = ' '.repeat(at + this.#one([1, 2, 4]));
    const rows = parts.map(
      (part, index) => `${indent}${part}${index < parts.length - 1 ? ',' : comma}${this.#comment()}`,
    );
    return {
      head: marks[0] + this.#comment(),
      lines: [...rows, `${' '.repeat(at + 1)}${marks[1]}${this.#comment()}`],
      data,
      bare: true,
    };
  }

  #inline(flow: boolean): { head: string; data: Json } {
    switch (this.#pick(8)) {
      case 0:
        return this.#one([
          { head: 'true', data: true },
          { head: '12', data: 12 },
          { head: '-1.5', data: -1.5 },
        ]);
      case 1:
        return this.#one([
          { head: '~', data: null },
          { head: 'null', data: null },
          { head: '', data: null },
        ]);
      case 2: {
        const data = this.#one(strange);
        return {
          head: JSON.stringify(data).replace(
            /[\u0085\u2028\ufeff]/g,
            (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
          ),
          data,
        };
      }
      case 3: {
        const data = this.#one(words);
        return { head: `'${data.replaceAll("'", "''")}'`, data };
      }
      default: {
        const data = this.#one(words);
        return { head: flow && /[,:]/.test(data) ? JSON.stringify(data) : data, data };
      }
    }
  }

  #scalar(at: number): Written {
    switch (this.#pick(10)) {
      case 0:
        return this.#blockScalar(at);
      case 1:
        return this.#folding(at);
      default: {
        const { head, data } = this.#inline(false);
        return { head, lines: [], data };
      }
    }
  }

  /** A plain or quoted text over two lines, or one that begins on the line below its key. */
  #folding(at: number): Written {
    const indent = ' '.repeat(at + 1 + this.#pick(4));
    switch (this.#pick(4)) {
      case 0:
        return { head: 'one', lines: [`${indent}two${this.#comment()}`], data: 'one two', bare: true };
      case 1:
        return { head: '"one', lines: ['', `${indent}two"${this.#comment()}`], data: 'one\ntwo', bare: true };
      case 2:
        return { head: "'one", lines: [`${indent}# two'`], data: 'one # two', bare: true };
      default:
        return { head: '', lines: [`${indent}below${this.#comment()}`], data: 'below' };
    }
  }

  #blockScalar(at: number): Written {
    const chomp = this.#one(['', '-', '+']);
    const counted = this.#chance(4);
    const width = 1 + this.#pick(4);
    const indent = ' '.repeat(at + width);
    const mark = this.#one(['|', '>']);
    const rows = this.#one([['one'], ['one', '', 'two'], ['status: READY', '# no comment'], ['- a', '  b', 'c']]);
    const blanks = chomp === '+' || !this.#chance(3) ? [] : [''];
    const text = mark === '|' || rows.length === 1 ? rows.join('\n') : undefined;
    const usedRows = text === undefined ? ['one', 'two'] : rows;
    const data = (text ?? 'one two') + (chomp === '-' ? '' : '\n');
    const lines = usedRows.map((row) => (row === '' ? '' : indent + row));
    // The count is relative to the node that the text belongs to, which is at the column of the key.
    const header = `${mark}${counted ? width : ''}${chomp}${this.#comment()}`;
    return { head: header, lines: [...lines, ...blanks], data, open: chomp === '+' ? 'keep' : 'clip', bare: true };
  }
}

function isMapping(data: Json): data is { [key: string]: Json } {
  return typeof data === 'object' && data !== null && !Array.isArray(data);
}
