// Prompts that do nothing but name their inputs, as most do: filled without the template engine, which takes longer to load than all
// else that a quickie needs. They read exactly as the engine reads them; anything else is left to it.

import { md5 } from '../../base/hash.ts';

export type PlainPrompt = {
  readonly text: string;
  /** MD5 (S000). */
  readonly hash: string;
  readonly variables: readonly string[];
  readonly render: (values: Readonly<Record<string, unknown>>) => string;
};

/** Literals and other forms of Liquid that are no names. */
const NO_NAMES = new Set(['true', 'false', 'nil', 'null', 'empty', 'blank']);
const VARIABLE = /\{\{[ \t]*([A-Za-z_][A-Za-z0-9_-]*)[ \t]*\}\}/g;

/** Undefined where the text has tags, filters, white space control, or anything else that Liquid takes for its own. */
export function plainPrompt(text: string): PlainPrompt | undefined {
  if (/\{\{\{/.test(text) || /\{\{|\{%/.test(text.replace(VARIABLE, ' '))) return undefined;
  const variables = [...new Set([...text.matchAll(VARIABLE)].map((match) => match[1] ?? ''))];
  // A name that ends in a hyphen would be white space control.
  if (variables.some((name) => NO_NAMES.has(name) || name.endsWith('-'))) return undefined;
  return {
    text,
    get hash() {
      return md5(text);
    },
    variables,
    render: (values) => text.replace(VARIABLE, (_match, name: string) => printable(values[name])),
  };
}

/** A list or mapping prints as JSON, nothing as nothing. */
function printable(value: unknown): string {
  if (value === null || value === undefined) return '';
  return typeof value === 'string' ? value : JSON.stringify(value, null, 2);
}
