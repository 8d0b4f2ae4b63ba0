// How much later the first token and the end of an answer come through orchestrate than through a bare `fetch` of the same stream, from
// a server on this machine. Makes a project of its own in a temporary folder.
//
//   node bench/stream.mjs [--rounds N] [--tokens N] [--delay MS] [--json]
//
// Each way is a process of its own, as a person starts it. `inside` counts from the sending of the request (orchestrate: ttft_ms and
// total_ms of the history); `process` from the start of the command to the first token on the screen, and to its end. The machine's noise
// is larger than the differences, so each round measures every way next to its own bare fetch, and the figures are medians.

import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import Database from 'better-sqlite3';
import { median } from './figures.mjs';

const PROGRAM = path.resolve(import.meta.dirname, '../bin/orchestrate.js');
const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '11' },
    tokens: { type: 'string', default: '200' },
    delay: { type: 'string', default: '5' },
    json: { type: 'boolean', default: false },
  },
});
const [rounds, tokens, delay] = [options.rounds, options.tokens, options.delay].map(Number);
if (![rounds, tokens].every((n) => Number.isInteger(n) && n > 0) || !(delay >= 0))
  throw new Error('--rounds and --tokens: whole numbers from 1; --delay: milliseconds');

const work = mkdtempSync(path.join(tmpdir(), 'orchestrate-bench-'));
process.on('exit', () => rmSync(work, { recursive: true, force: true }));
const server = createServer((request, response) => void answer(request, response));
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const url = `http://127.0.0.1:${server.address().port}/v1`;

/** Prints what comes, and how long it took by its own clock. */
const BARE = `
const started = performance.now();
const body = JSON.stringify({ model: 'bench', stream: true, messages: [{ role: 'user', content: 'Go.' }] });
const headers = { 'content-type': 'application/json' };
const response = await fetch(process.argv[1] + '/chat/completions', { method: 'POST', headers, body });
let first;
for await (const chunk of response.body) {
  first ??= performance.now() - started;
  process.stderr.write(chunk);
}
process.stdout.write(JSON.stringify({ first, total: performance.now() - started }));`;

const samples = [];
for (let round = 0; round < rounds; round++) {
  // In the first round everything is loaded from disk.
  const bare = await bareFetch();
  const ours = await throughProgram(round);
  if (round > 0 || rounds === 1) samples.push({ bare, ours });
}
server.close();
report();

/** Tokens one after the other, as a server sends them. */
async function answer(request, response) {
  for await (const _ of request);
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const send = (data) => response.write(`data: ${JSON.stringify({ model: 'bench', ...data })}\n\n`);
  for (let n = 0; n < tokens; n++) {
    if (delay > 0) await new Promise((resolve) => setTimeout(resolve, delay));
    send({ choices: [{ index: 0, delta: { content: `word${n} ${n % 12 === 11 ? '\n' : ''}` } }] });
  }
  send({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] });
  send({ choices: [], usage: { prompt_tokens: 10, completion_tokens: tokens } });
  response.end('data: [DONE]\n\n');
}

async function bareFetch() {
  const { process: times, stdout } = await timed(['--input-type=module', '-e', BARE, url]);
  return { inside: JSON.parse(stdout), process: times };
}

/** From the start of a program to the first token on its stderr, and to its end. */
async function timed(args, spawnOptions = {}) {
  const started = performance.now();
  const child = spawn(process.execPath, args, { ...spawnOptions, stdio: ['ignore', 'pipe', 'pipe'] });
  let first;
  let stdout = '';
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text) => {
    if (first !== undefined) return;
    said += text;
    if (said.includes('word0')) first = performance.now() - started;
  });
  const code = await new Promise((resolve) => child.on('close', resolve));
  if (code !== 0 || first === undefined) throw new Error(`exit ${code}\n${said}`);
  return { process: { first, total: performance.now() - started }, stdout };
}

async function throughProgram(round) {
  const root = makeProject(round);
  const env = { ...process.env, OPENAI_BASE_URL: url, OPENAI_API_KEY: 'sk-bench-0123456789' };
  const { process: times } = await timed([PROGRAM, 'run'], { cwd: root, env });
  const db = new Database(path.join(root, '.orchestrate/history.db'), { readonly: true });
  const row = db.prepare('SELECT ttft_ms, total_ms FROM quickies').get();
  db.close();
  return { inside: { first: row.ttft_ms, total: row.total_ms }, process: times };
}

function makeProject(round) {
  const root = path.join(work, String(round));
  for (const folder of ['tasks', 'prompt_templates']) mkdirSync(path.join(root, folder), { recursive: true });
  const entry = '{id: go, name: Go, type: AI_ASSISTED, task_detail_file: tasks/go.yaml}';
  writeFileSync(path.join(root, 'runbook.yaml'), `ai: {model: bench}\ntasks:\n  - ${entry}\n`);
  writeFileSync(
    path.join(root, 'tasks/go.yaml'),
    'id: go\nai_details: {prompt_template: prompt_templates/go.md, auto_accept: true}\n',
  );
  writeFileSync(path.join(root, 'prompt_templates/go.md'), 'Go.\n');
  return root;
}

/** Medians of one clock, and of the ratios within the rounds. */
function figures(clock) {
  const of = (what) => ({
    bare_ms: round(median(samples.map(({ bare }) => bare[clock][what])), 1),
    ours_ms: round(median(samples.map(({ ours }) => ours[clock][what])), 1),
    ratio: round(median(samples.map(({ bare, ours }) => ours[clock][what] / bare[clock][what])), 2),
  });
  return { first_token: of('first'), whole: of('total') };
}

function round(value, digits) {
  return Number(value.toFixed(digits));
}

function report() {
  const results = { inside: figures('inside'), process: figures('process') };
  if (options.json) {
    process.stdout.write(
      `${JSON.stringify({ node: process.versions.node, rounds, tokens, delay, results }, null, 2)}\n`,
    );
    return;
  }
  const row = (name, { bare_ms, ours_ms, ratio }) =>
    `${name.padEnd(46)}${`${bare_ms} ms`.padStart(12)}${`${ours_ms} ms`.padStart(14)}${`× ${ratio.toFixed(2)}`.padStart(10)}`;
  const { inside, process: whole } = results;
  process.stdout.write(
    `${[
      `${tokens} tokens, ${delay} ms apart, ${rounds} rounds (medians)`,
      `${''.padEnd(46)}${'bare fetch'.padStart(12)}${'orchestrate'.padStart(14)}${'ratio'.padStart(10)}`,
      row('first token, from the sending of the request', inside.first_token),
      row('whole answer, from the sending of the request', inside.whole),
      row('first token, from the start of the program', whole.first_token),
      row('end of the program, from its start', whole.whole),
    ].join('\n')}\n`,
  );
}
