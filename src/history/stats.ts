// Figures of many calls, by group: calls, failures, cost, times. Pure.

/** What is known of one call; a deleted one counts as any other. */
export type Figure = {
  readonly template: string;
  readonly hash: string;
  readonly model: string | null;
  readonly task: string | null;
  readonly run: string | null;
  readonly created_at: string;
  readonly status: string;
  readonly cost_usd: number | null;
  readonly total_ms: number | null;
  readonly deleted: number;
};

export const GROUPINGS = ['template', 'hash', 'model', 'task', 'run', 'day'] as const;
export type Grouping = (typeof GROUPINGS)[number];

export type Sums = {
  readonly calls: number;
  readonly failures: number;
  /** Not settled yet. */
  readonly open: number;
  readonly deleted: number;
  /** The sum of the costs that are known; null where none is. */
  readonly cost_usd: number | null;
  /** Settled calls whose cost is not in the sum. */
  readonly cost_unknown: number;
  readonly median_ms: number | null;
  readonly p95_ms: number | null;
};

/** The groups by falling cost, then calls; `key` is null for calls that have none, such as those of no task. */
export type Stats = { readonly total: Sums; readonly groups: readonly (Sums & { readonly key: string | null })[] };

/** `dayOf` gives the day of a time, in the time zone of whoever asks. */
export function statsOf(figures: readonly Figure[], by: Grouping, dayOf: (iso: string) => string): Stats {
  const groups = new Map<string | null, Figure[]>();
  for (const figure of figures) {
    const key = by === 'day' ? dayOf(figure.created_at) : figure[by];
    const group = groups.get(key);
    if (group) group.push(figure);
    else groups.set(key, [figure]);
  }
  const rows = [...groups].map(([key, group]) => ({ key, ...sumsOf(group) }));
  const byCost = (a: Sums, b: Sums) => (b.cost_usd ?? -1) - (a.cost_usd ?? -1) || b.calls - a.calls;
  const byDay = (a: { key: string | null }, b: { key: string | null }) => ((a.key ?? '') < (b.key ?? '') ? 1 : -1);
  return { total: sumsOf(figures), groups: rows.sort(by === 'day' ? byDay : byCost) };
}

function sumsOf(figures: readonly Figure[]): Sums {
  const settled = figures.filter(({ status }) => status === 'complete' || status === 'error');
  const costs = figures.flatMap(({ cost_usd }) => (cost_usd === null ? [] : [cost_usd]));
  const times = settled.flatMap(({ total_ms }) => (total_ms === null ? [] : [total_ms])).sort((a, b) => a - b);
  return {
    calls: figures.length,
    failures: figures.filter(({ status }) => status === 'error').length,
    open: figures.length - settled.length,
    deleted: figures.filter(({ deleted }) => deleted === 1).length,
    // Away with the noise of binary fractions: a cost is kept to a tenth of a nano-dollar.
    cost_usd: costs.length === 0 ? null : Number(costs.reduce((sum, cost) => sum + cost, 0).toFixed(10)),
    cost_unknown: settled.filter(({ cost_usd }) => cost_usd === null).length,
    median_ms: median(times),
    p95_ms: times[Math.ceil(times.length * 0.95) - 1] ?? null,
  };
}

function median(sorted: readonly number[]): number | null {
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle];
  if (upper === undefined) return null;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
}
