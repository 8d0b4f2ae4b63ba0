// Who lives: a process that has ended and of which nobody took note does not. Linux, real processes.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { isAliveIdentity, type ProcessIdentity, thisProcess } from '../../../src/system/process-identity.ts';

/** Of proc_pid_stat(5): the state, and when it began. */
function statOf(pid: number): { state: string; startedAt: string } {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return { state: fields[0] ?? '', startedAt: fields[19] ?? '' };
}

test.runIf(process.platform === 'linux')('a zombie has ended', async () => {
  // Its parent becomes a `sleep`, which never asks how it ended.
  const parent = spawn('sh', ['-c', 'sleep 30 & echo $!; exec sleep 30'], { stdio: ['ignore', 'pipe', 'ignore'] });
  try {
    const [printed] = (await once(parent.stdout, 'data')) as [Buffer];
    const pid = Number(printed.toString());
    const identity: ProcessIdentity = { ...thisProcess(), pid, startedAt: statOf(pid).startedAt };
    expect(isAliveIdentity(identity)).toBe(true);
    await expect.poll(() => readFileSync(`/proc/${parent.pid}/comm`, 'latin1')).toBe('sleep\n');
    process.kill(pid, 'SIGKILL');
    await expect.poll(() => statOf(pid).state).toBe('Z');
    expect(isAliveIdentity(identity)).toBe(false);
    expect(isAliveIdentity({ ...identity, startedAt: '1' })).toBe(false);
  } finally {
    parent.kill('SIGKILL');
  }
});
