// From a template and what was given for it to a quickie that can be asked: everything that is wrong with either, at once. Sends nothing.

import type { Diagnostic } from '../base/diagnostic.ts';
import type { Failure } from '../base/failure.ts';
import { err, ok, type Result } from '../base/result.ts';
import type { About } from '../calls/types.ts';
import type { ModelRequest } from '../model/provider.ts';
import { placeProblems } from '../runbook/problem.ts';
import type { AnswerRules } from '../templates/quickie/answer.ts';
import { type Given, readInputs } from '../templates/quickie/inputs.ts';
import { loadPrompt } from '../templates/quickie/prompt.ts';
import { buildRequest } from '../templates/quickie/request.ts';
import type { QuickieTemplate } from '../templates/quickie/types.ts';

/** A quickie as it will be asked. */
export type Prepared = {
  /** The model is as it was asked for: an alias is resolved when the call is planned. */
  readonly request: ModelRequest;
  readonly rules: AnswerRules;
  readonly about: About;
};

export type Wish = {
  readonly given: ReadonlyMap<string, Given>;
  /** What the caller found wrong with what was given. */
  readonly problems?: readonly Diagnostic[];
  /** `--model`. */
  readonly model?: string | undefined;
  /** The model of the project or of the user. */
  readonly defaultModel: string | undefined;
  readonly metadata?: Readonly<Record<string, unknown>>;
};

export async function prepareQuickie(template: QuickieTemplate, wish: Wish): Promise<Result<Prepared, Failure>> {
  const prompt = await loadPrompt(template);
  const inputs = readInputs(template, wish.given);
  const model = wish.model ?? template.model ?? (prompt.ok ? prompt.value.front.model : undefined) ?? wish.defaultModel;
  const problems: Diagnostic[] = [
    ...(prompt.ok ? [] : await placeProblems(prompt.error)),
    ...(wish.problems ?? []),
    ...(inputs.ok ? [] : inputs.error),
    ...(model === undefined && prompt.ok ? [noModel(template)] : []),
  ];
  if (problems.length > 0 || !prompt.ok || !inputs.ok || model === undefined)
    return err({ code: 'problems', diagnostics: problems });
  const built = buildRequest(template, { prompt: prompt.value, values: inputs.value, model });
  if (!built.ok) return err({ code: 'problems', diagnostics: await placeProblems(built.error) });
  const { request, rules, ...about } = built.value;
  return ok({
    request,
    rules,
    about: {
      source: 'quickie',
      templateName: template.name,
      ...about,
      answerRules: rules,
      ...(wish.metadata === undefined ? {} : { metadata: wish.metadata }),
    },
  });
}

function noModel({ name, from }: QuickieTemplate): Diagnostic {
  const where = from === 'project' ? '"ai: {model: NAME}" to runbook.yaml' : '"ai: {model: NAME}" to your config.yaml';
  return {
    severity: 'error',
    code: 'no-model',
    message: `no model is named for "${name}"`,
    advice: `give --model NAME, add "model: NAME" to the template, or ${where}`,
  };
}
