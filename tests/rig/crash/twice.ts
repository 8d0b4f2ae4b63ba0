// Two faults after one another: a run is killed, and the start that puts things in order is hit in its turn. No single fault leads
// there. Knows no test runner.
import { oneOfEachKind } from './choice.ts';
import { rehearseRecovery, tryFault } from './matrix.ts';
import type { Fault, Operation } from './shim.ts';

export type Pair = { readonly killedAt: number; readonly again: Fault; readonly where: Operation };

const AGAIN: readonly Omit<Fault, 'at'>[] = [{ action: 'kill' }, { action: 'EIO' }, { action: 'ENOSPC', sticky: true }];

/** For every place of the first kill, what hits one operation of each kind of the start after it. */
export async function pairsAfter(kills: readonly Operation[]): Promise<Pair[]> {
  const pairs: Pair[] = [];
  for (const { number: killedAt } of kills)
    for (const where of oneOfEachKind(await rehearseRecovery(killedAt)))
      for (const how of AGAIN) pairs.push({ killedAt, again: { ...how, at: where.number }, where });
  return pairs;
}

/** The broken promises of one pair, each with what led to it. */
export async function tryTwice(pair: Pair, expected: Readonly<Record<string, string>>): Promise<string[]> {
  const { killedAt, again, where } = pair;
  const { violations } = await tryFault({ at: killedAt, action: 'kill' }, expected, again);
  const how = `${again.action}${again.sticky ? ' from there on' : ''} at ${again.at} (${where.kind} ${where.file})`;
  return violations.map((text) => `killed at ${killedAt}, then ${how}: ${text}`);
}
