// A part of the crash matrix of run -j 8 (npm run test:crash is the whole).

import { expect, test } from 'vitest';
import { inPairs, sentence } from '../rig/crash/choice.ts';
import { rehearseCrew, tryCrew } from '../rig/crash/crew-matrix.ts';
import { CREW_SCENES, type CrewScene } from '../rig/crash/crew-scenes.ts';
import { type Fault, whyNoFaults, whyNoSystemFaults } from '../rig/crash/shim.ts';

const missing = whyNoFaults();

function sceneOf(word: string): CrewScene {
  const found = CREW_SCENES.find(({ name }) => name.includes(word));
  if (found === undefined) throw new Error(`no scene is called ${word}`);
  return found;
}

test.skipIf(missing)(
  `several at work at once keep what is promised for one, killed and on a bad disk (${missing ?? 'preloaded faults'})`,
  async () => {
    const graph = sceneOf('diamonds');
    const operations = await rehearseCrew(graph);
    // Somewhere in the middle of each: the other scenes are shorter.
    const middle = (part: number) => Math.floor(operations.length * part);
    const cells: (readonly [CrewScene, Fault])[] = [
      [graph, { at: middle(0.5), action: 'kill' }],
      [sceneOf('edits by hand'), { at: middle(0.37), action: 'kill' }],
      [sceneOf('among siblings'), { at: middle(0.28), action: 'ENOSPC', sticky: true }],
      // A person is asked while the end of another task cannot be written.
      [sceneOf('a review'), { at: middle(1.02), action: 'ENOSPC' }],
    ];
    const found: string[] = [];
    await inPairs(cells, async ([scene, fault]) => {
      found.push(...(await tryCrew(scene, fault)).map((text) => `${scene.name}, ${sentence(fault)}: ${text}`));
    });
    expect(found).toEqual([]);
  },
  120_000,
);

// What SQLite does is to be hit.
const coarse = whyNoSystemFaults();

test.skipIf(coarse)(
  `a commit counts once, also where it could not be synced (${coarse ?? 'preloaded faults'})`,
  async () => {
    const one: CrewScene = { name: 'one script', args: ['run'], code: 0, tasks: [{ id: 'a' }] };
    const operations = await rehearseCrew(one);
    const after = (from: number, wanted: string) =>
      operations.findIndex(({ kind, file }, index) => index > from && `${kind} ${file}` === wanted);
    // The end of the script is recorded by the first commit after it.
    const begun = after(0, 'create /logs/tasks/a/1.log');
    const synced = after(begun, 'fsync /.orchestrate/state.db-wal');
    expect(synced).toBeGreaterThan(begun);
    expect(await tryCrew(one, { at: synced + 1, action: 'EIO' })).toEqual([]);
  },
  60_000,
);
