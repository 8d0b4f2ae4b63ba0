// The questions around a model call: may it be sent, and what of its answer. Does not carry out the answers.

import { err, ok, type Result } from '../../../base/result.ts';
import { localTime } from '../../../base/text.ts';
import type { Plan, Refused } from '../../../calls/types.ts';
import type { Runbook } from '../../../runbook/task.ts';
import type { Outcome } from '../../outcome.ts';
import type { Choice, Person } from '../../ports.ts';
import type { Session } from '../../session.ts';
import type { Candidate } from './candidate.ts';
import type { Edits, KeptText } from './edits.ts';
import { released } from './ends.ts';
import { type AiTask, type Prepared, withPrompt } from './prepare.ts';

export type Verdict =
  | { readonly kind: 'accept' }
  | { readonly kind: 'edited'; readonly content: string }
  /** A text that was edited earlier: to be looked at first. */
  | { readonly kind: 'use'; readonly content: string }
  | { readonly kind: 'retry'; readonly reason: string }
  | { readonly kind: 'error'; readonly reason: string }
  | { readonly kind: 'skip' }
  | { readonly kind: 'later' };

const REVIEW_CHOICES = [
  { key: 'y', label: 'accept' },
  { key: 'r', label: 'retry' },
  { key: 'm', label: 'edit, then accept' },
  { key: 'e', label: 'error' },
  { key: 's', label: 'skip' },
  { key: 'q', label: 'quit, later' },
] as const;

/** Offered in front of `m` where a text that was edited earlier is kept. */
const USE_CHOICE = { key: 'u', label: 'use your edited text' } as const;
const GO_ON_CHOICE = { key: 'm', label: 'go on with it in the editor' } as const;

const SEND_CHOICES = [
  { key: 'y', label: 'send' },
  { key: 'p', label: 'show the prompt' },
  { key: 'm', label: 'edit the prompt' },
  { key: 'q', label: 'quit, later' },
] as const;

type Reviewing = { readonly task: AiTask; readonly candidate: Candidate; readonly edits: Edits };

/** Asks what is to become of the candidate. */
export async function askReview(person: Person, { task, candidate, edits }: Reviewing): Promise<Verdict> {
  const { content } = candidate;
  for (;;) {
    const kept = edits.kept(content);
    const key = await person.choose({
      kind: 'review',
      ...offer(kept),
      message: 'Accept it?',
      choices: choicesOf(REVIEW_CHOICES, kept),
    });
    switch (key) {
      case 'y':
        return { kind: 'accept' };
      case 's':
        return { kind: 'skip' };
      case 'u':
        if (kept) return { kind: 'use', content: kept.text };
        break;
      case 'r':
      case 'e': {
        const reason = await person.ask(
          key === 'r' ? 'What should be different? (Enter for nothing)' : 'What is wrong with it?',
        );
        if (reason === undefined) return { kind: 'later' };
        return { kind: key === 'r' ? 'retry' : 'error', reason: reason.trim() };
      }
      case 'm': {
        const edited = await edits.edit(person, {
          text: content,
          extension: extensionOf(task),
          ...(kept ? { kept } : {}),
        });
        if (edited.kind === 'edited') return { kind: 'edited', content: edited.text };
        person.show('Not accepted', whyNotEdited({ taskId: task.id }, edited, kept));
        if (edited.kind === 'gone') return { kind: 'later' };
        break;
      }
      default:
        return { kind: 'later' };
    }
  }
}

type NotEdited = Exclude<Awaited<ReturnType<Edits['edit']>>, { kind: 'edited' }>;

function whyNotEdited({ taskId }: { taskId: string }, edited: NotEdited, kept: KeptText | undefined): string {
  switch (edited.kind) {
    case 'unchanged':
      return `Nothing was changed in the editor. Answer ${kept ? 'u to use your edited text, y to accept the answer' : 'y to accept it'} as it is.`;
    case 'problem':
      return edited.problem;
    case 'gone':
      return `"${taskId}" was answered elsewhere meanwhile.${edited.file === undefined ? '' : ` Your edited text is in ${edited.file}.`}`;
  }
}

/** That a text which was edited earlier is there, and where. */
function offer(kept: KeptText | undefined): { detail?: string } {
  return kept === undefined
    ? {}
    : { detail: `Your edited text of ${localTime(kept.at)} is kept in ${kept.file}. Answer u to use it.` };
}

type Key = (typeof REVIEW_CHOICES | typeof SEND_CHOICES)[number]['key'] | 'u';

function choicesOf(choices: readonly Choice<Key>[], kept: KeptText | undefined): readonly Choice<Key>[] {
  if (kept === undefined) return choices;
  return choices.flatMap((choice) => (choice.key === 'm' ? [USE_CHOICE, GO_ON_CHOICE] : [choice]));
}

function extensionOf(task: AiTask): string {
  return /\.[A-Za-z0-9]+$/.exec(task.outputArtifact ?? '')?.[0] ?? '.txt';
}

export type Sending = { readonly prepared: Prepared; readonly plan: Plan };
type Asking = Sending & {
  readonly attempt: number;
  readonly taskId: string;
  readonly edits: Edits;
  readonly planFor: (prepared: Prepared) => Promise<Result<Plan, Refused>>;
};

const NEXT = 'run "orchestrate next" to come back to it';

/** Says what the call will be; with `confirm_send`, asks. Gives what is to be sent, or the outcome when it is not sent now. */
export async function confirmSend(
  session: Session,
  runbook: Runbook,
  sending: Asking,
): Promise<Result<Sending, Outcome>> {
  let { prepared, plan } = sending;
  const pasted = plan.provider.name === 'paste';
  const confirms = runbook.ai.confirmSend && !session.yes && !pasted;
  const { attempt, edits } = sending;
  const person = session.person;
  const asks = person !== undefined && (confirms || pasted);
  announce(session, plan, { attempt, asks });
  if (!confirms) return ok({ prepared, plan });
  if (person === undefined)
    return err(
      released('sending a prompt must be confirmed (ai: confirm_send)', 'run it in a terminal, or with --yes'),
    );
  for (;;) {
    const kept = edits.kept(prepared.promptText);
    const key = await person.choose({
      kind: 'confirm-send',
      ...offer(kept),
      message: 'Send it?',
      choices: choicesOf(SEND_CHOICES, kept),
    });
    if (key === 'y') return ok({ prepared, plan });
    if (key === 'p') {
      person.show(`Prompt (${prepared.templateFile})`, prepared.promptText);
      continue;
    }
    if (key !== 'u' && key !== 'm') return err(released('not sent', NEXT, { stop: true }));
    const from = { text: prepared.promptText, extension: '.md', ...(kept ? { kept } : {}) };
    const edited = key === 'u' && kept ? { kind: 'edited' as const, text: kept.text } : await edits.edit(person, from);
    if (edited.kind !== 'edited') {
      if (edited.kind !== 'unchanged') person.show('The prompt is as it was', whyNotEdited(sending, edited, kept));
      if (edited.kind === 'gone') return err(released('not sent', NEXT, { stop: true }));
      continue;
    }
    const changed = withPrompt(prepared, edited.text);
    const planned = await sending.planFor(changed);
    if (!planned.ok) {
      session.report({ kind: 'warning', message: planned.error.message, advice: planned.error.advice });
      continue;
    }
    [prepared, plan] = [changed, planned.value];
    announce(session, plan, { attempt, asks });
  }
}

function announce(session: Session, plan: Plan, { attempt, asks }: { attempt: number; asks: boolean }): void {
  const { provider, request, alias, estimate } = plan;
  session.report({
    kind: 'model-call',
    provider: provider.name,
    model: alias === undefined ? request.model : `${alias} (${request.model})`,
    tokens: estimate.promptTokens,
    costUsd: estimate.promptUsd,
    // Without a budget the answer has no bound, and the worst case is a guess for the books alone.
    atMostUsd: plan.limits === undefined ? estimate.atMostUsd : plan.worstUsd,
    attempt,
    asks,
  });
}
