// What is reserved for one call while it is tried, and what stays so at its end because nobody can say whether it was charged. Knows
// no price but the worst case of the plan.

import type { CallWrites } from '../history/grouped.ts';
import type { ModelAnswer, ModelFailure } from '../model/provider.ts';
import { noFurtherAttempt } from './budget.ts';
import type { CallNews, Plan } from './types.ts';

/** The server was never reached, or said no: nothing was generated. */
const UNCHARGED = new Set(['refused-connection', 'dns', 'tls', 'unreachable', 'bad-address', 'no-key', 'replay-miss']);

type Ending = Pick<ModelFailure, 'code' | 'status' | 'unsent'>;

function mayBeCharged({ code, status, unsent }: Ending): boolean {
  return status === null && !unsent && !UNCHARGED.has(code);
}

export type Holds = {
  /** Before a further attempt: false where the one before may have to be paid for and a second one would break a budget. */
  readonly another: (failed: Ending) => boolean;
  /** What goes on counting for budgets, in US dollars; null for nothing. */
  readonly atEnd: (end: ModelAnswer | ModelFailure) => number | null;
};

type HoldParts = {
  readonly calls: Pick<CallWrites, 'hold'>;
  readonly callId: string;
  readonly plan: Plan;
  readonly report: (news: CallNews) => void;
};

export function createHolds({ calls, callId, plan, report }: HoldParts): Holds {
  const { worstUsd, limits } = plan;
  /** Attempts that failed and may have to be paid for. */
  let lost = 0;
  return {
    another(failed) {
      if (worstUsd === null || !mayBeCharged(failed)) return true;
      const held = calls.hold(callId, worstUsd, limits);
      if (held.ok) {
        lost += 1;
        return true;
      }
      if (held.error.code === 'over-budget') report({ kind: 'note', message: noFurtherAttempt(held.error) });
      else
        report({
          kind: 'warning',
          message: 'not tried again: the history cannot be written',
          advice: 'orchestrate doctor',
        });
      return false;
    },
    atEnd(end) {
      const free = end.costUsd !== null || end.attempts === 0 || ('code' in end && !mayBeCharged(end));
      const open = lost + (free ? 0 : 1);
      return worstUsd === null || open === 0 ? null : open * worstUsd;
    },
  };
}
