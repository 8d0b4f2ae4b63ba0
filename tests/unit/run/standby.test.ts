// A person who is asked keeps nobody from the project, unless something else is in flight.
import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { err, ok } from '../../../src/base/result.ts';
import type { News, Person } from '../../../src/run/ports.ts';
import { createStandby } from '../../../src/run/standby.ts';
import { makeFolder } from '../temporary.ts';

/** What happens to the lock, and a person whose answers are given by the test. */
function asking({ full = false } = {}) {
  const did: string[] = [];
  const open: ((answer: string | undefined) => void)[] = [];
  const nothing = () => ok(undefined);
  const standby = createStandby({
    root: makeFolder(),
    runId: 'run',
    journal: { running: () => ok([]), setWaiting: nothing },
    lock: {
      release: () => did.push('let go'),
      retake: () => {
        did.push('taken');
        return Promise.resolve(ok(undefined));
      },
    },
    log: { lookAgain: () => undefined },
    ledger: {
      flush: () =>
        Promise.resolve(full ? err({ code: 'io', operation: 'write', path: 'x', errno: 'ENOSPC' }) : nothing()),
      settle: nothing,
    },
    signal: new AbortController().signal,
    report: ({ kind }: News) => did.push(kind),
  } as unknown as Parameters<typeof createStandby>[0]);
  const person = standby.person({
    ask: (message: string) =>
      new Promise<string | undefined>((resolve) => {
        did.push(`asked ${message}`);
        open.push(resolve);
      }),
  } as unknown as Person);
  return { did, person, setAlone: standby.setAlone, answer: (text?: string) => open.shift()?.(text) };
}

test('asked alone, they are waited for without the lock', async () => {
  const { did, person, answer } = asking();
  const asked = person.ask('a');
  await turn();
  answer('yes');
  expect(await asked).toBe('yes');
  expect(did).toEqual(['let go', 'asked a', 'taken']);
});

test.each(['yes', undefined])(
  'asked while others are at work, and answered (%s) before they end, the lock is kept',
  async (given) => {
    const { did, person, answer, setAlone } = asking();
    setAlone(false);
    const asked = person.ask('a');
    await turn();
    answer(given);
    expect(await asked).toBe(given);
    setAlone(true);
    await turn();
    expect(did).toEqual(['asked a']);
  },
);

test('when the others have ended, the lock is let go under the question that is open', async () => {
  const { did, person, answer, setAlone } = asking();
  setAlone(false);
  const asked = person.ask('a');
  await turn();
  expect(did).toEqual(['asked a']);
  setAlone(true);
  await turn();
  expect(did).toEqual(['asked a', 'let go']);
  answer('yes');
  expect(await asked).toBe('yes');
  expect(did).toEqual(['asked a', 'let go', 'taken']);
});

test('where the journal cannot be written the lock is kept; that is said before a question, and not into one', async () => {
  const { did, person, answer, setAlone } = asking({ full: true });
  const first = person.ask('a');
  await turn();
  answer('1');
  expect(await first).toBe('1');
  setAlone(false);
  const second = person.ask('b');
  await turn();
  setAlone(true);
  await turn();
  answer('2');
  expect(await second).toBe('2');
  expect(did).toEqual(['warning', 'asked a', 'asked b']);
});

test('two are not asked at once', async () => {
  const { did, person, answer, setAlone } = asking();
  setAlone(false);
  const [a, b] = [person.ask('a'), person.ask('b')];
  await turn();
  expect(did).toEqual(['asked a']);
  answer('1');
  expect(await a).toBe('1');
  await turn();
  answer('2');
  expect(await b).toBe('2');
});
