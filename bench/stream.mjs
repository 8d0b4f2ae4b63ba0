// How much later the first token and the end of an answer come through orchestrate than through a bare `fetch` of the same stream, from
// a server on this machine. Makes a project of its own in a temporary folder.
//
//   node bench/stream.mjs [--rounds N] [--tokens N] [--delay MS] [--json]
//
// `inside` is the call itself as the history has it (ttft_ms, total_ms); `process` is the whole command as a person waits for it, from its
// start to the first token on the screen and to the end of the answer. The machine's noise is larger than the differences, so each round
// measures every way next to its own bare fetch, and the figures are medians.

import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import Database from 'better-sqlite3';

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
const server = createServer(answer);
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const url = `http://127.0.0.1:${server.address().port}/v1`;

const samples = [];
for (let round = 0; round < rounds; round++) {
  // The first time each way is loaded from disk.
  const bare = await bareFetch();
  const ours = await throughProgram(round);
  if (round > 0 || rounds === 1) samples.push({ bare, ...ours });
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
  const started = performance.now();
  const body = JSON.stringify({ model: 'bench', stream: true, messages: [{ role: 'user', content: 'Go.' }] });
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(`${url}/chat/completions`, { method: 'POST', headers, body });
  let first;
  for await (const _ of response.body) first ??= performance.now() - started;
  return { first, total: performance.now() - started };
}

async function throughProgram(round) {
  const root = makeProject(round);
  const env = { ...process.env, OPENAI_BASE_URL: url, OPENAI_API_KEY: 'sk-bench-0123456789' };
  const started = performance.now();
  const child = spawn(process.execPath, [PROGRAM, 'run'], { cwd: root, env, stdio: ['ignore', 'ignore', 'pipe'] });
  let first;
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text) => {
    said += text;
    if (first === undefined && said.includes('word0')) first = performance.now() - started;
  });
  const code = await new Promise((resolve) => child.on('close', resolve));
  const total = performance.now() - started;
  if (code !== 0 || first === undefined) throw new Error(`exit ${code}\n${said}`);
  const db = new Database(path.join(root, '.orchestrate/history.db'), { readonly: true });
  const row = db.prepare('SELECT ttft_ms, total_ms FROM quickies').get();
  db.close();
  return { inside: { first: row.ttft_ms, total: row.total_ms }, process: { first, total } };
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

function median(numbers) {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

function figures(way) {
  const of = (what) => ({
    ms: Math.round(median(samples.map((sample) => sample[way][what])) * 10) / 10,
    ratio: Math.round(median(samples.map((sample) => sample[way][what] / sample.bare[what])) * 100) / 100,
  });
  return { first: of('first'), total: of('total') };
}

function report() {
  const results = { bare: figures('bare'), inside: figures('inside'), process: figures('process') };
  if (options.json) {
    process.stdout.write(`${JSON.stringify({ node: process.versions.node, rounds, tokens, delay, results }, null, 2)}\n`);
    return;
  }
  const line = (name, { first, total }) =>
    `${name.padEnd(34)}${`${first.ms} ms`.padStart(11)}${`× ${first.ratio.toFixed(2)}`.padStart(9)}${`${total.ms} ms`.padStart(12)}${`× ${total.ratio.toFixed(2)}`.padStart(9)}`;
  process.stdout.write(
    `${[
      `${tokens} tokens, ${delay} ms apart, ${rounds} rounds (medians; × is against a bare fetch)`,
      `${''.padEnd(34)}${'first token'.padStart(20)}${'whole answer'.padStart(21)}`,
      line('bare fetch', results.bare),
      line('the call inside orchestrate', results.inside),
      line('the whole command, from its start', results.process),
    ].join('\n')}\n`,
  );
}
