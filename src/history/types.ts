// What is kept of a model call, and what can be done with it. Types only.

import type { Failure } from '../base/failure.ts';
import type { Result } from '../base/result.ts';
import type { BatchRows } from './batches.ts';
import type { BudgetLimits, OverBudget } from './spending.ts';

/** Calls of a process that died. */
export type Interrupted = {
  readonly id: string;
  readonly taskId: string | null;
  readonly runId: string | null;
  /** What had arrived. */
  readonly text: string;
};

type Json = Readonly<Record<string, unknown>>;

/** What a new call has for being made later or again. */
export type LaterParts = {
  /** What the answer must be. */
  readonly answerRules?: Json | undefined;
  /** The row of a call that was kept for later: it becomes this call. */
  readonly waiting?: string | undefined;
};

export type NewCall = LaterParts & {
  readonly source: 'task' | 'quickie' | 'prompt' | 'workshop' | 'chat';
  readonly templateName: string;
  /** The template before substitution, with its partials. */
  readonly templateText: string;
  /** MD5 of `templateText` (S000). */
  readonly promptHash: string;
  /** The prompt as sent. */
  readonly promptText: string;
  /** Identifies the whole request (messages, model, schema): the same again is the same question. */
  readonly requestHash: string;
  readonly inputParams: Readonly<Record<string, unknown>>;
  readonly model: string;
  readonly taskId?: string;
  readonly runId: string;
  /** The whole request as it is sent: messages, model, settings. */
  readonly request?: Readonly<Record<string, unknown>>;
  /** The most that it can cost; held until it is settled, so that calls at the same time cannot go beyond a budget together. */
  readonly reservedUsd?: number | null;
  readonly metadata?: Readonly<Record<string, unknown>>;
  /** Which input of a batch it is for, from 1; the batch is the run. */
  readonly inputIndex?: number | undefined;
  /**
   * What of its content stays: all of it where not told; `turn`: of the request no earlier turns of the conversation, which are kept
   * with their own calls; `none`: nothing is ever written, neither prompt nor answer, and the row is its cost line from the start.
   */
  readonly keep?: 'turn' | 'none' | undefined;
};

/** An attempt that failed and is followed by another. */
export type FailedAttempt = {
  readonly attempt: number;
  readonly code: string;
  readonly status: number | null;
  readonly delayMs: number;
};

export type Settlement = {
  readonly status: 'complete' | 'error';
  readonly text: string;
  /** The answer as data, where it was asked for as such. */
  readonly data?: unknown;
  readonly error?: string;
  readonly attempts: number;
  readonly finishReason: string | null;
  readonly resolvedModel?: string | null;
  readonly promptTokens?: number | null;
  readonly cachedTokens?: number | null;
  readonly completionTokens?: number | null;
  /** Null where unknown, never 0 for unknown. */
  readonly costUsd?: number | null;
  readonly costSource?: 'reported' | 'computed' | 'override' | null;
  /** What attempts of unknown cost may have cost: it counts for budgets, and for nothing else. */
  readonly heldUsd?: number | null;
  readonly reasoningTokens?: number | null;
  readonly ttftMs?: number | null;
  readonly totalMs?: number | null;
};

/** `owed`: kept in a file beside, and whoever opens the history next completes the call. `anew`: the history was deleted meanwhile. */
export type Settled = 'written' | 'owed' | 'anew';

export type Review = 'accepted' | 'edited' | 'rejected' | 'skipped';

export type StoredCall = {
  readonly id: string;
  readonly text: string;
  readonly model: string;
  readonly createdAt: string;
  readonly costUsd: number | null;
  readonly requestHash: string;
  readonly review: Review | null;
  /** Which attempt of its task's start it was, from 1. */
  readonly attempt: number;
  /** What a further attempt was told of the one before, secrets replaced. */
  readonly retry?: { readonly previousOutput: string; readonly failure: string };
};

/** A call as it was asked for, to be made now. */
export type AskedBefore = {
  readonly id: string;
  readonly templateName: string;
  readonly templateText: string | undefined;
  readonly promptHash: string;
  readonly promptText: string;
  readonly requestHash: string | null;
  readonly inputParams: Json;
  readonly metadata: Json;
  readonly status: string;
  readonly source: string;
  /** Undefined in rows of an older version. */
  readonly request: Json | undefined;
  readonly answerRules: Json | undefined;
};

export type LaterCalls<Call> = {
  /** Records a call that nobody makes yet, and gives its id. */
  readonly keep: (call: Call) => Result<string, Failure>;
  /** The ids of the calls that wait, oldest first. */
  readonly waiting: () => Result<readonly string[], Failure>;
  /** By its whole id; undefined where there is none, or it was forgotten. */
  readonly find: (id: string) => Result<AskedBefore | undefined, Failure>;
  /** Exchanges the ids of two calls: whoever was promised the first finds what the second became. */
  readonly exchange: (a: string, b: string) => Result<undefined, Failure>;
};

/** What else is to be in the commits of a call, of those who share its connection (connection.ts). */
export type Alongside = {
  /** With the row, both or neither. */
  readonly begun: (callId: string) => Result<undefined, Failure>;
  /** With its end, each time that it is tried. What cannot be written is left out: the end of a call does not wait for it. */
  readonly settled: (callId: string) => void;
};

export type CallStore = {
  /** Inserts the row as `pending` and gives its id; with limits, only where what it may cost fits into them. */
  readonly begin: (
    call: NewCall,
    limits?: BudgetLimits,
    /** Not with a call that was kept for later. */
    alongside?: Alongside['begun'],
  ) => Result<string, Failure | OverBudget>;
  /** Calls that wait to be made, and earlier ones that are asked again. */
  readonly later: LaterCalls<NewCall>;
  /** At the first byte. */
  readonly running: (id: string) => void;
  /** The text so far: at least every second while it streams. */
  readonly partial: (id: string, text: string) => void;
  /** The attempts of a call that were followed by another. */
  readonly attempted: (id: string, failed: FailedAttempt) => void;
  /** Reserves for one more attempt, where it fits into the limits: the one before may have to be paid for. */
  readonly hold: (id: string, usd: number, limits?: BudgetLimits) => Result<undefined, Failure | OverBudget>;
  /**
   * Tries for a minute where another process holds the history, less when the signal fires: the answer was paid for. Only where nothing
   * could be kept at all is it a failure.
   */
  readonly settle: (
    id: string,
    end: Settlement,
    signal?: AbortSignal,
    alongside?: Alongside['settled'],
  ) => Promise<Result<Settled, Failure>>;
  /** Kept from `kill -9` from here on, until the next commit of several has it. */
  readonly arrived: (id: string, end: Settlement) => void;
  /** Writes what has arrived, without a second try, and only in the history. */
  readonly settleNow: (id: string, alongside?: Alongside['settled']) => Result<undefined, Failure>;
  /** One that the history cannot take is kept as a settlement is. */
  readonly review: (id: string, review: Review | null) => void;
  /** Calls of processes that died on this machine, settled when this store was opened. */
  readonly interrupted: readonly Interrupted[];
  /** Complete answers that a person or the runbook's rules accepted, newest first. */
  readonly accepted: () => readonly AcceptedCall[];
  /** Settles what a dead run left open for a task, and gives all its calls that were cut off, with the text that had arrived. */
  readonly interruptOf: (taskId: string, runId: string) => readonly { readonly id: string; readonly text: string }[];
  /** The newest complete answer of a task; the caller compares its request and review. */
  readonly latest: (taskId: string) => StoredCall | undefined;
  readonly batches: BatchRows;
  /** Several writes in one commit: all of them or none. */
  readonly together: (work: () => void) => Result<undefined, Failure>;
  readonly close: () => void;
};

/** What a complete answer was found to be: data, or not what was asked for, which is an error. */
export type Verdict = { readonly data: unknown } | { readonly error: string };

export type AcceptedCall = {
  readonly id: string;
  readonly createdAt: string;
  readonly taskId: string | null;
  readonly templateName: string;
  readonly requestHash: string | null;
  readonly model: string;
  readonly resolvedModel: string | null;
  readonly promptText: string;
  readonly text: string;
  readonly finishReason: string | null;
  /** As it was given to `begin`; undefined in rows of an older version. */
  readonly request: Readonly<Record<string, unknown>> | undefined;
};
