// All that can be known to be wrong with tasks before they start, beyond their YAML: templates, inputs, models, checks. Runs nothing.

import type { Problem } from '../runbook/problem.ts';
import { isForbiddenArtifact, leadsOutside } from '../runbook/resolve.ts';
import type { Runbook, Task } from '../runbook/task.ts';
import { fileInfo } from '../system/files.ts';
import { insideRoot } from '../system/paths.ts';
import { artifactTarget } from './artifact.ts';
import { checkReferences } from './context.ts';
import { isStatic, toPattern } from './expects.ts';
import type { AiTask } from './handlers/ai/task.ts';

/** The problems of one task's inputs, templates and checks; each blocks only this task (design.md §2). */
export async function checkTask(root: string, runbook: Runbook, task: Task): Promise<Problem[]> {
  const problems = [
    ...checkArtifact(root, runbook, task),
    ...checkScript(root, runbook, task),
    ...checkExpects(runbook, task),
    ...checkResources(runbook, task),
  ];
  if (!isAi(task)) return problems;
  const { checkTemplates } = await import('./handlers/ai/check.ts');
  return [...problems, ...checkReferences(root, runbook, task), ...(await checkTemplates(root, runbook, task))];
}

/** The same for every task that is not finished yet. */
export async function checkTasks(root: string, runbook: Runbook, tasks: readonly Task[]): Promise<Problem[]> {
  const problems: Problem[] = [];
  for (const task of tasks) problems.push(...(await checkTask(root, runbook, task)));
  return problems;
}

/** The runbook with what is wrong with these tasks beyond their YAML among its problems: those with errors cannot be started. */
export async function withChecked(root: string, runbook: Runbook, tasks: readonly Task[]): Promise<Runbook> {
  return { ...runbook, problems: [...runbook.problems, ...(await checkTasks(root, runbook, tasks))] };
}

/** More than there is would never be had. */
function checkResources(runbook: Runbook, task: Task): Problem[] {
  return Object.entries(task.resources).flatMap(([name, count]): Problem[] => {
    const most = runbook.resources[name] ?? 1;
    if (count <= most) return [];
    const message = `it needs ${count} of "${name}", and there ${most === 1 ? 'is 1' : `are ${most}`}`;
    const spot = { source: runbook.source, path: ['tasks', task.index, 'resources'] };
    const advice = `say how many there are: "resources: {${name}: ${count}}" at the top of ${runbook.source.file}`;
    return [{ severity: 'error', code: 'too-few-resources', message, spot, advice, taskId: task.id }];
  });
}

export function isAi(task: Task): task is AiTask {
  return task.work?.type === 'AI_ASSISTED';
}

/** What the disk knows of it; resolve.ts has looked at the path itself. */
function checkArtifact(root: string, runbook: Runbook, task: Task): Problem[] {
  const artifact = task.outputArtifact;
  if (artifact === undefined || leadsOutside(artifact) || isForbiddenArtifact(artifact)) return [];
  const found = (code: string, message: string, advice: string) => [
    inDetail(runbook, task, { path: ['output_artifact'], code, message, advice }),
  ];
  const target = artifactTarget(root, artifact);
  if (!target.ok)
    return found(
      target.error.code,
      target.error.message,
      'give a path inside the project that is no link to such a place',
    );
  if (fileInfo(target.value)?.isDirectory) return found('artifact-is-folder', `${artifact} is a folder`, 'name a file');
  return [];
}

/** Paths that lead outside the project, and a capture without a place to go. Folders and files may still be made by earlier tasks. */
function checkScript(root: string, runbook: Runbook, task: Task): Problem[] {
  if (task.work?.type !== 'AUTOMATED_SCRIPT') return [];
  const { cwd, envFile, capture } = task.work.script;
  const problem = (key: string, code: string, message: string, advice: string) =>
    inDetail(runbook, task, { path: ['script_details', key], code, message, advice });
  const found: Problem[] = [];
  for (const [key, file] of [
    ['cwd', cwd],
    ['env_file', envFile],
  ] as const) {
    if (file !== undefined && insideRoot(root, file) === undefined)
      found.push(
        problem(
          key,
          'outside-project',
          `"${key}" leads outside the project: ${file}`,
          'give a path inside the project',
        ),
      );
  }
  if (capture && task.outputArtifact === undefined)
    found.push(problem('capture', 'missing-key', '"capture: stdout" has no file to fill', 'add "output_artifact: …"'));
  return found;
}

type Found = {
  readonly path: readonly (string | number)[];
  readonly code: string;
  readonly message: string;
  readonly advice: string;
};

function inDetail(runbook: Runbook, task: Task, { path, ...rest }: Found): Problem {
  return { severity: 'error', ...rest, spot: { source: task.detail?.source ?? runbook.source, path }, taskId: task.id };
}

function checkExpects(runbook: Runbook, task: Task): Problem[] {
  return task.expects.flatMap((check, index) => {
    if (!isStatic(check)) return [];
    const problem = (key: string, code: string, message: string, advice: string) =>
      inDetail(runbook, task, { path: ['expects', index, key], code, message, advice });
    const found: Problem[] = [];
    if (leadsOutside(check.file))
      found.push(
        problem(
          'file',
          'outside-project',
          `this check looks outside the project: ${check.file}`,
          'give a path inside the project',
        ),
      );
    if (check.matches !== undefined && toPattern(check.matches) === undefined)
      found.push(
        problem('matches', 'bad-pattern', `/${check.matches}/ is not a regular expression`, 'correct the pattern'),
      );
    return found;
  });
}
