// Starts processes and follows them to their end: the only place that spawns. Does not know tasks, logs or terminals.
//
// posix_spawn or node:child_process rather than execa: a spawn costs half as much at most (and no 131 ms to load it), and what
// execa would add is not wanted here (it buffers, and settles when the pipes close, not when the process ends) or does
// not reach far enough (it kills the group, but returns before a grandchild that ignores SIGTERM is gone).
import { setTimeout as sleep } from 'node:timers/promises';
import { err, ok, type Result } from '../base/result.ts';
import { onForcedEnd } from './alive.ts';
import { type Child, forkChild } from './child.ts';
import { posixSpawnFor } from './posix-spawn.ts';
import { type OutputReader, type OutputSink, readOutput } from './process-output.ts';
import { type NotStarted, whyNotStarted } from './process-start.ts';
import { endTree, type ProcessTree, processTree, signalTree } from './process-tree.ts';

export type ProcessSpec = {
  /** A shell line is run by `sh -c`; the arguments of `exec` reach the program as they are. */
  readonly command:
    | { readonly kind: 'shell'; readonly line: string }
    | { readonly kind: 'exec'; readonly file: string; readonly args: readonly string[] };
  readonly cwd: string;
  /** The complete environment: nothing is inherited. A bare command name is looked for on its PATH. */
  readonly env: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
  /**
   * `none` is /dev/null; the process then leads a session of its own, without a terminal, and is ended as a group.
   * `inherit` is for what talks to the person. It stays in our process group, so that it can open /dev/tty (sudo, ssh), hears
   * Ctrl-C and Ctrl-Z directly, and is not stopped when it reads the terminal, as a group in the background is (SIGTTIN). For
   * a timeout or an abort its descendants are looked up in the process table: one whose parent has ended before is not found.
   * The caller must not read the terminal meanwhile.
   */
  readonly stdin: 'none' | 'inherit';
  /** From SIGTERM to SIGKILL; default 5000. */
  readonly graceMs?: number;
  /** How long output is still read after the process itself has ended; default 500. */
  readonly drainMs?: number;
  readonly signal: AbortSignal;
  /** Called when it has just been started, before any output of it is read. */
  readonly onStart?: () => void;
  /**
   * Called in order for each stream; a promise holds the reading back until it settles, and the run does not end before
   * that. Output is discarded where there is no callback. A callback that throws ends the process, and `runProcess` throws.
   * With `inherit`, Node gives the process sockets, not pipes: on Linux it cannot open /dev/stdout or /dev/stderr by name
   * (`| tee /dev/stderr` fails with ENXIO), unless it writes through a pipe of its own (`{ …; } | cat`).
   */
  readonly onOutput?: OutputSink;
};

export type ProcessEnd =
  | { readonly kind: 'exit'; readonly code: number }
  | { readonly kind: 'signal'; readonly signal: string }
  | { readonly kind: 'timeout' }
  | { readonly kind: 'aborted' }
  | NotStarted;

/** `durationMs` is the time until the process itself ended, without the drain. */
export type ProcessResult = {
  readonly end: ProcessEnd;
  readonly durationMs: number;
  readonly pid: number | undefined;
};

type Exit = Extract<ProcessEnd, { kind: 'exit' | 'signal' }>;
type Running = {
  readonly child: Child;
  readonly tree: ProcessTree;
  readonly exited: Promise<Exit>;
  readonly readers: readonly OutputReader[];
};

const DEFAULT_GRACE_MS = 5000;
const DEFAULT_DRAIN_MS = 500;
// A longer timer fires at once.
const LONGEST_TIMER_MS = 2 ** 31 - 1;
// Between the death of a process and the event that tells of it; for one that no signal ends, how long it is waited for.
const EXIT_NEWS_MS = 1000;

/**
 * Runs a process to its end (design.md §5). It has ended when the process itself has, plus a short drain, also if a child
 * in the background keeps a pipe open; that child is left alone. A timeout or an abort before that ends everything it
 * started; an abort during the drain only cuts the drain short, and the outcome stands.
 * What cannot be started is a value, with a message for the user.
 */
export async function runProcess(spec: ProcessSpec): Promise<ProcessResult> {
  if (spec.signal.aborted) return { end: { kind: 'aborted' }, durationMs: 0, pid: undefined };
  const startedAt = performance.now();
  const started = await start(spec);
  if (!started.ok) return { end: started.error, durationMs: 0, pid: undefined };
  spec.onStart?.();
  const running = started.value;
  const { end, interrupted } = await settle(spec, running);
  const durationMs = Math.round(performance.now() - startedAt);
  await drain(spec, running, interrupted);
  return { end, durationMs, pid: running.tree.root };
}

async function start(spec: ProcessSpec): Promise<Result<Running, NotStarted>> {
  const [file, ...args] = commandLine(spec.command);
  const detached = spec.stdin === 'none' && process.platform !== 'win32';
  const wanted = { file, args, cwd: spec.cwd, env: spec.env, detached, output: spec.onOutput !== undefined };
  try {
    const start = (await posixSpawnFor(wanted)) ?? forkChild;
    const started = await start(wanted);
    // A script without a first line that says what runs it: Node's way leaves that to the shell, as a shell does.
    const child = 'code' in started && started.code === 'ENOEXEC' ? await forkChild(wanted) : started;
    if ('pid' in child) return ok(attend(child, processTree(child.pid, detached), spec.onOutput));
    return err(whyNotStarted(child, { file, cwd: spec.cwd }));
  } catch (error) {
    return err(whyNotStarted(error as NodeJS.ErrnoException, { file, cwd: spec.cwd }));
  }
}

/** The `--` keeps a line that begins with a dash from being read as options of the shell. */
function commandLine(command: ProcessSpec['command']): [string, ...string[]] {
  if (command.kind === 'exec') return [command.file, ...command.args];
  return [process.platform === 'win32' ? 'sh' : '/bin/sh', '-c', '--', command.line];
}

function attend(child: Child, tree: ProcessTree, sink: OutputSink | undefined): Running {
  const exited = child.exited.then((exit) => {
    endedByItself(tree);
    return exit;
  });
  endWithUs(tree);
  const readers: OutputReader[] = [];
  if (sink && child.stdout) readers.push(readOutput(child.stdout, 'stdout', sink));
  if (sink && child.stderr) readers.push(readOutput(child.stderr, 'stderr', sink));
  return { child, tree, exited, readers };
}

/** Waits for the end of the process, and brings it about when its time is up, the run is aborted or the output fails. */
async function settle(spec: ProcessSpec, running: Running): Promise<{ end: ProcessEnd; interrupted: boolean }> {
  const cause = await firstCause(spec, running);
  if (cause === 'exit') return { end: await running.exited, interrupted: false };
  await endTree(running.tree, spec.graceMs ?? DEFAULT_GRACE_MS);
  await Promise.race([running.exited, sleep(EXIT_NEWS_MS, undefined, { ref: false })]);
  running.child.unref();
  return { end: { kind: cause === 'timeout' ? 'timeout' : 'aborted' }, interrupted: true };
}

function firstCause(spec: ProcessSpec, running: Running): Promise<'exit' | 'timeout' | 'aborted' | 'output-failed'> {
  return new Promise((resolve) => {
    const finish = (cause: 'exit' | 'timeout' | 'aborted' | 'output-failed'): void => {
      clearTimeout(timer);
      spec.signal.removeEventListener('abort', onAbort);
      resolve(cause);
    };
    const onAbort = (): void => finish('aborted');
    const deadline = deadlineAfter(spec.timeoutMs);
    let timer: NodeJS.Timeout | undefined;
    const watch = (): void => {
      const left = deadline();
      if (left <= 0) finish('timeout');
      else if (left < Number.POSITIVE_INFINITY) timer = setTimeout(watch, Math.min(left, LONGEST_TIMER_MS));
    };
    watch();
    spec.signal.addEventListener('abort', onAbort, { once: true });
    void running.exited.then(() => finish('exit'));
    for (const reader of running.readers) reader.done.catch(() => finish('output-failed'));
    if (spec.signal.aborted) finish('aborted');
  });
}

/** Milliseconds that are left; the time in which this process was suspended, and the other with it, does not count. */
function deadlineAfter(timeoutMs: number | undefined): () => number {
  if (timeoutMs === undefined) return () => Number.POSITIVE_INFINITY;
  const end = performance.now() + timeoutMs - suspendedMs;
  return () => end + suspendedMs - performance.now();
}

/** Reads on until the pipes close or the time is up; an abort cuts it short. Throws what a failed sink threw. */
async function drain(spec: ProcessSpec, { readers }: Running, interrupted: boolean): Promise<void> {
  const allRead = Promise.all(readers.map((reader) => reader.done));
  const { promise: timeUp, resolve: cut } = Promise.withResolvers<void>();
  const timer = setTimeout(cut, spec.drainMs ?? DEFAULT_DRAIN_MS);
  const onAbort = (): void => cut();
  // After an interruption the signal is aborted already; what the process still wrote is wanted all the same.
  if (!interrupted) spec.signal.addEventListener('abort', onAbort, { once: true });
  if (!interrupted && spec.signal.aborted) cut();
  try {
    await Promise.race([allRead, timeUp]);
  } finally {
    clearTimeout(timer);
    spec.signal.removeEventListener('abort', onAbort);
    await Promise.all(readers.map((reader) => reader.cutOff()));
  }
  await allRead;
}

// What is alive when this process exits for whatever reason but a signal. An own session does not hear of our end, nor of Ctrl-Z.
const alive = new Set<ProcessTree>();

let takeBack: (() => void) | undefined;

function endWithUs(tree: ProcessTree): void {
  if (alive.size === 0) {
    process.on('exit', endAll);
    process.on('SIGTSTP', suspend);
    takeBack = onForcedEnd(() => signalAll('SIGKILL'));
  }
  alive.add(tree);
}

function endedByItself(tree: ProcessTree): void {
  alive.delete(tree);
  if (alive.size > 0) return;
  process.off('exit', endAll);
  process.off('SIGTSTP', suspend);
  takeBack?.();
}

function endAll(): void {
  signalAll('SIGTERM');
}

let suspendedMs = 0;

/** Ctrl-Z stops what was started as well; `fg` lets all of it go on. The call that stops us returns when we go on. */
function suspend(): void {
  signalAll('SIGSTOP');
  const since = performance.now();
  process.kill(process.pid, 'SIGSTOP');
  suspendedMs += performance.now() - since;
  signalAll('SIGCONT');
}

function signalAll(signal: NodeJS.Signals): void {
  for (const tree of alive) signalTree(tree, signal);
}
