// Which wishes for a new task make no sense by themselves.
import { expect, test } from 'vitest';
import { checkWish, type TaskWish } from '../../../src/authoring/task-wish.ts';

const check = (wish: TaskWish) => checkWish(wish, (id) => /^\w+$/.test(id));

test.each<[string, TaskWish]>([
  ['a manual step', { id: 'a', type: 'MANUAL', output: 'o' }],
  ['a script', { id: 'a', type: 'AUTOMATED_SCRIPT', script: 'true' }],
  ['a task for a model', { id: 'a', type: 'AI_ASSISTED', template: 't', phase: 'p', name: 'n' }],
])('%s is all right', (_, wish) => {
  expect(check(wish)).toBeUndefined();
});

test.each<[string, TaskWish, RegExp]>([
  ['an id that is none', { id: '../a', type: 'MANUAL' }, /"\.\.\/a" is no id/],
  ['a script without a command', { id: 'a', type: 'AUTOMATED_SCRIPT' }, /needs --script/],
  ['a model without a template', { id: 'a', type: 'AI_ASSISTED' }, /needs --template/],
  [
    'a command for a person',
    { id: 'a', type: 'MANUAL', script: 'x' },
    /--script belongs to AUTOMATED_SCRIPT tasks, and this one is MANUAL/,
  ],
  [
    'a template for a script',
    { id: 'a', type: 'AUTOMATED_SCRIPT', script: 'x', template: 't' },
    /--template belongs to AI_ASSISTED/,
  ],
  ['an empty name', { id: 'a', type: 'MANUAL', name: ' ' }, /--name is empty/],
])('%s is refused', (_, wish, message) => {
  expect(check(wish)).toMatchObject({ code: 'usage', message: expect.stringMatching(message) });
});
