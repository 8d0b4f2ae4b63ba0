// What is said of a log, line by line.
import { expect, test } from 'vitest';
import { checkLog } from '../../../src/events/health.ts';

const line = (seq: number) => `${JSON.stringify({ seq, event_type: 'START_TASK', task_id: 'a' })}\n`;
const sound = { torn: false, unreadable: [], outOfOrder: [] };

test.each([
  ['an empty log', '', { ...sound, events: 0 }],
  ['a whole log', line(1) + line(2) + line(5), { ...sound, events: 3 }],
  ['a last line that was cut off', `${line(1)}{"seq":2,"ev`, { ...sound, events: 1, torn: true }],
  ['a last line that lacks only its line feed', line(1) + line(2).trim(), { ...sound, events: 1, torn: true }],
  ['a cut line that was ended', `${line(1)}{"seq":2,"ev\n${line(2)}`, { ...sound, events: 2, unreadable: [2] }],
  ['JSON that is no event', `[]\n"x"\n{}\nnull\n${line(1)}`, { ...sound, events: 1, unreadable: [1, 2, 3, 4] }],
  ['blank lines', `\n${line(1)}\n${line(2)}`, { ...sound, events: 2 }],
  ['a number twice', line(1) + line(1) + line(2), { ...sound, events: 3, outOfOrder: [2] }],
  ['a number that falls, seen once', line(7) + line(3) + line(8), { ...sound, events: 3, outOfOrder: [2] }],
  ['no number', '{"event_type":"START_TASK"}\n', { ...sound, events: 1, outOfOrder: [1] }],
])('%s', (_, text, health) => {
  expect(checkLog(text)).toEqual(health);
});
