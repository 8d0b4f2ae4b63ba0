// What the parts of the tree of commands share: the form of a part, options of several commands, and the checks of their values.

import { type Command, InvalidArgumentError } from 'commander';
import type { App } from '../../app.ts';

/** Runs one command with the parsed options and keeps its exit code; main.ts gives it. */
export type Run = (command: (app: App) => Promise<number>) => Promise<void>;

export type Kit = {
  readonly run: Run;
  /** The program with every command filled. */
  readonly whole: () => Promise<Command>;
};

/** Gives a command of the program its options, its help and what it does. */
export type Fill = (command: Command, kit: Kit) => void;

export function examples(...lines: readonly string[]): string {
  return `\nExamples:\n${lines.map((line) => `  ${line}`).join('\n')}`;
}

export const WAIT = '--wait [seconds]';
export const WAIT_HELP = 'wait for another orchestrate to finish instead of failing';

/** How many may be at work at once. */
export function atOnce(value: string): number {
  const number = Number(value);
  if (!Number.isInteger(number) || number < 1 || number > 64)
    throw new InvalidArgumentError('Give a number from 1 to 64.');
  return number;
}

export function whole(value: string): number {
  const number = Number(value);
  if (value.trim() === '' || !Number.isSafeInteger(number) || number < 0)
    throw new InvalidArgumentError('Give a whole number.');
  return number;
}

export function positive(value: string): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number) || number < 1) throw new InvalidArgumentError('Give a whole number from 1.');
  return number;
}

export function seconds(value: string): number {
  const number = Number(value);
  if (value.trim() === '' || !Number.isFinite(number) || number < 0)
    throw new InvalidArgumentError('Give a number of seconds.');
  return number;
}

function dollars(value: string): number {
  const number = Number(value);
  if (value.trim() === '' || !Number.isFinite(number) || number < 0)
    throw new InvalidArgumentError('Give an amount of US dollars, such as 0.50.');
  return number;
}

/** An option that can be given several times. */
export function collected(value: string, before: readonly string[] | undefined): string[] {
  return [...(before ?? []), value];
}

/** What every command takes that may call a model. */
export function withCallOptions(command: Command): Command {
  return command
    .option(
      '--max-cost <usd>',
      "the most that model calls of this run may cost (instead of the runbook's limit)",
      dollars,
    )
    .option('--record <dir>', 'keep each model call as a recording in this folder')
    .option('--replay <dir>', 'answer from the recordings in this folder alone, or from "history": offline, strictly')
    .option('--allow-secrets', 'send prompts although they hold a secret');
}
