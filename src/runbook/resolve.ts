// Checked files → one resolved runbook. Pure: looks at no file and runs nothing. Graph checks are in graph.ts.

import { didYouMean, parseDuration } from '../base/text.ts';
import { conditionOf, conditionProblems } from './conditions.ts';
import { checkGraph, dependenciesOf } from './graph.ts';
import type { Problem, SourceFile, Spot } from './problem.ts';
import type { AiDetails, RawDetail, RawEntry, RawRunbook, ScriptOptions } from './schema.ts';
import { settingsOf, textValues } from './settings.ts';
import type { AiWork, ManualWork, Runbook, ScriptSpec, ScriptWork, Task, TaskId } from './task.ts';

/** What was found where an entry's `task_detail_file` points. */
export type DetailFile =
  | { readonly kind: 'none' }
  | { readonly kind: 'absent'; readonly file: string; readonly reason: string; readonly advice: string }
  /** `named`: what it says of itself, as far as that can be read. */
  | {
      readonly kind: 'broken';
      readonly file: string;
      readonly source: SourceFile;
      readonly problems: readonly Problem[];
      readonly named?: Named;
    }
  | { readonly kind: 'read'; readonly file: string; readonly source: SourceFile; readonly raw: RawDetail | undefined };

export const NO_DETAIL: DetailFile = { kind: 'none' };

type Named = { readonly id?: string | undefined; readonly type?: string | undefined };

export type ResolveInput = {
  readonly source: SourceFile;
  readonly raw: RawRunbook;
  readonly details: readonly DetailFile[];
};

export type Resolved = { readonly runbook: Runbook; readonly blocking: readonly Problem[] };

/** Problems without a `taskId` block the whole runbook; the others only their task. */
export function resolveRunbook(input: ResolveInput): Resolved {
  const { source, raw, details } = input;
  const blocking: Problem[] = [];
  const perTask: Problem[] = [];
  if (raw.tasks.length === 0) {
    blocking.push({
      severity: 'error',
      code: 'empty-runbook',
      message: 'the runbook has no tasks',
      spot: { source, path: ['tasks'] },
      advice: 'add one with "orchestrate add ID --type MANUAL --name NAME"',
    });
  }
  const tasks = raw.tasks.map((entry, index) => {
    const file = details[index] ?? NO_DETAIL;
    const context = { source, raw, entry, index, file };
    const task = resolveTask(context);
    perTask.push(...detailProblems(context, task.work));
    return task;
  });
  blocking.push(...checkIds(source, raw), ...checkGraph(source, raw), ...conditionProblems(source, raw, tasks));
  perTask.push(...checkArtifacts(input, tasks));
  return { runbook: { ...settingsOf(source, raw), tasks, problems: perTask }, blocking };
}

/** The same where nothing is wrong with any of it, which must be known. */
export function resolveSound({ source, raw, details }: ResolveInput): Runbook {
  const tasks = raw.tasks.map((entry, index) =>
    resolveTask({ source, raw, entry, index, file: details[index] ?? NO_DETAIL }),
  );
  return { ...settingsOf(source, raw), tasks, problems: [] };
}

type Context = {
  readonly source: SourceFile;
  readonly raw: RawRunbook;
  readonly entry: RawEntry;
  readonly index: number;
  readonly file: DetailFile;
};

/** What may be left out is added at the end: to spread objects that are mostly empty takes longer than all the rest. */
function resolveTask({ raw, entry, index, file }: Context): Task {
  const defaults = raw.defaults ?? {};
  const detail = file.kind === 'read' ? file.raw : undefined;
  const task: { -readonly [Key in keyof Task]: Task[Key] } = {
    id: entry.id as TaskId,
    index,
    name: entry.name,
    type: entry.type,
    status: entry.status ?? 'PENDING',
    detailStatus: detail?.status ?? undefined,
    dependsOn: withoutRepeated(dependenciesOf(raw, entry)) as readonly TaskId[],
    allowSkipped: entry.allow_skipped ?? defaults.allow_skipped ?? false,
    hold: entry.hold ?? defaults.hold ?? false,
    resources: resourcesOf(entry.resources ?? defaults.resources),
    exclusive: entry.exclusive ?? defaults.exclusive ?? false,
    expects: detail?.expects ?? defaults.expects ?? NOTHING,
    issues: detail?.issues ?? NOTHING,
    work: workOf(entry, file, raw),
  };
  const phase = entry.phase ?? defaults.phase;
  if (phase !== undefined) task.phase = phase;
  const when = conditionOf(raw, entry);
  if (when !== undefined) task.when = when;
  const description = detail?.description ?? defaults.description ?? undefined;
  if (description !== undefined) task.description = description;
  const artifact = detail?.output_artifact ?? defaults.output_artifact ?? undefined;
  if (artifact !== undefined) task.outputArtifact = artifact;
  if (detail?.last_run) task.lastRun = detail.last_run;
  if (file.kind !== 'none') task.detail = detailOf(file);
  return task;
}

function withoutRepeated<T>(items: readonly T[]): readonly T[] {
  return items.length < 2 ? items : [...new Set(items)];
}

/** Shared by all tasks: of ten thousand, each would have its own. */
const NOTHING: readonly never[] = Object.freeze([]);
const NO_NAMES: Readonly<Record<string, never>> = Object.freeze({});
const ONLY_ZERO: readonly number[] = Object.freeze([0]);

/** A name alone is one of it. */
function resourcesOf(raw: RawEntry['resources']): Readonly<Record<string, number>> {
  return Array.isArray(raw) ? Object.fromEntries(raw.map((name) => [name, 1])) : (raw ?? NO_NAMES);
}

function detailOf(file: Exclude<DetailFile, { kind: 'none' }>): NonNullable<Task['detail']> {
  const source = 'source' in file ? file.source : undefined;
  return { file: file.file, source, writable: file.kind === 'read' && file.raw !== undefined };
}

function workOf(entry: RawEntry, file: DetailFile, raw: RawRunbook): ManualWork | AiWork | ScriptWork | undefined {
  const defaults = raw.defaults ?? {};
  const detail = file.kind === 'read' ? file.raw : undefined;
  const readable = file.kind === 'none' || file.kind === 'read';
  switch (entry.type) {
    case 'MANUAL': {
      if (!readable) return undefined;
      const text = detail?.manual_instructions ?? defaults.manual_instructions ?? [];
      return {
        type: 'MANUAL',
        instructions: typeof text === 'string' ? [text] : text,
        gate: detail?.gate ?? defaults.gate ?? false,
      };
    }
    case 'AI_ASSISTED': {
      if (detail === undefined) return undefined;
      const own: AiDetails = detail.ai_details ?? {};
      return { type: 'AI_ASSISTED', ai: { ...defaults.ai_details, ...own } };
    }
    case 'AUTOMATED_SCRIPT': {
      const script = detail && scriptOf(detail.script_details, defaults.script_details);
      return script && { type: 'AUTOMATED_SCRIPT', script };
    }
  }
}

/** A string is always run by `sh -c`; a mapping's `command` runs without a shell (design.md §2). */
function scriptOf(
  own: string | ScriptOptions | undefined,
  defaults: string | ScriptOptions | undefined,
): ScriptSpec | undefined {
  // A mapping takes from the defaults what it does not say itself; a line says all that it runs.
  const options: ScriptOptions =
    typeof defaults === 'object' ? { ...defaults, ...(typeof own === 'object' ? own : {}) } : optionsOf(own);
  const line = typeof own === 'string' ? own : optionsOf(own).command === undefined ? defaults : undefined;
  const command = typeof line === 'string' ? ({ kind: 'shell', line } as const) : execOf(options);
  if (command === undefined) return undefined;
  const script: { -readonly [Key in keyof ScriptSpec]: ScriptSpec[Key] } = {
    command,
    env: options.env ? textValues(options.env) : NO_NAMES,
    retries: options.retries ?? 0,
    retryDelayMs: parseDuration(options.retry_delay ?? 0) ?? 0,
    successExitCodes: options.success_exit_codes ?? ONLY_ZERO,
    stdin: options.stdin ?? 'none',
    capture: options.capture === 'stdout',
  };
  if (options.cwd !== undefined) script.cwd = options.cwd;
  if (options.env_file !== undefined) script.envFile = options.env_file;
  const timeoutMs = options.timeout === undefined ? undefined : parseDuration(options.timeout);
  if (timeoutMs !== undefined) script.timeoutMs = timeoutMs;
  return script;
}

function execOf({ command, args }: ScriptOptions): ScriptSpec['command'] | undefined {
  return command === undefined ? undefined : { kind: 'exec', file: command, args: (args ?? []).map(String) };
}

function optionsOf(details: string | ScriptOptions | undefined): ScriptOptions {
  return typeof details === 'object' ? details : {};
}

function detailProblems(context: Context, work: Task['work']): Problem[] {
  const { source, entry, index, file } = context;
  const taskId = entry.id;
  const at = (path: (string | number)[], key = false): Spot => ({ source, path: ['tasks', index, ...path], key });
  switch (file.kind) {
    case 'none':
      if (entry.type === 'MANUAL') return [];
      return [
        {
          severity: 'error',
          code: 'missing-detail-file',
          message: `task "${taskId}" (${entry.type}) names no "task_detail_file"`,
          spot: at(['id']),
          advice: `write tasks/${taskId}.yaml and add "task_detail_file: tasks/${taskId}.yaml"`,
          taskId,
        },
      ];
    case 'absent':
      return [
        {
          severity: 'error',
          code: 'missing-detail-file',
          message: `the detail file of "${taskId}" ${file.reason}: ${file.file}`,
          spot: at(['task_detail_file']),
          advice: file.advice,
          taskId,
        },
      ];
    case 'broken':
      return [
        ...file.problems.map((problem) => ({ ...problem, taskId })),
        ...mismatches(context, file.source, file.named ?? {}),
      ];
    case 'read':
      return readDetailProblems(context, file, work);
  }
}

/** What the detail file says of itself, against what the entry says of it. */
function mismatches({ source, entry, index }: Context, detail: SourceFile, named: Named): Problem[] {
  return (['id', 'type'] as const)
    .filter((key) => named[key] !== undefined && named[key] !== entry[key])
    .map((key) => ({
      severity: 'error',
      code: `${key}-mismatch`,
      message: `"${key}" is ${named[key]} here, but ${entry[key]} in ${source.file}`,
      spot: { source: detail, path: [key] },
      related: [{ message: 'the entry', spot: { source, path: ['tasks', index, key] } }],
      advice: 'make the two the same',
      taskId: entry.id,
    }));
}

function readDetailProblems(context: Context, file: DetailFile & { kind: 'read' }, work: Task['work']): Problem[] {
  const { entry } = context;
  const taskId = entry.id;
  const detail = file.raw;
  const inFile = (...path: (string | number)[]): Spot => ({ source: file.source, path });
  if (detail === undefined) {
    if (entry.type === 'MANUAL') return [];
    const message = `${file.file} is empty: task "${taskId}" is not yet written`;
    return [
      { severity: 'warning', code: 'unwritten', message, spot: inFile(), taskId, advice: 'describe the task there' },
    ];
  }
  const problems = mismatches(context, file.source, detail);
  const need = (key: string, message: string) =>
    problems.push({ severity: 'error', code: 'missing-key', message, spot: inFile(), taskId, advice: `add "${key}"` });
  if (work?.type === 'AI_ASSISTED' && !work.ai.prompt_template && !work.ai.quickie)
    need('ai_details: prompt_template: …', `task "${taskId}" has no prompt template`);
  if (entry.type === 'AUTOMATED_SCRIPT' && work === undefined)
    need('script_details: …', `task "${taskId}" has no command to run`);
  problems.push(...wrongSections(detail, entry, file.source));
  return problems;
}

const SECTIONS = [
  { key: 'manual_instructions', type: 'MANUAL' },
  { key: 'gate', type: 'MANUAL' },
  { key: 'ai_details', type: 'AI_ASSISTED' },
  { key: 'script_details', type: 'AUTOMATED_SCRIPT' },
] as const;

/** A section that belongs to another type would be silently ignored: say so. */
function wrongSections(detail: RawDetail, entry: RawEntry, source: SourceFile): Problem[] {
  return SECTIONS.filter(({ key, type }) => detail[key] !== undefined && entry.type !== type).map(({ key, type }) => ({
    severity: 'error' as const,
    code: 'wrong-section',
    message: `"${key}" belongs to ${type} tasks, but "${entry.id}" is ${entry.type}`,
    spot: { source, path: [key], key: true },
    advice: 'remove it, or correct the type in both files',
    taskId: entry.id,
  }));
}

/** Ids are unique ignoring case and after `[^A-Za-z0-9]` → `_`, because they become file and variable names (design.md §2). */
function checkIds(source: SourceFile, raw: RawRunbook): Problem[] {
  const first = new Map<string, number>();
  const problems: Problem[] = [];
  for (const [index, entry] of raw.tasks.entries()) {
    const folded = entry.id.toLowerCase().replace(/[^a-z0-9]/g, '_');
    const earlier = first.get(folded);
    if (earlier === undefined) {
      first.set(folded, index);
      continue;
    }
    const other = raw.tasks[earlier]?.id ?? '';
    problems.push({
      severity: 'error',
      code: 'duplicate-id',
      message:
        other === entry.id
          ? `the id "${entry.id}" is used twice`
          : `the ids "${other}" and "${entry.id}" differ only in case or punctuation`,
      spot: { source, path: ['tasks', index, 'id'] },
      related: [{ message: 'first used here', spot: { source, path: ['tasks', earlier, 'id'] } }],
      advice: 'rename one of them',
    });
  }
  return problems;
}

const FORBIDDEN_ARTIFACT = /^(?:$|(?:\.git|\.orchestrate|tasks|config)(?:\/|$)|(?:\.env|runbook\.yaml)$)/i;

/** True for places that no artifact may be written to (design.md §9), and for the project folder itself. The path is relative with `/`. */
export function isForbiddenArtifact(path: string): boolean {
  const normal = normalInside(path);
  return normal !== undefined && FORBIDDEN_ARTIFACT.test(normal);
}

/** Paths that lead outside, forbidden places, and two tasks with one artifact. Links are looked at when the file is written. */
function checkArtifacts({ source, details }: ResolveInput, tasks: readonly Task[]): Problem[] {
  const problems: Problem[] = [];
  const owner = new Map<string, Task>();
  const detailFiles = new Set<string>();
  for (const { detail } of tasks) if (detail !== undefined) detailFiles.add(normalPath(detail.file));
  for (const task of tasks) {
    const artifact = task.outputArtifact;
    if (artifact === undefined) continue;
    const file = details[task.index];
    const own = file?.kind === 'read' && file.raw?.output_artifact ? file.source : undefined;
    const add = (code: string, message: string, advice: string) => {
      const spot: Spot = own
        ? { source: own, path: ['output_artifact'] }
        : { source, path: ['defaults', 'output_artifact'] };
      problems.push({ severity: 'error', code, message, spot, advice, taskId: task.id });
    };
    const normal = normalPath(artifact);
    if (leadsOutside(artifact)) {
      add(
        'outside-project',
        `"output_artifact" leads outside the project: ${artifact}`,
        'give a path relative to the project folder',
      );
    } else if (FORBIDDEN_ARTIFACT.test(normal) || detailFiles.has(normal)) {
      add(
        'forbidden-artifact',
        `no task may write ${artifact}`,
        'choose a path outside .git, .orchestrate, .env, runbook.yaml, tasks and config',
      );
    }
    const other = owner.get(normal);
    if (other)
      add(
        'shared-artifact',
        `"${task.id}" and "${other.id}" both write ${artifact}`,
        'give each task a file of its own',
      );
    owner.set(normal, task);
  }
  return problems;
}

/** True for an absolute path or one whose `..` leave the folder it starts in; links are not looked at. */
export function leadsOutside(path: string): boolean {
  return normalInside(path) === undefined;
}

/** The same text for the same file: `./a//b/../c` is `a/c`. A path that leads outside stays as it is. */
function normalPath(path: string): string {
  return normalInside(path) ?? path;
}

/** Nothing in it needs to be worked out. */
const NORMAL_PATH = /^[\w-][\w.-]*(?:\/[\w-][\w.-]*)*$/;

/** A path with `.` and `..` worked out; undefined where it leaves the folder that it starts in. */
function normalInside(path: string): string | undefined {
  if (NORMAL_PATH.test(path)) return path;
  if (path.startsWith('/') || /^[A-Za-z]:[\\/]/.test(path) || path.includes('\0')) return undefined;
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..') parts.push(part);
    else if (parts.pop() === undefined) return undefined;
  }
  return parts.join('/');
}

/** "did you mean" over task ids. */
export function suggestId(id: string, tasks: readonly { readonly id: string }[]): string | undefined {
  return didYouMean(
    id,
    tasks.map((task) => task.id),
  );
}
