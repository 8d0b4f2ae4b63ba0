// Why, in words: for each state a task can be in, and for a whole runbook. Places are made up; where they stand is tested elsewhere.
import { describe, expect, test } from 'vitest';
import { planRun } from '../../../src/run/plan.ts';
import { byId, withSettled } from '../../../src/run/states.ts';
import { actionsNow, causesOf, effectOf, rootsOf, unattended } from '../../../src/run/why.ts';
import type { Task, TaskId } from '../../../src/runbook/task.ts';
import type { Places } from '../../../src/runbook/where.ts';
import { drawTask, drawWhole, type WhyView } from '../../../src/terminal/why-view.ts';
import { runbookOf, type TaskParts } from '../making.ts';
import { PLAIN } from './plain-style.ts';

const place = (name: string) => ({ file: name });
const PLACES: Places = {
  entry: ({ id }) => place(`entry-of-${id}`),
  status: ({ id }) => place(`status-of-${id}`),
  hold: ({ id }) => place(`hold-of-${id}`),
  edge: ({ id }, other) => place(`${id}-to-${other}`),
};

const MANUAL = { type: 'MANUAL', work: { type: 'MANUAL', instructions: [], gate: false } } as const;

function viewOf(parts: readonly TaskParts[], all = false): WhyView {
  return { runbook: withSettled(runbookOf(parts)), places: PLACES, style: PLAIN, width: 80, all };
}

function aboutTask(parts: readonly TaskParts[], id: string): string[] {
  const view = viewOf(parts);
  const task = byId(view.runbook.tasks).get(id as TaskId) as Task;
  const plan = planRun(view.runbook, {}, { once: true, keepGoing: false });
  const answer = {
    task,
    causes: causesOf(view.runbook, task),
    effect: effectOf(view.runbook, task),
    trust: undefined,
    next: plan.steps[0]?.task,
    halted: plan.halted,
  };
  return drawTask(answer, view)
    .split('\n')
    .filter((line) => line !== '');
}

function aboutAll(parts: readonly TaskParts[], all = false): string {
  const view = viewOf(parts, all);
  const { runbook } = view;
  const plan = planRun(runbook, {}, { once: true, keepGoing: false });
  return drawWhole(
    {
      next: plan.steps[0]?.task,
      halted: plan.halted,
      actions: actionsNow(runbook),
      unattended: unattended(runbook),
      running: runbook.tasks.filter(({ status }) => status === 'RUNNING'),
      waiting: runbook.tasks
        .filter(({ status }) => status === 'PENDING')
        .map((task) => ({ task, causes: rootsOf(runbook).get(task.id) ?? [] })),
      stale: [],
    },
    view,
  );
}

describe('a task', () => {
  test.each<[what: string, parts: TaskParts[], lines: string[]]>([
    [
      'that is next',
      [
        { id: 'x', status: 'READY' },
        { id: 'y', dependsOn: ['x'] },
      ],
      [
        '○ READY x: Task x (entry-of-x)',
        'It is next: it depends on nothing, and it is the first READY one in the file.',
        '  → orchestrate next',
        'When it is DONE, no other task can go on by that alone. 1 task waits for it: y.',
      ],
    ],
    [
      'before which another comes',
      [
        { id: 'a', status: 'DONE' },
        { id: 'b', status: 'READY' },
        { id: 'x', status: 'READY', dependsOn: ['a'] },
      ],
      [
        '○ READY x: Task x (entry-of-x)',
        'It can start: all that it depends on is finished (a), but b comes first in the',
        '  file (entry-of-b).',
        '  → orchestrate next x',
        'No other task waits for it.',
      ],
    ],
    [
      'that a failure elsewhere holds up',
      [
        { id: 'e', status: 'ERROR' },
        { id: 'x', status: 'READY' },
      ],
      [
        '○ READY x: Task x (entry-of-x)',
        'It can start: it depends on nothing, but e failed (status-of-e), and a run stops',
        '  there.',
        '  → orchestrate next x',
        'No other task waits for it.',
      ],
    ],
    [
      'that is not written',
      [{ id: 'x', status: 'READY', work: undefined }],
      [
        '○ READY x: Task x (entry-of-x)',
        '  ○ x is not yet written (entry-of-x)',
        '    → give it a task_detail_file',
        'No other task waits for it.',
      ],
    ],
    [
      'that failed',
      [
        { id: 'x', status: 'ERROR', issues: [{ detail: 'no\u001B[2J disk' }] },
        { id: 'y', dependsOn: ['x'] },
      ],
      [
        '✗ ERROR x: Task x (entry-of-x)',
        '  ✗ x failed: no␛[2J disk (status-of-x)',
        '    → mend it, then: orchestrate retry x',
        'When it is DONE, 1 task can go on: y. 1 task waits for it.',
      ],
    ],
    [
      'that waits for a chain',
      [
        { id: 'a', status: 'READY', ...MANUAL },
        { id: 'b', dependsOn: ['a'] },
        { id: 'x', dependsOn: ['b'] },
      ],
      [
        '· PENDING x: Task x (entry-of-x)',
        'It waits for one thing:',
        '  x depends on b (x-to-b)',
        '  b depends on a (b-to-a)',
        '  ○ a is a step for a person (status-of-a)',
        '    → orchestrate next a',
        'No other task waits for it.',
      ],
    ],
    [
      'that was skipped',
      [{ id: 'x', status: 'SKIPPED' }],
      ['– SKIPPED x: Task x (entry-of-x)', 'It was skipped.', 'No other task waits for it.'],
    ],
    [
      'that is DONE without a receipt',
      [{ id: 'x', status: 'DONE' }],
      [
        '✓ DONE x: Task x (entry-of-x)',
        'Nothing was kept when it became DONE, so nothing can be compared.',
        '  → to check it now and keep that: orchestrate done x',
      ],
    ],
  ])('%s', (_, parts, lines) => {
    expect(aboutTask(parts, 'x')).toEqual(lines);
  });
});

describe('a whole runbook', () => {
  test.each<[what: string, parts: TaskParts[], text: string]>([
    ['that is done', [{ id: 'a', status: 'DONE' }], '✓ All done.\n'],
    [
      'with something next',
      [
        { id: 'a', status: 'READY' },
        { id: 'b', dependsOn: ['a'] },
        { id: 'm', ...MANUAL, dependsOn: ['b'] },
      ],
      [
        'next a: Task a (entry-of-a)',
        '  the first READY one in the file; it depends on nothing',
        '',
        'A run does by itself: a, b.',
        '',
        'What waits, and for what in the end:',
        '  b for a (READY)',
        '  m for a (READY)',
        '',
      ].join('\n'),
    ],
    [
      'that a failure and a hold keep',
      [
        { id: 'e', status: 'ERROR' },
        { id: 'h', hold: true },
        { id: 'b', dependsOn: ['e', 'h'] },
        { id: 'c', dependsOn: ['e'] },
      ],
      [
        'Nothing is next: e failed, and a run stops there. "orchestrate run --keep-going"',
        '  goes on with what does not rest on it.',
        '',
        'What you can do now, what helps most first:',
        '1. ✗ e failed (status-of-e)',
        '   → mend it, then: orchestrate retry e',
        '   lets c go on; 2 tasks wait for it',
        '2. · h is on hold (hold-of-h)',
        '   → when it may run: orchestrate next h',
        '   1 task waits for it, but none can go on by that alone: b',
        '',
        'What waits, and for what in the end:',
        '  h for itself (on hold)',
        '  b for e (ERROR), h (on hold)',
        '  c for e (ERROR)',
        '',
      ].join('\n'),
    ],
    ['in which one runs', [{ id: 'r', status: 'RUNNING' }], 'Nothing is next: r is RUNNING (status-of-r).\n'],
  ])('%s', (_, parts, text) => {
    expect(aboutAll(parts)).toBe(text);
  });

  test('long lists are shortened, and --all shows them', () => {
    const parts = [
      { id: 'a', status: 'ERROR' as const },
      ...Array.from({ length: 30 }, (_, at) => ({ id: `t${at}`, dependsOn: ['a'] })),
    ];
    const short = aboutAll(parts);
    expect(short).toContain('   lets t0, t1, t2, t3, t4 and 25 more go on\n');
    expect(short).toContain('  … and 20 more (--all shows them)\n');
    expect(aboutAll(parts, true)).toMatch(/t29 for a \(ERROR\)\n$/);
    for (const line of short.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
  });
});
