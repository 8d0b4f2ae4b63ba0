// What `run --ci` does before anything else: the same checks as `validate`, any error of which keeps everything from running.

import { type App, openProject } from '../../app.ts';
import type { Failure } from '../../base/failure.ts';
import { err, ok, type Result } from '../../base/result.ts';
import { createRedactor } from '../../base/secrets.ts';
import { findProblems } from '../../run/inspect.ts';
import { secretsOf } from '../../run/secrets.ts';
import { drawDiagnostics } from '../../terminal/diagnostics.ts';

/** All problems as one failure, warnings among them; warnings alone are told and stop nothing. */
export async function checkFirst(app: App): Promise<Result<undefined, Failure>> {
  const project = openProject(app);
  if (!project.ok) return project;
  const { root, environment } = project.value;
  const found = await findProblems(root);
  if (!found.ok) return found;
  const { runbook, problems } = found.value;
  if (runbook) app.protect(createRedactor(secretsOf(root, environment, runbook)));
  if (problems.some(({ severity }) => severity === 'error')) return err({ code: 'problems', diagnostics: problems });
  if (problems.length > 0 && !app.io.json) app.io.err(drawDiagnostics(problems, app.io.errStyle));
  return ok(undefined);
}
