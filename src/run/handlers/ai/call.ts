// One model call of a task: what it is about, and its lines in the log. How a call is made, recorded and settled is in src/calls/.

import path from 'node:path';
import type { Result } from '../../../base/result.ts';
import type { About, Answered, CallFailure, Plan } from '../../../calls/types.ts';
import type { CallFacts } from '../../../model/provider.ts';
import type { Session } from '../../session.ts';
import { snippet } from '../../transition.ts';
import type { AiTask, Prepared } from './prepare.ts';

export type CallInput = { readonly task: AiTask; readonly prepared: Prepared; readonly attempt: number };

/** For the row of the call, and for finding its answer again. */
export function aboutOf({ task, prepared, attempt }: CallInput): About {
  return {
    source: 'task',
    templateName: prepared.templateFile,
    templateText: prepared.template.fullText,
    promptHash: prepared.template.hash,
    promptText: prepared.promptText,
    requestHash: prepared.requestHash,
    inputParams: prepared.inputParams,
    taskId: task.id,
    metadata: { attempt },
  };
}

export async function callModel(
  session: Session,
  plan: Plan,
  input: CallInput,
): Promise<Result<Answered, CallFailure>> {
  const { task, prepared } = input;
  let callId = '';
  const result = await session.models.send(plan, {
    about: aboutOf(input),
    hooks: {
      report: session.report,
      keepBesideIn: path.join('logs', 'tasks', task.id),
      recorded(id) {
        callId = id;
        return noteSent(session, plan, { task, prepared, callId });
      },
    },
  });
  if (callId === '' || (!result.ok && result.error.kind !== 'model')) return result;
  const answered = noteAnswer(session, { task, callId, result });
  if (!answered.ok)
    session.report({ kind: 'warning', message: `the answer is kept in the history, but not in the log` });
  return result;
}

function noteSent(
  session: Session,
  plan: Plan,
  { task, prepared, callId }: { task: AiTask; prepared: Prepared; callId: string },
) {
  return session.ledger.note([
    {
      task_id: task.id,
      event_type: 'AI_PROMPT_SENT',
      details: {
        call_id: callId,
        provider: plan.provider.name,
        model: plan.request.model,
        template: prepared.templateFile,
        prompt: snippet(session.redactor.text(prepared.promptText)),
      },
    },
  ]);
}

function noteAnswer(
  session: Session,
  { task, callId, result }: { task: AiTask; callId: string; result: Result<Answered, CallFailure> },
) {
  const failure = !result.ok && result.error.kind === 'model' ? result.error.failure : undefined;
  const facts: CallFacts | undefined = result.ok ? result.value.answer : failure;
  const text = result.ok ? result.value.answer.text : (failure?.partialText ?? '');
  return session.ledger.note([
    {
      task_id: task.id,
      event_type: 'AI_RESPONSE_RECEIVED',
      details: {
        call_id: callId,
        outcome: failure?.code ?? 'complete',
        finish_reason: facts?.finishReason ?? null,
        prompt_tokens: facts?.usage?.promptTokens ?? null,
        completion_tokens: facts?.usage?.completionTokens ?? null,
        cost_estimate: facts?.costUsd ?? null,
        total_ms: Math.round(facts?.totalMs ?? 0),
        response: snippet(session.redactor.text(text)),
      },
    },
  ]);
}
