// The body of a chat completions request, and how it is changed for servers that do not take a part of it. Pure; knows no SDK.
import type { ModelRequest, ResponseSchema } from './provider.ts';
import type { ErrorBody } from './server-faults.ts';

/** What a server was found not to take. Remembered by the provider, so that only the first call pays the extra round trip. */
export type Dialect = {
  readonly withoutUsage: boolean;
  readonly completionLimit: boolean;
  readonly withoutTemperature: boolean;
};

export const COMMON_DIALECT: Dialect = { withoutUsage: false, completionLimit: false, withoutTemperature: false };

/** A streaming request body. Parts that are not set are left out, so that the server's defaults hold. */
export function requestBody(request: ModelRequest, dialect: Dialect): Record<string, unknown> {
  const limit = dialect.completionLimit ? 'max_completion_tokens' : 'max_tokens';
  return {
    model: request.model,
    messages: request.messages.map(({ role, content }) => ({ role, content })),
    ...(request.temperature === undefined || dialect.withoutTemperature ? {} : { temperature: request.temperature }),
    ...(request.maxTokens === undefined ? {} : { [limit]: request.maxTokens }),
    ...(request.stop === undefined || request.stop.length === 0 ? {} : { stop: request.stop }),
    ...(request.responseSchema === undefined ? {} : { response_format: responseFormat(request.responseSchema) }),
    stream: true,
    ...(dialect.withoutUsage ? {} : { stream_options: { include_usage: true } }),
  };
}

function responseFormat({ name, schema, strict }: ResponseSchema): Record<string, unknown> {
  // The API allows these characters and this length only.
  const fit = name.replace(/[^A-Za-z0-9_-]/g, '_').slice(0, 64);
  return {
    type: 'json_schema',
    json_schema: { name: fit === '' ? 'answer' : fit, schema, ...(strict === undefined ? {} : { strict }) },
  };
}

/**
 * The dialect to try next where a server rejected the request for a part that has another form; null where it did not.
 * Some servers do not know `stream_options`; OpenAI's reasoning models want `max_completion_tokens` for `max_tokens` and choose their
 * temperature themselves.
 */
export function adaptDialect(
  dialect: Dialect,
  status: number,
  error: ErrorBody,
  request: ModelRequest,
): Dialect | null {
  if (status !== 400 && status !== 422) return null;
  const said = `${error.param ?? ''} ${error.message}`;
  if (!dialect.withoutUsage && /stream_options|include_usage/.test(said)) return { ...dialect, withoutUsage: true };
  if (request.maxTokens !== undefined && !dialect.completionLimit && said.includes('max_completion_tokens')) {
    return { ...dialect, completionLimit: true };
  }
  const refusesTemperature = /temperature/.test(said) && /unsupported|(?:does|is) not support/i.test(said);
  if (!dialect.withoutTemperature && request.temperature !== undefined && refusesTemperature) {
    return { ...dialect, withoutTemperature: true };
  }
  return null;
}
