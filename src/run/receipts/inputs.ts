// What a task is made from: its script, prompt and context files, and what others wrote for it. Looked at before it starts. Reads only.

import path from 'node:path';
import type { AiWork, Runbook, ScriptSpec, Task, TaskId } from '../../runbook/task.ts';
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
  const own = work?.type === 'AUTOMATED_SCRIPT' ? scriptFiles(root, work.script) : [];
  return { files: unique([...own, ...outputs]), values: [] };
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

function outputsOf(runbook: Runbook, ids: readonly TaskId[]): NamedInput[] {
  const index = byId(runbook.tasks);
  const tasks = ids.flatMap((id) => index.get(id) ?? []).sort((a, b) => a.index - b.index);
  return tasks.flatMap(({ id, outputArtifact }) =>
    outputArtifact === undefined ? [] : [{ kind: 'output', file: path.normalize(outputArtifact), of: id }],
  );
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
  const context = Object.values(ai.input_context ?? {}).flatMap((value): NamedInput[] => {
    const reference = referenceOf(value);
    if (reference.kind === 'file') return [{ kind: 'context', file: path.normalize(reference.path) }];
    return reference.kind === 'output_of'
      ? outputsOf(
          runbook,
          runbook.tasks.filter(({ id }) => id === reference.id).map(({ id }) => id),
        )
      : [];
  });
  const main = ai.prompt_template === undefined ? NOTHING : await templateParts(root, ai.prompt_template, 'template');
  const { fallback_prompt_template: further } = ai;
  const fallback = further === undefined ? NOTHING : await templateParts(root, further, 'fallback');
  const model = ai.model === undefined && !main.namesModel ? ['ai.model'] : [];
  return {
    files: unique([...main.files, ...context, ...fallback.files]),
    values: [...new Set([...main.values, ...model])],
  };
}

type Parts = Made & { readonly namesModel: boolean };
const NOTHING: Parts = { files: [], values: [], namesModel: false };

/** A template with errors is an input all the same. */
async function templateParts(root: string, name: string, kind: 'template' | 'fallback'): Promise<Parts> {
  const { loadTemplate, membersOf, TEMPLATE_FOLDER } = await import('../../templates/template.ts');
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
