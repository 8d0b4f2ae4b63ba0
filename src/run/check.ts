// All that can be known to be wrong with tasks before they start, beyond their YAML: templates, inputs, models, checks. Runs nothing.

import type { Problem } from '../runbook/problem.ts';
import { leadsOutside } from '../runbook/resolve.ts';
import type { Runbook, Task } from '../runbook/task.ts';
import { checkReferences } from './context.ts';
import { isStatic, toPattern } from './evidence.ts';
import type { AiTask } from './handlers/ai/prepare.ts';

/** The problems of one task's inputs, templates and checks; each blocks only this task (design.md §2). */
export async function checkTask(root: string, runbook: Runbook, task: Task): Promise<Problem[]> {
  const problems = checkExpects(runbook, task);
  if (!isAi(task)) return problems;
  const { checkTemplates } = await import('./handlers/ai/prepare.ts');
  return [...problems, ...checkReferences(root, runbook, task), ...(await checkTemplates(root, task))];
}

/** The same for every task that is not finished yet. */
export async function checkTasks(root: string, runbook: Runbook, tasks: readonly Task[]): Promise<Problem[]> {
  const problems: Problem[] = [];
  for (const task of tasks) problems.push(...(await checkTask(root, runbook, task)));
  return problems;
}

export function isAi(task: Task): task is AiTask {
  return task.work?.type === 'AI_ASSISTED';
}

function checkExpects(runbook: Runbook, task: Task): Problem[] {
  return task.expects.flatMap((check, index) => {
    if (!isStatic(check)) return [];
    const problem = (key: string, code: string, message: string, advice: string): Problem => ({
      severity: 'error',
      code,
      message,
      spot: { source: task.detail?.source ?? runbook.source, path: ['expects', index, key] },
      advice,
      taskId: task.id,
    });
    const found: Problem[] = [];
    if (leadsOutside(check.file)) found.push(problem('file', 'outside-project', `this check looks outside the project: ${check.file}`, 'give a path inside the project'));
    if (check.matches !== undefined && toPattern(check.matches) === undefined) found.push(problem('matches', 'bad-pattern', `/${check.matches}/ is not a regular expression`, 'correct the pattern'));
    return found;
  });
}
