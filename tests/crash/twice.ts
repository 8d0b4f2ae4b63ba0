// The part of the crash matrix with two faults after one another. Prints figures. Takes long: `npm test` runs a part of it
// (tests/e2e/crash-twice.test.ts).
//
//   node tests/crash/twice.ts [--every N]
import { every, inPairs, oneOfEachKind } from '../rig/crash/choice.ts';
import { rehearse } from '../rig/crash/matrix.ts';
import { whyNoFaults } from '../rig/crash/shim.ts';
import { pairsAfter, tryTwice } from '../rig/crash/twice.ts';

const missing = whyNoFaults();
if (missing) {
  process.stderr.write(`The crash matrix ${missing}.\n`);
  process.exitCode = 2;
} else {
  const startedAt = performance.now();
  const step = process.argv.indexOf('--every');
  const { operations, files } = await rehearse();
  const pairs = await pairsAfter(every(oneOfEachKind(operations), step < 0 ? 1 : Number(process.argv[step + 1])));
  let broken = 0;
  await inPairs(pairs, async (pair) => {
    const found = await tryTwice(pair, files).catch((error: unknown) => [`the check itself failed: ${String(error)}`]);
    if (found.length > 0) broken += 1;
    for (const text of found) process.stdout.write(`  ${text}\n`);
  });
  process.stdout.write(`| killed, and hit again while that is put in order | ${pairs.length} | ${broken} |\n`);
  process.stdout.write(`${((performance.now() - startedAt) / 60_000).toFixed(1)} minutes\n`);
  process.exitCode = broken === 0 ? 0 : 1;
}
