// `orchestrate run`: one task after the other until nothing is left that can run.

import path from 'node:path';
import {
  type App,
  type OpenSession,
  openSession,
  type Project,
  type ReadProject,
  readProject,
  type WaitOption,
} from '../app.ts';
import { exitCode, type Failure } from '../base/failure.ts';
import { err, ok, type Result } from '../base/result.ts';
import { findTask } from '../run/change.ts';
import { type Occasion, occasionOf as occasionOfEnd, runHook } from '../run/hooks.ts';
import { type LoopOptions, runLoop } from '../run/loop.ts';
import type { RunEnd } from '../run/outcome.ts';
import { makeOverlay, owe, settle } from '../run/overlay.ts';
import type { Session } from '../run/session.ts';
import { type States, withStates } from '../run/state-file.ts';
import { inScope, type Scope } from '../run/states.ts';
import { type GivenVars, givenVars, withVars } from '../run/vars.ts';
import { createFileCache, type FileCache } from '../runbook/file-cache.ts';
import type { Runbook, TaskId } from '../runbook/task.ts';
import type { TaskType } from '../runbook/words.ts';
import { keepMemorySmall, letMemoryGrow } from '../system/memory.ts';
import { drawFailure, wordFailure } from '../terminal/wording.ts';
import { type CallOptions, callFlags } from './call-options.ts';
import { checkFirst } from './ci/check.ts';
import { type FreshOptions, freshStates, tellFresh, writeStates } from './ci/fresh.ts';
import { openReports, type ReportOptions, type Reports } from './ci/reports.ts';
import { fail } from './outcome.ts';
import { tellPlan } from './plan.ts';
import { endCode, tellEnd } from './run-end.ts';

export type RunOptions = CallOptions &
  ReportOptions &
  FreshOptions & {
    readonly startFrom?: string;
    readonly until?: string;
    readonly only?: readonly string[];
    readonly type?: TaskType;
    readonly keepGoing?: boolean;
    readonly jobs?: number;
    readonly dryRun?: boolean;
    readonly yes?: boolean;
    /** Just the stale tasks, and those that rest on them. */
    readonly refresh?: boolean;
    readonly wait?: WaitOption;
    /** `NAME=VALUE`. */
    readonly var?: readonly string[];
    /** What exit code 3 becomes. */
    readonly waitingExit?: number;
  };

export async function run(app: App, options: RunOptions): Promise<number> {
  const opened = openReports(app, options);
  if (!opened.ok) return fail(app.io, opened.error);
  try {
    return await runReported(opened.value, options);
  } finally {
    letMemoryGrow();
    opened.value.close();
  }
}

async function runReported(reports: Reports, options: RunOptions): Promise<number> {
  const { app } = reports;
  const refuse = async (failure: Failure) => {
    const code = failed(app, failure, options);
    return options.dryRun ? code : withReport(app, code, await reports.refused(failure));
  };
  const checked = options.ci ? await checkFirst(app) : ok(undefined);
  if (!checked.ok) return refuse(checked.error);
  keepMemorySmall();
  const files = options.dryRun ? undefined : createFileCache();
  const project = await readProject(app, files);
  if (!project.ok) return refuse(project.error);
  const vars = givenVars(project.value.runbook, options.var ?? []);
  if (!vars.ok) return fail(app.io, vars.error);
  if (options.fresh && options.refresh) return fail(app.io, FRESH_OR_REFRESH);
  const fresh = await freshStates(app, project.value, options);
  if (!fresh.ok) return fail(app.io, fresh.error);
  const present = fresh.value ? withStates(project.value.runbook, fresh.value) : project.value.runbook;
  const before = withVars(present, vars.value);
  const scope = scopeOf(before, options);
  if (!scope.ok) return fail(app.io, scope.error);
  const choice = { scope: scope.value, once: false, keepGoing: options.keepGoing ?? false, jobs: options.jobs ?? 1 };
  if (options.dryRun) {
    const { ci = false, yes = false } = options;
    const attendance = { person: app.io.interactive && !ci ? app : undefined, unattended: ci, yes };
    const tell = options.refresh ? planRefresh : tellPlan;
    const code = await tell(app, { ...project.value, runbook: before }, { ...choice, attendance });
    return endingWith(app, code, options);
  }
  const begin = { ...project.value, ...(files ? { files } : {}), vars: vars.value, states: fresh.value };
  const session = await sessionFor(reports, options, begin);
  if (!session.ok) return session.error.code === 'usage' ? fail(app.io, session.error) : refuse(session.error);
  return runToEnd(reports, options, { opened: session.value, before, choice });
}

type Beginning = ReadProject & {
  readonly files?: FileCache;
  readonly vars: GivenVars;
  /** With --fresh: what it begins with. */
  readonly states: States | undefined;
};

async function sessionFor(
  { app, around }: Reports,
  { ci = false, yes = false, wait, ...options }: RunOptions,
  { root, runbook, files, vars, states }: Beginning,
): Promise<Result<OpenSession, Failure>> {
  const calls = callFlags(app, options);
  if (!calls.ok) return calls;
  const overlay = states ? await makeOverlay(root, runbook, states) : ok(undefined);
  if (!overlay.ok) return overlay;
  const owed =
    overlay.value && options.state ? await owe(root, overlay.value, path.resolve(options.state)) : ok(undefined);
  if (!owed.ok) return owed;
  const folder = overlay.value === undefined ? {} : { states: overlay.value };
  const read = files ? { files } : {};
  return openSession(app, { ...read, yes, unattended: ci, around, vars, wait, calls: calls.value, ...folder });
}

type Begun = { readonly opened: OpenSession; readonly before: Runbook; readonly choice: LoopOptions };

/** The lock is free again when the reports are written and a hook is run: both may take their time. */
async function runToEnd(reports: Reports, options: RunOptions, { opened, before, choice }: Begun): Promise<number> {
  const { app } = reports;
  const { session } = opened;
  const { fresh = false, state } = options;
  let result: Result<RunEnd, Failure>;
  try {
    const chosen = options.refresh ? await refreshed(session, choice) : ok(choice);
    result = chosen.ok ? await runLoop(session, chosen.value) : chosen;
  } finally {
    opened.close();
  }
  const kept = state === undefined ? ok(undefined) : await writeStates(session.states, state, session.redactor);
  if (state !== undefined && kept.ok) await settle(session.states);
  const reported = await reports.ended({ folder: session.states, scope: choice.scope, before, result, fresh });
  const code = withReport(app, withReport(app, endingWith(app, endCode(result), options), reported), kept);
  const occasion = occasionOf(result, code);
  if (occasion) await runHook(session, before, occasion);
  tellEnd(app, fresh ? withoutPlace(result) : result, {
    code,
    fresh,
    ...(options.refresh ? { none: NONE_STALE } : {}),
  });
  if (fresh && !(result.ok && result.value.ended === 'finished')) tellFresh(app, options);
  return code;
}

const FRESH_OR_REFRESH: Failure = {
  code: 'usage',
  message: '--refresh goes by what the project has done before, and --fresh begins anew',
  advice: 'leave out one of the two',
};

const NONE_STALE = 'No task is stale: nothing had to be done again.';

/** Lines of a copy would lead astray. */
function withoutPlace(result: Result<RunEnd, Failure>): Result<RunEnd, Failure> {
  if (!result.ok) return result;
  const { errorPlace: _, ...end } = result.value;
  return ok(end);
}

/** A run that could not go on is an error to whoever is waiting for news of it. */
function occasionOf(result: Result<RunEnd, Failure>, exitCode: number): Occasion | undefined {
  if (result.ok) return occasionOfEnd(result.value, exitCode);
  return { event: 'error', exitCode, message: wordFailure(result.error).message };
}

/** A report that is missing must be seen, and takes no failure's place. */
function withReport(app: App, code: number, reported: Result<undefined, Failure>): number {
  if (reported.ok) return code;
  app.io.err(drawFailure(reported.error, app.io.errStyle, app.io.verbose));
  return code === 0 ? exitCode(reported.error) : code;
}

function failed(app: App, failure: Failure, options: RunOptions): number {
  return endingWith(app, fail(app.io, failure), options);
}

/** `--waiting-exit`: where a pipeline must stay green although a person is still needed. */
function endingWith({ signal }: App, code: number, { waitingExit = 3 }: RunOptions): number {
  return code === 3 && !signal.aborted ? waitingExit : code;
}

const refreshing = () => import('../run/refresh.ts');

async function planRefresh(
  app: App,
  { root, runbook }: Project & { runbook: Runbook },
  { scope, ...choice }: Parameters<typeof tellPlan>[2],
): Promise<number> {
  const { idsOf, refreshOf, setBack } = await refreshing();
  const refresh = await refreshOf(root, runbook, scope);
  const planned = { root, runbook: setBack(runbook, refresh.again) };
  return tellPlan(app, planned, { ...choice, scope: { ...scope, only: idsOf(refresh) }, none: 'no task is stale' });
}

/** Just the stale tasks and what rests on them, set back to be done again. */
async function refreshed(session: Session, choice: LoopOptions): Promise<Result<LoopOptions, Failure>> {
  const { beginAgain } = await refreshing();
  const only = await beginAgain(session, choice.scope);
  return only.ok ? ok({ ...choice, scope: { ...choice.scope, only: only.value } }) : only;
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
