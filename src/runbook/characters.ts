// Bytes that are no UTF-8 and characters that YAML does not allow. Rewriting a file that holds them would lose what they stood for.

import { isUtf8 } from 'node:buffer';
import type { Problem, SourceFile } from './problem.ts';

/** YAML 1.2 §5.1: C0 controls but tab, LF and CR, and DEL. */
const FORBIDDEN = /[\0-\x08\x0B\x0C\x0E-\x1F\x7F]/;

/** The first of them, with its place. */
export function badCharacter(source: SourceFile, bytes: Buffer): Problem | undefined {
  if (!isUtf8(bytes)) {
    const advice = 'save the file as UTF-8';
    return problemAt(source, firstBadByte(source.text, bytes), {
      code: 'not-utf8',
      message: 'this is not UTF-8',
      advice,
    });
  }
  const at = source.text.search(FORBIDDEN);
  if (at < 0) return undefined;
  const code = (source.text.codePointAt(at) ?? 0).toString(16).toUpperCase().padStart(4, '0');
  const advice = String.raw`remove it; inside double quotes it can be written as \u${code}`;
  return problemAt(source, at, {
    code: 'control-character',
    message: `YAML allows no control character here (U+${code})`,
    advice,
  });
}

function problemAt(source: SourceFile, start: number, rest: Pick<Problem, 'code' | 'message' | 'advice'>): Problem {
  return { severity: 'error', ...rest, spot: { source, path: [], span: { start, end: start + 1 } } };
}

/** Decoding puts U+FFFD in the place of bad bytes; one that stands in the file itself is no mistake. */
function firstBadByte(text: string, bytes: Buffer): number {
  for (let at = text.indexOf('\uFFFD'); at >= 0; at = text.indexOf('\uFFFD', at + 1)) {
    const offset = Buffer.byteLength(text.slice(0, at));
    if (bytes.subarray(offset, offset + 3).toString('latin1') !== '\u00EF\u00BF\u00BD') return at;
  }
  return 0;
}
