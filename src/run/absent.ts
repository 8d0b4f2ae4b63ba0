// Which tasks cannot be started while nobody is there to answer, and what a person has to do about each. Starts nothing.

import type { Task } from '../runbook/task.ts';
import type { Outcome } from './outcome.ts';
import type { Session } from './session.ts';

/** What decides whether somebody is there; of the person, only whether there is one. */
export type Attendance = Pick<Session, 'unattended' | 'yes'> & { readonly person: unknown };

type Released = Extract<Outcome, { kind: 'released' }>;

/** The outcome of a task that needs a person who is not there; undefined where it can be started. */
export function needsAbsentPerson(session: Attendance, task: Task): Released | undefined {
  if (session.person !== undefined) return undefined;
  switch (task.work?.type) {
    case 'MANUAL':
      return unconfirmed(session, task, task.work.gate);
    case 'AI_ASSISTED':
      return session.unattended && !acceptsItself(session, task) ? unreviewable(task) : undefined;
    default:
      return undefined;
  }
}

function unconfirmed(session: Attendance, task: Task, gate: boolean): Released | undefined {
  if (session.yes && !gate) return undefined;
  const why = session.yes ? 'it is a gate: --yes does not pass it' : 'a person must do this and confirm it';
  return released(why, `when it is done: orchestrate review ${task.id} --accept`);
}

/** Its answer would be paid for on a machine that is thrown away before anybody reviews it. */
function unreviewable(task: Task): Released {
  return released(
    'a person must review its answer, so with --ci it is not asked for',
    `in a terminal: orchestrate next ${task.id}; or let checks decide: "expects" and ai_details: auto_accept: true`,
  );
}

function released(reason: string, advice: string): Released {
  return { kind: 'released', reason, advice, stop: false };
}

/** `auto_accept`, or `--yes` where `expects` says what good means (design.md §4). */
export function acceptsItself(session: Pick<Session, 'yes'>, task: Task): boolean {
  const auto = task.work?.type === 'AI_ASSISTED' && (task.work.ai.auto_accept ?? false);
  return auto || (session.yes && task.expects.length > 0);
}
