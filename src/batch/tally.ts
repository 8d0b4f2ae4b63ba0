// What a batch has come to so far: counts, costs, the failures by name. Knows no input.

import type { Asked, BatchFailure, BatchInput, BatchResult, BatchState } from './types.ts';

type Counts = Pick<
  BatchState,
  'done' | 'failed' | 'refused' | 'fromHistory' | 'spentUsd' | 'unknownCosts' | 'totalUsd'
>;

export type Tally = {
  readonly add: (input: BatchInput, asked: Asked) => void;
  readonly counts: () => Counts;
  /** In the order of the inputs; of very many, those that were known first. */
  readonly failures: () => readonly BatchFailure[];
};

const MOST_KEPT = 1000;

export function createTally(): Tally {
  const counts = { done: 0, failed: 0, refused: 0, fromHistory: 0, spentUsd: 0, unknownCosts: 0, totalUsd: 0 };
  const failures: BatchFailure[] = [];
  const cost = ({ cost_usd: usd, output }: BatchResult, isNew: boolean): void => {
    // A server that refuses charges nothing.
    const mayHaveCost = output !== null;
    if (usd === null && mayHaveCost) counts.unknownCosts += 1;
    counts.totalUsd += usd ?? 0;
    if (isNew) counts.spentUsd += usd ?? 0;
  };
  return {
    add({ line }, asked) {
      if (asked.kind === 'interrupted' || asked.kind === 'over-budget' || asked.kind === 'stop') return;
      const { result } = asked;
      counts.done += 1;
      if (result.status === 'error' && failures.length < MOST_KEPT) failures.push({ ...result, line });
      if (asked.kind === 'refused') {
        counts.refused += 1;
        return;
      }
      if (result.status === 'error') counts.failed += 1;
      const isNew = asked.kind !== 'settled' || asked.from === 'call';
      if (!isNew) counts.fromHistory += 1;
      cost(result, isNew);
    },
    counts: () => ({ ...counts }),
    failures: () => failures.toSorted((a, b) => a.index - b.index),
  };
}
