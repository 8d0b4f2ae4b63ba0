// A part of the crash matrix of an artifact that is replaced and put back (npm run test:crash is the whole).

import { expect, test } from 'vitest';
import { rehearseArtifact, tryArtifact } from '../rig/crash/artifact.ts';
import { inPairs, sentence } from '../rig/crash/choice.ts';
import { type Fault, whyNoFaults } from '../rig/crash/shim.ts';

const missing = whyNoFaults();

test.skipIf(missing)(
  `a kill while an answer takes the artifact's place, or is taken back, leaves the artifact as it was (${missing ?? 'preloaded faults'})`,
  async () => {
    const own = (await rehearseArtifact()).filter(({ file }) => file.startsWith('/outputs/.'));
    const [first, back] = own.filter(({ kind }) => kind === 'unlink');
    const write = own.find(({ kind }) => kind === 'write');
    if (!first || !back || !write) throw new Error('the artifact is not replaced and put back by a temporary file');
    const faults: Fault[] = [
      { at: write.number, action: 'torn' },
      { at: first.number, action: 'kill' },
      { at: back.number, action: 'kill' },
    ];
    const found: string[] = [];
    await inPairs(faults, async (fault) => {
      found.push(...(await tryArtifact(fault)).map((text) => `${sentence(fault)}: ${text}`));
    });
    expect(found).toEqual([]);
  },
  60_000,
);
