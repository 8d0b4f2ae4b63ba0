// Several prompts one after the other, each with the answer of the one before. Knows no terminal.

import type { Failure } from '../base/failure.ts';
import { err, ok, type Result } from '../base/result.ts';
import type { Redactor } from '../base/secrets.ts';
import type { Ask, Asked, AskHooks, BatchResult } from '../batch/types.ts';
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

/** The variable that holds the answer of the step before. */
const PREVIOUS = 'previous';

export type ChainAsked = {
  readonly home: VariablePlaces;
  readonly redactor: Redactor;
  /** Names or paths, in their order. */
  readonly prompts: readonly string[];
  /** `--var NAME=VALUE`: each for every prompt that knows it. */
  readonly pairs: readonly string[];
  readonly model: string | undefined;
  readonly defaultModel: string | undefined;
};

export type ChainStep = { readonly prompt: Prompt; readonly model: Model };

export type Chain = {
  readonly steps: readonly ChainStep[];
  /** `previous`: undefined for the first step. */
  readonly questionOf: (step: number, previous: string | undefined) => Result<Question, Problem[]>;
};

/** Everything is read once, and looked at before anything is sent: all problems at once. */
export async function openChain(asked: ChainAsked): Promise<Result<Chain, Problem[]>> {
  const opened = await Promise.all(asked.prompts.map((name) => openStep(asked, name)));
  const given = readPairs(asked.pairs);
  const files = await readScopeFiles(asked.home);
  const steps = opened.flatMap((step) => (step.ok ? [step.value] : []));
  const unread = opened.flatMap((step) => (step.ok ? [] : step.error));
  // A prompt that cannot be read may know any name.
  const unknown = unread.length > 0 ? [] : unknownToAll(steps, Object.keys(given.values));
  const problems = [...unread, ...given.problems, ...(files.ok ? [] : files.error), ...unknown];
  if (!files.ok || unread.length > 0) return err(unrepeated(problems));
  const shared: ScopeValues[] = [{ scope: 'call', place: '--var', values: given.values, typed: true }, ...files.value];
  const chain: Chain = {
    steps,
    questionOf: (at, previous) => stepQuestion(asked, { step: steps[at], shared }, previous),
  };
  const unmet = steps.flatMap((_, at) => {
    const question = chain.questionOf(at, at === 0 ? undefined : 'the answer of the step before');
    return question.ok ? [] : question.error;
  });
  const found = unrepeated([...problems, ...unmet]);
  return found.length > 0 ? err(found) : ok(chain);
}

async function openStep(asked: ChainAsked, name: string): Promise<Result<ChainStep, Problem[]>> {
  const prompt = await openPrompt(asked.home, name);
  if (!prompt.ok) return prompt;
  const model = await modelFor(prompt.value, asked);
  return model.ok ? ok({ prompt: prompt.value, model: model.value }) : model;
}

/** A value may be meant for one prompt alone, but not for none. */
function unknownToAll(steps: readonly ChainStep[], names: readonly string[]): Problem[] {
  const strange = names.filter((name) => !steps.some(({ prompt }) => namesOf(prompt).includes(name)));
  return steps[0] === undefined ? [] : unknownNames(steps[0].prompt, strange);
}

/** The same prompt may stand in a chain twice. */
function unrepeated(problems: readonly Problem[]): Problem[] {
  const seen = new Set<string>();
  return problems.filter(({ message, spot }) => {
    const key = `${spot?.source.file} ${message}`;
    return !seen.has(key) && seen.add(key);
  });
}

type Filling = { readonly step: ChainStep | undefined; readonly shared: readonly ScopeValues[] };

function stepQuestion(
  { redactor }: ChainAsked,
  { step, shared }: Filling,
  previous: string | undefined,
): Result<Question, Problem[]> {
  if (step === undefined) throw new Error('there is no such step');
  const before: ScopeValues[] =
    previous === undefined
      ? []
      : [{ scope: 'run', place: 'the step before', values: { [PREVIOUS]: previous }, typed: true }];
  const resolved = resolveValues(step.prompt, [...before, ...shared]);
  if (!resolved.ok) return err(resolved.error.map((problem) => (previous === undefined ? ofFirst(problem) : problem)));
  return questionOf({ ...step, values: resolved.value.values, redactor });
}

function ofFirst(problem: Problem): Problem {
  const advice = `nothing comes before the first prompt: give --var ${PREVIOUS}=TEXT`;
  return problem.message.includes(`"${PREVIOUS}"`) ? { ...problem, advice } : problem;
}

export type StepDone = { readonly from: 'call' | 'history'; readonly result: BatchResult };

export type ChainEnd = {
  readonly done: readonly StepDone[];
  /** Why it did not come to its end, at the step behind those that are done. */
  readonly failed?: { readonly failure: Failure; readonly result?: BatchResult };
};

export type ChainNews = {
  readonly begins: (step: number) => void;
  readonly done: (step: number, done: StepDone) => void;
  readonly hooks: AskHooks;
};

/** Stops at the first failure; what was done is kept. `askOf` makes the asking of one question. */
export async function runChain(chain: Chain, askOf: (question: Question) => Ask, news: ChainNews): Promise<ChainEnd> {
  const done: StepDone[] = [];
  for (const step of chain.steps.keys()) {
    const question = chain.questionOf(step, step === 0 ? undefined : textOf(done.at(-1)?.result));
    // The answer has another form than the prompt declares for it.
    if (!question.ok) return { done, failed: { failure: unfit(question.error) } };
    news.begins(step);
    const asked = await askOf(question.value)({ index: step + 1, values: {}, line: step + 1 }, news.hooks);
    const failed = failureOf(asked);
    if (failed !== undefined) return { done, failed };
    const settled = asked as Extract<Asked, { kind: 'settled' }>;
    done.push(settled);
    news.done(step, settled);
  }
  return { done };
}

/** Answers of prompts are texts. */
export function textOf(result: BatchResult | undefined): string {
  return typeof result?.output === 'string' ? result.output : '';
}

function unfit(problems: readonly Problem[]): Failure {
  const message = problems.map((problem) => problem.message).join('; ');
  return {
    code: 'call-failed',
    message: `the answer does not fit the next prompt: ${message}`,
    advice: 'look at it in the history, or declare the variable otherwise',
  };
}

function failureOf(asked: Asked): ChainEnd['failed'] {
  switch (asked.kind) {
    case 'settled':
    case 'limited': {
      const { result } = asked;
      if (result.status === 'complete') return undefined;
      const advice = 'the same command goes on with this step; nothing that was answered is asked again';
      return { failure: { code: 'call-failed', message: result.error ?? '', advice }, result };
    }
    case 'refused':
      return { failure: { code: 'waiting', message: asked.result.error ?? '', advice: asked.advice } };
    case 'over-budget':
    case 'stop':
      return { failure: asked.failure };
    case 'interrupted':
      return {
        failure: { code: 'call-failed', message: 'interrupted', advice: 'the same command goes on with this step' },
      };
  }
}
