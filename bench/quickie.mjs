// How long `quickie run` of a recorded answer takes as a whole process, beside an empty Node. Makes projects of its own in a temporary
// folder: one that `init` writes, with its nine recordings.
//
//   node bench/quickie.mjs [--rounds N] [--json]
//
// The machine's noise is larger than the differences, so each round measures every command next to its own `node -e 0`, and the figures
// are medians: of the times, and of the ratios within the rounds. Stdout is a pipe, as in $(…).

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { median } from './figures.mjs';

const PROGRAM = path.resolve(import.meta.dirname, '../bin/orchestrate.js');
const MOST = 3;

const { values: options } = parseArgs({
  options: { rounds: { type: 'string', default: '21' }, json: { type: 'boolean', default: false } },
});
const rounds = Number(options.rounds);
if (!Number.isInteger(rounds) || rounds < 1) throw new Error('--rounds: give a whole number from 1');

const work = mkdtempSync(path.join(tmpdir(), 'orchestrate-bench-'));
process.on('exit', () => rmSync(work, { recursive: true, force: true }));
timeOf([PROGRAM, 'init', work]);

const EMPTY = ['-e', '0'];
const commands = [
  {
    label: 'quickie run regex (recorded)',
    args: ['quickie', 'run', 'regex', '-p', 'wanted=a date such as 2026-01-31, as a whole line'],
  },
  {
    label: 'quickie run summarise (recorded)',
    args: ['quickie', 'run', 'summarise', '-p', 'text=@samples/letter.txt', '-p', 'sentences=2'],
  },
  {
    label: 'quickie run --dry-run',
    args: ['quickie', 'run', 'summarise', '-p', 'text=@samples/letter.txt', '--dry-run'],
  },
  { label: 'quickie list', args: ['quickie', 'list'] },
  { label: 'quickie list-templates', args: ['quickie', 'list-templates'] },
];

const rows = commands.map(({ label, args }) => ({ label, args: [PROGRAM].concat(args), times: [], ratios: [] }));
// The first start of each fills the compile cache and the file cache.
for (const { args } of rows) timeOf(args);
for (let round = 0; round < rounds; round += 1) {
  for (const row of rows) {
    const before = round % 2 === 0 ? timeOf(EMPTY) : undefined;
    const time = timeOf(row.args);
    row.times.push(time);
    row.ratios.push(time / (before ?? timeOf(EMPTY)));
  }
}
const results = rows.map(({ label, times, ratios }) => ({
  command: label,
  median_ms: median(times),
  ratio: median(ratios),
}));
if (options.json)
  process.stdout.write(`${JSON.stringify({ node: process.versions.node, rounds, most: MOST, results }, null, 2)}\n`);
else {
  process.stdout.write(
    `Node ${process.versions.node}, ${rounds} rounds, medians of whole processes; at most ${MOST} x is wanted\n\n`,
  );
  for (const { command, median_ms: ms, ratio } of results)
    process.stdout.write(
      `${command.padEnd(36)}${`${ms.toFixed(1)} ms`.padStart(12)}${`${ratio.toFixed(2)} x`.padStart(10)}\n`,
    );
}

/** Milliseconds from the start of the process to its end. One that fails is no measurement. */
function timeOf(args) {
  const begin = performance.now();
  const { status, stderr } = spawnSync(process.execPath, args, { cwd: work, stdio: ['ignore', 'pipe', 'pipe'] });
  const time = performance.now() - begin;
  if (status !== 0) throw new Error(`${args.join(' ')} ended with ${status}: ${stderr.toString()}`);
  return time;
}
