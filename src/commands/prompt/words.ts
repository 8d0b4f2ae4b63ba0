// Values, figures and costs of conversations in words. Pure.

import { formatDuration, oneLine, shorten } from '../../base/text.ts';
import type { RunTotals } from '../../history/conversations.ts';
import type { Message, ValueChange } from '../../prompts/state.ts';
import { money } from '../history/draw.ts';

export function drawChange({ name, from, to }: ValueChange): string {
  return `${name}: ${shortValue(from)} → ${shortValue(to)}`;
}

/** On one line; a long text by its beginning. */
export function shortValue(value: unknown, length = 60): string {
  if (value === undefined || value === null) return 'none';
  return shorten(oneLine(typeof value === 'string' ? value : JSON.stringify(value)), length) || '""';
}

export function figures(message: Message, run?: RunTotals): string {
  const { ttft_ms, total_ms, prompt_tokens, completion_tokens, cost_usd } = message;
  const tokens =
    prompt_tokens === null && completion_tokens === null
      ? 'tokens unknown'
      : `${prompt_tokens ?? '?'} + ${completion_tokens ?? '?'} tokens`;
  return [
    ...(ttft_ms === null ? [] : [`first token ${formatDuration(ttft_ms)}`]),
    ...(total_ms === null ? [] : [formatDuration(total_ms)]),
    tokens,
    costText(cost_usd),
    ...(run === undefined || run.calls < 2 ? [] : [`run: ${runCost(run)}`]),
  ].join(' · ');
}

function costText(usd: number | null): string {
  return usd === null ? 'cost unknown' : money(usd);
}

/** A sum says how many are not in it. */
export function runCost({ cost_usd, cost_unknown }: Pick<RunTotals, 'cost_usd' | 'cost_unknown'>): string {
  if (cost_usd === null) return 'cost unknown';
  return cost_unknown === 0 ? money(cost_usd) : `${money(cost_usd)} and ${cost_unknown} unknown`;
}
