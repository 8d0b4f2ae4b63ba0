// The names of the output parsers (design.md §5) and what they give. Apart from the parsers, so that checking a name loads nothing.

import { err, ok, type Result } from '../base/result.ts';

/** `text`, `json`, `yaml`, `code_block`, or `<language>_code_block` in lower case: `python_code_block`, `c++_code_block`. */
export const OUTPUT_PARSER_PATTERN = /^(?:text|json|yaml|code_block|[a-z0-9+#.-]+_code_block)$/;

export function isOutputParser(name: string): boolean {
  return OUTPUT_PARSER_PATTERN.test(name);
}

export type Parsed = {
  /** What is written to the artifact. */
  readonly content: string;
  /** The data of `json` and `yaml`; a list of them where YAML has several documents. */
  readonly value?: unknown;
  /** Each leniency, as a part of a sentence: "took the JSON from a fenced block". */
  readonly notes: readonly string[];
};

/** A sentence without a full stop that begins in lower case, to be put after "the answer of ...: ". */
export type ParseProblem = { readonly message: string };

/** The parser `text`: the answer as it is. */
export function readWhole(answer: string): Result<Parsed, ParseProblem> {
  return answer.trim() === '' ? err({ message: 'the answer is empty' }) : ok({ content: answer, notes: [] });
}
