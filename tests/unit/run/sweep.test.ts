// What a write left beside a file of the project is removed where it is ours, and kept where it may be somebody's work.
import * as fs from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { sweepLeftovers } from '../../../src/run/sweep.ts';
import { asideName, markOf, newName } from '../../../src/system/leftovers.ts';
import { tasksOf } from '../making.ts';
import { makeFolder } from '../temporary.ts';

const mark = (text: string) => markOf(Buffer.from(text));

const BEFORE = '# by hand\nid: a\nstatus: RUNNING\n';
const NOW = '# by hand\nid: a\nstatus: DONE\n';
const GONE = 999_999_999;
const inside = (root: string) => path.join(root, 'tasks/a.yaml');

test.each<[string, (root: string) => string, string, readonly string[]]>([
  ['the former file', (root) => asideName(inside(root), [BEFORE, NOW].map(mark)), BEFORE, []],
  ['a part of what was about to be written', (root) => newName(inside(root)), NOW.slice(0, 20), []],
  [
    'what somebody saved in that moment',
    (root) => asideName(inside(root), [BEFORE, NOW].map(mark)),
    `${BEFORE}# and this\n`,
    ['tasks/a.yaml.conflict'],
  ],
])('%s', async (_what, nameIn, left, kept) => {
  // Whatever has come after it: the name says what it may hold.
  const root = makeFolder({ 'runbook.yaml': 'tasks: []\n', 'tasks/a.yaml': `${NOW}# a remark since\n` });
  fs.writeFileSync(nameIn(root).replace(`.${process.pid}.`, `.${GONE}.`), left);
  const [task] = tasksOf([{ id: 'a' }]);
  const detail = { file: 'tasks/a.yaml', writable: true };
  expect(await sweepLeftovers(root, [{ ...task, detail } as NonNullable<typeof task>])).toEqual(
    kept.map((name) => path.join(root, name)),
  );
  expect(fs.readdirSync(path.join(root, 'tasks')).sort()).toEqual([
    'a.yaml',
    ...kept.map((name) => path.basename(name)),
  ]);
});
