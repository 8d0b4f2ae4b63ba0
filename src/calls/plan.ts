// From a request to a call that may be sent: the model behind the name, who answers, no secret in the prompt, the price. Sends nothing.

import { lineColumn } from '../base/diagnostic.ts';
import { err, ok, type Result } from '../base/result.ts';
import type { Redactor } from '../base/secrets.ts';
import { contentText, type ModelProvider, type ModelRequest } from '../model/provider.ts';
import { placeProblems } from '../runbook/problem.ts';
import type { AiSettings } from '../runbook/task.ts';
import { boundedRequest, limitsOf } from './budget.ts';
import type { Asked } from './history-replay.ts';
import { type loadModels, MODELS_FILE, type Models, resolveModel } from './models.ts';
import type { ChooseProvider } from './provider.ts';
import type { CallFlags, Plan, Refused } from './types.ts';

export type PlanParts = {
  readonly redactor: Redactor;
  readonly flags: CallFlags;
  readonly choose: ChooseProvider;
  /** Aliases and prices, read for each call; for many at the same time, once. */
  readonly models: () => ReturnType<typeof loadModels>;
};

export async function planCall(
  parts: PlanParts,
  ai: AiSettings,
  { request: asked, about }: { request: ModelRequest; about: Asked },
): Promise<Result<Plan, Refused>> {
  const models = await modelsOf(parts);
  if (!models.ok) return models;
  const model = resolveModel(models.value, asked.model);
  if (!model.ok) return err({ ...model.error, badInput: true });
  const named: ModelRequest = { ...asked, model: model.value };
  const provider = await parts.choose(ai, { request: named, prices: models.value.prices, asked: about });
  if (!provider.ok) return provider;
  const secrets = secretsIn(parts, ai, { request: named, provider: provider.value });
  if (secrets) return err(secrets);
  const bounds = await boundsOf(parts, ai, { request: named, provider: provider.value });
  if (!bounds.ok) return bounds;
  return ok({
    provider: provider.value,
    ...bounds.value,
    ...(model.value === asked.model ? {} : { alias: asked.model }),
    estimate: await provider.value.estimate(bounds.value.request),
    timeoutMs: ai.timeoutMs,
    idleTimeoutMs: ai.idleTimeoutMs,
    firstTokenTimeoutMs: ai.firstTokenTimeoutMs,
  });
}

type Chosen = { readonly request: ModelRequest; readonly provider: ModelProvider };

/** Under a budget every request has a longest answer, and a price for it. */
async function boundsOf(
  { flags }: PlanParts,
  ai: AiSettings,
  { request: named, provider }: Chosen,
): Promise<Result<Pick<Plan, 'request' | 'worstUsd' | 'limits'>, Refused>> {
  const limits = limitsOf(ai.budgetUsd, flags.maxCostUsd, new Date());
  if (provider.worstCaseUsd === undefined) return ok({ request: named, worstUsd: null, limits: undefined });
  const request = boundedRequest(named);
  const worstUsd = await provider.worstCaseUsd(request, request.maxTokens);
  // What this call may have cost counts for a budget of this day that is set later; its answer is not bounded for that.
  if (limits === undefined) return ok({ request: named, worstUsd, limits });
  return worstUsd === null ? err(unpriced(request.model)) : ok({ request, worstUsd, limits });
}

async function modelsOf({ models: load }: PlanParts): Promise<Result<Models, Refused>> {
  const models = await load();
  if (models.ok) return models;
  const placed = await placeProblems(models.error);
  const message = placed
    .map(({ message: said, place }) => {
      const at = place?.text !== undefined && place.span ? `:${lineColumn(place.text, place.span.start).line}` : '';
      return `${place?.file ?? MODELS_FILE}${at}: ${said}`;
    })
    .join('; ');
  return err({ message, advice: `mend ${MODELS_FILE}, then try again`, badInput: true });
}

/** A limit that cannot be kept must not be taken for one that is. */
function unpriced(model: string): Refused {
  return {
    message: `there is a budget, and the price of the model "${model}" is not known, so nothing was sent`,
    advice: `give it in ${MODELS_FILE}, in US dollars per million tokens: prices: {"${model}": {input: 1.00, output: 4.00}}`,
    badInput: true,
  };
}

/** A recording is no receiver: what is compared with it stays here. */
function secretsIn({ redactor, flags }: PlanParts, ai: AiSettings, { request, provider }: Chosen): Refused | undefined {
  if (flags.allowSecrets || provider.name === 'replay') return undefined;
  const texts = request.messages.map(({ content }) => contentText(content));
  if (request.responseSchema) texts.push(JSON.stringify(request.responseSchema.schema));
  // A label is the name, with the place where the same name has several values.
  const found = new Set(texts.flatMap((text) => redactor.found(text)).map((label) => label.replace(/ of .*$/, '')));
  const refused = [...found].filter((name) => !ai.allowSecrets.includes(name));
  if (refused.length === 0) return undefined;
  const names = refused.join(', ');
  return {
    message: `the prompt holds the value of ${names}, which is secret, so it was not sent`,
    advice: `take it out of the prompt, or allow it: --allow-secrets for once, ai: {allow_secrets: [${names}]} in runbook.yaml for good`,
    badInput: false,
    because: 'secret',
  };
}
