// What a batch is made of: inputs, what becomes of each, and how the whole stands and ends. Types only.

import type { Failure } from '../base/failure.ts';
import type { CallHooks } from '../calls/types.ts';

/** One record of the input file. */
export type BatchInput = {
  /** Its place among the records, from 1. */
  readonly index: number;
  /** The field `id` of the record, where it has one: for the person who reads the results. */
  readonly id?: string | number;
  readonly values: Readonly<Record<string, unknown>>;
  /** The line of the file that it begins on, from 1. */
  readonly line: number;
};

export type Tokens = {
  readonly prompt: number | null;
  readonly cached: number | null;
  readonly completion: number | null;
};

/** One line of the results, in the words of the history. */
export type BatchResult = {
  readonly index: number;
  readonly id?: string | number;
  readonly status: 'complete' | 'error';
  /** The answer: a text, or data where the answer was to be data. What had arrived of one that failed. */
  readonly output: unknown;
  readonly error: string | null;
  /** Null where unknown. */
  readonly cost_usd: number | null;
  readonly tokens: Tokens | null;
  /** Null where nothing was sent. */
  readonly call_id: string | null;
};

/** `line`: where its input stands. */
export type BatchFailure = BatchResult & { readonly line: number };

/** What has become of an input when its question was asked, or looked up. */
export type Asked =
  /** Settled, well or badly. `history`: it was recorded before, and nothing was sent. */
  | { readonly kind: 'settled'; readonly from: 'call' | 'history'; readonly result: BatchResult }
  /** Nothing was sent for this input, and for it alone: a secret in its prompt. */
  | { readonly kind: 'refused'; readonly result: BatchResult; readonly advice: string }
  /** The server had too much to do, also after the retries of the call. */
  | { readonly kind: 'limited'; readonly result: BatchResult /** What it asks to wait. */; readonly afterMs: number }
  /** The budget is held by calls that are not settled yet, or spent. */
  | { readonly kind: 'over-budget'; readonly failure: Failure }
  /** The next one would end the same way. `result`: what became of this one, where it was sent. */
  | { readonly kind: 'stop'; readonly failure: Failure; readonly result?: BatchResult }
  /** Broken off by Ctrl-C: as if it had not been asked. */
  | { readonly kind: 'interrupted' };

/** Makes the question of an input and asks it, on the one path of model calls; gives its hooks to each call. Never throws. */
export type Ask = (input: BatchInput, hooks: AskHooks) => Promise<Asked>;
export type AskHooks = Pick<CallHooks, 'report' | 'turn' | 'ended'>;

/** How a batch stands: read at any time, for progress. Counts are of inputs. */
export type BatchState = {
  readonly total: number | undefined;
  readonly done: number;
  readonly failed: number;
  readonly refused: number;
  readonly fromHistory: number;
  /** What this process has spent, as far as it is known; what all results have cost; and those whose cost is not known. */
  readonly spentUsd: number;
  readonly totalUsd: number;
  readonly unknownCosts: number;
  /** At the server now, and how many may be. */
  readonly atOnce: number;
  readonly limit: number;
  /** Milliseconds, by `performance.now()`; 0 where nothing is paused. */
  readonly pausedUntil: number;
};

export type BatchEnd = BatchState & {
  /** Why it did not come to its end; undefined where each input has a result. */
  readonly stopped?: Failure;
  readonly interrupted: boolean;
  /** What failed or was refused, in the order of the inputs; of very many, those that were known first. */
  readonly failures: readonly BatchFailure[];
};
