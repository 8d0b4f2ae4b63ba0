// The tasks of a run that are at work at the same moment (`run -j N`): how many, and which may be at work together. Does not choose
// the next one, and does not judge how one ended.

import type { Failure } from '../base/failure.ts';
import { ok, type Result } from '../base/result.ts';
import type { Runbook, Task } from '../runbook/task.ts';
import { acceptsItself } from './absent.ts';
import { type Attempt, attempt } from './attempt.ts';
import { createLanes } from './lanes.ts';
import type { Outcome } from './outcome.ts';
import type { Session } from './session.ts';

/** Without an outcome it was not begun after all: another had failed meanwhile, or the run is to end. */
export type Ended = {
  readonly task: Task;
  readonly runbook: Runbook;
  readonly outcome: Result<Outcome | undefined, Failure>;
};

export type Crew = {
  readonly isIdle: () => boolean;
  /** Nothing more may be started before one ends, whatever it is. */
  readonly isFull: () => boolean;
  readonly has: (id: string) => boolean;
  /** Whether it may be at work beside those that are. */
  readonly fits: (runbook: Runbook, task: Task) => boolean;
  readonly start: (runbook: Runbook, work: Attempt) => void;
  /** One has ended already, and still counts until `ended` has told of it. */
  readonly hasEnded: () => boolean;
  /**
   * The next one that ends, in the order of their ends; only to be asked while somebody is at work. Throws the defect that one of them
   * ended with.
   */
  readonly ended: () => Promise<Ended>;
  /** When all that was told as ended is recorded: the failure where one is not. Throws what a defect has thrown since. */
  readonly finished: () => Promise<Result<undefined, Failure>>;
};

type Member = { readonly task: Task; readonly asks: boolean };
type Over = { readonly task: Task; readonly ended: Promise<Ended> };

export function createCrew(session: Session, jobs: number): Crew {
  const members = new Map<string, Member>();
  const over: Over[] = [];
  /** Attempts whose end was decided, and is not recorded yet, or cannot be. */
  const ending = new Set<Promise<Ended>>();
  let wake: (() => void) | undefined;
  const lanes = createLanes(session.report, { eventsAtOnce: session.eventsAtOnce });
  /** A person who is asked while nobody else is at work has no lock: nothing may start beside them (run/standby.ts). */
  let alone = false;
  const setAlone = (is: boolean) => {
    alone = is;
    session.setAlone(is || members.size === 0);
  };
  const finished = async () => {
    const all = await Promise.all(ending);
    return all.map(({ outcome }) => outcome).find((outcome) => !outcome.ok) ?? ok(undefined);
  };
  return {
    isIdle: () => members.size === 0,
    isFull: () => members.size >= jobs || alone,
    has: (id) => members.has(id),
    fits: (runbook, task) => fitsBeside([...members.values()], { session, runbook, task }),
    start(runbook, work) {
      const { task } = work;
      const lane = lanes.open(task);
      const asks = asksPerson(session, task);
      const isFirst = members.size === 0;
      members.set(task.id, { task, asks });
      setAlone(isFirst && (asks || jobs === 1));
      const tell = (ended: Promise<Ended>) => {
        over.push({ task, ended });
        wake?.();
      };
      let isTold = false;
      const onDecided = (outcome: Outcome) => {
        isTold = true;
        ending.add(attempted);
        attempted.then(
          ({ outcome: recorded }) => recorded.ok && ending.delete(attempted),
          () => undefined,
        );
        tell(Promise.resolve({ task, runbook, outcome: ok(outcome) }));
      };
      const begin = () => attempt({ ...session, report: lane.report }, runbook, { ...work, onDecided });
      /** A script may be recorded with the end of another. Anything else begins when that is told: a person may read it then. */
      const beginAfter = async () => {
        const before = await finished();
        if (!before.ok) return before;
        if (asks) lane.first();
        return begin();
      };
      const attempted = (isScript(task) && !asks ? begin() : beginAfter())
        .finally(lane.end)
        .then((outcome) => ({ task, runbook, outcome }));
      const settled = () => {
        if (!isTold) tell(attempted);
      };
      attempted.then(settled, settled);
    },
    hasEnded: () => over.length > 0,
    async ended() {
      // Whoever waits for the last one starts nothing before it has ended; and what others have done is recorded while the lock is held.
      if (members.size === 1) {
        // A defect among them comes up at the end (`finished`).
        if (ending.size > 0) await finished().catch(() => undefined);
        setAlone(true);
      }
      while (over.length === 0) {
        const { promise, resolve } = Promise.withResolvers<void>();
        wake = resolve;
        await promise;
      }
      const [{ task, ended }] = over.splice(0, 1) as [Over];
      members.delete(task.id);
      setAlone(false);
      return ended;
    },
    finished,
  };
}

function isScript({ type }: Task): boolean {
  return type === 'AUTOMATED_SCRIPT';
}

/** Whether a person sits before it while it is at work. */
function asksPerson(session: Session, task: Task): boolean {
  if (session.person === undefined) return false;
  switch (task.work?.type) {
    case 'MANUAL':
      return !session.yes || task.work.gate;
    case 'AI_ASSISTED':
      return !acceptsItself(session, task);
    default:
      return task.work?.type === 'AUTOMATED_SCRIPT' && task.work.script.stdin === 'inherit';
  }
}

type Candidate = { readonly session: Session; readonly runbook: Runbook; readonly task: Task };

function fitsBeside(members: readonly Member[], { session, runbook, task }: Candidate): boolean {
  if (members.length === 0) return true;
  if (task.exclusive || members.some((member) => member.task.exclusive)) return false;
  if (asksPerson(session, task) && members.some(({ asks }) => asks)) return false;
  return Object.entries(task.resources).every(([name, count]) => {
    const used = members.reduce((sum, member) => sum + (member.task.resources[name] ?? 0), 0);
    return used + count <= (runbook.resources[name] ?? 1);
  });
}

/** Those that need nobody come first: a person must not be kept from their work, nor keep others from theirs. */
export function withoutPersonFirst(session: Session, tasks: Iterable<Task>): Task | undefined {
  let first: Task | undefined;
  for (const task of tasks) {
    if (!asksPerson(session, task)) return task;
    first ??= task;
  }
  return first;
}
