// What a call costs: before it (an estimate) and after it (from the server's counts). Offline; knows no server and no file.
import type { calcPrice, findProvider, Provider } from '@pydantic/genai-prices';
import {
  type CostEstimate,
  type CostSource,
  contentText,
  imageCount,
  type ModelRequest,
  type ModelUsage,
} from './provider.ts';

/** US dollars per million tokens. `cached`: for prompt tokens that the server had cached; the input price where absent. */
export type PriceOverride = { readonly input: number; readonly cached?: number; readonly output: number };

/** By model name. An override wins over the price list. */
export type PriceOverrides = Readonly<Record<string, PriceOverride>>;

export type Priced = {
  readonly model: string;
  /** The model that answered, by its own account; its price is looked for first. */
  readonly resolvedModel?: string | null;
  /** Whose price list, by the ids of genai-prices: `openai`, `groq`, ... See `priceProvider`. */
  readonly providerId: string;
  readonly overrides: PriceOverrides;
};

/** An estimate: characters / 4, rounded up. Good to about a third for English and code, far too low for Chinese or Japanese. */
export function estimateTokens(text: string): number {
  return Math.ceil(text.length / 4);
}

/** The estimated tokens of a request's messages. */
export function estimatePromptTokens(request: ModelRequest): number {
  return request.messages.reduce(
    (sum, { content }) => sum + estimateTokens(contentText(content)) + imageCount(content) * IMAGE_TOKENS,
    0,
  );
}

/** An image counts by its size in pixels and by the model: about 800 tokens for a screen's worth, up to 48,000 where a model counts dear. */
const IMAGE_TOKENS = 800;
const MOST_IMAGE_TOKENS = 50_000;

/**
 * What a request cannot exceed in tokens: the byte-level vocabularies in use have no token of less than one byte. About four times too
 * high for English, but estimates by letters are too low for JSON, tables, base64 and names, and a budget must hold for those too.
 */
function mostPromptTokens(request: ModelRequest): number {
  const texts = request.messages.map(({ content }) => contentText(content));
  const images = request.messages.reduce((sum, { content }) => sum + imageCount(content), 0);
  if (request.responseSchema !== undefined) texts.push(JSON.stringify(request.responseSchema));
  const bytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  return bytes + ENVELOPE_TOKENS * request.messages.length + MOST_IMAGE_TOKENS * images;
}

/** The role of a message and what separates it from the next. */
const ENVELOPE_TOKENS = 8;

/** The most that a request can cost; null where its price is unknown. */
export async function worstCaseUsd(
  request: ModelRequest,
  maxTokens: number,
  priced: Omit<Priced, 'model'>,
): Promise<number | null> {
  const usage = { promptTokens: mostPromptTokens(request), cachedTokens: null, completionTokens: maxTokens };
  return settleCost(usage, { ...priced, model: request.model });
}

/** What a request will cost, from its text. */
export async function estimateCost(request: ModelRequest, priced: Omit<Priced, 'model'>): Promise<CostEstimate> {
  const promptTokens = estimatePromptTokens(request);
  const withAnswer = (completionTokens: number): Promise<number | null> =>
    settleCost({ promptTokens, cachedTokens: null, completionTokens }, { ...priced, model: request.model });
  return {
    promptTokens,
    promptUsd: await withAnswer(0),
    atMostUsd: request.maxTokens === undefined ? null : await withAnswer(request.maxTokens),
  };
}

export type Cost = { readonly usd: number | null; readonly source: CostSource | null };

const UNKNOWN: Cost = { usd: null, source: null };

/** What a call cost in US dollars; null where a count or the price is unknown, never 0 for that. */
export async function settleCost(usage: ModelUsage, priced: Priced): Promise<number | null> {
  return (await costOfUsage(usage, priced)).usd;
}

/** The project's own price wins, then what the server says, then the price list. */
export async function costOfUsage(usage: ModelUsage, priced: Priced): Promise<Cost> {
  const { promptTokens, completionTokens, reportedUsd } = usage;
  const override = overrideFor(priced);
  if (override === null && reportedUsd !== undefined) return { usd: round(reportedUsd), source: 'reported' };
  if (promptTokens === null || completionTokens === null) return UNKNOWN;
  // A count above the whole is a server's slip; the price list would refuse it.
  const cachedTokens = Math.min(usage.cachedTokens ?? 0, promptTokens);
  const counts = { promptTokens, cachedTokens, completionTokens };
  if (override !== null) return { usd: round(byOverride(counts, override)), source: 'override' };
  const usd = await listPrice(counts, priced);
  return usd === null ? UNKNOWN : { usd, source: 'computed' };
}

type Counts = { readonly promptTokens: number; readonly cachedTokens: number; readonly completionTokens: number };

function overrideFor({ model, resolvedModel, overrides }: Priced): PriceOverride | null {
  const name = [resolvedModel, model].find((one) => typeof one === 'string' && Object.hasOwn(overrides, one));
  return typeof name === 'string' ? (overrides[name] ?? null) : null;
}

function byOverride({ promptTokens, cachedTokens, completionTokens }: Counts, price: PriceOverride): number {
  const input = (promptTokens - cachedTokens) * price.input + cachedTokens * (price.cached ?? price.input);
  return (input + completionTokens * price.output) / 1e6;
}

type Prices = { readonly calcPrice: typeof calcPrice; readonly findProvider: typeof findProvider };
let prices: Promise<Prices> | undefined;

/** Once: in the bundle, each import of a package copies what it exports. */
function loadPrices(): Promise<Prices> {
  return (prices ??= import('@pydantic/genai-prices'));
}

async function listPrice(counts: Counts, { model, resolvedModel, providerId }: Priced): Promise<number | null> {
  const { calcPrice } = await loadPrices();
  const usage = {
    input_tokens: counts.promptTokens,
    cache_read_tokens: counts.cachedTokens,
    output_tokens: counts.completionTokens,
  };
  for (const name of [resolvedModel, model]) {
    if (typeof name !== 'string') continue;
    const key = `${providerId} ${name}`;
    const found = listed.get(key);
    if (found === null) continue;
    const price = quietly(() => calcPrice(usage, name, found === undefined ? { providerId } : { provider: found }));
    if (price === undefined) continue;
    listed.set(key, price && { ...price.provider, models: [price.model] });
    if (price !== null) return round(price.total_price);
  }
  return null;
}

/** Where the list has a model, or that it has it nowhere: it is gone through by patterns, and names come again and again. */
const listed = new Map<string, Provider | null>();

/** The list throws where an entry lacks a price that the counts need; an answer that was paid for must not be lost by it. */
function quietly<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch {
    return undefined;
  }
}

/** Away with the noise of binary fractions; a tenth of a nano-dollar is kept. */
function round(usd: number): number {
  return Number(usd.toFixed(10));
}

/**
 * Whose price list holds for a server. A server that is not known (a gateway, a local one) is priced as OpenAI: that list
 * holds OpenAI's model names only, so a model of another make stays unknown.
 */
export async function priceProvider(baseURL: string): Promise<string> {
  const known = providers.get(baseURL);
  if (known !== undefined) return known;
  const { findProvider } = await loadPrices();
  const id = findProvider({ providerApiUrl: baseURL })?.id ?? 'openai';
  providers.set(baseURL, id);
  return id;
}

/** Looked for by some forty patterns, several times a call. */
const providers = new Map<string, string>();
