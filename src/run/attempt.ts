// One attempt at one task: RUNNING, the handler of its type, and the transition that its outcome means.

import type { Failure } from '../base/failure.ts';
import { err, ok, type Result } from '../base/result.ts';
import { placeProblems } from '../runbook/problem.ts';
import type { Issue } from '../runbook/schema.ts';
import type { Runbook, Task } from '../runbook/task.ts';
import type { Status, TaskType } from '../runbook/words.ts';
import { timestamp } from '../system/clock.ts';
import { needsAbsentPerson } from './absent.ts';
import { withConsequences } from './advance.ts';
import type { AiTask } from './handlers/ai/prepare.ts';
import { openRunbook } from './open.ts';
import type { Outcome } from './outcome.ts';
import type { Person } from './ports.ts';
import type { Session } from './session.ts';
import { byId } from './task-list.ts';
import type { Transition } from './transition.ts';

type Handler = (session: Session, runbook: Runbook, task: Task) => Promise<Outcome>;

/** Loaded when called: a manual step needs neither the template engine nor the process runner. */
const HANDLERS: Record<TaskType, Handler> = {
  MANUAL: async (session, runbook, task) => (await import('./handlers/manual.ts')).runManual(session, runbook, task),
  AUTOMATED_SCRIPT: async (session, runbook, task) =>
    (await import('./handlers/script.ts')).runScript(session, runbook, task),
  AI_ASSISTED: async (session, runbook, task) =>
    (await import('./handlers/ai/handler.ts')).runAi(session, runbook, task as AiTask),
};

export type Attempt = {
  readonly task: Task;
  /** Its dependencies are unfinished, and that does not matter. */
  readonly forced: boolean;
  /** How many tasks had failed when it was chosen: if another has since, it is not begun. Undefined where that does not matter. */
  readonly failures: number | undefined;
  /**
   * How it ended is decided, and what comes next may go on from it, though it may not be recorded yet: that is with the end of the
   * attempt. Not called where it cannot be written.
   */
  readonly onDecided?: (outcome: Outcome) => void;
};

/**
 * Gives the outcome after it has been written; none where it was not begun. A manual step that nobody can confirm is not started at all.
 */
export async function attempt(
  session: Session,
  runbook: Runbook,
  { task, forced, failures = Number.POSITIVE_INFINITY, onDecided }: Attempt,
): Promise<Result<Outcome | undefined, Failure>> {
  const waits = needsAbsentPerson(session, task);
  if (waits) {
    session.report({ kind: 'task-waits', task, reason: waits.reason, advice: waits.advice });
    return ok(waits);
  }
  const startedAt = performance.now();
  const { begin, withReceipt } = await import('./receipts/take.ts');
  const begun = await begin(session.root, runbook, task);
  const started = await session.inTurn(async () =>
    session.signal.aborted || session.failures.count > failures
      ? ok(undefined)
      : session.ledger.apply([{ task, to: 'RUNNING', event: 'START_TASK', ...startDetails(session, forced) }]),
  );
  if (!started.ok) return started;
  const step = started.value;
  if (step === undefined) return ok(undefined);
  session.report({ kind: 'task-started', task });
  const running: Task = { ...task, status: 'RUNNING', detailStatus: 'RUNNING' };
  const handled = await handle(withStep(session, step), runbook, running);
  const outcome = withReceipt(session.root, task, { outcome: handled.outcome, begun });
  const ended: Ended = { task: running, outcome, step };
  const written = await writeOutcome(session, ended);
  if ('defect' in handled) throw handled.defect;
  if (!written.ok) return written;
  onDecided?.(outcome);
  const { transition, recorded } = written.value;
  const stands = await recorded;
  if (!stands.ok) {
    const told = await unwritten(session, ended, stands.error);
    return told.ok ? ok(outcome) : told;
  }
  if ('afterwards' in outcome) outcome.afterwards?.();
  if (outcome.kind === 'released')
    session.report({ kind: 'task-waits', task, reason: outcome.reason, advice: outcome.advice });
  else
    session.report({
      kind: 'task-ended',
      task,
      to: transition.to,
      durationMs: Math.round(performance.now() - startedAt),
      ...('detail' in outcome ? { detail: outcome.detail } : {}),
    });
  return ok(outcome);
}

/** What is not in the files, and yet decides what the task does. */
function startDetails({ vars }: Session, forced: boolean): { details?: Record<string, unknown> } {
  const details = { ...(forced ? { forced } : {}), ...(Object.keys(vars).length > 0 ? { vars } : {}) };
  return Object.keys(details).length === 0 ? {} : { details };
}

type Handled = { readonly outcome: Outcome } | { readonly outcome: Outcome; readonly defect: unknown };

/** A defect in a handler must not leave the task RUNNING: it is written as cut off, and thrown on afterwards. */
async function handle(session: Session, runbook: Runbook, task: Task): Promise<Handled> {
  try {
    return { outcome: await HANDLERS[task.type](withActionLog(session, task), runbook, task) };
  } catch (defect) {
    const detail = `cut off by a defect of orchestrate: ${defect instanceof Error ? defect.message : String(defect)}`;
    return {
      outcome: { kind: 'interrupted', detail, lastRun: { timestamp: timestamp(), outcome: 'FAILURE' } },
      defect,
    };
  }
}

type Ended = { readonly task: Task; readonly outcome: Outcome; readonly step: number };

/** Somebody who edits the files at this very moment is waited for, but not for ever. */
const MOST_TRIES = 5;

/** `recorded`: when it stands in the journal, or why it does not. */
type Written = { readonly transition: Transition; readonly recorded: Promise<Result<unknown, Failure>> };

/** Read anew: what a person changed while it ran must be seen before anything follows from the outcome. */
function writeOutcome(session: Session, ended: Ended): Promise<Result<Written, Failure>> {
  return session.inTurn(() => decideOutcome(session, ended));
}

async function decideOutcome(session: Session, ended: Ended): Promise<Result<Written, Failure>> {
  const { task, outcome, step } = ended;
  for (let tries = 1; ; tries += 1) {
    const fresh = await openRunbook(session);
    if (!fresh.ok) return unwritten(session, ended, fresh.error);
    const current = byId(fresh.value.tasks).get(task.id);
    if (current?.status !== 'RUNNING' || session.takenOver(task.id)) return overruled(session, ended, current?.status);
    // A detail file that broke meanwhile must not miss the outcome: it waits for both files.
    if (task.detail?.writable && current.detail?.writable === false)
      return unwritten(session, ended, await problemsOf(fresh.value, current));
    const transition = transitionOf(current, outcome);
    const options = { step, happened: outcome.kind !== 'released' };
    const applied = await session.ledger.applyEnd(withConsequences(fresh.value, [transition]), options);
    if (applied.ok && transition.to === 'ERROR') session.failures.count += 1;
    if (applied.ok) return ok({ transition, recorded: applied.value.recorded });
    if (applied.error.code !== 'changed-meanwhile' || session.ledger.isKept(options) || tries === MOST_TRIES)
      return unwritten(session, ended, applied.error);
  }
}

async function problemsOf(runbook: Runbook, { id }: Task): Promise<Failure> {
  const own = runbook.problems.filter(({ taskId }) => taskId === id);
  return { code: 'problems', diagnostics: await placeProblems(own) };
}

/** The files cannot take the outcome now: it stays in the journal, and the next command that writes tries again. */
async function unwritten(
  session: Session,
  { task, outcome, step }: Ended,
  failure: Failure,
): Promise<Result<Written, Failure>> {
  if (outcome.kind === 'released' && failure.code === 'locked') {
    // The claim that ends with this process says it: nothing need be written.
    const message = `another orchestrate is at work: ${task.id} is READY again with the next command`;
    session.report({ kind: 'note', message });
    return ok({ transition: transitionOf(task, outcome), recorded: Promise.resolve(ok(undefined)) });
  }
  const isKept = (await session.ledger.keep(transitionOf(task, outcome), { step })).ok;
  const detail = 'detail' in outcome ? `: ${outcome.detail}` : '';
  if (failure.code === 'problems') session.report({ kind: 'problems', diagnostics: failure.diagnostics });
  session.report({
    kind: 'warning',
    message: `${task.id} ended (${outcome.kind}${detail}), which could not be written into its files${isKept ? '; it is in the journal' : ''}`,
    ...(isKept ? { advice: 'mend the files: the next command writes it into them' } : {}),
  });
  if (failure.code !== 'problems') return err({ code: 'unwritten', id: task.id, cause: failure, kept: isKept });
  return err({
    code: 'changed-meanwhile',
    path: task.id,
    message: `the files of "${task.id}" cannot be read as they are now`,
  });
}

/** A person's value stays (design.md §3); the outcome is kept in the journal and in the log. */
async function overruled(
  session: Session,
  { task, outcome, step }: Ended,
  now: Status | undefined,
): Promise<Result<never, Failure>> {
  const change =
    now === undefined
      ? 'was removed from the runbook'
      : now === 'RUNNING'
        ? 'was taken over by another orchestrate'
        : now === 'READY' || now === 'PENDING'
          ? `was set to ${now} elsewhere`
          : `is ${now} already: it was answered elsewhere`;
  const said = outcome.kind === 'released' ? '' : `; here it ended as "${outcome.kind}", which was not written`;
  const message = `"${task.id}" ${change}${said}`;
  session.ledger.note([
    {
      task_id: task.id,
      event_type: 'EDIT_CONFLICT',
      details: { now: now ?? 'gone', ended: outcome.kind, ...('detail' in outcome ? { detail: outcome.detail } : {}) },
    },
  ]);
  await session.ledger.overrule(transitionOf(task, outcome), { step });
  return err({ code: 'changed-meanwhile', path: task.id, message });
}

/** What a handler writes on its way belongs to the same step. */
function withStep(session: Session, step: number): Session {
  const { ledger } = session;
  return {
    ...session,
    ledger: { ...ledger, apply: (transitions, options) => ledger.apply(transitions, { step, ...options }) },
  };
}

/** What a person answers is part of the record (S003 §4.4). */
function withActionLog(session: Session, task: Task): Session {
  const person = session.person;
  if (person === undefined) return session;
  const choose: Person['choose'] = async (question) => {
    const answer = await person.choose(question);
    // What was answered too late has no place; that is told where the outcome would be written.
    if (answer === undefined && session.takenOver(task.id)) return undefined;
    const label = question.choices.find((choice) => choice.key === answer)?.label ?? 'went away';
    session.ledger.note(
      [
        {
          task_id: task.id,
          event_type: 'MANUAL_ACTION',
          details: { question: question.message, answer: answer ?? null, meaning: label },
        },
      ],
      'person',
    );
    return answer;
  };
  return { ...session, person: { ...person, choose } };
}

function transitionOf(task: Task, outcome: Outcome): Transition {
  switch (outcome.kind) {
    case 'done':
      return {
        task,
        to: 'DONE',
        event: 'COMPLETE_TASK',
        details: outcome.details,
        lastRun: outcome.lastRun,
        ...(outcome.actor ? { actor: outcome.actor } : {}),
        ...newIssue(task, outcome.issue),
        resolution: outcome.issue?.resolution ?? 'Done',
      };
    case 'failed':
      return {
        task,
        to: 'ERROR',
        event: 'ERROR_TASK',
        details: { type: outcome.issue, detail: outcome.detail, ...outcome.details },
        lastRun: outcome.lastRun,
        issue: { timestamp: timestamp(), type: outcome.issue, detail: outcome.detail, resolution: null },
      };
    case 'skipped':
      return {
        task,
        to: 'SKIPPED',
        event: 'SKIP_TASK',
        details: { reason: outcome.reason },
        resolution: 'Skipped',
        ...(outcome.actor ? { actor: outcome.actor } : {}),
      };
    case 'released':
      return {
        task,
        to: 'READY',
        event: 'TASK_RELEASED',
        details: { reason: outcome.reason },
        ...newIssue(task, outcome.open),
      };
    case 'interrupted':
      return {
        task,
        to: 'ERROR',
        event: 'TASK_INTERRUPTED',
        details: { detail: outcome.detail },
        lastRun: outcome.lastRun,
        issue: { timestamp: timestamp(), type: 'INTERRUPTED', detail: outcome.detail, resolution: null },
      };
  }
}

/** An issue that is open already is not told twice. */
function newIssue(task: Task, issue: Issue | undefined): { issue?: Issue } {
  const known = task.issues.some((other) => !other.resolution && other.detail === issue?.detail);
  return issue === undefined || known ? {} : { issue };
}
