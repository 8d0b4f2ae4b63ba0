// An AI_ASSISTED task, end to end: ask, judge, review, accept or try again (design.md §5). Does not store the outcome.

import { localTime, oneLine } from '../../../base/text.ts';
import type { CallStore, Review } from '../../../history/calls.ts';
import type { Issue, LastRun } from '../../../runbook/schema.ts';
import type { Runbook } from '../../../runbook/task.ts';
import { timestamp } from '../../../system/clock.ts';
import { acceptsItself } from '../../absent.ts';
import { forgetFormer } from '../../former.ts';
import type { Outcome } from '../../outcome.ts';
import { type Session, YES_ACTOR } from '../../session.ts';
import { snippet } from '../../transition.ts';
import { type Candidate, describeCandidate, judgeAnswer, judgeContent } from './candidate.ts';
import { type Edits, editsOf } from './edits.ts';
import { failed, released, unrecorded } from './ends.ts';
import { type Answer, obtainAnswer } from './obtain.ts';
import { acceptCandidate, isAsSeen, lookAtArtifact, type Refusal, type Seen } from './place.ts';
import { type AiTask, type PrepareInput, prepareRequest, type Retry } from './prepare.ts';
import { askReview, type Verdict } from './review.ts';
import { findStored } from './stored.ts';
import { inWords } from './words.ts';

/** What the attempts of one start share. */
type Attempts = {
  readonly redact: (text: string) => string;
  readonly edits: Edits;
  number: number;
  retry: Retry | undefined;
  calls: CallStore;
};

export async function runAi(session: Session, runbook: Runbook, task: AiTask): Promise<Outcome> {
  const calls = await session.calls();
  if (!calls.ok) return unrecorded(calls.error);
  const { root, runId, environment, redactor } = session;
  const question = { root, runbook, task, environment, redactor };
  const edits = editsOf({ root, runId, taskId: task.id, kind: 'answer' });
  const attempts: Attempts = { redact: redactor.text, edits, number: 1, retry: undefined, calls: calls.value };
  let answer = await takeStored(session, question, attempts);
  for (;;) {
    if (answer === undefined) {
      const prepared = await prepareRequest({ ...question, ...(attempts.retry ? { retry: attempts.retry } : {}) });
      if (!prepared.ok) return failed(await inWords(prepared.error));
      const obtained = await obtainAnswer(session, runbook, {
        task,
        prepared: prepared.value,
        attempt: attempts.number,
      });
      if ('kind' in obtained) return obtained;
      answer = obtained;
    }
    const outcome = await decide(session, runbook, { task, answer, attempts });
    if (outcome !== 'again') return outcome;
    attempts.number += 1;
    answer = undefined;
  }
}

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

type Decision = { readonly task: AiTask; readonly answer: Answer; readonly attempts: Attempts };

async function decide(session: Session, runbook: Runbook, step: Decision): Promise<Outcome | 'again'> {
  const { task, answer, attempts } = step;
  let candidate = await judgeAnswer(session.root, task, answer.text);
  const bad = candidate.problems.length > 0;
  if (bad && attempts.number < maxAttempts(task)) return retryAfter(session, step, candidate.problems.join('; '));
  if (!bad && acceptsItself(session, task)) return acceptUnasked(session, runbook, { ...step, candidate });
  const person = session.person;
  let seen = await present(session, task, candidate);
  if (person === undefined) return unreviewed(session, step, candidate);
  // Asked again until it is decided: what a person wrote or chose is never thrown away for a new call.
  for (;;) {
    const verdict = await askReview(person, { task, candidate, edits: attempts.edits });
    const next = await carryOut(session, runbook, { ...step, candidate, seen, verdict });
    if (next === 'again' || 'kind' in next) return next;
    candidate = next;
    // What is to be replaced is always what the person was shown.
    if (verdict.kind === 'use' || !isAsSeen(session.root, task, seen)) seen = await present(session, task, candidate);
  }
}

/** Shows the candidate beside the artifact as it is now. */
async function present(session: Session, task: AiTask, candidate: Candidate): Promise<Seen> {
  const seen = lookAtArtifact(session.root, task);
  session.report(await describeCandidate(task, candidate, seen.ok ? seen.value : undefined));
  return seen.ok ? seen.value : undefined;
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
    if (accepted.error.kind !== 'check')
      return { ...failed(accepted.error.message), lastRun: lastRunOf(step, 'FAILURE') };
    if (attempts.number < maxAttempts(task)) return retryAfter(session, step, accepted.error.message);
    return {
      ...failed(accepted.error.message),
      issue: 'VALIDATION_FAIL',
      lastRun: lastRunOf(step, 'FAILURE'),
      ...reviewed(session, step, 'rejected'),
    };
  }
  const actor = task.work.ai.auto_accept ? 'auto_accept' : YES_ACTOR;
  return {
    kind: 'done',
    lastRun: lastRunOf(step, 'SUCCESS'),
    details: { ...detailsOf(step), evidence: accepted.value },
    actor,
    ...reviewed(session, step, 'accepted'),
  };
}

/** Nobody is there to review it: the answer stays stored, so nothing is paid twice. */
function unreviewed(session: Session, step: Decision, candidate: Candidate): Outcome {
  const { task } = step;
  if (step.answer.besideIn !== undefined)
    return released(`its answer could not be kept for review (${step.answer.besideIn})`, 'run "orchestrate doctor"', {
      stop: true,
    });
  if (candidate.problems.length === 0) {
    return released(
      'an answer waits for review',
      `orchestrate review ${task.id} (add --accept, --retry, --error TEXT or --skip to answer at once)`,
    );
  }
  return {
    ...failed(candidate.problems.join('; ')),
    issue: 'VALIDATION_FAIL',
    lastRun: lastRunOf(step, 'FAILURE'),
    ...reviewed(session, step, 'rejected'),
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

type Carrying = Decision & { readonly candidate: Candidate; readonly seen: Seen; readonly verdict: Verdict };

/** What the person decided; a new candidate where the question is to be asked again. */
async function carryOut(session: Session, runbook: Runbook, step: Carrying): Promise<Outcome | 'again' | Candidate> {
  const { task, candidate, verdict } = step;
  switch (verdict.kind) {
    case 'accept':
      return acceptReviewed(session, runbook, { ...step, chosen: candidate });
    case 'edited':
      return acceptReviewed(session, runbook, { ...step, chosen: await writtenByHand(session, task, verdict.content) });
    case 'use':
      return writtenByHand(session, task, verdict.content);
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
        ...reviewed(session, step, 'rejected'),
      };
    case 'skip':
      return { kind: 'skipped', reason: 'skipped in review', ...reviewed(session, step, 'skipped') };
    case 'later':
      return keptForReview(step, candidate);
  }
}

async function writtenByHand(session: Session, task: AiTask, content: string): Promise<Candidate> {
  return { ...(await judgeContent(session.root, task, content)), byHand: true };
}

async function acceptReviewed(
  session: Session,
  runbook: Runbook,
  step: Carrying & { chosen: Candidate },
): Promise<Outcome | Candidate> {
  const { task, candidate, chosen, seen } = step;
  const edited = chosen.byHand ?? false;
  if (chosen.problems.length > 0) {
    session.report({
      kind: 'warning',
      message: `it cannot be accepted like this: ${chosen.problems.join('; ')}`,
      advice: 'edit it (m), retry (r), or mark the error (e)',
    });
    return chosen;
  }
  const accepted = await acceptCandidate(session, runbook, { task, candidate: chosen, seen });
  if (!accepted.ok)
    return session.signal.aborted ? keptForReview(step) : refuse(session, task, { chosen, refusal: accepted.error });
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
    ...reviewed(session, { ...step, candidate: chosen }, edited ? 'edited' : 'accepted'),
  };
}

/**
 * Marked only when the outcome is safe: until then a crash leads back to the review, not to a new call, and the former artifact can
 * be put back. A text that was written by hand and not used stays, and is named.
 */
function reviewed(
  session: Session,
  { task, attempts, answer, candidate }: Decision & { candidate?: Candidate },
  review: Review,
): { afterwards: () => void } {
  const afterwards = () => {
    attempts.calls.review(answer.callId, review);
    if (review === 'rejected') return;
    forgetFormer(session.root, task.id);
    const other = attempts.edits.used(candidate?.content ?? answer.text);
    if (other === undefined) return;
    session.report({
      kind: 'note',
      message: `your edited text of ${localTime(other.at)} was not used: it stays in ${other.file}`,
    });
  };
  return { afterwards };
}

/** The state goes back to READY and the answer stays as it is: nothing is paid twice. */
function keptForReview({ task, attempts, answer }: Decision, candidate?: Candidate): Outcome {
  const open = candidate && issueOf(candidate, null);
  const edited = attempts.edits.kept(candidate?.byHand ? answer.text : (candidate?.content ?? answer.text));
  return {
    kind: 'released',
    reason: edited ? 'the answer and your edited text are kept for review' : 'the answer is kept for review',
    advice: `to come back to it, without a new call: orchestrate review ${task.id}`,
    stop: true,
    ...(open ? { open } : {}),
  };
}

/** Not accepted, and why: the person decides again. */
function refuse(
  session: Session,
  task: AiTask,
  { chosen, refusal }: { chosen: Candidate; refusal: Refusal },
): Candidate {
  if (refusal.kind === 'changed') {
    session.report({ kind: 'warning', message: refusal.message, advice: 'look at it as it is now, and answer again' });
    return chosen;
  }
  session.ledger.note([{ task_id: task.id, event_type: 'CHECK_FAILED', details: { detail: refusal.message } }]);
  const isBack = refusal.kind === 'check' && refusal.isBack;
  const why = isBack ? `: ${task.outputArtifact ?? 'nothing'} is as it was before` : '';
  session.report({ kind: 'warning', message: `not accepted${refusal.kind === 'disk' ? `: ${refusal.message}` : why}` });
  return { ...chosen, refused: refusal.message };
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
