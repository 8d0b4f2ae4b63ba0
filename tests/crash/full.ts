// The whole crash matrix: every operation of a complete run and of single commands, killed there, torn there, failed there. Prints
// figures; `--write` puts them into docs/reliability.md. Takes long: `npm test` runs a part of it (tests/e2e/crash*.test.ts).
//
//   npm run test:crash [-- --every N] [-- --only TEXT] [-- --write]
import { readFileSync, writeFileSync } from 'node:fs';
import { rehearseArtifact, tryArtifact } from '../rig/crash/artifact.ts';
import { ERRORS, every, failInTurn, hit, inPairs, oneOfEachKind, sentence, writesOf } from '../rig/crash/choice.ts';
import { rehearseCrew, tryCrew } from '../rig/crash/crew-matrix.ts';
import { CREW_SCENES, JOBS } from '../rig/crash/crew-scenes.ts';
import { rehearse, tryFault } from '../rig/crash/matrix.ts';
import { type Fault, faultLevel, type Operation, whyNoFaults, whyNoSystemFaults } from '../rig/crash/shim.ts';
import { openStage, trySingle } from '../rig/crash/single.ts';
import { SITUATIONS } from '../rig/crash/situations.ts';
import { pairsAfter, tryTwice } from '../rig/crash/twice.ts';

type Row = { readonly name: string; readonly faults: readonly Fault[] };
type Figures = { readonly name: string; readonly runs: number; readonly broken: number };

function rowsOfRun(operations: readonly Operation[]): Row[] {
  const replacing = operations.filter(({ kind }) => ['exchange', 'rename', 'link'].includes(kind));
  return [
    { name: 'killed before the operation', faults: hit(operations, 'kill') },
    { name: 'killed in the middle of a write', faults: hit(writesOf(operations), 'torn') },
    { name: 'killed right after a file was replaced', faults: hit(replacing, 'kill-after') },
    { name: 'killed where files cannot be exchanged', faults: hit(operations, 'kill', { withoutExchange: true }) },
    ...ERRORS.map((error) => ({ name: `${error} once`, faults: hit(operations, error) })),
    { name: 'half a write, then no space from there on', faults: hit(writesOf(operations), 'short-ENOSPC') },
    { name: 'no space from there on', faults: hit(operations, 'ENOSPC', { sticky: true }) },
  ];
}

function rowsOfCommand(operations: readonly Operation[]): (Row & { readonly again?: true })[] {
  return [
    { name: 'killed', faults: hit(operations, 'kill') },
    { name: 'killed, and killed again in the next start', faults: hit(operations, 'kill'), again: true },
    { name: 'killed in the middle of a write', faults: hit(writesOf(operations), 'torn') },
    { name: 'failed', faults: failInTurn(operations) },
    { name: 'read-only from there on', faults: hit(operations, 'EROFS', { sticky: true }) },
  ];
}

/** What a number stands for differs from run to run there: which of two tasks comes first is chance. */
function rowsOfCrew(operations: readonly Operation[]): Row[] {
  return [
    { name: 'killed', faults: hit(operations, 'kill') },
    { name: 'killed in the middle of a write', faults: hit(writesOf(operations), 'torn') },
    { name: 'failed', faults: failInTurn(operations) },
    { name: 'no space from there on', faults: hit(operations, 'ENOSPC', { sticky: true }) },
  ];
}

/** Of the start after a crash: somewhere in it, and not always at the same place. */
function againAt({ at }: Fault): Fault {
  return { at: 1 + ((at * 37) % 120), action: 'kill' };
}

async function count(row: Row, step: number, attempt: (fault: Fault) => Promise<readonly string[]>): Promise<Figures> {
  const faults = every(row.faults, step);
  let broken = 0;
  await inPairs(faults, async (fault) => {
    const violations = await attempt(fault).catch((error: unknown) => [`the check itself failed: ${String(error)}`]);
    if (violations.length > 0) broken += 1;
    for (const text of violations) process.stdout.write(`  ${sentence(fault)}: ${text}\n`);
  });
  const figures = { name: row.name, runs: faults.length, broken };
  process.stdout.write(`${lineOf(figures)}\n`);
  return figures;
}

function lineOf({ name, runs, broken }: Figures): string {
  return `| ${name} | ${runs} | ${broken} |`;
}

function option(name: string): string | undefined {
  const index = process.argv.indexOf(`--${name}`);
  return index < 0 ? undefined : (process.argv[index + 1] ?? '');
}

type Part = { readonly title: string; readonly figures: readonly Figures[] };

async function completeRun(step: number, isWanted: (name: string) => boolean): Promise<Part> {
  const { operations, files } = await rehearse();
  const figures: Figures[] = [];
  const title = `A complete run: ${operations.length} file operations`;
  process.stdout.write(`${title}\n`);
  for (const row of rowsOfRun(operations).filter(({ name }) => isWanted(`run ${name}`)))
    figures.push(await count(row, step, async (fault) => (await tryFault(fault, files)).violations));
  return { title, figures };
}

async function singleCommands(step: number, isWanted: (name: string) => boolean): Promise<Part[]> {
  const parts: Part[] = [];
  for (const situation of SITUATIONS) {
    await using stage = await openStage(situation);
    const rows = rowsOfCommand(stage.operations).filter(({ name }) => isWanted(`command ${situation.name} ${name}`));
    if (rows.length === 0) continue;
    const title = `${situation.name}: ${stage.operations.length} file operations`;
    process.stdout.write(`${title}\n`);
    const figures: Figures[] = [];
    for (const row of rows)
      figures.push(await count(row, step, (fault) => trySingle(stage, fault, row.again && againAt(fault))));
    parts.push({ title, figures });
  }
  return parts;
}

/** From outside, at moments in which no file operation may be under way: `at` is milliseconds after the start. */
const MOMENTS: Row = {
  name: 'killed at a moment (every 10 ms of a second)',
  faults: Array.from({ length: 100 }, (_, index) => ({ at: index * 10, action: 'kill' })),
};

async function parallelRuns(step: number, isWanted: (name: string) => boolean): Promise<Part[]> {
  const parts: Part[] = [];
  for (const scene of CREW_SCENES) {
    const wanted = ({ name }: Row) => isWanted(`parallel ${scene.name} ${name}`);
    const operations = await rehearseCrew(scene);
    const rows = rowsOfCrew(operations).filter(wanted);
    if (rows.length === 0 && !wanted(MOMENTS)) continue;
    const title = `run -j ${JOBS}, ${scene.name}: about ${operations.length} file operations`;
    process.stdout.write(`${title}\n`);
    const figures: Figures[] = [];
    for (const row of rows) figures.push(await count(row, step, (fault) => tryCrew(scene, fault)));
    if (wanted(MOMENTS))
      figures.push(await count(MOMENTS, step, ({ at }) => tryCrew(scene, { at: 0, action: 'kill' }, at)));
    parts.push({ title, figures });
  }
  return parts;
}

async function artifact(step: number, isWanted: (name: string) => boolean): Promise<Part[]> {
  const operations = await rehearseArtifact();
  const rows = rowsOfCommand(operations).filter(({ name, again }) => !again && isWanted(`artifact ${name}`));
  if (rows.length === 0) return [];
  const title = `An answer that is refused in its artifact's place: ${operations.length} file operations on it`;
  process.stdout.write(`${title}\n`);
  const figures: Figures[] = [];
  for (const row of rows) figures.push(await count(row, step, tryArtifact));
  return [{ title, figures }];
}

/** The start after a crash is hit as well, at one operation of each kind. `step` chooses among the crashes. */
async function hitTwice(step: number, isWanted: (name: string) => boolean): Promise<Part[]> {
  const name = 'killed, and hit again while that is put in order';
  if (!isWanted(`twice ${name}`)) return [];
  const { operations, files } = await rehearse();
  const pairs = await pairsAfter(every(oneOfEachKind(operations), step));
  let broken = 0;
  await inPairs(pairs, async (pair) => {
    const found = await tryTwice(pair, files).catch((error: unknown) => [`the check itself failed: ${String(error)}`]);
    if (found.length > 0) broken += 1;
    for (const text of found) process.stdout.write(`  ${text}\n`);
  });
  const figures = { name, runs: pairs.length, broken };
  process.stdout.write(`${lineOf(figures)}\n`);
  return [{ title: 'Two faults after one another', figures: [figures] }];
}

function writePage(parts: readonly Part[], summary: string): void {
  const page = 'docs/reliability.md';
  const tables = parts.map(({ title, figures }) =>
    [`**${title}**`, '', '| fault | runs | broken promises |', '|---|---|---|', ...figures.map(lineOf)].join('\n'),
  );
  const former = readFileSync(page, 'utf8');
  const figures = /(<!-- figures -->)[\s\S]*(<!-- end of figures -->)/;
  if (!figures.test(former)) throw new Error(`${page} has no place for the figures`);
  const text = former.replace(
    figures,
    (_, begin: string, end: string) => `${begin}\n\n${summary}\n\n${tables.join('\n\n')}\n\n${end}`,
  );
  writeFileSync(page, text);
}

async function main(): Promise<number> {
  const missing = whyNoFaults();
  if (missing) {
    process.stderr.write(`The crash matrix ${missing}.\n`);
    return 2;
  }
  const level = faultLevel();
  if (level === 'node') process.stdout.write(`Faults at the level of node, which is coarser: ${whyNotSystem()}.\n`);
  const startedAt = performance.now();
  const step = Number(option('every') ?? 1);
  const only = option('only');
  const isWanted = (name: string) => only === undefined || name.includes(only);
  const parts = [
    await completeRun(step, isWanted),
    ...(await singleCommands(step, isWanted)),
    ...(await artifact(step, isWanted)),
    ...(await parallelRuns(step, isWanted)),
    ...(await hitTwice(step, isWanted)),
  ];
  const all = parts.flatMap(({ figures }) => figures);
  const [runs, broken] = [sum(all, ({ runs: n }) => n), sum(all, ({ broken: n }) => n)];
  const minutes = ((performance.now() - startedAt) / 60_000).toFixed(0);
  const which = step === 1 ? 'every operation' : `every ${step}th operation`;
  const summary = `${runs} programs were hit (${which}), ${broken} broke a promise; ${minutes} minutes, node ${process.versions.node}, ${process.platform}, faults at the level of the ${level}.`;
  process.stdout.write(`${summary}\n`);
  if (process.argv.includes('--write')) writePage(parts, summary);
  return broken === 0 ? 0 : 1;
}

function whyNotSystem(): string {
  return whyNoSystemFaults() ?? 'FAULT_LEVEL asks for it';
}

function sum(all: readonly Figures[], of: (figures: Figures) => number): number {
  return all.reduce((total, figures) => total + of(figures), 0);
}

process.exitCode = await main();
