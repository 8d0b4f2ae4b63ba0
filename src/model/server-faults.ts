// Turns a server's rejection or a broken connection into a fault. Pure; knows HTTP statuses and Node's error codes, not the SDK.
import { type Fault, filtered, quote } from './fault.ts';

/** What the caller of the server knew. */
export type CallPlace = {
  /** The address as shown: origin and path of the base URL, without credentials or query. */
  readonly where: string;
  readonly model: string;
  readonly keySent: boolean;
};

/** An answer with a status outside 200 … 299. */
export type Rejection = {
  readonly status: number;
  readonly body: string;
  readonly retryAfterMs: number | null;
  readonly requestId: string | null;
  /** `x-should-retry: false`: the server forbids it. */
  readonly retryForbidden: boolean;
  readonly location: string | null;
};

export type ErrorBody = {
  readonly message: string;
  readonly code: string | null;
  readonly type: string | null;
  readonly param: string | null;
};

/** Reads the error shapes in use: `{error: {…}}`, the same in a list, `{error: "…"}`, `{detail: …}`, `{message: …}`, HTML, plain text. */
export function readErrorBody(body: string): ErrorBody {
  const parsed = parseObject(body);
  if (parsed === null) return { message: plainMessage(body), code: null, type: null, param: null };
  const inner = isObject(parsed.error) ? parsed.error : parsed;
  const said = [inner.message, parsed.error, parsed.detail, parsed.title].find(
    (part) => part !== undefined && part !== null,
  );
  return {
    message: quote(typeof said === 'string' ? said : JSON.stringify(said ?? parsed), 300),
    code: word(inner.code),
    type: word(inner.type),
    param: word(inner.param),
  };
}

function plainMessage(body: string): string {
  const title = /<title[^>]*>([^<]*)<\/title>/i.exec(body.slice(0, 20_000))?.[1];
  if (title !== undefined) return quote(title, 300);
  return body.trimStart().startsWith('<') ? 'an HTML page' : quote(body, 300);
}

function parseObject(text: string): Record<string, unknown> | null {
  try {
    const parsed: unknown = JSON.parse(text);
    const value: unknown = Array.isArray(parsed) ? parsed[0] : parsed;
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function word(value: unknown): string | null {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : null;
}

type Verdict = Pick<Fault, 'code' | 'message' | 'advice' | 'retryable'>;

const NO_CREDIT = new Set([
  'insufficient_quota',
  'billing_hard_limit_reached',
  'insufficient_balance',
  'billing_not_active',
  'exceeded_current_quota_error',
]);
/** Gateways give the server's sentence without its code. A quota by the minute or day is a rate limit: it comes back by itself. */
const NO_CREDIT_WORDS = /exceeded your current quota|insufficient (?:quota|balance|credits?|funds)|out of credits?\b/i;

function hasNoCredit({ status }: Rejection, { code, type, message }: ErrorBody): boolean {
  if (status === 402 || NO_CREDIT.has(code ?? '') || NO_CREDIT.has(type ?? '')) return true;
  return status === 429 && NO_CREDIT_WORDS.test(message);
}

/** Why the server rejected the request. */
export function rejectionFault(rejection: Rejection, place: CallPlace): Fault {
  const error = readErrorBody(rejection.body);
  const verdict = byStatus(rejection, error, place);
  const wait = rejection.retryAfterMs ?? waitInBody(rejection.body);
  return {
    ...verdict,
    retryable: verdict.retryable && !rejection.retryForbidden,
    status: rejection.status,
    ...(rejection.requestId === null ? {} : { requestId: rejection.requestId }),
    ...(wait === null ? {} : { retryAfterMs: wait }),
  };
}

/** Seconds, as some gateways write them into the body instead of a header. */
function waitInBody(body: string): number | null {
  const parsed = parseObject(body);
  const inner = isObject(parsed?.error) ? parsed.error : {};
  const seconds = inner.retry_after ?? parsed?.retry_after;
  return typeof seconds === 'number' && Number.isFinite(seconds) && seconds >= 0 ? seconds * 1000 : null;
}

function byStatus(rejection: Rejection, error: ErrorBody, place: CallPlace): Verdict {
  const { status } = rejection;
  const said = error.message === '' ? '' : `: ${error.message}`;
  if (status >= 300 && status < 400) return redirected(rejection, place);
  if (status === 401) return unauthorized(place, said);
  if (hasNoCredit(rejection, error)) return quota(place, said);
  if (status === 403) return forbidden(place, said);
  if (error.code === 'content_filter') return filtered(error.message);
  if (status === 404 || error.code === 'model_not_found') return unknownModel(place, said, error);
  if (status === 429) return rateLimited(place, said);
  if (status >= 500 || status === 408 || status === 409 || status === 425) return serverError(status, place, said);
  return badRequest(status, error, place);
}

function redirected(rejection: Rejection, { where }: CallPlace): Verdict {
  return {
    code: 'bad-address',
    message: `${where} redirects to ${rejection.location ?? 'another address'} (${rejection.status}); neither key nor prompt is sent on`,
    advice: 'If you trust that address, make it the base URL.',
    retryable: false,
  };
}

function unauthorized({ where, keySent }: CallPlace, said: string): Verdict {
  if (!keySent) {
    return {
      code: 'no-key',
      message: `${where} asks for a key and none is set (401)${said}`,
      advice: 'Set OPENAI_API_KEY in the environment or in .env.',
      retryable: false,
    };
  }
  return {
    code: 'unauthorized',
    message: `${where} does not accept the key (401)${said}`,
    advice: 'Check OPENAI_API_KEY: whether it is whole, not revoked, and belongs to this server.',
    retryable: false,
  };
}

function forbidden({ where, model }: CallPlace, said: string): Verdict {
  return {
    code: 'forbidden',
    message: `${where} does not allow this request (403)${said}`,
    advice: `Check that the key's project may use the model ${model} from this place.`,
    retryable: false,
  };
}

function quota({ where }: CallPlace, said: string): Verdict {
  return {
    code: 'quota',
    message: `The account at ${where} has no credit left${said}`,
    advice: "Add credit or raise the limit in the server's billing settings; trying again does not help before that.",
    retryable: false,
  };
}

function unknownModel({ where, model }: CallPlace, said: string, error: ErrorBody): Verdict {
  const aboutModel = error.code === 'model_not_found' || /\bmodel\b/i.test(error.message);
  return {
    code: 'unknown-model',
    message: aboutModel
      ? `${where} does not know the model ${model}${said}`
      : `${where} has no chat completions at this address, or does not know the model ${model} (404)${said}`,
    advice: aboutModel
      ? "Check the model's name, and whether the key may use it."
      : 'Check the base URL (it usually ends with /v1) and the name of the model.',
    retryable: false,
  };
}

function rateLimited({ where }: CallPlace, said: string): Verdict {
  return {
    code: 'rate-limited',
    message: `${where} limits the rate of requests (429)${said}`,
    advice: 'Wait and try again, or run fewer tasks at the same time.',
    retryable: true,
  };
}

function serverError(status: number, { where }: CallPlace, said: string): Verdict {
  const state = status === 529 || status === 503 ? 'is overloaded' : 'failed';
  return {
    code: 'server-error',
    message: `${where} ${state} (${status})${said}`,
    advice: 'The fault is on the side of the server: try again later.',
    retryable: true,
  };
}

const BAD_REQUEST_ADVICE: Readonly<Record<string, string>> = {
  context_length_exceeded:
    'The prompt is too long for this model: give it less input, or use a model with a larger context.',
  unsupported_value: 'This model does not take that setting: change or remove it.',
  unsupported_parameter: 'This model does not take that setting: change or remove it.',
};

function badRequest(status: number, error: ErrorBody, { where }: CallPlace): Verdict {
  const param = error.param === null ? '' : `, at \`${error.param}\``;
  const tooLong = status === 413 ? BAD_REQUEST_ADVICE.context_length_exceeded : undefined;
  const known = Object.hasOwn(BAD_REQUEST_ADVICE, error.code ?? '') ? BAD_REQUEST_ADVICE[error.code ?? ''] : undefined;
  return {
    code: 'bad-request',
    message: `${where} rejects the request (${status}${param})${error.message === '' ? '' : `: ${error.message}`}`,
    advice: known ?? tooLong ?? 'Correct what the server names; the same request will be rejected again.',
    retryable: false,
  };
}

/** An error that the server sent as an event of the stream, or as JSON with status 200. */
export function streamErrorFault(error: unknown, redact: (text: string) => string): Fault {
  const { message, code, type } = readErrorBody(redact(JSON.stringify({ error })));
  const kind = [code, type].filter((part) => part !== null && !message.includes(part));
  return {
    code: 'stream-error',
    message: `The server reported an error instead of the rest of the answer: ${message}${kind.length === 0 ? '' : ` (${kind.join(', ')})`}`,
    advice: 'The text that came is kept. Try again.',
    retryable: false,
  };
}

/** What came after the beginning of an answer could not be read: the address is right, so it is something else. */
export function garbledFault(where: string): Fault {
  return {
    code: 'not-json',
    message: `The answer of ${where} broke off in the middle of an event, or went on with broken JSON`,
    advice: 'The text that came is kept. Try again; if it happens each time, look at the server or a proxy before it.',
    retryable: false,
  };
}

/** The body of a 200 was no chat completion. */
export function notJsonFault(what: string, where: string): Fault {
  return {
    code: 'not-json',
    message: `${where} answered with ${what}, not with a chat completion`,
    advice: 'Check the base URL (it usually ends with /v1), and whether a proxy or a login page stands before it.',
    retryable: false,
  };
}

const REFUSED = new Set(['ECONNREFUSED']);
const NAME = new Set(['ENOTFOUND', 'EAI_AGAIN', 'EAI_NODATA', 'EAI_NONAME', 'EAI_FAIL']);
const CUT = new Set(['ECONNRESET', 'EPIPE', 'ECONNABORTED', 'UND_ERR_SOCKET', 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH']);
const SILENT = new Set(['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT']);
const TLS =
  /^(?:ERR_TLS_|ERR_SSL_|CERT_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|EPROTO$|HOSTNAME_MISMATCH$|INVALID_CA$|INVALID_PURPOSE$)/;

/** Why the connection failed. `connected`: whether the server had already begun to answer. */
export function connectionFault(error: unknown, place: CallPlace, connected: boolean): Fault {
  const { codes, deepest } = causes(error);
  const code = codes.find((candidate) => kindOf(candidate) !== null) ?? codes.at(-1) ?? '';
  const kind = kindOf(code) ?? (connected ? 'reset' : 'unreachable');
  const detail = code === '' ? quote(deepest, 200) : code;
  return { code: kind, ...CONNECTION_WORDS[kind](place.where, detail), retryable: mayPass(kind, code) };
}

/** A name that does not exist, a certificate and an address that fetch will not use stay as they are. */
function mayPass(kind: ConnectionKind, code: string): boolean {
  if (kind === 'dns') return code === 'EAI_AGAIN';
  if (kind === 'unreachable') return code !== '';
  return kind === 'refused-connection' || kind === 'reset';
}

type ConnectionKind = 'refused-connection' | 'dns' | 'tls' | 'reset' | 'stalled' | 'unreachable';

function kindOf(code: string): ConnectionKind | null {
  if (REFUSED.has(code)) return 'refused-connection';
  if (NAME.has(code)) return 'dns';
  if (CUT.has(code)) return 'reset';
  if (SILENT.has(code)) return 'stalled';
  return TLS.test(code) ? 'tls' : null;
}

type Words = { readonly message: string; readonly advice: string };

const CONNECTION_WORDS: Readonly<Record<ConnectionKind, (where: string, detail: string) => Words>> = {
  'refused-connection': (where, detail) => ({
    message: `Nothing listens at ${where} (${detail})`,
    advice: 'Start the server, or check the base URL and its port.',
  }),
  dns: (where, detail) => ({
    message: `The name in ${where} cannot be resolved (${detail})`,
    advice: 'Check the base URL for a slip, and the network.',
  }),
  tls: (where, detail) => ({
    message: `No trusted connection to ${where} (${detail})`,
    advice:
      'Check the certificate and the clock; for an authority of your own set NODE_EXTRA_CA_CERTS. A plain http server needs http:// in the base URL.',
  }),
  reset: (where, detail) => ({
    message: `The connection to ${where} was cut (${detail})`,
    advice: 'The text that came is kept. Try again; if it happens each time, look at the network or a proxy.',
  }),
  stalled: (where, detail) => ({
    message: `${where} fell silent (${detail})`,
    advice: 'The text that came is kept. Try again, or allow a longer silence.',
  }),
  unreachable: (where, detail) => ({
    message: `${where} cannot be reached (${detail})`,
    advice: 'Check the network and the base URL.',
  }),
};

/** Node hides the code at different depths, and in the parts of an AggregateError where a name has several addresses. */
function causes(error: unknown): { codes: string[]; deepest: string } {
  const codes: string[] = [];
  let deepest = String(error);
  const queue: unknown[] = [error];
  for (let at = 0; at < queue.length && at < 20; at++) {
    const one = queue[at];
    if (!(one instanceof Error)) continue;
    deepest = one.message === '' ? deepest : one.message;
    if ('code' in one && typeof one.code === 'string') codes.push(one.code);
    if (one instanceof AggregateError) queue.push(...one.errors);
    queue.push(one.cause);
  }
  return { codes, deepest };
}
