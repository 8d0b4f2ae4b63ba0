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
  /** Where prose on stderr is broken; Infinity where stderr is no terminal. */
  readonly errWidth: number;
  readonly style: Style;
  readonly errStyle: Style;
};

/** The same streams, every text changed on its way out: for what may hold secrets (design.md §7). */
export function filteredIo(io: Io, change: (text: string) => string): Io {
  return { ...io, out: (text) => io.out(change(text)), err: (text) => io.err(change(text)) };
}

/** One JSON document on stdout (design.md §4). */
export function writeJson(io: Io, value: Readonly<Record<string, unknown>>): void {
  io.out(`${JSON.stringify({ schema_version: 1, ...value }, null, 2)}\n`);
}
