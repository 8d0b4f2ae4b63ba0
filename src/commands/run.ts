// `orchestrate run`: one task after the other until nothing is left that can run.

import { type App, openSession, readProject, type WaitOption } from '../app.ts';
import type { Failure } from '../base/failure.ts';
import { err, ok, type Result } from '../base/result.ts';
import { findTask } from '../run/change.ts';
import { runLoop } from '../run/loop.ts';
import { inScope, type Scope } from '../run/states.ts';
import type { Runbook, TaskId } from '../runbook/task.ts';
import type { TaskType } from '../runbook/words.ts';
import { type CallOptions, callFlags } from './call-options.ts';
import { checkFirst } from './ci/check.ts';
import { fail } from './outcome.ts';
import { tellPlan } from './plan.ts';
import { endCode, tellEnd } from './run-end.ts';

export type RunOptions = CallOptions & {
  readonly startFrom?: string;
  readonly until?: string;
  readonly only?: readonly string[];
  readonly type?: TaskType;
  readonly keepGoing?: boolean;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
  readonly wait?: WaitOption;
  readonly ci?: boolean;
  /** What exit code 3 becomes. */
  readonly waitingExit?: number;
};

export async function run(app: App, options: RunOptions): Promise<number> {
  const { ci = false, yes = false } = options;
  const checked = ci ? await checkFirst(app) : ok(undefined);
  if (!checked.ok) return failed(app, checked.error, options);
  const project = await readProject(app);
  if (!project.ok) return failed(app, project.error, options);
  const scope = scopeOf(project.value.runbook, options);
  if (!scope.ok) return fail(app.io, scope.error);
  const choice = { scope: scope.value, once: false, keepGoing: options.keepGoing ?? false };
  if (options.dryRun) {
    const plan = { ...choice, ...(ci ? { unattended: { yes } } : {}) };
    return endingWith(app, tellPlan(app, project.value.runbook, plan), options);
  }
  const calls = callFlags(app, options);
  if (!calls.ok) return fail(app.io, calls.error);
  const opened = await openSession(app, { yes, unattended: ci, wait: options.wait, calls: calls.value });
  if (!opened.ok) return failed(app, opened.error, options);
  try {
    const ended = await runLoop(opened.value.session, choice);
    return tellEnd(app, ended, endingWith(app, endCode(ended), options));
  } finally {
    opened.value.close();
  }
}

function failed(app: App, failure: Failure, options: RunOptions): number {
  return endingWith(app, fail(app.io, failure), options);
}

/** `--waiting-exit`: where a pipeline must stay green although a person is still needed. */
function endingWith({ signal }: App, code: number, { waitingExit = 3 }: RunOptions): number {
  return code === 3 && !signal.aborted ? waitingExit : code;
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
