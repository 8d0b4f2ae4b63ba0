// Sends one request through the official SDK and reads the answer into a draft. The only import of `openai`; knows nothing of retries.
import type { OpenAI } from 'openai';
import type { Stream } from 'openai/core/streaming';
import { type Draft, type Fault, judge } from './fault.ts';
import type { Guard } from './guard.ts';
import { addPiece, openBody, readPiece } from './openai-body.ts';
import type { CallEvents } from './provider.ts';
import { LONGEST_TIMER_MS, retryAfterMs } from './retry.ts';
import {
  type CallPlace,
  connectionFault,
  garbledFault,
  isObject,
  notJsonFault,
  type Rejection,
  streamErrorFault,
} from './server-faults.ts';

/** A server and what is said to it of who asks. All of it decided by the caller: nothing is read from the environment. */
export type Server = {
  readonly baseURL: string;
  readonly apiKey: string | undefined;
  /** Sent as they are, on top of the program's own. */
  readonly headers: Readonly<Record<string, string>>;
  /** For what the server says of a failure. */
  readonly redact: (text: string) => string;
};

export type Sdk = {
  readonly OpenAI: typeof OpenAI;
  readonly Stream: typeof Stream;
};

let sdk: Promise<Sdk> | undefined;

/** Takes a quarter of a second the first time, so it is done before a call's clocks start. */
export function loadSdk(): Promise<Sdk> {
  return (sdk ??= importSdk());
}

async function importSdk(): Promise<Sdk> {
  const [openai, streaming] = await Promise.all([import('openai'), import('openai/core/streaming')]);
  return { OpenAI: openai.OpenAI, Stream: streaming.Stream };
}

export type Exchange = {
  readonly sdk: Sdk;
  readonly server: Server;
  readonly place: CallPlace;
  readonly body: Record<string, unknown>;
  readonly guard: Guard;
  readonly draft: Draft;
  readonly events: CallEvents;
};

/** How an attempt ended, but for what the guard knows. `rejection` is set where the status was not 2xx. */
export type ExchangeEnd =
  | { readonly kind: 'ended'; readonly fault: Fault | null }
  | { readonly kind: 'rejected'; readonly rejection: Rejection };

/** A callback of the caller threw: not a matter of the server. */
class CallerDefect extends Error {}

/** One request and its answer. Throws only what a callback threw. */
export async function exchange(input: Exchange): Promise<ExchangeEnd> {
  const line: Line = { rejection: null, response: null };
  const started = performance.now();
  try {
    const client = clientFor(input);
    const response = await send(client, input.body, { input, line });
    line.response = response;
    const body = await openBody(response);
    const fault =
      body.kind === 'events'
        ? await readStream(
            input.sdk.Stream.fromSSEResponse(body.response, input.guard.controller, client),
            input,
            started,
          )
        : readWhole(body.kind === 'empty' ? null : body.text, body.kind, input, started);
    return { kind: 'ended', fault: fault ?? judged(input) };
  } catch (error) {
    if (error instanceof CallerDefect) throw error.cause;
    if (line.rejection !== null) return { kind: 'rejected', rejection: line.rejection };
    return { kind: 'ended', fault: thrownFault(error, input, line) };
  }
}

function judged({ draft, server }: Exchange): Fault | null {
  return judge({ ...draft, refusal: server.redact(draft.refusal) });
}

/** What the fetch of this request saw. */
type Line = { rejection: Rejection | null; response: Response | null };

/** The raw response: the SDK's own reading loses HTML, broken JSON and the form of errors (deps.md, fault table). */
async function send(client: OpenAI, body: Record<string, unknown>, own: Own): Promise<Response> {
  const params = body as unknown as OpenAI.ChatCompletionCreateParamsStreaming;
  return client.chat.completions.create(params, { fetchOptions: { [OWN]: own } as object }).asResponse();
}

/** What belongs to one request, on its way through the client to its fetch. */
type Own = { readonly input: Exchange; readonly line: Line };
const OWN = Symbol('what belongs to one request');

/** One for each address: making one costs more than a tenth of a call. It knows no key and no request. */
const clients = new Map<string, OpenAI>();

function clientFor({ sdk: { OpenAI: Client }, server: { baseURL } }: Exchange): OpenAI {
  const client = clients.get(baseURL) ?? new Client(clientOptions(baseURL));
  clients.set(baseURL, client);
  return client;
}

function clientOptions(baseURL: string): ConstructorParameters<typeof OpenAI>[0] {
  return {
    baseURL,
    // The SDK insists on a key; the header is set in fetchOnce. Null: not to be read from the environment.
    apiKey: 'unused',
    adminAPIKey: null,
    organization: null,
    project: null,
    webhookSecret: null,
    maxRetries: 0,
    timeout: LONGEST_TIMER_MS,
    logLevel: 'off',
    fetch: (url, init) => {
      const { [OWN]: own, ...rest } = init as RequestInit & { readonly [OWN]: Own };
      return fetchOnce(url, rest, own.input, own.line);
    },
  };
}

/**
 * The fetch under the SDK. Headers are chosen here, because the SDK adds those of OPENAI_CUSTOM_HEADERS whatever the
 * server; redirects are not followed, because they would carry the prompt to a host that nobody named (design.md §5).
 */
async function fetchOnce(
  url: string | URL | Request,
  init: RequestInit | undefined,
  input: Exchange,
  line: Line,
): Promise<Response> {
  const response = await fetch(url, {
    ...init,
    headers: headersFor(new Headers(init?.headers), input.server),
    redirect: 'manual',
    signal: input.guard.controller.signal,
  });
  if (response.ok) return response;
  line.rejection = {
    status: response.status,
    body: input.server.redact(await response.text().catch(() => '')),
    retryAfterMs: retryAfterMs(response.headers, Date.now()),
    requestId: response.headers.get('x-request-id'),
    retryForbidden: response.headers.get('x-should-retry') === 'false',
    location: input.server.redact(response.headers.get('location') ?? '') || null,
  };
  return new Response(null, { status: response.status });
}

const KEPT_HEADERS = ['accept', 'content-type', 'user-agent'];

function headersFor(given: Headers, { apiKey, headers }: Server): Headers {
  const sent = new Headers(KEPT_HEADERS.map((name): [string, string] => [name, given.get(name) ?? '*/*']));
  if (apiKey !== undefined) sent.set('authorization', `Bearer ${apiKey}`);
  for (const [name, value] of Object.entries(headers)) sent.set(name, value);
  return sent;
}

async function readStream(stream: AsyncIterable<unknown>, input: Exchange, started: number): Promise<Fault | null> {
  for await (const value of stream) {
    const said = errorIn(value);
    if (said !== null) return streamErrorFault(said, input.server.redact);
    const piece = readPiece(value);
    if (piece !== null) take(piece, input, started);
  }
  return null;
}

/** Adds a piece to the draft and tells of it. */
function take(piece: NonNullable<ReturnType<typeof readPiece>>, input: Exchange, started: number): void {
  const { draft, guard, events } = input;
  const first = draft.pieces === 0;
  addPiece(draft, piece);
  // An event without a choice and without counts says no more than a comment does.
  if (piece.hasChoice || piece.usage !== null) guard.sawPiece();
  if (piece.text !== '') draft.ttftMs ??= Math.round(performance.now() - started);
  if (draft.finishReason !== null) guard.sawEnd();
  tell(() => {
    if (first) events.onFirstByte?.();
    if (piece.text !== '') events.onText?.(piece.text);
  });
}

function tell(callback: () => void): void {
  try {
    callback();
  } catch (cause) {
    throw new CallerDefect('a callback of the call threw', { cause });
  }
}

/** An answer that is no stream: one JSON document, or something that is no answer at all. */
function readWhole(
  text: string | null,
  kind: 'empty' | 'json' | 'html' | 'other',
  input: Exchange,
  started: number,
): Fault | null {
  const { where } = input.place;
  if (text === null) return null;
  if (kind !== 'json') return notJsonFault(kind === 'html' ? 'an HTML page' : 'plain text', where);
  const parsed = parseJson(text);
  if (!parsed.ok) return notJsonFault('broken JSON', where);
  const { value } = parsed;
  const said = errorIn(value);
  if (said !== null) return streamErrorFault(said, input.server.redact);
  const piece = hasChoices(value) ? readPiece(value) : null;
  if (piece === null) return notJsonFault('JSON of another kind', where);
  take(piece, input, started);
  return null;
}

function parseJson(text: string): { ok: true; value: unknown } | { ok: false } {
  try {
    return { ok: true, value: JSON.parse(text.replace(/^\uFEFF/, '')) };
  } catch {
    return { ok: false };
  }
}

/** The SDK knows errors in a stream by their key `error`; those of vLLM and its kin say `object: error` instead. */
function errorIn(value: unknown): unknown {
  if (!isObject(value)) return null;
  return value.object === 'error' ? value : value.error || null;
}

function hasChoices(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'choices' in value;
}

/** A finish_reason is the terminal marker: what breaks after it (the token counts, the closing) does not undo the answer. */
function thrownFault(error: unknown, input: Exchange, line: Line): Fault | null {
  if (line.response !== null && isSaidByServer(error))
    return streamErrorFault(error.error ?? String(error), input.server.redact);
  if (input.draft.finishReason !== null) return judged(input);
  if (line.response !== null && error instanceof SyntaxError) {
    if (input.draft.sawChoice) return garbledFault(input.place.where);
    return notJsonFault('broken JSON in the stream', input.place.where);
  }
  return connectionFault(error, input.place, line.response !== null);
}

/** By its shape: the SDK's parts are bundled apart, each with its own class, so `instanceof` does not know the other's. */
function isSaidByServer(error: unknown): error is Error & { readonly error: unknown } {
  return error instanceof Error && 'requestID' in error && 'error' in error;
}
