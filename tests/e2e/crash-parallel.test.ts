// A part of the crash matrix of run -j 8 (npm run test:crash is the whole).

import { expect, test } from 'vitest';
import { hit, inPairs, sentence } from '../rig/crash/choice.ts';
import { rehearseCrew, tryCrew } from '../rig/crash/crew-matrix.ts';
import { CREW_SCENES } from '../rig/crash/crew-scenes.ts';
import { type Fault, whyNoFaults } from '../rig/crash/shim.ts';

const missing = whyNoFaults();

function sceneOf(word: string): (typeof CREW_SCENES)[number] {
  const found = CREW_SCENES.find(({ name }) => name.includes(word));
  if (found === undefined) throw new Error(`no scene is called ${word}`);
  return found;
}

test.skipIf(missing)(
  `several at work at once keep what is promised for one, killed and on a bad disk (${missing ?? 'preloaded faults'})`,
  async () => {
    const graph = sceneOf('diamonds');
    const operations = await rehearseCrew(graph);
    // The journal's folder cannot be synced when a commit has happened already: it counts, and siblings take it for nobody's edit.
    const commits = operations.filter(({ kind, file }) => kind === 'fsync' && file === '/.orchestrate');
    const cells: (readonly [(typeof CREW_SCENES)[number], Fault])[] = [
      ...hit(operations.slice(operations.length / 2).slice(0, 1), 'kill').map((fault) => [graph, fault] as const),
      ...hit(commits.slice(commits.length / 3).slice(0, 1), 'EIO').map((fault) => [graph, fault] as const),
      [sceneOf('edits by hand'), { at: 650, action: 'kill' }],
      [sceneOf('among siblings'), { at: 500, action: 'ENOSPC', sticky: true }],
    ];
    const found: string[] = [];
    await inPairs(cells, async ([scene, fault]) => {
      found.push(...(await tryCrew(scene, fault)).map((text) => `${scene.name}, ${sentence(fault)}: ${text}`));
    });
    expect(found).toEqual([]);
  },
  120_000,
);
