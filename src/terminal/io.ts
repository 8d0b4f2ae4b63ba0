// The streams of one invocation and what is known of them. Knows no command.

import type { Style } from './style.ts';

export type Io = {
  /** Results: pipes and `$(…)` see only this. */
  readonly out: (text: string) => void;
  /** Everything else. */
  readonly err: (text: string) => void;
  /** stdin and stderr are terminals, and neither CI, --json nor --no-input says otherwise (design.md §4). */
  readonly interactive: boolean;
  readonly json: boolean;
  readonly quiet: boolean;
  readonly verbose: boolean;
  /** Columns of the terminal; 80 where there is none. */
  readonly width: number;
  readonly style: Style;
  readonly errStyle: Style;
};

/** One JSON document on stdout (design.md §4). */
export function writeJson(io: Io, value: Readonly<Record<string, unknown>>): void {
  io.out(`${JSON.stringify({ schema_version: 1, ...value }, null, 2)}\n`);
}
