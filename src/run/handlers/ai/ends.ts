// The two ends of an AI task that need few words: not now, and not at all. Data only.

import { errnoText } from '../../../base/errno.ts';
import type { Failure } from '../../../base/failure.ts';
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

/** Nothing failed in the task: without a record nothing is sent. */
export function unrecorded(failure: Failure): Outcome {
  const [why, advice] =
    failure.code === 'database'
      ? [`${failure.path}: ${failure.message}`, failure.advice]
      : failure.code === 'io'
        ? [`cannot ${failure.operation} ${failure.path}: ${errnoText(failure.errno)}`, 'mend that, then try again']
        : [failure.code, 'orchestrate doctor'];
  return released(`no call can be recorded, so none is sent (${why})`, advice);
}
