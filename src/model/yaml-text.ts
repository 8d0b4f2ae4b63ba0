// Finds the one YAML document in a model's answer. Pure; loads `yaml`.
import { isMap, isScalar, parseAllDocuments } from 'yaml';
import { err, ok, type Result } from '../base/result.ts';
import { findBlocks } from './fences.ts';
import type { Parsed, ParseProblem } from './parser-names.ts';

type Found = { readonly value: unknown; readonly documents: number };

/**
 * A fenced block; without one, the whole answer. Nearly every sentence is YAML, so an answer that is not fenced counts
 * only as a mapping or a list. Fences that are further in (in a block scalar) are part of the document.
 */
export function readYaml(answer: string): Result<Parsed, ParseProblem> {
  const text = answer.replace(/^\uFEFF/, '');
  if (!/^(?:`{3}|~{3})/m.test(text)) {
    const whole = tryYaml(text);
    if (whole.ok && isDocument(text, whole.value)) return ok(parsed(text, whole.value, []));
    if (!/^\s*(?:`{3}|~{3})/m.test(text)) return err(notYaml(whole));
  }
  const { blocks, unclosedAt } = findBlocks(text);
  if (unclosedAt !== null)
    return err({ message: `the code block opened at line ${unclosedAt} is never closed, so the YAML may be cut` });
  const named = new Set(blocks.filter(({ language }) => language === 'yaml').map(({ content }) => content));
  if (named.size > 1) return err({ message: `the answer has ${named.size} different YAML blocks; one is wanted` });
  const [source] = named;
  if (source !== undefined) return fromBlock(source, 'took the YAML from a fenced block', false);
  const [only] = blocks;
  if (only === undefined || blocks.length > 1)
    return err({ message: `none of the ${blocks.length} code blocks of the answer is marked as YAML` });
  return fromBlock(only.content, 'took the YAML from a fenced block that is not marked as YAML', true);
}

function fromBlock(source: string, note: string, mustBeCompound: boolean): Result<Parsed, ParseProblem> {
  if (source.trim() === '') return err({ message: 'the YAML block is empty' });
  const found = tryYaml(source);
  if (!found.ok) return err({ message: `the block is not valid YAML: ${found.error}` });
  if (mustBeCompound && !isCompound(found.value.value))
    return err({ message: 'the only code block of the answer is neither a YAML mapping nor a list' });
  return ok(parsed(source, found.value, [note]));
}

function parsed(source: string, { value, documents }: Found, notes: string[]): Parsed {
  const more = documents > 1 ? [`the YAML has ${documents} documents`] : [];
  return { content: `${source.trimEnd()}\n`, value, notes: [...notes, ...more] };
}

/** The value, or the list of values where there are several documents. */
function tryYaml(source: string): Result<Found, string> {
  const documents = parseAllDocuments(source, { prettyErrors: true });
  if ('empty' in documents) return ok({ value: null, documents: 0 });
  const [error] = documents.flatMap(({ errors }) => errors);
  if (error !== undefined) return err(error.message.split('\n')[0]?.replace(/:$/, '') ?? '');
  try {
    // An alias bomb throws here.
    const values: unknown[] = documents.map((document) => document.toJS({ maxAliasCount: 100 }));
    return ok({ value: values.length === 1 ? values[0] : values, documents: values.length });
  } catch (thrown) {
    return err(thrown instanceof Error ? thrown.message : String(thrown));
  }
}

function isCompound(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}

/** Whether it is YAML that was meant: `Here is the file:` before a mapping parses as a key of it. */
function isDocument(text: string, { value }: Found): boolean {
  if (!isCompound(value)) return false;
  const [first] = parseAllDocuments(text);
  const pair = first !== undefined && isMap(first.contents) ? first.contents.items[0] : undefined;
  const isSentence = isScalar(pair?.key) && String(pair.key.value).trim().split(/\s+/).length > 2;
  const isEmpty = pair?.value === null || (isScalar(pair?.value) && pair.value.value === null);
  return !(isSentence && isEmpty);
}

function notYaml(whole: Result<Found, string>): ParseProblem {
  return {
    message: whole.ok
      ? 'the answer is text, not a YAML mapping or list, and has no code block'
      : `the answer is not valid YAML: ${whole.error}`,
  };
}
