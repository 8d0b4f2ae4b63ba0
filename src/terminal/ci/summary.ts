// A run as Markdown, for the summary of a GitHub Actions job. Pure; the text is taken to hold no secret.

import { count, formatDuration, neutralise, oneLine, shorten } from '../../base/text.ts';
import { lineOf } from './junit.ts';
import type { Result, RunRecord, TaskRecord } from './record.ts';

type FileOf = (file: string) => string;

const SIGNS: Record<Result, string> = {
  passed: '✅ DONE',
  failed: '❌ ERROR',
  interrupted: '❌ interrupted',
  skipped: '⏭️ SKIPPED',
  waiting: '✋ waits for a person',
  'finished-before': '✔️ before this run',
  'not-run': '· not run',
};

/** GitHub refuses a summary of more than 1 MiB, in bytes; the parts together stay below it. */
const BYTES = { problems: 100_000, rows: 500_000, outputs: 400_000 } as const;
const MOST_ROWS = 1_000;
const MOST_FAILURES = 20;
const LONGEST_NOTE = 300;
const LONGEST_OUTPUT = 8_000;

export function summaryMarkdown(run: RunRecord, fileOf: FileOf): string {
  const problems = fitting(
    run.problems.map((problem) => problemLine(problem, fileOf)),
    BYTES.problems,
  );
  const rows = fitting(
    run.tasks.slice(0, MOST_ROWS).map((record) => row(record, fileOf)),
    BYTES.rows,
  );
  const failures = run.tasks.filter(({ result }) => result === 'failed' || result === 'interrupted');
  const parts = [
    `## ${cell(run.name)}`,
    headline(run),
    ...problems,
    ...more(run.problems.length - problems.length, 'more problem'),
    ...(rows.length === 0 ? [] : [['| task | | time | |', '|---|---|---|---|', ...rows].join('\n')]),
    ...more(run.tasks.length - rows.length, 'more task'),
    ...fitting(failures.slice(0, MOST_FAILURES).flatMap(outputOf), BYTES.outputs),
  ];
  return `${parts.join('\n\n')}\n\n`;
}

/** The first of them, as many as go into that many bytes. */
function fitting(texts: readonly string[], bytes: number): string[] {
  let left = bytes;
  const end = texts.findIndex((text) => {
    left -= Buffer.byteLength(text) + 2;
    return left < 0;
  });
  return texts.slice(0, end === -1 ? texts.length : end);
}

function more(left: number, what: string): string[] {
  return left > 0 ? [`… and ${count(left, what)}`] : [];
}

function problemLine({ severity, message, place }: RunRecord['problems'][number], fileOf: FileOf): string {
  return `- **${severity}** ${place ? `\`${plainPlace(place, fileOf)}\` ` : ''}${cell(message)}`;
}

function headline({ tasks, durationMs }: RunRecord): string {
  const of = (...results: readonly Result[]) => tasks.filter(({ result }) => results.includes(result)).length;
  const facts: [number, string][] = [
    [of('passed'), 'done'],
    [of('failed', 'interrupted'), 'failed'],
    [of('waiting'), 'waiting for a person'],
    [of('skipped'), 'skipped'],
    [of('not-run'), 'not run'],
    [of('finished-before'), 'finished before'],
  ];
  const told = facts.filter(([n]) => n > 0).map(([n, what]) => `${n} ${what}`);
  return `${told.length === 0 ? 'Nothing was run' : told.join(' · ')} · ${formatDuration(durationMs)}`;
}

function row(record: TaskRecord, fileOf: FileOf): string {
  const { task, result, durationMs, reason, advice, place } = record;
  const where = place === undefined ? '' : ` (\`${plainPlace(place, fileOf)}\`)`;
  const note =
    result === 'finished-before' || reason === ''
      ? ''
      : `${cell(reason)}${where}${advice === undefined ? '' : `<br>→ ${cell(advice)}`}`;
  const time = durationMs === 0 ? '' : formatDuration(durationMs);
  return `| **${cell(task.id)}** ${task.name === task.id ? '' : cell(task.name)} | ${SIGNS[result]} | ${time} | ${note} |`;
}

function outputOf({ task, output }: TaskRecord): string[] {
  if (output === undefined || output.text.trim() === '') return [];
  const end = neutralise(output.text.slice(-LONGEST_OUTPUT)).trimEnd();
  // A fence that is longer than any in the text, so that the text cannot end it.
  const longest = Math.max(2, ...[...end.matchAll(/`+/g)].map(([ticks]) => ticks.length));
  const fence = '`'.repeat(longest + 1);
  const title = `The end of the output of <b>${cell(task.id)}</b>`;
  return [`<details><summary>${title}</summary>\n\n${fence}text\n${end}\n${fence}\n\n</details>`];
}

function plainPlace(place: NonNullable<TaskRecord['place']>, fileOf: FileOf): string {
  const line = lineOf(place);
  const file = fileOf(place.file).replace(/[`|]/g, '_');
  return line === undefined ? file : `${file}:${line}`;
}

/** Text in a cell of a table: no Markdown, no HTML, one line. */
function cell(text: string): string {
  return shorten(oneLine(text), LONGEST_NOTE)
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/[\\`*_{}[\]()#+!|~>@-]/g, (c) => `\\${c}`);
}
