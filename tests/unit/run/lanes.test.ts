// What several tasks say at once is kept apart.
import { expect, test } from 'vitest';
import { createLanes } from '../../../src/run/lanes.ts';
import type { News } from '../../../src/run/ports.ts';
import type { Task } from '../../../src/runbook/task.ts';
import { tasksOf } from '../making.ts';

const TASKS = tasksOf([{ id: 'a' }, { id: 'b' }, { id: 'c' }]) as [Task, Task, Task];

function heard(options: { eventsAtOnce?: boolean } = {}) {
  const said: string[] = [];
  const lanes = createLanes((news, of) => {
    if (news.kind === 'script-output') said.push(news.text);
    else said.push(news.kind === 'note' ? news.message : `${of ?? news.kind}${of ? ` ${news.kind}` : ''}`);
    if (news.kind === 'task-goes-on') said.splice(-1, 1, `${news.task.id} goes on`);
  }, options);
  const open = (task: Task) => {
    const lane = lanes.open(task);
    const report = (kind: string) => lane.report({ kind, task } as News);
    return { ...lane, report, say: (text: string) => lane.report({ kind: 'script-output', stream: 'stdout', text }) };
  };
  return { said, open: () => TASKS.map(open) as [Opened, Opened, Opened] };
  type Opened = ReturnType<typeof open>;
}

test('the first is heard as it speaks, the others whole and as soon as they have ended', () => {
  const { said, open } = heard();
  const [a, b, c] = open();
  b.say('b1');
  a.say('a1');
  c.say('c1');
  c.end();
  expect(said).toEqual(['a1', 'c1']);
  a.say('a2');
  a.say('a3');
  a.report('task-ended');
  a.end();
  expect(said).toEqual(['a1', 'c1', 'a goes on', 'a2', 'a3', 'a task-ended', 'b1']);
  b.say('b2');
  b.end();
  expect(said.slice(-2)).toEqual(['b1', 'b2']);
});

test('the end of one that was broken into needs no title again', () => {
  const { said, open } = heard();
  const [a, b] = open();
  a.say('a1');
  b.say('b1');
  b.end();
  a.report('task-ended');
  a.end();
  expect(said).toEqual(['a1', 'b1', 'a task-ended']);
});

test('nobody breaks in where a person is asked or a model answers, and whoever spoke before goes on afterwards', () => {
  const { said, open } = heard();
  const [a, b, c] = open();
  a.say('a1');
  b.first();
  b.say('b1');
  a.say('a2');
  c.say('c1');
  c.end();
  expect(said).toEqual(['a1', 'b1']);
  b.end();
  expect(said).toEqual(['a1', 'b1', 'c1', 'a goes on', 'a2']);
  const other = heard();
  const [model, script] = other.open();
  model.report('model-call');
  script.say('s1');
  script.end();
  expect(other.said).toEqual(['a model-call']);
  model.end();
  expect(other.said).toEqual(['a model-call', 's1']);
});

test('one that says more than can be kept is told of', () => {
  const { said, open } = heard();
  const [, b] = open();
  for (let count = 0; count < 11; count += 1) b.say('x'.repeat(100_000));
  b.end();
  expect(said.join('').length).toBeLessThan(1_000_100);
  expect(said.at(-1)).toBe('100000 characters more are in its log');
});

test('where events say whose they are, they come as they happen; what scripts print is kept apart all the same', () => {
  const { said, open } = heard({ eventsAtOnce: true });
  const [a, b] = open();
  a.report('task-started');
  a.say('a1');
  b.report('task-started');
  b.say('b1');
  b.report('task-ended');
  b.end();
  expect(said).toEqual(['a task-started', 'a1', 'b task-started', 'b task-ended', 'b1']);
});
