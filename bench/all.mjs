// Runs every benchmark on this machine and writes docs/performance.md: what was measured, how, and what came out, as the benchmarks
// print it. Each is a program of its own that builds its own inputs and measures orchestrate beside something public in the same run.
//
//   npm run bench                         all of them, a good half hour
//   npm run bench -- status run           only these; the page keeps what it has of the others
//   npm run bench -- --print status       prints, and leaves the page alone

import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, release, totalmem, type } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';

const PAGE = path.resolve(import.meta.dirname, '../docs/performance.md');

/** In the order of the page. */
const BENCHES = [
  {
    name: 'status',
    title: 'A look at a project',
    about:
      'Whole processes beside an empty Node. Targets: `--version` and `--help` 1.3, 100 tasks 1.7, 1,000 tasks 2.2 times an empty Node; 10,000 tasks linear and under a second.',
  },
  {
    name: 'run',
    title: 'Many scripts',
    about:
      'Whole runs beside the barest loop that starts the same scripts. Targets: a chain of 1,000 at most 1.5 times the loop; 10,000 at most 1.15 times ten such runs, in at most 200 MB; 1,000 independent scripts of 20 ms with `-j 2` at most 1.15 times the ideal, which is half of what the loop takes for them one after the other. Other shapes beside them: files that give no status yet, layers of ten, tasks that rest on nothing.',
  },
  {
    name: 'stream',
    title: 'A streamed answer',
    about:
      'From a server on this machine, beside a bare `fetch` of the same stream. Targets: first token 1.1, total 1.05 (`inside`).',
  },
  {
    name: 'quickie',
    title: 'A quickie from a recording',
    about: 'Whole processes beside an empty Node. Target: 3.',
  },
  {
    name: 'batch',
    title: 'A batch',
    about: '1,000 inputs, 16 at once, against a server that answers in 50 ms. Target: 1.15 times the ideal of 3.1 s.',
  },
  {
    name: 'prompt',
    title: 'A message of a conversation',
    about: 'What a send takes beyond the call itself, with 10,000 messages in the database. Target: 5 ms.',
  },
  {
    name: 'history',
    title: 'Questions to the history',
    about: 'Inside the process, beside a bare query of the same database.',
  },
];

const { values, positionals } = parseArgs({ allowPositionals: true, options: { print: { type: 'boolean' } } });
const unknown = positionals.filter((name) => !BENCHES.some((each) => each.name === name));
if (unknown.length > 0) throw new Error(`no such benchmark: ${unknown.join(', ')}`);
const wanted = BENCHES.filter(({ name }) => positionals.length === 0 || positionals.includes(name));

const former = existsSync(PAGE) ? readFileSync(PAGE, 'utf8') : '';
const sections = new Map(BENCHES.map(({ name }) => [name, formerSection(name)]));
for (const bench of wanted) {
  const output = measure(bench.name);
  sections.set(bench.name, section(bench, output));
  process.stdout.write(`${bench.title}\n\n${output}\n`);
}
if (!values.print) writeFileSync(PAGE, page());

function measure(name) {
  process.stderr.write(`bench/${name}.mjs …\n`);
  const { status, stdout, stderr } = spawnSync(process.execPath, [path.join(import.meta.dirname, `${name}.mjs`)], {
    encoding: 'utf8',
    env: { ...process.env, NO_COLOR: '1' },
  });
  if (status !== 0) throw new Error(`bench/${name}.mjs ended with ${status}\n${stderr}`);
  return stdout.trimEnd();
}

function section({ name, title, about }, output) {
  const date = new Date().toISOString().slice(0, 10);
  return `## ${title}\n\n${about}\n\n\`node bench/${name}.mjs\`, ${date}:\n\n\`\`\`\n${output}\n\`\`\`\n`;
}

function formerSection(name) {
  const { title } = BENCHES.find((each) => each.name === name);
  return former
    .match(new RegExp(`^## ${title}\\n[\\s\\S]*?(?=^## |(?![\\s\\S]))`, 'm'))?.[0]
    .trimEnd()
    .concat('\n');
}

/** The words around the figures are kept in the page itself: above the first benchmark, and below the last. */
function page() {
  const machine = `${cpus().length} × ${cpus()[0]?.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GB, ${type()} ${release()}, Node ${process.versions.node}`;
  const head = former.slice(0, Math.max(0, former.search(/^## /m))) || '# Performance\n\nMachine: \n\n';
  const notes = former.match(/^## Why\b[\s\S]*/m)?.[0];
  const parts = [
    head
      .replace(/^Machine: .*$/m, `Machine: ${machine}.`)
      .trimEnd()
      .concat('\n'),
  ];
  return [...parts, ...[...sections.values()].filter(Boolean), ...(notes ? [notes] : [])].join('\n');
}
