// A call as it is read from the history: the row's columns in the words of the documents. Every text redacted again on its way out,
// because a name may have become a secret since it was written. Runs no query.

import type { Redactor } from '../base/secrets.ts';

export type CallSummary = {
  readonly id: string;
  readonly source: string;
  readonly task_id: string | null;
  readonly run_id: string | null;
  readonly template: string;
  readonly hash: string;
  readonly model: string | null;
  readonly resolved_model: string | null;
  readonly status: string;
  readonly review: string | null;
  readonly error: string | null;
  readonly attempts: number | null;
  readonly finish_reason: string | null;
  readonly prompt_tokens: number | null;
  readonly cached_tokens: number | null;
  readonly completion_tokens: number | null;
  readonly reasoning_tokens: number | null;
  /** Null where unknown. */
  readonly cost_usd: number | null;
  readonly cost_source: string | null;
  readonly ttft_ms: number | null;
  readonly total_ms: number | null;
  readonly created_at: string;
  readonly updated_at: string;
};

export type WholeCall = CallSummary & {
  readonly prompt: string;
  readonly answer: string | null;
  /** The answer as data; undefined where it is plain text. */
  readonly data: unknown;
  readonly inputs: unknown;
  readonly metadata: unknown;
  /** The template before substitution; null where it is not kept. */
  readonly template_text: string | null;
};

export const SUMMARY_COLUMNS = [
  'id, source, task_id, run_id, template_name AS template, quickies.prompt_hash AS hash, model, resolved_model, status, review, error',
  'attempts, finish_reason, prompt_tokens, cached_tokens, completion_tokens, reasoning_tokens, cost_usd, cost_source, ttft_ms',
  'total_ms, quickies.created_at, updated_at',
].join(', ');

export const WHOLE_COLUMNS = `${SUMMARY_COLUMNS}, prompt_text AS prompt, output, input_params, metadata,
  (SELECT prompt_sources.source FROM prompt_sources WHERE prompt_sources.prompt_hash = quickies.prompt_hash) AS template_text`;

export type WholeRow = Omit<WholeCall, 'answer' | 'data' | 'inputs'> & {
  readonly output: string | null;
  readonly input_params: string;
};

export function summaryOf(row: CallSummary, redactor: Redactor): CallSummary {
  return redactor.value(row);
}

export function wholeCall({ output, input_params, metadata, ...row }: WholeRow, redactor: Redactor): WholeCall {
  return redactor.value({
    ...row,
    ...answerOf(output),
    inputs: parsed(input_params),
    metadata: typeof metadata === 'string' ? parsed(metadata) : null,
  });
}

function answerOf(output: string | null): Pick<WholeCall, 'answer' | 'data'> {
  const value = (output === null ? null : parsed(output)) as { text?: string; data?: unknown } | null;
  return { answer: value?.text ?? null, data: value?.data };
}

/** Another program may have written the row. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
