// The dependency graph of a runbook: unknown ids, cycles, transitive closure. Pure.

import { didYouMean } from '../base/text.ts';
import type { Problem, SourceFile, Spot } from './problem.ts';
import type { RawEntry, RawRunbook } from './schema.ts';
import type { Task, TaskId } from './task.ts';

/** More cycles than this are not told at once: they share their edges, and a few mended ones mend the rest. */
const MOST_CYCLES = 20;

/** What an entry depends on: its own list, else the one under `defaults`. */
export function dependenciesOf(raw: RawRunbook, entry: RawEntry): readonly string[] {
  return entry.depends_on ?? raw.defaults?.depends_on ?? [];
}

/** Unknown dependencies, and each cycle once with every edge and its place. */
export function checkGraph(source: SourceFile, raw: RawRunbook): Problem[] {
  const ids = new Set(raw.tasks.map((task) => task.id));
  const problems: Problem[] = [];
  for (const [index, task] of raw.tasks.entries()) {
    for (const [position, dependency] of dependenciesOf(raw, task).entries()) {
      if (ids.has(dependency)) continue;
      const spot = spotOf({ source, raw, index, position });
      const advice = didYouMean(dependency, ids) ?? 'add that task, or remove the dependency';
      problems.push({
        severity: 'error',
        code: 'unknown-dependency',
        message: `"${task.id}" depends on "${dependency}", which does not exist`,
        spot,
        advice,
      });
    }
  }
  return [
    ...problems,
    ...findCycles(raw)
      .slice(0, MOST_CYCLES)
      .map((cycle) => cycleProblem(source, raw, cycle)),
  ];
}

/** Where the dependency at `position` of the entry at `index` is written. */
function spotOf({
  source,
  raw,
  index,
  position,
}: {
  source: SourceFile;
  raw: RawRunbook;
  index: number;
  position: number;
}): Spot {
  const own = raw.tasks[index]?.depends_on;
  return { source, path: [...(own ? ['tasks', index] : ['defaults']), 'depends_on', position] };
}

/** Cycles as lists of entry positions, each found once. Iterative: a chain of 10,000 tasks must not overflow the stack. */
function findCycles(raw: RawRunbook): number[][] {
  if (isInOrder(raw)) return [];
  const indexOf = new Map(raw.tasks.map((task, index) => [task.id, index]));
  const edges = raw.tasks.map((task) =>
    [...new Set(dependenciesOf(raw, task))].map((id) => indexOf.get(id)).filter((index) => index !== undefined),
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

/** Where every task stands below all that it depends on, as most are written, there is no cycle. */
function isInOrder(raw: RawRunbook): boolean {
  const above = new Set<string>();
  for (const task of raw.tasks) {
    if (!dependenciesOf(raw, task).every((id) => above.has(id))) return false;
    above.add(task.id);
  }
  return true;
}

function cycleProblem(source: SourceFile, raw: RawRunbook, cycle: readonly number[]): Problem {
  const id = (index: number) => raw.tasks[index]?.id ?? '';
  const edge = (position: number) => {
    const from = cycle[position] ?? 0;
    const to = cycle[(position + 1) % cycle.length] ?? 0;
    const entry = raw.tasks[from];
    const place = entry ? dependenciesOf(raw, entry).indexOf(id(to)) : 0;
    return {
      message: `"${id(from)}" depends on "${id(to)}"`,
      spot: spotOf({ source, raw, index: from, position: place }),
    };
  };
  const [first, ...others] = cycle.map((_, position) => edge(position));
  const names = [...cycle, cycle[0] ?? 0].map(id).join(' → ');
  return {
    severity: 'error',
    code: 'cycle',
    message:
      cycle.length === 1 ? `"${id(cycle[0] ?? 0)}" depends on itself` : `these tasks wait for each other: ${names}`,
    ...(first ? { spot: first.spot } : {}),
    related: others,
    advice: 'remove one of these dependencies',
  };
}

/** Every task that `id` rests on, directly or through others. */
export function ancestors(tasks: readonly Task[], id: TaskId): Set<TaskId> {
  const byId = new Map(tasks.map((task) => [task.id, task]));
  const seen = new Set<TaskId>();
  const queue = [...(byId.get(id)?.dependsOn ?? [])];
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    if (seen.has(next)) continue;
    seen.add(next);
    queue.push(...(byId.get(next)?.dependsOn ?? []));
  }
  return seen;
}
