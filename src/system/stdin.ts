// Our stdin, read to its end where somebody writes to it. Knows nothing of what is read.

import nodeFs from 'node:fs';
import { type Descriptor, isMemoryDevice, isPlainOutput } from './output.ts';

/** `none`: closed, /dev/null, or something else that nobody writes to. */
export type StdinKind = 'terminal' | 'pipe' | 'file' | 'none';

/** By what it is, not by what it holds: looking at the content could wait for ever. */
export function stdinKind(): StdinKind {
  try {
    const stats = nodeFs.fstatSync(0);
    if (stats.isFile()) return 'file';
    if (stats.isFIFO() || stats.isSocket()) return 'pipe';
    if (isMemoryDevice(stats)) return 'none';
    // Looked at only here: Node loads sockets for it.
    return process.stdin.isTTY ? 'terminal' : 'none';
  } catch {
    return 'none';
  }
}

/** True for a terminal: what is written there can steer it. */
export function isTerminal(descriptor: Descriptor): boolean {
  return !isPlainOutput(descriptor) && (descriptor === 1 ? process.stdout : process.stderr).isTTY;
}

export type StdinContent =
  | { readonly kind: 'bytes'; readonly bytes: Buffer }
  /** Nothing came, and its end did not either. */
  | { readonly kind: 'silent' }
  | { readonly kind: 'too-long' }
  | { readonly kind: 'interrupted' }
  | { readonly kind: 'failed'; readonly errno: string };

export type StdinLimits = {
  readonly maxBytes: number;
  /** How long to wait for the first byte, in milliseconds; without it, as long as it takes. */
  readonly firstByteMs?: number;
  readonly signal: AbortSignal;
};

/** To the end, or until a limit is reached; then the pipe is closed, so that whoever writes to it ends too. */
export function readStdin({ maxBytes, firstByteMs, signal }: StdinLimits): Promise<StdinContent> {
  const { stdin } = process;
  const { promise, resolve } = Promise.withResolvers<StdinContent>();
  const chunks: Buffer[] = [];
  let length = 0;
  const timer = firstByteMs === undefined ? undefined : setTimeout(() => end({ kind: 'silent' }), firstByteMs);
  const interrupt = (): void => end({ kind: 'interrupted' });
  const end = (content: StdinContent): void => {
    clearTimeout(timer);
    signal.removeEventListener('abort', interrupt);
    stdin.removeAllListeners('data');
    stdin.destroy();
    resolve(content);
  };
  signal.addEventListener('abort', interrupt, { once: true });
  if (signal.aborted) interrupt();
  stdin.on('data', (chunk: Buffer) => {
    clearTimeout(timer);
    chunks.push(chunk);
    length += chunk.length;
    if (length > maxBytes) end({ kind: 'too-long' });
  });
  stdin.on('end', () => end({ kind: 'bytes', bytes: Buffer.concat(chunks) }));
  stdin.on('error', (error: NodeJS.ErrnoException) => end({ kind: 'failed', errno: error.code ?? error.message }));
  return promise;
}
