// The provider that lets a person carry the prompt to any chat window and the answer back. Knows no terminal: it is given a port.
import { err, ok, type Result } from '../base/result.ts';
import { estimatePromptTokens } from './cost.ts';
import {
  type CallFacts,
  type CallOptions,
  type Content,
  contentText,
  imageCount,
  type ModelAnswer,
  type ModelFailure,
  type ModelProvider,
  type ModelRequest,
  modelFailure,
  nothingSent,
} from './provider.ts';

export type PastePort = {
  /** Shows the prompt so that it can be copied whole. */
  readonly show: (prompt: string) => void;
  /** What the person pasted; null where they gave nothing. What comes of it after the signal fired is not waited for. */
  readonly readAnswer: (signal: AbortSignal) => Promise<string | null>;
};

/** The time limits of a call do not hold for a person. */
export function createPasteProvider(port: PastePort): ModelProvider {
  return {
    name: 'paste',
    call: (request, options) => askPerson(port, request, options),
    estimate: async (request) => ({ promptTokens: estimatePromptTokens(request), promptUsd: null, atMostUsd: null }),
  };
}

async function askPerson(
  port: PastePort,
  request: ModelRequest,
  { signal, onFirstByte, onText }: CallOptions,
): Promise<Result<ModelAnswer, ModelFailure>> {
  const started = performance.now();
  const facts = (): CallFacts => nothingSent(Math.round(performance.now() - started));
  if (signal.aborted) return err(modelFailure(INTERRUPTED, facts()));
  port.show(promptForChat(request));
  const text = await read(port, signal);
  if (signal.aborted) return err(modelFailure(INTERRUPTED, facts(), text ?? ''));
  if (text === null || text.trim() === '') return err(modelFailure(NOTHING_PASTED, facts()));
  onFirstByte?.();
  onText?.(text);
  // The person's end of input is the terminal marker. What the chat window cost is not known.
  return ok({ ...facts(), attempts: 1, finishReason: 'pasted', text, notes: [], recordingFile: null });
}

/** Ends with the signal also where the port does not heed it. */
async function read(port: PastePort, signal: AbortSignal): Promise<string | null> {
  const { promise: interrupted, resolve } = Promise.withResolvers<null>();
  const interrupt = (): void => resolve(null);
  signal.addEventListener('abort', interrupt, { once: true });
  try {
    return await Promise.race([port.readAnswer(signal), interrupted]);
  } catch (error) {
    if (signal.aborted) return null;
    throw error;
  } finally {
    signal.removeEventListener('abort', interrupt);
  }
}

const INTERRUPTED = {
  code: 'aborted',
  message: 'The call was interrupted',
  advice: 'Nothing was recorded as an answer.',
} as const;

const NOTHING_PASTED = {
  code: 'cancelled',
  message: 'No answer was pasted',
  advice: 'Start it again when you have one, or set OPENAI_API_KEY to have the server asked.',
} as const;

const ROLE_NAMES = { system: 'Instructions', user: 'User', assistant: 'Assistant' } as const;

/** The request as one text for a chat window, which knows neither roles nor response formats. */
export function promptForChat({ messages, responseSchema }: ModelRequest): string {
  const turns = messages.filter(({ role }) => role !== 'system');
  const labelled = turns.length > 1;
  const parts = messages.map(({ role, content }) =>
    labelled ? `${ROLE_NAMES[role]}:\n${chatText(content)}` : chatText(content),
  );
  if (responseSchema !== undefined) {
    parts.push(`Answer with JSON only, fitting this JSON Schema:\n${JSON.stringify(responseSchema.schema, null, 2)}`);
  }
  return `${parts.join('\n\n')}\n`;
}

/** A person attaches the images themselves. */
function chatText(content: Content): string {
  const images = imageCount(content);
  const text = contentText(content).trim();
  return images === 0
    ? text
    : `${text}\n\n(Attach ${images === 1 ? 'the image' : `the ${images} images`} to this message.)`;
}
