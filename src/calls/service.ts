// The one path of every model call: planned, recorded, sent, settled. Used by all that call models; knows none of them.

import type { Failure } from '../base/failure.ts';
import { err, ok, type Result } from '../base/result.ts';
import type { Redactor } from '../base/secrets.ts';
import type { CallStore, Verdict } from '../history/calls.ts';
import { type CallWrites, groupWrites } from '../history/grouped.ts';
import type { ChatMessage, ModelRequest, ProviderName } from '../model/provider.ts';
import type { AiSettings } from '../runbook/task.ts';
import type { Environment } from '../system/environment.ts';
import { loadModels } from './models.ts';
import { planCall } from './plan.ts';
import { type CallPerson, createProviderChooser, keepChosen } from './provider.ts';
import { createRecorder } from './record.ts';
import { sendCall } from './send.ts';
import { type OutputRules, objection, readStructured, type Structured } from './structured.ts';
import type { About, Answered, CallFailure, CallFlags, CallHooks, Plan, Refused } from './types.ts';

export type CallParts = {
  readonly root: string;
  /** The user's own folder, where what `root` does not name for a model is looked for; left out for tasks, which must work elsewhere too. */
  readonly userRoot?: string | undefined;
  readonly runId: string;
  readonly environment: Environment;
  readonly redactor: Redactor;
  readonly signal: AbortSignal;
  /** Where calls at the server may come to their end first: nothing further is sent when this fires. */
  readonly stops?: AbortSignal | undefined;
  readonly person: CallPerson | undefined;
  /** `--provider`. */
  readonly asked: ProviderName | undefined;
  readonly flags: CallFlags;
  readonly calls: () => Promise<Result<CallStore, Failure>>;
  /** For many calls at the same time: what they write is committed together (history/grouped.ts). */
  readonly grouped?: boolean | undefined;
};

export type ModelCalls = {
  /** Everything before the sending: who would answer, what it may cost, whether it may be sent. */
  readonly plan: (ai: AiSettings, question: Question) => Promise<Result<Plan, Refused>>;
  readonly send: (plan: Plan, call: { about: About; hooks: CallHooks }) => Promise<Result<Answered, CallFailure>>;
};

export type Question = { readonly request: ModelRequest; readonly about: About };

export function createModelCalls(parts: CallParts): ModelCalls {
  const { root, userRoot, runId, redactor, signal, stops, flags } = parts;
  const accepted = async () => {
    const calls = await parts.calls();
    return calls.ok ? calls.value.accepted() : [];
  };
  const chooser = createProviderChooser({ ...parts, replay: flags.replay, accepted });
  const choose = parts.grouped ? keepChosen(chooser) : chooser;
  let read: ReturnType<typeof loadModels> | undefined;
  const models = () => (parts.grouped ? (read ??= loadModels({ root, userRoot })) : loadModels({ root, userRoot }));
  let grouped: CallWrites | undefined;
  const writesOf = (store: CallStore): CallWrites => (parts.grouped ? (grouped ??= groupWrites(store)) : store);
  const record = flags.record === undefined ? undefined : createRecorder(flags.record);
  return {
    plan: (ai, question) => planCall({ redactor, flags, choose, models }, ai, question),
    async send(plan, call) {
      const calls = await parts.calls();
      if (!calls.ok) return err({ kind: 'failure', failure: calls.error });
      return sendCall({ root, runId, redactor, signal, stops, calls: writesOf(calls.value), record }, plan, call);
    },
  };
}

export type Asking = Question & {
  readonly ai: AiSettings;
  readonly hooks: CallHooks;
  readonly output: OutputRules;
  /** How often an answer that does not fit is asked for again, with what is wrong with it. */
  readonly reasks?: number;
  /** What is kept of an answer that was read, also of one that is asked for again. */
  readonly verdict?: (structured: Structured) => Verdict;
};

export type Asked = Answered & { readonly structured: Structured };

/**
 * Asks, reads and checks the answer, and asks once more where it does not fit, as a conversation that says why. What still does not fit
 * comes back with its problems: the caller says what that means.
 */
export async function askForData(calls: ModelCalls, asking: Asking): Promise<Result<Asked, CallFailure>> {
  const { ai, hooks, output, reasks = 1, verdict } = asking;
  const turns: ChatMessage[] = [];
  for (let left = reasks; ; left -= 1) {
    const request = { ...asking.request, messages: asking.request.messages.concat(turns) };
    const plan = await calls.plan(ai, { request, about: asking.about });
    if (!plan.ok) return err({ kind: 'refused', refused: plan.error });
    // A row that was kept for the call is that of its first question.
    const about = turns.length === 0 ? asking.about : { ...asking.about, waiting: undefined };
    let read: Structured | undefined;
    const judge = verdict && (async (text: string) => verdict((read = await readStructured(output, text))));
    const answered = await calls.send(plan.value, { about, hooks: judge === undefined ? hooks : { ...hooks, judge } });
    if (!answered.ok) return answered;
    const structured = read ?? (await readStructured(output, answered.value.answer.text));
    if (structured.problems.length === 0 || left <= 0) return ok({ ...answered.value, structured });
    const why = structured.problems.join('; ');
    hooks.report({ kind: 'note', message: `not accepted: ${why}; asking again` });
    turns.push(...objection(answered.value.answer.text, why));
  }
}
