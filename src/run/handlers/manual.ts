// A MANUAL task: shows the steps, asks a person, checks the evidence. Does not know how the answer is stored.

import { oneLine } from '../../base/text.ts';
import type { Runbook, Task } from '../../runbook/task.ts';
import type { IssueType } from '../../runbook/words.ts';
import { timestamp } from '../../system/clock.ts';
import { type CheckResult, checkAll, failuresOf } from '../evidence.ts';
import type { Outcome } from '../outcome.ts';
import { type Session, YES_ACTOR } from '../session.ts';

const CHOICES = [
  { key: 'y', label: 'done' },
  { key: 'n', label: 'done, with a note' },
  { key: 'e', label: 'error' },
  { key: 's', label: 'skip' },
  { key: 'q', label: 'quit, later' },
] as const;

/** Asks until the task is done, failed, skipped or put off. Done needs every check of `expects` to hold (design.md §6). */
export async function runManual(session: Session, runbook: Runbook, task: Task): Promise<Outcome> {
  const work = task.work?.type === 'MANUAL' ? task.work : { instructions: [], gate: false };
  session.report({ kind: 'instructions', task, lines: work.instructions });
  if (session.yes && !work.gate) {
    const evidence = await checkAll(session, runbook, task);
    const failures = failuresOf(evidence);
    if (session.signal.aborted) return putOff();
    return failures === undefined ? { ...done(evidence), actor: YES_ACTOR } : blocked('VALIDATION_FAIL', failures);
  }
  const person = session.person;
  if (person === undefined) return putOff(); // attempt.ts starts no manual step that nobody can answer
  for (;;) {
    const answer = await person.choose({ kind: 'manual', message: 'Is it done?', choices: CHOICES });
    if (answer === 'y' || answer === 'n') {
      const note = answer === 'n' ? await person.ask('Note, file or link:') : '';
      if (note === undefined) return putOff();
      const evidence = await checkAll(session, runbook, task);
      if (failuresOf(evidence) === undefined) return done(evidence, note.trim());
      session.report({
        kind: 'warning',
        message: 'not done yet: what it should have brought about is not there',
        advice: 'finish the step and answer y again, or q',
      });
    } else if (answer === 'e') {
      const reason = await person.ask('What is in the way?');
      if (reason === undefined) return putOff();
      if (reason.trim() !== '') return blocked('MANUAL_BLOCKER', oneLine(reason));
      session.report({ kind: 'note', message: 'an error needs a reason: it is what you will read when you come back' });
    } else return answer === 's' ? { kind: 'skipped', reason: 'skipped by a person' } : putOff();
  }
}

function putOff(): Outcome {
  return { kind: 'released', reason: 'put off', advice: 'run "orchestrate next" to come back to it', stop: true };
}

function done(evidence: readonly CheckResult[], note = ''): Extract<Outcome, { kind: 'done' }> {
  return {
    kind: 'done',
    lastRun: { timestamp: timestamp(), outcome: 'SUCCESS' },
    details: { ...(note === '' ? {} : { note }), ...(evidence.length > 0 ? { evidence } : {}) },
  };
}

function blocked(issue: IssueType, detail: string): Outcome {
  return { kind: 'failed', issue, detail, lastRun: { timestamp: timestamp(), outcome: 'FAILURE' } };
}
