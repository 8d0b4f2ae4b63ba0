// From a task to the exact request that would be sent: template, values, model, parameters. Sends nothing.

import { sha256 } from '../../../base/hash.ts';
import { err, ok, type Result } from '../../../base/result.ts';
import type { Redactor } from '../../../base/secrets.ts';
import { loadModels, resolveModel } from '../../../calls/models.ts';
import { objection } from '../../../calls/structured.ts';
import { type ChatMessage, changeText, contentText, type ModelRequest } from '../../../model/provider.ts';
import type { Problem } from '../../../runbook/problem.ts';
import type { Runbook } from '../../../runbook/task.ts';
import type { Environment } from '../../../system/environment.ts';
import { applyDeclarations } from '../../../templates/front-matter.ts';
import { buildRequest as buildQuickie } from '../../../templates/quickie/request.ts';
import { loadTemplate, type PromptTemplate, renderTemplate, undefinedVariables } from '../../../templates/template.ts';
import { readContext } from '../../context.ts';
import { openQuickie, quickieInputs } from './quickie.ts';
import type { AiTask } from './task.ts';

export type { AiTask } from './task.ts';

/** What a further attempt knows of the one before (design.md §5). */
export type Retry = { readonly previousOutput: string; readonly failure: string };

export type Prepared = {
  readonly request: ModelRequest;
  /**
   * Identifies the question as the project's files ask it: the same files give the same hash. Over the text without secrets, since
   * a retry is prepared again from what the history kept.
   */
  readonly requestHash: string;
  readonly promptText: string;
  readonly templateFile: string;
  readonly template: Pick<PromptTemplate, 'fullText' | 'hash'>;
  readonly inputParams: Readonly<Record<string, unknown>>;
};

export type PrepareInput = {
  readonly root: string;
  readonly runbook: Runbook;
  readonly task: AiTask;
  readonly environment: Environment;
  readonly redactor: Redactor;
  readonly retry?: Retry;
};

export async function prepareRequest(input: PrepareInput): Promise<Result<Prepared, Problem[]>> {
  const { root, runbook, task, redactor, retry } = input;
  if (asksByQuickie(task, retry !== undefined)) return prepareByQuickie(input);
  const templateFile = templateOf(task, retry !== undefined);
  const template = await loadTemplate(root, templateFile);
  if (!template.ok) return err(forTask(template.error, task));
  const values = readContext(root, runbook, input);
  if (!values.ok) return values;
  if (retry) Object.assign(values.value, { previous_output: retry.previousOutput, failure: retry.failure });
  const declared = applyDeclarations(template.value.source, template.value.front, values.value);
  if (!declared.ok) return err(forTask(declared.error, task));
  const undefinedOnes = undefinedVariables(template.value, Object.keys(declared.value));
  if (undefinedOnes.length > 0) return err(forTask(undefinedOnes, task));
  const rendered = renderTemplate(template.value, declared.value);
  if (!rendered.ok) return err(forTask(rendered.error, task));
  const model = modelOf(runbook, task, template.value);
  if (model === undefined) return err([noModel(task)]);
  const resolved = await modelBehind(root, { task, model });
  if (!resolved.ok) return resolved;
  const base = buildRequest(task, template.value, { model, prompt: rendered.value });
  const request = { ...base, messages: [...base.messages, ...furtherTurns(template.value, retry)] };
  return ok({
    request,
    requestHash: hashRequest(redactor.value({ ...request, model: resolved.value })),
    promptText: rendered.value,
    templateFile,
    template: template.value,
    inputParams: declared.value,
  });
}

/** The same question with another prompt text: edited by a person before sending. Its hash stays, so that the answer is found again. */
export function withPrompt(prepared: Prepared, prompt: string): Prepared {
  // Examples of a quickie come before it, and what was wrong with an earlier answer behind it.
  const place = prepared.request.messages.findIndex(
    ({ role, content }) => role === 'user' && contentText(content) === prepared.promptText,
  );
  const messages = prepared.request.messages.map((message, index) =>
    index === place ? { ...message, content: changeText(message.content, () => prompt) } : message,
  );
  return { ...prepared, request: { ...prepared.request, messages }, promptText: prompt };
}

/** Another attempt may have a template of its own. */
function asksByQuickie({ work: { ai } }: AiTask, isRetry: boolean): boolean {
  return ai.quickie !== undefined && !(isRetry && ai.fallback_prompt_template !== undefined);
}

async function prepareByQuickie(input: PrepareInput): Promise<Result<Prepared, Problem[]>> {
  const { root, runbook, task, redactor, retry } = input;
  const { ai } = task.work;
  const opened = await openQuickie(root, task);
  if (!opened.ok) return err(forTask(opened.error, task));
  const { quickie, prompt } = opened.value;
  const values = readContext(root, runbook, input);
  if (!values.ok) return values;
  const inputs = quickieInputs(root, { task, quickie }, values.value);
  if (!inputs.ok) return err(forTask(inputs.error, task));
  const model = ai.model ?? quickie.model ?? prompt.front.model ?? runbook.ai.model;
  if (model === undefined) return err([noModel(task)]);
  const resolved = await modelBehind(root, { task, model });
  if (!resolved.ok) return resolved;
  const built = buildQuickie(quickie, { prompt, values: inputs.value, model });
  if (!built.ok) return err(forTask(built.error, task));
  const base = withDetails(built.value.request, task);
  const request = { ...base, messages: [...base.messages, ...furtherTurns(prompt, retry)] };
  return ok({
    request,
    requestHash: hashRequest(redactor.value({ ...request, model: resolved.value })),
    promptText: built.value.promptText,
    templateFile: quickie.name,
    template: prompt,
    // Where a retry finds what it was told.
    inputParams: {
      ...built.value.inputParams,
      ...(retry ? { previous_output: retry.previousOutput, failure: retry.failure } : {}),
    },
  });
}

/** What the task says wins over its quickie. */
function withDetails(request: ModelRequest, { id, work: { ai } }: AiTask): ModelRequest {
  const { system_prompt: system, temperature, max_tokens: maxTokens, output_schema: schema } = ai;
  const others = request.messages.filter(({ role }) => role !== 'system');
  return {
    ...request,
    ...(system === undefined ? {} : { messages: [{ role: 'system', content: system }, ...others] }),
    ...(temperature === undefined ? {} : { temperature }),
    ...(maxTokens === undefined ? {} : { maxTokens }),
    ...(schema === undefined ? {} : { responseSchema: { name: id, schema } }),
  };
}

function templateOf(task: AiTask, isRetry: boolean): string {
  const { prompt_template: main = '', fallback_prompt_template: fallback } = task.work.ai;
  return isRetry ? (fallback ?? main) : main;
}

function modelOf(runbook: Runbook, task: AiTask, template: PromptTemplate): string | undefined {
  return task.work.ai.model ?? template.front.model ?? runbook.ai.model;
}

/** The model that an alias stands for now; another one is another question. */
async function modelBehind(
  root: string,
  { task, model }: { task: AiTask; model: string },
): Promise<Result<string, Problem[]>> {
  const models = await loadModels({ root });
  if (!models.ok) return err(forTask(models.error, task));
  const found = resolveModel(models.value, model);
  return found.ok ? found : err([{ severity: 'error', code: 'unknown-alias', ...found.error, taskId: task.id }]);
}

function noModel(task: AiTask): Problem {
  return {
    severity: 'error',
    code: 'no-model',
    message: `no model is named for "${task.id}"`,
    advice: 'add "ai: {model: NAME}" to runbook.yaml, or "model" to its ai_details',
    taskId: task.id,
  };
}

/**
 * What was wrong reaches the model even where the template has no place for it: the answer and the objection follow as a conversation.
 */
function furtherTurns(template: Pick<PromptTemplate, 'fullText'>, retry: Retry | undefined): ChatMessage[] {
  if (retry === undefined || retry.failure === '' || /\b(failure|previous_output)\b/.test(template.fullText)) return [];
  return objection(retry.previousOutput, retry.failure);
}

function buildRequest(
  task: AiTask,
  template: PromptTemplate,
  { model, prompt }: { model: string; prompt: string },
): ModelRequest {
  const ai = task.work.ai;
  const system = ai.system_prompt ?? template.front.system;
  const temperature = ai.temperature ?? template.front.config?.temperature;
  const maxTokens = ai.max_tokens ?? template.front.config?.max_tokens;
  const messages: ChatMessage[] = [
    ...(system ? [{ role: 'system' as const, content: system }] : []),
    { role: 'user', content: prompt },
  ];
  return {
    model,
    messages,
    ...(temperature === undefined ? {} : { temperature }),
    ...(maxTokens === undefined ? {} : { maxTokens }),
    ...(ai.output_schema ? { responseSchema: { name: task.id, schema: ai.output_schema } } : {}),
  };
}

/** SHA-256 over what decides the answer. */
function hashRequest(request: ModelRequest): string {
  const { model, messages, temperature = null, maxTokens = null, responseSchema = null, stop } = request;
  return sha256(JSON.stringify([model, messages, temperature, maxTokens, responseSchema, ...(stop ? [stop] : [])]));
}

function forTask(problems: readonly Problem[], task: AiTask): Problem[] {
  return problems.map((problem) => ({ ...problem, taskId: task.id }));
}
