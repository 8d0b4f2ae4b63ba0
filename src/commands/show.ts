// `orchestrate show ID`: one task whole. Reads only.

import { type App, readProject } from '../app.ts';
import { createRedactor } from '../base/secrets.ts';
import { neutralise, oneLine } from '../base/text.ts';
import { findTask } from '../run/change.ts';
import { checkTask } from '../run/check.ts';
import { labelOf } from '../run/expects.ts';
import { commandText } from '../run/handlers/script.ts';
import { secretsOf } from '../run/secrets.ts';
import { blockReason, withSettled } from '../run/states.ts';
import { placeProblems } from '../runbook/problem.ts';
import type { Runbook, Task } from '../runbook/task.ts';
import { placeOfEntry } from '../runbook/where.ts';
import { drawDiagnostics, placeText } from '../terminal/diagnostics.ts';
import { writeJson } from '../terminal/io.ts';
import { jsonDiagnostic, jsonTask, jsonWork } from '../terminal/json.ts';
import type { Style } from '../terminal/style.ts';
import { fail } from './outcome.ts';

export async function show(app: App, { id }: { id: string }): Promise<number> {
  const project = await readProject(app);
  if (!project.ok) return fail(app.io, project.error);
  const { root, environment } = project.value;
  const runbook = withSettled(project.value.runbook);
  const found = findTask(runbook, id);
  if (!found.ok) return fail(app.io, found.error);
  const task = found.value;
  const redactor = createRedactor(secretsOf(root, environment, runbook));
  const problems = await placeProblems([
    ...runbook.problems.filter((problem) => problem.taskId === id),
    ...(await checkTask(root, runbook, task)),
  ]);
  const place = placeText(await placeOfEntry(runbook, task));
  if (app.io.json) {
    writeJson(
      app.io,
      redactor.value({ ...jsonTask(runbook, task), ...details(task), place, problems: problems.map(jsonDiagnostic) }),
    );
    return 0;
  }
  if (problems.length > 0) app.io.err(`${drawDiagnostics(problems, app.io.errStyle)}\n`);
  app.io.out(redactor.text(draw(runbook, task, { style: app.io.style, place })));
  return 0;
}

function details(task: Task): Record<string, unknown> {
  return {
    description: task.description ?? null,
    work: jsonWork(task),
    expects: task.expects,
    last_run: task.lastRun ?? null,
    issues: task.issues,
  };
}

function draw(runbook: Runbook, task: Task, { style, place }: { style: Style; place: string }): string {
  const lines = [
    style.bold(oneLine(task.name)),
    `${style.status(task.status)} · ${task.id} · ${task.type}${task.phase ? ` · ${oneLine(task.phase)}` : ''}`,
  ];
  const field = (name: string, value: string | undefined) => {
    if (value !== undefined && value !== '') lines.push(`${style.dim(`${name}:`)} ${value}`);
  };
  if (task.description) lines.push('', neutralise(task.description).trim());
  lines.push('');
  if (task.status !== 'READY' && task.status !== 'DONE') field('why', blockReason(runbook, task));
  field('rests on', task.dependsOn.join(', '));
  field(
    'needed by',
    runbook.tasks
      .filter((other) => other.dependsOn.includes(task.id))
      .map((other) => other.id)
      .join(', '),
  );
  lines.push(...workLines(task, style));
  field('when', task.when && oneLine(task.when.text));
  field('writes', task.outputArtifact);
  field('expects', task.expects.map((check) => oneLine(labelOf(check))).join('; '));
  field('edit', [place, task.detail?.file].filter(Boolean).join(', '));
  lines.push(...lastRunLines(task, style), ...issueLines(task, style));
  return `${lines
    .join('\n')
    .replace(/\n{3,}/g, '\n\n')
    .trimEnd()}\n`;
}

function workLines(task: Task, style: Style): string[] {
  const label = (name: string, value: string) => `${style.dim(`${name}:`)} ${value}`;
  switch (task.work?.type) {
    case 'MANUAL':
      return task.work.instructions.map((text) => label('step', neutralise(text).trim()));
    case 'AUTOMATED_SCRIPT':
      return [label('runs', oneLine(commandText(task.work.script)))];
    case 'AI_ASSISTED': {
      const { prompt_template: template, quickie, model, review_points: points } = task.work.ai;
      return [
        quickie === undefined ? label('template', template ?? '') : label('quickie', quickie),
        ...(model ? [label('model', model)] : []),
        ...(points ?? []).map((point) => label('look at', oneLine(point))),
      ];
    }
    default:
      return [label('work', 'not yet written, or its files have errors')];
  }
}

function lastRunLines(task: Task, style: Style): string[] {
  if (!task.lastRun) return [];
  const { outputs, ...facts } = task.lastRun;
  const parts = Object.entries(facts).map(([key, value]) => `${key} ${oneLine(String(value))}`);
  const left = Object.entries(outputs ?? {}).map(([key, value]) => `${key} = ${outputText(String(value))}`);
  return [
    '',
    style.bold('Last run'),
    ...parts.map((part) => `  ${part}`),
    ...(left.length > 0 ? ['', style.bold('Outputs'), ...left.map((line) => `  ${line}`)] : []),
  ];
}

/** The whole, as it reaches a script; further lines stand below their key. */
function outputText(value: string): string {
  return neutralise(value).replaceAll('\n', '\n    ');
}

function issueLines(task: Task, style: Style): string[] {
  if (task.issues.length === 0) return [];
  const lines = task.issues.map((issue) => {
    const resolution = issue.resolution ? style.good(`resolved: ${oneLine(issue.resolution)}`) : style.bad('open');
    return `  ${style.dim(oneLine(issue.timestamp ?? ''))} ${oneLine(issue.type ?? 'issue')}: ${neutralise(issue.detail ?? '')} (${resolution})`;
  });
  return ['', style.bold('Issues'), ...lines];
}
