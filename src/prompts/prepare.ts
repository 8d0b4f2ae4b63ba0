// From the state of a conversation to the request that its next send would make: prompt, values and model as they are at this moment.
// Sends nothing, records nothing.

import { createHash } from 'node:crypto';
import { err, ok, type Result } from '../base/result.ts';
import type { Redactor } from '../base/secrets.ts';
import type { About } from '../calls/types.ts';
import type { ModelRequest } from '../model/provider.ts';
import type { Problem } from '../runbook/problem.ts';
import { type Composed, compose } from './message.ts';
import { loadPrompt, type Prompt } from './open-prompt.ts';
import { requestOf } from './question.ts';
import type { State } from './state.ts';
import {
  type Resolved,
  readScopeFiles,
  resolveValues,
  type ScopeValues,
  takesText,
  unknownNames,
  type VariablePlaces,
} from './variables.ts';

export type PrepareParts = {
  readonly home: VariablePlaces;
  readonly redactor: Redactor;
  /** Of the project or the user's settings. */
  readonly defaultModel: string | undefined;
  /** What the task of a conversation gives, read now; undefined where there is no such task any more. */
  readonly taskValues: (taskId: string) => Promise<Result<ScopeValues | undefined, Problem[]>>;
};

/** What one send brings itself. */
export type Given = { readonly text: string; readonly values: Readonly<Record<string, string>> };

export type Prepared = {
  readonly text: string;
  readonly prompt: Prompt;
  readonly resolved: Resolved;
  readonly composed: Composed;
  readonly textInside: boolean;
  readonly request: ModelRequest;
};

/** Undefined where there is nothing to say. All problems at once. */
export async function prepare(
  parts: PrepareParts,
  state: State,
  given: Given,
): Promise<Result<Prepared | undefined, Problem[]>> {
  const prompt = await loadPrompt(parts.home, { from: state.prompt_from, file: state.prompt });
  if (!prompt.ok) return prompt;
  const resolved = await valuesNow(parts, state, { prompt: prompt.value, given });
  if (!resolved.ok) return resolved;
  const filled = prompt.value.messagesOf(resolved.value.values);
  if (!filled.ok) return filled;
  const textInside = takesText(prompt.value);
  const composed = compose(state, { filled: filled.value, text: given.text, textInside });
  if (composed === undefined) return ok(undefined);
  const model = state.model ?? prompt.value.front.model ?? parts.defaultModel;
  if (model === undefined) return err([noModel(prompt.value)]);
  const request = requestOf(prompt.value, model, composed.messages);
  return ok({ text: given.text, prompt: prompt.value, resolved: resolved.value, composed, textInside, request });
}

/** From the nearest scope to the farthest, every file read at this moment. */
export async function valuesNow(
  { home, taskValues }: PrepareParts,
  state: State,
  { prompt, given }: { prompt: Prompt; given: Given },
): Promise<Result<Resolved, Problem[]>> {
  const files = await readScopeFiles(home);
  const task = state.task_id === null ? ok(undefined) : await taskValues(state.task_id);
  const scopes: ScopeValues[] = [
    { scope: 'call', place: '--var', values: given.values, typed: true },
    { scope: 'run', place: 'the conversation', values: state.values, typed: true },
    ...(task.ok && task.value ? [task.value] : []),
    ...(files.ok ? files.value : []),
  ];
  const unread = [...(files.ok ? [] : files.error), ...(task.ok ? [] : task.error)];
  const resolved = resolveValues(prompt, scopes, given.text === '' ? undefined : given.text);
  const unknown = unknownNames(prompt, Object.keys(given.values));
  // What a file that cannot be read would have given is not told as missing too.
  if (unread.length > 0) return err([...unread, ...unknown]);
  if (unknown.length > 0) return err([...unknown, ...(resolved.ok ? [] : resolved.error)]);
  return resolved;
}

function noModel({ file }: Prompt): Problem {
  return {
    severity: 'error',
    code: 'no-model',
    message: `no model is named for ${file}`,
    advice:
      'add "model: NAME" to its front matter, "ai: {model: NAME}" to runbook.yaml or to your config.yaml, or start with --model',
  };
}

/** For the row of the call. Not as a call of its task, whose own answers are looked for by that. */
export function aboutOf({ redactor }: PrepareParts, state: State, prepared: Prepared): About {
  const { prompt, resolved, composed } = prepared;
  return {
    source: 'prompt',
    templateName: prompt.file,
    templateText: prompt.template.fullText,
    promptHash: prompt.hash,
    promptText: composed.content,
    requestHash: hashOf(prepared, redactor),
    inputParams: resolved.values,
    metadata: { conversation: state.id, message: state.messages.length + 1, task: state.task_id },
    keep: state.track ? 'turn' : 'none',
  };
}

/** SHA-256 over what decides the answer, without secrets. What was said before comes from the history, where none are. */
function hashOf({ composed: { messages }, request }: Prepared, redactor: Redactor): string {
  const { model, temperature = null, maxTokens = null } = request;
  const hash = createHash('sha256').update(JSON.stringify([model, temperature, maxTokens]));
  for (const [at, { role, content }] of messages.entries()) {
    const text = role === 'system' || at === messages.length - 1 ? redactor.text(content) : content;
    hash.update(`${role} ${text.length}\n`).update(text);
  }
  return hash.digest('hex');
}
