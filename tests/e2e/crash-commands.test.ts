// A part of the crash matrix of single commands (npm run test:crash is the whole).

import { describe, expect, test } from 'vitest';
import { every, failInTurn, hit, inPairs, oneOfEachKind, sentence } from '../rig/crash/choice.ts';
import { whyNoFaults } from '../rig/crash/shim.ts';
import { openStage, trySingle } from '../rig/crash/single.ts';
import { SITUATIONS } from '../rig/crash/situations.ts';

const missing = whyNoFaults();
/** Every situation is hit at other places, and every second one of them here. */
const EVERY = 40;

describe.skipIf(missing)(`a command that is cut off at a file operation (${missing ?? 'preloaded faults'})`, () => {
  test.each(SITUATIONS.map((situation, index) => ({ ...situation, index })).filter(({ index }) => index % 2 === 0))(
    'has happened as a whole or not at all, and can be given again: $name',
    async ({ index, ...situation }) => {
      await using stage = await openStage(situation);
      const points = oneOfEachKind(stage.operations);
      const faults = [...hit(every(points, EVERY, index), 'kill'), ...failInTurn(every(points, EVERY, index + 20))];
      const found: string[] = [];
      await inPairs(faults, async (fault) => {
        found.push(...(await trySingle(stage, fault)).map((text) => `${sentence(fault)}: ${text}`));
      });
      expect(found).toEqual([]);
      expect(faults.length).toBeGreaterThan(1);
    },
    300_000,
  );
});
