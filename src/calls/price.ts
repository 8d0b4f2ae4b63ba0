// What a request would cost by the project's or the user's own prices and the public list, whoever answers it. Asks nobody.

import { estimateCost } from '../model/cost.ts';
import type { CostEstimate, ModelRequest } from '../model/provider.ts';
import { loadModels, type ModelsHome, resolveModel } from './models.ts';

/** With the alias resolved, where it can be. */
export async function priceOffline(
  home: ModelsHome,
  asked: ModelRequest,
): Promise<{ request: ModelRequest; estimate: CostEstimate }> {
  const models = await loadModels(home);
  const model = models.ok ? resolveModel(models.value, asked.model) : models;
  const request = model.ok ? { ...asked, model: model.value } : asked;
  const overrides = models.ok ? models.value.prices : {};
  return { request, estimate: await estimateCost(request, { providerId: 'openai', overrides }) };
}
