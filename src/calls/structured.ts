// From the text of a complete answer to data that fits a schema, or what is wrong with it. Asks nobody.

import { certainlyFits } from '../base/json-fits.ts';
import type { Result } from '../base/result.ts';
import { readJson } from '../model/json-text.ts';
import { type Parsed, type ParseProblem, readWhole } from '../model/parser-names.ts';
import type { ChatMessage } from '../model/provider.ts';

export type OutputRules = { readonly parser: string; readonly schema?: Record<string, unknown> | undefined };

export type Structured = {
  /** What is to be kept; the raw answer where it could not be parsed. */
  readonly content: string;
  readonly value: unknown;
  /** Each leniency of the parser. */
  readonly notes: readonly string[];
  /** Empty: it is what was asked for. */
  readonly problems: readonly string[];
  /** Whether there is parsed content to go on with. */
  readonly parsed: boolean;
};

/** Validated here in any case: not every server keeps to the schema that it was sent. */
export async function readStructured({ parser, schema }: OutputRules, answer: string): Promise<Structured> {
  const parsed = await parse(parser, answer);
  if (!parsed.ok)
    return { content: answer, value: undefined, notes: [], problems: [parsed.error.message], parsed: false };
  const { content, value, notes } = parsed.value;
  if (schema === undefined) return { content, value, notes, problems: [], parsed: true };
  if (certainlyFits(schema, value)) return { content, value, notes, problems: [], parsed: true };
  const { schemaProblems } = await import('../base/json-schema.ts');
  return { content, value, notes, problems: schemaProblems(schema, value), parsed: true };
}

/** Those that read YAML and code are loaded where they are named. */
async function parse(parser: string, answer: string): Promise<Result<Parsed, ParseProblem>> {
  if (parser === 'text') return readWhole(answer);
  if (parser === 'json') return readJson(answer);
  const { parseOutput } = await import('../model/parsers.ts');
  return parseOutput(parser, answer);
}

/** The answer and what is wrong with it, as the next turns of the conversation. */
export function objection(answer: string, failure: string): ChatMessage[] {
  return [
    { role: 'assistant', content: answer },
    { role: 'user', content: `That answer was not accepted: ${failure}\n\nAnswer again, whole.` },
  ];
}
