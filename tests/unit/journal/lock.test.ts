// The project's lock in the hands of one process: given away for a question, taken again.
import { expect, test } from 'vitest';
import { takeLock } from '../../../src/journal/lock.ts';
import { makeFolder } from '../temporary.ts';

test('a process that has taken the lock again for something else does not wait for itself', async () => {
  const waiting = { forMs: 0, signal: new AbortController().signal };
  const lock = await takeLock({ root: makeFolder(), task: undefined, waiting });
  if (!lock.ok) throw new Error(lock.error.code);
  lock.value.release();
  expect(await lock.value.ensure()).toEqual({ ok: true, value: 'taken again' });
  expect(await lock.value.retake(waiting)).toEqual({ ok: true, value: undefined });
  expect(await lock.value.ensure()).toEqual({ ok: true, value: 'held' });
  lock.value.release();
});
