// A fault: one cause why a call failed, before it is joined with the call's facts; and the verdict on an answer that ended. Knows no transport.
import { oneLine, shorten } from '../base/text.ts';
import type { ModelFailureCode, ModelUsage, ReplayMiss } from './provider.ts';

export type Fault = {
  readonly code: ModelFailureCode;
  readonly message: string;
  readonly advice: string;
  /** Whether the same request may be sent again, as far as the cause goes. Whether it is, retry.ts decides. */
  readonly retryable: boolean;
  readonly status?: number;
  readonly requestId?: string;
  readonly retryAfterMs?: number;
  readonly miss?: ReplayMiss;
  readonly unsent?: true;
};

/** What has arrived of an answer so far. */
export type Draft = {
  text: string;
  refusal: string;
  finishReason: string | null;
  model: string | null;
  usage: ModelUsage | null;
  /** Parsed pieces, of any kind; a comment of the stream is none. */
  pieces: number;
  /** Whether any piece held a choice. */
  sawChoice: boolean;
  ttftMs: number | null;
};

export function emptyDraft(): Draft {
  return {
    text: '',
    refusal: '',
    finishReason: null,
    model: null,
    usage: null,
    pieces: 0,
    sawChoice: false,
    ttftMs: null,
  };
}

/** Servers of other makes use other words than OpenAI's for the same ends. Compared in lower case. */
const COMPLETE = new Set(['stop', 'end_turn', 'eos', 'eos_token', 'stop_sequence', 'complete', 'completed']);
const CUT = new Set(['length', 'max_tokens', 'model_length']);
const FILTERED = new Set(['content_filter', 'safety', 'recitation', 'blocklist', 'prohibited_content']);
const TOOL = new Set(['tool_calls', 'function_call', 'tool_use']);

/**
 * Judges an answer whose transport ended by itself: null where it is complete, otherwise why it is not.
 * Complete only with the server's terminal marker (design.md §8); a reason that is not known is no such marker.
 */
export function judge(draft: Draft): Fault | null {
  if (draft.finishReason === null) return unfinished(draft);
  const reason = draft.finishReason.toLowerCase();
  if (CUT.has(reason)) return truncated(draft);
  if (FILTERED.has(reason)) return filtered(`finish_reason ${draft.finishReason}`);
  if (draft.refusal.trim() !== '') return refused(draft.refusal);
  if (!COMPLETE.has(reason)) return unexpected(draft.finishReason, TOOL.has(reason));
  return draft.text.trim() === '' ? noText('The model ended its answer without any text') : null;
}

function unfinished(draft: Draft): Fault {
  if (draft.pieces > 0 && !draft.sawChoice)
    return noText('The server answered without any choice (`choices` is empty)');
  const had = draft.text === '' ? 'before any text came' : 'in the middle of the answer';
  return {
    code: 'incomplete-stream',
    message: `The answer ended ${had}: the server closed it without a finish_reason`,
    advice: 'The text that came is kept. Try again; if it happens each time, look at the server or a proxy before it.',
    retryable: false,
  };
}

function truncated(draft: Draft): Fault {
  const empty = draft.text.trim() === '';
  return {
    code: 'truncated',
    message: `The answer was cut at the token limit (finish_reason ${draft.finishReason})${empty ? ' before any text came' : ''}`,
    advice: empty
      ? 'The model spent the limit on reasoning: raise max_tokens, or leave it out.'
      : 'Raise max_tokens, or ask for a shorter answer. The text that came is kept.',
    retryable: false,
  };
}

export function filtered(detail: string): Fault {
  return {
    code: 'content-filter',
    message: `The server's content filter stopped the answer (${detail})`,
    advice: 'Change the prompt or its input; the same request will be stopped again.',
    retryable: false,
  };
}

function refused(refusal: string): Fault {
  return {
    code: 'refusal',
    message: `The model refused: ${quote(refusal, 300)}`,
    advice: 'Change the prompt or its input, or use another model.',
    retryable: false,
  };
}

function unexpected(reason: string, tool: boolean): Fault {
  return {
    code: 'unexpected-finish',
    message: tool
      ? `The model stopped to call a tool (finish_reason ${reason}), though none was offered`
      : `The answer ended for a reason that is not known here (finish_reason ${reason})`,
    advice: 'The text that came is kept. Try again, or use another model or server.',
    retryable: false,
  };
}

function noText(message: string): Fault {
  return { code: 'empty', message, advice: 'Try again; if it happens each time, use another model.', retryable: false };
}

/** One line of at most `limit` characters that cannot steer a terminal, for quoting a server in a message. */
export function quote(text: string, limit: number): string {
  return shorten(oneLine(text.slice(0, limit * 8)).replace(/\s+/g, ' '), limit);
}
