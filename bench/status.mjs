// How long a light command takes as a whole process, beside an empty Node, and how that grows with the number of tasks. Makes projects of
// its own in a temporary folder.
//
//   node bench/status.mjs [--rounds N] [--json]
//
// The machine's noise is larger than the differences, so each round measures every command next to its own `node -e 0`, in an order
// that changes from round to round, and the figures are medians: of the times, and of the ratios within the rounds. `in use` is a project
// in which a task was done with the program before, so that there is a journal to look at.

import { spawnSync } from 'node:child_process';
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { median, rounded } from './figures.mjs';

const PROGRAM = path.resolve(import.meta.dirname, '../bin/orchestrate.js');
const TYPES = ['AUTOMATED_SCRIPT', 'MANUAL', 'AI_ASSISTED'];

const { values: options } = parseArgs({
  options: { rounds: { type: 'string', default: '21' }, json: { type: 'boolean', default: false } },
});
const rounds = Number(options.rounds);
if (!Number.isInteger(rounds) || rounds < 1) throw new Error('--rounds: give a whole number from 1');

const work = mkdtempSync(path.join(tmpdir(), 'orchestrate-bench-'));
process.on('exit', () => rmSync(work, { recursive: true, force: true }));

const SIZES = [10, 100, 1000, 10_000];
/** The ratios to reach, by the number of tasks. */
const TARGETS = { 100: 1.7, 1000: 2.2 };
const projects = new Map(SIZES.map((size) => [size, makeProject(size)]));
const small = projects.get(SIZES[0]);
const inUse = new Map(SIZES.slice(1).map((size) => [size, makeUsed(size, `used-${size}`)]));
const edited = makeUsed(1000, 'edited');
appendFileSync(path.join(edited, 'tasks/task-700.yaml'), '# seen by a person\n');
const looks = (projects, note) =>
  [...projects].flatMap(([size, cwd]) =>
    [['status'], ['next', '--dry-run']].map((args) => ({
      label: `${args.join(' ')}, ${size.toLocaleString('en')} tasks${note === '' ? '' : `, ${note}`}`,
      args,
      cwd,
      target: note === 'edited' ? undefined : TARGETS[size],
      size,
      note,
    })),
  );
const commands = [
  { label: '--version', args: ['--version'], cwd: small, target: 1.3 },
  { label: '--help', args: ['--help'], cwd: small, target: 1.3 },
  ...looks(projects, ''),
  ...looks(inUse, 'in use'),
  ...looks(new Map([[1000, edited]]), 'edited'),
];

const results = measureAll();
if (options.json)
  process.stdout.write(`${JSON.stringify({ node: process.versions.node, rounds, results }, null, 2)}\n`);
else process.stdout.write(table());

/** A chain of tasks of all types with detail files, in phases of ten; the first two fifths are done. */
function makeProject(count, name = String(count)) {
  const root = path.join(work, name);
  for (const folder of ['tasks', 'prompt_templates']) mkdirSync(path.join(root, folder), { recursive: true });
  writeFileSync(path.join(root, 'prompt_templates/write.txt'), 'Write about {{ topic }}.\n');
  const tasks = Array.from({ length: count }, (_, index) => taskOf(index, count));
  for (const task of tasks) writeFileSync(path.join(root, `tasks/${task.id}.yaml`), detailText(task));
  const head = `# A project to measure with.\nname: bench-${count}\nai:\n  model: gpt-4o-mini\ntasks:\n`;
  writeFileSync(path.join(root, 'runbook.yaml'), head + tasks.map(entryText).join(''));
  return root;
}

/** The next task was done a moment ago. */
function makeUsed(count, name) {
  const root = makeProject(count, name);
  timeOf({ args: [PROGRAM, 'done', `task-${count * 0.4 + 1}`], cwd: root });
  return root;
}

function taskOf(index, count) {
  const done = Math.floor(count * 0.4);
  const status = index < done ? 'DONE' : index === done ? 'READY' : 'PENDING';
  const before = index === 0 ? [] : [`task-${index}`];
  return { id: `task-${index + 1}`, number: index + 1, type: TYPES[index % TYPES.length], status, before };
}

function entryText({ id, number, type, status, before }) {
  return `
  - id: ${id}
    name: "Task ${number}: one of many"
    phase: Phase ${Math.ceil(number / 10)}
    status: ${status}
    type: ${type}
    depends_on: [${before.join(', ')}]
    task_detail_file: tasks/${id}.yaml
`;
}

function detailText({ id, number, type, status }) {
  const lastRun = status === 'DONE' ? 'last_run:\n  timestamp: 2026-01-31T12:00:00.000Z\n  outcome: SUCCESS\n' : '';
  const description = `description: >-\n  What task ${number} is about, in a sentence that is long enough\n  to be folded.\n`;
  const bodies = {
    AUTOMATED_SCRIPT: 'script_details:\n  command: "true"\n  timeout: 30s\n',
    MANUAL: 'manual_instructions:\n  - Do the first thing.\n  - Do the second thing.\n',
    AI_ASSISTED: `ai_details:\n  prompt_template: prompt_templates/write.txt\n  input_context:\n    topic: task ${number}\noutput_artifact: outputs/${id}.md\n`,
  };
  return `id: ${id}\nname: "Task ${number}: one of many"\nstatus: ${status}\ntype: ${type}\n${description}${bodies[type]}${lastRun}`;
}

function measureAll() {
  const empty = { args: ['-e', '0'], cwd: small };
  const started = commands.map((command) => ({ ...command, args: [PROGRAM, ...command.args] }));
  // The first start of each fills the compile cache and the file cache.
  for (const command of [empty, ...started]) timeOf(command);
  const rows = started.map(({ label, target, args, size, note }) => ({
    label,
    target,
    command: args.slice(1).join(' '),
    size,
    note,
    times: [],
    bases: [],
    ratios: [],
  }));
  for (let round = 0; round < rounds; round += 1) {
    for (let step = 0; step < started.length; step += 1) {
      const index = (round + step) % started.length;
      // The longest ones say enough in a few rounds.
      if (started[index].size === 10_000 && round % 4 !== 0) continue;
      const pair = round % 2 === 0 ? [empty, started[index]] : [started[index], empty];
      const [first, second] = pair.map(timeOf);
      const [base, time] = round % 2 === 0 ? [first, second] : [second, first];
      rows[index].times.push(time);
      rows[index].bases.push(base);
      rows[index].ratios.push(time / base);
    }
  }
  return rows.map(({ label, target, command, size, note, times, bases, ratios }) => ({
    command: label,
    median_ms: rounded(median(times)),
    empty_node_median_ms: rounded(median(bases)),
    ratio: rounded(median(ratios)),
    ...(target === undefined ? {} : { target }),
    ...(size === 10_000
      ? { growth: rounded(growth(rows, { command, note, time: median(times), base: median(bases) })) }
      : {}),
  }));
}

/** Milliseconds from the start of the process to its end. One that fails is no measurement; 3 says that a person would be asked. */
function timeOf({ args, cwd }) {
  const begin = performance.now();
  const { status, stderr, error } = spawnSync(process.execPath, args, { cwd, stdio: ['ignore', 'ignore', 'pipe'] });
  const time = performance.now() - begin;
  if (status !== 0 && status !== 3)
    throw new Error(`${args.join(' ')} ended with ${status}: ${error?.message ?? stderr.toString()}`);
  return time;
}

/** What 10,000 tasks take beyond an empty Node, against ten times what 1,000 do: 1 where it grows with their number. */
function growth(rows, { command, note, time, base }) {
  const thousand = rows.find((row) => row.size === 1000 && row.command === command && row.note === note);
  return (time - base) / (10 * (median(thousand.times) - median(thousand.bases)));
}

function table() {
  const row = ([label, ...cells]) => `${label.padEnd(41)}${cells.map((cell) => cell.padStart(13)).join('')}\n`;
  const lines = results.map((each) =>
    row([
      each.command,
      `${each.median_ms.toFixed(1)} ms`,
      `${each.empty_node_median_ms.toFixed(1)} ms`,
      `${each.ratio.toFixed(2)} x`,
      each.target === undefined ? '' : `${each.target.toFixed(1)} x`,
    ]),
  );
  const grown = results.filter((each) => each.growth !== undefined);
  const growthLines = grown.map((each) => `${each.command}: ${each.growth.toFixed(2)} (target 1.1)\n`);
  return [
    `Node ${process.versions.node}, ${rounds} rounds, medians of whole processes\n\n`,
    row(['', 'orchestrate', 'node -e 0', 'ratio', 'target']),
    ...lines,
    '\nBeyond an empty Node, against ten times the same of 1,000 tasks:\n',
    ...growthLines,
  ].join('');
}
