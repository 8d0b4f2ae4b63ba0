// What calls have cost and may still cost, and whether one more fits. Knows no price.

import type { Db } from '../database/open.ts';

/** In US dollars; what is not named has no limit. */
export type BudgetLimits = {
  readonly call?: number;
  readonly run?: number;
  /** `since`: when the day began, as ISO 8601 in UTC. */
  readonly day?: { readonly usd: number; readonly since: string };
};

export type OverBudget = {
  readonly code: 'over-budget';
  readonly scope: 'call' | 'run' | 'day';
  readonly limitUsd: number;
  /** What was spent and is held for others in this scope. */
  readonly usedUsd: number;
  /** What this call may cost at most. */
  readonly wantedUsd: number;
};

/** To be asked in the transaction that inserts the row: a check before it would let two calls through at once. */
export function overBudget(
  db: Db,
  limits: BudgetLimits,
  { runId, usd, held = 0 }: { runId: string; usd: number /** For earlier attempts of this call. */; held?: number },
): OverBudget | undefined {
  const scopes: [OverBudget['scope'], number | undefined, () => number][] = [
    ['call', limits.call, () => held],
    ['run', limits.run, () => usedBy(db, 'scope = ?', `run ${runId}`)],
    ['day', limits.day?.usd, () => usedBy(db, MINUTES, `minute ${limits.day?.since.slice(0, 16)}`)],
  ];
  for (const [scope, limitUsd, used] of scopes) {
    if (limitUsd === undefined) continue;
    const usedUsd = used();
    // A sum of binary fractions is off by less than this.
    if (usedUsd + usd > limitUsd + 1e-12) return { code: 'over-budget', scope, limitUsd, usedUsd, wantedUsd: usd };
  }
  return undefined;
}

const MINUTES = "scope BETWEEN ? AND 'minute ~'";

/** What is settled counts by its cost, what is open, was tried in vain or is of unknown cost by what it may have cost at most. */
function usedBy(db: Db, where: 'scope = ?' | typeof MINUTES, value: string): number {
  const row = db
    .prepare<[string], { usd: number }>(`SELECT coalesce(sum(usd), 0) AS usd FROM spent WHERE ${where}`)
    .get(value);
  return row?.usd ?? 0;
}

/** Reserves more for a call that is open, where it fits; gives the limit that it would break. */
export function prepareHold(db: Db): (id: string, usd: number, limits?: BudgetLimits) => OverBudget | undefined {
  const find = db.prepare<[string], { run_id: string; reserved_usd: number | null }>(
    'SELECT run_id, reserved_usd FROM quickies WHERE id = ?',
  );
  const add = db.prepare<[number, string]>(
    'UPDATE quickies SET reserved_usd = coalesce(reserved_usd, 0) + ? WHERE id = ?',
  );
  const both = db.transaction((id: string, usd: number, limits: BudgetLimits | undefined) => {
    const row = find.get(id);
    const owner = { runId: row?.run_id ?? '', held: row?.reserved_usd ?? 0 };
    const over = limits && overBudget(db, limits, { ...owner, usd });
    if (over === undefined) add.run(usd, id);
    return over;
  });
  return (id, usd, limits) => both.immediate(id, usd, limits);
}
