// What a model call is made of on its way from a service to a provider and back. Types only.

import type { Failure } from '../base/failure.ts';
import type { Result } from '../base/result.ts';
import type { Alongside, NewCall, Verdict } from '../history/calls.ts';
import type { BudgetLimits } from '../history/spending.ts';
import type {
  CostEstimate,
  ModelAnswer,
  ModelFailure,
  ModelFailureCode,
  ModelProvider,
  ModelRequest,
} from '../model/provider.ts';

/** Options of a command for all its calls. */
export type CallFlags = {
  /** `--allow-secrets`. */
  readonly allowSecrets?: boolean | undefined;
  /** `--max-cost`, in US dollars. */
  readonly maxCostUsd?: number | undefined;
  /** `--record DIR`, absolute. */
  readonly record?: string | undefined;
  /** `--replay DIR`, absolute, or `--replay history`. */
  readonly replay?: { readonly kind: 'history' } | { readonly kind: 'folder'; readonly folder: string } | undefined;
};

/** What a call is about, for its row; the request comes with the plan. */
export type About = Pick<
  NewCall,
  'source' | 'templateName' | 'templateText' | 'promptHash' | 'promptText' | 'requestHash' | 'inputParams' | 'metadata'
> & { readonly taskId?: string; readonly keep?: NewCall['keep'] } & Pick<
    NewCall,
    'answerRules' | 'waiting' | 'inputIndex'
  >;

/** A call that may be sent: everything that can be known before it is. */
export type Plan = {
  readonly provider: ModelProvider;
  /** As it will be sent: the alias resolved, bounded where there is a budget. */
  readonly request: ModelRequest;
  /** The name that was asked for, where it is an alias. */
  readonly alias?: string;
  readonly estimate: CostEstimate;
  /** What is reserved; null where no price is known. */
  readonly worstUsd: number | null;
  readonly limits: BudgetLimits | undefined;
  readonly timeoutMs?: number | undefined;
  readonly idleTimeoutMs?: number | undefined;
  readonly firstTokenTimeoutMs?: number | undefined;
};

/** Why there is no plan. `badInput`: what a person wrote must be mended first (exit 2), otherwise the call waits for them. */
export type Refused = {
  readonly message: string;
  readonly advice: string;
  readonly badInput: boolean;
  /** What of this one call is at fault, where others may still be sent: its text, or what is left of the budget. */
  readonly because?: 'secret' | 'budget';
};

export type Answered = {
  readonly callId: string;
  readonly answer: ModelAnswer;
  /** Where the answer is, relative to the project, when the history could not take it. */
  readonly besideIn?: string;
};
export type CallFailure =
  | { readonly kind: 'model'; readonly failure: ModelFailure }
  /** Nothing was sent: it waits for a person, or cannot be recorded. */
  | { readonly kind: 'refused'; readonly refused: Refused }
  | { readonly kind: 'failure'; readonly failure: Failure };

export type CallNews =
  | { readonly kind: 'model-sent'; readonly provider: string }
  | { readonly kind: 'model-text'; readonly text: string }
  | {
      readonly kind: 'model-retry';
      readonly code: ModelFailureCode;
      /** The HTTP status where the server rejected the attempt. */
      readonly status: number | null;
      readonly reason: string;
      readonly delayMs: number;
      readonly attempt: number;
    }
  | {
      readonly kind: 'model-done';
      readonly totalMs: number;
      readonly ttftMs: number | null;
      readonly promptTokens: number | null;
      readonly cachedTokens: number | null;
      readonly completionTokens: number | null;
      readonly reasoningTokens: number | null;
      readonly costUsd: number | null;
    }
  | { readonly kind: 'note'; readonly message: string }
  | { readonly kind: 'warning'; readonly message: string; readonly advice?: string };

export type CallHooks = {
  readonly report: (news: CallNews) => void;
  /** The row stands, nothing has left yet. A failure here keeps it from being sent. */
  readonly recorded?: (callId: string) => Result<undefined, Failure>;
  /** What is written in the same commits as the call. */
  readonly alongside?: Alongside;
  /** Reads a complete answer before it is settled: what it is as data, or why it is not what was asked for. */
  readonly judge?: (text: string) => Promise<Verdict>;
  /** Waited for when the row stands: where many are made at once, each is sent in its turn. False: it is not to be sent at all. */
  readonly turn?: () => Promise<boolean>;
  /** The server has nothing more to do for it; its settlement is yet to be written. */
  readonly ended?: () => void;
  /** Where an answer goes that the history cannot take, relative to the project. */
  readonly keepBesideIn: string;
};
