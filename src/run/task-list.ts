// What is known of a list of tasks beside the tasks: where each stands, who rests on it, whose state may have to follow. A list that
// differs in a few tasks from another takes this over, so that a step of one task among ten thousand does not look at all of them. Pure.

import type { Task, TaskId } from '../runbook/task.ts';
import type { Status } from '../runbook/words.ts';

/** The states that decide what is next. */
type Active = 'READY' | 'RUNNING' | 'ERROR';

type Known = {
  readonly positions: ReadonlyMap<TaskId, number>;
  readonly dependents: ReadonlyMap<TaskId, readonly number[]>;
  /** Positions, ascending. */
  readonly active: Readonly<Record<Active, readonly number[]>>;
  /** Some task has left values for others. */
  readonly hasOutputs: boolean;
  /** Positions of all whose state may have to follow those of the others; undefined where nobody has looked. */
  unsettled?: readonly number[];
};

const known = new WeakMap<readonly Task[], Known>();

function knownOf(tasks: readonly Task[]): Known {
  const found = known.get(tasks);
  if (found) return found;
  const positions = new Map<TaskId, number>();
  const dependents = new Map<TaskId, number[]>();
  const active: Record<Active, number[]> = { READY: [], RUNNING: [], ERROR: [] };
  tasks.forEach((task, position) => {
    positions.set(task.id, position);
    if (isActive(task.status)) active[task.status].push(position);
    for (const id of task.dependsOn) {
      const others = dependents.get(id);
      if (others) others.push(position);
      else dependents.set(id, [position]);
    }
  });
  const made = { positions, dependents, active, hasOutputs: tasks.some(leavesValues) };
  known.set(tasks, made);
  return made;
}

function isActive(status: Status): status is Active {
  return status === 'READY' || status === 'RUNNING' || status === 'ERROR';
}

function leavesValues({ lastRun }: Task): boolean {
  return lastRun?.outputs !== undefined;
}

/** Whether any task has left values for others. */
export function hasOutputs(tasks: readonly Task[]): boolean {
  return knownOf(tasks).hasOutputs;
}

/** Those in this state, in file order; found as they are asked for: of thousands that are READY, most often the first is enough. */
export function* tasksIn(tasks: readonly Task[], status: Active): Generator<Task, undefined> {
  for (const position of knownOf(tasks).active[status]) {
    const task = tasks[position];
    if (task) yield task;
  }
}

/** Tasks by their id. */
export type TaskIndex = { readonly get: (id: TaskId) => Task | undefined };

export function byId(tasks: readonly Task[]): TaskIndex {
  const { positions } = knownOf(tasks);
  return { get: (id) => tasks[positions.get(id) ?? -1] };
}

/** The same list with other versions of some tasks; what they depend on must not differ. */
export function withChanged(tasks: readonly Task[], changed: readonly Task[]): readonly Task[] {
  const former = knownOf(tasks);
  const { positions, dependents, active, unsettled } = former;
  const result = [...tasks];
  const own: number[] = [];
  for (const task of changed) {
    const position = positions.get(task.id);
    if (position === undefined) continue;
    result[position] = task;
    own.push(position);
  }
  const activeIn = (status: Active) =>
    withPlaces(active[status], own, (position) => result[position]?.status === status);
  const resting = changed.flatMap(({ id }) => dependents.get(id) ?? []);
  known.set(result, {
    positions,
    dependents,
    hasOutputs: former.hasOutputs || changed.some(leavesValues),
    active: { READY: activeIn('READY'), RUNNING: activeIn('RUNNING'), ERROR: activeIn('ERROR') },
    ...(unsettled ? { unsettled: union(unsettled, [...own, ...resting]) } : {}),
  });
  return result;
}

/** The same places, but that the given ones are in it where `isIn`, and else not. */
function withPlaces(
  places: readonly number[],
  given: readonly number[],
  isIn: (place: number) => boolean,
): readonly number[] {
  let result: number[] | undefined;
  for (const place of given) {
    const at = placeIn(result ?? places, place);
    if (((result ?? places)[at] === place) === isIn(place)) continue;
    result ??= [...places];
    if (isIn(place)) result.splice(at, 0, place);
    else result.splice(at, 1);
  }
  return result ?? places;
}

/** Where a number stands among ascending ones, or would. */
function placeIn(ascending: readonly number[], number: number): number {
  let [from, to] = [0, ascending.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if ((ascending[middle] as number) < number) from = middle + 1;
    else to = middle;
  }
  return from;
}

function union(some: readonly number[], others: readonly number[]): number[] {
  return [...new Set([...some, ...others])].sort((a, b) => a - b);
}

/** Those whose state may have to follow those of the others, in file order. */
export function maybeUnsettled(tasks: readonly Task[]): readonly Task[] {
  return known.get(tasks)?.unsettled?.flatMap((position) => tasks[position] ?? []) ?? tasks;
}

/** After a look at all of the former: only these have to follow. */
export function setUnsettled(tasks: readonly Task[], unsettled: readonly Task[]): void {
  const about = knownOf(tasks);
  about.unsettled = unsettled.flatMap(({ id }) => about.positions.get(id) ?? []);
}
