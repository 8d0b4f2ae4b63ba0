// From what was given for the inputs of a quickie to values that fit its input_schema, or everything that does not, at once (S000).
// Reads no file.

import type { Diagnostic } from '../../base/diagnostic.ts';
import { err, ok, type Result } from '../../base/result.ts';
import { didYouMean, shorten } from '../../base/text.ts';
import { readBlob } from './blob.ts';
import type { InputSchema, InputType } from './shape.ts';
import { type Blob, isRequired, type QuickieTemplate } from './types.ts';

export type Given =
  /** `-p key=value`. */
  | { readonly kind: 'text'; readonly text: string }
  /** `-p key=@file`, or stdin. */
  | { readonly kind: 'file'; readonly name: string; readonly bytes: Buffer }
  /** From JSON: types count, but a text that reads as what is wanted is taken. */
  | { readonly kind: 'data'; readonly value: unknown }
  /** A blob that was read when the call was made that is asked again. */
  | { readonly kind: 'blob'; readonly blob: Blob }
  /** A file of a record that cannot be read: `why` ends "… must be a blob; …". */
  | { readonly kind: 'unreadable'; readonly why: string }
  /** It was given and could not be read, which whoever tried has told. */
  | { readonly kind: 'unread' };

/** The most that one input may hold, in bytes: more than any model reads, and a wrong file is told before it is paid for. */
export const MOST_INPUT_BYTES = 10 * 1024 * 1024;

/** `input`: its name, for whoever knows where it was given. */
export type InputProblem = Diagnostic & { readonly input: string; readonly advice: string };

/** Names → values, defaults filled in, null for what is optional and not given. */
export function readInputs(
  { inputs }: Pick<QuickieTemplate, 'inputs'>,
  given: ReadonlyMap<string, Given>,
): Result<Record<string, unknown>, InputProblem[]> {
  const values: Record<string, unknown> = {};
  const problems: InputProblem[] = [];
  for (const name of given.keys()) if (!inputs.has(name)) problems.push(unknown(name, [...inputs.keys()]));
  for (const [name, schema] of inputs) {
    const got = given.get(name);
    if (got === undefined || (got.kind === 'data' && got.value === null)) {
      if (isRequired(schema)) problems.push(missing(name, schema));
      else values[name] = schema.default ?? null;
      continue;
    }
    if (got.kind === 'unread') continue;
    const value = read(schema, got);
    const wrong = value.ok ? notAChoice(schema, value.value) : value.error;
    if (wrong === undefined && value.ok) values[name] = value.value;
    else problems.push(misfit(name, schema, wrong ?? ''));
  }
  return problems.length > 0 ? err(problems) : ok(values);
}

function unknown(name: string, names: readonly string[]): InputProblem {
  const advice = didYouMean(name, names) ?? (names.length === 0 ? 'it takes none' : `it takes ${names.join(', ')}`);
  return {
    input: name,
    severity: 'error',
    code: 'unknown-input',
    message: `there is no input "${shorten(name, 60)}"`,
    advice,
  };
}

function missing(name: string, schema: InputSchema): InputProblem {
  const what = schema.description ? `: ${schema.description}` : '';
  const ways =
    schema.type === 'blob'
      ? `-p ${name}=@FILE`
      : schema.enum
        ? `-p ${name}=${String(schema.enum[0])}`
        : `-p ${name}=TEXT, -p ${name}=@FILE, or -p ${name}=- for stdin`;
  const message = `the input "${name}" (${expected(schema)}) is missing${what}`;
  return { input: name, severity: 'error', code: 'missing-input', message, advice: `give it: ${ways}` };
}

function misfit(name: string, schema: InputSchema, wrong: string): InputProblem {
  const near = /^not "(.*)"$/.exec(wrong)?.[1];
  const meant = near && schema.enum ? didYouMean(near, schema.enum.map(String)) : undefined;
  const advice = meant ?? `give ${example(schema)}`;
  return {
    input: name,
    severity: 'error',
    code: 'wrong-input',
    message: `the input "${name}" must be ${expected(schema)}; ${wrong}`,
    advice,
  };
}

const TYPE_WORDS: Record<InputType, string> = {
  string: 'a string',
  integer: 'an integer',
  number: 'a number',
  boolean: 'a boolean',
  array: 'an array',
  object: 'an object',
  blob: 'a blob',
};

/** `a string, one of: short, long`. */
function expected({ type, enum: choices }: InputSchema): string {
  return choices === undefined ? TYPE_WORDS[type] : `${TYPE_WORDS[type]}, one of: ${choices.map(String).join(', ')}`;
}

function example({ type, enum: choices }: InputSchema): string {
  if (choices !== undefined) return 'one of them';
  const examples: Record<InputType, string> = {
    string: 'a text',
    integer: 'a whole number, such as 3',
    number: 'a number, such as 0.5',
    boolean: 'true or false',
    array: 'a JSON array, such as ["a", "b"]',
    object: 'a JSON object, such as {"a": 1}',
    blob: 'a file of text, or an image (PNG, JPEG, GIF, WebP): @FILE',
  };
  return examples[type];
}

function notAChoice({ enum: choices, type }: InputSchema, value: unknown): string | undefined {
  if (choices === undefined) return undefined;
  const fits = choices.some((choice) => choice === value || (type === 'string' && String(choice) === value));
  return fits ? undefined : `not ${shown(value)}`;
}

/** A value, or the end of the sentence "… must be an integer; …". */
function read(schema: InputSchema, given: Exclude<Given, { kind: 'unread' }>): Result<unknown, string> {
  const { type } = schema;
  if (given.kind === 'unreadable') return err(given.why);
  if (type === 'blob') return blobOf(given);
  if (given.kind === 'data') return ofData(type, given.value);
  if (given.kind === 'blob') return ofData(type, given.blob);
  const text = given.kind === 'text' ? ok(given.text) : decode(given);
  if (!text.ok) return text;
  // What a file or a pipe ends with is no part of a choice.
  return type === 'string' ? ok(schema.enum ? text.value.trim() : text.value) : ofText(type, text.value.trim());
}

function blobOf(given: Given): Result<unknown, string> {
  if (given.kind === 'file') return readBlob(given.name, given.bytes);
  if (given.kind === 'blob' && ('text' in given.blob || 'dataUrl' in given.blob)) return ok(given.blob);
  return err('it is to be given as a file');
}

/** `{"file": "path"}`, as a blob is given in JSON. */
export function blobFile(value: unknown): string | undefined {
  const file = value !== null && typeof value === 'object' ? (value as { file?: unknown }).file : undefined;
  return typeof file === 'string' ? file : undefined;
}

/** Bytes that are no UTF-8 become U+FFFD: a diff of an old file must not fail by it. A zero byte is in no text. */
function decode({ bytes }: Extract<Given, { kind: 'file' }>): Result<string, string> {
  if (bytes.length > MOST_INPUT_BYTES) return err(tooLong(bytes.length));
  const zero = bytes.indexOf(0);
  if (zero >= 0) return err(`this is binary data (a zero byte at offset ${zero})`);
  return ok(bytes.toString('utf8'));
}

function tooLong(bytes: number): string {
  return `this has ${bytes.toLocaleString('en')} bytes; ${MOST_INPUT_BYTES.toLocaleString('en')} are the most`;
}

function ofText(type: Exclude<InputType, 'blob' | 'string'>, text: string): Result<unknown, string> {
  switch (type) {
    case 'integer':
      return /^[+-]?\d{1,15}$/.test(text) ? ok(Number(text)) : err(`not ${shown(text)}`);
    case 'number':
      return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? finite(text) : err(`not ${shown(text)}`);
    case 'boolean':
      return /^(true|false)$/i.test(text) ? ok(text.toLowerCase() === 'true') : err(`not ${shown(text)}`);
    case 'array':
    case 'object':
      return ofJson(type, text);
  }
}

function finite(text: string): Result<number, string> {
  const number = Number(text);
  return Number.isFinite(number) ? ok(number) : err(`not ${shown(text)}`);
}

function ofJson(type: 'array' | 'object', text: string): Result<unknown, string> {
  try {
    return ofData(type, JSON.parse(text));
  } catch (error) {
    return err(`this is no JSON: ${shorten(error instanceof Error ? error.message : '', 80)}`);
  }
}

function ofData(type: Exclude<InputType, 'blob'>, value: unknown): Result<unknown, string> {
  // Before it is looked at or shown in any other way.
  const harm = harmIn(value, 0);
  if (harm !== undefined) return err(harm);
  if (typeof value === 'string' && type !== 'string' && type !== 'array' && type !== 'object')
    return ofText(type, value.trim());
  if (type === 'string' && (typeof value === 'number' || typeof value === 'boolean')) return ok(String(value));
  return isOf(type, value) ? ok(value) : err(`not ${shown(value)}`);
}

function isOf(type: Exclude<InputType, 'blob'>, value: unknown): boolean {
  switch (type) {
    case 'integer':
      return Number.isSafeInteger(value);
    case 'array':
      return Array.isArray(value);
    case 'object':
      return value !== null && typeof value === 'object' && !Array.isArray(value);
    default:
      return typeof value === type;
  }
}

const FORBIDDEN_KEYS = ['__proto__', 'constructor', 'prototype'];
const MOST_LEVELS = 100;

/** Keys that would reach an object's prototype are refused (design.md §9), as is nesting without end. */
function harmIn(value: unknown, depth: number): string | undefined {
  if (value === null || typeof value !== 'object') return undefined;
  if (depth > MOST_LEVELS) return `this is nested more than ${MOST_LEVELS} levels deep`;
  for (const [key, inner] of Object.entries(value)) {
    if (FORBIDDEN_KEYS.includes(key)) return `this holds the key "${key}", which is not allowed`;
    const found = harmIn(inner, depth + 1);
    if (found !== undefined) return found;
  }
  return undefined;
}

function shown(value: unknown): string {
  return shorten(typeof value === 'string' ? `"${value}"` : (JSON.stringify(value) ?? String(value)), 60);
}
