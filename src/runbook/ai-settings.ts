// `ai` of the runbook with its defaults filled in and its durations read. Pure; knows no model.

import { parseDuration } from '../base/text.ts';
import type { RawRunbook } from './schema.ts';
import type { AiSettings, BudgetUsd } from './task.ts';

type RawAi = NonNullable<RawRunbook['ai']>;

export function aiSettings(ai: RawAi): AiSettings {
  const timeoutMs = milliseconds(ai.timeout);
  const idleTimeoutMs = milliseconds(ai.idle_timeout);
  // A person who allows little silence means all of it; models that think first have a limit of their own.
  const firstTokenTimeoutMs = milliseconds(ai.first_token_timeout) ?? idleTimeoutMs;
  return {
    ...(ai.provider === undefined ? {} : { provider: ai.provider }),
    ...(ai.model === undefined ? {} : { model: ai.model }),
    ...(ai.base_url === undefined ? {} : { baseUrl: ai.base_url }),
    ...(ai.budget_usd === undefined ? {} : { budgetUsd: budgetOf(ai.budget_usd) }),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(idleTimeoutMs === undefined ? {} : { idleTimeoutMs }),
    ...(firstTokenTimeoutMs === undefined ? {} : { firstTokenTimeoutMs }),
    allowSecrets: ai.allow_secrets ?? [],
    confirmSend: ai.confirm_send ?? false,
    envAllow: ai.env_allow ?? [],
  };
}

/** A number is for one run. */
function budgetOf(budget: NonNullable<RawAi['budget_usd']>): BudgetUsd {
  if (typeof budget === 'number') return { run: budget };
  const { call, run, day } = budget;
  return {
    ...(call === undefined ? {} : { call }),
    ...(run === undefined ? {} : { run }),
    ...(day === undefined ? {} : { day }),
  };
}

function milliseconds(duration: string | number | undefined): number | undefined {
  return duration === undefined ? undefined : parseDuration(duration);
}
