// What a task of the runbook gives to the prompts of its conversations: its input_context, and what every template of a task may use.

import { err, ok, type Result } from '../../base/result.ts';
import { didYouMean } from '../../base/text.ts';
import type { Home } from '../../home.ts';
import type { ScopeValues } from '../../prompts/variables.ts';
import { readContext } from '../../run/context.ts';
import type { Problem } from '../../runbook/problem.ts';
import { loadRunbook } from '../../runbook/store.ts';
import type { AiWork, Runbook, Task } from '../../runbook/task.ts';

/** Files, outputs and environment are read at this moment (design.md §5). */
export async function taskValues(home: Home, taskId: string): Promise<Result<ScopeValues, Problem[]>> {
  if (home.kind !== 'project') return err([problem(`there is no project with a task "${taskId}" here`, 'use -C DIR')]);
  const loaded = await loadRunbook(home.root);
  if (!loaded.ok) return err([problem('runbook.yaml cannot be read', '"orchestrate validate" says why')]);
  const runbook = loaded.value;
  const task = runbook.tasks.find(({ id }) => id === taskId);
  if (task === undefined) {
    const near = didYouMean(
      taskId,
      runbook.tasks.map(({ id }) => id),
    );
    return err([problem(`there is no task "${taskId}"`, near ?? '"orchestrate status --all" lists the tasks')]);
  }
  return valuesOf(home, runbook, task);
}

function valuesOf(home: Home, runbook: Runbook, task: Task): Result<ScopeValues, Problem[]> {
  const place = `task ${task.id}`;
  const own = { task: { id: task.id, name: task.name, description: task.description ?? '' }, vars: runbook.vars };
  if (!isAi(task)) return ok({ scope: 'task', place, values: own });
  const { root, environment } = home;
  const read = readContext(root, runbook, { task, environment });
  if (!read.ok) return read;
  const { previous_output: _, failure: __, ...values } = read.value;
  return ok({ scope: 'task', place, values });
}

function isAi(task: Task): task is Task & { work: AiWork } {
  return task.work?.type === 'AI_ASSISTED';
}

function problem(message: string, advice: string): Problem {
  return { severity: 'error', code: 'no-task', message, advice };
}
