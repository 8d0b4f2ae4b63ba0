// `orchestrate history delete`, `prune`, `recompute-costs`: what a person changes afterwards. No row goes: its cost line stays.

import type { App } from '../../app.ts';
import type { Failure } from '../../base/failure.ts';
import { err, ok, type Result } from '../../base/result.ts';
import { count } from '../../base/text.ts';
import { loadModels, MODELS_FILE } from '../../calls/models.ts';
import type { NewCost, Priceable } from '../../history/writer.ts';
import { type PriceOverrides, priceProvider, settleCost } from '../../model/cost.ts';
import { writeJson } from '../../terminal/io.ts';
import { fail } from '../outcome.ts';
import { money } from './draw.ts';
import { forgetAll } from './forget.ts';
import { oneId, type Place, timeOf, unknownCall, withReader } from './open.ts';
import { withWriter } from './writing.ts';

type DryRun = { readonly dryRun?: boolean };

/** All of them or, where one is not clear, none. */
export async function deleteCalls(app: App, options: DryRun & { readonly ids: readonly string[] }): Promise<number> {
  const ids = await withReader(app, (reader): Result<string[], Failure> => {
    const whole: string[] = [];
    for (const prefix of options.ids) {
      if (reader === undefined) return err(unknownCall(prefix));
      const found = reader.find(prefix);
      if (!found.ok) return found;
      const one = oneId(prefix, found.value);
      if (!one.ok) return one;
      const call = reader.show(one.value);
      if (!call.ok) return call;
      if (call.value?.status === 'pending' || call.value?.status === 'running') return err(openCall(one.value));
      whole.push(one.value);
    }
    return ok(whole);
  });
  if (!ids.ok) return fail(app.io, ids.error);
  return forgetAll(app, [...new Set(ids.value)], options);
}

function openCall(id: string): Failure {
  const message = `the call ${id} is not settled yet`;
  return {
    code: 'usage',
    message,
    advice: 'wait for its end, or let the next "orchestrate next" settle what a crash left',
  };
}

export async function prune(app: App, options: DryRun & { readonly olderThan: string }): Promise<number> {
  const time = timeOf(options.olderThan);
  if (!time.ok) return fail(app.io, time.error);
  const old = await withWriter(app, (writer) => writer?.olderThan(time.value) ?? ok([]));
  return old.ok ? forgetAll(app, old.value, options) : fail(app.io, old.error);
}

type Change = Priceable & { readonly new: NewCost };

export async function recomputeCosts(app: App, { dryRun = false }: DryRun): Promise<number> {
  const changes = await withWriter(app, async (writer, place): Promise<Result<readonly Change[], Failure>> => {
    const models = await loadModels({ root: place.configRoot, userRoot: place.userRoot });
    if (!models.ok) {
      const message = `${MODELS_FILE}: ${models.error[0]?.message ?? 'it has errors'}`;
      return err({ code: 'usage', message, advice: '"orchestrate validate" shows the place' });
    }
    const calls = writer?.priceable() ?? ok([]);
    if (!calls.ok) return calls;
    const changed = await changesOf(calls.value, models.value.prices, place);
    const written = dryRun ? ok(undefined) : (writer?.reprice(changed.map((change) => change.new)) ?? ok(undefined));
    return written.ok ? ok(changed) : written;
  });
  if (!changes.ok) return fail(app.io, changes.error);
  tellChanges(app, changes.value, dryRun);
  return 0;
}

/** Today's price of each; what the price list does not know keeps the cost that it has. */
async function changesOf(
  calls: readonly Priceable[],
  prices: PriceOverrides,
  { environment, baseUrl }: Place,
): Promise<Change[]> {
  const url = environment.get('OPENAI_BASE_URL') ?? baseUrl ?? 'https://api.openai.com/v1';
  const providerId = await priceProvider(url);
  const changes: Change[] = [];
  for (const call of calls) {
    const { model, resolved_model: resolvedModel } = call;
    const own = [resolvedModel, model].some((name) => name !== null && Object.hasOwn(prices, name));
    // What the server itself said is right until the project says otherwise.
    if (call.cost_source === 'reported' && !own) continue;
    const usage = {
      promptTokens: call.prompt_tokens,
      cachedTokens: call.cached_tokens,
      completionTokens: call.completion_tokens,
    };
    const usd = await settleCost(usage, { model, resolvedModel, providerId, overrides: prices });
    if (usd === null || usd === call.cost_usd) continue;
    changes.push({ ...call, new: { id: call.id, usd, source: own ? 'override' : 'computed' } });
  }
  return changes;
}

const SHOWN = 20;

function tellChanges(app: App, changes: readonly Change[], dryRun: boolean): void {
  const sum = (costs: readonly (number | null)[]) =>
    Number(costs.reduce<number>((all, usd) => all + (usd ?? 0), 0).toFixed(10));
  const difference = sum([
    ...changes.map((change) => change.new.usd),
    ...changes.map(({ cost_usd }) => -(cost_usd ?? 0)),
  ]);
  if (app.io.json) {
    const rows = changes.map((change) => ({
      id: change.id,
      model: change.resolved_model ?? change.model,
      from_usd: change.cost_usd,
      to_usd: change.new.usd,
      cost_source: change.new.source,
    }));
    writeJson(app.io, { changed: rows, difference_usd: difference, dry_run: dryRun });
    return;
  }
  if (changes.length === 0) return app.io.out('No cost changes.\n');
  const lines = changes
    .slice(0, SHOWN)
    .map((change) => `${change.id.slice(0, 8)}  ${money(change.cost_usd)} → ${money(change.new.usd)}\n`);
  const rest = changes.length > SHOWN ? `… and ${changes.length - SHOWN} more (--json lists all)\n` : '';
  const sign = difference < 0 ? '-' : '+';
  app.io.out(
    `${lines.join('')}${rest}${count(changes.length, 'cost')} ${dryRun ? 'would change' : 'changed'}: ${sign}${money(Math.abs(difference))} in all\n`,
  );
}
