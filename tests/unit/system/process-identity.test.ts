import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { isAliveIdentity, thisProcess } from '../../../src/system/process-identity.ts';

test('this process is alive, and one of its number from another moment is not', () => {
  expect(isAliveIdentity(thisProcess())).toBe(true);
  expect(isAliveIdentity({ ...thisProcess(), startedAt: '1' })).toBe(false);
});

test.runIf(process.platform === 'linux')(
  'a process that has ended and that nobody has asked for is not alive',
  async () => {
    // The shell becomes `sleep`, which does not ask for the child of the shell.
    const parent = spawn('sh', ['-c', 'sleep 0.3 & echo $!; exec sleep 20'], { stdio: ['ignore', 'pipe', 'ignore'] });
    try {
      const pid = await new Promise<number>((resolve) => parent.stdout.once('data', (data) => resolve(Number(data))));
      const fields = () => readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]?.split(' ') ?? [];
      const identity = { ...thisProcess(), pid, startedAt: fields()[19] };
      expect(isAliveIdentity(identity)).toBe(true);
      while (fields()[0] !== 'Z') await new Promise((resolve) => setTimeout(resolve, 10));
      expect(isAliveIdentity(identity)).toBe(false);
    } finally {
      parent.kill();
    }
  },
);
