// Prompts that write prompts (S001): a template from a wish, a template improved, its system prompt improved. Untracked: of each call only
// the cost line stays. Gives what would be written; writes nothing.

import { err, ok, type Result } from '../base/result.ts';
import type { Redactor } from '../base/secrets.ts';
import type { ModelCalls } from '../calls/service.ts';
import { objection } from '../calls/structured.ts';
import type { CallFailure, CallHooks } from '../calls/types.ts';
import type { ChatMessage } from '../model/provider.ts';
import type { Problem } from '../runbook/problem.ts';
import type { AiSettings } from '../runbook/task.ts';
import { withSystem } from '../templates/front-matter.ts';
import { TEMPLATE_FOLDER } from '../templates/liquid-problems.ts';
import { openPrompt, type Prompt, type PromptHome, readPrompt } from './open-prompt.ts';
import { type Model, modelFor, questionOf } from './question.ts';
import { UTILITY_TEXTS, type UtilityName } from './utility-texts.ts';
import { namesOf, resolveValues } from './variables.ts';

export type UtilityParts = {
  readonly home: PromptHome;
  readonly redactor: Redactor;
  readonly models: ModelCalls;
  readonly ai: AiSettings;
  readonly hooks: CallHooks;
  /** `--model`. */
  readonly model: string | undefined;
};

/** What would be written, and what of it a person should look at. */
export type Candidate = {
  readonly content: string;
  /** Nothing of it would work: it is no template. */
  readonly broken: readonly string[];
  /** It would work, and something is lost or new. */
  readonly doubts: readonly string[];
  readonly costUsd: number | null;
};

export type UtilityFailure = CallFailure | { readonly kind: 'problems'; readonly problems: readonly Problem[] };

/** `file`: the name that it would get, for the places in messages. */
export async function generatePrompt(
  parts: UtilityParts,
  { wish, file }: { wish: string; file: string },
): Promise<Result<Candidate, UtilityFailure>> {
  return ask(parts, { name: 'generate-prompt', values: { wish } }, async (answer) => {
    const content = wholeFile(answer);
    const read = await readPrompt(parts.home, { from: parts.home.kind, file, text: content });
    if (!read.ok) return { content, broken: read.error.map(({ message }) => message), doubts: [] };
    return { content, broken: [], doubts: undeclared(read.value, []) };
  });
}

export type Improving = { readonly prompt: Prompt; readonly goal: string; readonly systemOnly: boolean };

export async function optimizePrompt(
  parts: UtilityParts,
  { prompt, goal, systemOnly }: Improving,
): Promise<Result<Candidate, UtilityFailure>> {
  const { text } = prompt.template.source;
  const judge = async (content: string): Promise<Judged> => {
    const read = await readPrompt(parts.home, { ...prompt, text: content });
    if (!read.ok) return { content, broken: read.error.map(({ message }) => message), doubts: [] };
    return { content, broken: [], doubts: [...lost(prompt, read.value), ...undeclared(read.value, namesOf(prompt))] };
  };
  if (!systemOnly)
    return ask(parts, { name: 'optimize-prompt', values: { template: text, goal } }, (answer) =>
      judge(wholeFile(answer)),
    );
  const values = { system: prompt.front.system ?? '', template: text, goal };
  return ask(parts, { name: 'optimize-system', values }, async (answer) => {
    const content = await withSystem(text, unfenced(answer));
    return content.ok ? judge(content.value) : { content: text, broken: [content.error], doubts: [] };
  });
}

function lost(before: Prompt, after: Prompt): string[] {
  const left = namesOf(after);
  return namesOf(before)
    .filter((name) => !left.includes(name))
    .map((name) => `the variable "${name}" is gone`);
}

function undeclared(after: Prompt, known: readonly string[]): string[] {
  const declared = Object.keys(after.front.variables ?? {});
  return after.uses
    .filter((name) => !declared.includes(name) && !known.includes(name))
    .map((name) => `the variable "${name}" is used and not declared`);
}

type Judged = Omit<Candidate, 'costUsd'>;
type Utility = { readonly name: UtilityName; readonly values: Readonly<Record<string, unknown>> };

/** Asks, and once more where the answer does not fit, with what is wrong with it. */
async function ask(
  parts: UtilityParts,
  utility: Utility,
  judge: (answer: string) => Promise<Judged>,
): Promise<Result<Candidate, UtilityFailure>> {
  const asked = await utilityQuestion(parts, utility);
  if (!asked.ok) return err({ kind: 'problems', problems: asked.error });
  const turns: ChatMessage[] = [];
  let costUsd: number | null = 0;
  for (let left = 1; ; left -= 1) {
    const about = { ...asked.value.about, keep: 'none' as const };
    const request = { ...asked.value.request, messages: [...asked.value.request.messages, ...turns] };
    const plan = await parts.models.plan(parts.ai, { request, about });
    if (!plan.ok) return err({ kind: 'refused', refused: plan.error });
    const sent = await parts.models.send(plan.value, { about, hooks: parts.hooks });
    if (!sent.ok) return sent;
    const { answer } = sent.value;
    costUsd = costUsd === null || answer.costUsd === null ? null : costUsd + answer.costUsd;
    const judged = await judge(answer.text);
    const wrong = [...judged.broken, ...judged.doubts].join('; ');
    if (wrong === '' || left <= 0) return ok({ ...judged, costUsd });
    parts.hooks.report({ kind: 'note', message: `not accepted: ${wrong}; asking again` });
    turns.push(...objection(answer.text, wrong));
  }
}

async function utilityQuestion(parts: UtilityParts, { name, values }: Utility) {
  const prompt = await openUtility(parts.home, name);
  if (!prompt.ok) return prompt;
  const model = await modelOf(parts, prompt.value);
  if (!model.ok) return model;
  const given = { scope: 'call' as const, place: 'the command', values };
  const resolved = resolveValues(prompt.value, [given]);
  if (!resolved.ok) return resolved;
  const { redactor } = parts;
  return questionOf({ prompt: prompt.value, model: model.value, values: resolved.value.values, redactor });
}

function modelOf({ home, model, ai }: UtilityParts, prompt: Prompt): Promise<Result<Model, Problem[]>> {
  return modelFor(prompt, { home, model, defaultModel: ai.model });
}

/** The project's or the user's own file of that name, else the built-in one. */
async function openUtility(home: PromptHome, name: UtilityName): Promise<Result<Prompt, Problem[]>> {
  const own = await openPrompt(home, name);
  if (own.ok || own.error.some(({ code }) => code !== 'unknown-prompt')) return own;
  return readPrompt(home, { from: home.kind, file: `${TEMPLATE_FOLDER}/${name}.md`, text: UTILITY_TEXTS[name] });
}

/** Models put a fence around a file although they are told not to. Fences inside of it stay. */
function unfenced(answer: string): string {
  const text = answer.trim();
  const [, fence = '', inside] = /^(`{3,}|~{3,})[^\n`]*\n([\s\S]*)\n\1\s*$/.exec(text) ?? [];
  return inside === undefined || inside.split('\n').some((line) => line.trim() === fence) ? text : inside;
}

function wholeFile(answer: string): string {
  return `${unfenced(answer)}\n`;
}
