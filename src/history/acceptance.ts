// How often the answers to tasks were accepted, and what an accepted one cost, by template and model. Pure.

/** One call of a task, in the order in which they were made. */
export type TaskCall = {
  readonly template: string;
  readonly model: string | null;
  readonly task: string;
  /** Null while it waits for review, and where it was deleted. */
  readonly review: 'accepted' | 'edited' | 'rejected' | 'skipped' | null;
  /** Of the task's start; null where it was deleted. */
  readonly attempt: number | null;
  /** Null where unknown. */
  readonly cost_usd: number | null;
  readonly status: string;
};

export type Acceptance = {
  readonly template: string;
  readonly model: string | null;
  readonly calls: number;
  /** Answers that a person or a check has judged. */
  readonly judged: number;
  /** As they came; `edited`: after a person changed them. */
  readonly accepted: number;
  readonly edited: number;
  /** Of the first answers that were judged, the part that was accepted as it came; null where none was. */
  readonly first_try: number | null;
  readonly first_judged: number;
  /** All that the calls cost, over the accepted and edited answers; null where there is none, or no cost is known. */
  readonly cost_per_accepted_usd: number | null;
  readonly cost_unknown: number;
};

/** Groups by falling number of calls. */
export function acceptanceOf(calls: readonly TaskCall[]): Acceptance[] {
  const groups = Map.groupBy(calls, ({ template, model }) => JSON.stringify([template, model]));
  return [...groups.values()].flatMap((group) => acceptanceOfGroup(group)).sort((a, b) => b.calls - a.calls);
}

function acceptanceOfGroup(group: readonly TaskCall[]): Acceptance[] {
  const [first] = group;
  if (first === undefined) return [];
  const judged = group.filter(({ review }) => review !== null && review !== 'skipped');
  const firsts = judged.filter(({ attempt }) => attempt === 1);
  const of = (rows: readonly TaskCall[], review: TaskCall['review']) =>
    rows.filter((row) => row.review === review).length;
  const good = of(judged, 'accepted') + of(judged, 'edited');
  const costs = group.flatMap(({ cost_usd }) => (cost_usd === null ? [] : [cost_usd]));
  const sum = costs.reduce((total, cost) => total + cost, 0);
  return [
    {
      template: first.template,
      model: first.model,
      calls: group.length,
      judged: judged.length,
      accepted: of(judged, 'accepted'),
      edited: of(judged, 'edited'),
      first_try: firsts.length === 0 ? null : of(firsts, 'accepted') / firsts.length,
      first_judged: firsts.length,
      cost_per_accepted_usd: good === 0 || costs.length === 0 ? null : Number((sum / good).toFixed(10)),
      cost_unknown: group.filter(
        ({ status, cost_usd }) => cost_usd === null && (status === 'complete' || status === 'error'),
      ).length,
    },
  ];
}

/** What each accepted answer of a task cost, the rejected ones before it included; none where a cost is unknown. */
export function costSamples(calls: readonly TaskCall[]): Map<string, number[]> {
  const samples = new Map<string, number[]>();
  for (const [task, own] of Map.groupBy(calls, (call) => call.task)) {
    let sum: number | null = 0;
    for (const { cost_usd, review } of own) {
      sum = sum === null || cost_usd === null ? null : sum + cost_usd;
      if (review !== 'accepted' && review !== 'edited') continue;
      if (sum !== null) samples.set(task, [...(samples.get(task) ?? []), sum]);
      sum = 0;
    }
  }
  return samples;
}
