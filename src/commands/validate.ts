// `orchestrate validate`: every problem of the runbook, the detail files and the templates. Reads only.

import type { App } from '../app.ts';
import { readProject } from '../app.ts';
import { count } from '../base/text.ts';
import { checkTasks } from '../run/check.ts';
import { placeProblems } from '../runbook/problem.ts';
import { drawDiagnostics } from '../terminal/diagnostics.ts';
import { writeJson } from '../terminal/io.ts';
import { jsonDiagnostic } from '../terminal/json.ts';
import { fail } from './outcome.ts';

export async function validate(app: App): Promise<number> {
  const project = await readProject(app);
  if (!project.ok) return fail(app.io, project.error);
  const { runbook, root } = project.value;
  const problems = await placeProblems([...runbook.problems, ...(await checkTasks(root, runbook, runbook.tasks))]);
  const bad = problems.some((problem) => problem.severity === 'error');
  if (app.io.json) writeJson(app.io, { valid: !bad, tasks: runbook.tasks.length, problems: problems.map(jsonDiagnostic) });
  else {
    if (problems.length > 0) app.io.err(drawDiagnostics(problems, app.io.errStyle));
    if (!bad) app.io.out(`${app.io.style.good('✓')} ${count(runbook.tasks.length, 'task')}, no errors\n`);
  }
  return bad ? 2 : 0;
}
