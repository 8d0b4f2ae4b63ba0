// `orchestrate status`: how things stand. Reads only.

import type { App } from '../app.ts';
import { readProject } from '../app.ts';
import type { Place } from '../base/diagnostic.ts';
import { planRun } from '../run/plan.ts';
import type { Trust, Trusts } from '../run/receipts/stale.ts';
import type { Note } from '../run/receipts/watch.ts';
import { isFinished, lastError, withSettled } from '../run/states.ts';
import { placeProblems } from '../runbook/problem.ts';
import { openIssue, type Runbook, type TaskId } from '../runbook/task.ts';
import { placeOfStatus } from '../runbook/where.ts';
import { drawDiagnostics, placeText } from '../terminal/diagnostics.ts';
import { writeJson } from '../terminal/io.ts';
import { jsonDiagnostic, jsonPlace, jsonTask } from '../terminal/json.ts';
import { drawStatus } from '../terminal/status-view.ts';
import { fail } from './outcome.ts';

export async function status(app: App, options: { all?: boolean }): Promise<number> {
  const project = await readProject(app);
  if (!project.ok) return fail(app.io, project.error);
  const runbook = await withReadyChecked(project.value.root, project.value.runbook);
  const problems = await placeProblems(runbook.problems);
  const failed = lastError(runbook.tasks);
  const place = failed && (await placeOfStatus(runbook, failed));
  const trusts = await glanceAt(project.value.root, runbook, project.value.note);
  if (app.io.json) {
    writeJson(app.io, { ...summary(withSettled(runbook), place, trusts), problems: problems.map(jsonDiagnostic) });
    return 0;
  }
  if (problems.length > 0) app.io.err(`${drawDiagnostics(problems, app.io.errStyle)}\n`);
  const where = place === undefined ? {} : { errorPlace: placeText(place) };
  const { style, width } = app.io;
  app.io.out(await drawStatus(runbook, { style, width, all: options.all ?? false, stale: staleOf(trusts), ...where }));
  return 0;
}

/** Loaded only where something is DONE. */
async function glanceAt(root: string, runbook: Runbook, note: Note | undefined): Promise<Trusts> {
  if (!runbook.tasks.some((task) => task.status === 'DONE')) return new Map();
  const { glance } = await import('../run/receipts/glance.ts');
  return glance(root, runbook, note);
}

function staleOf(trusts: Trusts): Map<TaskId, string> {
  return new Map(
    [...trusts].flatMap(([id, trust]) =>
      trust.kind === 'stale' ? [[id, trust.reasons[0]?.message ?? ''] as const] : [],
    ),
  );
}

/** The templates of READY AI tasks are looked at too: what stands at the front must be seen before it is run. */
async function withReadyChecked(root: string, runbook: Runbook): Promise<Runbook> {
  const ready = withSettled(runbook).tasks.filter(
    (task) => task.status === 'READY' && task.work?.type === 'AI_ASSISTED',
  );
  if (ready.length === 0) return runbook;
  const { withChecked } = await import('../run/check.ts');
  return withChecked(root, runbook, ready);
}

function summary(runbook: Runbook, errorPlace: Place | undefined, trusts: Trusts): Record<string, unknown> {
  const { tasks } = runbook;
  const failed = lastError(tasks);
  const counts: Record<string, number> = {};
  for (const task of tasks) counts[task.status] = (counts[task.status] ?? 0) + 1;
  return {
    ...(runbook.name === undefined ? {} : { name: runbook.name }),
    total: tasks.length,
    finished: tasks.filter(isFinished).length,
    counts,
    next: planRun(runbook, {}, { once: true, keepGoing: true }).steps[0]?.task.id ?? null,
    error: failed
      ? { id: failed.id, issue: openIssue(failed) ?? null, ...(errorPlace ? jsonPlace(errorPlace) : {}) }
      : null,
    stale: [...staleOf(trusts).keys()],
    tasks: tasks.map((task) => ({ ...jsonTask(runbook, task), ...jsonStale(trusts.get(task.id)) })),
  };
}

/** Only of what is DONE. */
function jsonStale(trust: Trust | undefined): Record<string, unknown> {
  if (trust === undefined) return {};
  return { evidence: trust.kind, ...(trust.kind === 'stale' ? { stale: trust.reasons } : {}) };
}
