// What an orchestrate that died has left: a step that was cut off, files half exchanged, tasks marked RUNNING (design.md §3). Puts it
// in order before a command that writes begins. Leaves alone what lives, and what nobody on this machine can judge.

import path from 'node:path';
import type { Failure } from '../base/failure.ts';
import { ok, type Result } from '../base/result.ts';
import { localTime } from '../base/text.ts';
import { HISTORY_DB } from '../history/calls.ts';
import type { Journal, RunningRow } from '../journal/journal.ts';
import { isClaimed } from '../journal/lock.ts';
import type { Runbook, Task } from '../runbook/task.ts';
import { timestamp } from '../system/clock.ts';
import { exists, listFolder } from '../system/files.ts';
import { isAliveIdentity, isThisMachine } from '../system/process-identity.ts';
import { survivorsWith } from '../system/survivors.ts';
import { tellKept, tellOverruled } from './open.ts';
import type { Session } from './session.ts';
import { sweepLeftovers } from './sweep.ts';
import type { Transition } from './transition.ts';
import { endUnaccepted } from './unaccepted.ts';

/** What was cut off is carried out; a person's value that stands in its way stays, and is said. */
export async function rollForward(session: Session, runbook: Runbook): Promise<Result<undefined, Failure>> {
  tellKept(session, await sweepLeftovers(session.states, runbook.tasks), 'orchestrate was killed');
  // Opening and closing it takes in what a killed process had not yet put into the database itself.
  const unfinished = ['-wal', '-shm', '-journal'].some((suffix) =>
    exists(path.join(session.root, HISTORY_DB + suffix)),
  );
  if (unfinished) await session.calls();
  const rolled = await session.ledger.rollForward(runbook);
  if (!rolled.ok) return rolled;
  tellOverruled(session, rolled.value);
  for (const { taskId, from, to } of rolled.value.written) {
    if (from === to || to === 'RUNNING') continue;
    const message = `${taskId} is ${to}: that was in the journal and is now in the files`;
    session.report({ kind: 'warning', message });
  }
  return ok(undefined);
}

/** Whether the run that marked a task RUNNING still lives. `unknown`: on another machine. */
function judgeRunning(root: string, row: RunningRow): 'alive' | 'dead' | 'unknown' {
  if (!isThisMachine(row.process)) return 'unknown';
  if (isAliveIdentity(row.process) || (row.waiting && isClaimed(root, row.runId))) return 'alive';
  return 'dead';
}

/**
 * Tasks that a dead run left RUNNING: what waited for a person is READY again, what was in flight is ERROR. To be called under the
 * project's lock: a run that has something in flight holds it.
 */
export async function endDeadRuns(
  session: Session,
  journal: Journal,
  runbook: Runbook,
): Promise<Result<undefined, Failure>> {
  const running = journal.running();
  if (!running.ok) return running;
  const others = running.value.filter((row) => row.runId !== session.runId);
  const found = others.map((row) => ({ row, task: runbook.tasks.find(({ id }) => id === row.taskId) }));
  // A person has put an end to it in the files already.
  const over = found.filter(({ task }) => task?.status !== 'RUNNING').map(({ row }) => row.taskId);
  if (over.length > 0) {
    const forgotten = journal.forget(over);
    if (!forgotten.ok) return forgotten;
  }
  const dead = found.flatMap(({ row, task }) =>
    task?.status === 'RUNNING' && judgeRunning(session.states, row) === 'dead' ? { row, task } : [],
  );
  const cutOff = new Set(dead.map(({ task }) => task.id));
  const checked = await endUnaccepted(session, runbook, cutOff);
  const transitions: Transition[] = [];
  for (const { row, task } of dead)
    transitions.push(await endOf(session, task, { row, wasChecked: checked.has(task.id) }));
  if (transitions.length === 0) return ok(undefined);
  for (const { task, to, details } of transitions)
    session.report({ kind: 'warning', message: newsOfEnd(task, to, details) });
  const applied = await session.ledger.apply(transitions);
  return applied.ok ? ok(undefined) : applied;
}

/** Why it is ERROR stands in its issue, and is said where the run halts. */
function newsOfEnd(task: Task, to: string, details: Transition['details']): string {
  return to === 'ERROR'
    ? `${task.id} was cut off: it is ERROR`
    : `${task.id} is READY again: ${String(details?.reason)}`;
}

type Dead = { readonly row: RunningRow; readonly wasChecked: boolean };

async function endOf(session: Session, task: Task, { row, wasChecked }: Dead): Promise<Transition> {
  const died = `orchestrate (pid ${row.process.pid}, started on it ${localTime(row.since)}) ended without a word`;
  if (task.type === 'MANUAL') return released(task, `${died} while it waited for a person`);
  if (task.type === 'AI_ASSISTED') {
    if (wasChecked) return released(task, `${died} while its answer was checked; it is kept for review`);
    const calls = await session.calls();
    const cut = calls.ok ? calls.value.interruptOf(task.id, row.runId) : [];
    if (row.waiting) return released(task, `${died} while it waited for a person`);
    if (cut.length === 0) return released(task, `${died} while nothing was in flight`);
    const kept = cut.some(({ text }) => text !== '') ? '; what had arrived is in the history' : '';
    return interrupted(task, `${died} while the model was answering${kept}; it may have been billed`);
  }
  const log = await lastLog(session.states, task);
  const left = survivorsWith(`ORCHESTRATE_RUN_ID=${row.runId}`, `ORCHESTRATE_TASK_ID=${task.id}`);
  const still =
    left.length === 0
      ? ''
      : `; what it started still runs: ${left
          .slice(0, 3)
          .map(({ pid, command }) => `${pid} (${session.redactor.text(command).slice(0, 60)})`)
          .join(', ')}; to end them: kill ${left.map(({ pid }) => pid).join(' ')}`;
  const what = log === undefined ? 'before its command had written anything' : `while it ran; its output is in ${log}`;
  return interrupted(task, `${died} ${what}${still}`);
}

async function lastLog(root: string, task: Task): Promise<string | undefined> {
  const folder = path.join('logs', 'tasks', task.id);
  const numbers = (await listFolder(path.join(root, folder))).map((name) => Number.parseInt(name, 10) || 0);
  return numbers.length === 0 ? undefined : path.join(folder, `${Math.max(...numbers)}.log`);
}

function released(task: Task, reason: string): Transition {
  return { task, to: 'READY', event: 'TASK_RELEASED', actor: 'orchestrate', details: { reason } };
}

function interrupted(task: Task, detail: string): Transition {
  return {
    task,
    to: 'ERROR',
    event: 'TASK_INTERRUPTED',
    actor: 'orchestrate',
    details: { detail },
    lastRun: { timestamp: timestamp(), outcome: 'FAILURE' },
    issue: { timestamp: timestamp(), type: 'INTERRUPTED', detail, resolution: null },
  };
}
