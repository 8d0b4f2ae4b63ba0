// `orchestrate validate`: every problem of the runbook, the detail files and the templates. Reads only.

import { type App, openProject } from '../app.ts';
import type { Diagnostic } from '../base/diagnostic.ts';
import { createRedactor } from '../base/secrets.ts';
import { count } from '../base/text.ts';
import { findProblems } from '../run/inspect.ts';
import { openSecrets, secretsOf } from '../run/secrets.ts';
import { type Problem, placeProblems } from '../runbook/problem.ts';
import type { Runbook } from '../runbook/task.ts';
import { drawDiagnostics } from '../terminal/diagnostics.ts';
import { writeJson } from '../terminal/io.ts';
import { jsonDiagnostic } from '../terminal/json.ts';
import { fail } from './outcome.ts';

export async function validate(app: App): Promise<number> {
  const project = openProject(app);
  if (!project.ok) return fail(app.io, project.error);
  const { root, environment } = project.value;
  const found = await findProblems(root);
  if (!found.ok) return fail(app.io, found.error);
  const { runbook, problems } = found.value;
  if (runbook === undefined) return tell(app, 0, problems);
  app.protect(createRedactor(secretsOf(root, environment, runbook)));
  const open = openSecrets(root, environment, runbook).map((secret) => openSecret(runbook, secret));
  return tell(app, runbook.tasks.length, [...problems, ...(await placeProblems(open))]);
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

function tell({ io }: App, tasks: number, problems: readonly Diagnostic[]): number {
  const valid = !problems.some((problem) => problem.severity === 'error');
  if (io.json) writeJson(io, { valid, tasks, problems: problems.map(jsonDiagnostic) });
  else {
    if (problems.length > 0) io.err(drawDiagnostics(problems, io.errStyle));
    if (valid) io.out(`${io.style.good('✓')} ${count(tasks, 'task')}, no errors\n`);
  }
  return valid ? 0 : 2;
}
