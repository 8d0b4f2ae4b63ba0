// The runner's heart: finds the next READY task and does it, until it must stop. Knows no handler's inside, no file and no screen.
//
// Each turn reads the runbook anew (a person may have edited it), lets the states settle, halts on an ERROR in scope, and starts the
// first READY task in file order. What cannot go on now (it waits for a person, or its files have errors) is passed over and told at
// the end. Nothing is kept between turns but the list of what was passed over.

import type { Failure } from '../base/failure.ts';
import { err, ok, type Result } from '../base/result.ts';
import { placeProblems } from '../runbook/problem.ts';
import type { Runbook, Task, TaskId } from '../runbook/task.ts';
import { placeOfStatus } from '../runbook/where.ts';
import { settling } from './advance.ts';
import { askAfterError, tellBlocked } from './after-error.ts';
import { checkTask } from './check.ts';
import { type Crew, createCrew, type Ended, withoutPersonFirst } from './crew.ts';
import { openRunbook, writeHeld } from './open.ts';
import type { Outcome, RunEnd, Waiting } from './outcome.ts';
import { openElsewhere, whyRunning } from './running-elsewhere.ts';
import type { Session } from './session.ts';
import { skipUnlessMeant } from './skip.ts';
import {
  blockReason,
  byId,
  firstError,
  inScope,
  isFinished,
  nextTask,
  type Scope,
  scopeOf,
  standing,
  tasksIn,
  waitingFor,
  withSettled,
} from './states.ts';

export type LoopOptions = {
  readonly scope: Scope;
  /** `next`: stop after one task. */
  readonly once: boolean;
  /** Go on with what does not rest on a failed task. */
  readonly keepGoing: boolean;
  /** How many tasks may be at work at once; one where it is not said. */
  readonly jobs?: number;
  /** `next ID --force`: start this one although its dependencies are unfinished. */
  readonly forced?: TaskId;
};

type Progress = { readonly ran: { task: Task; outcome: Outcome['kind'] }[]; readonly passed: Map<TaskId, Waiting> };

/** Runs what can run in scope, and says how it ended. */
export async function runLoop(session: Session, options: LoopOptions): Promise<Result<RunEnd, Failure>> {
  const ended = await loop(session, options).catch(async (defect: unknown) => {
    await writeHeld(session);
    throw defect;
  });
  const written = await writeHeld(session);
  if (ended.ok && !written.ok) return written;
  if (!ended.ok || !ended.value.error) return ended;
  const runbook = await openRunbook(session);
  if (!runbook.ok) return ended;
  const { id } = ended.value.error;
  const task = runbook.value.tasks.find((candidate) => candidate.id === id);
  return task ? ok({ ...ended.value, errorPlace: await placeOfStatus(runbook.value, task) }) : ended;
}

async function loop(session: Session, options: LoopOptions): Promise<Result<RunEnd, Failure>> {
  const progress: Progress = { ran: [], passed: new Map() };
  const crew = createCrew(session, options.jobs ?? 1);
  const ended = await allEnded(session, { options, progress, crew });
  return ended.ok && ended.value.ended !== 'interrupted' && session.signal.aborted
    ? ok(end(progress, { ended: 'interrupted', waiting: [] }))
    : ended;
}

/** Whatever ends the run, a defect too: what is at work comes to its end, and is written. */
async function allEnded(session: Session, turn: Turn): Promise<Result<RunEnd, Failure>> {
  const { progress, crew } = turn;
  const ending = turns(session, turn);
  await ending.catch(() => {
    const message = 'a defect of orchestrate: nothing more is started, and what is at work comes to its end';
    if (!crew.isIdle()) session.report({ kind: 'warning', message });
  });
  const ends: Promise<Ended>[] = [];
  while (!crew.isIdle()) {
    const one = crew.ended();
    ends.push(one);
    const { task, outcome } = (await one.catch(() => undefined)) ?? {};
    if (task && outcome?.ok && outcome.value) progress.ran.push({ task, outcome: outcome.value.kind });
    // One failure ends the run and is told there; this is another.
    if (outcome?.ok === false && outcome.error.code === 'changed-meanwhile')
      session.report({ kind: 'warning', message: outcome.error.message });
  }
  const ended = await ending;
  await Promise.all(ends);
  const finished = await crew.finished();
  return ended.ok && !finished.ok ? finished : ended;
}

type Turn = { readonly options: LoopOptions; readonly progress: Progress; readonly crew: Crew };

async function turns(session: Session, { options, progress, crew }: Turn): Promise<Result<RunEnd, Failure>> {
  for (;;) {
    if (session.signal.aborted) return ok(end(progress, { ended: 'interrupted', waiting: [] }));
    // What it held is free for the first in file order, before anything else is chosen.
    if (crew.hasEnded()) {
      const stop = await oneEnded(session, { options, progress, crew });
      if (stop) return stop;
      continue;
    }
    const failures = session.failures.count;
    const settled = await session.inTurn(async () => {
      const opened = await openRunbook(session);
      return opened.ok ? settleStates(session, opened.value, options) : opened;
    });
    if (!settled.ok) return settled;
    // What could become READY but for an error in its own file is looked at like a READY one, and passed over with that reason.
    const runbook = withSettled(settled.value, options.forced);

    const failed = options.keepGoing ? undefined : firstError(runbook.tasks, options.scope);
    if (failed && !crew.isIdle()) {
      // A failure starts nothing new, and lets those at work come to their end (design.md §3).
      const stop = await oneEnded(session, { options, progress, crew });
      if (stop) return stop;
      continue;
    }
    if (failed) {
      const told = progress.ran.at(-1)?.task.id === failed.id;
      const again = await askAfterError(session, runbook, { task: failed, told });
      if (!again.ok) return again;
      if (again.value === 'go-on') continue;
      return ok(
        end(progress, {
          ended: 'error',
          error: failed,
          ...(session.person ? { errorTold: 'all' as const } : told ? { errorTold: 'failure' as const } : {}),
          waiting: [],
        }),
      );
    }

    const isMine = scopeOf(runbook.tasks, options.scope);
    const marked = [...tasksIn(runbook.tasks, 'RUNNING')].filter((task) => isMine(task) && !crew.has(task.id));
    const asked = marked.filter((task) => session.waitsElsewhere(task.id));
    for (const task of asked) progress.passed.set(task.id, openElsewhere(task));
    const running = marked.find((task) => !asked.includes(task));
    if (running)
      return ok(
        orError(runbook, options, end(progress, { ended: 'waiting', waiting: [whyRunning(session, running)] })),
      );

    const task = nextFor(session, runbook, { options, progress, crew });
    if (task === undefined && !crew.isIdle()) {
      const stop = await oneEnded(session, { options, progress, crew });
      if (stop) return stop;
      continue;
    }
    if (task === undefined) {
      if (session.ledger.isFresh()) return ok(finish(runbook, options, progress));
      // What a person did in the last moment is seen when the files have followed, and are read once more.
      const written = await writeHeld(session);
      if (!written.ok) return written;
      session.ledger.lookAgain();
      continue;
    }
    if (!session.ledger.isAsRead(task)) continue;
    const blocked = await whyBlocked(session, runbook, { task, crew });
    if (blocked) {
      progress.passed.set(task.id, blocked);
      continue;
    }

    const skipped =
      task.id === options.forced ? ok(false) : await session.inTurn(() => skipUnlessMeant(session, runbook, task));
    if (!skipped.ok) return skipped;
    if (skipped.value) {
      progress.ran.push({ task, outcome: 'skipped' });
      tellBlocked(session, runbook, task);
      continue;
    }

    const forced = task.id === options.forced && waitingFor(byId(runbook.tasks), task).length > 0;
    crew.start(runbook, { task, forced, failures: options.keepGoing ? undefined : failures });
    if (!crew.isFull()) continue;
    const stop = await oneEnded(session, { options, progress, crew });
    if (stop) return stop;
  }
}

/** The end of the run that the next end of a task brings, if it does. */
async function oneEnded(
  session: Session,
  { options, progress, crew }: Turn,
): Promise<Result<RunEnd, Failure> | undefined> {
  const { task, runbook, outcome } = await crew.ended();
  if (!outcome.ok) return outcome;
  if (outcome.value === undefined) return undefined;
  progress.ran.push({ task, outcome: outcome.value.kind });
  const stop = afterAttempt(session, runbook, { task, outcome: outcome.value, options, progress });
  return stop && ok(orError(runbook, options, stop));
}

/** The first READY task in file order that may be at work beside the others. */
function nextFor(session: Session, runbook: Runbook, { options, progress, crew }: Turn): Task | undefined {
  const { passed } = progress;
  if (crew.isIdle() && (options.jobs ?? 1) === 1) return nextTask(runbook.tasks, options.scope, passed);
  if (crew.isFull()) return undefined;
  const isMine = scopeOf(runbook.tasks, options.scope);
  const ready = tasksIn(runbook.tasks, 'READY').filter(
    (task) => isMine(task) && !passed.has(task.id) && !crew.has(task.id) && crew.fits(runbook, task),
  );
  return withoutPersonFirst(session, ready);
}

async function settleStates(
  session: Session,
  runbook: Runbook,
  options: LoopOptions,
): Promise<Result<Runbook, Failure>> {
  const moves = settling(runbook, options.forced);
  if (moves.length === 0) return ok(runbook);
  const applied = await session.ledger.apply(moves);
  if (!applied.ok) return applied;
  for (const { task, to, details } of moves)
    session.report({ kind: 'moved', task, to, reason: typeof details?.reason === 'string' ? details.reason : '' });
  return openRunbook(session);
}

/** Errors in a task's own files: told as a warning, the task is passed over. */
async function whyBlocked(
  session: Session,
  runbook: Runbook,
  { task, crew }: { task: Task; crew: Crew },
): Promise<Waiting | undefined> {
  const advice = `mend it, then: orchestrate next ${task.id}`;
  const problems = [
    ...runbook.problems.filter((problem) => problem.taskId === task.id),
    ...(await checkTask(session.root, runbook, task)),
  ];
  const errors = problems.filter((problem) => problem.severity === 'error');
  if (errors.length > 0) {
    // Where one before it could not be recorded, that is told at the end.
    await crew.finished();
    session.report({ kind: 'problems', diagnostics: await placeProblems(errors) });
    return {
      task,
      reason: `its files have ${errors.length === 1 ? 'an error' : `${errors.length} errors`}`,
      advice,
      badInput: true,
    };
  }
  if (task.work === undefined)
    return { task, reason: `${task.detail?.file ?? 'its detail file'} is empty: the task is not yet written`, advice };
  return undefined;
}

type After = {
  readonly task: Task;
  readonly outcome: Outcome;
  readonly options: LoopOptions;
  readonly progress: Progress;
};

/** The end of the run that this outcome brings, if it does. */
function afterAttempt(
  session: Session,
  runbook: Runbook,
  { task, outcome, options, progress }: After,
): RunEnd | undefined {
  switch (outcome.kind) {
    case 'interrupted':
      return end(progress, { ended: 'interrupted', error: task, errorTold: 'failure', waiting: [] });
    case 'released': {
      const { reason, advice, badInput } = outcome;
      const waiting = { task, reason, advice, ...(badInput ? { badInput } : {}) };
      progress.passed.set(task.id, waiting);
      if (session.signal.aborted) return end(progress, { ended: 'interrupted', waiting: [waiting] });
      return outcome.stop || options.once ? end(progress, { ended: 'waiting', waiting: [waiting] }) : undefined;
    }
    case 'skipped':
      tellBlocked(session, runbook, task);
      return options.once ? end(progress, { ended: 'one-done', waiting: [] }) : undefined;
    case 'done':
      return options.once ? end(progress, { ended: 'one-done', waiting: [] }) : undefined;
    case 'failed':
      if (options.once) return end(progress, { ended: 'error', error: task, errorTold: 'failure', waiting: [] });
      return undefined;
  }
}

/** Nothing is left that can run now. */
function finish(runbook: Runbook, options: LoopOptions, progress: Progress): RunEnd {
  switch (standing(runbook.tasks, options.scope)) {
    case 'finished':
      return end(progress, { ended: 'finished', waiting: [] });
    case 'error': {
      const error = firstError(runbook.tasks, options.scope);
      return end(progress, { ended: 'error', ...(error ? { error } : {}), waiting: [...progress.passed.values()] });
    }
    case 'waiting': {
      const mine = inScope(runbook.tasks, options.scope);
      const told = new Set(mine.filter((task) => !isFinished(task)).map((task) => task.id));
      // What merely waits for another unfinished task in scope is no news.
      const rest = mine.filter(
        (task) => !isFinished(task) && !progress.passed.has(task.id) && !task.dependsOn.some((id) => told.has(id)),
      );
      const reasons = rest.map((task) => ({
        task,
        reason: blockReason(runbook, task) ?? 'it is READY',
        advice: adviceFor(runbook, task),
      }));
      return end(progress, { ended: 'waiting', waiting: [...progress.passed.values(), ...reasons] });
    }
  }
}

/** What gets a task going that does not go on by itself. */
function adviceFor(runbook: Runbook, task: Task): string {
  const [waiting] = waitingFor(byId(runbook.tasks), task);
  if (waiting === undefined)
    return task.hold ? `when it may run: orchestrate next ${task.id}` : `orchestrate show ${task.id}`;
  switch (waiting.status) {
    case 'ERROR':
      return `mend that first: orchestrate retry ${waiting.id}`;
    case 'SKIPPED':
      return `to let it go on without that: orchestrate skip ${waiting.id} --unblock`;
    case 'READY':
      return `that comes first: orchestrate next ${waiting.id}`;
    default:
      return `orchestrate show ${waiting.id}`;
  }
}

function end(progress: Progress, rest: Omit<RunEnd, 'ran'>): RunEnd {
  return { ran: progress.ran, ...rest };
}

/** A task in ERROR counts for more than one that waits (design.md §4). */
function orError(runbook: Runbook, options: LoopOptions, ended: RunEnd): RunEnd {
  const error = ended.ended === 'waiting' ? firstError(runbook.tasks, options.scope) : undefined;
  return error ? { ...ended, ended: 'error', error } : ended;
}

/** What `next ID` needs before the loop starts: the task must be one that can still run. */
export function checkStart(runbook: Runbook, task: Task, force: boolean): Result<undefined, Failure> {
  if (isFinished(task)) {
    return err({
      code: 'wrong-state',
      id: task.id,
      message: `"${task.id}" is ${task.status} already`,
      advice: `to do it again: orchestrate reset ${task.id}`,
    });
  }
  // That it is on hold does not matter: a held task that is named is meant.
  const waits = task.status === 'PENDING' && waitingFor(byId(runbook.tasks), task).length > 0;
  if (!waits || force) return ok(undefined);
  const reason = blockReason(runbook, task);
  return err({
    code: 'waiting',
    id: task.id,
    message: `"${task.id}" cannot start: ${reason}`,
    advice: `to start it all the same: orchestrate next ${task.id} --force`,
  });
}
