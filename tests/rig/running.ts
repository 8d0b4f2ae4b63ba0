// Starts a program under test without a terminal and watches it. Knows nothing of projects.
import { type ChildProcess, spawn } from 'node:child_process';
import { createTranscript, type Pattern } from './transcript.ts';

/** `signal` is the one that ended the program; then `code` is null. */
export type Exit = { readonly code: number | null; readonly signal: NodeJS.Signals | null };
export type RunResult = Exit & { readonly stdout: string; readonly stderr: string };

export type Running = {
  readonly pid: number;
  /** What has been written so far. */
  readonly stdout: () => string;
  readonly stderr: () => string;
  /** Waits for a match in stdout and stderr together, in what has come since the last match (default 10 s). */
  readonly waitFor: (pattern: Pattern, timeoutMs?: number) => Promise<RegExpExecArray>;
  /** Writes to stdin, which must have been left open. */
  readonly write: (text: string) => void;
  readonly closeStdin: () => void;
  /** Signals the program alone, as `kill PID` does (default SIGTERM). */
  readonly kill: (signal?: NodeJS.Signals) => void;
  /** Signals the program and what it started in its own process group, as Ctrl-C in a terminal does. */
  readonly killGroup: (signal: NodeJS.Signals) => void;
  /** Resolves when the program has ended and its output is closed. */
  readonly done: Promise<RunResult>;
};

export type StartSpec = {
  /** The program and its arguments. */
  readonly argv: readonly [string, ...string[]];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** Text for stdin, which then ends; `open` keeps it open for `write`. Default: it ends at once. */
  readonly stdin?: { readonly text: string } | 'open';
};

export function startProgram(spec: StartSpec): Running {
  const [file, ...args] = spec.argv;
  const child = spawn(file, args, { cwd: spec.cwd, env: spec.env, detached: true, stdio: 'pipe' });
  const both = createTranscript();
  const written = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      written[name] += text;
      both.append(text);
    });
  }
  // A program may end without reading what it is given.
  child.stdin.on('error', () => undefined);
  if (spec.stdin !== 'open') child.stdin.end(spec.stdin?.text ?? '');

  const done = ending(child).then((exit) => {
    both.close(`the program has ended (${JSON.stringify(exit)})`);
    return { ...written, ...exit };
  });
  done.catch((error: unknown) => both.close(String(error)));
  return {
    pid: child.pid ?? 0,
    stdout: () => written.stdout,
    stderr: () => written.stderr,
    waitFor: (pattern, timeoutMs = 10_000) => both.waitFor(pattern, timeoutMs),
    write: (text) => void child.stdin.write(text),
    closeStdin: () => void child.stdin.end(),
    kill: (signal = 'SIGTERM') => void child.kill(signal),
    killGroup: (signal) => killGroup(child.pid, signal),
    done,
  };
}

function ending(child: ChildProcess): Promise<Exit> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ code, signal }));
  });
}

/** Signals a process group by its leader; one that is gone is no error. */
export function killGroup(leader: number | undefined, signal: NodeJS.Signals): void {
  if (leader === undefined || leader === 0) return;
  try {
    process.kill(-leader, signal);
  } catch {
    // Nothing of it is left.
  }
}

/** Runs a program to its end; after `timeoutMs` it is killed, and the error shows what it had written. */
export async function runProgram(spec: StartSpec, timeoutMs: number): Promise<RunResult> {
  const running = startProgram(spec);
  const late = Promise.withResolvers<never>();
  const failure = new Error(); // made here for the stack of the test
  const timer = setTimeout(() => {
    running.killGroup('SIGKILL');
    const output = `stdout:\n${running.stdout()}\nstderr:\n${running.stderr()}`;
    failure.message = `the program did not end within ${timeoutMs} ms: ${spec.argv.join(' ')}\n${output}`;
    late.reject(failure);
  }, timeoutMs);
  try {
    return await Promise.race([running.done, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
