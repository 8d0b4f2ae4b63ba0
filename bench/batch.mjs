// How long a batch takes: many inputs against a server on this machine that answers each after a fixed time, against the ideal and against
// bare `fetch` calls of the same number at once. And whether its memory grows with the number of inputs. Makes a project of its own in a
// temporary folder; the server is a process of its own.
//
//   node bench/batch.mjs [--inputs N] [--jobs N] [--delay MS] [--rounds N] [--memory N] [--json]
//
// `whole` counts from the start of the program to its end, `batch` what it says of itself. The ideal is inputs × delay / jobs: no program
// reaches it. `--memory N` runs N inputs against a server that answers at once and prints the peak of memory, next to that of the first.

import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { median } from './figures.mjs';

const { values: options } = parseArgs({
  options: {
    inputs: { type: 'string', default: '1000' },
    jobs: { type: 'string', default: '16' },
    delay: { type: 'string', default: '50' },
    rounds: { type: 'string', default: '3' },
    memory: { type: 'string', default: '0' },
    json: { type: 'boolean', default: false },
    serve: { type: 'string' },
    bare: { type: 'string' },
  },
});
const PROGRAM = path.resolve(import.meta.dirname, '../bin/orchestrate.js');
const WANTED = 1.15;

if (options.serve !== undefined) serve(Number(options.serve));
else if (options.bare !== undefined) await bareFetches(options.bare);
else await main();

/** Prints its port; answers every request after a time, whole and at once. */
function serve(delay) {
  const event = (data) => `data: ${JSON.stringify({ model: 'bench', ...data })}\n\n`;
  const body =
    event({ choices: [{ index: 0, delta: { content: 'An answer of a few words.' } }] }) +
    event({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] }) +
    event({ choices: [], usage: { prompt_tokens: 10, completion_tokens: 6 } }) +
    'data: [DONE]\n\n';
  const headers = { 'content-type': 'text/event-stream', 'content-length': Buffer.byteLength(body) };
  const server = createServer((request, response) => {
    request.resume().on('end', () => setTimeout(() => response.writeHead(200, headers).end(body), delay));
  });
  server.listen(0, '127.0.0.1', () => process.stdout.write(`${server.address().port}\n`));
}

async function bareFetches(url) {
  const [inputs, jobs] = [Number(options.inputs), Number(options.jobs)];
  const headers = { 'content-type': 'application/json' };
  const started = performance.now();
  let next = 0;
  const worker = async () => {
    while (next < inputs) {
      const messages = [{ role: 'user', content: `Say something on topic ${next++}.` }];
      const body = JSON.stringify({ model: 'bench', stream: true, messages });
      await (await fetch(`${url}/chat/completions`, { method: 'POST', headers, body })).text();
    }
  };
  await Promise.all(Array.from({ length: jobs }, worker));
  process.stdout.write(JSON.stringify({ ms: performance.now() - started }));
}

async function main() {
  const [inputs, jobs, delay, rounds, memory] = ['inputs', 'jobs', 'delay', 'rounds', 'memory'].map((name) =>
    Number(options[name]),
  );
  const work = mkdtempSync(path.join(tmpdir(), 'orchestrate-bench-'));
  process.on('exit', () => rmSync(work, { recursive: true, force: true }));
  const ideal = (inputs * delay) / jobs;
  const samples = [];
  const server = await startServer(delay);
  for (let round = 0; round < rounds; round++) {
    const bare = await timed([import.meta.filename, '--bare', server.url, '--inputs', inputs, '--jobs', jobs]);
    const root = makeProject(path.join(work, String(round)), inputs);
    const whole = await batch(root, server.url, jobs);
    samples.push({ bare: JSON.parse(bare.stdout).ms, ...whole });
  }
  server.stop();
  const grown = memory > 0 ? await memoryOf(path.join(work, 'memory'), memory, jobs) : undefined;
  report({ inputs, jobs, delay, ideal, samples, grown });
}

async function memoryOf(root, inputs, jobs) {
  const server = await startServer(0);
  const run = await batch(makeProject(root, inputs), server.url, jobs);
  server.stop();
  return { inputs, ms: run.batch, peak_mb: run.peak };
}

async function startServer(delay) {
  const child = spawn(process.execPath, [import.meta.filename, '--serve', String(delay)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const port = await new Promise((resolve) => child.stdout.once('data', (data) => resolve(String(data).trim())));
  return { url: `http://127.0.0.1:${port}/v1`, stop: () => child.kill() };
}

function makeProject(root, inputs) {
  mkdirSync(path.join(root, 'prompt_templates'), { recursive: true });
  writeFileSync(path.join(root, 'runbook.yaml'), 'ai: {model: bench}\ntasks:\n  - {id: a, name: A, type: MANUAL}\n');
  writeFileSync(path.join(root, 'prompt_templates/say.md'), 'Say something on {{ topic }}.\n');
  const lines = Array.from({ length: inputs }, (_, at) => `${JSON.stringify({ topic: `topic ${at}` })}\n`);
  writeFileSync(path.join(root, 'in.jsonl'), lines.join(''));
  return root;
}

async function batch(root, url, jobs) {
  const env = { ...process.env, OPENAI_BASE_URL: url, OPENAI_API_KEY: 'sk-bench-0123456789' };
  const args = ['prompt', 'batch', 'say', '--inputs', 'in.jsonl', '-j', jobs, '--out', 'out.jsonl', '--json'];
  const { ms, stdout, peak } = await timed([PROGRAM, ...args], { cwd: root, env });
  return { whole: ms, batch: JSON.parse(stdout).duration_ms, peak };
}

/** From the start of a program to its end, and its peak of memory where the system tells it. */
async function timed(args, spawnOptions = {}) {
  const started = performance.now();
  const measured = ['-f', '%M', process.execPath, ...args.map(String)];
  const child = spawn('/usr/bin/time', measured, { ...spawnOptions, stdio: ['ignore', 'pipe', 'pipe'] });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text) => {
    stderr += text;
  });
  const code = await new Promise((resolve, reject) => child.on('close', resolve).on('error', reject));
  if (code !== 0) throw new Error(`exit ${code}\n${stderr}`);
  return { ms: performance.now() - started, stdout, peak: Math.round(Number(stderr.trim().split('\n').at(-1)) / 1024) };
}

function report({ inputs, jobs, delay, ideal, samples, grown }) {
  const of = (what) => {
    const ms = median(samples.map((sample) => sample[what]));
    const best = Math.min(...samples.map((sample) => sample[what]));
    return { ms: Math.round(ms), best_ms: Math.round(best), of_ideal: Number((ms / ideal).toFixed(3)) };
  };
  const results = { ideal_ms: ideal, bare: of('bare'), batch: of('batch'), whole: of('whole') };
  const peak = median(samples.map((sample) => sample.peak));
  if (options.json) {
    const head = { node: process.versions.node, inputs, jobs, delay, rounds: samples.length };
    process.stdout.write(`${JSON.stringify({ ...head, results, peak_mb: peak, grown }, null, 2)}\n`);
    return;
  }
  const row = (name, { ms, best_ms, of_ideal }) =>
    `${name.padEnd(44)}${`${ms} ms`.padStart(10)}${`best ${best_ms} ms`.padStart(16)}${`× ${of_ideal.toFixed(2)}`.padStart(9)}`;
  process.stdout.write(
    `${[
      `${inputs} inputs, ${jobs} at once, answers after ${delay} ms: ideally ${Math.round(ideal)} ms (${samples.length} rounds, medians; wanted × ${WANTED})`,
      row('bare fetch, without any record', results.bare),
      row('prompt batch, its own time', results.batch),
      row('prompt batch, from its start to its end', results.whole),
      `peak of memory: ${peak} MB at ${inputs} inputs${grown === undefined ? '' : `, ${grown.peak_mb} MB at ${grown.inputs} (${(grown.ms / 1000).toFixed(0)} s)`}`,
    ].join('\n')}\n`,
  );
}
