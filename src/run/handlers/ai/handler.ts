// An AI_ASSISTED task, end to end: ask, judge, review, accept or try again (design.md §5). Does not store the outcome.

import type { Failure } from '../../../base/failure.ts';
import { localTime, lowerFirst, oneLine } from '../../../base/text.ts';
import type { Answered, Refused } from '../../../calls/types.ts';
import type { CallStore, Review } from '../../../history/calls.ts';
import type { ModelFailure } from '../../../model/provider.ts';
import type { Issue, LastRun } from '../../../runbook/schema.ts';
import type { Runbook } from '../../../runbook/task.ts';
import { timestamp } from '../../../system/clock.ts';
import { acceptsItself } from '../../absent.ts';
import type { Outcome } from '../../outcome.ts';
import { type Session, YES_ACTOR } from '../../session.ts';
import { snippet } from '../../transition.ts';
import { aboutOf, callModel } from './call.ts';
import { acceptCandidate, type Candidate, describeCandidate, judgeAnswer, judgeContent } from './candidate.ts';
import { type AiTask, type Prepared, type PrepareInput, prepareRequest, type Retry } from './prepare.ts';
import { askReview, confirmSend, type Verdict } from './review.ts';
import { findStored } from './stored.ts';
import { inWords } from './words.ts';

/** An answer that is there, whoever paid for it when. */
type Answer = Omit<Answered, 'answer'> & { readonly text: string; readonly costUsd: number | null };

/** What the attempts of one start share. */
type Attempts = {
  readonly redact: (text: string) => string;
  number: number;
  retry: Retry | undefined;
  calls: CallStore;
};

export async function runAi(session: Session, runbook: Runbook, task: AiTask): Promise<Outcome> {
  const calls = await session.calls();
  if (!calls.ok) return unrecorded(calls.error);
  const { root, environment, redactor } = session;
  const question = { root, runbook, task, environment, redactor };
  const attempts: Attempts = { redact: session.redactor.text, number: 1, retry: undefined, calls: calls.value };
  let answer = await takeStored(session, question, attempts);
  for (;;) {
    if (answer === undefined) {
      const prepared = await prepareRequest({ ...question, ...(attempts.retry ? { retry: attempts.retry } : {}) });
      if (!prepared.ok) return failed(await inWords(prepared.error));
      const obtained = await obtainAnswer(session, runbook, { task, prepared: prepared.value, attempts });
      if ('kind' in obtained) return obtained;
      answer = obtained;
    }
    const outcome = await decide(session, runbook, { task, answer, attempts });
    if (outcome !== 'again') return outcome;
    attempts.number += 1;
    answer = undefined;
  }
}

/** Nothing failed in the task: it stays READY until its calls can be recorded again. */
function unrecorded(failure: Failure): Outcome {
  const { path, message, advice } =
    failure.code === 'database'
      ? failure
      : { path: 'the history', message: failure.code, advice: 'orchestrate doctor' };
  return released(`no call can be recorded, so none is sent (${path}: ${message})`, advice, false);
}

type Step = { readonly task: AiTask; readonly attempts: Attempts };

/** The answer that is there already and waits for review; otherwise says why a new call is made. */
async function takeStored(
  session: Session,
  question: Omit<PrepareInput, 'retry'>,
  attempts: Attempts,
): Promise<Answer | undefined> {
  const found = await findStored(attempts.calls, question);
  if (!found?.fits) {
    const former = attempts.calls.latest(question.task.id);
    const why = found
      ? 'was to a different prompt or model'
      : former?.review === 'rejected'
        ? 'was rejected'
        : undefined;
    if (former && why)
      session.report({
        kind: 'note',
        message: `the answer of ${localTime(former.createdAt)} ${why}: a new call is made`,
      });
    return undefined;
  }
  const { stored } = found;
  attempts.number = stored.attempt;
  attempts.retry = stored.retry;
  session.report({ kind: 'stored-answer', createdAt: stored.createdAt });
  return { callId: stored.id, text: stored.text, costUsd: stored.costUsd };
}

async function obtainAnswer(
  session: Session,
  runbook: Runbook,
  { task, prepared, attempts }: Step & { prepared: Prepared },
): Promise<Answer | Outcome> {
  const attempt = attempts.number;
  const planFor = (asked: Prepared) =>
    session.models.plan(runbook.ai, {
      request: asked.request,
      about: aboutOf({ task, prepared: asked, attempt }),
    });
  const plan = await planFor(prepared);
  if (!plan.ok) return refused(plan.error);
  const sent = await confirmSend(session, runbook, { prepared, plan: plan.value, attempt, planFor });
  if (!sent.ok) return sent.error;
  const answered = await callModel(session, sent.value.plan, { task, prepared: sent.value.prepared, attempt });
  if (answered.ok) {
    const { answer, ...where } = answered.value;
    return { ...where, text: answer.text, costUsd: answer.costUsd };
  }
  switch (answered.error.kind) {
    case 'refused':
      return refused(answered.error.refused);
    case 'failure':
      return failed(`the call cannot be recorded, so it was not sent (${answered.error.failure.code})`);
    case 'model':
      // A person who leaves while an answer is to be pasted has cut nothing off.
      if (sent.value.plan.provider.name === 'paste' && answered.error.failure.code === 'aborted')
        return notPasted(task);
      return callFailed(answered.error.failure, task, attempts);
  }
}

/** Nothing was sent: the task is READY again, and what a person must do first is said. */
function refused({ message, advice, badInput }: Refused): Outcome {
  return { ...released(message, advice, false), ...(badInput ? { badInput } : {}) };
}

/** A call that gave no complete answer: waits for what a person must bring, is cut off, or failed. Its text is in the history. */
function callFailed(failure: ModelFailure, task: AiTask, attempts: Attempts): Outcome {
  const lastRun: LastRun = {
    timestamp: timestamp(),
    outcome: 'FAILURE',
    attempts: attempts.number,
    ...(failure.partialText === '' ? {} : { llm_response: snippet(failure.partialText) }),
  };
  switch (failure.code) {
    case 'replay-miss':
    case 'no-key':
      return released(
        `${lowerFirst(failure.message)}${failure.miss ? `\n${failure.miss.diff}` : ''}`,
        failure.advice,
        false,
      );
    case 'cancelled':
      return notPasted(task);
    case 'aborted':
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
  return released('no answer was given', `run "orchestrate next ${task.id}" to go on`, true);
}

type Decision = { readonly task: AiTask; readonly answer: Answer; readonly attempts: Attempts };

async function decide(session: Session, runbook: Runbook, step: Decision): Promise<Outcome | 'again'> {
  const { task, answer, attempts } = step;
  let candidate = await judgeAnswer(session.root, task, answer.text);
  const bad = candidate.problems.length > 0;
  if (bad && attempts.number < maxAttempts(task)) return retryAfter(session, step, candidate.problems.join('; '));
  if (!bad && acceptsItself(session, task)) return acceptUnasked(session, runbook, { ...step, candidate });
  session.report(await describeCandidate(session.root, task, candidate));
  const person = session.person;
  if (person === undefined) return unreviewed(step, candidate);
  // Asked again until it is decided: what a person wrote or chose is never thrown away for a new call.
  for (;;) {
    const verdict: Verdict = await askReview(person, task, candidate.content);
    const next = await carryOut(session, runbook, { ...step, candidate, verdict });
    if (next === 'again' || 'kind' in next) return next;
    candidate = next;
  }
}

function maxAttempts(task: AiTask): number {
  return task.work.ai.max_attempts ?? 2;
}

async function acceptUnasked(
  session: Session,
  runbook: Runbook,
  step: Decision & { candidate: Candidate },
): Promise<Outcome | 'again'> {
  const { task, attempts, candidate } = step;
  const accepted = await acceptCandidate(session, runbook, { task, candidate });
  if (!accepted.ok) {
    if (session.signal.aborted) return keptForReview(step);
    // The answer is good and paid for: it is offered again when the disk is mended.
    if (accepted.error.onDisk) return { ...failed(accepted.error.message), lastRun: lastRunOf(step, 'FAILURE') };
    if (attempts.number < maxAttempts(task)) return retryAfter(session, step, accepted.error.message);
    return {
      ...failed(accepted.error.message),
      issue: 'VALIDATION_FAIL',
      lastRun: lastRunOf(step, 'FAILURE'),
      ...reviewed(step, 'rejected'),
    };
  }
  const actor = task.work.ai.auto_accept ? 'auto_accept' : YES_ACTOR;
  return {
    kind: 'done',
    lastRun: lastRunOf(step, 'SUCCESS'),
    details: { ...detailsOf(step), evidence: accepted.value },
    actor,
    ...reviewed(step, 'accepted'),
  };
}

/** Nobody is there to review it: the answer stays stored, so nothing is paid twice. */
function unreviewed(step: Decision, candidate: Candidate): Outcome {
  const { task, answer } = step;
  if (answer.besideIn !== undefined)
    return released(`its answer could not be kept for review (${answer.besideIn})`, 'run "orchestrate doctor"', true);
  if (candidate.problems.length === 0) {
    return released(
      'an answer waits for review',
      `orchestrate review ${task.id} (add --accept, --retry, --error TEXT or --skip to answer at once)`,
      false,
    );
  }
  return {
    ...failed(candidate.problems.join('; ')),
    issue: 'VALIDATION_FAIL',
    lastRun: lastRunOf(step, 'FAILURE'),
    ...reviewed(step, 'rejected'),
  };
}

/** Another attempt, with what was wrong in its context; the issue says how it was resolved. */
async function retryAfter(session: Session, step: Decision, failure: string): Promise<'again' | Outcome> {
  const { task, answer, attempts } = step;
  attempts.retry = { previousOutput: answer.text, failure };
  const fallback = task.work.ai.fallback_prompt_template;
  const resolution = fallback === undefined ? 'Retried' : `Retried with fallback ${fallback}`;
  session.report({
    kind: 'note',
    message: `${failure === '' ? '' : `not accepted: ${failure}; `}asking again${fallback === undefined ? '' : ` with ${fallback}`}`,
  });
  const issue = {
    timestamp: timestamp(),
    type: 'VALIDATION_FAIL',
    detail: failure || 'rejected in review',
    resolution,
  };
  const known = task.issues.some((other) => !other.resolution && other.detail === issue.detail);
  const noted = await session.ledger.apply([
    {
      task: { ...task, status: 'RUNNING' },
      to: 'RUNNING',
      event: 'CHECK_FAILED',
      details: { detail: issue.detail, resolution },
      resolution,
      ...(known ? {} : { issue }),
    },
  ]);
  if (!noted.ok) return failed(`the attempt could not be recorded (${noted.error.code})`);
  attempts.calls.review(answer.callId, 'rejected');
  return 'again';
}

type Carrying = Decision & { readonly candidate: Candidate; readonly verdict: Verdict };

/** What the person decided; a new candidate where the question is to be asked again. */
async function carryOut(session: Session, runbook: Runbook, step: Carrying): Promise<Outcome | 'again' | Candidate> {
  const { task, candidate, verdict } = step;
  switch (verdict.kind) {
    case 'accept':
    case 'edited': {
      const chosen: Candidate =
        verdict.kind === 'edited'
          ? { ...(await judgeContent(session.root, task, verdict.content)), byHand: true }
          : candidate;
      const edited = chosen.byHand ?? false;
      if (chosen.problems.length > 0) {
        session.report({
          kind: 'warning',
          message: `it cannot be accepted like this: ${chosen.problems.join('; ')}`,
          advice: 'edit it (m), retry (r), or mark the error (e)',
        });
        return chosen;
      }
      const accepted = await acceptCandidate(session, runbook, { task, candidate: chosen });
      if (!accepted.ok)
        return session.signal.aborted
          ? keptForReview(step)
          : refuse(session, task, { ...chosen, refused: accepted.error.message });
      const details = {
        ...detailsOf(step),
        ...(edited ? { edited_by_hand: true } : {}),
        ...(accepted.value.length > 0 ? { evidence: accepted.value } : {}),
      };
      const issue = issueOf(candidate, edited ? 'Edited by hand' : 'Accepted when the check held');
      return {
        kind: 'done',
        lastRun: lastRunOf(step, 'SUCCESS'),
        details,
        ...(issue ? { issue } : {}),
        ...reviewed(step, edited ? 'edited' : 'accepted'),
      };
    }
    case 'retry':
      return retryAfter(
        session,
        step,
        [verdict.reason, ...wrongWith(candidate)].filter((text) => text !== '').join('; '),
      );
    case 'error':
      return {
        ...failed([oneLine(verdict.reason) || 'marked as an error in review', ...wrongWith(candidate)].join('; ')),
        lastRun: lastRunOf(step, 'FAILURE'),
        ...reviewed(step, 'rejected'),
      };
    case 'skip':
      return { kind: 'skipped', reason: 'skipped in review', ...reviewed(step, 'skipped') };
    case 'later':
      return keptForReview(step, candidate);
  }
}

/** Marked only when the outcome is safe: until then a crash leads back to the review, not to a new call. */
function reviewed({ attempts, answer }: Decision, review: Review): { afterwards: () => void } {
  return { afterwards: () => attempts.calls.review(answer.callId, review) };
}

/** The state goes back to READY and the answer stays as it is: nothing is paid twice. */
function keptForReview({ task }: Decision, candidate?: Candidate): Outcome {
  const open = candidate && issueOf(candidate, null);
  return {
    kind: 'released',
    reason: 'the answer is kept for review',
    advice: `to come back to it, without a new call: orchestrate review ${task.id}`,
    stop: true,
    ...(open ? { open } : {}),
  };
}

/** A command of `expects` failed on what a person accepted: it is put back, and the person decides again. */
function refuse(session: Session, task: AiTask, candidate: Candidate): Candidate {
  session.ledger.note([{ task_id: task.id, event_type: 'CHECK_FAILED', details: { detail: candidate.refused ?? '' } }]);
  session.report({ kind: 'warning', message: `not accepted: ${task.outputArtifact ?? 'nothing'} is as it was before` });
  return candidate;
}

function wrongWith({ problems, refused }: Candidate): string[] {
  return [...problems, ...(refused === undefined ? [] : [refused])];
}

function issueOf(candidate: Candidate, resolution: string | null): Issue | undefined {
  const detail = wrongWith(candidate).join('; ');
  return detail === '' ? undefined : { timestamp: timestamp(), type: 'VALIDATION_FAIL', detail, resolution };
}

function lastRunOf({ answer, attempts }: Decision, outcome: 'SUCCESS' | 'FAILURE'): LastRun {
  return {
    timestamp: timestamp(),
    outcome,
    llm_response: snippet(attempts.redact(answer.text)),
    cost_estimate: answer.costUsd,
    attempts: attempts.number,
  };
}

function detailsOf({ task, answer }: Decision): Record<string, unknown> {
  return {
    call_id: answer.callId,
    cost_estimate: answer.costUsd,
    ...(task.outputArtifact === undefined ? {} : { artifact: task.outputArtifact }),
  };
}

function released(reason: string, advice: string, stop: boolean): Extract<Outcome, { kind: 'released' }> {
  return { kind: 'released', reason, advice, stop };
}

function failed(detail: string): Extract<Outcome, { kind: 'failed' }> {
  return { kind: 'failed', issue: 'GENERATION_ERROR', detail, lastRun: { timestamp: timestamp(), outcome: 'FAILURE' } };
}
