// The person as provider.
import { describe, expect, test } from 'vitest';
import { createPasteProvider, type PastePort, promptForChat } from '../../../src/model/paste.ts';
import { answerOf, failureOf, listen, requestOf } from './calling.ts';

function port(readAnswer: PastePort['readAnswer']): { port: PastePort; shown: string[] } {
  const shown: string[] = [];
  return { port: { show: (prompt) => shown.push(prompt), readAnswer }, shown };
}

test('the prompt is shown, and what is pasted is the answer', async () => {
  const desk = port(async () => 'an answer\n');
  const heard = listen();
  const answer = answerOf(await createPasteProvider(desk.port).call(requestOf('a prompt'), heard.options));
  expect(desk.shown).toEqual(['a prompt\n']);
  expect(answer).toMatchObject({
    text: 'an answer\n',
    finishReason: 'pasted',
    usage: null,
    costUsd: null,
    attempts: 1,
  });
  expect(heard.news).toEqual(['first', 'an answer\n']);
});

test.each([null, '', ' \n'])('nothing pasted (%j) is no answer', async (pasted) => {
  const failure = failureOf(
    await createPasteProvider(port(async () => pasted).port).call(requestOf('x'), listen().options),
  );
  expect(failure).toMatchObject({ code: 'cancelled', attempts: 0 });
});

describe('an interrupt', () => {
  test.each<[name: string, end: (reject: (error: Error) => void, resolve: (text: null) => void) => void]>([
    ['by a throw', (reject) => reject(new Error('prompt was closed'))],
    ['by null', (_reject, resolve) => resolve(null)],
    ['not at all', () => undefined],
  ])('that ends the question %s is an interrupt', async (_name, end) => {
    const abort = new AbortController();
    const desk = port(
      (signal) =>
        new Promise((resolve, reject) => {
          signal.addEventListener('abort', () => end(reject, resolve));
        }),
    );
    setTimeout(() => abort.abort(), 5);
    const failure = failureOf(
      await createPasteProvider(desk.port).call(requestOf('x'), listen({ signal: abort.signal }).options),
    );
    expect(failure.code).toBe('aborted');
  });

  test('before the question shows nothing', async () => {
    const desk = port(async () => 'never');
    const failure = failureOf(
      await createPasteProvider(desk.port).call(requestOf('x'), listen({ signal: AbortSignal.abort() }).options),
    );
    expect([failure.code, desk.shown]).toEqual(['aborted', []]);
  });
});

test('a port that throws without an interrupt is a defect', async () => {
  const broken = port(async () => Promise.reject(new Error('no such terminal')));
  await expect(createPasteProvider(broken.port).call(requestOf('x'), listen().options)).rejects.toThrow(
    'no such terminal',
  );
});

describe('the prompt for a chat window', () => {
  test('puts the instructions before the prompt', () => {
    const messages = [
      { role: 'system', content: 'Be brief.\n' },
      { role: 'user', content: 'Hello' },
    ] as const;
    expect(promptForChat({ model: 'm', messages })).toBe('Be brief.\n\nHello\n');
  });

  test('names who speaks where there are several turns', () => {
    const messages = [
      { role: 'user', content: 'Hello' },
      { role: 'assistant', content: 'Hi' },
      { role: 'user', content: 'Why?' },
    ] as const;
    expect(promptForChat({ model: 'm', messages })).toBe('User:\nHello\n\nAssistant:\nHi\n\nUser:\nWhy?\n');
  });

  test('asks for the schema in words', () => {
    const prompt = promptForChat(requestOf('Hello', { responseSchema: { name: 'a', schema: { type: 'object' } } }));
    expect(prompt).toBe('Hello\n\nAnswer with JSON only, fitting this JSON Schema:\n{\n  "type": "object"\n}\n');
  });
});
