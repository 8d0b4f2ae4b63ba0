// A program in a pseudo-terminal: what it shows, and a person's keys. Knows nothing of projects.
import { constants } from 'node:os';
import { type IPty, spawn } from '@lydell/node-pty';
import { type Exit, killGroup } from './running.ts';
import { createScreen } from './screen.ts';
import { createTranscript, find, type Pattern } from './transcript.ts';

const KEYS = {
  enter: '\r',
  escape: '\x1b',
  tab: '\t',
  space: ' ',
  backspace: '\x7f',
  up: '\x1b[A',
  down: '\x1b[B',
  right: '\x1b[C',
  left: '\x1b[D',
  'ctrl-c': '\x03',
  'ctrl-d': '\x04',
  'ctrl-z': '\x1a',
} as const;
export type Key = keyof typeof KEYS;

export type Terminal = AsyncDisposable & {
  readonly pid: number;
  readonly type: (text: string) => void;
  readonly key: (name: Key) => void;
  /**
   * Waits for a match in the text printed since the end of the last match, control sequences left out (default 10 s). Text that
   * was there before does not count again, so a prompt that is asked twice is waited for twice.
   */
  readonly waitFor: (pattern: Pattern, timeoutMs?: number) => Promise<RegExpExecArray>;
  /** Waits until the screen, as a person sees it, has a match: also one that was there before. */
  readonly waitForScreen: (pattern: Pattern, timeoutMs?: number) => Promise<RegExpExecArray>;
  /** The visible rows, without blanks at their ends. */
  readonly screen: () => string;
  /** All that was printed, without control sequences; CRLF is LF. */
  readonly text: () => string;
  /** All that was written, as it was written. */
  readonly raw: () => string;
  readonly exit: Promise<Exit>;
  /** Signals the program alone (default SIGTERM). */
  readonly kill: (signal?: NodeJS.Signals) => void;
  /**
   * Closes the terminal, as closing its window does: SIGHUP for the foreground group, and every later write fails with EIO. The
   * pty library leaves our end open to programs started after it, so EIO comes only when those have ended too.
   */
  readonly hangUp: () => void;
};

export type TerminalSpec = {
  readonly argv: readonly [string, ...string[]];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly cols: number;
  readonly rows: number;
};

export function openTerminal(spec: TerminalSpec): Terminal {
  const [file, ...args] = spec.argv;
  const { cols, rows, cwd } = spec;
  const pty = spawn(file, args, { name: 'xterm-256color', cols, rows, cwd, env: { ...spec.env } });
  const screen = createScreen(cols, rows);
  const transcript = createTranscript();
  const state = { raw: '', ended: false };
  const shown = (): string => framed(screen.text(), cols);

  pty.onData((data) => {
    state.raw += data;
    const before = screen.plain().length;
    screen.write(data);
    transcript.append(screen.plain().slice(before));
  });
  const exit = new Promise<Exit>((resolve) => {
    pty.onExit(({ exitCode, signal }) => {
      state.ended = true;
      const result = exitOf(exitCode, signal);
      transcript.close(`the program has ended (${JSON.stringify(result)})`);
      resolve(result);
    });
  });

  return {
    pid: pty.pid,
    type: (text) => pty.write(text),
    key: (name) => pty.write(KEYS[name]),
    waitFor: (pattern, timeoutMs = 10_000) => transcript.waitFor(pattern, timeoutMs, shown),
    waitForScreen: (pattern, timeoutMs = 10_000) => {
      const check = (): RegExpExecArray | undefined => find(pattern, screen.text()) ?? undefined;
      return transcript.until(check, () => `waited for ${String(pattern)} on the screen:\n${shown()}`, timeoutMs);
    },
    screen: screen.text,
    text: screen.plain,
    raw: () => state.raw,
    exit,
    kill: (signal = 'SIGTERM') => {
      if (!state.ended) pty.kill(signal);
    },
    hangUp: () => closeMaster(pty),
    [Symbol.asyncDispose]: async () => {
      // The program leads the session of the terminal; what it put into groups of its own hears of the hang-up.
      if (!state.ended) killGroup(pty.pid, 'SIGKILL');
      await exit;
    },
  };
}

/** The pty gives 0 or no signal for a program that ended by itself. */
function exitOf(code: number, signal: number | undefined): Exit {
  if (signal === undefined || signal === 0) return { code, signal: null };
  const name = Object.entries(constants.signals).find(([, number]) => number === signal)?.[0];
  return { code: null, signal: (name ?? `SIG${signal}`) as NodeJS.Signals };
}

/** `destroy` closes our end of the terminal; the published types leave it out. */
function closeMaster(pty: IPty): void {
  (pty as IPty & { destroy: () => void }).destroy();
}

function framed(text: string, cols: number): string {
  const rule = '-'.repeat(cols);
  return `${rule}\n${text}\n${rule}`;
}
