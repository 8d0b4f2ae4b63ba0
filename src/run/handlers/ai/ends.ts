// The two ends of an AI task that need few words: not now, and not at all. Data only.

import { timestamp } from '../../../system/clock.ts';
import type { Outcome } from '../../outcome.ts';

/** READY again. `stop`: the person is leaving. */
export function released(
  reason: string,
  advice: string,
  { stop = false }: { readonly stop?: boolean } = {},
): Extract<Outcome, { kind: 'released' }> {
  return { kind: 'released', reason, advice, stop };
}

export function failed(detail: string): Extract<Outcome, { kind: 'failed' }> {
  return { kind: 'failed', issue: 'GENERATION_ERROR', detail, lastRun: { timestamp: timestamp(), outcome: 'FAILURE' } };
}
