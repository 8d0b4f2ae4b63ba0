// Takes steps back: the states, `last_run` and issues that an attempt wrote, with the promotions that followed from it. Knows what it
// cannot take back, and says so.

import type { Failure } from '../base/failure.ts';
import { err, ok, type Result } from '../base/result.ts';
import type { LogLine } from '../events/types.ts';
import type { Entry, Journal } from '../journal/journal.ts';
import type { Task } from '../runbook/task.ts';
import type { Status } from '../runbook/words.ts';
import { isBusy, stillRunning } from './change.ts';
import { openRunbook } from './open.ts';
import { changesOf } from './roll-forward.ts';
import type { Session } from './session.ts';
import { type Former, markOf, type TaskChange } from './step.ts';

/** One thing that was done: a task's attempt from its start to its end, or one command or hand edit. */
export type UndoStep = {
  /** Names it: the number of its first entry. */
  readonly seq: number;
  /** ISO 8601, UTC. */
  readonly at: string;
  /** What it was about: the first change of its first entry. */
  readonly title: string;
  readonly moves: readonly { readonly id: string; readonly from: Status; readonly to: Status }[];
  /** What of it stays in the world. */
  readonly remains: readonly string[];
  readonly entries: readonly Entry[];
};

const APPLIED = new Set(['written', 'settled']);

function isUndo({ lines }: Entry): boolean {
  return lines.length > 0 && lines.every(({ event_type }) => event_type === 'UNDONE');
}

/** The steps that can be taken back, the newest first; so are the entries. */
export function undoSteps(newest: readonly Entry[]): UndoStep[] {
  const groups: Entry[][] = [];
  for (const entry of newest.filter((entry) => APPLIED.has(entry.state) && !isUndo(entry)).toReversed()) {
    const own = groups.findLast(([first]) => first?.stepSeq === entry.stepSeq) ?? attemptThatItEnds(groups, entry);
    // Promotions that were found later belong to what brought them about.
    const group = own ?? (isConsequence(entry) ? groups.at(-1) : undefined);
    if (group) group.push(entry);
    else if (!isConsequence(entry)) groups.push([entry]);
  }
  return groups.map(stepOf).toReversed();
}

/** What put an end to an attempt from outside (a retry, the next start after a crash) belongs to it: half of it cannot be taken back. */
function attemptThatItEnds(groups: readonly Entry[][], entry: Entry): Entry[] | undefined {
  const ended = changesOf(entry).find(({ from, to }) => from === 'RUNNING' && to !== 'RUNNING');
  if (ended === undefined) return undefined;
  return groups.findLast((group) =>
    group.flatMap(changesOf).some(({ taskId, to }) => taskId === ended.taskId && to === 'RUNNING'),
  );
}

/** Nothing but states that follow from others. */
function isConsequence({ lines }: Entry): boolean {
  return lines.every(({ event_type }) => event_type === 'TASK_READY');
}

function stepOf(entries: readonly Entry[]): UndoStep {
  const [first] = entries as [Entry];
  const lines = entries.flatMap((entry) => entry.lines);
  return {
    seq: first.seq,
    at: first.at,
    title: titleOf(lines),
    moves: movesOf(entries).filter(({ from, to }) => from !== to),
    remains: lines.flatMap(remainsOf),
    entries,
  };
}

/** What became of the task that it was about. */
function titleOf([first, ...rest]: readonly LogLine[]): string {
  if (first === undefined) return '';
  const own = rest.filter(({ task_id, event_type }) => task_id === first.task_id && event_type !== 'CHECK_FAILED');
  return `${first.task_id} ${(own.at(-1) ?? first).event_type}`;
}

/** Per task from where to where, over all the entries. */
function movesOf(entries: readonly Entry[]): { id: string; from: Status; to: Status }[] {
  const moves = new Map<string, { id: string; from: Status; to: Status }>();
  for (const { taskId: id, from, was = from, to } of entries.flatMap(changesOf))
    moves.set(id, { id, from: moves.get(id)?.from ?? was, to });
  return [...moves.values()];
}

/** Outside of the two files nothing is taken back. */
function remainsOf({ event_type, task_id, details }: LogLine): string[] {
  if (event_type !== 'COMPLETE_TASK' && event_type !== 'ERROR_TASK' && event_type !== 'TASK_INTERRUPTED') return [];
  const { artifact, call_id, cost_estimate } = details ?? {};
  return [
    ...(ranScript(event_type, details) ? [`what the script of ${task_id} did`] : []),
    ...(typeof artifact === 'string' ? [`${artifact}, which ${task_id} wrote`] : []),
    ...(typeof call_id === 'string'
      ? [`the model call of ${task_id}${typeof cost_estimate === 'number' ? ` ($${cost_estimate})` : ''}`]
      : []),
  ];
}

/** An answer whose acceptance was taken back waits for review again: it is not asked, and paid, for a second time. */
async function offerAgain(session: Session, entries: readonly Entry[]): Promise<void> {
  const ids = entries
    .flatMap(({ lines }) => lines.map(({ details }) => details?.call_id))
    .filter((id) => typeof id === 'string');
  if (ids.length === 0) return;
  const calls = await session.calls();
  if (calls.ok) for (const id of ids) calls.value.review(id, null);
}

function ranScript(event: string, details: LogLine['details']): boolean {
  const { exit_code, log, type, detail } = details ?? {};
  if (event === 'COMPLETE_TASK') return typeof log === 'string' || typeof exit_code === 'number';
  return type === 'SCRIPT_ERROR' || /its output is in|while it ran/.test(String(detail));
}

/** Takes back the newest step, or every step from the one that `to` names on. Gives what was taken back, the newest first. */
export async function undo(
  session: Session,
  journal: Journal,
  to: number | undefined,
): Promise<Result<readonly UndoStep[], Failure>> {
  const newest = journal.newest();
  if (!newest.ok) return newest;
  const steps = undoSteps(newest.value);
  const last = to === undefined ? 0 : steps.findIndex(({ seq }) => seq === to);
  if (to !== undefined && last < 0) return err(noStep(to));
  const wanted = steps.slice(0, last + 1);
  if (wanted.length === 0) return err(nothingDone());
  const taken = await takeBack(session, {
    seq: wanted.at(-1)?.seq ?? 0,
    entries: wanted.toReversed().flatMap((step) => step.entries),
  });
  return taken.ok ? ok(wanted) : taken;
}

type Taken = Pick<UndoStep, 'seq' | 'entries'>;

/** All of them as one, so that nothing is taken back where one of them cannot be. */
async function takeBack(session: Session, step: Taken): Promise<Result<undefined, Failure>> {
  const opened = await openRunbook(session);
  if (!opened.ok) return opened;
  const changes: TaskChange[] = [];
  for (const move of movesOf(step.entries)) {
    const task = opened.value.tasks.find(({ id }) => id === move.id);
    // Of a task that was removed there is nothing to set back.
    if (task === undefined) continue;
    if (isBusy(session, task)) return err(stillRunning(task));
    const change = inverseOf(step, move, task);
    if (!change.ok) return change;
    changes.push(change.value);
  }
  const events = changes.map(({ taskId, from, to }) => ({
    task_id: taskId,
    event_type: 'UNDONE' as const,
    ...(from === to ? {} : { status_change: `${from} -> ${to}` }),
    details: { step: step.seq },
  }));
  const applied = await session.ledger.applyChanges(
    changes,
    events,
    step.entries.map(({ seq }) => seq),
  );
  if (!applied.ok) return applied;
  await offerAgain(session, step.entries);
  return ok(undefined);
}

function inverseOf(
  { entries, seq }: Taken,
  { id, from, to }: UndoStep['moves'][number],
  task: Task,
): Result<TaskChange, Failure> {
  if (task.status !== to) return err(changedSince(id, { seq, was: to, now: task.status }));
  const own = entries.flatMap(changesOf).filter(({ taskId }) => taskId === id);
  const former = entries.flatMap(({ former: all }) => (all as readonly Former[]).filter(({ taskId }) => taskId === id));
  const entry = former.find((one) => one.entry)?.entry;
  const others = Object.fromEntries(
    own.flatMap(({ entry: set }) => Object.keys(set ?? {})).map((key) => [key, entry?.[key] ?? null]),
  );
  const detail = former.find((one) => one.detail)?.detail;
  return ok({
    taskId: task.id,
    from: to,
    // Nobody would be running it.
    to: from === 'RUNNING' ? 'READY' : from,
    ...(task.detail?.writable ? { detail: { file: task.detail.file, from: task.detailStatus ?? null } } : {}),
    restore: {
      // A person's own edit is not in what stood before it was taken over.
      entry: { ...others, ...(entry && own[0]?.was === undefined ? { status: entry.status ?? null } : {}) },
      ...(detail ? { detail } : {}),
      ofHand: own[0]?.was !== undefined,
      lastRun: own.findLast(({ lastRun }) => lastRun)?.lastRun ?? null,
      resolved: own.flatMap(({ resolution }) =>
        (resolution?.issues ?? []).map((mark) => ({ mark, text: resolution?.text ?? '' })),
      ),
      addedIssues: own.flatMap(({ issue }) => (issue ? [markOf(issue)] : [])),
    },
  });
}

function changedSince(id: string, { seq, was, now }: { seq: number; was: Status; now: Status }): Failure {
  return {
    code: 'wrong-state',
    id,
    message: `step ${seq} left "${id}" ${was}; since then it was set to ${now}`,
    advice: 'take back what came after it first ("orchestrate undo --list"), or change the state by hand',
  };
}

function noStep(seq: number): Failure {
  return {
    code: 'usage',
    message: `there is no step ${seq} to go back to`,
    advice: '"orchestrate undo --list" shows the steps',
  };
}

function nothingDone(): Failure {
  return { code: 'usage', message: 'there is nothing to undo', advice: '"orchestrate status" shows how things stand' };
}
