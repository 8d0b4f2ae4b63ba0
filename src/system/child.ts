// One child process: its pid, its output, its end; and how Node starts one. Knows nothing of what it is for.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';

export type ChildSpec = {
  /** A path, or a name that is looked for on the PATH in `env`. */
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** With a session of its own (none on Windows) and /dev/null to read from; otherwise in our group, with our stdin. */
  readonly detached: boolean;
  /** Whether its output can be read; it goes nowhere otherwise. */
  readonly output: boolean;
};

/** Of a child that could not be started. */
export type StartError = { readonly code: string | undefined; readonly message: string };

export type Child = {
  readonly pid: number;
  readonly stdout?: Readable | undefined;
  readonly stderr?: Readable | undefined;
  readonly exited: Promise<
    { readonly kind: 'exit'; readonly code: number } | { readonly kind: 'signal'; readonly signal: string }
  >;
  /** Our process no longer waits for it. */
  readonly unref: () => void;
};

/** Throws, or gives, why it could not be started. */
export async function forkChild({ file, args, cwd, env, detached, output }: ChildSpec): Promise<Child | StartError> {
  const stream = output ? 'pipe' : 'ignore';
  const stdio = [detached ? 'ignore' : 'inherit', stream, stream] as const;
  const child = spawn(file, args, { cwd, env, detached, windowsHide: true, stdio: [...stdio] });
  if (child.pid === undefined) {
    const [error] = (await once(child, 'error')) as [NodeJS.ErrnoException];
    return { code: error.code, message: error.message };
  }
  const exited: Child['exited'] = new Promise((resolve) => {
    child.once('exit', (code, signal) =>
      resolve(signal === null ? { kind: 'exit', code: code ?? 0 } : { kind: 'signal', signal }),
    );
  });
  const { pid, stdout, stderr } = child;
  return { pid, stdout: stdout ?? undefined, stderr: stderr ?? undefined, exited, unref: () => child.unref() };
}
