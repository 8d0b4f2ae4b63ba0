// The text of an answer on its way to the screen and, at least every second, to the history. Knows neither.

import type { Redactor } from '../base/secrets.ts';

const SAVE_EVERY_MS = 900;

export type Progress = {
  readonly push: (chunk: string) => void /** `broken-off`: the answer is not whole. */;
  readonly end: (how?: 'broken-off') => void;
};

/**
 * Shown and saved only as far as no secret can be cut in two: neither part of one would be found later. The clock saves, not the next
 * piece: when nothing more comes, what has come is saved all the same.
 */
export function startProgress(parts: {
  readonly redactor: Redactor;
  readonly save: (text: string) => void;
  readonly show: (text: string) => void;
}): Progress {
  const redact = parts.redactor.stream();
  let safe = '';
  let saved = '';
  const show = (piece: string): void => {
    if (piece === '') return;
    safe += piece;
    parts.show(piece);
  };
  const timer = setInterval(() => {
    if (safe === saved) return;
    saved = safe;
    parts.save(safe);
  }, SAVE_EVERY_MS);
  return {
    push: (chunk) => show(redact.push(chunk)),
    end: (how) => {
      clearInterval(timer);
      show(redact.end(how));
    },
  };
}
