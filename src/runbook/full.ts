// The authority on what a YAML file means and where each part stands: the `yaml` package. Loaded only when the plain reader gives up
// or a position is wanted. Knows nothing of tasks.

import { type Document, isAlias, isMap, isPair, isScalar, isSeq, type Node, parseAllDocuments } from 'yaml';
import type { Span } from '../base/diagnostic.ts';
import { err, ok, type Result } from '../base/result.ts';
import type { YamlPath } from '../base/yaml-path.ts';
import { syntaxProblems } from './syntax-problems.ts';
import { harmfulParts, type YamlProblem } from './yaml-guard.ts';

/** `merge: true`: people write `<<: *defaults`, which YAML 1.2's core schema alone would read as a plain key. */
const PARSE_OPTIONS = { merge: true, prettyErrors: false } as const;

/** The data of a file with exactly one document, or every problem that stands in the way. */
export function readFull(text: string): Result<unknown, YamlProblem[]> {
  const [document, second] = parseAllDocuments(text, PARSE_OPTIONS) as Document.Parsed[];
  if (document === undefined) return ok(null);
  const harmful = harmfulParts(document);
  // What is too deep is told once, with the place where it became so rather than where the stack ended.
  const syntax = syntaxProblems(text, document).filter(({ code }) => !harmful.some((part) => part.code === code));
  const problems = [...syntax, ...(second === undefined ? [] : [severalDocuments(second)]), ...harmful];
  if (problems.length > 0) return err(problems);
  try {
    return ok(document.toJS({ maxAliasCount: -1 }));
  } catch (error) {
    return err([badMerge(text, error)]);
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

/** What is left that can fail while data is made of a sound tree: a merge of something that is no mapping. */
function badMerge(text: string, error: unknown): YamlProblem {
  const start = Math.max(0, text.indexOf('<<'));
  const message = error instanceof Error ? lowerFirst(error.message) : String(error);
  return {
    code: 'yaml-syntax',
    message,
    span: { start, end: start + 2 },
    advice: 'give "<<" a mapping, an alias of one, or a list of those',
  };
}

function lowerFirst(text: string): string {
  return text.replace(/^([A-Z])(?=[a-z])/, (c) => c.toLowerCase());
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
      const pair = node.items.find(
        (item) => isPair(item) && isScalar(item.key) && String(item.key.value) === String(part),
      );
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
