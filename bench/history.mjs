// How long the questions to the history take inside the process, beside a bare better-sqlite3 query of the same. Makes a database of
// its own in a temporary folder.
//
//   node bench/history.mjs [--calls N] [--rounds N] [--json]
//
// Reads the sources as they are (Node strips their types). Each round measures both sides in turn; the figures are medians.

import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import Database from 'better-sqlite3';
import { createRedactor } from '../src/base/secrets.ts';
import { openDatabase } from '../src/database/open.ts';
import { HISTORY_MIGRATIONS } from '../src/history/migrations.ts';
import { openReader } from '../src/history/reader.ts';
import { median, rounded } from './figures.mjs';

const { values: options } = parseArgs({
  options: {
    calls: { type: 'string', default: '100000' },
    rounds: { type: 'string', default: '21' },
    json: { type: 'boolean', default: false },
  },
});
const [calls, rounds] = [options.calls, options.rounds].map(Number);
if (![calls, rounds].every((number) => Number.isInteger(number) && number >= 1))
  throw new Error('--calls, --rounds: give whole numbers from 1');

const root = mkdtempSync(path.join(tmpdir(), 'orchestrate-bench-'));
process.on('exit', () => rmSync(root, { recursive: true, force: true }));
const file = path.join(root, '.orchestrate/history.db');
const began = performance.now();
fill();
const filledMs = performance.now() - began;

const reader = opened(openReader(root, createRedactor({ SOME_KEY: 'sesame-open-4711' })));
const bare = new Database(file);
const LIST = 'SELECT id, task_id, model, status, cost_usd, created_at FROM quickies';
const FOUND = 'SELECT id, prompt_text, output FROM quickies WHERE rowid IN';
const FTS = 'SELECT rowid FROM call_search WHERE call_search MATCH ? ORDER BY rowid DESC LIMIT 20';
const FTS_WITH = `SELECT call_search.rowid FROM call_search JOIN quickies ON quickies.rowid = call_search.rowid
  WHERE call_search MATCH ? AND %s ORDER BY call_search.rowid DESC LIMIT 20`;
const cases = [
  list('list', {}, `${LIST} ORDER BY rowid DESC LIMIT 20`, []),
  list('list --task', { task: 'task-7' }, `${LIST} WHERE task_id = ? ORDER BY rowid DESC LIMIT 20`, ['task-7']),
  list('list --status error', { status: 'error' }, `${LIST} WHERE status = ? ORDER BY rowid DESC LIMIT 20`, ['error']),
  list('list --model (none such)', { model: 'm' }, `${LIST} WHERE model = ? ORDER BY rowid DESC LIMIT 20`, ['m']),
  list('list --since', { since: dayAgo(1) }, `${LIST} WHERE created_at >= ? ORDER BY rowid DESC LIMIT 20`, [dayAgo(1)]),
  search('search, a word in all', ['common'], {}, { sql: `${FOUND} (${FTS})`, values: ['"common"'] }),
  search('search, a rare word', ['needle4711'], {}, { sql: `${FOUND} (${FTS})`, values: ['"needle4711"'] }),
  search('search, no such word', ['nowhere'], {}, { sql: `${FOUND} (${FTS})`, values: ['"nowhere"'] }),
  search('search, a phrase', ['word1 word2'], {}, { sql: `${FOUND} (${FTS})`, values: ['"word1 word2"'] }),
  search(
    'search, two words',
    ['word3', 'word900'],
    {},
    { sql: `${FOUND} (${FTS})`, values: ['"word3" AND "word900"'] },
  ),
  filtered('search in all, --status error', { status: 'error' }, 'status = ?', ['error']),
  filtered('search in all, --task', { task: 'task-7' }, 'task_id = ?', ['task-7']),
  filtered('search in all, --task (none such)', { task: 'none' }, 'task_id = ?', ['none']),
];
const results = cases.map(measure);
reader.close();
bare.close();

if (options.json)
  process.stdout.write(`${JSON.stringify({ node: process.versions.node, calls, rounds, results }, null, 2)}\n`);
else process.stdout.write(table());

function opened(result) {
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  return result.value;
}

function dayAgo(days) {
  return new Date(Date.now() - days * 86_400_000).toISOString();
}

/** Words whose frequency falls with their number, as in a language; the same numbers at every start. */
function wordMaker() {
  let seed = 1;
  const random = () => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647;
  return (count) => Array.from({ length: count }, () => `word${Math.floor(3000 ** random())}`).join(' ');
}

function fill() {
  mkdirSync(path.dirname(file), { recursive: true });
  const db = opened(openDatabase({ file, migrations: HISTORY_MIGRATIONS, journalMode: 'wal' }));
  const insert = db.prepare(
    `INSERT INTO quickies (id, template_name, prompt_text, prompt_hash, source, task_id, run_id, model, status, output, cost_usd, total_ms, created_at)
     VALUES (?, ?, ?, ?, 'task', ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const words = wordMaker();
  db.transaction(() => {
    for (let index = 0; index < calls; index += 1) {
      const needle = index % 5000 === 4711 ? ' needle4711' : '';
      insert.run(
        crypto.randomUUID(),
        `prompt_templates/t${index % 40}.md`,
        `Write something common. ${words(80)}${needle}`,
        `hash${index % 40}`,
        `task-${index % 200}`,
        `run-${Math.floor(index / 50)}`,
        index % 3 === 0 ? 'gpt-4o' : 'gpt-4o-mini',
        index % 50 === 0 ? 'error' : 'complete',
        JSON.stringify({ text: words(120) }),
        index % 10 === 0 ? null : 0.0012,
        1000 + (index % 900),
        dayAgo((calls - index) / 500),
      );
    }
  })();
  db.close();
}

function list(label, filter, sql, values) {
  return { label, limitMs: 50, run: () => opened(reader.list(filter, 20)).calls.length, sql, values };
}

function search(label, terms, filter, { sql, values }) {
  return { label, limitMs: 100, run: () => opened(reader.search(terms, filter, 20)).calls.length, sql, values };
}

function filtered(label, filter, condition, values) {
  const sql = `${FOUND} (${FTS_WITH.replace('%s', condition)})`;
  return search(label, ['common'], filter, { sql, values: ['"common"', ...values] });
}

/** The bare query must find as many calls: otherwise the two are not the same. */
function measure({ label, limitMs, run, sql, values }) {
  const statement = bare.prepare(sql);
  const plain = () => statement.all(...values).length;
  const found = run();
  if (found !== plain()) throw new Error(`${label}: ${found} calls, the bare query finds ${plain()}`);
  const rows = Array.from({ length: rounds }, (_, round) => {
    if (round % 2 === 0) return [timeOf(run), timeOf(plain)];
    const base = timeOf(plain);
    return [timeOf(run), base];
  });
  return {
    question: label,
    found,
    median_ms: rounded(median(rows.map(([time]) => time))),
    worst_ms: rounded(Math.max(...rows.map(([time]) => time))),
    bare_median_ms: rounded(median(rows.map(([, base]) => base))),
    ratio: rounded(median(rows.map(([time, base]) => time / base))),
    limit_ms: limitMs,
  };
}

function timeOf(work) {
  const begin = performance.now();
  work();
  return performance.now() - begin;
}

function table() {
  const row = ([first, ...rest]) => `${first.padEnd(36)}${rest.map((cell) => cell.padStart(13)).join('')}\n`;
  const lines = results.map((each) =>
    row([
      each.question,
      String(each.found),
      `${each.median_ms.toFixed(2)} ms`,
      `${each.worst_ms.toFixed(2)} ms`,
      `${each.bare_median_ms.toFixed(2)} ms`,
      `${each.ratio.toFixed(2)} x`,
      `< ${each.limit_ms} ms`,
    ]),
  );
  const head = `Node ${process.versions.node}, ${calls} calls (written in ${(filledMs / 1000).toFixed(1)} s), ${rounds} rounds, medians inside the process`;
  return `${head}\n\n${row(['', 'found', 'orchestrate', 'worst', 'bare query', 'ratio', 'wanted'])}${lines.join('')}`;
}
