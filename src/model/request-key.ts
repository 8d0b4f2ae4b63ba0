// What makes two requests the same for the purpose of recordings. Pure; knows no file.
import { sha256 } from '../base/hash.ts';
import type { Content, ModelRequest } from './provider.ts';

/** Ends of lines and of the whole text do not count: editors and git change them. */
export function normaliseContent(text: string): string {
  const lines = text.replace(/\r\n/g, '\n').split('\n');
  return lines
    .map((line) => line.trimEnd())
    .join('\n')
    .trimEnd();
}

/** Messages, model and schema as a text to compare. Settings such as the temperature do not count. */
export function requestText(request: ModelRequest): string {
  return JSON.stringify([messagesOf(request), request.model, sorted(request.responseSchema?.schema ?? null)]);
}

/** The messages alone. */
export function messagesText(request: ModelRequest): string {
  return JSON.stringify(messagesOf(request));
}

/** sha256 (hex) of `requestText`, for names of files. */
export function requestKey(request: ModelRequest): string {
  return sha256(requestText(request));
}

function messagesOf(request: ModelRequest): unknown {
  return request.messages.map(({ role, content }) => [role, comparable(content)]);
}

/** Text by itself is compared as it always was, so that recordings of before keep fitting. */
function comparable(content: Content): unknown {
  if (typeof content === 'string') return normaliseContent(content);
  return content.map((part) =>
    part.type === 'text' ? ['text', normaliseContent(part.text)] : ['image', imageMark(part.image_url.url)],
  );
}

/** What stands for an image in keys and recordings, where its bytes help nobody. */
export function imageMark(url: string): string {
  return url.startsWith('data:') ? `sha256:${sha256(url)}` : url;
}

/** The order of keys means nothing in a JSON Schema. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  // An object in another form than a list of pairs.
  return { entries: entries.map(([key, inner]) => [key, sorted(inner)]) };
}
