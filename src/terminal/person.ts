// A person at the terminal: questions, long answers, the editor. Knows no task. Loaded only when something is asked.

import { createInterface } from 'node:readline';
import { input } from '@inquirer/prompts';
import { neutralise, oneLine } from '../base/text.ts';
import type { Choice, Person, Question } from '../run/ports.ts';
import { makeDraft, makeTemporaryFile } from '../system/files.ts';
import { runOnTerminal } from '../system/interactive.ts';
import { displayPath } from '../system/paths.ts';
import type { Io } from './io.ts';
import type { Style } from './style.ts';
import { wrap } from './wrap.ts';

export type PersonParts = {
  readonly io: Io;
  readonly signal: AbortSignal;
  readonly env: Readonly<Record<string, string>> /** Ctrl-C and Ctrl-D at a question. */;
  readonly onGone: () => void;
  readonly withoutInterrupts: <T>(work: () => Promise<T>) => Promise<T>;
};

/** Questions go to stderr, so that stdout stays for results. */
export function createPerson({ io, signal, env, onGone, withoutInterrupts }: PersonParts): Person {
  const style = io.errStyle;
  /** Gone is an answer, not an error: the task goes back to READY. */
  const orGone = async <T>(
    message: string,
    question: (context: { output: NodeJS.WritableStream; signal: AbortSignal }) => Promise<T>,
  ): Promise<T | undefined> => {
    // Ctrl-D closes the line and leaves the question without an end: then nothing is left to do for Node, which says so here.
    const closed = new AbortController();
    const onIdle = () => closed.abort();
    // After Ctrl-Z and `fg`, readline leaves the input paused and the question off the screen.
    const goOn = () =>
      void setImmediate(() => {
        process.stdin.resume();
        io.err(`${style.accent('?')} ${style.bold(message)} `);
      });
    process.once('beforeExit', onIdle);
    process.on('SIGCONT', goOn);
    try {
      return await question({ output: process.stderr, signal: AbortSignal.any([signal, closed.signal]) });
    } catch (error) {
      if (!isGone(error) && !signal.aborted) throw error;
      onGone();
      return undefined;
    } finally {
      process.off('beforeExit', onIdle);
      process.off('SIGCONT', goOn);
    }
  };
  const ask = (message: string) =>
    orGone(neutralise(message), (context) => input({ message: neutralise(message) }, context));
  return {
    async choose<K extends string>({ detail, message, choices }: Question<K>) {
      if (detail !== undefined) io.err(`\n${wrap(neutralise(detail), { width: io.errWidth })}\n`);
      io.err(`\n${choiceLines(choices, { style, width: io.width })}\n`);
      const answer = await orGone(neutralise(message), (context) =>
        input(
          {
            message: neutralise(message),
            validate: (text) =>
              keyOf(text, choices) !== undefined || wrap(explain(text, choices), { width: io.errWidth - 2 }),
            transformer: (text, { isFinal }) => (isFinal ? labelOf(text, choices) : text),
          },
          context,
        ),
      );
      return answer === undefined ? undefined : keyOf(answer, choices);
    },
    ask,
    edit: (text, extension, file) => withoutInterrupts(() => editText(text, { extension, file, env })),
    paste: () => readPaste({ io, signal, onGone }),
    show: (title, text) =>
      io.err(
        `\n${style.bold(title)}\n${style.dim('─'.repeat(Math.min(io.width, 72)))}\n${neutralise(text).trimEnd()}\n${style.dim('─'.repeat(Math.min(io.width, 72)))}\n`,
      ),
  };
}

/** Ctrl-C, Ctrl-D, a signal, or a terminal that was closed under the question (EIO). */
function isGone(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return (
    error.name === 'ExitPromptError' || error.name === 'AbortPromptError' || ('code' in error && error.code === 'EIO')
  );
}

function labelOf<K extends string>(text: string, choices: readonly Choice<K>[]): string {
  const key = keyOf(text, choices);
  return choices.find((choice) => choice.key === key)?.label ?? text;
}

/** What is said to a key that is none of the choices. */
function explain<K extends string>(text: string, choices: readonly Choice<K>[]): string {
  const all = choices.map(({ key, label }) => `${key} (${label})`);
  const typed = text.trim() === '' ? 'Answer' : `"${oneLine(text)}" is none of the answers:`;
  return `${typed} ${all.slice(0, -1).join(', ')} or ${all.at(-1) ?? ''}`;
}

/** The choices on as few lines as fit; none is broken. */
function choiceLines<K extends string>(
  choices: readonly Choice<K>[],
  { style, width }: { style: Style; width: number },
): string {
  const lines: string[] = [];
  let used = Number.POSITIVE_INFINITY;
  for (const { key, label } of choices) {
    const length = key.length + label.length + 4;
    if (used + length > width) {
      lines.push(' ');
      used = 2;
    }
    lines[lines.length - 1] += ` ${style.bold(key)} ${label}  `;
    used += length;
  }
  return lines.map((line) => line.trimEnd()).join('\n');
}

/** The key, or the first word of the label, in any case. */
function keyOf<K extends string>(text: string, choices: readonly Choice<K>[]): K | undefined {
  const word = text.trim().toLowerCase();
  return choices.find(
    ({ key, label }) => word === key || (word.length > 1 && label.toLowerCase().split(/[^a-z]+/)[0] === word),
  )?.key;
}

/** Lines until one that holds only a full stop, or Ctrl-D; an answer may hold blank lines. */
function readPaste({ io, signal, onGone }: Pick<PersonParts, 'io' | 'signal' | 'onGone'>): Promise<string | undefined> {
  io.err('\nPaste the answer, then a line that holds only a full stop (or Ctrl-D).\n');
  return new Promise((resolve) => {
    const lines: string[] = [];
    const reader = createInterface({ input: process.stdin, output: process.stderr, prompt: '' });
    let gone = false;
    const leave = () => {
      gone = true;
      reader.close();
    };
    reader.on('SIGINT', leave);
    // A signal that comes from elsewhere; an open reader would keep the process alive.
    signal.addEventListener('abort', leave, { once: true });
    reader.on('line', (line) => {
      if (line.trim() === '.') reader.close();
      else lines.push(line);
    });
    reader.on('close', () => {
      signal.removeEventListener('abort', leave);
      if (gone) onGone();
      resolve(gone ? undefined : lines.join('\n'));
    });
  });
}

type Editing = {
  readonly extension: string;
  readonly file: string | undefined;
  readonly env: Readonly<Record<string, string>>;
};

/** `$VISUAL`, `$EDITOR`, else vi. The editor may be a command line with options. */
async function editText(
  text: string,
  { extension, file, env }: Editing,
): Promise<{ text: string } | { problem: string }> {
  const command = env.VISUAL || env.EDITOR || 'vi';
  const draft = await (file === undefined ? makeTemporaryFile(text, extension) : makeDraft(file, text));
  if (!draft.ok) return { problem: `cannot ${draft.error.operation} a file for the editor (${draft.error.errno})` };
  const code = await runOnTerminal(`${command} "$ORCHESTRATE_EDIT"`, { ...env, ORCHESTRATE_EDIT: draft.value.path });
  const edited = draft.value.read();
  if (code !== 0) {
    // What was saved before the editor failed is a person's work: it stays where they can find it.
    const kept = edited.ok && edited.value !== text ? `; what you saved is in ${displayPath(draft.value.path)}` : '';
    if (kept === '') await draft.value.remove();
    return { problem: `"${command}" ended with an error${kept}; nothing was accepted` };
  }
  if (file === undefined) await draft.value.remove();
  return edited.ok ? { text: edited.value } : { problem: `the edited text cannot be read (${edited.error.errno})` };
}
