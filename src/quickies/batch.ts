// From a record of a batch to the question of a quickie. Everything is read once, so that all records are asked alike. Sends nothing.

import path from 'node:path';
import { errnoText } from '../base/errno.ts';
import { sha256 } from '../base/hash.ts';
import { err, ok, type Result } from '../base/result.ts';
import { didYouMean } from '../base/text.ts';
import type { InputRecord } from '../batch/records.ts';
import { loadModels, type ModelsHome, resolveModel } from '../calls/models.ts';
import type { Question } from '../calls/service.ts';
import type { OutputRules } from '../calls/structured.ts';
import type { Problem } from '../runbook/problem.ts';
import { readAtMost } from '../system/files.ts';
import { outputRules, rulesOf } from '../templates/quickie/answer.ts';
import { blobFile, type Given, type InputProblem, MOST_INPUT_BYTES, readInputs } from '../templates/quickie/inputs.ts';
import { loadPrompt, type QuickiePrompt } from '../templates/quickie/prompt.ts';
import { buildRequest } from '../templates/quickie/request.ts';
import type { QuickieTemplate } from '../templates/quickie/types.ts';

export type QuickieAsked = {
  readonly template: QuickieTemplate;
  readonly home: ModelsHome;
  /** For all records; a record's own value wins. */
  readonly given: ReadonlyMap<string, Given>;
  /** `--model`. */
  readonly model: string | undefined;
  readonly defaultModel: string | undefined;
};

export type QuickieQuestions = {
  readonly questionOf: (input: InputRecord) => Result<Question, Problem[]>;
  readonly output: OutputRules;
  /** Names that no input has: given for nothing. `id` names the result. */
  readonly unused: (
    names: readonly string[],
  ) => readonly { readonly name: string; readonly hint: string | undefined }[];
};

export async function openQuickieQuestions(asked: QuickieAsked): Promise<Result<QuickieQuestions, Problem[]>> {
  const { template, home } = asked;
  const prompt = await loadPrompt(template);
  if (!prompt.ok) return prompt;
  const model = asked.model ?? template.model ?? prompt.value.front.model ?? asked.defaultModel;
  if (model === undefined) return err([noModel(template)]);
  const models = await loadModels(home);
  if (!models.ok) return models;
  const resolved = resolveModel(models.value, model);
  if (!resolved.ok) return err([{ severity: 'error', code: 'unknown-alias', ...resolved.error }]);
  const names = [...template.inputs.keys()];
  return ok({
    questionOf: (input) => questionFor(asked, { prompt: prompt.value, model, resolved: resolved.value }, input),
    output: outputRules(rulesOf(template)),
    unused: (given) =>
      given
        .filter((name) => name !== 'id' && !names.includes(name))
        .map((name) => ({ name, hint: didYouMean(name, names) })),
  });
}

function noModel({ name }: QuickieTemplate): Problem {
  const message = `no model is named for "${name}"`;
  return { severity: 'error', code: 'no-model', message, advice: 'give --model NAME, or add "model: NAME" to it' };
}

type Asking = { readonly prompt: QuickiePrompt; readonly model: string; readonly resolved: string };

function questionFor(
  { template, given }: QuickieAsked,
  { prompt, model, resolved }: Asking,
  input: InputRecord,
): Result<Question, Problem[]> {
  const own = Object.entries(input.values).filter(([name]) => template.inputs.has(name));
  const asGiven = own.flatMap(([name, value]): [string, Given][] => {
    const file = template.inputs.get(name)?.type === 'blob' ? blobFile(value) : undefined;
    return file === undefined ? ofRecord(input, name, value) : [[name, ofFile(file)]];
  });
  const values = readInputs(template, new Map([...given, ...asGiven]));
  if (!values.ok) return err(values.error.map((problem) => forRecord(problem)));
  const built = buildRequest(template, { prompt, values: values.value, model });
  if (!built.ok) return built;
  const { request, rules, requestHash, ...about } = built.value;
  return ok({
    request,
    about: {
      source: 'quickie',
      templateName: template.name,
      ...about,
      // What the alias stands for now: another model is another question.
      requestHash: sha256(`${requestHash} ${resolved}`),
      answerRules: rules,
    },
  });
}

/** One that cannot be read is told as what it is not. */
function ofFile(file: string): Given {
  const bytes = readAtMost(path.resolve(file), MOST_INPUT_BYTES);
  if (bytes.ok && bytes.value !== undefined) return { kind: 'file', name: file, bytes: bytes.value };
  return { kind: 'unreadable', why: bytes.ok ? `${file} is too long` : `${file} ${errnoText(bytes.error.errno)}` };
}

/** An empty cell of a table is no value. */
function ofRecord({ typed }: InputRecord, name: string, value: unknown): [string, Given][] {
  if (typed && value === '') return [];
  return [[name, typed && typeof value === 'string' ? { kind: 'text', text: value } : { kind: 'data', value }]];
}

function forRecord({ code, message, advice }: InputProblem): Problem {
  const missing = code === 'missing-input';
  const what = missing ? 'give it in the record, or for all of them: -p NAME=VALUE' : advice;
  return { severity: 'error', code, message, advice: what };
}
