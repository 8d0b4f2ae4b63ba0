// What `run` takes for many scripts that do next to nothing, as whole processes beside the barest loop that starts the same scripts.
// Makes projects of its own in a temporary folder, on whose disk much depends: TMPDIR names another.
//
//   node bench/run.mjs [--tasks N] [--rounds N] [--large N] [--json]
//
// --tasks is the length of the chain (1,000), --large that of the long one (10,000; 0 leaves it out). Other shapes beside them: a chain whose
// files give no status yet, as people write them; tasks that rest on nothing; layers in which each rests on ten. Each round runs everything
// once after the other, so that a ratio compares neighbours; the figures are medians. `make` and `ninja` are shown where they are installed.
// The projects are removed at the end only: ext4 looks past every file that was removed in the last minutes when it makes one.

import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { median, rounded } from './figures.mjs';

const PROGRAM = path.resolve(import.meta.dirname, '../bin/orchestrate.js');
const SLEEP_MS = 20;
const JOBS = 2;

const { values: options } = parseArgs({
  options: {
    tasks: { type: 'string', default: '1000' },
    rounds: { type: 'string', default: '3' },
    large: { type: 'string', default: '10000' },
    json: { type: 'boolean', default: false },
  },
});
const [tasks, rounds, large] = ['tasks', 'rounds', 'large'].map((name) => {
  const number = Number(options[name]);
  if (!Number.isInteger(number) || number < (name === 'large' ? 0 : 1))
    throw new Error(`--${name}: give a whole number`);
  return number;
});

const work = mkdtempSync(path.join(tmpdir(), 'orchestrate-bench-'));
process.on('exit', () => rmSync(work, { recursive: true, force: true }));

/** The same shell, the same line, its output read as `run` reads it; nothing is kept. */
const SPAWN_LOOP = `
const { spawn } = require('node:child_process');
const [count, line, sync] = [Number(process.argv[1]), process.argv[2], process.argv[3]];
const file = sync && require('node:fs').openSync(sync, 'w');
const once = () => new Promise((resolve) => {
  const child = spawn('/bin/sh', ['-c', '--', line], { stdio: ['ignore', 'pipe', 'pipe'] });
  child.stdout.resume();
  child.stderr.resume();
  child.on('close', resolve);
});
(async () => {
  for (let done = 0; done < count; done += 1) {
    await once();
    if (file) { require('node:fs').writeSync(file, 'x'.repeat(512)); require('node:fs').fsyncSync(file); }
  }
})();`;

/** On which others a task rests. */
const SHAPES = {
  free: () => [],
  chain: (index, ids) => ids.slice(Math.max(0, index - 1), index),
  layers: (index, ids) => ids.slice(10 * (Math.floor(index / 10) - 1), 10 * Math.floor(index / 10)),
};

const SLEEP = `sleep 0.0${SLEEP_MS}`;
/** Enough to know how long one takes, process and all. */
const serial = Math.ceil(tasks / 10);
const asleep = (tasks * SLEEP_MS) / JOBS;
const kinds = {
  bare: () => loop(tasks, ':'),
  synced: () => loop(tasks, ':', path.join(work, 'synced')),
  chain: () => runOf(project(tasks, { shape: 'chain', line: ':' })),
  stateless: () => runOf(project(tasks, { shape: 'chain', line: ':', hasStates: false })),
  layers: () => runOf(project(tasks, { shape: 'layers', line: ':' })),
  serial: () => loop(serial, SLEEP),
  wide: () => runOf(project(tasks, { shape: 'free', line: SLEEP }), ['-j', String(JOBS)]),
  ...(large > 0
    ? {
        large: () => runOf(project(large, { shape: 'chain', line: ':' })),
        free: () => runOf(project(large, { shape: 'free', line: ':' })),
      }
    : {}),
  ...(isThere('make') ? { make: () => timeOf('make', ['-s', '-j1'], makefile()) } : {}),
  ...(isThere('ninja') ? { ninja: () => timeOf('ninja', ['--quiet', '-j1'], ninjafile()) } : {}),
};

const measured = Object.fromEntries(Object.keys(kinds).map((kind) => [kind, []]));
await timeOf(process.execPath, [PROGRAM, '--version'], work); // fills the compile cache
for (let round = 0; round < rounds; round += 1)
  for (const [kind, measure] of Object.entries(kinds)) measured[kind].push(await measure());

const results = [
  row(`a spawn loop of ${tasks}`, 'bare'),
  row('the same with an fsync each', 'synced', { against: 'bare' }),
  row(`run, ${tasks} chained`, 'chain', { against: 'bare', target: 1.5 }),
  row('the same, no status given yet', 'stateless', { against: 'bare' }),
  row(`run, ${tasks} in layers`, 'layers', { against: 'bare' }),
  ...('large' in kinds
    ? [
        row(`run, ${large} chained`, 'large', { against: 'chain', target: 1.15, times: large / tasks }),
        row(`run, ${large} free`, 'free', { against: 'chain', times: large / tasks }),
      ]
    : []),
  row(`a spawn loop of ${serial} of ${SLEEP_MS} ms`, 'serial'),
  {
    ...row(`run -j ${JOBS}, ${tasks} of ${SLEEP_MS} ms`, 'wide', {
      against: 'serial',
      target: 1.15,
      times: tasks / serial / JOBS,
    }),
    against: 'half of that',
  },
  {
    ...row('the same, against sleep alone', 'wide'),
    against: `${asleep} ms`,
    ratio: rounded(median(measured.wide.map(({ ms }) => ms / asleep))),
  },
  ...('make' in kinds ? [row(`make, ${tasks} chained`, 'make', { against: 'bare' })] : []),
  ...('ninja' in kinds ? [row(`ninja, ${tasks} chained`, 'ninja', { against: 'bare' })] : []),
];
process.stdout.write(
  options.json ? `${JSON.stringify({ node: process.versions.node, rounds, results }, null, 2)}\n` : table(),
);

/** `times`: how many of the other one it stands for. */
function row(label, kind, { against, target, times = 1 } = {}) {
  const own = measured[kind];
  const ratios = own.map(({ ms }, round) => ms / (measured[against ?? kind][round].ms * times));
  return {
    work: label,
    median_ms: Math.round(median(own.map(({ ms }) => ms))),
    ...(against ? { against: `${times === 1 ? '' : `${times} x `}${against}`, ratio: rounded(median(ratios)) } : {}),
    ...(target ? { target } : {}),
    peak_mb: Math.max(...own.map(({ peakMb }) => peakMb)),
  };
}

function project(count, { shape, line, hasStates = true }) {
  const root = mkdtempSync(path.join(work, 'project-'));
  mkdirSync(path.join(root, 'tasks'));
  const ids = Array.from({ length: count }, (_, index) => `task-${index + 1}`);
  const status = (column) => (hasStates ? `${' '.repeat(column)}status: PENDING\n` : '');
  for (const id of ids)
    writeFileSync(
      path.join(root, `tasks/${id}.yaml`),
      `id: ${id}\nname: "${id}: one of many"\n${status(0)}type: AUTOMATED_SCRIPT\nscript_details: "${line}"\n`,
    );
  const entries = ids.map(
    (id, index) =>
      `  - id: ${id}\n    name: "${id}: one of many"\n${status(4)}    type: AUTOMATED_SCRIPT\n` +
      `    depends_on: [${SHAPES[shape](index, ids).join(', ')}]\n    task_detail_file: tasks/${id}.yaml\n`,
  );
  writeFileSync(path.join(root, 'runbook.yaml'), `name: bench\ntasks:\n${entries.join('')}`);
  return root;
}

function runOf(root, more = []) {
  return timeOf(process.execPath, [PROGRAM, 'run', '-q', ...more], root);
}

function loop(...given) {
  return timeOf(process.execPath, ['-e', SPAWN_LOOP, ...given.map(String)], work);
}

function makefile() {
  const rules = Array.from({ length: tasks }, (_, n) => `t${n + 1}:${n > 0 ? ` t${n}` : ''}\n\t@:;:\n`);
  writeFileSync(path.join(work, 'Makefile'), `all: t${tasks}\n.PHONY: all\n${rules.join('')}`);
  return work;
}

function ninjafile() {
  const builds = Array.from({ length: tasks }, (_, n) => `build t${n + 1}: noop${n > 0 ? ` t${n}` : ''}\n`);
  writeFileSync(path.join(work, 'build.ninja'), `rule noop\n  command = :\n${builds.join('')}`);
  return work;
}

function isThere(command) {
  return spawnSync(command, ['--version']).status === 0;
}

/** From the start of the process to its end, and the most memory that it had. One that fails is no measurement. */
function timeOf(command, args, cwd) {
  return new Promise((resolve, reject) => {
    const begin = performance.now();
    const child = spawn(command, args, { cwd, stdio: ['ignore', 'ignore', 'pipe'] });
    let [stderr, peakMb] = ['', 0];
    child.stderr.on('data', (text) => (stderr += text));
    const look = setInterval(() => (peakMb = peakOf(child.pid) ?? peakMb), 50);
    child.on('error', reject);
    child.on('close', (status) => {
      clearInterval(look);
      if (status === 0) resolve({ ms: performance.now() - begin, peakMb });
      else reject(new Error(`${command} ${args.slice(0, 2).join(' ')} ended with ${status}: ${stderr.slice(-500)}`));
    });
  });
}

/** In MB; Linux only. */
function peakOf(pid) {
  try {
    return Math.round(Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024);
  } catch {
    return undefined;
  }
}

function table() {
  const line = (cells) =>
    `${cells[0].padEnd(32)}${cells
      .slice(1)
      .map((cell) => String(cell).padStart(13))
      .join('')}\n`;
  const rows = results.map(({ work: label, median_ms, against = '', ratio, target, peak_mb }) =>
    line([
      label,
      `${median_ms} ms`,
      against,
      ratio === undefined ? '' : `${ratio.toFixed(2)} x`,
      target === undefined ? '' : `<= ${target}`,
      `${peak_mb} MB`,
    ]),
  );
  const head = line(['', 'time', 'against', 'ratio', 'target', 'peak']);
  return `Node ${process.versions.node}, ${rounds} round${rounds === 1 ? '' : 's'}, medians of whole processes\n\n${head}${rows.join('')}`;
}
