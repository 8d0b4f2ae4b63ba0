// What a run would do, without doing it: the same state machine on a copy, with every task taken to succeed. Pure; writes nothing.

import { isBroken, type Runbook, type Task, type TaskId } from '../runbook/task.ts';
import { needsAbsentPerson } from './absent.ts';
import { isDecided, whySkipped } from './outputs.ts';
import {
  blockReason,
  byId,
  dependentsOf,
  firstError,
  inScope,
  isFinished,
  type Scope,
  waitingFor,
  withSettled,
} from './states.ts';

export type PlanStep = {
  readonly task: Task;
  readonly needs: 'nothing' | 'person' | 'review';
  /** What decides at its turn whether it runs: an output that is not there yet. */
  readonly when?: string;
};

export type Stuck = { readonly task: Task; readonly reason: string };

export type Plan = {
  readonly steps: readonly PlanStep[];
  /** Those whose `when` does not hold, in the order in which they would be passed over. */
  readonly skipped: readonly Stuck[];
  readonly stuck: readonly Stuck[];
  readonly halted?: Task;
};

/** As for the loop: `next` is `once`, and `forced` the task that `next ID --force` names. */
export type PlanOptions = {
  readonly once: boolean;
  readonly keepGoing: boolean;
  readonly forced?: TaskId;
  /** `run --ci`: what needs a person would not run. `yes` is its `--yes`. */
  readonly unattended?: { readonly yes: boolean };
};

export function planRun(runbook: Runbook, scope: Scope, options: PlanOptions): Plan {
  const begin = withSettled(runbook, options.forced);
  const mine = inScope(begin.tasks, scope);
  const running = mine.find((task) => task.status === 'RUNNING');
  if (running) return { steps: [], skipped: [], stuck: [{ task: running, reason: whyStuck(begin, running) }] };
  const halted = options.keepGoing ? undefined : firstError(begin.tasks, scope);
  if (halted) return { steps: [], skipped: [], stuck: [], halted };
  const absent = new Map(mine.map((task) => [task.id, options.unattended && whyAbsent(task, options.unattended)]));
  const isRunnable = (task: Task) =>
    task.work !== undefined && !isBroken(begin, task) && absent.get(task.id) === undefined;
  const runnable = new Set(mine.filter(isRunnable).map((task) => task.id));
  const most = options.once ? 1 : Number.POSITIVE_INFINITY;
  const { order, skipped } = simulate(begin, runnable, { most, forced: options.forced });
  const steps = order.map((task) => stepOf(begin, task, skipped));
  if (options.once && steps.length > 0) return { steps, skipped, stuck: [] };
  const end = withEnds(
    begin,
    order,
    skipped.map(({ task }) => task),
  );
  const rest = inScope(end.tasks, scope).filter((task) => !isFinished(task));
  const reasonOf = (task: Task) => (task.status === 'READY' ? absent.get(task.id) : undefined) ?? whyStuck(end, task);
  return { steps, skipped, stuck: rest.map((task) => ({ task, reason: reasonOf(task) })) };
}

function stepOf(begin: Runbook, task: Task, skipped: readonly Stuck[]): PlanStep {
  const step = { task, needs: needsOf(task) };
  if (task.when === undefined || isDecided(withSkipped(begin, skipped), task)) return step;
  return { ...step, when: task.when.text };
}

type Simulation = { readonly order: readonly Task[]; readonly skipped: readonly Stuck[] };

/**
 * The tasks in the order in which they would run: again and again the first in the file that is READY, taken to succeed. After each,
 * only what rests on it is looked at again, and the search goes on from the first of those. One whose `when` does not hold is passed
 * over, and lets go on what allows that.
 */
function simulate(
  begin: Runbook,
  runnable: ReadonlySet<TaskId>,
  { most, forced }: { most: number; forced: TaskId | undefined },
): Simulation {
  const { tasks } = begin;
  const dependents = dependentsOf(tasks);
  const unmet = tasks.map((task) => waitingFor(byId(tasks), task).length);
  const ready = tasks.map((task) => task.status === 'READY');
  const order: Task[] = [];
  const skipped: Stuck[] = [];
  for (let at = 0; at < tasks.length && order.length < most; ) {
    const task = tasks[at];
    if (task === undefined || !ready[at] || !runnable.has(task.id)) {
      at += 1;
      continue;
    }
    const reason = task.id === forced ? undefined : whySkippedIn(begin, task, skipped);
    if (reason === undefined) order.push(task);
    else skipped.push({ task, reason });
    ready[at] = false;
    at += 1;
    for (const { index, status, hold, allowSkipped } of dependents.get(task.id) ?? []) {
      if (reason !== undefined && !allowSkipped) continue;
      unmet[index] = (unmet[index] ?? 0) - 1;
      if (unmet[index] !== 0 || status !== 'PENDING' || hold) continue;
      ready[index] = true;
      at = Math.min(at, index);
    }
  }
  return { order, skipped };
}

/** An output that is still to come is taken to be what is wanted. */
function whySkippedIn(begin: Runbook, task: Task, skipped: readonly Stuck[]): string | undefined {
  if (task.when === undefined) return undefined;
  const known = withSkipped(begin, skipped);
  return isDecided(known, task) ? whySkipped(known, task) : undefined;
}

function whyAbsent(task: Task, { yes }: { yes: boolean }): string | undefined {
  return needsAbsentPerson({ person: undefined, unattended: true, yes }, task)?.reason;
}

function withSkipped(runbook: Runbook, skipped: readonly Stuck[]): Runbook {
  return withEnds(
    runbook,
    [],
    skipped.map(({ task }) => task),
  );
}

function withEnds(runbook: Runbook, done: readonly Task[], skipped: readonly Task[]): Runbook {
  if (done.length + skipped.length === 0) return runbook;
  const ends = new Map<TaskId, 'DONE' | 'SKIPPED'>([
    ...done.map(({ id }) => [id, 'DONE'] as const),
    ...skipped.map(({ id }) => [id, 'SKIPPED'] as const),
  ]);
  return { ...runbook, tasks: runbook.tasks.map((task) => ({ ...task, status: ends.get(task.id) ?? task.status })) };
}

function whyStuck(runbook: Runbook, task: Task): string {
  if (isBroken(runbook, task)) return 'its files have errors: see "orchestrate validate"';
  const reason = blockReason(runbook, task);
  if (reason !== undefined) return reason;
  return task.work === undefined ? 'it is not yet written' : 'it cannot run now';
}

function needsOf(task: Task): PlanStep['needs'] {
  if (task.type === 'MANUAL') return 'person';
  return task.work?.type === 'AI_ASSISTED' && !task.work.ai.auto_accept ? 'review' : 'nothing';
}
