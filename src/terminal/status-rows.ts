// What of a runbook is shown at a glance: which tasks one by one, what is folded into a count. Pure; draws nothing.

import { isFinished } from '../run/states.ts';
import type { Task, TaskId } from '../runbook/task.ts';
import type { Status } from '../runbook/words.ts';

/** A runbook up to this long is shown whole. */
const SHORT = 16;
/** Of a longer one: how many tasks of a status are shown one by one, from the front. Finished ones are folded. */
const SHOWN: Record<Status, number> = { ERROR: 8, RUNNING: 8, READY: 6, PENDING: 6, DONE: 0, SKIPPED: 0 };
/** Of finished tasks that cannot be trusted any more. */
const SHOWN_STALE = 6;
/** So many folded phases in a row are shown each, at the end that is next to what is going on. */
const SHOWN_PHASES = 4;

/** Entries that follow each other with the same phase. A phase may come back later in the file. */
export type Phase = { readonly title: string | undefined; readonly tasks: readonly Task[]; readonly finished: number };

/** One line. `finished` and `more` stand for tasks that are not shown each, `phases` for whole phases. */
export type Row =
  | { readonly kind: 'phase'; readonly phase: Phase }
  | { readonly kind: 'phases'; readonly phases: readonly Phase[] }
  | { readonly kind: 'task'; readonly task: Task }
  | { readonly kind: 'finished' | 'more'; readonly count: number };

export type RowOptions = {
  /** Folds nothing. */
  readonly all: boolean;
  /** DONE tasks that need a look. */
  readonly stale?: ReadonlySet<TaskId>;
};

/** The lines in order. */
export function chooseRows(tasks: readonly Task[], { all, stale = new Set() }: RowOptions): Row[] {
  const phases = phasesOf(tasks);
  if (all || tasks.length <= SHORT) return phases.flatMap((phase) => [...heading(phase), ...phase.tasks.map(taskRow)]);
  const shown = pickShown(phases, stale);
  const first = phases.findIndex((phase) => isOpen(phase, shown));
  const last = phases.findLastIndex((phase) => isOpen(phase, shown));
  return [
    ...foldPhases(first < 0 ? phases : phases.slice(0, first), 'end'),
    ...(first < 0 ? [] : phases.slice(first, last + 1).flatMap((phase) => openPhase(phase, shown))),
    ...(first < 0 ? [] : foldPhases(phases.slice(last + 1), 'beginning')),
  ];
}

function phasesOf(tasks: readonly Task[]): Phase[] {
  const groups: { title: string | undefined; tasks: Task[] }[] = [];
  for (const task of tasks) {
    const last = groups.at(-1);
    if (last && last.title === task.phase) last.tasks.push(task);
    else groups.push({ title: task.phase, tasks: [task] });
  }
  return groups.map((group) => ({ ...group, finished: group.tasks.filter(isFinished).length }));
}

/** The tasks that are shown one by one: those where something goes on, and PENDING ones beside them or at the front. */
function pickShown(phases: readonly Phase[], stale: ReadonlySet<TaskId>): Set<Task> {
  const left = { ...SHOWN };
  const distrusted = phases.flatMap((phase) => phase.tasks.filter(({ id }) => stale.has(id))).slice(0, SHOWN_STALE);
  const pick = (task: Task) => left[task.status]-- > 0;
  const busy = new Set(phases.flatMap((phase) => phase.tasks.filter((task) => task.status !== 'PENDING')).filter(pick));
  const open = phases.filter((phase) => isOpen(phase, busy));
  const front = open.length > 0 ? open : phases.filter((phase) => phase.finished < phase.tasks.length).slice(0, 1);
  return new Set([
    ...distrusted,
    ...busy,
    ...front.flatMap((phase) => phase.tasks.filter((task) => task.status === 'PENDING')).filter(pick),
  ]);
}

function isOpen(phase: Phase, shown: ReadonlySet<Task>): boolean {
  return phase.tasks.some((task) => shown.has(task));
}

function openPhase(phase: Phase, shown: ReadonlySet<Task>): Row[] {
  if (!isOpen(phase, shown)) return foldPhases([phase], 'end');
  const visible = phase.tasks.filter((task) => shown.has(task));
  const folded = phase.tasks.filter((task) => isFinished(task) && !shown.has(task));
  const [onlyDone, second] = folded;
  const rest = phase.tasks.length - visible.length - folded.length;
  return [
    ...heading(phase),
    // One task takes no more room than a line that counts it.
    ...(onlyDone && !second ? [taskRow(onlyDone)] : countRow('finished', folded.length)),
    ...visible.map(taskRow),
    ...countRow('more', rest),
  ];
}

/** Phases without a visible task: each by its heading, those far from what is going on as one line. */
function foldPhases(phases: readonly Phase[], near: 'beginning' | 'end'): Row[] {
  const cut = near === 'end' ? phases.length - SHOWN_PHASES : SHOWN_PHASES;
  if (phases.length <= SHOWN_PHASES + 1) return phases.flatMap(folded);
  const [before, after] = [phases.slice(0, cut), phases.slice(cut)];
  const many = (some: readonly Phase[]): Row => ({ kind: 'phases', phases: some });
  return near === 'end' ? [many(before), ...after.flatMap(folded)] : [...before.flatMap(folded), many(after)];
}

function folded(phase: Phase): Row[] {
  if (phase.title !== undefined) return heading(phase);
  return [...countRow('finished', phase.finished), ...countRow('more', phase.tasks.length - phase.finished)];
}

function heading(phase: Phase): Row[] {
  return phase.title === undefined ? [] : [{ kind: 'phase', phase }];
}

function taskRow(task: Task): Row {
  return { kind: 'task', task };
}

function countRow(kind: 'finished' | 'more', n: number): Row[] {
  return n === 0 ? [] : [{ kind, count: n }];
}
