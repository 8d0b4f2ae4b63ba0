// Our own MD5 and SHA-256 against those of Node.
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, test, vi } from 'vitest';

/** As in a process that has hashed nothing yet: what is ours, and not left to Node. */
async function ours(text: string): Promise<string[]> {
  vi.resetModules();
  const { md5, sha256 } = await import('../../../src/base/hash.ts');
  return [md5(text), sha256(text)];
}

function ofNode(text: string): string[] {
  return ['md5', 'sha256'].map((name) => createHash(name).update(text).digest('hex'));
}

test('texts of every length around the ends of blocks, and one that is left to Node', async () => {
  const texts = Array.from({ length: 130 }, (_, length) => 'é'.repeat(length >> 1) + 'a'.repeat(length & 1));
  for (const length of [4095, 4096, 4097, 100_000]) texts.push('x'.repeat(length));
  for (const text of texts) expect(await ours(text)).toEqual(ofNode(text));
});

test('any text', async () => {
  const numRuns = 100;
  for (const text of fc.sample(fc.string({ unit: 'binary', maxLength: 300 }), numRuns))
    expect(await ours(text)).toEqual(ofNode(text));
});

test('bytes, and what comes after much else', async () => {
  vi.resetModules();
  const { sha256 } = await import('../../../src/base/hash.ts');
  const bytes = Buffer.from([0xff, 0, 0xfe]);
  const texts = Array.from({ length: 100 }, (_, number) => `${number}`.repeat(500));
  for (const text of texts) expect(sha256(text)).toBe(ofNode(text)[1]);
  expect(sha256(bytes)).toBe(createHash('sha256').update(bytes).digest('hex'));
});
