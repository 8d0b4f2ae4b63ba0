// One text at a time from a person at the terminal, with line editing and the texts of before. Knows no conversation.

import { createInterface } from 'node:readline';

export type LineOptions = {
  readonly prompt: string;
  /** Newest first, for the arrow keys. */
  readonly history: readonly string[];
  readonly signal: AbortSignal;
  /** Ctrl-C. */
  readonly onInterrupt: () => void;
};

/** Lines that come this quickly one after the other were pasted, and are one text. */
const PASTE_MS = 25;

/**
 * Undefined when the person goes away (Ctrl-C, Ctrl-D, hang-up). A backslash at the end of a line continues it. The input is let go of
 * in between, so that it can be interrupted while an answer comes.
 */
export function readLine({ prompt, history, signal, onInterrupt }: LineOptions): Promise<string | undefined> {
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  const reader = createInterface({
    input: process.stdin,
    output: process.stderr,
    terminal: true,
    prompt,
    history: history.map((text) => text.replaceAll('\n', ' ')),
  });
  const lines: string[] = [];
  let timer: NodeJS.Timeout | undefined;
  let answered = false;
  const done = () => {
    answered = true;
    reader.close();
  };
  const leave = () => reader.close();
  reader.on('line', (line) => {
    clearTimeout(timer);
    const more = line.endsWith('\\');
    lines.push(more ? line.slice(0, -1) : line);
    if (more) {
      reader.setPrompt('… ');
      reader.prompt();
    } else timer = setTimeout(done, PASTE_MS);
  });
  reader.on('SIGINT', () => {
    onInterrupt();
    leave();
  });
  signal.addEventListener('abort', leave, { once: true });
  reader.on('close', () => {
    clearTimeout(timer);
    signal.removeEventListener('abort', leave);
    if (!answered) process.stderr.write('\n');
    resolve(answered ? lines.join('\n') : undefined);
  });
  reader.prompt();
  return promise;
}
