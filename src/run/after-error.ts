// What a person is asked when a task in ERROR stops the run, and told when one was skipped. Does not know how the run goes on.

import type { Failure } from '../base/failure.ts';
import { ok, type Result } from '../base/result.ts';
import { openIssue, type Runbook, type Task } from '../runbook/task.ts';
import { placeOfStatus } from '../runbook/where.ts';
import { withConsequences } from './advance.ts';
import { openRunbook } from './open.ts';
import type { Session } from './session.ts';
import { blockedBySkip } from './states.ts';

/** In a terminal: retry, skip or quit. Without one, the run ends here. */
export async function askAfterError(
  session: Session,
  runbook: Runbook,
  { task, told }: { task: Task; told: boolean },
): Promise<Result<'go-on' | 'stop', Failure>> {
  if (session.person === undefined) return ok('stop');
  session.report({
    kind: 'halted',
    task,
    issue: openIssue(task)?.detail ?? undefined,
    place: await placeOfStatus(runbook, task),
    told,
  });
  const answer = await session.person.choose({
    kind: 'halted',
    message: 'What now?',
    choices: [
      { key: 'r', label: 'retry' },
      { key: 's', label: 'skip' },
      { key: 'q', label: 'quit' },
    ],
  });
  if (answer !== 'r' && answer !== 's') return ok('stop');
  const now = await openRunbook(session);
  if (!now.ok) return now;
  const current = now.value.tasks.find(({ id }) => id === task.id);
  if (current?.status !== 'ERROR' || openIssue(current)?.timestamp !== openIssue(task)?.timestamp) {
    session.report({
      kind: 'note',
      message: `${task.id} was dealt with elsewhere meanwhile: your answer changes nothing`,
    });
    return ok('go-on');
  }
  const transition =
    answer === 'r'
      ? ({ task: current, to: 'READY', event: 'TASK_RETRIED', actor: 'person', resolution: 'Retried' } as const)
      : ({ task: current, to: 'SKIPPED', event: 'SKIP_TASK', actor: 'person', resolution: 'Skipped' } as const);
  const applied = await session.ledger.apply(withConsequences(now.value, [transition]));
  if (!applied.ok) return applied;
  if (answer === 's') tellBlocked(session, runbook, task);
  return ok('go-on');
}

/** Which tasks a skip leaves blocked, and what lets them go on. */
export function tellBlocked(session: Session, runbook: Runbook, task: Task): void {
  const blocked = blockedBySkip(runbook.tasks, task.id);
  if (blocked.length === 0) return;
  session.report({
    kind: 'warning',
    message: `${blocked.map((t) => t.id).join(', ')} ${blocked.length === 1 ? 'stays' : 'stay'} blocked, because ${task.id} was skipped`,
    advice: `to let ${blocked.length === 1 ? 'it' : 'them'} go on: orchestrate skip ${task.id} --unblock`,
  });
}
