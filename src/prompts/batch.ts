// From a record of a batch to the question of a prompt: its variables, the values for all records, the request. Sends nothing.

import { err, ok, type Result } from '../base/result.ts';
import type { Redactor } from '../base/secrets.ts';
import { didYouMean } from '../base/text.ts';
import type { InputRecord } from '../batch/records.ts';
import type { Question } from '../calls/service.ts';
import type { Problem } from '../runbook/problem.ts';
import { openPrompt, type Prompt } from './open-prompt.ts';
import { type Model, modelFor, questionOf } from './question.ts';
import {
  namesOf,
  readPairs,
  readScopeFiles,
  resolveValues,
  type ScopeValues,
  unknownNames,
  type VariablePlaces,
} from './variables.ts';

export type PromptAsked = {
  readonly home: VariablePlaces;
  readonly redactor: Redactor;
  /** Its name or path. */
  readonly prompt: string;
  /** `--var NAME=VALUE`, for all records; a record's own value wins. */
  readonly pairs: readonly string[];
  /** `--model`. */
  readonly model: string | undefined;
  /** Of the project or the user's settings. */
  readonly defaultModel: string | undefined;
};

export type PromptQuestions = {
  readonly prompt: Prompt;
  readonly questionOf: (input: InputRecord) => Result<Question, Problem[]>;
  /** Names that no variable has: given for nothing. `id` names the result. */
  readonly unused: (
    names: readonly string[],
  ) => readonly { readonly name: string; readonly hint: string | undefined }[];
};

/** Everything is read once, so that all records of a batch are asked alike. */
export async function openPromptQuestions(asked: PromptAsked): Promise<Result<PromptQuestions, Problem[]>> {
  const opened = await openPrompt(asked.home, asked.prompt);
  if (!opened.ok) return opened;
  const prompt = opened.value;
  const model = await modelFor(prompt, asked);
  const shared = await sharedScopes(asked, prompt);
  if (!model.ok || !shared.ok) return err([...(model.ok ? [] : model.error), ...(shared.ok ? [] : shared.error)]);
  const known = namesOf(prompt);
  return ok({
    prompt,
    questionOf: (input) => recordQuestion(asked, { prompt, model: model.value, shared: shared.value }, input),
    unused: (names) =>
      names
        .filter((name) => name !== 'id' && !known.includes(name))
        .map((name) => ({ name, hint: didYouMean(name, known) })),
  });
}

async function sharedScopes({ home, pairs }: PromptAsked, prompt: Prompt): Promise<Result<ScopeValues[], Problem[]>> {
  const given = readPairs(pairs);
  const files = await readScopeFiles(home);
  const wrong = [...given.problems, ...unknownNames(prompt, Object.keys(given.values))];
  if (!files.ok || wrong.length > 0) return err([...wrong, ...(files.ok ? [] : files.error)]);
  return ok([{ scope: 'run', place: '--var', values: given.values, typed: true }, ...files.value]);
}

type Asking = { readonly prompt: Prompt; readonly model: Model; readonly shared: readonly ScopeValues[] };

function recordQuestion(
  { redactor }: PromptAsked,
  { prompt, model, shared }: Asking,
  input: InputRecord,
): Result<Question, Problem[]> {
  const values = { ...(input.typed ? withoutEmpty(prompt, input.values) : input.values) };
  const own: ScopeValues = { scope: 'call', place: 'this record', values, typed: input.typed };
  const resolved = resolveValues(prompt, [own, ...shared]);
  if (!resolved.ok) return err(resolved.error.map(forRecord));
  return questionOf({ prompt, model, values: resolved.value.values, redactor });
}

/** An empty cell is no value, where a variable can do without one or an empty text cannot be one; elsewhere it is an empty text. */
function withoutEmpty({ front }: Prompt, values: InputRecord['values']): Record<string, unknown> {
  const declared = front.variables ?? {};
  const isText = (name: string) => {
    const found = Object.hasOwn(declared, name) ? declared[name] : undefined;
    return (found?.type ?? 'string') === 'string' && found?.default === undefined && (found?.required ?? true);
  };
  return Object.fromEntries(Object.entries(values).filter(([name, value]) => value !== '' || isText(name)));
}

/** In a batch, what is missing or wrong is so in the record. */
function forRecord(problem: Problem): Problem {
  const message = problem.message.replace(/^this record: | \(its value comes from this record\)$/g, '');
  const isMissing = problem.code === 'undefined-variable' || message.endsWith('has no value');
  if (isMissing) return { ...problem, message, advice: 'give it in the record, or for all of them: --var NAME=VALUE' };
  return message === problem.message || /did you mean/.test(problem.advice ?? '')
    ? { ...problem, message }
    : { ...problem, message, advice: 'correct it in the record' };
}
