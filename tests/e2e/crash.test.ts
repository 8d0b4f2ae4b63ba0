// A part of the crash matrix (npm run test:crash is the whole): one operation of each kind on each file, killed there or failed there.

import { describe, expect, test } from 'vitest';
import { every, failInTurn, hit, inPairs, oneOfEachKind, sentence, writesOf } from '../rig/crash/choice.ts';
import { rehearse, tryFault } from '../rig/crash/matrix.ts';
import { unsynced, unsyncedCommits } from '../rig/crash/order.ts';
import { type Fault, faultLevel, whyNoFaults } from '../rig/crash/shim.ts';

const missing = whyNoFaults();
/** Always the same ones: a draw would make a failure that nobody can repeat. */
const EVERY = { kill: 34, torn: 450, error: 52, full: 1300 };

async function violationsOf(faults: readonly Fault[], files: Readonly<Record<string, string>>): Promise<string[]> {
  const found: string[] = [];
  await inPairs(faults, async (fault) => {
    const { violations } = await tryFault(fault, files);
    found.push(...violations.map((text) => `${sentence(fault)}: ${text}`));
  });
  return found;
}

// Named as what it needs, so that a machine where it does not run says so.
describe.skipIf(missing)(`a run that is cut off at a file operation (${missing ?? 'preloaded faults'})`, async () => {
  const { operations, files } = missing ? { operations: [], files: {} } : await rehearse();
  const points = oneOfEachKind(operations);

  test('by kill -9 is put in order by the next start, with nothing lost and nothing done twice', async () => {
    const faults = hit(every(points, EVERY.kill), 'kill');
    expect(faults.length).toBeGreaterThan(4);
    expect(await violationsOf(faults, files)).toEqual([]);
  }, 300_000);

  test('by kill -9 in the middle of a write leaves no half of it', async () => {
    const faults = hit(every(writesOf(operations), EVERY.torn), 'torn');
    expect(await violationsOf(faults, files)).toEqual([]);
  }, 300_000);

  test('by an error of the disk says so, leaves nothing half done, and goes on when it is mended', async () => {
    expect(await violationsOf(failInTurn(every(points, EVERY.error)), files)).toEqual([]);
  }, 300_000);

  // What SQLite does is to be seen in the trace.
  test.skipIf(faultLevel() === 'node')(
    'has synced every file before it took its place, and its folder after that, as a power cut would need',
    () => {
      expect(operations.length).toBeGreaterThan(500);
      expect(unsynced(operations)).toEqual([]);
      expect(unsyncedCommits(operations)).toEqual([]);
    },
  );

  test('by a disk that is full from there on does the same', async () => {
    const faults = hit(every(operations, EVERY.full), 'ENOSPC', { sticky: true });
    expect(await violationsOf(faults, files)).toEqual([]);
  }, 300_000);
});
