// `orchestrate validate`: every problem of the runbook, the detail files and the templates. Reads only.

import { type App, openProject } from '../app.ts';
import type { Diagnostic } from '../base/diagnostic.ts';
import type { Failure } from '../base/failure.ts';
import { createRedactor } from '../base/secrets.ts';
import { count } from '../base/text.ts';
import type { LibraryCheck } from '../quickies/check.ts';
import { findProblems } from '../run/inspect.ts';
import { openSecrets, secretsOf } from '../run/secrets.ts';
import { type Problem, placeProblems } from '../runbook/problem.ts';
import type { Runbook } from '../runbook/task.ts';
import { exists } from '../system/files.ts';
import { userConfigFolder } from '../system/paths.ts';
import { quickiePlaces } from '../templates/quickie/library.ts';
import { drawDiagnostics } from '../terminal/diagnostics.ts';
import { writeJson } from '../terminal/io.ts';
import { jsonDiagnostic } from '../terminal/json.ts';
import { fail } from './outcome.ts';

export async function validate(app: App): Promise<number> {
  const project = openProject(app);
  if (!project.ok) return validateOwn(app, project.error);
  const { root, environment } = project.value;
  const found = await findProblems(root);
  if (!found.ok) return fail(app.io, found.error);
  const { runbook, problems } = found.value;
  if (runbook === undefined) return tell(app, { tasks: 0, quickies: 0 }, problems);
  app.protect(createRedactor(secretsOf(root, environment, runbook)));
  const quickies = await quickiesOf(root);
  const open = openSecrets(root, environment, runbook).map((secret) => openSecret(runbook, secret));
  const all = [...problems, ...(await placeProblems([...quickies.problems, ...open]))];
  const told = quickies.templates > 0 ? all.map((problem) => mayBeEmpty(problem)) : all;
  return tell(app, { tasks: runbook.tasks.length, quickies: quickies.templates }, unlessTold(told));
}

/** Outside of projects: the person's own templates, where there are any. */
async function validateOwn(app: App, failure: Failure): Promise<number> {
  const userRoot = userConfigFolder(app.env);
  const places = quickiePlaces(undefined, userRoot);
  const isNowhere = failure.code === 'no-project' && app.folder === undefined;
  if (!isNowhere || !places.some(({ file }) => exists(file))) return fail(app.io, failure);
  const { checkLibrary } = await import('../quickies/check.ts');
  const { templates, problems } = await checkLibrary({ root: userRoot, userRoot }, places);
  return tell(app, { tasks: undefined, quickies: templates }, unlessTold(await placeProblems(problems)));
}

/** A project may be there for its quickies alone. */
function mayBeEmpty(problem: Diagnostic): Diagnostic {
  return problem.code === 'empty-runbook' ? { ...problem, severity: 'warning' } : problem;
}

function openSecret(runbook: Runbook, { name, task }: ReturnType<typeof openSecrets>[number]): Problem {
  return {
    severity: 'warning',
    code: 'open-secret',
    message: `the value of ${name} stands in the id of "${task.id}", so it is not taken for a secret and is shown`,
    spot: { source: runbook.source, path: ['tasks', task.index, 'id'] },
    advice: 'if it is one, choose another id',
  };
}

/** The project's own; a person's templates are theirs alone. */
async function quickiesOf(root: string): Promise<LibraryCheck> {
  const places = quickiePlaces(root, root).slice(0, 1);
  if (!places.some(({ file }) => exists(file))) return { templates: 0, problems: [] };
  const { checkLibrary } = await import('../quickies/check.ts');
  return checkLibrary({ root }, places);
}

/** A task and a template may use what is wrong in the same place. */
function unlessTold(problems: readonly Diagnostic[]): Diagnostic[] {
  const told = new Set<string>();
  return problems.filter(({ code, message, place, taskId }) => {
    const key = JSON.stringify([code, message, place?.file, place?.span]);
    if (told.has(key) && taskId === undefined) return false;
    told.add(key);
    return true;
  });
}

/** No tasks: outside of projects. */
type Counts = { readonly tasks: number | undefined; readonly quickies: number };

function tell({ io }: App, { tasks, quickies }: Counts, problems: readonly Diagnostic[]): number {
  const valid = !problems.some((problem) => problem.severity === 'error');
  const counts = [
    ...(tasks === undefined ? [] : [count(tasks, 'task')]),
    ...(quickies > 0 ? [count(quickies, 'quickie')] : []),
  ];
  if (io.json) writeJson(io, { valid, tasks: tasks ?? 0, quickies, problems: problems.map(jsonDiagnostic) });
  else {
    if (problems.length > 0) io.err(drawDiagnostics(problems, io.errStyle));
    if (valid) io.out(`${io.style.good('✓')} ${counts.join(', ')}, no errors\n`);
  }
  return valid ? 0 : 2;
}
