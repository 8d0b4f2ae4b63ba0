// An AI_ASSISTED task, end to end: ask, judge, review, accept or try again (design.md §5). Does not store the outcome.

import { oneLine } from '../../../base/text.ts';
import type { CallStore } from '../../../history/calls.ts';
import type { ModelFailure } from '../../../model/provider.ts';
import type { LastRun } from '../../../runbook/schema.ts';
import { placeProblems, type Problem } from '../../../runbook/problem.ts';
import type { Runbook } from '../../../runbook/task.ts';
import { timestamp } from '../../../system/clock.ts';
import { lineColumn } from '../../../base/diagnostic.ts';
import { snippet } from '../../ledger.ts';
import type { Outcome } from '../../outcome.ts';
import { type Session, YES_ACTOR } from '../../session.ts';
import { callModel } from './call.ts';
import { acceptCandidate, type Candidate, describeCandidate, judgeAnswer, judgeContent } from './candidate.ts';
import { type AiTask, type Prepared, prepareRequest, type Retry } from './prepare.ts';
import { askReview, confirmSend, type Verdict } from './review.ts';

/** An answer that is there, whoever paid for it when. */
type Answer = { readonly callId: string; readonly text: string; readonly costUsd: number | null };

/** What the attempts of one start share. */
type Attempts = { number: number; retry: Retry | undefined; calls: CallStore };

export async function runAi(session: Session, runbook: Runbook, task: AiTask): Promise<Outcome> {
  const calls = await session.calls();
  if (!calls.ok) return failed(`the call cannot be recorded, so it was not sent: ${calls.error.code}`);
  const attempts: Attempts = { number: 1, retry: undefined, calls: calls.value };
  for (;;) {
    const prepared = await prepareRequest({ root: session.root, runbook, task, environment: session.environment, ...(attempts.retry ? { retry: attempts.retry } : {}) });
    if (!prepared.ok) return failed(await inWords(prepared.error));
    const answer = await obtainAnswer(session, runbook, { task, prepared: prepared.value, attempts });
    if ('kind' in answer) return answer;
    const outcome = await decide(session, runbook, { task, answer, attempts });
    if (outcome !== 'again') return outcome;
    attempts.number += 1;
  }
}

type Step = { readonly task: AiTask; readonly attempts: Attempts };

/** The stored answer to the very same request while nobody has reviewed it, else a new call. */
async function obtainAnswer(session: Session, runbook: Runbook, { task, prepared, attempts }: Step & { prepared: Prepared }): Promise<Answer | Outcome> {
  const stored = attempts.calls.latest(task.id);
  if (stored && stored.review === null && stored.requestHash === prepared.requestHash) {
    session.report({ kind: 'stored-answer', createdAt: stored.createdAt });
    return { callId: stored.id, text: stored.text, costUsd: stored.costUsd };
  }
  if (stored && stored.review === null && attempts.number === 1) {
    session.report({ kind: 'note', message: `the answer of ${stored.createdAt} was to a different prompt or model: a new call is made` });
  }
  const provider = await session.provider(runbook, prepared.request);
  if (!provider.ok) {
    const failure = provider.error;
    if (failure.code === 'waiting') return released(failure.message, failure.advice, false);
    return failed('message' in failure ? failure.message : failure.code);
  }
  const sent = await confirmSend(session, runbook, { prepared, provider: provider.value, attempt: attempts.number });
  if ('kind' in sent) return sent;
  const answered = await callModel(session, { task, prepared: sent, provider: provider.value, calls: attempts.calls });
  if (answered.ok) return { callId: answered.value.callId, text: answered.value.answer.text, costUsd: answered.value.answer.costUsd };
  if (answered.error.kind === 'failure') return failed(`the call cannot be recorded, so it was not sent (${answered.error.failure.code})`);
  return callFailed(answered.error.failure, task, attempts);
}

/** A call that gave no complete answer: waits for what a person must bring, is cut off, or failed. Its text is in the history. */
function callFailed(failure: ModelFailure, task: AiTask, attempts: Attempts): Outcome {
  const lastRun: LastRun = { timestamp: timestamp(), outcome: 'FAILURE', attempts: attempts.number, ...(failure.partialText === '' ? {} : { llm_response: snippet(failure.partialText) }) };
  switch (failure.code) {
    case 'replay-miss':
    case 'no-key':
      return released(`${failure.message}${failure.miss ? `\n${failure.miss.diff}` : ''}`, failure.advice, false);
    case 'cancelled':
      return released('no answer was given', `run "orchestrate next ${task.id}" to go on`, true);
    case 'aborted':
      return { kind: 'interrupted', detail: 'interrupted while the model was answering; what had arrived is in the history', lastRun };
    default:
      return { kind: 'failed', issue: 'GENERATION_ERROR', detail: `${failure.message}. ${failure.advice}`, lastRun, details: { code: failure.code } };
  }
}

type Decision = { readonly task: AiTask; readonly answer: Answer; readonly attempts: Attempts };

async function decide(session: Session, runbook: Runbook, step: Decision): Promise<Outcome | 'again'> {
  const { task, answer, attempts } = step;
  let candidate = await judgeAnswer(session.root, task, answer.text);
  for (;;) {
    const bad = candidate.problems.length > 0;
    if (bad && attempts.number < maxAttempts(task)) return retryAfter(session, step, candidate.problems.join('; '));
    if (!bad && acceptsItself(session, task)) return acceptUnasked(session, runbook, { ...step, candidate });
    session.report(await describeCandidate(session.root, task, candidate));
    const person = session.person;
    if (person === undefined) return unreviewed(step, candidate);
    const verdict: Verdict = await askReview(person, task, candidate.content);
    const next = await carryOut(session, runbook, { ...step, candidate, verdict });
    if (next === 'again' || 'kind' in next) return next;
    candidate = next;
  }
}

function maxAttempts(task: AiTask): number {
  return task.work.ai.max_attempts ?? 2;
}

/** `auto_accept`, or `--yes` where `expects` says what good means (design.md §4). */
function acceptsItself(session: Session, task: AiTask): boolean {
  return (task.work.ai.auto_accept ?? false) || (session.yes && task.expects.length > 0);
}

async function acceptUnasked(session: Session, runbook: Runbook, step: Decision & { candidate: Candidate }): Promise<Outcome | 'again'> {
  const { task, answer, attempts, candidate } = step;
  const accepted = await acceptCandidate(session, runbook, { task, candidate });
  if (!accepted.ok) {
    if (attempts.number < maxAttempts(task)) return retryAfter(session, step, accepted.error);
    attempts.calls.review(answer.callId, 'rejected');
    return { ...failed(accepted.error), issue: 'VALIDATION_FAIL', lastRun: lastRunOf(step, 'FAILURE') };
  }
  attempts.calls.review(answer.callId, 'accepted');
  const actor = task.work.ai.auto_accept ? 'auto_accept' : YES_ACTOR;
  return { kind: 'done', lastRun: lastRunOf(step, 'SUCCESS'), details: { ...detailsOf(step), evidence: accepted.value }, actor };
}

/** Nobody is there to review it: the answer stays stored, so nothing is paid twice. */
function unreviewed(step: Decision, candidate: Candidate): Outcome {
  const { task, answer, attempts } = step;
  if (candidate.problems.length === 0) {
    return released('an answer waits for review', `orchestrate review ${task.id} (add --accept, --retry, --error TEXT or --skip to answer at once)`, false);
  }
  attempts.calls.review(answer.callId, 'rejected');
  return { ...failed(candidate.problems.join('; ')), issue: 'VALIDATION_FAIL', lastRun: lastRunOf(step, 'FAILURE') };
}

/** Another attempt, with what was wrong in its context; the issue says how it was resolved. */
async function retryAfter(session: Session, step: Decision, failure: string): Promise<'again' | Outcome> {
  const { task, answer, attempts } = step;
  attempts.calls.review(answer.callId, 'rejected');
  attempts.retry = { previousOutput: answer.text, failure };
  const fallback = task.work.ai.fallback_prompt_template;
  const resolution = fallback === undefined ? 'Retried' : `Retried with fallback ${fallback}`;
  session.report({ kind: 'note', message: `${failure === '' ? 'rejected' : failure}: ${resolution.toLowerCase()}` });
  const issue = { timestamp: timestamp(), type: 'VALIDATION_FAIL', detail: failure || 'rejected in review', resolution };
  const noted = await session.ledger.apply([{ task: { ...task, status: 'RUNNING' }, to: 'RUNNING', event: 'CHECK_FAILED', details: { detail: issue.detail, resolution }, issue }]);
  return noted.ok ? 'again' : failed(`the attempt could not be recorded (${noted.error.code})`);
}

type Carrying = Decision & { readonly candidate: Candidate; readonly verdict: Verdict };

/** What the person decided; a new candidate where the question is to be asked again. */
async function carryOut(session: Session, runbook: Runbook, step: Carrying): Promise<Outcome | 'again' | Candidate> {
  const { task, answer, attempts, candidate, verdict } = step;
  switch (verdict.kind) {
    case 'accept':
    case 'edited': {
      const edited = verdict.kind === 'edited';
      const chosen = edited ? await judgeContent(session.root, task, verdict.content) : candidate;
      if (chosen.problems.length > 0) {
        session.report({ kind: 'warning', message: `it cannot be accepted like this: ${chosen.problems.join('; ')}`, advice: 'edit it (m), retry (r), or mark the error (e)' });
        return chosen;
      }
      const accepted = await acceptCandidate(session, runbook, { task, candidate: chosen });
      if (!accepted.ok) return { ...chosen, problems: [accepted.error] };
      attempts.calls.review(answer.callId, edited ? 'edited' : 'accepted');
      return { kind: 'done', lastRun: lastRunOf(step, 'SUCCESS'), details: { ...detailsOf(step), ...(edited ? { edited_by_hand: true } : {}), ...(accepted.value.length > 0 ? { evidence: accepted.value } : {}) } };
    }
    case 'retry':
      return retryAfter(session, step, [verdict.reason, ...candidate.problems].filter((text) => text !== '').join('; '));
    case 'error':
      attempts.calls.review(answer.callId, 'rejected');
      return { ...failed(oneLine(verdict.reason) || 'marked as an error in review'), lastRun: lastRunOf(step, 'FAILURE') };
    case 'skip':
      attempts.calls.review(answer.callId, 'skipped');
      return { kind: 'skipped', reason: 'skipped in review' };
    case 'later':
      return released('the answer is kept for review', `run "orchestrate next ${task.id}" to come back to it; no new call is made`, true);
  }
}

function lastRunOf({ answer, attempts }: Decision, outcome: 'SUCCESS' | 'FAILURE'): LastRun {
  return { timestamp: timestamp(), outcome, llm_response: snippet(answer.text), cost_estimate: answer.costUsd, attempts: attempts.number };
}

function detailsOf({ task, answer }: Decision): Record<string, unknown> {
  return { call_id: answer.callId, cost_estimate: answer.costUsd, ...(task.outputArtifact === undefined ? {} : { artifact: task.outputArtifact }) };
}

function released(reason: string, advice: string, stop: boolean): Outcome {
  return { kind: 'released', reason, advice, stop };
}

function failed(detail: string): Extract<Outcome, { kind: 'failed' }> {
  return { kind: 'failed', issue: 'GENERATION_ERROR', detail, lastRun: { timestamp: timestamp(), outcome: 'FAILURE' } };
}

/** Problems as one text with places, for an issue in the detail file. */
async function inWords(problems: readonly Problem[]): Promise<string> {
  const placed = await placeProblems(problems);
  return placed
    .map(({ message, place, advice }) => {
      const at = place?.text !== undefined && place.span ? lineColumn(place.text, place.span.start) : undefined;
      const where = place ? `${place.file}${at ? `:${at.line}:${at.column}` : ''}: ` : '';
      return `${where}${message}${advice ? ` (${advice})` : ''}`;
    })
    .join('; ');
}
