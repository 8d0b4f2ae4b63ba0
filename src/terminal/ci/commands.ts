// The commands that a step of GitHub Actions and a job of GitLab CI give by what they print: escaping, annotations, sections. Pure.

import { lineColumn } from '../../base/diagnostic.ts';
import type { ProblemRecord, RunRecord, TaskRecord } from './record.ts';

type Level = 'error' | 'warning' | 'notice';
type Properties = Readonly<Record<string, string | number | undefined>>;

/** `::error file=a.yaml,line=3::what`, escaped as GitHub's toolkit does it: else a text could end its command or begin another. */
export function githubCommand(name: string, properties: Properties, message: string): string {
  const given = Object.entries(properties).filter((pair): pair is [string, string | number] => pair[1] !== undefined);
  const list = given.map(([key, value]) => `${key}=${escapeProperty(String(value))}`).join(',');
  return `::${name}${list === '' ? '' : ` ${list}`}::${escapeData(message)}`;
}

function escapeData(text: string): string {
  return text.replace(/%/g, '%25').replace(/\r/g, '%0D').replace(/\n/g, '%0A');
}

function escapeProperty(text: string): string {
  return escapeData(text).replace(/:/g, '%3A').replace(/,/g, '%2C');
}

/** Errors for what failed, notices for what waits; each at the line where the task is written. */
export function githubAnnotations(run: RunRecord, fileOf: (file: string) => string): string[] {
  return [
    ...run.problems.map((problem) => annotation(problem.severity, problem, fileOf)),
    ...run.tasks.flatMap((record) => taskAnnotation(record, fileOf)),
  ];
}

function taskAnnotation(record: TaskRecord, fileOf: (file: string) => string): string[] {
  const { task, result, reason, advice, issue, place } = record;
  const [level, code] =
    result === 'failed' || result === 'interrupted'
      ? (['error', `${task.id}: ${issue ?? 'ERROR'}`] as const)
      : result === 'waiting'
        ? (['notice', `${task.id} waits for a person`] as const)
        : [];
  if (level === undefined) return [];
  const problem = { code, message: reason, ...(advice ? { advice } : {}), ...(place ? { place } : {}) };
  return [annotation(level, problem, fileOf)];
}

function annotation(
  level: Level,
  { code, message, advice, place }: Omit<ProblemRecord, 'severity'>,
  fileOf: (file: string) => string,
): string {
  const at =
    place?.text !== undefined && place.span !== undefined ? lineColumn(place.text, place.span.start) : undefined;
  const properties = { file: place && fileOf(place.file), line: at?.line, col: at?.column, title: code };
  return githubCommand(level, properties, advice === undefined ? message : `${message}\n→ ${advice}`);
}

/** The two ends of a collapsible section of a GitLab job log. `at` is seconds since 1970. */
export function gitlabSection(
  end: 'start' | 'end',
  { id, title = '', at }: { id: string; title?: string; at: number },
): string {
  return `\u001b[0Ksection_${end}:${at}:${id}\r\u001b[0K${title}`;
}
