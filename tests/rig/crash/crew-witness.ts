// Judges from outside what tasks that were at work at the same time have done: by what their scripts wrote down, the log, and the files.
// Pure; knows nothing of how the program keeps its word.
import type { LogEvent } from '../project.ts';

export type Plan = {
  readonly jobs: number;
  readonly resources: Readonly<Record<string, number>>;
  readonly keepGoing: boolean;
  readonly tasks: readonly {
    readonly id: string;
    readonly dependsOn?: readonly string[];
    readonly resources?: Readonly<Record<string, number>>;
    readonly exclusive?: boolean;
  }[];
};

/** `start`: the program was started; what was at work before that is another's. */
export type Stamp = { readonly kind: string; readonly id: string; readonly pid: string; readonly rest: string };

export function stampsOf(text: string): Stamp[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [kind = '', id = '', pid = '', rest = ''] = line.split(' ');
      return { kind, id, pid, rest };
    });
}

/** Never more at work than allowed, nothing together that must not meet, nothing before what it rests on has ended well. */
export function judgeStamps(stamps: readonly Stamp[], plan: Plan): string[] {
  const found: string[] = [];
  const tasks = new Map(plan.tasks.map((task) => [task.id, task]));
  const endedWell = new Set<string>();
  let atWork = new Map<string, string>();
  for (const { kind, id, pid, rest } of stamps) {
    if (kind === 'start') atWork = new Map();
    if (kind === 'end') {
      atWork.delete(pid);
      if (rest === '0') endedWell.add(id);
    }
    if (kind !== 'begin') continue;
    atWork.set(pid, id);
    const now = [...atWork.values()];
    for (const on of tasks.get(id)?.dependsOn ?? [])
      if (tasks.has(on) && !endedWell.has(on)) found.push(`${id} began before ${on} had ended well`);
    found.push(...tooMuch(now, plan, tasks));
  }
  return found;
}

function tooMuch(now: readonly string[], plan: Plan, tasks: ReadonlyMap<string, Plan['tasks'][number]>): string[] {
  const used = new Map<string, number>();
  for (const id of now)
    for (const [name, count] of Object.entries(tasks.get(id)?.resources ?? {}))
      used.set(name, (used.get(name) ?? 0) + count);
  return [
    ...(now.length > plan.jobs ? [`${now.length} at work: ${now.join(', ')}`] : []),
    ...(new Set(now).size < now.length ? [`one is at work twice: ${now.join(', ')}`] : []),
    ...(now.length > 1 && now.some((id) => tasks.get(id)?.exclusive) ? [`not alone: ${now.join(', ')}`] : []),
    ...used
      .entries()
      .filter(([name, count]) => count > (plan.resources[name] ?? 1))
      .map(([name, count]) => `${count} of ${name} in use: ${now.join(', ')}`),
  ];
}

type Line = LogEvent & { readonly seq?: number; readonly run_id?: string };

/** By the log: no number is missing, nothing starts before what it rests on is DONE, or after a failure of the same run. */
export function judgeLog(events: readonly LogEvent[], plan: Plan): string[] {
  const found: string[] = [];
  const tasks = new Map(plan.tasks.map((task) => [task.id, task]));
  const state = new Map<string, string>();
  const failedIn = new Set<string>();
  for (const [index, { seq, run_id = '', task_id, event_type, status_change }] of (events as Line[]).entries()) {
    if (seq !== index + 1) found.push(`line ${index + 1} of the log has the number ${seq}`);
    const id = task_id ?? '';
    const to = typeof status_change === 'string' ? status_change.split(' -> ')[1] : undefined;
    if (event_type === 'START_TASK') {
      for (const on of tasks.get(id)?.dependsOn ?? [])
        if (tasks.has(on) && state.get(on) !== 'DONE') found.push(`${id} started while ${on} was ${state.get(on)}`);
      if (failedIn.has(run_id) && !plan.keepGoing) found.push(`${id} started after a failure of the same run`);
      const atWork = state
        .values()
        .filter((status) => status === 'RUNNING')
        .toArray().length;
      if (atWork >= plan.jobs) found.push(`${id} started while ${atWork} were at work`);
    }
    if (event_type === 'ERROR_TASK') failedIn.add(run_id);
    if (event_type === 'TASK_RETRIED') failedIn.delete(run_id);
    if (to !== undefined) state.set(id, to);
  }
  return found;
}

/** How often each script was begun. */
export function begins(stamps: readonly Stamp[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { kind, id } of stamps) if (kind === 'begin') counts.set(id, (counts.get(id) ?? 0) + 1);
  return counts;
}

/** DONE is only what ended well the last time; and what ended well under a run that nobody disturbed is DONE. */
export function judgeStates(
  stamps: readonly Stamp[],
  statuses: Readonly<Record<string, string>>,
  { undisturbed }: { undisturbed: boolean },
): string[] {
  const found: string[] = [];
  const present = stamps.slice(stamps.findLastIndex(({ kind }) => kind === 'start') + 1);
  for (const id of new Set(stamps.filter(({ kind }) => kind === 'begin').map((stamp) => stamp.id))) {
    const last = stamps.findLast((stamp) => stamp.kind === 'begin' && stamp.id === id);
    const end = stamps.find((stamp) => stamp.kind === 'end' && stamp.id === id && stamp.pid === last?.pid);
    if (statuses[id] === 'DONE' && end?.rest !== '0') found.push(`${id} is DONE, and its script ended ${end?.rest}`);
    const isOfNow = present.some((stamp) => stamp.kind === 'begin' && stamp.id === id);
    if (undisturbed && isOfNow && end?.rest === '0' && statuses[id] !== 'DONE')
      found.push(`the script of ${id} ended well, and it is ${statuses[id]}`);
  }
  return found;
}
