// Gets a new answer for an AI task, or says how the task ends without one. Does not judge the answer.

import { lowerFirst } from '../../../base/text.ts';
import type { Refused } from '../../../calls/types.ts';
import type { ModelFailure } from '../../../model/provider.ts';
import type { LastRun } from '../../../runbook/schema.ts';
import type { Runbook } from '../../../runbook/task.ts';
import { timestamp } from '../../../system/clock.ts';
import type { Outcome } from '../../outcome.ts';
import type { Session } from '../../session.ts';
import { snippet } from '../../transition.ts';
import { aboutOf, callModel } from './call.ts';
import { editsOf } from './edits.ts';
import { released, unrecorded } from './ends.ts';
import type { AiTask, Prepared } from './prepare.ts';
import { confirmSend } from './review.ts';

/** An answer that is there, whoever paid for it when. */
export type Answer = {
  readonly callId: string;
  readonly text: string;
  readonly costUsd: number | null;
  /** The file that has it, where the history could not take it. */
  readonly besideIn?: string;
};

type Asked = { readonly task: AiTask; readonly prepared: Prepared; readonly attempt: number };

export async function obtainAnswer(
  session: Session,
  runbook: Runbook,
  { task, prepared, attempt }: Asked,
): Promise<Answer | Outcome> {
  const planFor = (asked: Prepared) =>
    session.models.plan(runbook.ai, {
      request: asked.request,
      about: aboutOf({ task, prepared: asked, attempt }),
    });
  const plan = await planFor(prepared);
  if (!plan.ok) return refused(plan.error);
  const edits = editsOf({ root: session.root, runId: session.runId, taskId: task.id, kind: 'prompt' });
  const sent = await confirmSend(session, runbook, {
    prepared,
    plan: plan.value,
    attempt,
    planFor,
    taskId: task.id,
    edits,
  });
  if (!sent.ok) return sent.error;
  const answered = await callModel(session, sent.value.plan, { task, prepared: sent.value.prepared, attempt });
  // From here on the history has it.
  if (answered.ok || answered.error.kind === 'model') edits.used(sent.value.prepared.promptText);
  if (answered.ok) {
    const { answer, ...where } = answered.value;
    return { ...where, text: answer.text, costUsd: answer.costUsd };
  }
  switch (answered.error.kind) {
    case 'refused':
      return refused(answered.error.refused);
    case 'failure':
      return unrecorded(answered.error.failure);
    case 'model':
      // A person who leaves while an answer is to be pasted has cut nothing off.
      if (sent.value.plan.provider.name === 'paste' && answered.error.failure.code === 'aborted')
        return notPasted(task);
      return callFailed(answered.error.failure, task, attempt);
  }
}

/** Nothing was sent: the task is READY again, and what a person must do first is said. */
function refused({ message, advice, badInput }: Refused): Outcome {
  return { ...released(message, advice), ...(badInput ? { badInput } : {}) };
}

/** A call that gave no complete answer: waits for what a person must bring, is cut off, or failed. Its text is in the history. */
function callFailed(failure: ModelFailure, task: AiTask, attempt: number): Outcome {
  const lastRun: LastRun = {
    timestamp: timestamp(),
    outcome: 'FAILURE',
    attempts: attempt,
    ...(failure.partialText === '' ? {} : { llm_response: snippet(failure.partialText) }),
  };
  switch (failure.code) {
    case 'replay-miss':
    case 'no-key':
      return released(`${lowerFirst(failure.message)}${failure.miss ? `\n${failure.miss.diff}` : ''}`, failure.advice);
    case 'cancelled':
      return notPasted(task);
    case 'aborted':
      if (failure.unsent)
        return released(lowerFirst(failure.message), `to ask again: orchestrate next ${task.id}`, { stop: true });
      return {
        kind: 'interrupted',
        detail: 'interrupted while the model was answering; what had arrived is in the history',
        lastRun,
      };
    default:
      return {
        kind: 'failed',
        issue: 'GENERATION_ERROR',
        detail: `${failure.message}. ${failure.advice}`,
        lastRun,
        details: { code: failure.code },
      };
  }
}

function notPasted(task: AiTask): Outcome {
  return released('no answer was given', `run "orchestrate next ${task.id}" to go on`, { stop: true });
}
