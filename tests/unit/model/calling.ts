// Small helpers of the tests of providers. Knows no provider.
import type { Result } from '../../../src/base/result.ts';
import type { CallOptions, ModelAnswer, ModelFailure, ModelRequest } from '../../../src/model/provider.ts';

export const FAST_RETRY = { maxAttempts: 3, baseDelayMs: 5, maxDelayMs: 10 };

export function requestOf(content: string, rest: Partial<ModelRequest> = {}): ModelRequest {
  return { model: 'test-model', messages: [{ role: 'user', content }], ...rest };
}

export type Heard = {
  readonly options: CallOptions;
  /** `first` and the texts, as they came. */
  readonly news: string[];
  readonly retries: { attempt: number; delayMs: number; reason: string }[];
};

/** Options that write down all news; `more` adds to them or replaces a callback. */
export function listen(more: Partial<CallOptions> = {}): Heard {
  const news: string[] = [];
  const retries: Heard['retries'] = [];
  const options: CallOptions = {
    signal: new AbortController().signal,
    onFirstByte: () => news.push('first'),
    onText: (chunk) => news.push(chunk),
    onRetry: (info) => retries.push(info) > 0,
    ...more,
  };
  return { options, news, retries };
}

export function answerOf(result: Result<ModelAnswer, ModelFailure>): ModelAnswer {
  if (!result.ok) throw new Error(`${result.error.code}: ${result.error.message}`);
  return result.value;
}

export function failureOf(result: Result<ModelAnswer, ModelFailure>): ModelFailure {
  if (result.ok) throw new Error(`an answer came where a failure was expected: ${result.value.text}`);
  return result.error;
}
