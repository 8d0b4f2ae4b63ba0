// The process table of systems without /proc.
import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { parsePs } from '../../../src/system/process-tree.ts';

test('ps lines become rows; zombies and lines that are none are left out', () => {
  const text = `    1     0     1 Ss   Mon Nov  2 10:00:00 2026
  812     1   812 S+   Tue Nov  3 09:30:01 2026
  813   812   812 Z+   Tue Nov  3 09:30:02 2026

`;
  expect([...parsePs(text)]).toEqual([
    [1, { parent: 0, group: 1, started: 'Mon Nov 2 10:00:00 2026' }],
    [812, { parent: 1, group: 812, started: 'Tue Nov 3 09:30:01 2026' }],
  ]);
});

test("this system's ps is understood", ({ skip }) => {
  const ps = spawnSync('ps', ['-A', '-o', 'pid=,ppid=,pgid=,stat=,lstart='], { encoding: 'utf8' });
  if (ps.error !== undefined) skip('there is no ps here');
  expect(parsePs(ps.stdout).get(process.pid)).toMatchObject({
    parent: process.ppid,
    started: expect.stringMatching(/\d{4}$/),
  });
});
