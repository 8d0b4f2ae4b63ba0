// What can be known to be wrong with the prompt of an AI task before it starts: its templates, its model, its quickie. Sends nothing.
//
// `status` asks for it too, so what takes long to load is loaded only for a template that is more than text with names in it.

import path from 'node:path';
import { ok } from '../../../base/result.ts';
import { loadModels, resolveModel } from '../../../calls/models.ts';
import type { Problem, Spot } from '../../../runbook/problem.ts';
import type { Runbook } from '../../../runbook/task.ts';
import { readText } from '../../../system/files.ts';
import { insideRoot } from '../../../system/paths.ts';
import { plainPrompt } from '../../../templates/quickie/plain-prompt.ts';
import { BUILT_IN_VARIABLES, referenceOf } from '../../context.ts';
import type { AiTask } from './task.ts';

/** For validate, status and next. */
export async function checkTemplates(root: string, runbook: Runbook, task: AiTask): Promise<Problem[]> {
  const { prompt_template: main, fallback_prompt_template: fallback, quickie } = task.work.ai;
  const problems: Problem[] = [];
  for (const [key, file] of [
    ['prompt_template', main],
    ['fallback_prompt_template', fallback],
  ] as const) {
    if (file === undefined || isPlainAndMet(root, task, file)) continue;
    const spot = task.detail?.source && { source: task.detail.source, path: ['ai_details', key] };
    const found = await templateProblems(root, runbook, { task, file });
    problems.push(...found.map((problem) => withUser(problem, spot)));
  }
  problems.push(...(await checkModel(root, runbook, task)));
  if (quickie !== undefined) problems.push(...(await (await import('./quickie.ts')).checkQuickie(root, task)));
  return problems.map((problem) => ({ ...problem, taskId: task.id }));
}

/** Nothing is wrong with a template that only names what there is. */
function isPlainAndMet(root: string, task: AiTask, file: string): boolean {
  const absolute = insideRoot(root, file);
  const text = absolute === undefined ? undefined : readText(path.join(root, file));
  // It may begin with a block that declares more.
  if (!text?.ok || text.value.length > MOST_PLAIN || /^\uFEFF?---/.test(text.value)) return false;
  const given = namesGiven(task);
  return plainPrompt(text.value)?.variables.every((name) => given.includes(name)) ?? false;
}

/** Characters. Liquid has limits of its own. */
const MOST_PLAIN = 1_000_000;

function namesGiven({ work }: AiTask): readonly string[] {
  return [...BUILT_IN_VARIABLES, ...Object.keys(work.ai.input_context ?? {})];
}

type Used = { readonly task: AiTask; readonly file: string };

/** Values that are read when the prompt is sent are taken to fit. */
async function templateProblems(root: string, runbook: Runbook, { task, file }: Used): Promise<readonly Problem[]> {
  const [{ loadTemplate, undefinedMembers, undefinedVariables }, { applyDeclarations }] = await Promise.all([
    import('../../../templates/template.ts'),
    import('../../../templates/front-matter.ts'),
  ]);
  const loaded = await loadTemplate(root, file);
  if (!loaded.ok) return loaded.error;
  const template = loaded.value;
  const context = task.work.ai.input_context ?? {};
  const later = new Set<string>([
    ...BUILT_IN_VARIABLES,
    ...Object.keys(context).filter((name) => referenceOf(context[name]).kind !== 'value'),
  ]);
  const declared = Object.entries(template.front.variables ?? {}).filter(([name]) => !later.has(name));
  const values = applyDeclarations(
    template.source,
    { ...template.front, variables: Object.fromEntries(declared) },
    context,
  );
  return [
    ...(values.ok ? [] : values.error),
    ...undefinedVariables(template, namesGiven(task)),
    ...undefinedMembers(template, { task: ['id', 'name', 'description'], vars: Object.keys(runbook.vars) }),
  ];
}

/** What the task itself or the runbook names; a template's own model is looked at when the prompt is made. */
async function checkModel(root: string, runbook: Runbook, task: AiTask): Promise<Problem[]> {
  const model = task.work.ai.model ?? runbook.ai.model;
  const models = await loadModels({ root });
  if (!models.ok) return models.error;
  const found = model === undefined ? ok('') : resolveModel(models.value, model);
  if (found.ok) return [];
  const own = task.work.ai.model !== undefined && task.detail?.source;
  const spot = own ? { source: own, path: ['ai_details', 'model'] } : { source: runbook.source, path: ['ai', 'model'] };
  return [{ severity: 'error', code: 'unknown-alias', ...found.error, spot }];
}

/** A problem inside a template names the task that uses it: what is missing is often given there. */
function withUser(problem: Problem, spot: Spot | undefined): Problem {
  if (spot === undefined) return problem;
  return problem.spot === undefined ? { ...problem, spot } : { ...problem, related: [{ message: 'used here', spot }] };
}
