// Prompts that take the template engine: conditions, loops, filters, partials, front matter; and what is wrong with any prompt.

import path from 'node:path';
import { err, ok, type Result } from '../../base/result.ts';
import type { Problem, Spot } from '../../runbook/problem.ts';
import { exists } from '../../system/files.ts';
import { TEMPLATE_FOLDER } from '../liquid-problems.ts';
import {
  loadTemplate,
  type PromptTemplate,
  parseBody,
  renderTemplate,
  undefinedVariables,
  usedVariables,
} from '../template.ts';
import { inlineText, insidePrompts, type QuickiePrompt } from './prompt-text.ts';
import type { QuickieTemplate } from './types.ts';

/** Every problem, with its place: in the prompt's own file, or in the YAML that holds it. */
export async function loadLiquid(
  template: QuickieTemplate,
  file: string | undefined,
): Promise<Result<QuickiePrompt, Problem[]>> {
  const loaded = await loadOne(template, file);
  if (!loaded.ok) return loaded;
  const missing = undefinedVariables(loaded.value, [...template.inputs.keys()], 'under input_schema');
  const problems = [...missing, ...unmetDeclarations(template, loaded.value)];
  if (problems.length > 0)
    return err(problems.map((problem) => (file === undefined ? inYaml(problem, template) : usedBy(problem, template))));
  const { fullText, hash, front } = loaded.value;
  const variables = usedVariables(loaded.value);
  return ok({ fullText, hash, front, variables, render: (values) => renderTemplate(loaded.value, values) });
}

function loadOne(template: QuickieTemplate, file: string | undefined): Promise<Result<PromptTemplate, Problem[]>> {
  return file === undefined ? Promise.resolve(inlinePrompt(template)) : promptFrom(template, file);
}

/** What the prompt uses, declared or not; undefined where it cannot be read. */
export async function usedNames(
  template: QuickieTemplate,
  file: string | undefined,
): Promise<readonly string[] | undefined> {
  const loaded = await loadOne(template, file);
  return loaded.ok ? usedVariables(loaded.value) : undefined;
}

function inlinePrompt(template: QuickieTemplate): Result<PromptTemplate, Problem[]> {
  const source = { file: template.source.file, text: inlineText(template) };
  const parsed = parseBody(template.root, { source, front: {}, bodyStart: 0, extension: '.md' });
  return parsed.ok ? parsed : err(parsed.error.map((problem) => inYaml(problem, template)));
}

/** Inside prompt_templates/ after links are resolved, never outside (design.md §9). */
async function promptFrom(template: QuickieTemplate, file: string): Promise<Result<PromptTemplate, Problem[]>> {
  const folder = path.join(template.root, TEMPLATE_FOLDER);
  if (exists(folder) && insidePrompts(template, file) === undefined)
    return err([
      {
        severity: 'error',
        code: 'outside-prompts',
        message: `the prompt of "${template.name}" leads outside ${TEMPLATE_FOLDER}/: @${file}`,
        spot: promptSpot(template),
        advice: `give a path inside ${TEMPLATE_FOLDER}/ that no link leads out of`,
      },
    ]);
  const loaded = await loadTemplate(template.root, path.posix.join(TEMPLATE_FOLDER, file));
  return loaded.ok ? loaded : err(loaded.error.map((problem) => usedBy(problem, template)));
}

/** What the front matter of the file asks for and nobody gives. */
function unmetDeclarations({ inputs }: QuickieTemplate, prompt: PromptTemplate): Problem[] {
  return Object.entries(prompt.front.variables ?? {}).flatMap(([name, declared]) => {
    if (inputs.has(name) || declared?.default !== undefined || declared?.required === false) return [];
    const message = `the prompt file declares the variable "${name}", which input_schema does not have`;
    return [
      { severity: 'error' as const, code: 'undefined-variable', message, advice: 'declare it under input_schema' },
    ];
  });
}

function promptSpot({ source, name }: QuickieTemplate): Spot {
  return { source, path: ['quickie_templates', name, 'prompt'] };
}

function usedBy(problem: Problem, template: QuickieTemplate): Problem {
  const spot = promptSpot(template);
  return problem.spot === undefined ? { ...problem, spot } : { ...problem, related: [{ message: 'used here', spot }] };
}

/** The same line in the YAML, where it stands there as it is; otherwise the prompt as a whole. */
function inYaml(problem: Problem, template: QuickieTemplate): Problem {
  const { text: yaml } = template.source;
  const prompt = problem.spot?.source;
  const span = problem.spot?.span;
  if (prompt === undefined || span === undefined || prompt.file !== template.source.file || prompt.text === yaml)
    return problem.spot !== undefined && prompt?.file !== template.source.file
      ? usedBy(problem, template)
      : { ...problem, spot: promptSpot(template) };
  const begin = prompt.text.lastIndexOf('\n', span.start - 1) + 1;
  const line = prompt.text.slice(begin).split('\n', 1)[0] ?? '';
  const at = yaml.indexOf(line, placeOfEntry(template));
  if (line.trim() === '' || at < 0) return { ...problem, spot: promptSpot(template) };
  const start = at + span.start - begin;
  return {
    ...problem,
    spot: {
      source: template.source,
      path: promptSpot(template).path,
      span: { start, end: start + span.end - span.start },
    },
  };
}

/** Where the entry begins, or the beginning of the file. */
function placeOfEntry({ name, source }: QuickieTemplate): number {
  const key = name.replaceAll(/[.]/g, String.raw`\.`);
  return Math.max(0, source.text.search(new RegExp(String.raw`^[ \t]+["']?${key}["']?[ \t]*:`, 'm')));
}
