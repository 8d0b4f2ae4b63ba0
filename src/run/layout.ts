// Where the tasks of a graph are drawn: columns by what depends on what, lanes by phase. Pure; knows no unit but places in a grid.
//
// A task stands one column behind the last of those that it depends on, so every edge leads to the right. A phase is a lane over all
// columns, so phases never overlap, in whatever order their tasks run. Within a lane and a column the tasks are ordered by where their
// neighbours stand, sweeping to and fro, which takes most crossings away.

import type { Task, TaskId } from '../runbook/task.ts';
import { byId, dependentsOf } from './states.ts';

export type Cell = { readonly task: Task; readonly column: number; readonly lane: number; readonly row: number };

export type Lane = { readonly title: string | undefined; readonly rows: number; readonly firstRow: number };

export type Layout = { readonly cells: readonly Cell[]; readonly lanes: readonly Lane[]; readonly columns: number };

const SWEEPS = 6;

/** `row` counts through all lanes. The tasks must be without cycles. */
export function layOut(tasks: readonly Task[]): Layout {
  const columns = columnsOf(tasks);
  const titles = [...new Set(tasks.map(({ phase }) => phase))];
  const lanes = titles.map((title) =>
    slotsOf(
      tasks.filter(({ phase }) => phase === title),
      columns,
    ),
  );
  const rows = lanes.map((lane) => Math.max(1, ...lane.map((slot) => slot.length)));
  const firstRows = rows.map((_, at) => rows.slice(0, at).reduce((sum, count) => sum + count, 0));
  untangle(tasks, lanes, firstRows);
  return {
    cells: lanes.flatMap((lane, at) =>
      lane.flatMap((slot, column) =>
        slot.map((task, place) => ({ task, column, lane: at, row: (firstRows[at] ?? 0) + place })),
      ),
    ),
    lanes: titles.map((title, at) => ({ title, rows: rows[at] ?? 1, firstRow: firstRows[at] ?? 0 })),
    columns: Math.max(0, ...columns.values()) + 1,
  };
}

/** The longest way from a task that depends on nothing. Not recursive: a chain of 10,000 must not overflow the stack. */
function columnsOf(tasks: readonly Task[]): ReadonlyMap<TaskId, number> {
  const dependents = dependentsOf(tasks);
  const columns = new Map<TaskId, number>(tasks.map(({ id }) => [id, 0]));
  const left = new Map(tasks.map(({ id, dependsOn }) => [id, dependsOn.length]));
  const queue = tasks.filter(({ dependsOn }) => dependsOn.length === 0);
  for (const { id } of queue)
    for (const other of dependents.get(id) ?? []) {
      columns.set(other.id, Math.max(columns.get(other.id) ?? 0, (columns.get(id) ?? 0) + 1));
      const rest = (left.get(other.id) ?? 0) - 1;
      left.set(other.id, rest);
      if (rest === 0) queue.push(other);
    }
  return columns;
}

/** A lane's tasks by column, in file order. */
function slotsOf(tasks: readonly Task[], columns: ReadonlyMap<TaskId, number>): Task[][] {
  const slots: Task[][] = Array.from({ length: Math.max(0, ...columns.values()) + 1 }, () => []);
  for (const task of tasks) slots[columns.get(task.id) ?? 0]?.push(task);
  return slots;
}

/** Orders each slot in place. */
function untangle(tasks: readonly Task[], lanes: readonly Task[][][], firstRows: readonly number[]): void {
  const index = byId(tasks);
  const dependents = dependentsOf(tasks);
  const rows = new Map<TaskId, number>();
  const note = (slot: readonly Task[], lane: number) => {
    for (const [place, { id }] of slot.entries()) rows.set(id, (firstRows[lane] ?? 0) + place);
  };
  for (const [at, lane] of lanes.entries()) for (const slot of lane) note(slot, at);
  for (let sweep = 0; sweep < SWEEPS; sweep += 1) {
    const forwards = sweep % 2 === 0;
    const neighbours = (task: Task) =>
      forwards ? task.dependsOn.flatMap((id) => index.get(id) ?? []) : (dependents.get(task.id) ?? []);
    for (const [at, lane] of lanes.entries())
      for (const slot of forwards ? lane : lane.toReversed()) {
        const wish = new Map(
          slot.map((task) => [
            task,
            mean(
              neighbours(task).map(({ id }) => rows.get(id) ?? 0),
              rows.get(task.id) ?? 0,
            ),
          ]),
        );
        slot.sort((a, b) => (wish.get(a) ?? 0) - (wish.get(b) ?? 0) || a.index - b.index);
        note(slot, at);
      }
  }
}

function mean(values: readonly number[], otherwise: number): number {
  return values.length === 0 ? otherwise : values.reduce((sum, value) => sum + value, 0) / values.length;
}
