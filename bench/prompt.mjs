// The own time of a message: what a send takes inside the process beyond the model call itself, beside many messages in the database and
// in a long conversation. Makes a project and a server of its own.
//
//   node bench/prompt.mjs [--messages N] [--long N] [--rounds N] [--json]
//
// Reads the sources as they are (Node strips their types). A message's own time is that of the whole send (prompt and variables read anew,
// plan, request, rows, events, all on disk) without the time that its call took by its own account. Two of its commits wait for the disk:
// `bare commit` is what one takes here by itself, measured after each message. `cpu`
// is the processor's time for the whole send, the HTTP client and this server included: it says something on a busy machine too. Medians; `worst` is the 95th percentile.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import Database from 'better-sqlite3';
import { createRedactor } from '../src/base/secrets.ts';
import { createModelCalls } from '../src/calls/service.ts';
import { openCalls } from '../src/history/calls.ts';
import { openConversations } from '../src/history/conversations.ts';
import { checkConversations } from '../src/prompts/check.ts';
import { loadState, record, settledBy } from '../src/prompts/conversation.ts';
import { openPrompt } from '../src/prompts/open-prompt.ts';
import { sendMessage } from '../src/prompts/send.ts';
import { startConversation } from '../src/prompts/start.ts';
import { createEnvironment } from '../src/system/environment.ts';

const { values: options } = parseArgs({
  options: {
    messages: { type: 'string', default: '10000' },
    long: { type: 'string', default: '500' },
    rounds: { type: 'string', default: '60' },
    json: { type: 'boolean', default: false },
  },
});
const LIMIT_MS = 5;
const [messages, long, rounds] = [options.messages, options.long, options.rounds].map(Number);
if (![messages, long, rounds].every((number) => Number.isInteger(number) && number >= 1))
  throw new Error('--messages, --long, --rounds: give whole numbers from 1');

const root = mkdtempSync(path.join(tmpdir(), 'orchestrate-bench-'));
process.on('exit', () => rmSync(root, { recursive: true, force: true }));
for (const folder of ['prompt_templates', 'config']) mkdirSync(path.join(root, folder));
writeFileSync(
  path.join(root, 'prompt_templates/say.md'),
  '---\nmodel: gpt-4o-mini\nsystem: "In {{ language }}."\n---\nSay {{ colour }}.\n',
);
writeFileSync(path.join(root, 'config/variables.yaml'), 'language: English\ncolour: red\n');
const TEXT = 'word '.repeat(60);

const server = createServer((request, response) => {
  request.resume().on('end', () => {
    const head = { id: 'x', object: 'chat.completion.chunk', model: 'gpt-4o-mini' };
    const put = (data) =>
      response.write(`data: ${typeof data === 'string' ? data : JSON.stringify({ ...head, ...data })}\n\n`);
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    put({ choices: [{ index: 0, delta: { content: TEXT }, finish_reason: null }] });
    put({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] });
    put({ choices: [], usage: { prompt_tokens: 100, completion_tokens: 60, total_tokens: 160 } });
    put('[DONE]');
    response.end();
  });
});
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));

const bare = new Database(path.join(root, 'bare.db'));
bare.pragma('journal_mode = wal');
bare.pragma('synchronous = FULL');
bare.exec('CREATE TABLE t (a TEXT)');
const commit = bare.prepare('INSERT INTO t VALUES (?)');

const redactor = createRedactor({ SOME_KEY: 'sesame-open-4711' });
const environment = createEnvironment(root, {
  OPENAI_BASE_URL: `http://127.0.0.1:${server.address().port}/v1`,
  OPENAI_API_KEY: 'sesame-open-4711',
});
const home = { kind: 'project', root, userRoot: path.join(root, 'user'), organisationVariables: undefined };
const calls = good(openCalls(root, redactor));
const store = good(openConversations(root, redactor));
const prompt = good(await openPrompt(home, 'say'));
const ai = { allowSecrets: [], confirmSend: false, envAllow: [] };

const results = [];
await measure('a new conversation, empty database', begin());
const filledMs = await timed(fill);
await measure(`a new conversation, ${messages} messages in the database`, begin());
const longOne = begin();
await say(longOne.state, long);
const loadMs = await timed(() => good(loadState(store, longOne.state.id)));
await measure(`message ${long + 1} and on of one conversation`, { state: good(loadState(store, longOne.state.id)) });
const checkMs = await timed(() => {
  const { problems } = good(checkConversations(store));
  if (problems.length > 0) throw new Error(JSON.stringify(problems.slice(0, 3)));
});
server.close();
server.closeAllConnections();
store.close();
calls.close();
report();

function good(result) {
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  return result.value;
}

function begin() {
  return good(startConversation(store, { prompt, values: {}, track: true, chat: true }));
}

/** Messages as they would be after so many sends, without a server. */
async function say(first, count) {
  let state = first;
  for (let number = 1; number <= count; number += 1) {
    const about = {
      source: 'prompt',
      templateName: prompt.file,
      templateText: 't',
      promptHash: prompt.hash,
      promptText: TEXT,
    };
    const callId = good(calls.begin({ ...about, requestHash: 'r', inputParams: {}, model: 'm', runId: state.run_id }));
    const sent = {
      kind: 'sent',
      message: number,
      call_id: callId,
      inherited: false,
      text: `${number} ${TEXT}`,
      prompt: null,
    };
    state = good(
      record(store, state, [{ ...sent, text_inside: false, values: {}, origins: {}, model: 'm', prompt_hash: 'h' }]),
    );
    good(
      await calls.settle(callId, {
        status: 'complete',
        text: TEXT,
        attempts: 1,
        finishReason: 'stop',
        promptTokens: 9,
        costUsd: 0.1,
      }),
    );
    state = good(record(store, state, [settledBy(good(store.call(callId)), number)]));
  }
  return state;
}

async function fill() {
  for (let left = messages; left > 0; left -= 100) await say(begin().state, Math.min(100, left));
}

async function timed(work) {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

async function measure(what, { state: first }) {
  const models = createModelCalls({
    ...{ root, environment, redactor, runId: first.run_id, person: undefined, asked: undefined, flags: {} },
    signal: new AbortController().signal,
    calls: async () => ({ ok: true, value: calls }),
  });
  const parts = { home, redactor, defaultModel: undefined, store, models, ai, keepBesideIn: 'answers' };
  const own = [];
  const commits = [];
  const cpus = [];
  let state = first;
  // The first ones load what they need.
  for (let round = -5; round < rounds; round += 1) {
    const cpu = process.cpuUsage();
    const began = performance.now();
    const sent = good(await sendMessage(parts, state, { text: TEXT, values: {}, report: () => undefined }));
    const time = performance.now() - began - sent.message.total_ms;
    const { user, system } = process.cpuUsage(cpu);
    state = sent.state;
    if (sent.message.status !== 'complete') throw new Error(sent.message.error);
    if (round < 0) continue;
    own.push(time);
    cpus.push((user + system) / 1000);
    commits.push(await timed(() => commit.run(TEXT)));
  }
  const commit_ms = quantile(commits, 0.5);
  results.push({
    what,
    own_median_ms: quantile(own, 0.5),
    of_limit: Math.round((quantile(own, 0.5) / LIMIT_MS) * 100) / 100,
    own_worst_ms: quantile(own, 0.95),
    cpu_ms: quantile(cpus, 0.5),
    commit_ms,
    limit_ms: LIMIT_MS,
  });
}

function quantile(numbers, part) {
  const sorted = numbers.toSorted((a, b) => a - b);
  return Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] * 100) / 100;
}

function report() {
  const facts = {
    node: process.versions.node,
    messages,
    long,
    rounds,
    filled_ms: filledMs,
    load_ms: loadMs,
    check_ms: checkMs,
  };
  if (options.json) return process.stdout.write(`${JSON.stringify({ ...facts, results }, null, 2)}\n`);
  const row = ([first, ...rest]) => `${first.padEnd(52)}${rest.map((cell) => cell.padStart(13)).join('')}\n`;
  const ms = (time) => `${time.toFixed(2)} ms`;
  const lines = results.map((each) =>
    row([
      each.what,
      ms(each.own_median_ms),
      ms(each.own_worst_ms),
      ms(each.cpu_ms),
      ms(each.commit_ms),
      `< ${each.limit_ms} ms`,
      `× ${each.of_limit.toFixed(2)}`,
    ]),
  );
  process.stdout.write(
    `Node ${process.versions.node}, ${rounds} rounds, medians inside the process\n\n` +
      `${row(['own time of a message', '', 'worst', 'cpu', 'bare commit', 'wanted', 'ratio'])}${lines.join('')}\n` +
      `A conversation of ${long} messages is rebuilt from its events in ${loadMs.toFixed(1)} ms; everything is checked in ${(checkMs / 1000).toFixed(2)} s.\n`,
  );
}
