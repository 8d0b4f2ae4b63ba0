// Waiting for text that grows.
import { expect, test } from 'vitest';
import { createTranscript } from '../../rig/transcript.ts';

test('each wait is for something new', async () => {
  const transcript = createTranscript();
  transcript.append('ready ready');
  expect((await transcript.waitFor('ready', 100)).index).toBe(0);
  expect((await transcript.waitFor('ready', 100)).index).toBe(1);
  await expect(transcript.waitFor('ready', 20)).rejects.toThrow(/within 20 ms[^]*waited for ready/);
});

test('a match may come in pieces, and gives its groups', async () => {
  const transcript = createTranscript();
  const match = transcript.waitFor(/port (\d+)\n/, 1000);
  transcript.append('port 4');
  transcript.append('2\n');
  expect((await match)[1]).toBe('42');
});

test('a string is not an expression', async () => {
  const transcript = createTranscript();
  transcript.append('really? (y/n) [x] a.b');
  await transcript.waitFor('? (y/n) [x] a.', 100);
  await expect(transcript.waitFor('.', 20)).rejects.toThrow('within 20 ms');
});

test('a global expression does not remember where it was', async () => {
  const transcript = createTranscript();
  const pattern = /x./g;
  transcript.append('x1');
  expect((await transcript.waitFor(pattern, 100))[0]).toBe('x1');
  transcript.append('x2');
  expect((await transcript.waitFor(pattern, 100))[0]).toBe('x2');
});

test('after the end of the text a wait fails at once and shows what came', async () => {
  const transcript = createTranscript();
  const waiting = transcript.waitFor('never', 60_000);
  transcript.append('something else');
  transcript.close('it has ended');
  await expect(waiting).rejects.toThrow(/^it has ended\n[^]*something else$/);
});
