// `orchestrate next`: the next READY task, or the one that is named.

import { type App, openSession, readProject, type WaitOption } from '../app.ts';
import { findTask } from '../run/change.ts';
import type { Scope } from '../run/states.ts';
import { givenVars, withVars } from '../run/vars.ts';
import { createFileCache } from '../runbook/file-cache.ts';
import type { TaskId } from '../runbook/task.ts';
import { type CallOptions, callFlags } from './call-options.ts';
import { fail } from './outcome.ts';
import { tellPlan } from './plan.ts';
import { tellEnd } from './run-end.ts';

export type NextOptions = CallOptions & {
  readonly id?: string | undefined;
  readonly force?: boolean;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
  readonly wait?: WaitOption;
  /** `NAME=VALUE`. */
  readonly var?: readonly string[];
};

export async function next(app: App, options: NextOptions): Promise<number> {
  const { id, force = false } = options;
  if (force && id === undefined)
    return fail(app.io, {
      code: 'usage',
      message: '--force needs the id of a task',
      advice: 'orchestrate next ID --force',
    });
  const files = options.dryRun ? undefined : createFileCache();
  const project = await readProject(app, files);
  if (!project.ok) return fail(app.io, project.error);
  const vars = givenVars(project.value.runbook, options.var ?? []);
  if (!vars.ok) return fail(app.io, vars.error);
  const runbook = withVars(project.value.runbook, vars.value);
  let scope: Scope = {};
  let forced: TaskId | undefined;
  if (id !== undefined) {
    const task = findTask(runbook, id);
    if (!task.ok) return fail(app.io, task.error);
    const { checkStart } = await import('../run/loop.ts');
    const start = checkStart(runbook, task.value, force);
    if (!start.ok) return fail(app.io, start.error);
    scope = { only: [task.value.id] };
    // A held task that is named is meant.
    if (force || (task.value.hold && task.value.status === 'PENDING')) forced = task.value.id;
  }
  const choice = { scope, once: true, keepGoing: false, ...(forced === undefined ? {} : { forced }) };
  const { yes = false, wait } = options;
  if (options.dryRun) {
    const attendance = { person: app.io.interactive ? app : undefined, unattended: false, yes };
    return tellPlan(app, { root: project.value.root, runbook }, { ...choice, attendance });
  }
  const calls = callFlags(app, options);
  if (!calls.ok) return fail(app.io, calls.error);
  const opened = await openSession(app, {
    ...(files ? { files } : {}),
    yes,
    vars: vars.value,
    wait,
    calls: calls.value,
  });
  if (!opened.ok) return fail(app.io, opened.error);
  try {
    const { runLoop } = await import('../run/loop.ts');
    return tellEnd(app, await runLoop(opened.value.session, choice));
  } finally {
    opened.value.close();
  }
}
