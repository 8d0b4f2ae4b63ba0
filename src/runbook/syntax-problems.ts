// The syntax errors of the `yaml` package in words that say what to change. Knows YAML as people write it, nothing of tasks.

import { type Document, isScalar, visit } from 'yaml';
import type { Span } from '../base/diagnostic.ts';
import type { YamlProblem } from './yaml-guard.ts';

type YamlError = { readonly code: string; readonly message: string; readonly pos: readonly [number, number] };

type Worded = { readonly message: string; readonly advice: string; readonly start?: number };

const OPEN_QUOTE = /closing .*quote/;
const QUOTE_IT = 'put the text in quotes';

/** What is wrong with the text of a document; of errors on one line only the first, since the others follow from it. */
export function syntaxProblems(text: string, document: Document.Parsed): YamlProblem[] {
  const problems: YamlProblem[] = [];
  const lines = new Set<number>();
  for (const error of [...document.errors, ...document.warnings] as YamlError[]) {
    const { message, advice, start = error.pos[0] } = word(text, document, error);
    const span = spanFrom(text, start, error);
    const line = text.lastIndexOf('\n', span.start - 1);
    if (!lines.has(line))
      problems.push({ code: error.code === 'RESOURCE_EXHAUSTION' ? 'too-deep' : 'yaml-syntax', message, span, advice });
    lines.add(line);
    // What comes after is read as a part of the quoted text.
    if (OPEN_QUOTE.test(error.message)) break;
  }
  return problems;
}

function spanFrom(text: string, start: number, { pos }: YamlError): Span {
  const from = Math.min(start, text.length);
  const visible = /^[ ]*(?=[^\s])/.exec(text.slice(from))?.[0].length ?? 0;
  return { start: from + visible, end: Math.min(Math.max(pos[1], from + visible + 1), text.length) };
}

function word(text: string, document: Document.Parsed, error: YamlError): Worded {
  const { code, message, pos } = error;
  switch (code) {
    case 'TAB_AS_INDENT':
      return {
        message: 'tabs are not allowed as indentation',
        advice: 'indent with spaces: YAML allows no tabs there',
      };
    case 'DUPLICATE_KEY':
      return { message: 'the same key is given twice in one mapping', advice: 'remove one of the two' };
    case 'BLOCK_AS_IMPLICIT_KEY':
      return {
        message: 'this value is read as a mapping of its own',
        advice: 'put text that holds ": " in quotes, and check the indentation of the line below',
      };
    case 'MULTILINE_IMPLICIT_KEY':
      return {
        message: 'this is no "key: value"',
        advice: 'add the colon, or indent the line as a part of what is above it',
      };
    case 'BAD_SCALAR_START':
      return { message: `text cannot begin with ${JSON.stringify(text.charAt(pos[0]))}`, advice: QUOTE_IT };
    case 'BAD_DQ_ESCAPE':
      return {
        message: `${text.slice(pos[0], pos[0] + 2)} means nothing inside double quotes`,
        advice: String.raw`write \\ for a backslash, or use single quotes`,
      };
    case 'BAD_ALIAS':
      return { message: lowerFirst(message), advice: QUOTE_IT };
    case 'TAG_RESOLVE_FAILED':
      return {
        message: `${text.slice(pos[0], pos[1])} is a tag that nothing here knows`,
        advice: 'remove it, or put text that begins with "!" in quotes',
      };
    case 'RESOURCE_EXHAUSTION':
      return { message: 'this is nested too deeply', advice: 'write it flatter' };
    case 'MISSING_CHAR':
      return missingCharacter(document, error);
    case 'BAD_INDENT':
      return badIndent(message);
    case 'UNEXPECTED_TOKEN':
      return unexpected(message);
    default:
      return { message: lowerFirst(message), advice: DEFAULT_ADVICE };
  }
}

function missingCharacter(document: Document.Parsed, { message, pos }: YamlError): Worded {
  if (OPEN_QUOTE.test(message)) {
    return {
      message: 'the quote that begins here is never closed',
      advice: 'close it on the line where it should end',
      start: openQuote(document, pos[0]),
    };
  }
  if (message.startsWith('Implicit map keys'))
    return {
      message: 'this is no "key: value"',
      advice: 'add the colon, or indent the line as a part of what is above it',
    };
  if (message.startsWith('Sequence item'))
    return {
      message: 'this line stands among the items of a list, but has no "-"',
      advice: 'indent it like the lines that it belongs to',
    };
  return {
    message: lowerFirst(message),
    advice: 'check the indentation and the quotes on this line and the one above',
  };
}

const DEFAULT_ADVICE =
  'mend the YAML here; text that holds ": " or " #" or begins with a special character needs quotes';

function unexpected(message: string): Worded {
  if (/at node end/.test(message))
    return {
      message: 'this stands after the end of the value',
      advice: 'put the whole text in quotes, or begin a line of its own',
    };
  if (/block-seq-ind on same line/.test(message))
    return {
      message: 'a list cannot begin on the line of its key',
      advice: 'begin it on the next line, or write it as [a, b]',
    };
  if (/Unexpected , in flow/.test(message))
    return { message: 'a value is missing before this comma', advice: 'remove the comma, or put the value in' };
  return { message: lowerFirst(message), advice: DEFAULT_ADVICE };
}

function badIndent(message: string): Worded {
  const bracket = /must be sufficiently indented and end with a ([\]}])/.exec(message)?.[1];
  if (bracket !== undefined)
    return {
      message: `a "${bracket}" is missing before this`,
      advice: `close the ${bracket === ']' ? 'list' : 'mapping'} with "${bracket}", and indent its lines`,
    };
  if (/same column/.test(message))
    return {
      message: 'this key does not line up with the others of its mapping',
      advice: 'begin it in the same column as they do',
    };
  return { message: lowerFirst(message), advice: 'check the indentation of this line and the one above' };
}

/** The error stands where the text ends; the quote that a person must look at is where the last quoted text begins. */
function openQuote(document: Document.Parsed, end: number): number {
  let start = end;
  visit(document, {
    Scalar(_, node) {
      const quoted = isScalar(node) && (node.type === 'QUOTE_DOUBLE' || node.type === 'QUOTE_SINGLE');
      if (quoted && node.range && node.range[0] < end) start = node.range[0];
    },
  });
  return start;
}

function lowerFirst(text: string): string {
  return text.replace(/\.?$/, '').replace(/^([A-Z])(?=[a-z])/, (c) => c.toLowerCase());
}
