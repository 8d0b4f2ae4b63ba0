// What the next message of a conversation says and what goes to the model with it. Pure; fills no template and sends nothing.

import type { Turn } from './open-prompt.ts';
import type { Message, State } from './state.ts';

export type Draft = {
  /** The prompt filled with the values of now: `system` where there is one, then the text of the person's first turn. */
  readonly filled: readonly Turn[];
  readonly text: string;
  /** The prompt has a place for the text. */
  readonly textInside: boolean;
};

export type Composed = {
  readonly messages: readonly Turn[];
  /** What is new in it. */
  readonly content: string;
  /** The filled prompt, where it is a part of the new message. */
  readonly prompt: string | null;
};

/**
 * What was said stays as it was said. The filled prompt is a part of the first message, of every message that it has a place for the
 * text of, and of the first one after it came out differently: so the model has the values of now, and no past is rewritten.
 * Undefined where there is nothing to say.
 */
export function compose(state: State, { filled, text, textInside }: Draft): Composed | undefined {
  const said = state.chat ? state.messages.filter(isSaid) : [];
  const system = filled.filter(({ role }) => role === 'system');
  const body = filled.find(({ role }) => role === 'user')?.content ?? '';
  const before = said.findLast(({ prompt }) => prompt !== null)?.prompt;
  const isNew = textInside || before !== body;
  const prompt = isNew && body.trim() !== '' ? body : null;
  const content = contentOf({ text, prompt, text_inside: textInside });
  if (content.trim() === '') return undefined;
  const history = said.flatMap((message): Turn[] => [
    { role: 'user', content: contentOf(message) },
    { role: 'assistant', content: message.answer },
  ]);
  return { messages: [...system, ...history, { role: 'user', content }], content, prompt };
}

/** Answered, and still known. */
function isSaid({ status, forgotten, text, prompt }: Message): boolean {
  return status === 'complete' && !forgotten && (text !== '' || prompt !== null);
}

/** A message as it went to the model. */
export function contentOf({ text, prompt, text_inside }: Pick<Message, 'text' | 'prompt' | 'text_inside'>): string {
  if (prompt === null) return text;
  return text_inside || text === '' ? prompt : `${prompt.trimEnd()}\n\n${text}`;
}
