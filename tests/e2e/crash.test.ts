// A part of the crash matrix (npm run test:crash is the whole): one operation of each kind on each file, killed there or failed there.

import { describe, expect, test } from 'vitest';
import { rehearse, tryFault } from '../rig/crash/matrix.ts';
import { type Fault, type Operation, whyNoFaults } from '../rig/crash/shim.ts';

const missing = whyNoFaults();
const ERRORS = ['ENOSPC', 'EIO', 'EROFS', 'EACCES', 'EMFILE'] as const;
/** Always the same ones: a draw would make a failure that nobody can repeat. */
const EVERY = { kill: 3, torn: 97, error: 4, full: 230 };

/** One of each kind on each file: the one in the middle, where most has begun and not ended. */
function chosen(operations: readonly Operation[]): Operation[] {
  const groups = Map.groupBy(operations, ({ kind, file }) => `${kind} ${file.replace(/\d{3,}/, 'N')}`);
  return [...groups.values()].map((group) => group[Math.floor(group.length / 2)] as Operation);
}

async function violationsOf(faults: readonly Fault[], files: Readonly<Record<string, string>>): Promise<string[]> {
  const found: string[] = [];
  const queue = [...faults];
  const work = async () => {
    for (let fault = queue.shift(); fault; fault = queue.shift()) {
      const { violations } = await tryFault(fault, files);
      found.push(...violations.map((text) => `${fault?.action} at ${fault?.at}: ${text}`));
    }
  };
  await Promise.all([work(), work()]);
  return found;
}

// Named as what it needs, so that a machine where it does not run says so.
describe.skipIf(missing)(`a run that is cut off at a file operation (${missing ?? 'preloaded faults'})`, async () => {
  const { operations, files } = missing ? { operations: [], files: {} } : await rehearse();
  const points = chosen(operations);
  const at = (list: readonly Operation[], action: (index: number) => Fault['action'], sticky = false): Fault[] =>
    list.map(({ number }, index) => ({ at: number, action: action(index), sticky }));
  const every = (list: readonly Operation[], n: number) => list.filter((_, index) => index % n === 0);

  test('by kill -9 is put in order by the next start, with nothing lost and nothing done twice', async () => {
    const faults = at(every(points, EVERY.kill), () => 'kill');
    expect(faults.length).toBeGreaterThan(15);
    expect(await violationsOf(faults, files)).toEqual([]);
  }, 120_000);

  test('by kill -9 in the middle of a write leaves no half of it', async () => {
    const writes = every(
      operations.filter(({ kind }) => kind === 'write'),
      EVERY.torn,
    );
    expect(
      await violationsOf(
        at(writes, () => 'torn'),
        files,
      ),
    ).toEqual([]);
  }, 120_000);

  test('by an error of the disk says so, leaves nothing half done, and goes on when it is mended', async () => {
    const faults = at(every(points, EVERY.error), (index) => ERRORS[index % ERRORS.length] ?? 'EIO');
    expect(await violationsOf(faults, files)).toEqual([]);
  }, 120_000);

  test('by a disk that is full from there on does the same', async () => {
    const faults = at(every(operations, EVERY.full), () => 'ENOSPC', true);
    expect(await violationsOf(faults, files)).toEqual([]);
  }, 120_000);
});
