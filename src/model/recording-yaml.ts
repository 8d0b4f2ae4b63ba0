// Reads and writes a recording as YAML that a person can review. To be imported dynamically: it loads `yaml`. Knows no folder.
import { Document, isMap, isScalar, isSeq, type Node, parseDocument, Scalar, type YAMLMap } from 'yaml';
import type { Diagnostic, Span } from '../base/diagnostic.ts';
import { err, ok, type Result } from '../base/result.ts';
import { didYouMean } from '../base/text.ts';
import type { ChatMessage, Content, ContentPart, ModelRequest, ModelUsage, ResponseSchema } from './provider.ts';
import type { RecordedAnswer, Recording, RecordingFile } from './recording.ts';
import { imageMark } from './request-key.ts';

/** Keys that would reach an object's prototype (design.md §9). */
const FORBIDDEN_KEYS = new Set(['__proto__', 'constructor', 'prototype']);
const ROLES = ['system', 'user', 'assistant'] as const;

/** Reads a recording. All problems of the file, each with its place; nothing is thrown. */
export function parseRecording({ file, text }: RecordingFile): Result<Recording, readonly Diagnostic[]> {
  const document = parseDocument(text, { uniqueKeys: true, prettyErrors: false });
  const reader = new Reader(file, text);
  for (const error of document.errors)
    reader.problem('syntax', error.message, { start: error.pos[0], end: error.pos[1] });
  if (reader.problems.length > 0) return err(reader.problems);
  const top = reader.map(document.contents, 'the recording', ['request', 'answer', 'note'], ['request', 'answer']);
  const recording = top === null ? null : readParts(reader, top);
  return recording === null || reader.problems.length > 0 ? err(reader.problems) : ok(recording);
}

function readParts(reader: Reader, top: YAMLMap): Recording {
  return { request: readRequest(reader, child(top, 'request')), answer: readAnswer(reader, child(top, 'answer')) };
}

function readRequest(reader: Reader, node: Node | null): ModelRequest {
  const known = ['model', 'messages', 'temperature', 'max_tokens', 'stop', 'response_schema'];
  const map = reader.map(node, 'request', known, ['model', 'messages']);
  if (map === null) return { model: '', messages: [] };
  const temperature = reader.number(child(map, 'temperature'), 'request.temperature');
  const maxTokens = reader.number(child(map, 'max_tokens'), 'request.max_tokens');
  const stop = readTexts(reader, child(map, 'stop'), 'request.stop');
  const responseSchema = readSchema(reader, child(map, 'response_schema'));
  return {
    model: reader.text(child(map, 'model'), 'request.model'),
    messages: readMessages(reader, child(map, 'messages')),
    ...(temperature === null ? {} : { temperature }),
    ...(maxTokens === null ? {} : { maxTokens }),
    ...(stop === null ? {} : { stop }),
    ...(responseSchema === null ? {} : { responseSchema }),
  };
}

function readTexts(reader: Reader, node: Node | null, at: string): string[] | null {
  if (isNothing(node)) return null;
  if (isSeq(node)) return node.items.map((item, i) => reader.text(item as Node, `${at}[${i}]`));
  reader.problem('wrong-type', `${at} must be a list of texts`, spanOf(node));
  return null;
}

function readMessages(reader: Reader, node: Node | null): ChatMessage[] {
  if (node === null) return [];
  if (!isSeq(node) || node.items.length === 0) {
    reader.problem('wrong-type', 'request.messages must be a list with at least one message', spanOf(node));
    return [];
  }
  return node.items.map((item, i) => {
    const at = `request.messages[${i}]`;
    const map = reader.map(item as Node, at, ['role', 'content'], ['role', 'content']);
    if (map === null) return { role: 'user', content: '' };
    const written = reader.text(child(map, 'role'), `${at}.role`);
    const role = ROLES.find((one) => one === written);
    if (role === undefined) {
      reader.problem('wrong-value', `${at}.role must be one of ${ROLES.join(', ')}`, spanOf(child(map, 'role')));
    }
    return { role: role ?? 'user', content: readContent(reader, child(map, 'content'), `${at}.content`) };
  });
}

/** A text, or a list of texts and images. */
function readContent(reader: Reader, node: Node | null, at: string): Content {
  if (!isSeq(node)) return reader.text(node, at);
  return node.items.map((item, i) => readPart(reader, item as Node, `${at}[${i}]`));
}

function readPart(reader: Reader, node: Node, at: string): ContentPart {
  const type = isMap(node) ? child(node, 'type') : null;
  if (isScalar(type) && type.value === 'image_url') {
    const map = reader.map(node, at, ['type', 'image_url'], ['type', 'image_url']);
    const image = map && reader.map(child(map, 'image_url'), `${at}.image_url`, ['url'], ['url']);
    return {
      type: 'image_url',
      image_url: { url: image === null ? '' : reader.text(child(image, 'url'), `${at}.image_url.url`) },
    };
  }
  const map = reader.map(node, at, ['type', 'text'], ['type', 'text']);
  if (type !== null && !(isScalar(type) && type.value === 'text'))
    reader.problem('wrong-value', `${at}.type must be text or image_url`, spanOf(type));
  return { type: 'text', text: map === null ? '' : reader.text(child(map, 'text'), `${at}.text`) };
}

function readSchema(reader: Reader, node: Node | null): ResponseSchema | null {
  if (node === null) return null;
  const map = reader.map(node, 'request.response_schema', ['name', 'schema', 'strict'], ['name', 'schema']);
  const schema = map === null ? null : reader.plainObject(child(map, 'schema'), 'request.response_schema.schema');
  if (map === null || schema === null) return null;
  const strict = reader.boolean(child(map, 'strict'), 'request.response_schema.strict');
  const name = reader.text(child(map, 'name'), 'request.response_schema.name');
  return { name, schema, ...(strict === null ? {} : { strict }) };
}

function readAnswer(reader: Reader, node: Node | null): RecordedAnswer {
  const map = reader.map(node, 'answer', ['text', 'finish_reason', 'model', 'usage'], ['text']);
  if (map === null) return { text: '', finishReason: 'stop', model: null, usage: null };
  const finish = child(map, 'finish_reason');
  const model = child(map, 'model');
  return {
    text: reader.text(child(map, 'text'), 'answer.text'),
    // Left out in recordings written by hand, which hold whole answers.
    finishReason: finish === null ? 'stop' : reader.text(finish, 'answer.finish_reason'),
    model: isNothing(model) ? null : reader.text(model, 'answer.model'),
    usage: readUsage(reader, child(map, 'usage')),
  };
}

function readUsage(reader: Reader, node: Node | null): ModelUsage | null {
  if (isNothing(node)) return null;
  const map = reader.map(node, 'answer.usage', ['prompt_tokens', 'cached_tokens', 'completion_tokens'], []);
  if (map === null) return null;
  const count = (key: string): number | null => reader.number(child(map, key), `answer.usage.${key}`);
  return {
    promptTokens: count('prompt_tokens'),
    cachedTokens: count('cached_tokens'),
    completionTokens: count('completion_tokens'),
  };
}

function child(map: YAMLMap, key: string): Node | null {
  return (map.get(key, true) as Node | undefined) ?? null;
}

function isNothing(node: Node | null): boolean {
  return node === null || (isScalar(node) && node.value === null);
}

function spanOf(node: Node | null): Span {
  const [start, end] = node?.range ?? [0, 0];
  return { start, end };
}

/** Reads nodes as what they should be and gathers what they are not. */
class Reader {
  readonly problems: Diagnostic[] = [];
  readonly file: string;
  readonly source: string;

  constructor(file: string, source: string) {
    this.file = file;
    this.source = source;
  }

  problem(code: string, message: string, span: Span, advice?: string): void {
    const place = { file: this.file, text: this.source, span };
    this.problems.push({ severity: 'error', code, message, place, ...(advice === undefined ? {} : { advice }) });
  }

  /** A mapping with the known keys only; null (with the problem noted) where it is none. */
  map(node: Node | null, at: string, known: readonly string[], required: readonly string[]): YAMLMap | null {
    if (node === null || !isMap(node)) {
      this.problem('wrong-type', `${at} must be a mapping with ${known.join(', ')}`, spanOf(node));
      return null;
    }
    for (const pair of node.items) {
      const key = isScalar(pair.key) ? String(pair.key.value) : '';
      if (!known.includes(key))
        this.problem(
          'unknown-key',
          `${at} has an unknown key \`${key}\``,
          spanOf(pair.key as Node),
          didYouMean(key, known),
        );
    }
    for (const key of required) {
      if (!node.has(key)) this.problem('missing-key', `${at} has no \`${key}\``, spanOf(node));
    }
    return node;
  }

  text(node: Node | null, at: string): string {
    if (node === null) return '';
    if (isScalar(node) && typeof node.value === 'string') return node.value;
    this.problem('wrong-type', `${at} must be text`, spanOf(node), 'put it in quotes, or write it as a block with |');
    return '';
  }

  number(node: Node | null, at: string): number | null {
    if (isNothing(node)) return null;
    if (isScalar(node) && typeof node.value === 'number' && node.value >= 0) return node.value;
    this.problem('wrong-type', `${at} must be a number, not below 0`, spanOf(node));
    return null;
  }

  boolean(node: Node | null, at: string): boolean | null {
    if (isNothing(node)) return null;
    if (isScalar(node) && typeof node.value === 'boolean') return node.value;
    this.problem('wrong-type', `${at} must be true or false`, spanOf(node));
    return null;
  }

  /** Any mapping, as data. Aliases are not needed in a recording and are refused, so that its size bounds the result. */
  plainObject(node: Node | null, at: string): Record<string, unknown> | null {
    if (node === null) return null;
    if (!isMap(node)) {
      this.problem('wrong-type', `${at} must be a mapping`, spanOf(node));
      return null;
    }
    const found = forbidden(node);
    if (found === null) return node.toJSON() as Record<string, unknown>;
    this.problem('forbidden-key', `${at} holds ${found}, which is not allowed in a recording`, spanOf(node));
    return null;
  }
}

function forbidden(node: unknown): string | null {
  if (isSeq(node)) return firstFound(node.items.map(forbidden));
  if (isScalar(node) || node === null) return null;
  if (!isMap(node)) return 'an alias';
  const keys = node.items.map(({ key }) =>
    isScalar(key) && !FORBIDDEN_KEYS.has(String(key.value)) ? null : `the key \`${String(key)}\``,
  );
  return firstFound([...keys, ...node.items.map(({ value }) => forbidden(value))]);
}

function firstFound(found: readonly (string | null)[]): string | null {
  return found.find((one) => one !== null) ?? null;
}

/** The file's text. The same recording gives the same text; reading it back gives the same recording. */
export function formatRecording({ request, answer }: Recording): string {
  const { responseSchema } = request;
  const value = {
    request: {
      model: request.model,
      messages: request.messages.map(({ role, content }) => ({ role, content: contentOf(content) })),
      ...(request.temperature === undefined ? {} : { temperature: request.temperature }),
      ...(request.maxTokens === undefined ? {} : { max_tokens: request.maxTokens }),
      ...(request.stop === undefined ? {} : { stop: [...request.stop] }),
      ...(responseSchema === undefined ? {} : { response_schema: { ...responseSchema } }),
    },
    answer: {
      text: block(answer.text),
      finish_reason: answer.finishReason,
      ...(answer.model === null ? {} : { model: answer.model }),
      ...(answer.usage === null ? {} : { usage: usageOf(answer.usage) }),
    },
  };
  const document = new Document(value, { aliasDuplicateObjects: false });
  document.commentBefore = ' A recorded model call. The provider `replay` gives this answer to this request.';
  // Quoted text stays on one line: the library's folding of it loses spaces around carriage returns.
  return document.toString({ lineWidth: 0, doubleQuotedMinMultiLineLength: Number.MAX_SAFE_INTEGER });
}

/** An image's bytes would make the file unreadable: its mark tells it from others. */
function contentOf(content: Content): unknown {
  if (typeof content === 'string') return block(content);
  return content.map((part) =>
    part.type === 'text'
      ? { type: part.type, text: block(part.text) }
      : { type: part.type, image_url: { url: imageMark(part.image_url.url) } },
  );
}

function usageOf(usage: ModelUsage): Record<string, number> {
  const counts = [
    ['prompt_tokens', usage.promptTokens],
    ['cached_tokens', usage.cachedTokens],
    ['completion_tokens', usage.completionTokens],
  ] as const;
  return Object.fromEntries(counts.filter((count): count is [(typeof count)[0], number] => count[1] !== null));
}

/** Everything but line feeds, tabs and visible characters; the byte order mark and Unicode's own line ends are left out too. */
const UNFIT_FOR_BLOCK =
  /[^\n\t\x20-\x7e\u00a0-\u2027\u202f-\u205f\u2070-\ud7ff\ue000-\ufefe\uff00-\ufffd\u{10000}-\u{10ffff}]/u;

/**
 * A block scalar where that gives the text back exactly. It cannot where YAML changes line ends, where the first line is
 * blank but not empty, or where control characters would stand in the file as they are: those go into double quotes.
 */
function block(text: string): Scalar<string> {
  const scalar = new Scalar(text);
  const fits =
    /[\n"\\]/.test(text) && !UNFIT_FOR_BLOCK.test(text) && !/^[ \t]+(?:\n|$)/.test(text) && text.trim() !== '';
  scalar.type = fits ? Scalar.BLOCK_LITERAL : Scalar.QUOTE_DOUBLE;
  return scalar;
}
