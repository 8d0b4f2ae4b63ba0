// The dependency graph of a runbook: unknown ids, cycles, transitive closure. Pure.

import { didYouMean } from '../base/text.ts';
import type { Problem, SourceFile, Spot } from './problem.ts';
import type { RawRunbook } from './schema.ts';
import type { Task, TaskId } from './task.ts';

/** Unknown dependencies, and each cycle once with every edge and its place. */
export function checkGraph(source: SourceFile, raw: RawRunbook): Problem[] {
  const ids = new Set(raw.tasks.map((task) => task.id));
  const problems: Problem[] = [];
  for (const [index, task] of raw.tasks.entries()) {
    for (const [position, dependency] of (task.depends_on ?? []).entries()) {
      if (ids.has(dependency)) continue;
      const spot: Spot = { source, path: ['tasks', index, 'depends_on', position] };
      const advice = didYouMean(dependency, ids) ?? 'add that task, or remove the dependency';
      problems.push({ severity: 'error', code: 'unknown-dependency', message: `"${task.id}" depends on "${dependency}", which does not exist`, spot, advice });
    }
  }
  return [...problems, ...findCycles(raw).map((cycle) => cycleProblem(source, raw, cycle))];
}

/** Cycles as lists of entry positions, each found once. Iterative: a chain of 10,000 tasks must not overflow the stack. */
function findCycles(raw: RawRunbook): number[][] {
  const indexOf = new Map(raw.tasks.map((task, index) => [task.id, index]));
  const edges = raw.tasks.map((task) =>
    (task.depends_on ?? []).map((id) => indexOf.get(id)).filter((index) => index !== undefined),
  );
  const state = new Uint8Array(raw.tasks.length); // 0 not seen, 1 on the path, 2 finished
  const cycles: number[][] = [];
  for (let start = 0; start < edges.length; start++) {
    if (state[start] !== 0) continue;
    const path: { node: number; next: number }[] = [{ node: start, next: 0 }];
    state[start] = 1;
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      const target = edges[top.node]?.[top.next++];
      if (target === undefined) {
        state[top.node] = 2;
        path.pop();
      } else if (state[target] === 1) {
        cycles.push(path.slice(path.findIndex((step) => step.node === target)).map((step) => step.node));
      } else if (state[target] === 0) {
        state[target] = 1;
        path.push({ node: target, next: 0 });
      }
    }
  }
  return cycles;
}

function cycleProblem(source: SourceFile, raw: RawRunbook, cycle: readonly number[]): Problem {
  const id = (index: number) => raw.tasks[index]?.id ?? '';
  const edge = (position: number) => {
    const from = cycle[position] ?? 0;
    const to = cycle[(position + 1) % cycle.length] ?? 0;
    const place = (raw.tasks[from]?.depends_on ?? []).indexOf(id(to));
    return { message: `"${id(from)}" depends on "${id(to)}"`, spot: { source, path: ['tasks', from, 'depends_on', place] } };
  };
  const [first, ...others] = cycle.map((_, position) => edge(position));
  const names = [...cycle, cycle[0] ?? 0].map(id).join(' → ');
  return {
    severity: 'error',
    code: 'cycle',
    message: cycle.length === 1 ? `"${id(cycle[0] ?? 0)}" depends on itself` : `these tasks wait for each other: ${names}`,
    ...(first ? { spot: first.spot } : {}),
    related: others,
    advice: 'remove one of these dependencies',
  };
}

/** Every task that `id` rests on, directly or through others. */
export function ancestors(tasks: readonly Task[], id: TaskId): Set<TaskId> {
  const byId = new Map(tasks.map((task) => [task.id, task]));
  return reach(id, (task) => byId.get(task)?.dependsOn ?? []);
}

/** Every task that rests on `id`, directly or through others. */
export function descendants(tasks: readonly Task[], id: TaskId): Set<TaskId> {
  const dependents = new Map<TaskId, TaskId[]>();
  for (const task of tasks) {
    for (const dependency of task.dependsOn) dependents.set(dependency, [...(dependents.get(dependency) ?? []), task.id]);
  }
  return reach(id, (task) => dependents.get(task) ?? []);
}

function reach(start: TaskId, next: (id: TaskId) => readonly TaskId[]): Set<TaskId> {
  const seen = new Set<TaskId>();
  const queue = [...next(start)];
  for (let id = queue.pop(); id !== undefined; id = queue.pop()) {
    if (seen.has(id)) continue;
    seen.add(id);
    queue.push(...next(id));
  }
  return seen;
}
