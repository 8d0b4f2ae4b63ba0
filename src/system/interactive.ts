// Hands the terminal to another program, such as an editor, and waits for it. Knows nothing of what is edited.

import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** Runs a shell line on the terminal; its output goes where our stderr goes, since stdout may be a pipe. Gives the exit code, or null. */
export async function runOnTerminal(line: string, env: Readonly<Record<string, string>>): Promise<number | null> {
  const child = spawn('sh', ['-c', line], { stdio: ['inherit', process.stderr, 'inherit'], env });
  const [code] = (await once(child, 'close')) as [number | null];
  return code;
}
