// One thing that was looked at: how it stands, and what can be done about it. Types and their carrying out; knows no particular check.

import type { Failure } from '../base/failure.ts';
import type { Result } from '../base/result.ts';

export type Level = 'ok' | 'warning' | 'error';

export type Check = {
  /** Stable, for scripts: `state-db`, `log`, … */
  readonly id: string;
  readonly level: Level;
  /** One sentence without a full stop. */
  readonly message: string;
  readonly advice?: string;
  /** Mends it; gives what was done, in one sentence without a full stop. */
  readonly repair?: () => Promise<Result<string, Failure>>;
};

export type Repaired = Omit<Check, 'repair'> & { readonly repairable: boolean; readonly repaired: boolean };

export function fine(id: string, message: string): Check {
  return { id, level: 'ok', message };
}

export const REPAIR_ADVICE = 'orchestrate doctor --repair';

/** Mends what can be mended, in order; `inWords` tells why something could not. */
export async function repairAll(checks: readonly Check[], inWords: (failure: Failure) => string): Promise<Repaired[]> {
  const results: Repaired[] = [];
  for (const { repair, ...check } of checks) {
    const done = await repair?.();
    if (done === undefined) results.push({ ...check, repairable: false, repaired: false });
    else if (done.ok)
      results.push({ id: check.id, level: 'ok', message: done.value, repairable: true, repaired: true });
    else
      results.push({
        id: check.id,
        level: 'error',
        message: `${check.message}; mending it failed: ${inWords(done.error)}`,
        repairable: true,
        repaired: false,
      });
  }
  return results;
}

/** The same without mending anything. */
export function asFound(checks: readonly Check[]): Repaired[] {
  return checks.map(({ repair, ...check }) => ({ ...check, repairable: repair !== undefined, repaired: false }));
}
