// MD5 and SHA-256, as hex: names and marks, no protection. Short texts are hashed here, because loading node:crypto takes a
// quarter of the time of an empty Node; whatever is longer is left to it.

import type Crypto from 'node:crypto';

/** What is hashed here in one process: beyond it, node:crypto is quicker together with its loading. */
const MOST_BYTES = 32 * 1024;
const TWO_32 = 2 ** 32;

export function md5(text: string): string {
  const bytes = Buffer.from(text, 'utf8');
  return isForNode(bytes) ? byNode('md5', bytes) : shortMd5(bytes);
}

export function sha256(content: string | Buffer): string {
  const bytes = typeof content === 'string' ? Buffer.from(content, 'utf8') : content;
  return isForNode(bytes) ? byNode('sha256', bytes) : shortSha256(bytes);
}

let hashed = 0;
let loaded: typeof Crypto | undefined;

function isForNode({ length }: Buffer): boolean {
  hashed += length;
  return hashed > MOST_BYTES;
}

function byNode(algorithm: string, bytes: Buffer): string {
  loaded ??= process.getBuiltinModule('node:crypto');
  return loaded.hash(algorithm, bytes);
}

/** A one, zeros, and room for the length in bits make it a whole number of blocks of 64 bytes. */
function padded(bytes: Buffer): Buffer {
  const all = Buffer.alloc((bytes.length + 72) & ~63);
  bytes.copy(all);
  all[bytes.length] = 0x80;
  return all;
}

const MD5_SHIFTS = [7, 12, 17, 22, 5, 9, 14, 20, 4, 11, 16, 23, 6, 10, 15, 21];

/** RFC 1321. */
function shortMd5(bytes: Buffer): string {
  const all = padded(bytes);
  all.writeUInt32LE(bytes.length * 8, all.length - 8);
  const sines = new Int32Array(64);
  for (let i = 0; i < 64; i += 1) sines[i] = Math.abs(Math.sin(i + 1)) * TWO_32;
  const state = Int32Array.of(0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476);
  for (let block = 0; block < all.length; block += 64) md5Block(state, sines, all.subarray(block, block + 64));
  const result = Buffer.alloc(16);
  for (let i = 0; i < 4; i += 1) result.writeInt32LE(state[i] as number, 4 * i);
  return result.toString('hex');
}

function md5Block(state: Int32Array, sines: Int32Array, block: Buffer): void {
  let a = state[0] as number;
  let b = state[1] as number;
  let c = state[2] as number;
  let d = state[3] as number;
  for (let i = 0; i < 64; i += 1) {
    const round = i >> 4;
    let mixed = (b & c) | (~b & d);
    let at = i;
    if (round === 1) {
      mixed = (d & b) | (~d & c);
      at = (5 * i + 1) & 15;
    } else if (round === 2) {
      mixed = b ^ c ^ d;
      at = (3 * i + 5) & 15;
    } else if (round === 3) {
      mixed = c ^ (b | ~d);
      at = (7 * i) & 15;
    }
    const sum = (a + mixed + (sines[i] as number) + block.readInt32LE(4 * at)) | 0;
    const shift = MD5_SHIFTS[4 * round + (i & 3)] as number;
    a = d;
    d = c;
    c = b;
    b = (b + ((sum << shift) | (sum >>> (32 - shift)))) | 0;
  }
  add(state, [a, b, c, d]);
}

function add(state: Int32Array, after: readonly number[]): void {
  for (let i = 0; i < after.length; i += 1) state[i] = (state[i] as number) + (after[i] as number);
}

/** FIPS 180-4. Its constants are the fractional parts of roots of the first primes. */
function shortSha256(bytes: Buffer): string {
  const all = padded(bytes);
  all.writeUInt32BE(bytes.length * 8, all.length - 4);
  const { keys, begin } = (roots ??= rootsOfPrimes());
  const state = begin.slice();
  const words = new Int32Array(64);
  for (let block = 0; block < all.length; block += 64) sha256Block(state, keys, spread(words, all, block));
  const result = Buffer.alloc(32);
  for (let i = 0; i < 8; i += 1) result.writeInt32BE(state[i] as number, 4 * i);
  return result.toString('hex');
}

type Roots = { readonly keys: Int32Array; readonly begin: Int32Array };
let roots: Roots | undefined;

function rootsOfPrimes(): Roots {
  const primes = firstPrimes(64);
  return {
    keys: Int32Array.from(primes, (prime) => (Math.cbrt(prime) % 1) * TWO_32),
    begin: Int32Array.from(primes.slice(0, 8), (prime) => (Math.sqrt(prime) % 1) * TWO_32),
  };
}

function firstPrimes(howMany: number): number[] {
  const primes: number[] = [];
  for (let n = 2; primes.length < howMany; n += 1) {
    let at = 0;
    while (at < primes.length && (primes[at] as number) ** 2 <= n && n % (primes[at] as number) !== 0) at += 1;
    if (at === primes.length || (primes[at] as number) ** 2 > n) primes.push(n);
  }
  return primes;
}

function spread(words: Int32Array, all: Buffer, block: number): Int32Array {
  for (let i = 0; i < 16; i += 1) words[i] = all.readInt32BE(block + 4 * i);
  for (let i = 16; i < 64; i += 1) {
    const early = words[i - 15] as number;
    const late = words[i - 2] as number;
    const low = ((early >>> 7) | (early << 25)) ^ ((early >>> 18) | (early << 14)) ^ (early >>> 3);
    const high = ((late >>> 17) | (late << 15)) ^ ((late >>> 19) | (late << 13)) ^ (late >>> 10);
    words[i] = (words[i - 16] as number) + low + (words[i - 7] as number) + high;
  }
  return words;
}

function sha256Block(state: Int32Array, keys: Int32Array, words: Int32Array): void {
  let a = state[0] as number;
  let b = state[1] as number;
  let c = state[2] as number;
  let d = state[3] as number;
  let e = state[4] as number;
  let f = state[5] as number;
  let g = state[6] as number;
  let h = state[7] as number;
  for (let i = 0; i < 64; i += 1) {
    const turnedE = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
    const turnedA = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
    const first = (h + turnedE + ((e & f) ^ (~e & g)) + (keys[i] as number) + (words[i] as number)) | 0;
    const second = (turnedA + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + first) | 0;
    d = c;
    c = b;
    b = a;
    a = (first + second) | 0;
  }
  add(state, [a, b, c, d, e, f, g, h]);
}
