// What a run would do, without doing it: the same state machine on a copy, with every task taken to succeed. Pure; writes nothing.

import { isBroken, type Runbook, type Task, type TaskId } from '../runbook/task.ts';
import { type Attendance, acceptsItself, needsAbsentPerson } from './absent.ts';
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
  withStatuses,
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
  /** Who would be there to answer; not told: somebody is. */
  readonly attendance?: Attendance;
};

const SOMEBODY: Attendance = { person: 'somebody', unattended: false, yes: false };

export function planRun(runbook: Runbook, scope: Scope, options: PlanOptions): Plan {
  const begin = withSettled(runbook, options.forced);
  const mine = inScope(begin.tasks, scope);
  const halted = options.keepGoing ? undefined : firstError(begin.tasks, scope);
  if (halted) return { steps: [], skipped: [], stuck: [], halted };
  const running = mine.find((task) => task.status === 'RUNNING');
  if (running) return { steps: [], skipped: [], stuck: [{ task: running, reason: whyStuck(begin, running) }] };
  const { order, finished, skipped, passed } = simulate(begin, mine, options);
  const { attendance = SOMEBODY } = options;
  const steps = order.map((task) => stepOf(begin, task, { skipped, attendance }));
  if (options.once && (steps.length > 0 || passed.length > 0)) return { steps, skipped, stuck: passed };
  const end = withSettled(
    withEnds(
      begin,
      finished,
      skipped.map(({ task }) => task),
    ),
  );
  const told = new Set(order.map(({ id }) => id));
  const reasons = new Map(passed.map(({ task, reason }) => [task.id, reason]));
  const rest = inScope(end.tasks, scope).filter((task) => !isFinished(task) && !told.has(task.id));
  return {
    steps,
    skipped,
    stuck: rest.map((task) => ({ task, reason: reasons.get(task.id) ?? whyStuck(end, task) })),
  };
}

type Around = { readonly skipped: readonly Stuck[]; readonly attendance: Attendance };

function stepOf(begin: Runbook, task: Task, { skipped, attendance }: Around): PlanStep {
  const step = { task, needs: needsOf(task, attendance) };
  if (task.when === undefined || isDecided(withSkipped(begin, skipped), task)) return step;
  return { ...step, when: task.when.text };
}

type Simulation = {
  readonly order: readonly Task[];
  /** Of those, without the ones whose answer then waits for a review. */
  readonly finished: readonly Task[];
  readonly skipped: readonly Stuck[];
  /** Those that wait for a person who is not there. */
  readonly passed: readonly Stuck[];
};

/**
 * The tasks in the order in which they would be started: again and again the first in the file that is READY, taken to succeed. After
 * each, only what rests on it is looked at again, and the search goes on from the first of those. One whose `when` does not hold is
 * passed over, and lets go on what allows that. As the loop does it: first whether it could run at all, then its `when`, then who is there.
 */
function simulate(
  begin: Runbook,
  mine: readonly Task[],
  { once, forced, attendance = SOMEBODY }: PlanOptions,
): Simulation {
  const { tasks } = begin;
  const isMine = new Set(mine);
  // Not needed for the first alone.
  let resting: Resting | undefined;
  const ready = tasks.map((task) => task.status === 'READY');
  const order: Task[] = [];
  const finished: Task[] = [];
  const skipped: Stuck[] = [];
  const passed: Stuck[] = [];
  const most = once ? 1 : Number.POSITIVE_INFINITY;
  for (let at = 0; at < tasks.length; ) {
    const task = tasks[at];
    const isNext = task !== undefined && ready[at] && isMine.has(task) && canRun(begin, task);
    ready[at] &&= !isNext;
    at += 1;
    if (!isNext) continue;
    const turn = turnOf(task, { begin, skipped, forced, attendance });
    if (turn.kind === 'skipped') skipped.push({ task, reason: turn.reason });
    else if (turn.kind === 'waits') passed.push({ task, reason: turn.reason });
    else order.push(task);
    if (turn.kind === 'finishes') finished.push(task);
    if (order.length + passed.length >= most) break;
    if (turn.kind !== 'finishes' && turn.kind !== 'skipped') continue;
    resting ??= restingOn(tasks);
    for (const { index, status, hold, allowSkipped } of resting.dependents.get(task.id) ?? []) {
      if (turn.kind === 'skipped' && !allowSkipped) continue;
      const left = (resting.unmet[index] ?? 0) - 1;
      resting.unmet[index] = left;
      if (left !== 0 || status !== 'PENDING' || hold) continue;
      ready[index] = true;
      at = Math.min(at, index);
    }
  }
  return { order, finished, skipped, passed };
}

function canRun(runbook: Runbook, task: Task): boolean {
  return task.work !== undefined && !isBroken(runbook, task);
}

/** Who rests on each task, and of how many each still waits. */
type Resting = { readonly dependents: ReturnType<typeof dependentsOf>; readonly unmet: number[] };

function restingOn(tasks: readonly Task[]): Resting {
  const index = byId(tasks);
  return { dependents: dependentsOf(tasks), unmet: tasks.map((task) => waitingFor(index, task).length) };
}

type Turn =
  | { readonly kind: 'skipped' | 'waits'; readonly reason: string }
  /** `asks`: its answer waits for a review then. */
  | { readonly kind: 'finishes' | 'asks' };

type AtTurn = Around & { readonly begin: Runbook; readonly forced: TaskId | undefined };

/** What happens at its turn: its `when` is looked at before it is asked who is there. */
function turnOf(task: Task, { begin, skipped, forced, attendance }: AtTurn): Turn {
  const unmeant = task.id === forced ? undefined : whySkippedIn(begin, task, skipped);
  if (unmeant !== undefined) return { kind: 'skipped', reason: unmeant };
  const absent = needsAbsentPerson(attendance, task);
  if (absent) return { kind: 'waits', reason: `${absent.reason}${ifMeant(begin, task, skipped)}` };
  return { kind: attendance.person === undefined && needsOf(task, attendance) === 'review' ? 'asks' : 'finishes' };
}

function ifMeant(begin: Runbook, task: Task, skipped: readonly Stuck[]): string {
  return task.when === undefined || isDecided(withSkipped(begin, skipped), task) ? '' : ` (if ${task.when.text})`;
}

/** An output that is still to come is taken to be what is wanted. */
function whySkippedIn(begin: Runbook, task: Task, skipped: readonly Stuck[]): string | undefined {
  if (task.when === undefined) return undefined;
  const known = withSkipped(begin, skipped);
  return isDecided(known, task) ? whySkipped(known, task) : undefined;
}

function withSkipped(runbook: Runbook, skipped: readonly Stuck[]): Runbook {
  return withEnds(
    runbook,
    [],
    skipped.map(({ task }) => task),
  );
}

function withEnds(runbook: Runbook, done: readonly Task[], skipped: readonly Task[]): Runbook {
  const ends = new Map<TaskId, 'DONE' | 'SKIPPED'>([
    ...done.map(({ id }) => [id, 'DONE'] as const),
    ...skipped.map(({ id }) => [id, 'SKIPPED'] as const),
  ]);
  return withStatuses(runbook, ends);
}

function whyStuck(runbook: Runbook, task: Task): string {
  if (isBroken(runbook, task)) return 'its files have errors: see "orchestrate validate"';
  const reason = blockReason(runbook, task);
  if (reason !== undefined) return reason;
  return task.work === undefined ? 'it is not yet written' : 'it cannot run now';
}

function needsOf(task: Task, attendance: Attendance): PlanStep['needs'] {
  switch (task.work?.type) {
    case 'MANUAL':
      return attendance.yes && !task.work.gate ? 'nothing' : 'person';
    case 'AI_ASSISTED':
      return acceptsItself(attendance, task) ? 'nothing' : 'review';
    default:
      return 'nothing';
  }
}
