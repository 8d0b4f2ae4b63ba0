// Finds the one JSON value in a model's answer. Pure; never completes what was cut and never mends what is broken.
import { err, ok, type Result } from '../base/result.ts';
import { type Block, findBlocks } from './fences.ts';
import type { Parsed, ParseProblem } from './parser-names.ts';

type Found = { readonly source: string; readonly value: unknown };

/** The whole answer; else a fenced block; else the one object or array in the prose. What was tolerated is noted. */
export function readJson(answer: string): Result<Parsed, ParseProblem> {
  const text = answer.replace(/^\uFEFF/, '').trim();
  const whole = tryJson(text);
  if (whole.ok) return ok(parsed(whole.value, []));
  const { blocks, unclosedAt, prose } = findBlocks(text);
  if (unclosedAt !== null)
    return err(problem(`the code block opened at line ${unclosedAt} is never closed, so the JSON may be cut`));
  if (blocks.length > 0) {
    const fenced = fromBlocks(blocks);
    if (fenced !== null) return fenced;
  }
  return fromProse(prose, whole.error);
}

function parsed({ source, value }: Found, notes: string[]): Parsed {
  return { content: `${source}\n`, value, notes };
}

function problem(message: string): ParseProblem {
  return { message };
}

function tryJson(source: string): Result<Found, string> {
  try {
    const value: unknown = JSON.parse(source);
    return goesDeeper(value, MOST_LEVELS)
      ? err(`it is nested more than ${MOST_LEVELS} levels deep`)
      : ok({ source, value });
  } catch (error) {
    return err(error instanceof Error ? error.message : String(error));
  }
}

/** Node reads what goes deeper, and can neither check nor write it. */
const MOST_LEVELS = 500;

function goesDeeper(value: unknown, levels: number): boolean {
  if (value === null || typeof value !== 'object') return false;
  return levels === 0 || Object.values(value).some((inner) => goesDeeper(inner, levels - 1));
}

/** A block that says it is JSON must be it. Where none says so, one that is an object or array is taken. Null: none is. */
function fromBlocks(blocks: readonly Block[]): Result<Parsed, ParseProblem> | null {
  const named = distinct(blocks.filter(({ language }) => language === 'json').map(({ content }) => content.trim()));
  if (named.length > 1) return err(problem(`the answer has ${named.length} different JSON blocks; one is wanted`));
  const [only] = named;
  if (only !== undefined) {
    const found = tryJson(only);
    return found.ok
      ? ok(parsed(found.value, ['took the JSON from a fenced block']))
      : err(problem(`the JSON block is not valid JSON: ${found.error}`));
  }
  const others = distinct(blocks.map(({ content }) => content.trim())).map(tryJson);
  const values = others.filter((one) => one.ok).filter(({ value }) => isCompound(value.value));
  if (values.length > 1) return err(problem(`${values.length} different blocks of the answer are JSON; one is wanted`));
  const [value] = values;
  return value === undefined
    ? null
    : ok(parsed(value.value, ['took the JSON from a fenced block that is not marked as JSON']));
}

function distinct(texts: readonly string[]): string[] {
  return [...new Set(texts)];
}

function isCompound(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}

function fromProse(prose: string, whyNotWhole: string): Result<Parsed, ParseProblem> {
  const { values, broken, cut } = scan(prose);
  if (cut) return err(problem('the JSON in the answer is cut: a bracket or a quote is never closed'));
  if (broken !== null) return err(problem(`the JSON in the answer is not valid: ${broken}`));
  if (values.length > 1) return err(problem(`the answer has ${values.length} JSON values in its text; one is wanted`));
  const [value] = values;
  if (value === undefined) return err(problem(`the answer holds no JSON object or array (as a whole: ${whyNotWhole})`));
  return ok(parsed(value, ['took the JSON out of the text around it']));
}

type Scan = { readonly values: readonly Found[]; readonly broken: string | null; readonly cut: boolean };

/** How JSON begins, against brackets of prose such as `{name}` or `[see below]`. */
const LOOKS_LIKE_JSON = /^\{\s*["'}]|^\[\s*[[{"'\d\]-]/;
const FOOTNOTE = /^\[\d{1,3}\]$/;

/** The outermost balanced spans. One that is broken is never searched for smaller values: they would be a part of the answer. */
function scan(text: string): Scan {
  const values: Found[] = [];
  let broken: string | null = null;
  let at = nextOpener(text, 0);
  while (at !== -1) {
    const end = closerOf(text, at);
    if (end === -1) return { values, broken, cut: true };
    const source = text.slice(at, end + 1);
    const found = FOOTNOTE.test(source) ? null : tryJson(source);
    if (found?.ok) values.push(found.value);
    else if (found !== null && LOOKS_LIKE_JSON.test(source)) broken ??= found.error;
    at = nextOpener(text, end + 1);
  }
  return { values, broken, cut: false };
}

function nextOpener(text: string, from: number): number {
  for (let at = from; at < text.length; at++) {
    if (text[at] === '{' || text[at] === '[') return at;
  }
  return -1;
}

/** Where the bracket opened at `start` is closed; -1 where it is not. Brackets in strings do not count. */
function closerOf(text: string, start: number): number {
  let depth = 0;
  let inString = false;
  for (let at = start; at < text.length; at++) {
    const letter = text[at];
    if (inString) {
      if (letter === '\\') at += 1;
      else if (letter === '"') inString = false;
    } else if (letter === '"') inString = true;
    else if (letter === '{' || letter === '[') depth += 1;
    else if (letter === '}' || letter === ']') depth -= 1;
    if (depth === 0) return at;
  }
  return -1;
}
