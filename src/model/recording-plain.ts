// Data that certainly is a recording, without the reader that words what is wrong with one. Pure; knows no YAML.

import type { ChatMessage, ModelRequest, ModelUsage, ResponseSchema } from './provider.ts';
import type { RecordedAnswer, Recording } from './recording.ts';

type Mapping = Readonly<Record<string, unknown>>;

/** Undefined where anything is out of the ordinary: recording-yaml.ts decides then. */
export function recordingFrom(data: unknown): Recording | undefined {
  if (!hasOnly(data, ['request', 'answer', 'note'])) return undefined;
  const request = requestFrom(data.request);
  const answer = answerFrom(data.answer);
  return request && answer && { request, answer };
}

function hasOnly(value: unknown, keys: readonly string[]): value is Mapping {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return false;
  return Object.keys(value).every((key) => keys.includes(key));
}

function isAmount(value: unknown): value is number | undefined {
  return value === undefined || (typeof value === 'number' && value >= 0);
}

function requestFrom(value: unknown): ModelRequest | undefined {
  if (!hasOnly(value, ['model', 'messages', 'temperature', 'max_tokens', 'response_schema'])) return undefined;
  const { model, messages, temperature, max_tokens: maxTokens, response_schema: schema } = value;
  if (typeof model !== 'string' || !Array.isArray(messages) || messages.length === 0) return undefined;
  const responseSchema = schema === undefined ? undefined : schemaFrom(schema);
  if (!messages.every(isMessage) || !isAmount(temperature) || !isAmount(maxTokens)) return undefined;
  if (schema !== undefined && responseSchema === undefined) return undefined;
  return {
    model,
    messages,
    ...(temperature === undefined ? {} : { temperature }),
    ...(maxTokens === undefined ? {} : { maxTokens }),
    ...(responseSchema === undefined ? {} : { responseSchema }),
  };
}

function isMessage(value: unknown): value is ChatMessage {
  return (
    hasOnly(value, ['role', 'content']) &&
    (value.role === 'system' || value.role === 'user' || value.role === 'assistant') &&
    typeof value.content === 'string'
  );
}

function schemaFrom(value: unknown): ResponseSchema | undefined {
  if (!hasOnly(value, ['name', 'schema', 'strict'])) return undefined;
  const { name, schema, strict } = value;
  if (typeof name !== 'string' || schema === null || typeof schema !== 'object' || Array.isArray(schema))
    return undefined;
  if (strict !== undefined && typeof strict !== 'boolean') return undefined;
  return { name, schema: schema as Record<string, unknown>, ...(strict === undefined ? {} : { strict }) };
}

function answerFrom(value: unknown): RecordedAnswer | undefined {
  if (!hasOnly(value, ['text', 'finish_reason', 'model', 'usage'])) return undefined;
  const { text, finish_reason: finishReason = 'stop', model = null, usage } = value;
  if (typeof text !== 'string' || typeof finishReason !== 'string') return undefined;
  if (model !== null && typeof model !== 'string') return undefined;
  const counts = usage === undefined ? null : usageFrom(usage);
  return counts === undefined ? undefined : { text, finishReason, model, usage: counts };
}

function usageFrom(value: unknown): ModelUsage | undefined {
  if (!hasOnly(value, ['prompt_tokens', 'cached_tokens', 'completion_tokens'])) return undefined;
  const { prompt_tokens: prompt, cached_tokens: cached, completion_tokens: completion } = value;
  if (!isAmount(prompt) || !isAmount(cached) || !isAmount(completion)) return undefined;
  return { promptTokens: prompt ?? null, cachedTokens: cached ?? null, completionTokens: completion ?? null };
}
