// One question made of a prompt and its values: the request, and what the history is to know of it. Sends nothing.

import { sha256 } from '../base/hash.ts';
import { err, ok, type Result } from '../base/result.ts';
import type { Redactor } from '../base/secrets.ts';
import { loadModels, type ModelsHome, resolveModel } from '../calls/models.ts';
import type { Question } from '../calls/service.ts';
import { changeText, type ModelRequest } from '../model/provider.ts';
import type { Problem } from '../runbook/problem.ts';
import type { Prompt } from './open-prompt.ts';

/** The name that is asked for, and the model that it stands for now. */
export type Model = { readonly asked: string; readonly resolved: string };

export type ModelWanted = {
  readonly home: ModelsHome;
  /** `--model`. */
  readonly model: string | undefined;
  /** Of the project or the user's settings. */
  readonly defaultModel: string | undefined;
};

/** The nearest that is named: on the command line, by the prompt, by the settings. */
export async function modelFor(
  prompt: Prompt,
  { home, model, defaultModel }: ModelWanted,
): Promise<Result<Model, Problem[]>> {
  const asked = model ?? prompt.front.model ?? defaultModel;
  if (asked === undefined) return err([noModel(prompt)]);
  const models = await loadModels(home);
  if (!models.ok) return models;
  const resolved = resolveModel(models.value, asked);
  if (resolved.ok) return ok({ asked, resolved: resolved.value });
  return err([{ severity: 'error', code: 'unknown-alias', ...resolved.error }]);
}

function noModel({ file }: Prompt): Problem {
  return {
    severity: 'error',
    code: 'no-model',
    message: `no model is named for ${file}`,
    advice:
      'name one with --model, with "model: NAME" in its front matter, or with "ai: {model: NAME}" in runbook.yaml or in your config.yaml',
  };
}

export type Filling = {
  readonly prompt: Prompt;
  readonly model: Model;
  readonly values: Readonly<Record<string, unknown>>;
  readonly redactor: Redactor;
};

export function questionOf({ prompt, model, values, redactor }: Filling): Result<Question, Problem[]> {
  const messages = prompt.messagesOf(values);
  if (!messages.ok) return messages;
  const request = requestOf(prompt, model.asked, messages.value);
  return ok({
    request,
    about: {
      source: 'prompt',
      templateName: prompt.file,
      templateText: prompt.template.fullText,
      promptHash: prompt.hash,
      promptText: messages.value.at(-1)?.content ?? '',
      requestHash: hashOf({ ...request, model: model.resolved }, redactor),
      inputParams: values,
    },
  });
}

/** `model` is a name or an alias. */
export function requestOf({ front }: Prompt, model: string, messages: ModelRequest['messages']): ModelRequest {
  const { temperature, max_tokens: maxTokens } = front.config ?? {};
  return {
    model,
    messages,
    ...(temperature === undefined ? {} : { temperature }),
    ...(maxTokens === undefined ? {} : { maxTokens }),
  };
}

/** Over what decides the answer, without secrets: the same question is found again. */
function hashOf({ model, messages, temperature, maxTokens }: ModelRequest, redactor: Redactor): string {
  const said = messages.map(({ role, content }) => [role, changeText(content, redactor.text)]);
  return sha256(JSON.stringify([model, said, temperature ?? null, maxTokens ?? null]));
}
