// Colours, and whether to use them. Knows words like "done", not what they stand for.

import { styleText } from 'node:util';
import type { Status } from '../runbook/words.ts';

type Paint = (text: string) => string;

export type Style = {
  readonly dim: Paint;
  readonly bold: Paint;
  readonly good: Paint;
  readonly bad: Paint;
  readonly warn: Paint;
  readonly accent: Paint;
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
  const paint =
    (colour: 'dim' | 'bold' | 'green' | 'red' | 'yellow' | 'cyan'): Paint =>
    (text) =>
      on && text !== '' ? styleText(colour, text, { validateStream: false }) : text;
  const byStatus: Record<Status, Paint> = {
    PENDING: paint('dim'),
    READY: paint('cyan'),
    RUNNING: paint('yellow'),
    DONE: paint('green'),
    ERROR: paint('red'),
    SKIPPED: paint('dim'),
  };
  return {
    dim: paint('dim'),
    bold: paint('bold'),
    good: paint('green'),
    bad: paint('red'),
    warn: paint('yellow'),
    accent: paint('cyan'),
    status: (status, text = status) => byStatus[status](text),
  };
}
