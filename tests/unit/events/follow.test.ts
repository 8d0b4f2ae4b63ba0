// The log, watched while it grows.
import { appendFileSync, mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test, vi } from 'vitest';
import { followLog } from '../../../src/events/follow.ts';
import { makeFolder } from '../temporary.ts';

const line = (type: string, text = '') => `${JSON.stringify({ event_type: type, details: { text } })}\n`;

/** Follows a file until the end of `body`, and gives the types that were seen. */
async function following(
  before: string,
  body: (file: string, seen: string[]) => Promise<void>,
  from = Buffer.byteLength(before),
): Promise<string[]> {
  const file = path.join(makeFolder({ log: before }), 'log');
  const seen: string[] = [];
  const stop = new AbortController();
  const ended = followLog(file, {
    from,
    signal: stop.signal,
    onEvent: (event) => seen.push(`${event.event_type}${String(event.details?.text ?? '')}`),
  });
  try {
    await body(file, seen);
  } finally {
    stop.abort();
    await ended;
  }
  return seen;
}

const until = (seen: string[], ...types: string[]) =>
  vi.waitFor(() => expect(seen).toEqual(types), { timeout: 5000, interval: 20 });

test('events that are there already are not told again, new ones are, in order', async () => {
  await following(line('OLD'), async (file, seen) => {
    appendFileSync(file, line('A') + line('B'));
    await until(seen, 'A', 'B');
    appendFileSync(file, line('C'));
    await until(seen, 'A', 'B', 'C');
  });
});

test('from the beginning all are told', async () => {
  await following(line('A'), (_, seen) => until(seen, 'A'), 0);
});

test('a line is told when it is whole, also one that was cut inside a character', async () => {
  const bytes = Buffer.from(line('A', ' grün'));
  const cut = bytes.indexOf(Buffer.from('ü')) + 1;
  await following('', async (file, seen) => {
    appendFileSync(file, bytes.subarray(0, cut));
    await new Promise((resolve) => setTimeout(resolve, 250));
    expect(seen).toEqual([]);
    appendFileSync(file, bytes.subarray(cut));
    await until(seen, 'A grün');
  });
});

test('a file that became shorter is read from its beginning', async () => {
  await following(line('A').repeat(3), async (file, seen) => {
    truncateSync(file);
    await new Promise((resolve) => setTimeout(resolve, 250));
    writeFileSync(file, line('NEW'));
    await until(seen, 'NEW');
  });
});

test('a file that is not there yet is waited for', async () => {
  const file = path.join(makeFolder(), 'logs', 'log');
  const seen: string[] = [];
  const stop = new AbortController();
  const ended = followLog(file, { from: 0, signal: stop.signal, onEvent: (event) => seen.push(event.event_type) });
  mkdirSync(path.dirname(file));
  appendFileSync(file, line('A'));
  await until(seen, 'A');
  stop.abort();
  await ended;
});

test('an aborted signal ends it at once', async () => {
  const start = performance.now();
  await followLog('/nowhere', { from: 0, signal: AbortSignal.abort(), onEvent: () => undefined });
  expect(performance.now() - start).toBeLessThan(100);
});
