// What a run would do, without doing it: the same state machine on a copy, with every task taken to succeed. Pure; writes nothing.

import type { Runbook, Task } from '../runbook/task.ts';
import type { Status } from '../runbook/words.ts';
import { blockReason, firstError, inScope, isFinished, nextTask, type Scope, settle } from './states.ts';

export type PlanStep = { readonly task: Task; readonly needs: 'nothing' | 'person' | 'review' };
export type Plan = { readonly steps: readonly PlanStep[]; readonly stuck: readonly { readonly task: Task; readonly reason: string }[]; readonly halted?: Task };

export function planRun(runbook: Runbook, scope: Scope, options: { readonly once: boolean; readonly keepGoing: boolean }): Plan {
  const steps: PlanStep[] = [];
  let current = runbook;
  for (;;) {
    current = settled(current);
    const halted = options.keepGoing ? undefined : firstError(current.tasks, scope);
    if (halted) return { steps, stuck: [], halted };
    const task = nextTask(current.tasks, scope, new Set());
    if (task === undefined || (options.once && steps.length > 0)) break;
    steps.push({ task, needs: needsOf(task) });
    current = withStatus(current, new Map([[task.id, 'DONE']]));
  }
  const rest = options.once ? [] : inScope(current.tasks, scope).filter((task) => !isFinished(task));
  return { steps, stuck: rest.map((task) => ({ task, reason: blockReason(current, task) ?? 'it cannot run now' })) };
}

function settled(runbook: Runbook): Runbook {
  return withStatus(runbook, new Map(settle(runbook.tasks).map(({ task, to }) => [task.id, to])));
}

function withStatus(runbook: Runbook, changes: ReadonlyMap<string, Status>): Runbook {
  if (changes.size === 0) return runbook;
  return { ...runbook, tasks: runbook.tasks.map((task) => ({ ...task, status: changes.get(task.id) ?? task.status })) };
}

function needsOf(task: Task): PlanStep['needs'] {
  if (task.type === 'MANUAL') return 'person';
  return task.work?.type === 'AI_ASSISTED' && !task.work.ai.auto_accept ? 'review' : 'nothing';
}
