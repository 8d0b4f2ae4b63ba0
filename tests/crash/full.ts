// The whole crash matrix: every operation of a complete run, killed there, torn there, failed there. Prints figures; `--write` puts them
// into docs/reliability.md. Takes long: `npm test` runs a part of it (tests/e2e/crash.test.ts).
//
//   npm run test:crash [-- --every N] [-- --write]
import { readFileSync, writeFileSync } from 'node:fs';
import { type Cell, rehearse, tryFault } from '../rig/crash/matrix.ts';
import { type Fault, type Operation, whyNoFaults } from '../rig/crash/shim.ts';

const WRITERS = 2;
const ERRORS: readonly Fault['action'][] = ['ENOSPC', 'EIO', 'EROFS', 'EACCES', 'EMFILE'];

type Row = { readonly name: string; readonly faults: readonly Fault[] };

function rowsFor(operations: readonly Operation[], every: number): Row[] {
  const chosen = operations.filter((_, index) => index % every === 0);
  const writes = chosen.filter(({ kind }) => kind === 'write');
  const at = (list: readonly Operation[], action: Fault['action'], sticky = false): Fault[] =>
    list.map(({ number }) => ({ at: number, action, sticky }));
  return [
    { name: 'killed before the operation', faults: at(chosen, 'kill') },
    { name: 'killed in the middle of a write', faults: at(writes, 'torn') },
    ...ERRORS.map((error) => ({ name: `${error} once`, faults: at(chosen, error) })),
    { name: 'ENOSPC from there on', faults: at(chosen, 'ENOSPC', true) },
  ];
}

async function runRow(row: Row, expected: Readonly<Record<string, string>>): Promise<Cell[]> {
  const cells: Cell[] = [];
  const queue = [...row.faults];
  const work = async () => {
    for (let fault = queue.shift(); fault; fault = queue.shift()) {
      const cell = await tryFault(fault, expected).catch((error: unknown) => ({
        fault,
        hit: true,
        violations: [`the check itself failed: ${String(error)}`],
      }));
      cells.push(cell);
      for (const text of cell.violations) process.stdout.write(`  ${cell.fault.action} at ${cell.fault.at}: ${text}\n`);
    }
  };
  await Promise.all(Array.from({ length: WRITERS }, work));
  return cells;
}

function option(name: string): string | undefined {
  const index = process.argv.indexOf(`--${name}`);
  return index < 0 ? undefined : (process.argv[index + 1] ?? '');
}

const missing = whyNoFaults();
if (missing) {
  process.stderr.write(`The crash matrix ${missing}.\n`);
  process.exitCode = 2;
} else {
  const startedAt = performance.now();
  const { operations, files } = await rehearse();
  const only = option('only');
  const rows = rowsFor(operations, Number(option('every') ?? 1)).filter(({ name }) => !only || name.includes(only));
  process.stdout.write(`${operations.length} file operations in a complete run\n`);
  const lines: string[] = [];
  let broken = 0;
  for (const row of rows) {
    const cells = await runRow(row, files);
    const bad = cells.filter(({ violations }) => violations.length > 0).length;
    broken += bad;
    const line = `| ${row.name} | ${cells.length} | ${cells.filter(({ hit }) => hit).length} | ${bad} |`;
    lines.push(line);
    process.stdout.write(`${line}\n`);
  }
  const minutes = ((performance.now() - startedAt) / 60_000).toFixed(1);
  process.stdout.write(`${minutes} minutes\n`);
  if (process.argv.includes('--write')) {
    const page = 'docs/reliability.md';
    const table = [
      `${operations.length} file operations in a complete run (node ${process.versions.node}, ${process.platform}).`,
      '',
      '| fault | runs | of which ended by it | broken promises |',
      '|---|---|---|---|',
      ...lines,
    ].join('\n');
    const text = readFileSync(page, 'utf8').replace(
      /(<!-- figures -->\n)[\s\S]*(\n<!-- end of figures -->)/,
      `$1\n${table}\n$2`,
    );
    writeFileSync(page, text);
  }
  process.exitCode = broken === 0 ? 0 : 1;
}
