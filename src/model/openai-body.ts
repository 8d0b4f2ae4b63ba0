// Reads what a server sends with status 200: pieces of a stream, or one JSON answer. Knows the shapes of chat completions, not the SDK.
import type { Draft } from './fault.ts';
import type { ModelUsage } from './provider.ts';
import { isObject } from './server-faults.ts';

/** What one piece of a stream, or a whole answer, says. */
export type Piece = {
  readonly text: string;
  readonly refusal: string;
  readonly finishReason: string | null;
  readonly model: string | null;
  readonly usage: ModelUsage | null;
  readonly hasChoice: boolean;
};

/**
 * Reads a chunk (`delta`) or a completion (`message`); null where it is neither, as some servers' pings are. Only the
 * first choice counts: one is asked for.
 */
export function readPiece(value: unknown): Piece | null {
  if (!isObject(value) || !('choices' in value || 'usage' in value)) return null;
  const choices = Array.isArray(value.choices) ? value.choices.filter(isObject) : [];
  const choice = choices.find((one) => (one.index ?? 0) === 0);
  const said = choice?.delta ?? choice?.message;
  const part = isObject(said) ? said : {};
  return {
    text: textOf(part.content),
    refusal: typeof part.refusal === 'string' ? part.refusal : '',
    finishReason: nonEmpty(choice?.finish_reason),
    model: nonEmpty(value.model),
    usage: readUsage(value.usage),
    hasChoice: choice !== undefined,
  };
}

/** Content is a string, or (some servers) a list of parts of which those with text count. */
function textOf(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return content.map((part) => (isObject(part) && typeof part.text === 'string' ? part.text : '')).join('');
}

function nonEmpty(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

/** Token counts; null where the server gave none. Cached tokens also in the form that DeepSeek uses. */
export function readUsage(usage: unknown): ModelUsage | null {
  if (!isObject(usage)) return null;
  const details = isObject(usage.prompt_tokens_details) ? usage.prompt_tokens_details : {};
  const reasoningTokens = count(
    isObject(usage.completion_tokens_details) ? usage.completion_tokens_details.reasoning_tokens : null,
  );
  // OpenRouter and gateways like it.
  const reportedUsd = count(usage.cost);
  const counts = {
    promptTokens: count(usage.prompt_tokens),
    cachedTokens: count(details.cached_tokens) ?? count(usage.prompt_cache_hit_tokens),
    completionTokens: count(usage.completion_tokens),
    ...(reasoningTokens === null ? {} : { reasoningTokens }),
    ...(reportedUsd === null ? {} : { reportedUsd }),
  };
  return counts.promptTokens === null && counts.completionTokens === null ? null : counts;
}

function count(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : null;
}

/** Adds a piece to the draft. Token counts may come in every piece, growing: the last ones hold. */
export function addPiece(draft: Draft, piece: Piece): void {
  draft.pieces += 1;
  draft.text += piece.text;
  draft.refusal += piece.refusal;
  draft.finishReason = piece.finishReason ?? draft.finishReason;
  draft.model = piece.model ?? draft.model;
  draft.usage = piece.usage ?? draft.usage;
  draft.sawChoice ||= piece.hasChoice;
}

/** What a body is by its first characters: servers mislabel it, so its content type is not asked. Null: more is needed. */
export function bodyKind(head: string): 'events' | 'json' | 'html' | 'other' | null {
  const start = head.replace(/^[\uFEFF\s]+/, '');
  if (start === '') return null;
  if (/^[{[]/.test(start)) return 'json';
  if (start.startsWith('<')) return 'html';
  if (/^(?:data|event|id|retry)?:/.test(start)) return 'events';
  const couldBeField = ['data:', 'event:', 'id:', 'retry:'].some((field) => field.startsWith(start));
  return couldBeField ? null : 'other';
}

export type Body =
  | { readonly kind: 'empty' }
  /** The same body from its beginning, to be decoded as it comes. */
  | { readonly kind: 'events'; readonly response: Response }
  | { readonly kind: 'json' | 'html' | 'other'; readonly text: string };

/** Looks at the beginning of the body; reads a body that is no stream of events to its end. */
export async function openBody(response: Response): Promise<Body> {
  if (response.body === null) return { kind: 'empty' };
  const chunks = response.body[Symbol.asyncIterator]();
  const decoder = new TextDecoder();
  const head: Uint8Array[] = [];
  let text = '';
  for (let next = await chunks.next(); !next.done; next = await chunks.next()) {
    head.push(next.value);
    text += decoder.decode(next.value, { stream: true });
    const kind = bodyKind(text);
    if (kind === 'events') return { kind, response: rebuilt(response, joined(head, chunks)) };
    if (kind !== null) return { kind, text: text + (await restOf(chunks, decoder)) };
  }
  return text.trim() === '' ? { kind: 'empty' } : { kind: 'other', text };
}

function rebuilt(response: Response, chunks: AsyncIterable<Uint8Array>): Response {
  return new Response(ReadableStream.from(chunks), { headers: response.headers });
}

async function* joined(head: Uint8Array[], rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield* head;
  for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value;
}

async function restOf(chunks: AsyncIterator<Uint8Array>, decoder: InstanceType<typeof TextDecoder>): Promise<string> {
  let text = '';
  for (let next = await chunks.next(); !next.done; next = await chunks.next()) {
    text += decoder.decode(next.value, { stream: true });
  }
  return text + decoder.decode();
}
