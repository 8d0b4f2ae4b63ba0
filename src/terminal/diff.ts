// A unified diff in colours, so that it cannot steer the terminal. Pure.

import { neutralise } from '../base/text.ts';
import type { Style } from './style.ts';

export function drawDiff(diff: string, style: Style): string {
  const paint = (text: string) =>
    text.startsWith('+')
      ? style.good(text)
      : text.startsWith('-')
        ? style.bad(text)
        : text.startsWith('@@')
          ? style.accent(text)
          : text;
  return neutralise(diff)
    .trimEnd()
    .split('\n')
    .map((each) => `  ${paint(each)}`)
    .join('\n');
}
