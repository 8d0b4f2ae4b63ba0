// `orchestrate run`: one task after the other until nothing is left that can run.

import { type App, openSession, type Project, readProject, type WaitOption } from '../app.ts';
import type { Failure } from '../base/failure.ts';
import { err, ok, type Result } from '../base/result.ts';
import { findTask } from '../run/change.ts';
import { runLoop } from '../run/loop.ts';
import { inScope, type Scope } from '../run/states.ts';
import type { Runbook, TaskId } from '../runbook/task.ts';
import type { TaskType } from '../runbook/words.ts';
import { type CallOptions, callFlags } from './call-options.ts';
import { fail } from './outcome.ts';
import { tellPlan } from './plan.ts';
import { tellEnd } from './run-end.ts';

export type RunOptions = CallOptions & {
  readonly startFrom?: string;
  readonly until?: string;
  readonly only?: readonly string[];
  readonly type?: TaskType;
  readonly keepGoing?: boolean;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
  /** Just the stale tasks, and those that rest on them. */
  readonly refresh?: boolean;
  readonly wait?: WaitOption;
};

export async function run(app: App, options: RunOptions): Promise<number> {
  const project = await readProject(app);
  if (!project.ok) return fail(app.io, project.error);
  const scope = scopeOf(project.value.runbook, options);
  if (!scope.ok) return fail(app.io, scope.error);
  const keepGoing = options.keepGoing ?? false;
  if (options.dryRun && options.refresh) return planRefresh(app, project.value, { scope: scope.value, keepGoing });
  if (options.dryRun) return tellPlan(app, project.value.runbook, { scope: scope.value, once: false, keepGoing });
  const calls = callFlags(app, options);
  if (!calls.ok) return fail(app.io, calls.error);
  const opened = await openSession(app, { yes: options.yes ?? false, wait: options.wait, calls: calls.value });
  if (!opened.ok) return fail(app.io, opened.error);
  try {
    const { session } = opened.value;
    const only = options.refresh ? await (await refreshing()).beginAgain(session, scope.value) : ok(scope.value.only);
    if (!only.ok) return fail(app.io, only.error);
    const chosen = only.value === undefined ? scope.value : { ...scope.value, only: only.value };
    return tellEnd(app, await runLoop(session, { scope: chosen, once: false, keepGoing }));
  } finally {
    opened.value.close();
  }
}

const refreshing = () => import('../run/refresh.ts');

async function planRefresh(
  app: App,
  { root, runbook }: Project & { runbook: Runbook },
  { scope, keepGoing }: { scope: Scope; keepGoing: boolean },
): Promise<number> {
  const { setBack, staleIn } = await refreshing();
  const again = await staleIn(root, runbook, scope);
  const only = again.map(({ task }) => task.id);
  return tellPlan(app, setBack(runbook, again), { scope: { ...scope, only }, once: false, keepGoing });
}

function scopeOf(runbook: Runbook, options: RunOptions): Result<Scope, Failure> {
  const ids = [options.startFrom, options.until, ...(options.only ?? [])].filter((id) => id !== undefined);
  for (const id of ids) {
    const task = findTask(runbook, id);
    if (!task.ok) return err(task.error);
  }
  const scope: Scope = {
    ...(options.startFrom === undefined ? {} : { startFrom: options.startFrom as TaskId }),
    ...(options.until === undefined ? {} : { until: options.until as TaskId }),
    ...(options.only === undefined ? {} : { only: options.only as TaskId[] }),
    ...(options.type === undefined ? {} : { type: options.type }),
  };
  if (inScope(runbook.tasks, scope).length > 0) return ok(scope);
  // An empty scope would be "all done": a pipeline must not take a slip for success.
  return err({
    code: 'usage',
    message: 'no task is left by these options together',
    advice: '"orchestrate status --all" shows the order and the types of the tasks',
  });
}
