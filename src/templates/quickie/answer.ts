// What the answer to a quickie must be, and what of it is printed. Pure.

import type { OutputSchema } from './shape.ts';
import type { QuickieTemplate } from './types.ts';

/** Kept with the call, so that it can be made later or again although the template has changed. */
export type AnswerRules = {
  readonly format: 'json' | 'text' | 'markdown';
  /** The JSON Schema of the data. */
  readonly schema?: Record<string, unknown>;
};

export function rulesOf({ outputs, config }: QuickieTemplate): AnswerRules {
  return { format: config.format, ...(outputs.size === 0 ? {} : { schema: jsonSchemaOf(outputs) }) };
}

function jsonSchemaOf(outputs: ReadonlyMap<string, OutputSchema>): Record<string, unknown> {
  const properties = [...outputs].map(([name, { type, description, enum: choices }]) => [
    name,
    { type, ...(description ? { description } : {}), ...(choices === undefined ? {} : { enum: choices }) },
  ]);
  return {
    type: 'object',
    properties: Object.fromEntries(properties),
    required: [...outputs.keys()],
    additionalProperties: false,
  };
}

/** Servers that enforce a schema want to know all of it: what is inside an array or an object is not said here. */
export function isStrict(outputs: ReadonlyMap<string, OutputSchema>): boolean {
  return [...outputs.values()].every(({ type }) => type !== 'array' && type !== 'object');
}

/** How the answer is read: see `readStructured`. */
export function outputRules({ format, schema }: AnswerRules): { parser: string; schema?: Record<string, unknown> } {
  return format === 'json' ? { parser: 'json', ...(schema === undefined ? {} : { schema }) } : { parser: 'text' };
}

export type Output = {
  /** What is printed: the one value that was asked for, or the answer. */
  readonly content: string;
  /** The answer as data; undefined for plain text. */
  readonly data: unknown;
};

/** `content` and `value` are what the parser gave. A template with one output is asked for that value alone. */
export function outputOf(rules: AnswerRules, { content, value }: { content: string; value: unknown }): Output {
  const [only, second] = Object.keys((rules.schema?.properties as object | undefined) ?? {});
  const single = second === undefined ? only : undefined;
  if (rules.format !== 'json')
    return { content, data: single === undefined ? undefined : { [single]: content.trim() } };
  if (single === undefined || value === null || typeof value !== 'object') return { content, data: value };
  const inner = (value as Record<string, unknown>)[single];
  return { content: typeof inner === 'string' ? inner : JSON.stringify(inner, null, 2), data: value };
}
