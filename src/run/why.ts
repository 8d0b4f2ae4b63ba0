// Why a task does not go on, down to the causes, and what would help most. Pure; a settled runbook in, data out.
//
// A task waits for the unfinished among its dependencies, and each of those that is PENDING waits in turn. The walk ends at tasks that
// wait for no other: what keeps those is a cause. A PENDING task on the way may be kept by something of its own as well (a hold, an
// error in its files): that is a cause too, since it would not go on even if all that it waits for were finished.

import { isBroken, type Runbook, type Task, type TaskId } from '../runbook/task.ts';
import { byId, dependentsOf, isFinished, waitingFor } from './states.ts';

export type CauseKind =
  | 'failed'
  | 'running'
  /** It was skipped, and what rests on it does not allow that. */
  | 'skipped'
  | 'held'
  | 'broken'
  | 'unwritten'
  /** A manual step whose turn it is. */
  | 'person'
  /** A model call whose answer a person must review. */
  | 'review'
  /** Nothing keeps it: a run does it. */
  | 'ready';

export type Cause = {
  readonly kind: CauseKind;
  readonly task: Task;
  /** From the task that was asked about to the cause, each depending on the next; only the one where it is a cause itself. */
  readonly chain: readonly Task[];
};

/** What keeps an unfinished task from being started, nearest first; for a READY one, that it is its turn. */
export function causesOf(runbook: Runbook, task: Task): Cause[] {
  const index = byId(runbook.tasks);
  // Each with the one that waits for it, by which it was first reached: so every chain is a shortest one.
  const reached = new Map<Task, Task | undefined>([[task, undefined]]);
  const causes: Cause[] = [];
  // A Map that grows while it is walked is walked to its new end.
  for (const one of reached.keys()) {
    const kinds = keptBy(runbook, one);
    if (kinds.length > 0) causes.push(...kinds.map((kind) => ({ kind, task: one, chain: chainTo(one, reached) })));
    if (one.status !== 'PENDING') continue;
    for (const other of waitingFor(index, one)) if (!reached.has(other)) reached.set(other, one);
  }
  return causes;
}

function chainTo(task: Task, reached: ReadonlyMap<Task, Task | undefined>): Task[] {
  const chain: Task[] = [];
  for (let one: Task | undefined = task; one !== undefined; one = reached.get(one)) chain.push(one);
  return chain.toReversed();
}

/** A cause without the way to it. */
export type Root = Pick<Cause, 'kind' | 'task'>;

/** The causes of every PENDING task at once, in no particular order: each is found once, not anew from every task behind it. */
export function rootsOf(runbook: Runbook): ReadonlyMap<TaskId, readonly Root[]> {
  const index = byId(runbook.tasks);
  const roots = new Map<TaskId, ReadonlySet<Root>>();
  for (const task of dependenciesFirst(runbook.tasks)) {
    const own = new Set<Root>(keptBy(runbook, task).map((kind) => ({ kind, task })));
    const waits = task.status === 'PENDING' ? waitingFor(index, task) : [];
    for (const other of waits) for (const root of roots.get(other.id) ?? []) own.add(root);
    roots.set(task.id, own);
  }
  const pending = runbook.tasks.filter(({ status }) => status === 'PENDING');
  return new Map(pending.map(({ id }) => [id, [...(roots.get(id) ?? [])]]));
}

function dependenciesFirst(tasks: readonly Task[]): Task[] {
  const dependents = dependentsOf(tasks);
  const left = new Map(tasks.map(({ id, dependsOn }) => [id, dependsOn.length]));
  const order = tasks.filter(({ dependsOn }) => dependsOn.length === 0);
  for (const { id } of order)
    for (const other of dependents.get(id) ?? []) {
      const rest = (left.get(other.id) ?? 0) - 1;
      left.set(other.id, rest);
      if (rest === 0) order.push(other);
    }
  return order;
}

/** What keeps this one, whatever it waits for. */
function keptBy(runbook: Runbook, task: Task): CauseKind[] {
  switch (task.status) {
    case 'ERROR':
      return ['failed'];
    case 'RUNNING':
      return ['running'];
    case 'SKIPPED':
      return ['skipped'];
    case 'DONE':
      return [];
    case 'READY':
      return [...unfit(runbook, task), turnOf(task)].slice(0, 1);
    case 'PENDING':
      return [...(task.hold ? (['held'] as const) : []), ...unfit(runbook, task)];
  }
}

function unfit(runbook: Runbook, task: Task): CauseKind[] {
  if (isBroken(runbook, task)) return ['broken'];
  return task.work === undefined ? ['unwritten'] : [];
}

function turnOf(task: Task): CauseKind {
  if (task.type === 'MANUAL') return 'person';
  return needsReview(task) ? 'review' : 'ready';
}

function needsReview({ work }: Task): boolean {
  return work?.type === 'AI_ASSISTED' && !work.ai.auto_accept;
}

export type Effect = {
  /** Tasks that could start then, and those that a run would reach by itself after them; not what it reaches anyway. */
  readonly opens: readonly Task[];
  /** Unfinished tasks that rest on it, directly or through others. */
  readonly waiting: readonly Task[];
};

/** What it would let go on if it were finished; of a skipped one, if that were allowed. */
export function effectOf(runbook: Runbook, task: Task): Effect {
  return effects(runbook)(task);
}

/** What is done by a run that asks nobody and passes over what it cannot do, in file order. */
export function unattended(runbook: Runbook): Task[] {
  const done = new Set(reaching(runbook, dependentsOf(runbook.tasks))(undefined).done);
  return runbook.tasks.filter((task) => done.has(task));
}

/** The effects of many: what a run reaches anyway is found once. */
function effects(runbook: Runbook): (task: Task) => Effect {
  const { tasks } = runbook;
  const dependents = dependentsOf(tasks);
  const reach = reaching(runbook, dependents);
  const anyway = reach(undefined).started;
  return (task) => {
    // What is done holds up nobody.
    if (task.status === 'DONE') return { opens: [], waiting: [] };
    const then = reach(task).started;
    const resting = restingOn(dependents, task);
    return {
      opens: tasks.filter(({ id }) => id !== task.id && then.has(id) && !anyway.has(id)),
      waiting: tasks.filter(({ id }) => resting.has(id)),
    };
  };
}

function restingOn(dependents: ReadonlyMap<TaskId, readonly Task[]>, task: Task): ReadonlySet<TaskId> {
  const reached = new Set<TaskId>([task.id]);
  for (const id of reached)
    for (const other of dependents.get(id) ?? [])
      if (!isFinished(other) && !(task.status === 'SKIPPED' && id === task.id && other.allowSkipped))
        reached.add(other.id);
  reached.delete(task.id);
  return reached;
}

/** `started`: what comes to be READY. `done`: what is done then. */
type Reached = { readonly started: ReadonlySet<TaskId>; readonly done: readonly Task[] };

/** What happens while everything is done that needs no person, the given one taken as done. */
function reaching(
  runbook: Runbook,
  dependents: ReadonlyMap<TaskId, readonly Task[]>,
): (done: Task | undefined) => Reached {
  const { tasks } = runbook;
  const index = byId(tasks);
  const unmet = tasks.map((task) => waitingFor(index, task).length);
  const alone = tasks.map((task) => turnOf(task) === 'ready' && unfit(runbook, task).length === 0);
  return (done) => {
    const left = [...unmet];
    const started = new Set(tasks.filter(({ status }) => status === 'READY').map(({ id }) => id));
    const queue = tasks.filter(({ status, index: at }) => status === 'READY' && alone[at]);
    if (done && !queue.includes(done)) queue.push(done);
    for (const task of queue)
      for (const other of dependents.get(task.id) ?? []) {
        if (task.status === 'SKIPPED' && other.allowSkipped) continue;
        left[other.index] = (left[other.index] ?? 0) - 1;
        if (left[other.index] !== 0 || other.status !== 'PENDING' || other.hold) continue;
        started.add(other.id);
        if (alone[other.index] && other !== done) queue.push(other);
      }
    return { started, done: queue };
  };
}

/** Something that a person can do now, with what it would bring. */
export type Action = Effect & { readonly kind: Exclude<CauseKind, 'ready' | 'running'>; readonly task: Task };

/** What helps most comes first: by what could go on at once, then by all that waits, then as in the file. */
export function actionsNow(runbook: Runbook): Action[] {
  const effect = effects(runbook);
  const found = runbook.tasks.flatMap((task): Action[] => {
    const kind = nowDoable(runbook, task);
    return kind === undefined ? [] : [{ kind, task, ...effect(task) }];
  });
  return found
    .filter(({ kind, waiting }) => kind !== 'skipped' || waiting.length > 0)
    .sort(
      (a, b) => b.opens.length - a.opens.length || b.waiting.length - a.waiting.length || a.task.index - b.task.index,
    );
}

/** A task that still waits for others can be readied for later (written, released), but that lets nothing go on now. */
function nowDoable(runbook: Runbook, task: Task): Action['kind'] | undefined {
  const waits = task.status === 'PENDING' && waitingFor(byId(runbook.tasks), task).length > 0;
  const [kind] = waits ? [] : keptBy(runbook, task);
  return kind === 'ready' || kind === 'running' ? undefined : kind;
}
