// From a quickie template and its values to the exact request, and what its row needs to know. Sends nothing.

import { sha256 } from '../../base/hash.ts';
import { err, ok, type Result } from '../../base/result.ts';
import type { ChatMessage, Content, ModelRequest } from '../../model/provider.ts';
import type { Problem } from '../../runbook/problem.ts';
import { type AnswerRules, isStrict, rulesOf } from './answer.ts';
import type { QuickiePrompt } from './prompt.ts';
import { type Blob, isBlob, type QuickieExample, type QuickieTemplate } from './types.ts';

export type BuiltRequest = {
  readonly request: ModelRequest;
  readonly rules: AnswerRules;
  /** The filled prompt. */
  readonly promptText: string;
  /** The template before substitution, with its partials, and its MD5 (S000). */
  readonly templateText: string;
  readonly promptHash: string;
  /** SHA-256 over what decides the answer. */
  readonly requestHash: string;
  /** As they are kept: of an image, what it was; its bytes are in the request. */
  readonly inputParams: Readonly<Record<string, unknown>>;
};

export type Filling = {
  readonly prompt: QuickiePrompt;
  readonly values: Readonly<Record<string, unknown>>;
  readonly model: string;
};

export function buildRequest(
  template: QuickieTemplate,
  { prompt, values, model }: Filling,
): Result<BuiltRequest, Problem[]> {
  const rendered = fill(template, prompt, values);
  if (!rendered.ok) return rendered;
  const examples = exampleMessages(template, prompt);
  if (!examples.ok) return examples;
  const { system } = prompt.front;
  const messages: ChatMessage[] = [
    ...(system ? [{ role: 'system' as const, content: system }] : []),
    ...examples.value,
    { role: 'user', content: contentOf(rendered.value, blobsOf(template, values)) },
  ];
  const rules = rulesOf(template);
  const request: ModelRequest = { model, messages, ...settingsOf(template, prompt, rules) };
  return ok({
    request,
    rules,
    promptText: rendered.value,
    templateText: prompt.fullText,
    promptHash: prompt.hash,
    requestHash: hashRequest(request),
    inputParams: { ...values, ...mapped(blobsOf(template, values), asKept) },
  });
}

function settingsOf(
  { name, config, outputs }: QuickieTemplate,
  { front }: QuickiePrompt,
  { format, schema }: AnswerRules,
): Omit<ModelRequest, 'model' | 'messages'> {
  const { temperature, stop } = config;
  const maxTokens = config.maxTokens ?? front.config?.max_tokens;
  const strict = isStrict(outputs) ? { strict: true } : {};
  return {
    temperature,
    ...(maxTokens === undefined ? {} : { maxTokens }),
    ...(stop.length === 0 ? {} : { stop }),
    ...(format === 'json' && schema !== undefined ? { responseSchema: { name, schema, ...strict } } : {}),
  };
}

type Blobs = Readonly<Record<string, Blob>>;

/** By what is declared: an object of the user's own may look like a blob. */
function blobsOf({ inputs }: QuickieTemplate, values: Readonly<Record<string, unknown>>): Blobs {
  const found = Object.entries(values).filter(
    (entry): entry is [string, Blob] => inputs.get(entry[0])?.type === 'blob' && isBlob(entry[1]),
  );
  return Object.fromEntries(found);
}

function mapped<T>(blobs: Blobs, change: (blob: Blob) => T): Record<string, T> {
  return Object.fromEntries(Object.entries(blobs).map(([name, blob]) => [name, change(blob)]));
}

function fill(
  template: QuickieTemplate,
  prompt: QuickiePrompt,
  values: Readonly<Record<string, unknown>>,
): Result<string, Problem[]> {
  const declared = Object.entries(prompt.front.variables ?? {})
    .filter(([name]) => !template.inputs.has(name))
    .map(([name, variable]) => [name, variable?.default ?? null]);
  return prompt.render({ ...Object.fromEntries(declared), ...values, ...mapped(blobsOf(template, values), asText) });
}

/** Text of a blob is inserted; an image is named where it is meant, and follows the text. */
function asText(blob: Blob): string {
  return 'text' in blob ? blob.text : `[image: ${blob.file.split('/').at(-1) ?? blob.file}]`;
}

function contentOf(text: string, blobs: Blobs): Content {
  const images = Object.values(blobs).flatMap((blob) => ('dataUrl' in blob ? [blob.dataUrl] : []));
  if (images.length === 0) return text;
  return [{ type: 'text', text }, ...images.map((url) => ({ type: 'image_url' as const, image_url: { url } }))];
}

function asKept(blob: Blob): object {
  if (!('dataUrl' in blob)) return blob;
  const { dataUrl: _, ...kept } = blob;
  return kept;
}

function exampleMessages(template: QuickieTemplate, prompt: QuickiePrompt): Result<ChatMessage[], Problem[]> {
  const messages: ChatMessage[] = [];
  for (const example of template.examples) {
    const values = Object.fromEntries(
      [...template.inputs].map(([name, schema]) => [name, example.input[name] ?? schema.default ?? null]),
    );
    const rendered = fill(template, prompt, values);
    if (!rendered.ok) return err(rendered.error);
    messages.push(
      { role: 'user', content: rendered.value },
      { role: 'assistant', content: exampleAnswer(template, example) },
    );
  }
  return ok(messages);
}

/** As the model should answer. */
function exampleAnswer({ config }: QuickieTemplate, { output }: QuickieExample): string {
  if (typeof output === 'string') return output;
  const [only, second] = Object.values(output);
  return config.format !== 'json' && second === undefined && typeof only === 'string' ? only : JSON.stringify(output);
}

/** SHA-256 over what decides the answer. */
export function hashRequest({ model, messages, temperature, maxTokens, responseSchema, stop }: ModelRequest): string {
  const parts = [model, messages, temperature ?? null, maxTokens ?? null, responseSchema ?? null, stop ?? null];
  return sha256(JSON.stringify(parts));
}
