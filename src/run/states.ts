// The state machine of a runbook (design.md §3): what becomes READY, what is next, what blocks what. Pure; reads no file.

import { openIssue, type Runbook, type Task, type TaskId } from '../runbook/task.ts';
import type { Status, TaskType } from '../runbook/words.ts';
import { byId, maybeUnsettled, setUnsettled, type TaskIndex, tasksIn } from './task-list.ts';

export { byId, tasksIn } from './task-list.ts';

/** A change of one task's status that follows from the others. */
export type Move = { readonly task: Task; readonly to: Status; readonly reason: string };

/** True when the dependency lets `task` start: DONE, or SKIPPED where the task allows it. ERROR never counts. */
export function isSatisfied(task: Task, dependency: Task): boolean {
  return dependency.status === 'DONE' || (dependency.status === 'SKIPPED' && task.allowSkipped);
}

/** The dependencies that a task still waits for. */
export function waitingFor(tasks: TaskIndex, task: Task): Task[] {
  return task.dependsOn.flatMap((id) => unfinished(tasks, task, id) ?? []);
}

function unfinished(tasks: TaskIndex, task: Task, id: TaskId): Task | undefined {
  const dependency = tasks.get(id);
  return dependency === undefined || isSatisfied(task, dependency) ? undefined : dependency;
}

/** Whether it waits for any. The last in the list most often end last: of thousands, one is looked at. */
function isWaiting(tasks: TaskIndex, task: Task): boolean {
  return task.dependsOn.findLast((id) => unfinished(tasks, task, id)) !== undefined;
}

/**
 * PENDING becomes READY when all it waits for is finished, unless it is on hold; READY with an unfinished dependency goes back to
 * PENDING (a person set it so by hand). The one that `forced` names becomes and stays READY, whatever it waits for.
 */
export function settle(tasks: readonly Task[], forced?: TaskId): Move[] {
  const index = byId(tasks);
  const moves: Move[] = [];
  for (const task of forced === undefined ? maybeUnsettled(tasks) : tasks) {
    if (task.status !== 'PENDING' && task.status !== 'READY') continue;
    const waits = isWaiting(index, task);
    const ready = !waits && !task.hold;
    if (task.status === 'PENDING' && (ready || task.id === forced)) {
      moves.push({ task, to: 'READY', reason: ready ? readyReason(task) : 'forced by a person' });
    } else if (task.status === 'READY' && waits && task.id !== forced) {
      const waiting = waitingFor(index, task).map(({ id, status }) => `${id} (${status})`);
      moves.push({ task, to: 'PENDING', reason: `it still waits for ${waiting.join(', ')}` });
    }
  }
  if (forced === undefined)
    setUnsettled(
      tasks,
      moves.map(({ task }) => task),
    );
  return moves;
}

function readyReason(task: Task): string {
  return task.dependsOn.length === 0 ? 'it depends on nothing' : `${task.dependsOn.join(', ')} finished`;
}

/** The runbook as the next command would begin with it: what `settle` says, done on a copy. */
export function withSettled(runbook: Runbook, forced?: TaskId): Runbook {
  return withStatuses(runbook, new Map(settle(runbook.tasks, forced).map(({ task, to }) => [task.id, to])));
}

/** The runbook with these statuses in place of those that the tasks have. */
export function withStatuses(runbook: Runbook, statuses: ReadonlyMap<TaskId, Status>): Runbook {
  if (statuses.size === 0) return runbook;
  const tasks = runbook.tasks.map((task) => {
    const status = statuses.get(task.id);
    return status === undefined ? task : { ...task, status };
  });
  return { ...runbook, tasks };
}

/** The DONE tasks that rest on one of these, directly or through others. */
export function doneOn(tasks: readonly Task[], ids: readonly TaskId[]): Task[] {
  const dependents = dependentsOf(tasks);
  const reached = new Set<TaskId>(ids);
  // A Set that grows while it is walked is walked to its new end.
  for (const id of reached) for (const task of dependents.get(id) ?? []) reached.add(task.id);
  return tasks.filter(({ id, status }) => status === 'DONE' && reached.has(id) && !ids.includes(id));
}

/** For each id the tasks that depend on it directly. */
export function dependentsOf(tasks: readonly Task[]): ReadonlyMap<TaskId, readonly Task[]> {
  const dependents = new Map<TaskId, Task[]>();
  for (const task of tasks) {
    for (const id of task.dependsOn) {
      const known = dependents.get(id);
      if (known) known.push(task);
      else dependents.set(id, [task]);
    }
  }
  return dependents;
}

/** How many unfinished tasks rest on this one, directly or through others. */
export function countWaiting(tasks: readonly Task[], id: TaskId): number {
  const dependents = dependentsOf(tasks);
  const seen = new Set<TaskId>();
  const queue = [id];
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    for (const task of dependents.get(next) ?? []) {
      if (seen.has(task.id) || isFinished(task)) continue;
      seen.add(task.id);
      queue.push(task.id);
    }
  }
  return seen.size;
}

/** Which tasks a command is about (design.md §3). */
export type Scope = {
  readonly only?: readonly TaskId[];
  readonly type?: TaskType;
  /** Earlier entries are passed over; dependencies still count. */
  readonly startFrom?: TaskId;
  /** This one and everything above it in the file. */
  readonly until?: TaskId;
};

/** The tasks in scope, in file order. */
export function inScope(tasks: readonly Task[], scope: Scope): readonly Task[] {
  return tasks.filter(scopeOf(tasks, scope));
}

/** Whether a task is in scope. */
export function scopeOf(tasks: readonly Task[], scope: Scope): (task: Task) => boolean {
  if (Object.values(scope).every((limit) => limit === undefined)) return () => true;
  const place = (id: TaskId) => byId(tasks).get(id)?.index ?? -1;
  const from = scope.startFrom === undefined ? 0 : place(scope.startFrom);
  const to = scope.until === undefined ? tasks.length - 1 : place(scope.until);
  return (task) =>
    task.index >= from &&
    task.index <= to &&
    (scope.only === undefined || scope.only.includes(task.id)) &&
    (scope.type === undefined || task.type === scope.type);
}

/** The ERROR that came last, by the time of its open issue; the first in the file where no times are known. */
export function lastError(tasks: readonly Task[]): Task | undefined {
  const time = (task: Task) => openIssue(task)?.timestamp ?? '';
  const failed = tasks.filter((task) => task.status === 'ERROR');
  return failed.reduce<Task | undefined>((last, task) => (last && time(task) <= time(last) ? last : task), undefined);
}

/** The first ERROR in scope: it halts the linear runner before another task is started. */
export function firstError(tasks: readonly Task[], scope: Scope): Task | undefined {
  return tasksIn(tasks, 'ERROR').find(scopeOf(tasks, scope));
}

/**
 * The first READY task in file order. `passed` are tasks that cannot run now (waiting, broken); `keepGoing` passes over what rests
 * on an ERROR, which `settle` never makes READY, so nothing more is needed for it.
 */
export function nextTask(
  tasks: readonly Task[],
  scope: Scope,
  passed: { readonly has: (id: TaskId) => boolean },
): Task | undefined {
  const isMine = scopeOf(tasks, scope);
  return tasksIn(tasks, 'READY').find((task) => isMine(task) && !passed.has(task.id));
}

/** Tasks that can never become READY as things stand, because what they rest on was skipped and they do not allow it. */
export function blockedBySkip(tasks: readonly Task[], skipped: TaskId): Task[] {
  return tasks.filter((task) => task.dependsOn.includes(skipped) && !task.allowSkipped && !isFinished(task));
}

export function isFinished(task: Task): boolean {
  return task.status === 'DONE' || task.status === 'SKIPPED';
}

/** How the tasks in scope stand, for the exit code (design.md §4): the worst thing first. */
export function standing(tasks: readonly Task[], scope: Scope): 'error' | 'waiting' | 'finished' {
  const mine = inScope(tasks, scope);
  if (mine.some((task) => task.status === 'ERROR')) return 'error';
  return mine.every(isFinished) ? 'finished' : 'waiting';
}

/** Why an unfinished task does not go on, in words for a person; undefined for a READY one. */
export function blockReason(runbook: Runbook, task: Task): string | undefined {
  if (task.status === 'ERROR') return openIssue(task)?.detail ?? 'it failed';
  if (task.status === 'RUNNING') return 'it is marked RUNNING';
  const waiting = waitingFor(byId(runbook.tasks), task);
  if (waiting.length > 0)
    return `waits for ${waiting.map((t) => (t.status === 'PENDING' ? t.id : `${t.id} (${t.status})`)).join(', ')}`;
  return task.hold ? 'on hold: set it to READY by hand when it may run' : undefined;
}
