// A run as JUnit XML, in the form that GitHub's, GitLab's and Jenkins' readers agree on. Pure; the text is taken to hold no secret.

import { lineColumn, type Place } from '../../base/diagnostic.ts';
import type { ProblemRecord, RunRecord, TaskRecord } from './record.ts';

type Attributes = Readonly<Record<string, string | number | undefined>>;

type Case = { readonly suite: string; readonly ms: number; readonly kind: Kind; readonly xml: string };
type Kind = 'passed' | 'failure' | 'error' | 'skipped';

/** `fileOf` says by which name a file of the project goes in the reader, which knows the repository. */
export function junitXml(run: RunRecord, fileOf: (file: string) => string): string {
  const cases = [
    ...run.problems.filter(({ severity }) => severity === 'error').map((problem) => problemCase(run, problem, fileOf)),
    ...run.tasks.map((record) => taskCase(run, record, fileOf)),
  ];
  const suites = [...Map.groupBy(cases, ({ suite }) => suite)].map(([name, own]) =>
    element(
      'testsuite',
      { name, ...totals(own), timestamp: run.startedAt.slice(0, 19) },
      own.map(({ xml }) => xml),
    ),
  );
  const root = element('testsuites', { name: run.name, ...totals(cases), time: seconds(run.durationMs) }, suites);
  return `<?xml version="1.0" encoding="UTF-8"?>\n${root}\n`;
}

function totals(cases: readonly Case[]): Attributes {
  const of = (kind: Kind) => cases.filter((one) => one.kind === kind).length;
  return {
    tests: cases.length,
    failures: of('failure'),
    errors: of('error'),
    skipped: of('skipped'),
    time: seconds(cases.reduce((sum, { ms }) => sum + ms, 0)),
  };
}

const KINDS: Record<TaskRecord['result'], Kind> = {
  passed: 'passed',
  failed: 'failure',
  interrupted: 'error',
  skipped: 'skipped',
  waiting: 'skipped',
  'finished-before': 'skipped',
  'not-run': 'skipped',
};

function taskCase(run: RunRecord, record: TaskRecord, fileOf: (file: string) => string): Case {
  const { task, durationMs, place, output } = record;
  const suite = task.phase ?? run.name;
  const kind = KINDS[record.result];
  const file = fileOf(place?.file ?? task.detail?.file ?? 'runbook.yaml');
  const attributes = {
    name: task.name === task.id ? task.id : `${task.id}: ${task.name}`,
    classname: suite,
    time: seconds(durationMs),
    file,
    line: lineOf(place),
  };
  const printed =
    output === undefined || output.text === '' ? [] : [`<system-out>${text(printedText(output))}</system-out>`];
  const xml = element('testcase', attributes, [
    ...verdict(kind, record, { ...(place ? { place } : {}), file }),
    ...printed,
  ]);
  return { suite, ms: durationMs, kind, xml };
}

function printedText({ text: printed, isCut, logFile }: NonNullable<TaskRecord['output']>): string {
  return isCut ? `… the beginning is in ${logFile}\n${printed}` : printed;
}

function verdict(kind: Kind, record: TaskRecord, where: { readonly place?: Place; readonly file: string }): string[] {
  const { reason, advice, issue, result } = record;
  switch (kind) {
    case 'passed':
      return [];
    case 'skipped': {
      const message = result === 'waiting' ? `waits for a person: ${reason}` : reason;
      return [element('skipped', { message: firstLine(message) }, [])];
    }
    default: {
      const lines = [reason, placeLine(where), ...(advice === undefined ? [] : [`→ ${advice}`])];
      const attributes = { message: firstLine(reason), type: issue ?? 'ERROR' };
      return [`<${kind}${written(attributes)}>${text(lines.join('\n'))}</${kind}>`];
    }
  }
}

/** What is wrong with the files, or what kept the run from going on, as a case of its own: a reader shows nothing else. */
function problemCase(run: RunRecord, problem: ProblemRecord, fileOf: (file: string) => string): Case {
  const { code, message, advice, place } = problem;
  const file = place && fileOf(place.file);
  const lines = [
    message,
    ...(file === undefined ? [] : [placeLine({ ...(place ? { place } : {}), file })]),
    ...(advice === undefined ? [] : [`→ ${advice}`]),
  ];
  const name = file === undefined ? code : `${code}: ${placeLine({ ...(place ? { place } : {}), file })}`;
  const attributes = { name, classname: run.name, time: seconds(0), file, line: lineOf(place) };
  const error = `<error${written({ message: firstLine(message), type: code })}>${text(lines.join('\n'))}</error>`;
  return { suite: run.name, ms: 0, kind: 'error', xml: element('testcase', attributes, [error]) };
}

/** `tasks/a.yaml:3`. */
function placeLine({ place, file }: { readonly place?: Place; readonly file: string }): string {
  const line = lineOf(place);
  return line === undefined ? file : `${file}:${line}`;
}

export function lineOf(place: Place | undefined): number | undefined {
  if (place?.text === undefined || place.span === undefined) return undefined;
  return lineColumn(place.text, place.span.start).line;
}

function firstLine(message: string): string {
  return message.split('\n')[0] ?? '';
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(3);
}

function element(name: string, attributes: Attributes, children: readonly string[]): string {
  const start = `<${name}${written(attributes)}`;
  if (children.length === 0) return `${start}/>`;
  // Not indented: what a script printed would be.
  return `${start}>\n${children.join('\n')}\n</${name}>`;
}

function written(attributes: Attributes): string {
  return Object.entries(attributes)
    .filter((pair): pair is [string, string | number] => pair[1] !== undefined)
    .map(([name, value]) => ` ${name}="${attribute(String(value))}"`)
    .join('');
}

/** Colours of a terminal say nothing here, and their first character is one that XML has no way to write. */
const ESCAPES = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[@-Z\\-_])/g;
const FORBIDDEN = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu;

/** Text between two tags. What XML 1.0 cannot hold is left out. */
export function text(content: string): string {
  return content
    .toWellFormed()
    .replace(ESCAPES, '')
    .replace(/\r\n?/g, '\n')
    .replace(FORBIDDEN, '')
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;');
}

/** A reader makes spaces of the line breaks in an attribute, unless they are written as characters. */
function attribute(content: string): string {
  return text(content).replace(/"/g, '&quot;').replace(/\t/g, '&#9;').replace(/\n/g, '&#10;');
}
