// How much a call may cost: the limits that hold for it, and the bound of its answer. Makes no call and keeps no account.

import type { BudgetLimits, OverBudget } from '../history/spending.ts';
import type { ModelRequest } from '../model/provider.ts';
import type { BudgetUsd } from '../runbook/task.ts';

/** With a budget every answer needs a bound: this holds where neither task nor template gives `max_tokens`. */
const MAX_TOKENS_UNDER_BUDGET = 4096;

/** `--max-cost` takes the place of the runbook's limit for a run. Undefined where nothing is limited. */
export function limitsOf(
  budget: BudgetUsd | undefined,
  maxCostUsd: number | undefined,
  now: Date,
): BudgetLimits | undefined {
  const run = maxCostUsd ?? budget?.run;
  const limits: BudgetLimits = {
    ...(budget?.call === undefined ? {} : { call: budget.call }),
    ...(run === undefined ? {} : { run }),
    ...(budget?.day === undefined ? {} : { day: { usd: budget.day, since: startOfDay(now) } }),
  };
  return Object.keys(limits).length === 0 ? undefined : limits;
}

/** Midnight by the clock of this machine: what a person calls a day. */
function startOfDay(now: Date): string {
  return new Date(now.getFullYear(), now.getMonth(), now.getDate()).toISOString();
}

/** The request as it is sent under a budget. */
export function boundedRequest(request: ModelRequest): ModelRequest & { readonly maxTokens: number } {
  return { ...request, maxTokens: request.maxTokens ?? MAX_TOKENS_UNDER_BUDGET };
}

const SCOPES: Record<OverBudget['scope'], string> = { call: 'a call', run: 'this run', day: 'this day' };

/** In words, with all figures. */
export function overBudgetWords({ scope, limitUsd, usedUsd, wantedUsd }: OverBudget): {
  message: string;
  advice: string;
} {
  const used =
    scope === 'call' ? '' : `; ${usd(usedUsd)} is spent or held, ${usd(Math.max(0, limitUsd - usedUsd))} is left`;
  return {
    message: `the budget of ${usd(limitUsd)} for ${SCOPES[scope]} does not cover this call, which may cost up to ${usd(wantedUsd)}${used}; nothing was sent`,
    advice: `${scope === 'run' ? 'allow more with --max-cost USD, or' : 'allow more'} in runbook.yaml (ai: budget_usd), or bound the answer with max_tokens`,
  };
}

/** Why there is no further attempt, after one that may have to be paid for. */
export function noFurtherAttempt({ scope, limitUsd, usedUsd, wantedUsd }: OverBudget): string {
  return `not tried again: the attempt that was cut off may have been charged, and another one for up to ${usd(wantedUsd)} does not fit into the budget of ${usd(limitUsd)} for ${SCOPES[scope]}, of which ${usd(usedUsd)} is spent or held`;
}

/** Four digits that count, so that what does not fit is not shown as equal to its limit; cents at least. */
function usd(amount: number): string {
  if (amount === 0) return '$0.00';
  const places = Math.min(12, Math.max(2, 3 - Math.floor(Math.log10(amount))));
  return `$${amount.toFixed(places).replace(/(\.\d\d\d*?)0+$/, '$1')}`;
}
