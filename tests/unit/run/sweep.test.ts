// What a write left beside a file is removed where it is ours, and kept where it may be somebody's work.
import * as fs from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { editsOf } from '../../../src/run/step.ts';
import { sweepLeftovers } from '../../../src/run/sweep.ts';
import { tasksOf } from '../making.ts';
import { makeFolder } from '../temporary.ts';

const BEFORE = '# by hand\nid: a\nstatus: RUNNING\n';
const NOW = '# by hand\nid: a\nstatus: DONE\n';
const DONE = { taskId: 'a', from: 'RUNNING', to: 'DONE', detail: { file: 'tasks/a.yaml', from: 'RUNNING' } } as const;
const edits = () => [[], editsOf([DONE]).files];

test.each([
  ['the former file, although the write went well later', BEFORE, []],
  ['a part of what was about to be written', NOW.slice(0, 20), []],
  ['what somebody saved in that moment', `${BEFORE}# and this\n`, ['tasks/a.yaml.conflict']],
])('%s', async (_what, left, kept) => {
  const root = makeFolder({ 'runbook.yaml': 'tasks: []\n', 'tasks/a.yaml': NOW, 'tasks/.a.yaml.4711.tmp': left });
  const [task] = tasksOf([{ id: 'a' }]);
  const detail = { file: 'tasks/a.yaml', writable: true };
  expect(await sweepLeftovers(root, [{ ...task, detail } as NonNullable<typeof task>], edits)).toEqual(kept);
  expect(fs.readdirSync(path.join(root, 'tasks')).sort()).toEqual([
    'a.yaml',
    ...kept.map((name) => path.basename(name)),
  ]);
});

const READY = '# by hand\nid: a\nstatus: READY # mine\n';
const RUNNING = '# by hand\nid: a\nstatus: RUNNING # mine\n';
const started = { taskId: 'a', from: 'READY', to: 'RUNNING', detail: { file: 'tasks/a.yaml', from: 'READY' } } as const;
const lastRun = { timestamp: 'T', outcome: 'SUCCESS' };

test.each([
  ['what was about to be written of them', { now: READY, left: RUNNING }, []],
  ['the former file of what was written of them', { now: RUNNING, left: READY }, []],
  ['what somebody saved', { now: RUNNING, left: READY.replace('mine', 'yours') }, ['tasks/a.yaml.conflict']],
  ['a status that somebody set', { now: RUNNING, left: READY.replace('READY', 'SKIPPED') }, ['tasks/a.yaml.conflict']],
])('where the run had gone on when the first of its edits were written: %s', async (_what, { now, left }, kept) => {
  const root = makeFolder({ 'runbook.yaml': 'tasks: []\n', 'tasks/a.yaml': now, 'tasks/.a.yaml.4711.tmp': left });
  const [task] = tasksOf([{ id: 'a' }]);
  const detail = { file: 'tasks/a.yaml', writable: true };
  const all = () => [editsOf([started, { ...DONE, lastRun }]).files];
  expect(await sweepLeftovers(root, [{ ...task, detail } as NonNullable<typeof task>], all)).toEqual(kept);
});
