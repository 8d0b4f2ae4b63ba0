// `orchestrate why [ID]`: why a task is next, waits or is done, and what helps most. Reads only.

import { type App, readProject } from '../../app.ts';
import { findTask } from '../../run/change.ts';
import { withChecked } from '../../run/check.ts';
import { planRun } from '../../run/plan.ts';
import { glance } from '../../run/receipts/glance.ts';
import { lookFully } from '../../run/receipts/look.ts';
import type { Trusts } from '../../run/receipts/stale.ts';
import { isFinished, withSettled } from '../../run/states.ts';
import { actionsNow, causesOf, effectOf, rootsOf, unattended } from '../../run/why.ts';
import type { Runbook, Task } from '../../runbook/task.ts';
import { placesOf } from '../../runbook/where.ts';
import { writeJson } from '../../terminal/io.ts';
import {
  drawTask,
  drawWhole,
  jsonTaskAnswer,
  jsonWholeAnswer,
  type TaskAnswer,
  type WholeAnswer,
} from '../../terminal/why-view.ts';
import { fail } from '../outcome.ts';

export type WhyOptions = { readonly id?: string | undefined; readonly all?: boolean };

export async function why(app: App, { id, all = false }: WhyOptions): Promise<number> {
  const project = await readProject(app);
  if (!project.ok) return fail(app.io, project.error);
  const { root, note } = project.value;
  const settled = withSettled(project.value.runbook);
  const open = settled.tasks.filter((task) => !isFinished(task));
  const runbook = await withChecked(root, settled, open);
  const { style, width, json } = app.io;
  const view = { runbook, places: await placesOf(runbook), style, width, all };
  if (id === undefined) {
    const answer = answerWhole(runbook, await glance(root, runbook, note));
    if (json) writeJson(app.io, jsonWholeAnswer(answer, view));
    else app.io.out(drawWhole(answer, view));
    return 0;
  }
  const found = findTask(runbook, id);
  if (!found.ok) return fail(app.io, found.error);
  const answer = answerTask(runbook, found.value, lookFully(root, runbook, [found.value]));
  if (json) writeJson(app.io, jsonTaskAnswer(answer, view));
  else app.io.out(drawTask(answer, view));
  return 0;
}

function answerTask(runbook: Runbook, task: Task, trusts: Trusts): TaskAnswer {
  const plan = planRun(runbook, {}, { once: true, keepGoing: false });
  return {
    task,
    causes: causesOf(runbook, task),
    effect: effectOf(runbook, task),
    trust: trusts.get(task.id),
    next: plan.steps[0]?.task,
    halted: plan.halted,
  };
}

function answerWhole(runbook: Runbook, trusts: Trusts): WholeAnswer {
  const plan = planRun(runbook, {}, { once: true, keepGoing: false });
  const roots = rootsOf(runbook);
  return {
    next: plan.steps[0]?.task,
    halted: plan.halted,
    actions: actionsNow(runbook),
    unattended: unattended(runbook),
    running: runbook.tasks.filter(({ status }) => status === 'RUNNING'),
    waiting: runbook.tasks.flatMap((task) => {
      const causes = roots.get(task.id);
      return causes === undefined ? [] : [{ task, causes }];
    }),
    stale: runbook.tasks.filter((task) => trusts.get(task.id)?.kind === 'stale'),
  };
}
