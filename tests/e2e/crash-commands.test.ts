// A part of the crash matrix of single commands (npm run test:crash is the whole).

import { describe, expect, test } from 'vitest';
import { failInTurn, hit, inPairs, oneOfEachKind, sentence } from '../rig/crash/choice.ts';
import { whyNoFaults } from '../rig/crash/shim.ts';
import { openStage, trySingle } from '../rig/crash/single.ts';
import { SITUATIONS } from '../rig/crash/situations.ts';

const missing = whyNoFaults();

describe.skipIf(missing)(`a command that is cut off at a file operation (${missing ?? 'preloaded faults'})`, () => {
  test.each(SITUATIONS.map((situation, index) => ({ ...situation, index })).filter(({ index }) => index % 2 === 0))(
    'has happened as a whole or not at all, and can be given again: $name',
    async ({ index, ...situation }) => {
      await using stage = await openStage(situation);
      // Every situation is hit at other places; every second situation is tried here.
      const points = oneOfEachKind(stage.operations);
      const [killed, failed] = [index * 11 + 5, index * 7 + 20].map((at) =>
        points.slice(at % points.length).slice(0, 1),
      );
      const faults = [...hit(killed ?? [], 'kill'), ...failInTurn(failed ?? [])];
      const found: string[] = [];
      await inPairs(faults, async (fault) => {
        found.push(...(await trySingle(stage, fault)).map((text) => `${sentence(fault)}: ${text}`));
      });
      expect(found).toEqual([]);
      expect(faults).toHaveLength(2);
    },
    300_000,
  );
});
