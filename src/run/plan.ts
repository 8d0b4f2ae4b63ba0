// What a run would do, without doing it: the same state machine on a copy, with every task taken to succeed. Pure; writes nothing.

import { isBroken, type Runbook, type Task, type TaskId } from '../runbook/task.ts';
import { needsAbsentPerson } from './absent.ts';
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

export type PlanStep = { readonly task: Task; readonly needs: 'nothing' | 'person' | 'review' };

export type Stuck = { readonly task: Task; readonly reason: string };

export type Plan = { readonly steps: readonly PlanStep[]; readonly stuck: readonly Stuck[]; readonly halted?: Task };

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
  if (running) return { steps: [], stuck: [{ task: running, reason: whyStuck(begin, running) }] };
  const halted = options.keepGoing ? undefined : firstError(begin.tasks, scope);
  if (halted) return { steps: [], stuck: [], halted };
  const absent = new Map(mine.map((task) => [task.id, options.unattended && whyAbsent(task, options.unattended)]));
  const isRunnable = (task: Task) =>
    task.work !== undefined && !isBroken(begin, task) && absent.get(task.id) === undefined;
  const runnable = new Set(mine.filter(isRunnable).map((task) => task.id));
  const done = simulate(begin.tasks, runnable, options.once ? 1 : Number.POSITIVE_INFINITY);
  const steps = done.map((task) => ({ task, needs: needsOf(task) }));
  if (options.once && steps.length > 0) return { steps, stuck: [] };
  const end = withDone(begin, done);
  const rest = inScope(end.tasks, scope).filter((task) => !isFinished(task));
  const reasonOf = (task: Task) => (task.status === 'READY' ? absent.get(task.id) : undefined) ?? whyStuck(end, task);
  return { steps, stuck: rest.map((task) => ({ task, reason: reasonOf(task) })) };
}

/**
 * The tasks in the order in which they would run: again and again the first in the file that is READY, taken to succeed. After each,
 * only what rests on it is looked at again, and the search goes on from the first of those.
 */
function simulate(tasks: readonly Task[], runnable: ReadonlySet<TaskId>, most: number): Task[] {
  const dependents = dependentsOf(tasks);
  const unmet = tasks.map((task) => waitingFor(byId(tasks), task).length);
  const ready = tasks.map((task) => task.status === 'READY');
  const order: Task[] = [];
  for (let at = 0; at < tasks.length && order.length < most; ) {
    const task = tasks[at];
    if (task === undefined || !ready[at] || !runnable.has(task.id)) {
      at += 1;
      continue;
    }
    order.push(task);
    ready[at] = false;
    at += 1;
    for (const { index, status, hold } of dependents.get(task.id) ?? []) {
      unmet[index] = (unmet[index] ?? 0) - 1;
      if (unmet[index] !== 0 || status !== 'PENDING' || hold) continue;
      ready[index] = true;
      at = Math.min(at, index);
    }
  }
  return order;
}

function whyAbsent(task: Task, { yes }: { yes: boolean }): string | undefined {
  return needsAbsentPerson({ person: undefined, unattended: true, yes }, task)?.reason;
}

function withDone(runbook: Runbook, done: readonly Task[]): Runbook {
  const ids = new Set(done.map((task) => task.id));
  return { ...runbook, tasks: runbook.tasks.map((task) => (ids.has(task.id) ? { ...task, status: 'DONE' } : task)) };
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
