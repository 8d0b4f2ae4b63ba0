// `orchestrate validate`: every problem of the runbook, the detail files and the templates. Reads only.

import { type App, openProject } from '../app.ts';
import type { Diagnostic } from '../base/diagnostic.ts';
import { createRedactor } from '../base/secrets.ts';
import { count } from '../base/text.ts';
import type { LibraryCheck } from '../quickies/check.ts';
import { checkTasks } from '../run/check.ts';
import { secretsOf } from '../run/secrets.ts';
import { type Problem, placeProblems } from '../runbook/problem.ts';
import { inspectRunbook } from '../runbook/store.ts';
import { exists } from '../system/files.ts';
import { quickiePlaces } from '../templates/quickie/library.ts';
import { drawDiagnostics } from '../terminal/diagnostics.ts';
import { writeJson } from '../terminal/io.ts';
import { jsonDiagnostic } from '../terminal/json.ts';
import { fail } from './outcome.ts';

export async function validate(app: App): Promise<number> {
  const project = openProject(app);
  if (!project.ok) return fail(app.io, project.error);
  const { root, environment } = project.value;
  const inspected = await inspectRunbook(root);
  if (!inspected.ok)
    return inspected.error.code === 'problems'
      ? tell(app, { tasks: 0, quickies: 0 }, inspected.error.diagnostics)
      : fail(app.io, inspected.error);
  const { runbook, blocking, withoutFollowing } = inspected.value;
  app.protect(createRedactor(secretsOf(root, environment, runbook)));
  const unmet = withoutFollowing(await checkTasks(root, runbook, runbook.tasks));
  const quickies = await quickiesOf(root);
  const problems = unlessTold([...blocking, ...runbook.problems, ...unmet, ...quickies.problems]);
  return tell(app, { tasks: runbook.tasks.length, quickies: quickies.templates }, await placeProblems(problems));
}

/** The project's own; a person's templates are theirs alone. */
async function quickiesOf(root: string): Promise<LibraryCheck> {
  const places = quickiePlaces(root, root).slice(0, 1);
  if (!places.some(({ file }) => exists(file))) return { templates: 0, problems: [] };
  const { checkLibrary } = await import('../quickies/check.ts');
  return checkLibrary(root, places);
}

/** A task and a template may use what is wrong in the same place. */
function unlessTold(problems: readonly Problem[]): Problem[] {
  const told = new Set<string>();
  return problems.filter(({ code, message, spot, taskId }) => {
    const key = JSON.stringify([code, message, spot?.source.file, spot?.path, spot?.span]);
    if (told.has(key) && taskId === undefined) return false;
    told.add(key);
    return true;
  });
}

type Counts = { readonly tasks: number; readonly quickies: number };

function tell({ io }: App, { tasks, quickies }: Counts, problems: readonly Diagnostic[]): number {
  const valid = !problems.some((problem) => problem.severity === 'error');
  if (io.json) writeJson(io, { valid, tasks, quickies, problems: problems.map(jsonDiagnostic) });
  else {
    if (problems.length > 0) io.err(drawDiagnostics(problems, io.errStyle));
    if (valid)
      io.out(
        `${io.style.good('✓')} ${count(tasks, 'task')}${quickies > 0 ? `, ${count(quickies, 'quickie')}` : ''}, no errors\n`,
      );
  }
  return valid ? 0 : 2;
}
