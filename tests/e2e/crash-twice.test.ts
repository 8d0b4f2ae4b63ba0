// A part of the crash matrix with two faults after one another (tests/crash/twice.ts is the whole).

import { expect, test } from 'vitest';
import { inPairs } from '../rig/crash/choice.ts';
import { rehearse } from '../rig/crash/matrix.ts';
import { type Operation, whyNoFaults } from '../rig/crash/shim.ts';
import { type Pair, pairsAfter, tryTwice } from '../rig/crash/twice.ts';

const missing = whyNoFaults();

/** A script is about to start: RUNNING stands in both files, and after the kill nobody lives to end it. */
function whereAScriptStarts(operations: readonly Operation[]): Operation {
  const found = operations.find(({ kind, file }) => kind === 'create' && file.startsWith('/logs/tasks/prepare/'));
  if (found === undefined) throw new Error('the run has no script whose output is kept');
  return found;
}

/** Where the start after it writes that the script was cut off. */
function isTelling({ again, where }: Pair): boolean {
  const isFile = /\.yaml(\.\d+\..+\.tmp)?$/.test(where.file);
  return again.action === 'EIO' ? isFile && where.kind === 'fsync' : isFile && where.kind === 'exchange';
}

test.skipIf(missing)(
  `a start that is hit while it puts a crash in order leaves it to the next one (${missing ?? 'preloaded faults'})`,
  async () => {
    const { operations, files } = await rehearse();
    const all = (await pairsAfter([whereAScriptStarts(operations)])).filter(isTelling);
    // One of each action: npm run test:crash does them all.
    const pairs = [...Map.groupBy(all, ({ again }) => again.action).values()].flatMap((same) => same.slice(-1));
    expect(new Set(pairs.map(({ again }) => again.action))).toEqual(new Set(['kill', 'EIO', 'ENOSPC']));
    const found: string[] = [];
    await inPairs(pairs, async (pair) => {
      found.push(...(await tryTwice(pair, files)));
    });
    expect(found).toEqual([]);
  },
  120_000,
);
