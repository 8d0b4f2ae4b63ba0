// argv in, exit code out. The only place that sets the exit code and listens to signals.

import { type Command, CommanderError } from 'commander';
import type { App } from './app.ts';
import type { Failure } from './base/failure.ts';
import type { Run } from './commands/tree/kit.ts';
import { buildProgram, type GlobalOptions } from './program.ts';
import { killStarted } from './system/alive.ts';
import { type Descriptor, isPlainOutput, writePlain } from './system/output.ts';
import type { Io } from './terminal/io.ts';
import { createStyle } from './terminal/style.ts';

declare const __VERSION__: string;

const SIGNAL_CODES = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;
type Signal = keyof typeof SIGNAL_CODES;

/** Runs one invocation; `argv` is without node and script. */
export async function main(argv: readonly string[]): Promise<number> {
  // Node loads what is behind it when it is first needed; a `status` never asks.
  const interruption = lazily(() => new AbortController());
  let signalled: Signal | undefined;
  let lentTerminal = 0;
  let piece: AbortController | undefined;
  const onSignal = (signal: Signal) => {
    if (signal === 'SIGINT' && lentTerminal > 0) return;
    if (signal === 'SIGINT' && piece?.signal.aborted === false) return piece.abort();
    // The first asks everything to end in order; a second Ctrl-C ends at once. What is on disk is whole at any instant.
    if (signalled !== undefined && signal !== 'SIGHUP') endAtOnce(signal);
    signalled ??= signal;
    interruption().abort();
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal);
  // The terminal has put "^C" at the cursor.
  process.on('SIGINT', () => process.stderr.isTTY && process.stderr.write('\n'));
  let defective = false;
  let report: (text: string) => void = (text) => void process.stderr.write(text);
  watchTerminal({
    onGone: () => onSignal('SIGHUP'),
    onDefect: (error) => {
      // Nobody can tell what else is broken, so everything is asked to end; what is in flight is recorded as interrupted.
      defective = true;
      report(`orchestrate: a defect of orchestrate itself: ${error.stack ?? error.message}\n`);
      interruption().abort();
    },
  });

  const withoutInterrupts: App['withoutInterrupts'] = async (work) => {
    lentTerminal += 1;
    try {
      return await work();
    } finally {
      lentTerminal -= 1;
    }
  };

  const interruptible: App['interruptible'] = async (work) => {
    const own = new AbortController();
    piece = own;
    try {
      return await work(AbortSignal.any([interruption().signal, own.signal]));
    } finally {
      piece = undefined;
    }
  };

  const exitCode: App['exitCode'] = (given) => {
    if (defective) return 70;
    return signalled !== undefined && ![0, 2, 4, 70].includes(given) ? SIGNAL_CODES[signalled] : given;
  };

  let code = 0;
  const run: Run = async (command) => {
    const interrupt = () => interruption().signal.aborted || onSignal('SIGINT');
    const signal = () => interruption().signal;
    const control = { signal, interrupt, exitCode, withoutInterrupts, interruptible };
    const app = createApp(program.opts<GlobalOptions>(), control);
    report = app.io.err;
    try {
      code = await command(app);
    } catch (error) {
      code = await defect(app.io, error);
    }
  };
  const { program } = buildProgram({ run, version: __VERSION__, stdout: lazily(() => outputOf(1)) });
  try {
    await program.parseAsync([...argv], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    code = error.exitCode === 0 ? 0 : await badUsage(argv, program, error);
  }
  return exitCode(code);
}

/** The names of the command that was meant: `history list`. */
function commandPath(argv: readonly string[], program: Command): string[] {
  const path: string[] = [];
  let { commands } = program;
  for (const word of argv) {
    const found = commands.find((each) => each.name() === word);
    if (found === undefined) continue;
    path.push(word);
    commands = found.commands;
  }
  return path;
}

/** Nothing is asked any more, but what was started does not outlive us. */
function endAtOnce(signal: Signal): void {
  killStarted();
  // By the signal's own default action: a shell sees 130 or 143, as from any other program.
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
}

/** What commander says of wrong options, in our own form. Without a command it has shown the help instead. */
async function badUsage(argv: readonly string[], program: Command, error: CommanderError): Promise<number> {
  if (error.code === 'commander.help') return 2;
  const [message = '', ...hints] = error.message
    .replace(/^error: /, '')
    .replace(/'([^']*)'/g, '"$1"')
    .split('\n');
  const suggestion = /Did you mean (?:one of )?(.*)\?/.exec(hints.join(' '))?.[1];
  const advice =
    suggestion === undefined
      ? `"${['orchestrate', ...commandPath(argv, program), '--help'].join(' ')}" shows how it is used`
      : `did you mean "${suggestion.split(', ').join('" or "')}"?`;
  const { fail } = await import('./commands/outcome.ts');
  const noColor = argv.includes('--no-color');
  const { io } = createApp(
    { color: !noColor, input: true, json: argv.includes('--json') },
    {
      signal: () => AbortSignal.abort(),
      interrupt: () => undefined,
      exitCode: (code) => code,
      withoutInterrupts: (work) => work(),
      interruptible: (work) => work(AbortSignal.abort()),
    },
  );
  return fail(io, { code: 'usage', message, advice });
}

type Control = Pick<App, 'interrupt' | 'exitCode' | 'withoutInterrupts' | 'interruptible'> & {
  readonly signal: () => AbortSignal;
};

function createApp(options: GlobalOptions, { signal, ...control }: Control): App {
  const { env } = process;
  const json = options.json ?? false;
  const noColor = !options.color;
  let redact = (text: string) => text;
  const protect: App['protect'] = (redactor) => {
    redact = redactor.text;
  };
  const stdout = lazily(() => outputOf(1));
  const stderr = lazily(() => outputOf(2));
  const style = lazily(() => createStyle({ isTerminal: stdout().isTerminal, noColor, env }));
  const errStyle = lazily(() => createStyle({ isTerminal: stderr().isTerminal, noColor, env }));
  const io: Io = {
    out: (text) => stdout().write(redact(text)),
    err: (text) => stderr().write(redact(text)),
    // Looked at when asked for: Node builds each of the three streams when it is first touched, which costs a quarter of a `status`.
    get interactive() {
      return stderr().isTerminal && process.stdin.isTTY && !isCi(env) && !json && options.input;
    },
    json,
    quiet: options.quiet ?? false,
    verbose: options.verbose ?? false,
    get width() {
      return stdout().columns() || stderr().columns() || 80;
    },
    get errWidth() {
      return stderr().isTerminal ? stderr().columns() || 80 : Number.POSITIVE_INFINITY;
    },
    get style() {
      return style();
    },
    get errStyle() {
      return errStyle();
    },
  };
  return {
    io,
    env,
    folder: options.C,
    provider: options.provider,
    get signal() {
      return signal();
    },
    ...control,
    protect,
  };
}

type Output = {
  readonly isTerminal: boolean;
  readonly columns: () => number | undefined;
  readonly write: (text: string) => void;
};

function outputOf(descriptor: Descriptor): Output {
  if (isPlainOutput(descriptor))
    return { isTerminal: false, columns: () => undefined, write: (text) => writePlain(descriptor, text) };
  const stream = descriptor === 1 ? process.stdout : process.stderr;
  return { isTerminal: stream.isTTY, columns: () => stream.columns, write: (text) => void stream.write(text) };
}

function lazily<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}

function isCi(env: NodeJS.ProcessEnv): boolean {
  return env.CI !== undefined && env.CI !== '' && env.CI !== '0' && env.CI !== 'false';
}

/**
 * `orchestrate logs | head` ends quietly (EPIPE). A terminal that is closed makes every use of it fail with EIO, also inside the
 * question that is open: the state must still be written, so it counts as a hang-up. Listened for here and not at the streams,
 * which Node would have to make first.
 */
function watchTerminal({ onGone, onDefect }: { onGone: () => void; onDefect: (error: Error) => void }): void {
  process.on('uncaughtException', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EIO') onGone();
    else if (error.code !== 'EPIPE') onDefect(error);
  });
}

/** Only defects throw (design.md §4, exit code 70). */
async function defect(io: Io, error: unknown): Promise<number> {
  const { fail } = await import('./commands/outcome.ts');
  const failure: Failure = {
    code: 'internal',
    message: error instanceof Error ? error.message : String(error),
    ...(error instanceof Error && error.stack ? { stack: error.stack } : {}),
  };
  return fail(io, failure);
}
