// The prompt of a quickie template: its text from the YAML or from `@path.md`, checked against the inputs. Knows no values.

import { ok, type Result } from '../../base/result.ts';
import type { Problem } from '../../runbook/problem.ts';
import { readText } from '../../system/files.ts';
import { plainPrompt } from './plain-prompt.ts';
import { inlineText, insidePrompts, promptFile, type QuickiePrompt } from './prompt-text.ts';
import type { QuickieTemplate } from './types.ts';

export type { QuickiePrompt } from './prompt-text.ts';

/** Every problem of the prompt, with its place: in the prompt's own file, or in the YAML that holds it. */
export async function loadPrompt(template: QuickieTemplate): Promise<Result<QuickiePrompt, Problem[]>> {
  const file = promptFile(template);
  const plain = plainOne(template, file);
  if (plain !== undefined) return ok(plain);
  const { loadLiquid } = await import('./liquid-prompt.ts');
  return loadLiquid(template, file);
}

/** Undefined where it takes the template engine, also to say what is wrong. */
function plainOne(template: QuickieTemplate, file: string | undefined): QuickiePrompt | undefined {
  const text = file === undefined ? inlineText(template) : fileText(template, file);
  const plain = text === undefined ? undefined : plainPrompt(text);
  if (plain === undefined || !plain.variables.every((name) => template.inputs.has(name))) return undefined;
  return {
    fullText: plain.text,
    hash: plain.hash,
    front: {},
    variables: plain.variables,
    render: (values) => ok(plain.render(values)),
  };
}

/** Inside prompt_templates/ after links are resolved, never outside (design.md §9); undefined where it is not, or has front matter. */
function fileText(template: QuickieTemplate, file: string): string | undefined {
  const absolute = insidePrompts(template, file);
  const text = absolute === undefined ? undefined : readText(absolute);
  return text?.ok && !/^\uFEFF|^---/.test(text.value) ? text.value : undefined;
}

/** The inputs that the prompt never uses, also where something is wrong with it; none where it cannot be read. */
export async function unusedInputs(
  template: QuickieTemplate,
  prompt: Result<QuickiePrompt, Problem[]>,
): Promise<string[]> {
  const used = prompt.ok
    ? prompt.value.variables
    : await (await import('./liquid-prompt.ts')).usedNames(template, promptFile(template));
  return used === undefined ? [] : [...template.inputs.keys()].filter((name) => !used.includes(name));
}
