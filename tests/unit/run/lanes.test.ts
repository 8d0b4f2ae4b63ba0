// What several tasks say at once is heard one after the other.
import { expect, test } from 'vitest';
import { createLanes } from '../../../src/run/lanes.ts';
import type { News } from '../../../src/run/ports.ts';
import { tasksOf } from '../making.ts';

const [task] = tasksOf([{ id: 'a' }]);

function heard() {
  const said: string[] = [];
  const lanes = createLanes((news) => {
    if (news.kind === 'script-output') said.push(news.text);
    else said.push(news.kind === 'note' ? news.message : news.kind);
  });
  const open = () => {
    const lane = lanes.open();
    return { ...lane, say: (text: string) => lane.report({ kind: 'script-output', stream: 'stdout', text }) };
  };
  return { said, open };
}

test('the first is heard as it speaks, the others in their turn and whole', () => {
  const { said, open } = heard();
  const [a, b, c] = [open(), open(), open()];
  b.say('b1');
  a.say('a1');
  c.say('c1');
  c.end();
  a.say('a2');
  expect(said).toEqual(['a1', 'a2']);
  a.end();
  expect(said).toEqual(['a1', 'a2', 'b1']);
  b.say('b2');
  b.end();
  expect(said).toEqual(['a1', 'a2', 'b1', 'b2', 'c1']);
});

test('one that must be heard now is, and who was speaking says again who they are', () => {
  const { said, open } = heard();
  const a = open();
  a.report({ kind: 'task-started', task } as News);
  a.say('a1');
  const b = open();
  b.first();
  b.say('b1');
  a.say('a2');
  b.end();
  a.end();
  expect(said).toEqual(['task-started', 'a1', 'b1', 'task-started', 'a2']);
});

test('one that says more than can be kept is told of', () => {
  const { said, open } = heard();
  const [a, b] = [open(), open()];
  for (let count = 0; count < 11; count += 1) b.say('x'.repeat(100_000));
  a.end();
  b.end();
  expect(said.join('').length).toBeLessThan(1_000_100);
  expect(said.at(-1)).toBe('100000 characters more are in its log');
});
