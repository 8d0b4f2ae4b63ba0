// A file that is an input: text, or an image that a model can see. Told by its bytes; its name says nothing. Reads no file.

import { err, ok, type Result } from '../../base/result.ts';
import type { Blob } from './types.ts';

/** In bytes, for images and texts alike. */
const MOST_BLOB_BYTES = 10 * 1024 * 1024;

const IMAGES: readonly (readonly [mediaType: string, fits: (bytes: Buffer) => boolean])[] = [
  ['image/png', (bytes) => bytes.subarray(0, 8).toString('latin1') === '\x89PNG\r\n\x1a\n'],
  ['image/jpeg', (bytes) => bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff],
  ['image/gif', (bytes) => /^GIF8[79]a/.test(bytes.subarray(0, 6).toString('latin1'))],
  ['image/webp', (bytes) => /^RIFF[^]{4}WEBP/.test(bytes.subarray(0, 12).toString('latin1'))],
];

/** The blob, or the end of the sentence "… must be a blob; …". */
export function readBlob(file: string, bytes: Buffer): Result<Blob, string> {
  if (bytes.length === 0) return err('this is empty');
  if (bytes.length > MOST_BLOB_BYTES)
    return err(`${file} has ${bytes.length.toLocaleString('en')} bytes; 10 MiB are the most`);
  const sha256 = process.getBuiltinModule('node:crypto').createHash('sha256').update(bytes).digest('hex');
  const about = { type: 'blob' as const, file, bytes: bytes.length, sha256 };
  const image = IMAGES.find(([, fits]) => fits(bytes));
  if (image !== undefined) {
    const [mediaType] = image;
    return ok({ ...about, mediaType, dataUrl: `data:${mediaType};base64,${bytes.toString('base64')}` });
  }
  const text = bytes.includes(0) ? undefined : textOf(bytes);
  return text === undefined
    ? err(`${file} is neither text nor an image`)
    : ok({ ...about, mediaType: 'text/plain', text });
}

function textOf(bytes: Buffer): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
