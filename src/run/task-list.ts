// What is known of a list of tasks beside the tasks: where each stands, who rests on it, whose state may have to follow. A list that
// differs in a few tasks from another takes this over, so that a step of one task among ten thousand does not look at all of them. Pure.

import type { Task, TaskId } from '../runbook/task.ts';

type Known = {
  readonly positions: ReadonlyMap<TaskId, number>;
  readonly dependents: ReadonlyMap<TaskId, readonly number[]>;
  /** Positions of those that are READY, RUNNING or in ERROR, ascending. */
  readonly active: readonly number[];
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
  const active: number[] = [];
  tasks.forEach((task, position) => {
    positions.set(task.id, position);
    if (isActive(task)) active.push(position);
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

function isActive(task: Task | undefined): boolean {
  return task?.status === 'READY' || task?.status === 'RUNNING' || task?.status === 'ERROR';
}

function leavesValues({ lastRun }: Task): boolean {
  return lastRun?.outputs !== undefined;
}

/** Whether any task has left values for others. */
export function hasOutputs(tasks: readonly Task[]): boolean {
  return knownOf(tasks).hasOutputs;
}

/** Those that are READY, RUNNING or in ERROR, in file order: who decides what is next. */
export function activeOf(tasks: readonly Task[]): readonly Task[] {
  return knownOf(tasks).active.flatMap((position) => tasks[position] ?? []);
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
  const resting = changed.flatMap(({ id }) => dependents.get(id) ?? []);
  known.set(result, {
    positions,
    dependents,
    hasOutputs: former.hasOutputs || changed.some(leavesValues),
    active: union(active, own).filter((position) => isActive(result[position])),
    ...(unsettled ? { unsettled: union(unsettled, [...own, ...resting]) } : {}),
  });
  return result;
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
