// A real HTTP server on 127.0.0.1 that speaks OpenAI's chat completions API as a test tells it to, faults included. Knows nothing of the program.
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export type Usage = { readonly prompt: number; readonly completion: number; readonly cached?: number };

/** What is written to a stream, in order. A stream ends by itself after its last step. */
export type Step =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'refusal'; readonly text: string }
  | { readonly kind: 'finish'; readonly reason: string }
  | { readonly kind: 'usage'; readonly usage: Usage }
  /** Any JSON as an event, `event` as its name. */
  | { readonly kind: 'data'; readonly data: unknown; readonly event?: string }
  | { readonly kind: 'raw'; readonly bytes: string | Uint8Array }
  | { readonly kind: 'comment'; readonly text: string }
  | { readonly kind: 'wait'; readonly ms: number }
  | { readonly kind: 'done' }
  /** Destroys the socket. */
  | { readonly kind: 'cut' }
  /** Sends nothing more and keeps the connection until the client or `close` ends it. */
  | { readonly kind: 'stall' };

export type Reply =
  | { readonly kind: 'stream'; readonly steps: readonly Step[]; readonly model?: string; readonly contentType?: string }
  | {
      readonly kind: 'body';
      readonly status: number;
      readonly body: unknown;
      readonly headers?: Readonly<Record<string, string>>;
      /** How the body ends; `cut` and `stall` come before its end. */
      readonly end?: 'cut' | 'stall';
    }
  /** The socket is cut before any header, or nothing ever comes. */
  | { readonly kind: 'hang-up' }
  | { readonly kind: 'silence' };

export type ChatBody = {
  readonly model: string;
  readonly messages: readonly { readonly role: string; readonly content: string }[];
  readonly stream?: boolean;
  readonly stream_options?: unknown;
  readonly [key: string]: unknown;
};

export type ServerRequest = {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: ChatBody;
  /** Milliseconds since the server started. */
  readonly at: number;
};

export type ModelServer = AsyncDisposable & {
  /** The base URL to give to a client; ends with `/v1`. */
  readonly url: string;
  /** Every request so far, oldest first. */
  readonly requests: readonly ServerRequest[];
  /** One reply a request, in order. */
  enqueue(...replies: readonly Reply[]): void;
  /** Answers requests for which nothing is enqueued. Without it they get a 400 that says so. */
  answerWith(reply: (request: ServerRequest) => Reply): void;
  close(): Promise<void>;
};

export type TextOptions = {
  /** `stop` where not given; null: no finish_reason at all. */
  readonly finish?: string | null;
  readonly usage?: Usage;
  readonly model?: string;
  /** Before each piece. */
  readonly delayMs?: number;
};

/** A whole answer in pieces, as OpenAI streams it. */
export function streamed(text: string | readonly string[], options: TextOptions = {}): Reply {
  const pieces = typeof text === 'string' ? [text] : text;
  const finish = options.finish === undefined ? 'stop' : options.finish;
  return {
    kind: 'stream',
    ...(options.model === undefined ? {} : { model: options.model }),
    steps: [
      ...pieces.flatMap((piece): Step[] => pause(options.delayMs).concat({ kind: 'text', text: piece })),
      ...(finish === null ? [] : [{ kind: 'finish', reason: finish } as const]),
      ...(options.usage === undefined ? [] : [{ kind: 'usage', usage: options.usage } as const]),
      { kind: 'done' },
    ],
  };
}

function pause(ms: number | undefined): Step[] {
  return ms === undefined ? [] : [{ kind: 'wait', ms }];
}

/** The answer of a server that ignores `stream: true`. */
export function plain(text: string, options: TextOptions = {}): Reply {
  const choice = { index: 0, message: { role: 'assistant', content: text }, finish_reason: options.finish ?? 'stop' };
  const body = {
    id: 'chatcmpl-test',
    object: 'chat.completion',
    model: options.model ?? 'test-model',
    choices: [options.finish === null ? { ...choice, finish_reason: undefined } : choice],
    ...(options.usage === undefined ? {} : { usage: wireUsage(options.usage) }),
  };
  return { kind: 'body', status: 200, body };
}

/** A rejection in OpenAI's form. */
export function rejected(
  status: number,
  error: { message?: string; code?: string | null; type?: string; param?: string | null } = {},
  headers: Readonly<Record<string, string>> = {},
): Reply {
  return { kind: 'body', status, headers, body: { error: { message: `rejected with ${status}`, ...error } } };
}

function wireUsage({ prompt, completion, cached }: Usage): unknown {
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    ...(cached === undefined ? {} : { prompt_tokens_details: { cached_tokens: cached } }),
  };
}

/** Starts the server on a free port. */
export async function startModelServer(): Promise<ModelServer> {
  const requests: ServerRequest[] = [];
  const queue: Reply[] = [];
  const closing = new AbortController();
  let fallback = (request: ServerRequest): Reply =>
    rejected(400, { message: `no reply enqueued for request ${requests.indexOf(request) + 1}` });
  const started = performance.now();
  const server = createServer((incoming, outgoing) => {
    const answer = async (): Promise<void> => {
      const body = JSON.parse((await readAll(incoming)) || 'null') as ChatBody;
      const { method = '', url: path = '', headers } = incoming;
      const request = { method, path, headers, body, at: performance.now() - started };
      requests.push(request);
      await send(queue.shift() ?? fallback(request), outgoing, closing.signal);
    };
    // A client that goes away in mid-answer is part of the tests.
    answer().catch(() => outgoing.destroy());
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const close = async (): Promise<void> => {
    closing.abort();
    server.closeAllConnections();
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
    });
  };
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    requests,
    enqueue: (...replies) => {
      queue.push(...replies);
    },
    answerWith: (reply) => {
      fallback = reply;
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

async function readAll(incoming: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of incoming) parts.push(part as Buffer);
  return Buffer.concat(parts).toString('utf8');
}

async function send(reply: Reply, outgoing: ServerResponse, closing: AbortSignal): Promise<void> {
  switch (reply.kind) {
    case 'stream':
      return sendStream(reply, outgoing, closing);
    case 'body':
      return sendBody(reply, outgoing);
    case 'hang-up':
      outgoing.destroy();
      return;
    case 'silence':
      return;
    default:
      reply satisfies never;
  }
}

function sendBody(reply: Extract<Reply, { kind: 'body' }>, outgoing: ServerResponse): void {
  const text = typeof reply.body === 'string' ? reply.body : JSON.stringify(reply.body);
  const contentType = typeof reply.body === 'string' ? 'text/html; charset=utf-8' : 'application/json';
  outgoing.writeHead(reply.status, { 'content-type': contentType, ...reply.headers });
  if (reply.end === undefined) {
    outgoing.end(text);
    return;
  }
  outgoing.write(text, () => {
    if (reply.end === 'cut') outgoing.destroy();
  });
}

async function sendStream(
  reply: Extract<Reply, { kind: 'stream' }>,
  outgoing: ServerResponse,
  closing: AbortSignal,
): Promise<void> {
  outgoing.writeHead(200, { 'content-type': reply.contentType ?? 'text/event-stream; charset=utf-8' });
  outgoing.flushHeaders();
  for (const step of reply.steps) {
    if (step.kind === 'stall') return;
    if (step.kind === 'wait') {
      await sleep(step.ms, undefined, { signal: closing });
      continue;
    }
    if (step.kind === 'cut') {
      outgoing.destroy();
      return;
    }
    await written(outgoing, encode(step, reply.model ?? 'test-model'));
  }
  outgoing.end();
}

/** Waits until the system has the bytes, so that steps are separate writes and a cut does not lose what came before it. */
function written(outgoing: ServerResponse, bytes: string | Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    outgoing.write(bytes, (error) => (error ? reject(error) : resolve()));
  });
}

function encode(step: Exclude<Step, { kind: 'stall' | 'wait' | 'cut' }>, model: string): string | Uint8Array {
  switch (step.kind) {
    case 'text':
      return chunk(model, { delta: { content: step.text }, finish_reason: null });
    case 'refusal':
      return chunk(model, { delta: { refusal: step.text }, finish_reason: null });
    case 'finish':
      return chunk(model, { delta: {}, finish_reason: step.reason });
    case 'usage':
      return event({ ...head(model), choices: [], usage: wireUsage(step.usage) });
    case 'data':
      return (step.event === undefined ? '' : `event: ${step.event}\n`) + event(step.data);
    case 'raw':
      return step.bytes;
    case 'comment':
      return `: ${step.text}\n\n`;
    case 'done':
      return 'data: [DONE]\n\n';
    default:
      return step satisfies never;
  }
}

function head(model: string): Record<string, unknown> {
  return { id: 'chatcmpl-test', object: 'chat.completion.chunk', model };
}

function chunk(model: string, choice: Record<string, unknown>): string {
  return event({ ...head(model), choices: [{ index: 0, ...choice }] });
}

function event(data: unknown): string {
  return `data: ${JSON.stringify(data)}\n\n`;
}
