// Putting in order cut off in its turn: a run is killed, the start after it is killed too or meets an error of the disk, and the start
// after that must end where a single crash ends. Prints figures. A part of the whole matrix (full.ts): no single fault leads there.
//
//   node tests/crash/twice.ts [--every N] [--only TEXT]
import { rehearse, rehearseRecovery, tryFault } from '../rig/crash/matrix.ts';
import { type Fault, type Operation, whyNoFaults } from '../rig/crash/shim.ts';

const AT_ONCE = 2;
const SECOND: readonly Omit<Fault, 'at'>[] = [
  { action: 'kill' },
  { action: 'EIO' },
  { action: 'ENOSPC', sticky: true },
];

type Pair = { readonly first: number; readonly second: Fault; readonly at: Operation };

/** One of each kind on each file: the one in the middle, where most has begun and not ended. */
function oneOfEachKind(operations: readonly Operation[]): Operation[] {
  const groups = Map.groupBy(operations, ({ kind, file }) => `${kind} ${file.replaceAll(/\d{3,}/g, 'N')}`);
  return [...groups.values()].map((group) => group[Math.floor(group.length / 2)] as Operation);
}

function option(name: string): string | undefined {
  const index = process.argv.indexOf(`--${name}`);
  return index < 0 ? undefined : process.argv[index + 1];
}

async function pairsOf(operations: readonly Operation[], every: number): Promise<Pair[]> {
  const pairs: Pair[] = [];
  for (const { number: first } of oneOfEachKind(operations).filter((_, index) => index % every === 0)) {
    const points = oneOfEachKind(await rehearseRecovery(first));
    for (const at of points) for (const how of SECOND) pairs.push({ first, second: { at: at.number, ...how }, at });
  }
  return pairs;
}

async function runAll(pairs: readonly Pair[], files: Readonly<Record<string, string>>): Promise<number> {
  const queue = [...pairs];
  let broken = 0;
  const work = async () => {
    for (let pair = queue.shift(); pair; pair = queue.shift()) {
      const { first, second, at } = pair;
      const { violations } = await tryFault({ at: first, action: 'kill' }, files, second).catch((error: unknown) => ({
        violations: [`the check itself failed: ${String(error)}`],
      }));
      if (violations.length > 0) broken += 1;
      const how = `${second.action}${second.sticky ? ' from there on' : ''} at ${at.number} (${at.kind} ${at.file})`;
      for (const text of violations) process.stdout.write(`  killed at ${first}, then ${how}: ${text}\n`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return broken;
}

const missing = whyNoFaults();
if (missing) {
  process.stderr.write(`The crash matrix ${missing}.\n`);
  process.exitCode = 2;
} else {
  const startedAt = performance.now();
  const { operations, files } = await rehearse();
  const only = option('only');
  const all = await pairsOf(operations, Number(option('every') ?? 1));
  const pairs = all.filter(({ second }) => !only || second.action === only);
  const broken = await runAll(pairs, files);
  const minutes = ((performance.now() - startedAt) / 60_000).toFixed(1);
  process.stdout.write(`| cut off again while putting in order | ${pairs.length} | ${broken} | ${minutes} minutes\n`);
  process.exitCode = broken === 0 ? 0 : 1;
}
