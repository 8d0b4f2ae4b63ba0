// What a task is made from: its script, prompt and context files, and what others wrote for it. Looked at before it starts. Reads only.

import path from 'node:path';
import type { AiWork, Runbook, ScriptSpec, Task, TaskId } from '../../runbook/task.ts';
import { QUICKIE_FILE, TEMPLATE_FOLDER } from '../../templates/quickie/types.ts';
import { referenceOf } from '../context.ts';
import { byId } from '../task-list.ts';
import { commandFiles, filesOf } from './commands.ts';
import { fingerprint } from './fingerprint.ts';
import type { NamedInput } from './receipt.ts';

/** Files, and the names of values that the prompt takes from the runbook. */
export type Made = { readonly files: readonly NamedInput[]; readonly values: readonly string[] };

/** All that it is made from, as far as its definition and its templates say so. */
export async function madeFrom(root: string, runbook: Runbook, task: Task): Promise<Made> {
  const { work } = task;
  if (work?.type === 'AI_ASSISTED') return promptParts(root, runbook, work);
  const outputs = outputsOf(runbook, task.dependsOn);
  if (work?.type !== 'AUTOMATED_SCRIPT') return { files: unique(outputs), values: [] };
  return { files: unique([...scriptFiles(root, work.script), ...outputs]), values: outputKeys(runbook, task) };
}

/** What those that it rests on directly have left for it, as names of values. */
function outputKeys({ tasks }: Runbook, { dependsOn }: Task): string[] {
  return restsOn(tasks, dependsOn).flatMap(({ id, lastRun }) =>
    Object.keys(lastRun?.outputs ?? {}).map((key) => `outputs.${id}.${key}`),
  );
}

/** A file that is named twice counts once, as what it was first. */
function unique(files: readonly NamedInput[]): NamedInput[] {
  const seen = new Set<string>();
  return files.filter(({ file }) => {
    if (seen.has(file)) return false;
    seen.add(file);
    return true;
  });
}

function outputsOf({ tasks }: Runbook, ids: readonly TaskId[]): NamedInput[] {
  return restsOn(tasks, ids).flatMap(({ id, outputArtifact }) =>
    outputArtifact === undefined ? [] : [{ kind: 'output', file: path.normalize(outputArtifact), of: id }],
  );
}

/** In file order. */
function restsOn(tasks: readonly Task[], ids: readonly TaskId[]): Task[] {
  const index = byId(tasks);
  return ids.flatMap((id) => index.get(id) ?? []).sort((a, b) => a.index - b.index);
}

/** Tools that a package manager puts there, and writes anew whenever it likes. */
const INSTALLED = /(?:^|\/)(?:node_modules|\.?venv)\//;

function scriptFiles(root: string, { command, cwd = '.', envFile }: ScriptSpec): NamedInput[] {
  const words = command.kind === 'shell' ? commandFiles(command.line) : filesOf([command.file, ...command.args]);
  const scripts = words.flatMap((word): NamedInput[] => {
    if (path.isAbsolute(word)) return [];
    const file = path.normalize(path.join(cwd, word));
    if (INSTALLED.test(file)) return [];
    return fingerprint(root, file).is === undefined ? [{ kind: 'script', file }] : [];
  });
  return envFile === undefined ? scripts : [...scripts, { kind: 'env_file', file: path.normalize(envFile) }];
}

async function promptParts(root: string, runbook: Runbook, { ai }: AiWork): Promise<Made> {
  const references = Object.values(ai.input_context ?? {}).map(referenceOf);
  const left = references.flatMap((one) => (one.kind === 'output_key' ? [`outputs.${one.id}.${one.key}`] : []));
  const context = references.flatMap((reference): NamedInput[] => {
    if (reference.kind === 'file') return [{ kind: 'context', file: path.normalize(reference.path) }];
    return reference.kind === 'output_of' ? outputsOf(runbook, [reference.id as TaskId]) : [];
  });
  const main = await mainParts(root, ai);
  const { fallback_prompt_template: further } = ai;
  const fallback = further === undefined ? NOTHING : await templateParts(root, further, 'fallback');
  const model = ai.model === undefined && !main.namesModel ? ['ai.model'] : [];
  return {
    files: unique([...main.files, ...context, ...fallback.files]),
    values: [...new Set([...main.values, ...model, ...left])],
  };
}

type Parts = Made & { readonly namesModel: boolean };
const NOTHING: Parts = { files: [], values: [], namesModel: false };

function mainParts(root: string, { prompt_template: file, quickie }: AiWork['ai']): Promise<Parts> {
  if (file !== undefined) return templateParts(root, file, 'template');
  return quickie === undefined ? Promise.resolve(NOTHING) : quickieParts(root, quickie);
}

/** The file as a whole, also where another of its templates changes: rather looked at once too often than not. */
async function quickieParts(root: string, name: string): Promise<Parts> {
  const { findTemplate, loadLibrary, quickiePlaces } = await import('../../templates/quickie/library.ts');
  const { promptFile } = await import('../../templates/quickie/prompt-text.ts');
  const own: NamedInput = { kind: 'template', file: QUICKIE_FILE };
  const found = findTemplate(await loadLibrary(quickiePlaces(root, root).slice(0, 1)), name);
  if (!found.ok) return { ...NOTHING, files: [own] };
  const file = promptFile(found.value);
  const prompt = file === undefined ? NOTHING : await templateParts(root, path.join(TEMPLATE_FOLDER, file), 'template');
  return {
    files: [own, ...prompt.files],
    values: [],
    namesModel: found.value.model !== undefined || prompt.namesModel,
  };
}

/** A template with errors is an input all the same. */
async function templateParts(root: string, name: string, kind: 'template' | 'fallback'): Promise<Parts> {
  const { loadTemplate, membersOf } = await import('../../templates/template.ts');
  const file = path.normalize(name);
  const loaded = await loadTemplate(root, file);
  if (!loaded.ok) return { ...NOTHING, files: [{ kind, file }] };
  const template = loaded.value;
  const partials = [...template.partials.keys()].map(
    (partial): NamedInput => ({
      kind: kind === 'template' ? 'partial' : 'fallback',
      file: path.join(TEMPLATE_FOLDER, partial),
    }),
  );
  const values = ['vars', 'task'].flatMap((mapping) => membersOf(template, mapping));
  return { files: [{ kind, file }, ...partials], values, namesModel: template.front.model !== undefined };
}
