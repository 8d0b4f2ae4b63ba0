// What waits for a person at one task, and a person whose answer was given beforehand. Starts nothing itself.

import path from 'node:path';
import type { Failure } from '../base/failure.ts';
import { createRedactor } from '../base/secrets.ts';
import { HISTORY_DB, openCalls } from '../history/calls.ts';
import type { Runbook, Task } from '../runbook/task.ts';
import type { Environment } from '../system/environment.ts';
import { exists } from '../system/files.ts';
import { isAi } from './check.ts';
import { type Candidate, judgeAnswer } from './handlers/ai/candidate.ts';
import { editsOf, type KeptText } from './handlers/ai/edits.ts';
import { findStored } from './handlers/ai/stored.ts';
import type { Person, Question } from './ports.ts';
import { secretsOf } from './secrets.ts';

export type WaitingReview =
  | { readonly kind: 'manual'; readonly instructions: readonly string[] }
  | {
      readonly kind: 'answer';
      readonly callId: string;
      readonly createdAt: string;
      readonly model: string;
      readonly candidate: Candidate;
      /** What a person made of it and has not accepted yet. */
      readonly edited: KeptText | undefined;
    }
  /** Whether something waits cannot be told. */
  | { readonly kind: 'unreadable'; readonly failure: Failure }
  | { readonly kind: 'nothing'; readonly reason: string; readonly advice: string };

type Where = { readonly root: string; readonly environment: Environment };

/** Looks only; the stored answer counts when it was given to the request as it would be sent now (design.md §3). */
export async function findWaiting({ root, environment }: Where, runbook: Runbook, task: Task): Promise<WaitingReview> {
  const nothing = (reason: string, advice: string): WaitingReview => ({ kind: 'nothing', reason, advice });
  if (task.status !== 'READY') return nothing(`it is ${task.status}`, `orchestrate show ${task.id}`);
  if (task.work?.type === 'MANUAL') return { kind: 'manual', instructions: task.work.instructions };
  if (!isAi(task)) return nothing(`a script needs no review`, `orchestrate next ${task.id}`);
  const none = nothing('there is no answer to review yet', `orchestrate next ${task.id}`);
  if (!exists(path.join(root, HISTORY_DB))) return none;
  const redactor = createRedactor(secretsOf(root, environment, runbook));
  const calls = openCalls(root, redactor);
  if (!calls.ok) return { kind: 'unreadable', failure: calls.error };
  try {
    const found = await findStored(calls.value, { root, runbook, task, environment, redactor });
    if (!found) return none;
    const { stored } = found;
    if (!found.fits) {
      return nothing(
        `the prompt or the model changed since the answer of ${stored.createdAt}`,
        `for a new call: orchestrate next ${task.id}`,
      );
    }
    const candidate = await judgeAnswer(root, task, stored.text);
    return {
      kind: 'answer',
      callId: stored.id,
      createdAt: stored.createdAt,
      model: stored.model,
      candidate,
      edited: editsOf({ root, taskId: task.id, kind: 'answer' }).kept(candidate.content),
    };
  } finally {
    calls.value.close();
  }
}

/** One answer of `orchestrate review`. */
export type GivenAnswer =
  | { readonly kind: 'accept'; readonly note?: string }
  | { readonly kind: 'retry'; readonly why: string }
  | { readonly kind: 'edit'; readonly content: string }
  | { readonly kind: 'error'; readonly text: string }
  | { readonly kind: 'skip' };

/** Answers the task's own question once with what was given; every other question finds nobody. */
export function personWith(answer: GivenAnswer): Person {
  let used = false;
  return {
    async choose<K extends string>({ kind, choices }: Question<K>): Promise<K | undefined> {
      if (kind === 'confirm-send' && answer.kind === 'retry') return choices.find((choice) => choice.key === 'y')?.key;
      if (used || (kind !== 'review' && kind !== 'manual')) return undefined;
      used = true;
      return choices.find((choice) => choice.key === keyOf(answer))?.key;
    },
    ask: async () =>
      answer.kind === 'retry'
        ? answer.why
        : answer.kind === 'error'
          ? answer.text
          : answer.kind === 'accept'
            ? (answer.note ?? '')
            : '',
    edit: async () => (answer.kind === 'edit' ? { text: answer.content } : { problem: 'no text was given' }),
    paste: async () => undefined,
    show: () => undefined,
  };
}

function keyOf(answer: GivenAnswer): string {
  switch (answer.kind) {
    case 'accept':
      return answer.note === undefined ? 'y' : 'n';
    case 'retry':
      return 'r';
    case 'edit':
      return 'm';
    case 'error':
      return 'e';
    case 'skip':
      return 's';
  }
}
