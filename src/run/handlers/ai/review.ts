// The questions around a model call: may it be sent, and what of its answer. Does not carry out the answers.

import { err, ok, type Result } from '../../../base/result.ts';
import type { Plan, Refused } from '../../../calls/types.ts';
import type { Runbook } from '../../../runbook/task.ts';
import type { Outcome } from '../../outcome.ts';
import type { Person } from '../../ports.ts';
import type { Session } from '../../session.ts';
import { type AiTask, type Prepared, withPrompt } from './prepare.ts';

export type Verdict =
  | { readonly kind: 'accept' }
  | { readonly kind: 'edited'; readonly content: string }
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

const SEND_CHOICES = [
  { key: 'y', label: 'send' },
  { key: 'p', label: 'show the prompt' },
  { key: 'm', label: 'edit the prompt' },
  { key: 'q', label: 'quit, later' },
] as const;

/** Asks what is to become of the candidate. */
export async function askReview(person: Person, task: AiTask, content: string): Promise<Verdict> {
  for (;;) {
    const key = await person.choose({ kind: 'review', message: 'Accept it?', choices: REVIEW_CHOICES });
    switch (key) {
      case 'y':
        return { kind: 'accept' };
      case 's':
        return { kind: 'skip' };
      case 'r':
      case 'e': {
        const reason = await person.ask(
          key === 'r' ? 'What should be different? (Enter for nothing)' : 'What is wrong with it?',
        );
        if (reason === undefined) return { kind: 'later' };
        return { kind: key === 'r' ? 'retry' : 'error', reason: reason.trim() };
      }
      case 'm': {
        const edited = await person.edit(content, extensionOf(task));
        if ('text' in edited && edited.text !== content) return { kind: 'edited', content: edited.text };
        person.show(
          'Not accepted',
          'text' in edited ? 'Nothing was changed in the editor. Answer y to accept it as it is.' : edited.problem,
        );
        break;
      }
      default:
        return { kind: 'later' };
    }
  }
}

function extensionOf(task: AiTask): string {
  return /\.[A-Za-z0-9]+$/.exec(task.outputArtifact ?? '')?.[0] ?? '.txt';
}

export type Sending = { readonly prepared: Prepared; readonly plan: Plan };
type Asking = Sending & {
  readonly attempt: number;
  readonly planFor: (prepared: Prepared) => Promise<Result<Plan, Refused>>;
};

/** Says what the call will be; with `confirm_send`, asks. Gives what is to be sent, or the outcome when it is not sent now. */
export async function confirmSend(
  session: Session,
  runbook: Runbook,
  sending: Asking,
): Promise<Result<Sending, Outcome>> {
  let { prepared, plan } = sending;
  const pasted = plan.provider.name === 'paste';
  const confirms = runbook.ai.confirmSend && !session.yes && !pasted;
  const { attempt } = sending;
  const asks = session.person !== undefined && (confirms || pasted);
  announce(session, plan, { attempt, asks });
  if (!confirms) return ok({ prepared, plan });
  if (session.person === undefined)
    return err(
      released('sending a prompt must be confirmed (ai: confirm_send)', 'run it in a terminal, or with --yes'),
    );
  for (;;) {
    const key = await session.person.choose({ kind: 'confirm-send', message: 'Send it?', choices: SEND_CHOICES });
    if (key === 'y') return ok({ prepared, plan });
    if (key === 'p') session.person.show(`Prompt (${prepared.templateFile})`, prepared.promptText);
    else if (key === 'm') {
      const edited = await session.person.edit(prepared.promptText, '.md');
      if ('problem' in edited) {
        session.person.show('The editor did not work', edited.problem);
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
    } else return err({ ...released('not sent', 'run "orchestrate next" to come back to it'), stop: true });
  }
}

function released(reason: string, advice: string): Extract<Outcome, { kind: 'released' }> {
  return { kind: 'released', reason, advice, stop: false };
}

function announce(session: Session, plan: Plan, { attempt, asks }: { attempt: number; asks: boolean }): void {
  const { provider, request, alias, estimate } = plan;
  session.report({
    kind: 'model-call',
    provider: provider.name,
    model: alias === undefined ? request.model : `${alias} (${request.model})`,
    tokens: estimate.promptTokens,
    costUsd: estimate.promptUsd,
    atMostUsd: plan.worstUsd ?? estimate.atMostUsd,
    attempt,
    asks,
  });
}
