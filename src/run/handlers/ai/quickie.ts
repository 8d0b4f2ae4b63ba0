// A task that asks by a quickie template of the project (`quickie: NAME`): the template, its inputs out of the task's context, what its
// answer is read as. Sends nothing.

import { err, ok, type Result } from '../../../base/result.ts';
import type { Structured } from '../../../calls/structured.ts';
import { readStructured } from '../../../calls/structured.ts';
import type { Problem, Spot } from '../../../runbook/problem.ts';
import { readBytes } from '../../../system/files.ts';
import { insideRoot } from '../../../system/paths.ts';
import { outputOf, outputRules, rulesOf } from '../../../templates/quickie/answer.ts';
import { checkTemplate } from '../../../templates/quickie/check.ts';
import { type Given, readInputs } from '../../../templates/quickie/inputs.ts';
import { findTemplate, loadLibrary, quickiePlaces } from '../../../templates/quickie/library.ts';
import { loadPrompt, type QuickiePrompt } from '../../../templates/quickie/prompt.ts';
import type { QuickieTemplate } from '../../../templates/quickie/types.ts';
import { referenceOf } from '../../context.ts';
import type { AiTask } from './task.ts';

/** The project's templates only: a runbook must work elsewhere too. */
async function quickieOf(root: string, task: AiTask): Promise<Result<QuickieTemplate, Problem[]>> {
  const library = await loadLibrary(quickiePlaces(root, root).slice(0, 1));
  const found = findTemplate(library, task.work.ai.quickie ?? '');
  return found.ok ? found : err(found.error.map((problem) => usedBy(problem, task)));
}

export async function openQuickie(
  root: string,
  task: AiTask,
): Promise<Result<{ quickie: QuickieTemplate; prompt: QuickiePrompt }, Problem[]>> {
  const quickie = await quickieOf(root, task);
  if (!quickie.ok) return quickie;
  const prompt = await loadPrompt(quickie.value);
  if (!prompt.ok) return err(prompt.error.map((problem) => usedBy(problem, task)));
  return ok({ quickie: quickie.value, prompt: prompt.value });
}

function spotOf({ detail }: AiTask, key: 'quickie' | 'input_context'): Spot | undefined {
  return detail?.source && { source: detail.source, path: ['ai_details', key] };
}

function usedBy(problem: Problem, task: AiTask): Problem {
  const spot = spotOf(task, 'quickie');
  if (spot === undefined) return problem;
  return problem.spot === undefined ? { ...problem, spot } : { ...problem, related: [{ message: 'used here', spot }] };
}

/** `values`: what the task's input_context was read as. */
export function quickieInputs(
  root: string,
  { task, quickie }: { task: AiTask; quickie: QuickieTemplate },
  values: Readonly<Record<string, unknown>>,
): Result<Record<string, unknown>, Problem[]> {
  const context = task.work.ai.input_context ?? {};
  const given = new Map(
    Object.keys(context).map((name): [string, Given] => {
      const reference = referenceOf(context[name]);
      if (quickie.inputs.get(name)?.type === 'blob') return [name, blobGiven(root, reference, values[name])];
      // What stands in a file is text, whatever it is read as.
      const text = reference.kind !== 'value' && typeof values[name] === 'string' ? values[name] : undefined;
      return [name, text === undefined ? { kind: 'data', value: values[name] } : { kind: 'text', text }];
    }),
  );
  return fitting(task, quickie, given);
}

function blobGiven(root: string, reference: ReturnType<typeof referenceOf>, value: unknown): Given {
  const path = reference.kind === 'file' ? insideRoot(root, reference.path) : undefined;
  const bytes = path === undefined ? undefined : readBytes(path);
  if (reference.kind === 'file' && bytes?.ok) return { kind: 'file', name: reference.path, bytes: bytes.value };
  return typeof value === 'string'
    ? { kind: 'file', name: 'text', bytes: Buffer.from(value) }
    : { kind: 'data', value };
}

function fitting(
  task: AiTask,
  quickie: QuickieTemplate,
  given: ReadonlyMap<string, Given>,
): Result<Record<string, unknown>, Problem[]> {
  const read = readInputs(quickie, given);
  if (read.ok) return read;
  return err(
    read.error.map(({ input, code, message, advice }) => {
      const spot = inputSpot(task, input);
      return {
        severity: 'error' as const,
        code,
        message: `quickie "${quickie.name}": ${message}`,
        ...(spot === undefined ? {} : { spot }),
        advice: code === 'missing-input' ? `give it under input_context: "${input}: …"` : advice,
      };
    }),
  );
}

/** Where it is given; where it is not, what it is given to. */
function inputSpot(task: AiTask, input: string): Spot | undefined {
  const context = task.work.ai.input_context;
  const whole = spotOf(task, context ? 'input_context' : 'quickie');
  if (whole === undefined || !context || !Object.hasOwn(context, input)) return whole;
  return { ...whole, path: [...whole.path, input] };
}

/** What can be known before the task starts: what is read when the prompt is sent is taken to fit. */
export async function checkQuickie(root: string, task: AiTask): Promise<Problem[]> {
  const { quickie: name, prompt_template: template, input_context } = task.work.ai;
  if (name === undefined) return [];
  const quickie = await quickieOf(root, task);
  if (!quickie.ok) return quickie.error;
  const context = input_context ?? {};
  const given = new Map(
    Object.keys(context).map((input): [string, Given] => {
      const reference = referenceOf(context[input]);
      return [input, reference.kind === 'value' ? { kind: 'data', value: reference.value } : { kind: 'unread' }];
    }),
  );
  const inputs = fitting(task, quickie.value, given);
  const errors = (await checkTemplate(quickie.value)).filter(({ severity }) => severity === 'error');
  return [
    ...(template === undefined ? [] : [twoPrompts(task)]),
    ...errors.map((problem) => usedBy(problem, task)),
    ...(inputs.ok ? [] : inputs.error),
  ];
}

function twoPrompts(task: AiTask): Problem {
  const spot = spotOf(task, 'quickie');
  return {
    severity: 'error',
    code: 'wrong-combination',
    message: `task "${task.id}" names a prompt template and a quickie`,
    ...(spot === undefined ? {} : { spot }),
    advice: 'keep one of the two',
  };
}

/** The answer as the quickie's rules read it; undefined where the task asks by no quickie, or says itself how it is to be read. */
export async function readByQuickie(root: string, task: AiTask, answer: string): Promise<Structured | undefined> {
  const { quickie: name, output_parser: parser, output_schema: schema } = task.work.ai;
  if (name === undefined || parser !== undefined || schema !== undefined) return undefined;
  const quickie = await quickieOf(root, task);
  if (!quickie.ok) return undefined;
  const rules = rulesOf(quickie.value);
  const structured = await readStructured(outputRules(rules), answer);
  return structured.problems.length > 0 ? structured : { ...structured, content: outputOf(rules, structured).content };
}
