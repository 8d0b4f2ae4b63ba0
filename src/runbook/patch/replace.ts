// Another value in the place of one that is there. Knows the layouts of old and new values; does not know why.

import { isScalar, type Node } from 'yaml';
import {
  beforeBreak,
  blanksBefore,
  column,
  lineAfter,
  lineBreak,
  lineEnd,
  lineStart,
  nextLine,
  restOfLine,
  startsLine,
} from './lines.ts';
import type { Slot } from './locate.ts';
import { allowedLiteral, blockBelowKey, collectionLines, inlineText, itemLines, literalLines } from './render.ts';
import { literal, literalBlock, type ScalarContext } from './scalars.ts';
import { type BlockStyle, styleAt } from './style.ts';
import {
  blockScalarParts,
  contentEnd,
  contentItems,
  headerEnd,
  isBlockCollection,
  isFlowCollection,
  isJsonLike,
  type Prop,
  startOf,
  tokenEnd,
} from './tokens.ts';
import { isFilled, isList, isMapping, type PlainValue, type Splice } from './types.ts';

/** What the functions below share: the text, the place, and what goes with it. */
type Job = {
  readonly text: string;
  readonly slot: Slot;
  /** The tag that does not fit the new value. */
  readonly dropped: Prop | undefined;
  /** Behind the old value and all that goes with it. */
  readonly end: number;
  readonly newline: string;
  readonly style: BlockStyle;
};

export function replaceValue(text: string, slot: Slot, value: PlainValue): Splice[] {
  const job = jobFor(text, slot, value);
  if (!slot.hasColon) return [withColon(job, value)];
  const splices = isFilled(value) && !staysFlow(slot) ? placeCollection(job, value) : placeScalar(job, value);
  const { dropped } = job;
  if (dropped !== undefined && !splices.some((splice) => splice.start === dropped.offset)) {
    splices.unshift({ start: blanksBefore(text, dropped.offset, slot.open), end: tokenEnd(dropped), text: '' });
  }
  return joined(splices);
}

function jobFor(text: string, slot: Slot, value: PlainValue): Job {
  const tag = slot.props.find((prop) => prop.type === 'tag');
  const end = oldEnd(slot);
  const after = nextLine(text, end);
  return {
    text,
    slot,
    dropped: tag !== undefined && !tagFits(tag, slot.node, value) ? tag : undefined,
    end,
    newline: lineBreak(text, after),
    // Looked for only where it is needed: in a large file it may be far to find.
    get style() {
      return styleAt(text, { line: after, column: slot.at, chain: slot.chain });
    },
  };
}

/** The end of the old value. Comments below its last line stay, also where they may speak of it. */
function oldEnd({ token, props, open }: Slot): number {
  return token === undefined ? Math.max(open, ...props.map(tokenEnd)) : contentEnd(token);
}

const kindsByTag: Record<string, (value: PlainValue) => boolean> = {
  'tag:yaml.org,2002:str': (value) => typeof value === 'string',
  'tag:yaml.org,2002:int': Number.isInteger,
  'tag:yaml.org,2002:float': (value) => typeof value === 'number',
  'tag:yaml.org,2002:bool': (value) => typeof value === 'boolean',
  'tag:yaml.org,2002:map': isMapping,
  'tag:yaml.org,2002:seq': isList,
  '!': (value) => typeof value === 'string',
};

/** A tag of the user's own says nothing to us: it stays on a text that takes the place of a text. */
function tagFits(tag: Prop, node: Node | null, value: PlainValue): boolean {
  const known = kindsByTag[node?.tag ?? tag.source];
  if (known !== undefined) return known(value);
  return typeof value === 'string' && isScalar(node) && typeof node.value === 'string';
}

/** A list or mapping in flow style that has something in it is written in flow style again, as everything inside one. */
function staysFlow({ flow, token }: Slot): boolean {
  return flow || (isFlowCollection(token) && contentItems(token).length > 0);
}

function contextOf({ flow, token, chain }: Slot): ScalarContext {
  const flows = [...chain.map((node) => node.srcToken), token].filter((part) => isFlowCollection(part));
  if (flows.length > 0 && flows.map(isJsonLike).findLast((json) => json !== undefined))
    return { flow: true, prefer: 'json' };
  if (token?.type === 'single-quoted-scalar') return { flow, prefer: 'single' };
  return { flow, prefer: token?.type === 'double-quoted-scalar' ? 'double' : 'plain' };
}

/** A one-line value or a literal block: something on the line of the key, and perhaps lines below. */
function placeScalar(job: Job, value: PlainValue): Splice[] {
  const { text, slot, end } = job;
  const { token } = slot;
  const { head, below } = scalarParts(job, value);
  if (token === undefined) return filled(job, head, below);
  const start = startOf(token);
  if (token.type === 'block-scalar') {
    const comment = text.slice(token.offset + blockScalarParts(token).header.length, headerEnd(token)).trimEnd();
    return [{ start, end, text: head + comment + below }];
  }
  if (!isBlockCollection(token) || !startsLine(text, start)) {
    // A comment behind the old value stays on the line of the new one's head.
    const rest = lineEnd(text, end);
    return [
      { start, end, text: head },
      { start: rest, end: rest, text: below },
    ];
  }
  return inPlaceOfLines(job, value);
}

/** The same where the old value is lines of its own; the comments above them stay, which leaves no room for a literal block. */
function inPlaceOfLines(job: Job, value: PlainValue): Splice[] {
  const { text, slot, end } = job;
  const start = lineStart(text, startOf(slot.token as NonNullable<Slot['token']>));
  const above = lineEnd(text, Math.max(slot.open, ...slot.props.map(tokenEnd)));
  const isNext = nextLine(text, above) === start;
  const style: BlockStyle = isNext ? styleInPlaceOfLines(job, job.style) : { ...job.style, literals: 'none' };
  const { head, below } = scalarParts({ ...job, style }, value);
  return [
    ...filled(job, head, '').slice(0, 1),
    { start: beforeBreak(text, start), end: below === '' ? end : endWithBlanks(text, end), text: below },
  ];
}

/** The comment behind the last of the old lines stays there; behind a literal block it would become a part of it. */
function styleInPlaceOfLines({ text, end }: Job, style: BlockStyle): BlockStyle {
  return restOfLine(text, end) === '' ? style : { ...style, literals: 'none' };
}

/** Blanks behind an old value would become a part of a literal block. */
function endWithBlanks(text: string, end: number): number {
  return restOfLine(text, end) === '' ? lineEnd(text, end) : end;
}

/** Puts a value where none is: behind the colon, dash, anchor and tag, before a comment. */
function filled(job: Job, head: string, below: string): Splice[] {
  const { text, slot, dropped } = job;
  const last = slot.props.at(-1);
  let start = last === undefined ? slot.open : tokenEnd(last);
  let end = start;
  if (dropped !== undefined && dropped === last) start = dropped.offset;
  const blanks = /^[ \t]*/.exec(text.slice(end, lineEnd(text, end)))?.[0].length ?? 0;
  if (start === end && text[end + blanks] !== '#') start = end += blanks;
  const gap = /[\s[{,]/.test(text[start - 1] ?? '') ? '' : ' ';
  const rest = lineEnd(text, end);
  return [
    { start, end, text: gap + head },
    { start: rest, end: rest, text: below },
  ];
}

function scalarParts(job: Job, value: PlainValue): { head: string; below: string } {
  const { slot, newline } = job;
  const context = contextOf(slot);
  const block = typeof value === 'string' && !slot.flow ? literalFor(slot, value) : undefined;
  const allowed = block && allowedLiteral(block, job.style.literals);
  if (allowed === undefined) return { head: inlineText(value, context), below: '' };
  const header = slot.token?.type === 'block-scalar' ? blockScalarParts(slot.token).header : '';
  // A single line reads the same folded.
  const mark = header.startsWith('>') && allowed.lines.length === 1 ? '>' : '|';
  const lines = literalLines(allowed, literalColumn(job));
  return { head: mark + allowed.header.slice(1), below: lines.map((line) => newline + line).join('') };
}

function literalFor({ token }: Slot, value: string): ReturnType<typeof literal> {
  if (token?.type === 'block-scalar') return literalBlock(value);
  return token?.type === 'double-quoted-scalar' ? undefined : literal(value);
}

/** The lines of a block scalar that is there keep their column, unless its header counts it. */
function literalColumn({ slot, style }: Job): number {
  const standard = slot.at + (slot.in === 'mapping' ? style.indents.map : style.indents.dash);
  if (slot.token?.type !== 'block-scalar') return standard;
  const indent = /^( *)\S/m.exec(slot.token.source)?.[1]?.length ?? 0;
  return /\d/.test(blockScalarParts(slot.token).header) || indent <= slot.at ? standard : indent;
}

/** A filled list or mapping in block style. */
function placeCollection(job: Job, value: PlainValue): Splice[] {
  const { text, slot, end, newline, style } = job;
  const { token, at } = slot;
  const start = token === undefined ? undefined : startOf(token);
  if (start !== undefined && fitsInPlace(job, start, value)) {
    const lines = collectionLines(value, column(text, start), styleInside(job, start)).join(newline);
    return [{ start, end: endWithBlanks(text, end), text: lines.trimStart() }];
  }
  if (token === undefined && slot.in === 'list' && keptProps(job).length === 0 && restOfLine(text, end) === '') {
    const lines = itemLines(value, at, style).join(newline);
    return [{ start: slot.open, end: lineEnd(text, end), text: lines.slice(at + 1) }];
  }
  const below = lineBelowHead(job);
  const found = styleAt(text, { line: below, column: at, chain: slot.chain });
  const isInPlace = start !== undefined && isBlockCollection(token) && startsLine(text, start);
  const placed = { ...job, style: isInPlace ? styleInPlaceOfLines(job, found) : found };
  const lines = standardLines(placed, value)
    .map((line) => newline + line)
    .join('');
  return belowHead(job, lines, beforeBreak(text, below));
}

/** A mapping in the place of a mapping goes on in its indentation, which may be another one than that of the file. */
function styleInside({ text, slot, style }: Job, start: number): BlockStyle {
  if (slot.in !== 'mapping' || slot.token?.type !== 'block-map') return style;
  return { ...style, indents: { ...style.indents, map: column(text, start) - slot.at } };
}

/** Whether the lines may begin where the old value begins, and nothing that has to stay would come behind them. */
function fitsInPlace(job: Job, start: number, value: PlainValue): boolean {
  const { text, slot, end } = job;
  const compact = isBlockCollection(slot.token) || (slot.in === 'list' && slot.props.length === 0);
  if (!compact && !startsLine(text, start)) return false;
  const deeper = column(text, start) > slot.at || isList(value);
  return deeper && slot.token?.type !== 'block-scalar' && restOfLine(text, end) === '';
}

function standardLines({ slot, style }: Job, value: PlainValue): readonly string[] {
  if (slot.in === 'mapping') return blockBelowKey(value, slot.at, style).lines;
  return collectionLines(value, slot.at + style.indents.dash, style);
}

/** Deeper comments below a value on the line of its key speak of the key, so they stay above what comes there. */
function lineBelowHead({ text, slot: { token, at }, end }: Job): number {
  const inPlace = isBlockCollection(token) || token?.type === 'block-scalar';
  return inPlace ? nextLine(text, end) : lineAfter(text, end, at);
}

/** Takes the old value away and puts lines below its line, behind a comment that may be on it. */
function belowHead(job: Job, lines: string, place: number): Splice[] {
  const { text, slot, end } = job;
  const { token, open, props } = slot;
  if (token === undefined) return [{ start: place, end: place, text: lines }];
  const start = startOf(token);
  if (isBlockCollection(token) && startsLine(text, start)) {
    return [{ start: beforeBreak(text, lineStart(text, start)), end: endWithBlanks(text, end), text: lines }];
  }
  const from = blanksBefore(text, start, Math.max(open, ...props.map(tokenEnd)));
  if (token.type === 'block-scalar') {
    const comment = text.slice(start + blockScalarParts(token).header.length, headerEnd(token)).trimEnd();
    return [{ start: from, end, text: comment + lines }];
  }
  return [
    { start: from, end, text: '' },
    { start: place, end: place, text: lines },
  ];
}

function keptProps({ slot, dropped }: Job): readonly Prop[] {
  return slot.props.filter((prop) => prop !== dropped);
}

/** An explicit key (`? key`, or a bare key in `{…}`) that has no colon yet. */
function withColon(job: Job, value: PlainValue): Splice {
  const { text, slot, style, newline } = job;
  if (slot.flow) return { start: slot.open, end: slot.open, text: `: ${inlineText(value, contextOf(slot))}` };
  const { head, lines } = blockBelowKey(value, slot.at, style);
  const first = `${' '.repeat(slot.at)}:${head === '' ? '' : ` ${head}`}`;
  const place = lineEnd(text, slot.open);
  return { start: place, end: place, text: [first, ...lines].map((line) => newline + line).join('') };
}

/** Drops splices that do nothing and joins neighbours. */
function joined(splices: readonly Splice[]): Splice[] {
  const result: Splice[] = [];
  for (const splice of splices.toSorted((a, b) => a.start - b.start)) {
    const last = result.at(-1);
    if (last !== undefined && last.end === splice.start)
      result[result.length - 1] = { ...splice, start: last.start, text: last.text + splice.text };
    else if (splice.start !== splice.end || splice.text !== '') result.push(splice);
  }
  return result;
}
