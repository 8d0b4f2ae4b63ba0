// The authority on what a YAML file means and where each part stands: the `yaml` package. Loaded only when the plain reader gives up
// or a position is wanted. Knows nothing of tasks.

import { type Document, isAlias, isMap, isPair, isScalar, isSeq, LineCounter, type Node, parseAllDocuments, visit } from 'yaml';
import type { Span } from '../base/diagnostic.ts';
import { err, ok, type Result } from '../base/result.ts';
import type { YamlPath } from '../base/yaml-path.ts';

export type YamlProblem = { readonly code: string; readonly message: string; readonly span: Span; readonly advice?: string };

/** Keys that would reach into an object's prototype (design.md §9). */
const FORBIDDEN_KEYS = new Set(['__proto__', 'constructor', 'prototype']);
const MAX_ALIASES = 100;

/** `merge: true`: people write `<<: *defaults`, which YAML 1.2's core schema alone would read as a plain key. */
export const PARSE_OPTIONS = { merge: true, prettyErrors: false, keepSourceTokens: true } as const;

/** The data of a file with exactly one document, or every problem that stands in the way. */
export function readFull(text: string): Result<unknown, YamlProblem[]> {
  const documents = parseAllDocuments(text, { ...PARSE_OPTIONS, lineCounter: new LineCounter() });
  if (!Array.isArray(documents)) return ok(null);
  const [document, second] = documents as Document.Parsed[];
  if (document === undefined) return ok(null);
  const problems = [...document.errors, ...document.warnings].map((error) => syntaxProblem(text, error));
  if (second !== undefined) problems.push(severalDocuments(second));
  problems.push(...forbiddenKeys(document));
  if (problems.length > 0) return err(problems);
  try {
    return ok(document.toJS({ maxAliasCount: MAX_ALIASES }));
  } catch (error) {
    return err([aliasBomb(text, error)]);
  }
}

function syntaxProblem(text: string, error: { code: string; message: string; pos: [number, number] }): YamlProblem {
  const span = { start: Math.min(error.pos[0], text.length), end: Math.min(Math.max(error.pos[1], error.pos[0] + 1), text.length) };
  return { code: 'yaml-syntax', message: wording(error), span, advice: syntaxAdvice(error.code) };
}

function wording(error: { code: string; message: string }): string {
  if (error.code === 'DUPLICATE_KEY') return 'the same key is given twice in one mapping';
  return error.message.replace(/\.?$/, '').replace(/^([A-Z])(?=[a-z])/, (c) => c.toLowerCase());
}

function syntaxAdvice(code: string): string {
  switch (code) {
    case 'TAB_AS_INDENT':
      return 'indent with spaces: YAML allows no tabs there';
    case 'DUPLICATE_KEY':
      return 'remove one of the two';
    case 'BAD_INDENT':
    case 'MISSING_CHAR':
    case 'BLOCK_AS_IMPLICIT_KEY':
      return 'check the indentation and the quotes on this line and the one above';
    default:
      return 'mend the YAML here; text that holds ": " or " #" or begins with a special character needs quotes';
  }
}

function severalDocuments(second: Document.Parsed): YamlProblem {
  const start = second.range[0];
  return {
    code: 'several-documents',
    message: 'the file holds more than one YAML document',
    span: { start, end: start + 1 },
    advice: 'keep one document a file: remove the "---" and what belongs to the other',
  };
}

function forbiddenKeys(document: Document.Parsed): YamlProblem[] {
  const problems: YamlProblem[] = [];
  visit(document, {
    Pair(_, pair) {
      const key = pair.key;
      if (!isScalar(key) || !FORBIDDEN_KEYS.has(String(key.value))) return;
      const [start, end] = key.range ?? [0, 1];
      problems.push({
        code: 'forbidden-key',
        message: `the key "${String(key.value)}" is not allowed`,
        span: { start, end },
        advice: 'choose another name',
      });
    },
  });
  return problems;
}

function aliasBomb(text: string, error: unknown): YamlProblem {
  const start = Math.max(0, text.search(/\*[A-Za-z0-9_]/));
  const message = error instanceof Error ? error.message : String(error);
  return {
    code: 'alias-bomb',
    message: /alias/i.test(message) ? 'the aliases of this file expand to too much data' : message,
    span: { start, end: start + 1 },
    advice: 'write the values out instead of nesting aliases',
  };
}

/** Finds spans by path; parses each text once however many problems it has. */
export function createLocator(): (text: string, path: YamlPath, key: boolean) => Span | undefined {
  const documents = new Map<string, Document.Parsed>();
  return (text, path, key) => {
    let document = documents.get(text);
    if (document === undefined) {
      document = (parseAllDocuments(text, PARSE_OPTIONS) as Document.Parsed[])[0];
      if (document === undefined) return undefined;
      documents.set(text, document);
    }
    return locate(document, path, key);
  };
}

/** The span of the value (or key) at the path; of the nearest part that exists where the path ends early. */
function locate(document: Document.Parsed, path: YamlPath, key: boolean): Span | undefined {
  let node: unknown = document.contents;
  let span = spanOf(node);
  for (const [depth, part] of path.entries()) {
    if (isAlias(node)) node = node.resolve(document);
    const last = depth === path.length - 1;
    if (isMap(node)) {
      const pair = node.items.find((item) => isPair(item) && isScalar(item.key) && String(item.key.value) === String(part));
      if (pair === undefined) return span;
      const keySpan = spanOf(pair.key);
      span = last && key ? keySpan : (nonEmpty(spanOf(pair.value)) ?? keySpan);
      node = pair.value;
    } else if (isSeq(node)) {
      node = node.items[Number(part)];
      span = spanOf(node) ?? span;
    } else return span;
  }
  return span;
}

function spanOf(node: unknown): Span | undefined {
  const range = (node as Node | null | undefined)?.range;
  return range ? { start: range[0], end: range[1] } : undefined;
}

function nonEmpty(span: Span | undefined): Span | undefined {
  return span && span.end > span.start ? span : undefined;
}
