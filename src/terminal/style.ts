// Colours, and whether to use them. Knows words like "done", not what they stand for.

import { Chalk, type ChalkInstance } from 'chalk';
import type { Status } from '../runbook/words.ts';

export type Style = {
  readonly dim: (text: string) => string;
  readonly bold: (text: string) => string;
  readonly good: (text: string) => string;
  readonly bad: (text: string) => string;
  readonly warn: (text: string) => string;
  readonly accent: (text: string) => string;
  readonly status: (status: Status, text?: string) => string;
};

/** `NO_COLOR` (any value but empty, no-color.org) and `--no-color` win; otherwise colour goes to terminals only. */
export function createStyle(options: {
  readonly isTerminal: boolean;
  readonly noColor: boolean;
  readonly env: NodeJS.ProcessEnv;
}): Style {
  const { isTerminal, noColor, env } = options;
  const forced = env.FORCE_COLOR !== undefined && env.FORCE_COLOR !== '' && env.FORCE_COLOR !== '0';
  const on = !noColor && !env.NO_COLOR && env.TERM !== 'dumb' && (isTerminal || forced);
  const chalk: ChalkInstance = new Chalk({ level: on ? 1 : 0 });
  const byStatus: Record<Status, (text: string) => string> = {
    PENDING: chalk.dim,
    READY: chalk.cyan,
    RUNNING: chalk.yellow,
    DONE: chalk.green,
    ERROR: chalk.red,
    SKIPPED: chalk.dim,
  };
  return {
    dim: chalk.dim,
    bold: chalk.bold,
    good: chalk.green,
    bad: chalk.red,
    warn: chalk.yellow,
    accent: chalk.cyan,
    status: (status, text = status) => byStatus[status](text),
  };
}
