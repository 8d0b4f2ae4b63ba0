// The picture of a runbook, drawn and compared as text.
import fc from 'fast-check';
import stringWidth from 'string-width';
import { describe, expect, test } from 'vitest';
import type { Runbook, TaskId } from '../../../src/runbook/task.ts';
import { STATUSES } from '../../../src/runbook/words.ts';
import { drawStatus } from '../../../src/terminal/status-view.ts';
import { createStyle } from '../../../src/terminal/style.ts';
import { runbookOf, type TaskParts } from '../making.ts';
import { PLAIN } from './plain-style.ts';

type Options = { width?: number; all?: boolean; errorPlace?: string; stale?: ReadonlyMap<TaskId, string> };

const draw = (book: Runbook, options: Options = {}) =>
  drawStatus(book, { style: PLAIN, width: 80, all: false, ...options });

const chain = (...parts: Omit<TaskParts, 'id'>[]): TaskParts[] =>
  parts.map((part, index) => ({ id: `t${index}`, dependsOn: index === 0 ? [] : [`t${index - 1}`], ...part }));

test('a short runbook: every task, what it waits for, and what is next', async () => {
  const tasks: TaskParts[] = [
    { id: 'build', name: 'Build it', status: 'DONE', phase: 'Make' },
    { id: 'notes', name: 'Draft the notes', type: 'AI_ASSISTED', dependsOn: ['build'], phase: 'Make' },
    { id: 'ask', name: 'Ask around', status: 'SKIPPED', phase: 'Make' },
    { id: 'review', name: 'Read them', type: 'MANUAL', dependsOn: ['notes'], phase: 'Release' },
    { id: 'publish', name: 'Publish', dependsOn: ['review', 'notes'], hold: true, phase: 'Release' },
  ];
  expect(await draw(runbookOf(tasks, { name: 'Release' }))).toBe(`Release  ██████░░░░░░░░░░ 2/5
1 DONE · 1 SKIPPED · 1 READY · 2 PENDING

○ Make     █████░░░ 2/3
    ✓ build    Build it
    ○ notes    Draft the notes  READY
    – ask      Ask around       SKIPPED
· Release  ░░░░░░░░ 0/2
    · review   Read them        waits for notes
    · publish  Publish          waits for review, notes

next notes: Draft the notes (a model call)
  → orchestrate next
`);
});

test('a stale task is shown with its reason, also where finished ones are folded, and is not counted among those', async () => {
  const book = runbookOf(chain(...Array.from({ length: 20 }, () => ({ status: 'DONE' as const })), {}));
  const stale = new Map([['t3' as TaskId, 'scripts/a.sh was changed\nsince (its script)']]);
  expect(await draw(book, { stale })).toBe(`runbook  ███████████████░ 20/21
20 DONE · 1 READY

  ✓ 19 finished
  ✓ t3   Task t3   stale: scripts/a.sh was changed since (its script)
  ○ t20  Task t20  READY
  (--all shows every task)

1 DONE task is stale
  → orchestrate verify

next t20: Task t20 (a script)
  → orchestrate next
`);
});

test('an error: what failed, where, what rests on it, and the command that helps', async () => {
  const issue = {
    timestamp: '2026-01-31',
    type: 'SCRIPT_ERROR',
    detail: '"npm run build" ended with exit code 2;\nits output is in logs/tasks/t1/3.log',
    resolution: null,
  };
  const book = runbookOf([...chain({ status: 'DONE' }, { status: 'ERROR', issues: [issue] }, {}), { id: 'other' }]);
  expect(await draw(book, { errorPlace: 'tasks/t1.yaml:3:9' })).toBe(`runbook  ████░░░░░░░░░░░░ 1/4
1 DONE · 1 READY · 1 ERROR · 1 PENDING

  ✓ t0     Task t0
  ✗ t1     Task t1     ERROR
  · t2     Task t2     waits for t1 (ERROR)
  ○ other  Task other  READY

✗ t1 failed (SCRIPT_ERROR): "npm run build" ended with exit code 2; its output
  is in logs/tasks/t1/3.log
  tasks/t1.yaml:3:9 · 1 task waits for it
  → mend it, then: orchestrate retry t1
  → to go on with what does not rest on it: orchestrate run --keep-going
`);
});

test('a long runbook at 80 columns: folded, cut, aligned', async () => {
  const name = (index: number) =>
    index % 10 === 3
      ? '端末の幅を超えるほど長い名前のタスク、そしてまだまだ続くので切られる'
      : index % 10 === 5
        ? 'A name that is much too long for a line of eighty columns, so that it is cut'
        : `Step ${index}`;
  const tasks = Array.from(
    { length: 40 },
    (_, index): Omit<TaskParts, 'id'> => ({
      name: name(index),
      phase: ['Prepare', '評価', 'Release'][Math.floor(index / 14)] ?? '',
      status: index < 18 ? 'DONE' : 'PENDING',
    }),
  );
  expect(await draw(runbookOf(chain(...tasks), { name: '長い仕事' }))).toBe(`長い仕事  ███████░░░░░░░░░ 18/40
18 DONE · 1 READY · 21 PENDING

✓ Prepare  ████████ 14/14
○ 評価     ██░░░░░░ 4/14
    ✓ 4 finished
    ○ t18  Step 18                                                 READY
    · t19  Step 19                                                 waits for t18
    · t20  Step 20                                                 waits for t19
    · t21  Step 21                                                 waits for t20
    · t22  Step 22                                                 waits for t21
    · t23  端末の幅を超えるほど長い名前のタスク、そしてまだまだ…   waits for t22
    · t24  Step 24                                                 waits for t23
      … 3 more
· Release  ░░░░░░░░ 0/12
  (--all shows every task)

next t18: Step 18 (a script)
  → orchestrate next
`);
});

describe('at 40 columns', () => {
  const LONG = 'A longer name than fits here';

  test('names are cut so that it can be said why a task waits', async () => {
    const tasks = chain({ status: 'DONE', phase: 'One' }, { name: LONG, phase: 'Two' }, { phase: 'Two' });
    expect(
      await draw(runbookOf(tasks, { name: 'A runbook with a very long name' }), { width: 40 }),
    ).toBe(`A runbook w…  █████░░░░░░░░░░░ 1/3
1 DONE · 1 READY · 1 PENDING

✓ One  ████████ 1/1
    ✓ t0  Task t0
○ Two  ░░░░░░░░ 0/2
    ○ t1  A longer name t…  READY
    · t2  Task t2           waits for t1

next t1: A longer name than fits here (a
  script)
  → orchestrate next
`);
  });

  test('names stay whole where a piece of the reason would say nothing', async () => {
    const tasks = chain(
      { status: 'ERROR', name: LONG, phase: 'One' },
      { phase: 'One' },
      { dependsOn: ['t0', 't1'], phase: 'One' },
    );
    expect((await draw(runbookOf(tasks), { width: 40 })).split('\n').slice(3, 7)).toEqual([
      '✗ One  ░░░░░░░░ 0/3',
      '    ✗ t0  A longer name than fits here',
      '    · t1  Task t1',
      '    · t2  Task t2',
    ]);
  });
});

describe('at the end it says', () => {
  async function closing(book: Runbook, options: Parameters<typeof draw>[1] = {}): Promise<string[]> {
    const drawn = await draw(book, options);
    return drawn
      .slice(drawn.lastIndexOf('\n\n') + 2)
      .trimEnd()
      .split('\n');
  }

  test.each<[what: string, tasks: TaskParts[], lines: string[]]>([
    ['that all is done', chain({ status: 'DONE' }, { status: 'SKIPPED', allowSkipped: true }), ['✓ All done.']],
    [
      'what is next of a person',
      chain({ type: 'MANUAL', work: { type: 'MANUAL', instructions: [], gate: false } }),
      ['next t0: Task t0 (a step for you)', '  → orchestrate next'],
    ],
    [
      'what runs',
      chain({ status: 'RUNNING' }, {}, {}),
      [
        '▸ t0 is RUNNING: Task t0',
        '  2 tasks wait for it',
        '  → if nothing is at work on it: orchestrate retry t0 --take-over',
      ],
    ],
    [
      'what was skipped and blocks',
      chain({ status: 'SKIPPED' }, {}, {}),
      [
        'nothing can run',
        '  t1: waits for t0 (SKIPPED) · 1 task waits for it',
        '  → to let it go on: orchestrate skip t0 --unblock',
      ],
    ],
    [
      'what is on hold',
      chain({ hold: true }),
      [
        'nothing can run',
        '  t0: on hold: set it to READY by hand when it may run',
        '  → to start it: orchestrate next t0',
      ],
    ],
    [
      'what is not yet written',
      chain({ work: undefined }),
      ['nothing can run', '  t0: it is not yet written', '  → orchestrate show t0'],
    ],
    [
      'the error that came last, and that there are others',
      [
        { id: 'a', status: 'ERROR', issues: [{ timestamp: '2026-01-01', detail: 'old' }] },
        { id: 'b', status: 'ERROR', issues: [{ timestamp: '2026-01-02', detail: 'new' }] },
      ],
      ['✗ b failed: new', '  1 other task in ERROR', '  → mend it, then: orchestrate retry b'],
    ],
    [
      'an error that nobody explained',
      chain({ status: 'ERROR' }),
      ['✗ t0 failed', '  → mend it, then: orchestrate retry t0'],
    ],
  ])('%s', async (_, tasks, lines) => {
    expect(await closing(runbookOf(tasks))).toEqual(lines);
  });

  test('what has errors in its files', async () => {
    const book = runbookOf(chain({}, {}), { problems: [{ severity: 'error', code: 'c', message: 'm', taskId: 't0' }] });
    expect(await closing(book)).toEqual([
      'nothing can run',
      '  t0: its files have errors: see "orchestrate validate" · 1 task waits for it',
      '  → orchestrate validate',
    ]);
    expect(await draw(book)).toContain('○ t0  Task t0  its files have errors\n');
  });
});

test('text of others cannot steer the terminal', async () => {
  const evil = 'a\u001b[2J\u202eb\nc\td';
  const book = runbookOf(
    [{ id: 't0', name: evil, phase: evil, status: 'ERROR', issues: [{ type: evil, detail: evil }] }],
    { name: evil },
  );
  expect((await draw(book)).replaceAll('\n', '')).not.toMatch(/\p{Cc}|\p{Bidi_Control}/u);
});

test('a task whose other errors are told has its own in the list', async () => {
  const tasks: TaskParts[] = [
    { id: 'a', status: 'ERROR', issues: [{ timestamp: '2026-01-01', detail: 'exit code 1' }] },
    { id: 'b', status: 'ERROR', issues: [{ timestamp: '2026-01-02', detail: 'exit code 2' }] },
  ];
  expect((await draw(runbookOf(tasks))).split('\n').slice(3, 5)).toEqual([
    '  ✗ a  Task a  ERROR: exit code 1',
    '  ✗ b  Task b  ERROR',
  ]);
});

test('a task that waits for many names the first', async () => {
  const tasks = ['a', 'b', 'c', 'd', 'e'].map((id): TaskParts => ({ id, status: 'READY' }));
  const waits = async (...dependsOn: string[]) =>
    (await draw(runbookOf([...tasks, { id: 'x', dependsOn }]))).split('\n').find((line) => line.includes('Task x'));
  expect(await waits('a', 'b', 'c')).toBe('  · x  Task x  waits for a, b, c');
  expect(await waits('a', 'b', 'c', 'd', 'e')).toBe('  · x  Task x  waits for a, b and 3 more');
});

test('with colours, the same is drawn', async () => {
  const book = runbookOf(chain({ status: 'DONE', phase: 'P' }, { status: 'READY', phase: 'P' }, { phase: 'Q' }));
  const coloured = await drawStatus(book, {
    style: createStyle({ isTerminal: true, noColor: false, env: {} }),
    width: 80,
    all: false,
  });
  expect(coloured).toMatch(/\u001b\[/);
  expect(coloured.replace(/\u001b\[[0-9;]*m/g, '')).toBe(await draw(book));
});

const word = fc.string({ unit: fc.constantFrom('a', 'b', 'é', '漢', '🚀'), minLength: 1, maxLength: 8 });
const words = fc.array(word, { minLength: 1, maxLength: 12 }).map((each) => each.join(' '));
const anyBook = fc
  .tuple(
    words,
    fc.array(
      fc.record({
        status: fc.constantFrom(...STATUSES),
        name: words,
        phase: fc.option(words, { nil: undefined }),
        hold: fc.boolean(),
        wants: fc.uniqueArray(fc.nat(30), { maxLength: 4 }),
        detail: words,
      }),
      { minLength: 1, maxLength: 40 },
    ),
  )
  .map(([name, parts]) =>
    runbookOf(
      parts.map(({ wants, phase, detail, ...rest }, index) => ({
        ...rest,
        id: `task-${index}`,
        ...(phase === undefined ? {} : { phase }),
        dependsOn: wants.filter((want) => want < index).map((want) => `task-${want}`),
        issues: [{ timestamp: '2026-01-01', type: 'SCRIPT_ERROR', detail }],
      })),
      { name },
    ),
  );

describe('whatever the runbook', () => {
  test.each([40, 60, 80, 120])('no line is wider than %d columns', async (width) => {
    await fc.assert(
      fc.asyncProperty(anyBook, fc.boolean(), async (book, all) => {
        const wide = (await draw(book, { width, all, errorPlace: 'tasks/task-1.yaml:3:9' }))
          .split('\n')
          .filter((line) => stringWidth(line) > width);
        // A command is not broken into words that could not be copied, but a line ends at a space: none of these words is that long.
        expect(wide).toEqual([]);
      }),
      { numRuns: 25 },
    );
  });

  test('the bar is full exactly when all is finished', async () => {
    await fc.assert(
      fc.asyncProperty(anyBook, async (book) => {
        const [head = ''] = (await draw(book)).split('\n');
        const finished = book.tasks.every(({ status }) => status === 'DONE' || status === 'SKIPPED');
        expect(head.includes('█'.repeat(16))).toBe(finished);
      }),
      { numRuns: 25 },
    );
  });
});

test('ten thousand tasks are drawn at once, in a screenful', async () => {
  const book = runbookOf(
    chain(
      ...Array.from(
        { length: 10_000 },
        (_, index): Omit<TaskParts, 'id'> => ({
          phase: `Phase ${Math.floor(index / 20)}`,
          status: index < 5000 ? 'DONE' : 'PENDING',
        }),
      ),
    ),
  );
  const start = performance.now();
  const drawn = await draw(book);
  expect(performance.now() - start).toBeLessThan(1500);
  expect(drawn.split('\n').length).toBeLessThan(30);
});
