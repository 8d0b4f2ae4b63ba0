// A streamed answer on the screen: the same text however it is cut, safe, whole lines where nobody watches.
import { describe, expect, test } from 'vitest';
import { createAnswerStream } from '../../../src/terminal/answer-stream.ts';
import type { Style } from '../../../src/terminal/style.ts';

const mark = (name: string) => (text: string) => (text === '' ? '' : `<${name}>${text}</${name}>`);
const STYLE = { dim: mark('dim'), bold: mark('bold') } as unknown as Style;
const PLAIN = { dim: (text: string) => text, bold: (text: string) => text } as unknown as Style;

function shown(chunks: readonly string[], { style = PLAIN, live = true } = {}): string {
  const stream = createAnswerStream(style, live);
  return chunks.map((chunk) => stream.push(chunk)).join('') + stream.end();
}

const ANSWER = '# Title\r\n\r\nA \u{1f600} #word `code`.\n> said\n```js\n# no heading\n\u001b[2Jx\n```\n#not\nend';
const SAFE = '# Title\n\nA \u{1f600} #word `code`.\n> said\n```js\n# no heading\n␛[2Jx\n```\n#not\nend';

test.each([1, 2, 3, 5, 100])('is the same in pieces of %i, with nothing that steers the terminal', (size) => {
  const units = Array.from({ length: Math.ceil(ANSWER.length / size) }, (_, i) =>
    ANSWER.slice(i * size, (i + 1) * size),
  );
  expect(shown(units)).toBe(SAFE);
  expect(shown(units, { live: false })).toBe(SAFE);
  const text = shown(units, { style: STYLE }).replaceAll(/<\/(\w+)><\1>/g, '');
  expect(text).toBe(
    '<bold># Title</bold>\n\nA \u{1f600} #word `code`.\n<dim>> said</dim>\n<dim>```js</dim>\n# no heading\n␛[2Jx\n<dim>```</dim>\n#not\nend',
  );
});

describe('in the middle of a line', () => {
  test('it is shown at once to a person, and held back elsewhere', () => {
    const live = createAnswerStream(PLAIN, true);
    expect(live.push('Ha')).toBe('Ha');
    const calm = createAnswerStream(PLAIN, false);
    expect(calm.push('Ha')).toBe('');
    expect(calm.push('lf\nan')).toBe('Half\n');
    expect(calm.end()).toBe('an');
  });
});
