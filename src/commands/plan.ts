// What `--dry-run` says. Reads only.

import type { App } from '../app.ts';
import { oneLine } from '../base/text.ts';
import type { Attendance } from '../run/absent.ts';
import { withChecked } from '../run/check.ts';
import { type Plan, type PlanOptions, planRun } from '../run/plan.ts';
import type { Scope } from '../run/states.ts';
import type { Runbook, TaskId } from '../runbook/task.ts';
import { writeJson } from '../terminal/io.ts';

const NEEDS = { nothing: '', person: 'asks a person', review: 'asks for a review' } as const;

/** What it is about, and what is said where there is nothing to do. */
type Planning = PlanOptions & {
  readonly scope: Scope;
  readonly attendance: Attendance;
  readonly none?: string;
};

/** Every task is taken to succeed. Exit 0, or 1 where an ERROR would stop it, 3 where nothing could run. */
export async function tellPlan(app: App, { root, runbook }: Planned, options: Planning): Promise<number> {
  const plan = await planChecked({ root, runbook }, options);
  if (app.io.json) writeJson(app.io, plain(plan));
  else app.io.out(words(app, plan, options.none));
  if (plan.halted) return 1;
  return plan.steps.length === 0 && plan.stuck.length > 0 ? 3 : 0;
}

type Planned = { readonly root: string; readonly runbook: Runbook };

/** What has errors beyond its YAML would be passed over, too. Only what the plan names is looked at: of `next` that is one task. */
async function planChecked({ root, runbook }: Planned, options: Planning): Promise<Plan> {
  const looked = new Set<TaskId>();
  for (let known = runbook; ; ) {
    const plan = planRun(known, options.scope, options);
    const named = [...plan.steps, ...plan.skipped, ...plan.stuck].map(({ task }) => task);
    const unseen = named.filter(({ id }) => !looked.has(id));
    const checked = await withChecked(root, known, unseen);
    if (checked.problems.length === known.problems.length) return plan;
    for (const { id } of unseen) looked.add(id);
    known = checked;
  }
}

function plain(plan: Plan): Record<string, unknown> {
  return {
    steps: plan.steps.map(({ task, needs, when }) => ({
      id: task.id,
      name: task.name,
      type: task.type,
      needs,
      ...(when === undefined ? {} : { when }),
    })),
    skipped: plan.skipped.map(({ task, reason }) => ({ id: task.id, reason })),
    stuck: plan.stuck.map(({ task, reason }) => ({ id: task.id, reason })),
    halted_by: plan.halted?.id ?? null,
  };
}

function words({ io: { style } }: App, plan: Plan, none = 'all is done'): string {
  const lines = plan.steps.map(({ task, needs, when }, index) => {
    const note = [NEEDS[needs], ...(when === undefined ? [] : [`if ${oneLine(when)}`])].filter(Boolean).join('; ');
    return `${String(index + 1).padStart(3)}. ${style.bold(task.id)}  ${oneLine(task.name)}${note === '' ? '' : style.dim(` (${note})`)}`;
  });
  if (plan.halted) lines.push(`${style.bad('✗')} stops at ${style.bold(plan.halted.id)}, which is in ERROR`);
  for (const { task, reason } of plan.skipped)
    lines.push(`  ${style.dim('–')} ${task.id} would be skipped: ${oneLine(reason)}`);
  for (const { task, reason } of plan.stuck)
    lines.push(`  ${style.dim('·')} ${task.id} would not run: ${oneLine(reason)}`);
  return `${lines.length === 0 ? `Nothing would run: ${none}.` : lines.join('\n')}\n`;
}
