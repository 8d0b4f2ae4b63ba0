// What liquidjs throws and finds, as problems with places in the template or in the partial that is at fault. Knows no task.

import type { Problem, SourceFile, Spot } from '../runbook/problem.ts';

export const TEMPLATE_FOLDER = 'prompt_templates';

/** A template and what it uses: `bodyStart` is where the text begins that liquidjs was given; `partials` are texts by name. */
export type Texts = {
  readonly source: SourceFile;
  readonly bodyStart: number;
  readonly partials: ReadonlyMap<string, string>;
};

/** As its errors look; of nested ones (a partial in a partial) the innermost say what is wrong. */
type LiquidFailure = {
  readonly name: string;
  readonly message: string;
  readonly errors?: readonly LiquidFailure[];
  readonly token?: { readonly begin: number; readonly end: number; readonly input: string };
  readonly originalError?: { readonly message: string };
};

export const ENDLESS = 'its partials render each other without end';
/** Deeper nesting comes only from partials that render each other. */
const MAX_DEPTH = 20;

export function liquidProblems(texts: Texts, error: unknown): Problem[] {
  if (!(error instanceof Error)) throw error;
  return innermost(error, 0).map((failure) => problemOf(texts, failure));
}

function innermost(failure: LiquidFailure, depth: number): LiquidFailure[] {
  if (!failure.errors || depth > MAX_DEPTH) return [failure];
  return failure.errors.flatMap((inner) => innermost(inner, depth + 1));
}

function problemOf(texts: Texts, { name, message: given, originalError, token, errors }: LiquidFailure): Problem {
  const message = (originalError?.message ?? given).split('\n', 1)[0]?.replace(/, (file|line):.*$/, '') ?? '';
  if (errors || message === ENDLESS || /call stack/i.test(message)) return endless(texts);
  const lost = /Failed to lookup "([^"]*)"/.exec(message)?.[1];
  if (lost !== undefined) return missingPartial(texts, lost);
  const spot = token
    ? spotAt(texts, { input: token.input, begin: token.begin, length: token.end - token.begin })
    : spotAt(texts, {});
  const isUndefined = name === 'UndefinedVariableError';
  const advice = isUndefined ? 'define it under input_context, or guard it with {% if … %}' : 'mend the template here';
  return { severity: 'error', code: isUndefined ? 'undefined-variable' : 'template-error', message, spot, advice };
}

/** A problem where a partial renders itself by name, directly or through others: filling it would end only with the stack. */
export function endlessPartials(texts: Texts, extension: string): Problem[] {
  const { partials } = texts;
  const uses = new Map(
    [...partials].map(([name, text]) => [
      name,
      namesIn(text).map((used) => (partials.has(used) ? used : used + extension)),
    ]),
  );
  const reached = (name: string, seen: Set<string>): Set<string> => {
    for (const used of uses.get(name) ?? []) if (!seen.has(used)) reached(used, seen.add(used));
    return seen;
  };
  return [...partials.keys()].some((name) => reached(name, new Set()).has(name)) ? [endless(texts)] : [];
}

function namesIn(text: string): string[] {
  return [...text.matchAll(/\{%-?\s*(?:render|include|layout)\s+(["'])(.*?)\1/g)].map((match) => match[2] ?? '');
}

function endless(texts: Texts): Problem {
  return {
    severity: 'error',
    code: 'template-error',
    message: ENDLESS,
    spot: spotAt(texts, {}),
    advice: 'let no partial render itself, directly or through others',
  };
}

function missingPartial(texts: Texts, name: string): Problem {
  const message = `there is no partial "${name}" in ${TEMPLATE_FOLDER}/`;
  const using = [texts.source.text.slice(texts.bodyStart), ...texts.partials.values()].find((text) =>
    text.includes(name),
  );
  const place = using === undefined ? {} : { input: using, begin: using.indexOf(name), length: name.length };
  return {
    severity: 'error',
    code: 'template-error',
    message,
    spot: spotAt(texts, place),
    advice: 'create it there, or correct its name',
  };
}

type At = { readonly input?: string; readonly begin?: number; readonly length?: number };

/** `input` is the text that an offset counts in: that of the template's body or of a partial. */
export function spotAt({ source, bodyStart, partials }: Texts, { input, begin = 0, length = 1 }: At): Spot {
  const partial = input === source.text.slice(bodyStart) ? undefined : [...partials].find(([, text]) => text === input);
  const start = (partial ? 0 : bodyStart) + begin;
  const file = partial ? { file: `${TEMPLATE_FOLDER}/${partial[0]}`, text: partial[1] } : source;
  return { source: file, path: [], span: { start, end: start + Math.max(1, length) } };
}

/** The offset of a row and a column, both from 1. */
export function offsetOf(text: string, row: number, column: number): number {
  const before = text.split('\n').slice(0, row - 1);
  return before.reduce((sum, line) => sum + line.length + 1, 0) + column - 1;
}
