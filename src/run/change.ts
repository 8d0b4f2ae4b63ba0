// The commands that change a task's state as a person would by hand: retry, skip, done, reset. Each is one step of the ledger.

import type { Failure } from '../base/failure.ts';
import { err, ok, type Result } from '../base/result.ts';
import { suggestId } from '../runbook/resolve.ts';
import { openIssue, type Runbook, type Task } from '../runbook/task.ts';
import { withConsequences } from './advance.ts';
import type { CheckResult } from './evidence.ts';
import { redoneNews } from './hand-edits.ts';
import { openRunbook } from './open.ts';
import type { Session } from './session.ts';
import { blockedBySkip, byId, doneOn, isFinished, waitingFor } from './states.ts';
import type { Transition } from './transition.ts';

/** What changed, in the order it was written, and who stays blocked by it. */
export type Changed = {
  readonly moved: readonly { readonly id: string; readonly from: string; readonly to: string }[];
  readonly blocked: readonly string[];
  /** DONE before and after: what it is now counts from here on. */
  readonly confirmed?: readonly string[];
};

export function findTask(runbook: Runbook, id: string): Result<Task, Failure> {
  const task = runbook.tasks.find((candidate) => candidate.id === id);
  if (task) return ok(task);
  const suggestion = suggestId(id, runbook.tasks);
  return err({ code: 'unknown-task', id, ...(suggestion === undefined ? {} : { suggestion }) });
}

async function withTask(
  session: Session,
  id: string,
  change: (runbook: Runbook, task: Task) => Promise<Result<Transition[], Failure>> | Result<Transition[], Failure>,
): Promise<Result<Changed, Failure>> {
  const opened = await openRunbook(session);
  if (!opened.ok) return opened;
  const task = findTask(opened.value, id);
  if (!task.ok) return task;
  const transitions = await change(opened.value, task.value);
  return transitions.ok ? applyAll(session, opened.value, transitions.value) : transitions;
}

async function applyAll(
  session: Session,
  runbook: Runbook,
  transitions: readonly Transition[],
): Promise<Result<Changed, Failure>> {
  const all = withConsequences(runbook, transitions);
  const applied = await session.ledger.apply(all);
  if (!applied.ok) return applied;
  return ok({ moved: movesOf(all), blocked: [] });
}

function movesOf(transitions: readonly Transition[]): Changed['moved'] {
  return transitions
    .filter(({ task, to }) => task.status !== to)
    .map(({ task, to }) => ({ id: task.id, from: task.status, to }));
}

/** ERROR (or a RUNNING that nobody works on, with `takeOver`) goes back to READY, or PENDING where it still waits for others. */
export function retryTask(
  session: Session,
  id: string,
  options: { resolution?: string; takeOver: boolean },
): Promise<Result<Changed, Failure>> {
  return withTask(session, id, (runbook, task) => {
    if (isBusy(session, task) && !options.takeOver) return err(stillRunning(task));
    if (task.status !== 'ERROR' && task.status !== 'RUNNING') {
      const advice = isFinished(task) ? `to do it again: orchestrate reset ${id}` : `to run it: orchestrate next ${id}`;
      return err({
        code: 'wrong-state',
        id,
        message: `only a task in ERROR can be retried; "${id}" is ${task.status}`,
        advice,
      });
    }
    const to = waitingFor(byId(runbook.tasks), task).length > 0 ? 'PENDING' : 'READY';
    const details = task.status === 'RUNNING' ? { take_over: true } : {};
    return ok([{ task, to, event: 'TASK_RETRIED', details, resolution: options.resolution ?? 'Retried' }]);
  });
}

/** One that waits at a prompt elsewhere may be answered here: there it is said then. */
export function isBusy(session: Session, task: Task): boolean {
  return task.status === 'RUNNING' && !session.waitsElsewhere(task.id);
}

/** Before another terminal answers it: back to READY, where the prompt that is open finds out that it was overtaken. */
export async function takeFromPrompt(session: Session, id: string): Promise<Result<undefined, Failure>> {
  if (!session.waitsElsewhere(id)) return ok(undefined);
  const reason = 'answered from another terminal';
  const taken = await withTask(session, id, (_, task) =>
    ok([{ task, to: 'READY', event: 'TASK_RELEASED', details: { reason } }]),
  );
  return taken.ok ? ok(undefined) : taken;
}

export function stillRunning(task: Task): Failure {
  return {
    code: 'waiting',
    id: task.id,
    message: `"${task.id}" is marked RUNNING: another orchestrate may be working on it`,
    advice: `when none is: orchestrate retry ${task.id} --take-over`,
  };
}

/** SKIPPED; with `unblock`, the tasks that rest on it take SKIPPED for DONE from now on. */
export async function skipTask(
  session: Session,
  id: string,
  options: { unblock: boolean },
): Promise<Result<Changed, Failure>> {
  let blocked: readonly string[] = [];
  const changed = await withTask(session, id, (runbook, task) => {
    if (isBusy(session, task)) return err(stillRunning(task));
    if (task.status === 'DONE')
      return err({
        code: 'wrong-state',
        id,
        message: `"${id}" is DONE already`,
        advice: `to take that back: orchestrate reset ${id}`,
      });
    if (task.status === 'SKIPPED' && !options.unblock)
      return err({
        code: 'wrong-state',
        id,
        message: `"${id}" is SKIPPED already`,
        advice: `to let what waits for it go on: orchestrate skip ${id} --unblock`,
      });
    const dependents = blockedBySkip(runbook.tasks, task.id);
    const skip: Transition[] =
      task.status === 'SKIPPED'
        ? []
        : [
            {
              task,
              to: 'SKIPPED',
              event: 'SKIP_TASK',
              details: { reason: 'skipped by command' },
              resolution: 'Skipped',
            },
          ];
    if (!options.unblock) blocked = dependents.map((dependent) => dependent.id);
    const freed: Transition[] = (options.unblock ? dependents : []).map((dependent) => ({
      task: dependent,
      to: dependent.status,
      event: 'STATUS_EDITED',
      details: { allow_skipped: true, because_of: id },
      entry: { allow_skipped: true },
    }));
    return ok([...skip, ...freed]);
  });
  return changed.ok ? ok({ ...changed.value, blocked }) : changed;
}

/**
 * DONE, if `expects` holds and no answer waits for review; `force` passes over both. One that is DONE already is confirmed as it is
 * now, where its evidence holds no longer or was never kept.
 */
export async function finishTask(
  session: Session,
  id: string,
  options: { note?: string; force: boolean },
): Promise<Result<Changed, Failure>> {
  let confirmed: readonly string[] = [];
  const changed = await withTask(session, id, async (runbook, task) => {
    const { isTrusted } = await import('./receipts/look.ts');
    if (task.status === 'DONE' && isTrusted(session.root, runbook, task))
      return err({ code: 'wrong-state', id, message: `"${id}" is DONE already`, advice: 'nothing to do' });
    if (isBusy(session, task) && !options.force) return err(stillRunning(task));
    const checked = options.force ? ok([]) : await checkForDone(session, runbook, task);
    if (!checked.ok) return checked;
    const evidence = checked.value;
    const { begin, receiptOf } = await import('./receipts/take.ts');
    const begun = await begin(session.root, runbook, task);
    const details = {
      by: 'command',
      ...(options.note === undefined ? {} : { note: options.note }),
      ...(options.force ? { forced: true } : {}),
      ...(task.status === 'DONE' ? { confirmed: true } : {}),
      ...(evidence.length > 0 ? { evidence } : {}),
      receipt: receiptOf(session.root, task, { begun, evidence, note: options.note }),
    };
    if (task.status === 'DONE') confirmed = [id];
    return ok([{ task, to: 'DONE', event: 'COMPLETE_TASK', details, resolution: 'Set to DONE by command' }]);
  });
  return changed.ok && confirmed.length > 0 ? ok({ ...changed.value, confirmed }) : changed;
}

/** The evidence, or why it is not done. */
async function checkForDone(
  session: Session,
  runbook: Runbook,
  task: Task,
): Promise<Result<readonly CheckResult[], Failure>> {
  const id = task.id;
  if (task.type === 'AI_ASSISTED') {
    const calls = await session.calls();
    if (!calls.ok) return calls;
    const stored = calls.value.latest(id);
    if (stored && stored.review === null)
      return err({
        code: 'waiting',
        id,
        message: `an answer for "${id}" waits for review`,
        advice: `orchestrate review ${id}`,
      });
  }
  const { checkAll, failuresOf } = await import('./evidence.ts');
  const evidence = await checkAll(session, runbook, task);
  const failures = failuresOf(evidence);
  if (failures === undefined) return ok(evidence);
  return err({
    code: 'waiting',
    id,
    message: `"${id}" is not done: ${failures}`,
    advice: 'mend it, or say "--force" if you know better',
  });
}

/** Back to PENDING (and READY where nothing is waited for). Files that tasks wrote stay. */
export async function resetTasks(session: Session, ids: readonly string[] | 'all'): Promise<Result<Changed, Failure>> {
  const opened = await openRunbook(session);
  if (!opened.ok) return opened;
  const runbook = opened.value;
  const tasks: Task[] = [];
  for (const id of ids === 'all' ? runbook.tasks.map((task) => task.id) : new Set(ids)) {
    const task = findTask(runbook, id);
    if (!task.ok) return task;
    if (isBusy(session, task.value)) return err(stillRunning(task.value));
    tasks.push(task.value);
  }
  const transitions = tasks
    .filter((task) => task.status !== 'PENDING')
    .map(
      (task): Transition => ({
        task,
        to: 'PENDING',
        event: 'TASK_RESET',
        details: { by: 'command' },
        resolution: 'Reset',
      }),
    );
  // READY → PENDING → READY: nothing is written for it.
  const idle =
    tasks.every((task) => (task.status === 'READY' || task.status === 'PENDING') && openIssue(task) === undefined) &&
    netMoves(movesOf(withConsequences(runbook, transitions))).length === 0;
  if (idle) return ok({ moved: [], blocked: [] });
  const changed = await applyAll(session, runbook, transitions);
  const resting = doneOn(
    runbook.tasks,
    tasks.map((task) => task.id),
  );
  if (changed.ok && resting.length > 0)
    session.report(
      redoneNews(
        resting,
        tasks.map((task) => task.id),
      ),
    );
  return changed.ok ? ok({ ...changed.value, moved: netMoves(changed.value.moved) }) : changed;
}

/** READY → PENDING → READY is nothing to tell. */
function netMoves(moved: Changed['moved']): Changed['moved'] {
  const net = new Map<string, { id: string; from: string; to: string }>();
  for (const move of moved) net.set(move.id, { id: move.id, from: net.get(move.id)?.from ?? move.from, to: move.to });
  return [...net.values()].filter((move) => move.from !== move.to);
}
