// Our own MD5 and SHA-256 against those of Node.
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { md5, sha256 } from '../../../src/base/hash.ts';

function both(text: string): string[] {
  return [md5(text), sha256(text)];
}

function ofNode(text: string): string[] {
  return ['md5', 'sha256'].map((name) => createHash(name).update(text).digest('hex'));
}

test('texts of every length around the ends of blocks, and those that are left to Node', () => {
  const texts = Array.from({ length: 200 }, (_, length) => 'é'.repeat(length >> 1) + 'a'.repeat(length & 1));
  for (const length of [4095, 4096, 4097, 100_000]) texts.push('x'.repeat(length));
  expect(texts.map(both)).toEqual(texts.map(ofNode));
});

test('any text', () => {
  const numRuns = 100;
  for (const text of fc.sample(fc.string({ unit: 'binary', maxLength: 300 }), numRuns))
    expect(both(text)).toEqual(ofNode(text));
});
