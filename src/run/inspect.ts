// Everything that is wrong with a project, found before anything is run: for `validate`, and for a run that must not stop half way
// at a misspelt key. Reads only; knows no command.

import type { Diagnostic } from '../base/diagnostic.ts';
import type { Failure } from '../base/failure.ts';
import { ok, type Result } from '../base/result.ts';
import { placeProblems } from '../runbook/problem.ts';
import { inspectRunbook } from '../runbook/store.ts';
import type { Runbook } from '../runbook/task.ts';
import { checkTasks } from './check.ts';

export type Findings = {
  /** As far as it could be read; undefined where nothing could. */
  readonly runbook: Runbook | undefined;
  /** In file order. */
  readonly problems: readonly Diagnostic[];
};

/** The problems of the runbook, the detail files and the templates together. A failure only where the files cannot be reached. */
export async function findProblems(root: string): Promise<Result<Findings, Failure>> {
  const inspected = await inspectRunbook(root);
  if (!inspected.ok) {
    if (inspected.error.code !== 'problems') return inspected;
    return ok({ runbook: undefined, problems: inspected.error.diagnostics });
  }
  const { runbook, blocking, withoutFollowing } = inspected.value;
  const unmet = withoutFollowing(await checkTasks(root, runbook, runbook.tasks));
  return ok({ runbook, problems: await placeProblems([...blocking, ...runbook.problems, ...unmet]) });
}
