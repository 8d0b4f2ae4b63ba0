// What a run would do, against an independent simulation.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Attendance } from '../../../src/run/absent.ts';
import { type PlanOptions, planRun } from '../../../src/run/plan.ts';
import type { Scope } from '../../../src/run/states.ts';
import type { Problem } from '../../../src/runbook/problem.ts';
import type { Runbook, TaskId } from '../../../src/runbook/task.ts';
import { STATUSES } from '../../../src/runbook/words.ts';
import { runbookOf, type TaskParts } from '../making.ts';

const RUN: PlanOptions = { once: false, keepGoing: false };
const NEXT: PlanOptions = { once: true, keepGoing: false };
const id = (text: string) => text as TaskId;

/** The ids in order, then what is stuck and what halts. */
function plan(book: Runbook, options: PlanOptions = RUN, scope: Scope = {}): string[] {
  const { steps, stuck, halted } = planRun(book, scope, options);
  return [
    ...steps.map(({ task, needs }) => (needs === 'nothing' ? task.id : `${task.id} (${needs})`)),
    ...stuck.map(({ task, reason }) => `stuck: ${task.id}: ${reason}`),
    ...(halted ? [`halted by ${halted.id}`] : []),
  ];
}

const chain = (...more: Partial<TaskParts>[]): TaskParts[] =>
  more.map((part, index) => ({ id: `t${index}`, dependsOn: index === 0 ? [] : [`t${index - 1}`], ...part }));
const failing = (taskId: string): Problem => ({ severity: 'error', code: 'c', message: 'm', taskId });

describe('a run', () => {
  test.each<[what: string, tasks: TaskParts[], steps: string[]]>([
    ['of nothing that is left', chain({ status: 'DONE' }, { status: 'SKIPPED', allowSkipped: true }), []],
    ['of a chain goes along it', chain({}, {}, {}), ['t0', 't1', 't2']],
    ['begins where it stopped', chain({ status: 'DONE' }, { status: 'READY' }, {}), ['t1', 't2']],
    [
      'goes back to an earlier entry as soon as it is READY',
      [{ id: 'a', dependsOn: ['c'] }, { id: 'b' }, { id: 'c' }, { id: 'd' }],
      ['b', 'c', 'a', 'd'],
    ],
    [
      'goes through a diamond',
      [{ id: 'd', dependsOn: ['b', 'c'] }, { id: 'c', dependsOn: ['a'] }, { id: 'b', dependsOn: ['a'] }, { id: 'a' }],
      ['a', 'c', 'b', 'd'],
    ],
    [
      'says whom it needs',
      [
        { id: 'm', type: 'MANUAL', work: { type: 'MANUAL', instructions: [], gate: false } },
        { id: 'a', type: 'AI_ASSISTED', work: { type: 'AI_ASSISTED', ai: {} } },
        { id: 'b', type: 'AI_ASSISTED', work: { type: 'AI_ASSISTED', ai: { auto_accept: true } } },
      ],
      ['m (person)', 'a (review)', 'b'],
    ],
    ['stops at an ERROR before anything is started', chain({ status: 'READY' }, { status: 'ERROR' }), ['halted by t1']],
    [
      'stops at a RUNNING that it did not set',
      chain({ status: 'READY' }, { status: 'RUNNING', dependsOn: [] }),
      ['stuck: t1: it is marked RUNNING'],
    ],
    [
      'takes back a READY whose dependencies are open',
      [{ id: 'a', status: 'READY', dependsOn: ['b'] }, { id: 'b' }],
      ['b', 'a'],
    ],
    [
      'does not pass a held task',
      chain({}, { hold: true }, {}),
      ['t0', 'stuck: t1: on hold: set it to READY by hand when it may run', 'stuck: t2: waits for t1'],
    ],
    ['runs a held task that was made READY', chain({ status: 'READY', hold: true }, {}), ['t0', 't1']],
    ['does not pass a skipped task', chain({ status: 'SKIPPED' }, {}), ['stuck: t1: waits for t0 (SKIPPED)']],
    ['passes a skipped task where that is allowed', chain({ status: 'SKIPPED' }, { allowSkipped: true }), ['t1']],
    [
      'does not start what is not yet written',
      chain({ work: undefined }, {}),
      ['stuck: t0: it is not yet written', 'stuck: t1: waits for t0 (READY)'],
    ],
  ])('%s', (_, tasks, steps) => {
    expect(plan(runbookOf(tasks))).toEqual(steps);
  });

  test('does not start what has errors in its files', () => {
    expect(plan(runbookOf([{ id: 'a' }, { id: 'b' }], { problems: [failing('a')] }))).toEqual([
      'b',
      'stuck: a: its files have errors: see "orchestrate validate"',
    ]);
  });

  const manual = (gate: boolean): Partial<TaskParts> => ({
    type: 'MANUAL',
    work: { type: 'MANUAL', instructions: [], gate },
  });
  const asks = (auto_accept: boolean): Partial<TaskParts> => ({
    type: 'AI_ASSISTED',
    work: { type: 'AI_ASSISTED', ai: { auto_accept } },
  });
  const CI: Attendance = { person: undefined, unattended: true, yes: false };
  const PIPED: Attendance = { ...CI, unattended: false };
  const MIXED = [
    { id: 'm', ...manual(false) },
    { id: 'g', ...manual(true) },
    { id: 'r', ...asks(false) },
    { id: 'a', ...asks(true) },
    { id: 'x', ...asks(false), expects: [{ command: 'c' }] },
    { id: 's', dependsOn: ['m', 'x'] },
    { id: 'u', dependsOn: ['r'] },
  ];
  const GATE = 'stuck: g: it is a gate: --yes does not pass it';
  const STEP = 'a person must do this and confirm it';
  const REVIEW = 'a person must review its answer, so with --ci it is not asked for';
  test.each<[what: string, attendance: Attendance, steps: string[]]>([
    [
      'a person at the terminal',
      { ...PIPED, person: 'p' },
      ['m (person)', 'g (person)', 'r (review)', 'a', 'x (review)', 's', 'u'],
    ],
    [
      'a person who said --yes',
      { ...PIPED, person: 'p', yes: true },
      ['m', 'g (person)', 'r (review)', 'a', 'x', 's', 'u'],
    ],
    [
      'nobody: answers then wait for a review',
      PIPED,
      [
        'r (review)',
        'a',
        'x (review)',
        `stuck: m: ${STEP}`,
        `stuck: g: ${STEP}`,
        'stuck: s: waits for m (READY), x (READY)',
        'stuck: u: waits for r (READY)',
      ],
    ],
    [
      'nobody, and --yes',
      { ...PIPED, yes: true },
      ['m', 'r (review)', 'a', 'x', 's', GATE, 'stuck: u: waits for r (READY)'],
    ],
    [
      '--ci',
      CI,
      [
        'a',
        `stuck: m: ${STEP}`,
        `stuck: g: ${STEP}`,
        `stuck: r: ${REVIEW}`,
        `stuck: x: ${REVIEW}`,
        'stuck: s: waits for m (READY), x (READY)',
        'stuck: u: waits for r (READY)',
      ],
    ],
    [
      '--ci --yes',
      { ...CI, yes: true },
      ['m', 'a', 'x', 's', GATE, `stuck: r: ${REVIEW}`, 'stuck: u: waits for r (READY)'],
    ],
  ])('with %s', (_, attendance, steps) => {
    expect(plan(runbookOf(MIXED), { ...RUN, attendance })).toEqual(steps);
  });

  test('looks at "when" before it looks for a person', () => {
    const when = { text: 'w', subject: { kind: 'var', name: 'v' }, equals: true, value: 'x' } as const;
    const book = runbookOf([
      { id: 'm', ...manual(false), when },
      { id: 's', dependsOn: ['m'], allowSkipped: true },
    ]);
    expect(plan(book, { ...RUN, attendance: CI })).toEqual(['s']);
  });

  test('that keeps going passes an ERROR and what rests on it', () => {
    const book = runbookOf([
      { id: 'a', status: 'ERROR', issues: [{ detail: 'broke' }] },
      { id: 'b', dependsOn: ['a'] },
      { id: 'c' },
    ]);
    expect(plan(book, { once: false, keepGoing: true })).toEqual([
      'c',
      'stuck: a: broke',
      'stuck: b: waits for a (ERROR)',
    ]);
  });

  test.each<[scope: Scope, steps: string[]]>([
    [{ only: [id('t1')] }, ['stuck: t1: waits for t0 (READY)']],
    [{ until: id('t1') }, ['t0', 't1']],
    [
      { startFrom: id('t1') },
      ['stuck: t1: waits for t0 (READY)', 'stuck: t2: waits for t1', 'stuck: t3: waits for t2'],
    ],
  ])('in scope %j: %j', (scope, steps) => {
    expect(plan(runbookOf(chain({}, {}, {}, {})), RUN, scope)).toEqual(steps);
  });

  test('in a scope without the ERROR is not stopped by it', () => {
    expect(plan(runbookOf([{ id: 'a', status: 'ERROR' }, { id: 'b' }]), RUN, { only: [id('b')] })).toEqual(['b']);
  });
});

describe('next', () => {
  test.each<[what: string, tasks: TaskParts[], options: PlanOptions, scope: Scope, steps: string[]]>([
    ['is one task, and nothing is said of the others', chain({}, {}), NEXT, {}, ['t0']],
    [
      'says why there is none',
      chain({ hold: true }),
      NEXT,
      {},
      ['stuck: t0: on hold: set it to READY by hand when it may run'],
    ],
    ['starts what is forced', chain({}, {}), { ...NEXT, forced: id('t1') }, { only: [id('t1')] }, ['t1']],
    [
      'starts a held task that is forced',
      chain({ hold: true }),
      { ...NEXT, forced: id('t0') },
      { only: [id('t0')] },
      ['t0'],
    ],
    ['has nothing to do when all is done', chain({ status: 'DONE' }), NEXT, {}, []],
    [
      'ends at a step that nobody can do, as it would',
      [{ id: 'm', type: 'MANUAL', work: { type: 'MANUAL', instructions: [], gate: false } }, { id: 's' }],
      { ...NEXT, attendance: { person: undefined, unattended: false, yes: false } },
      {},
      ['stuck: m: a person must do this and confirm it'],
    ],
  ])('%s', (_, tasks, options, scope, steps) => {
    expect(plan(runbookOf(tasks), options, scope)).toEqual(steps);
  });
});

describe('any runbook', () => {
  type Part = {
    status: (typeof STATUSES)[number];
    hold: boolean;
    allowSkipped: boolean;
    /** Whether its `when` holds. */
    meant: boolean;
    /** Who it needs; `broken` and `unwritten` cannot be run. */
    kind: 'script' | 'manual' | 'broken' | 'unwritten';
    dependsOn: number[];
  };

  /** Acyclic by a hidden order, so that dependencies point both up and down the file. */
  const parts = fc.integer({ min: 1, max: 9 }).chain((size) =>
    fc
      .tuple(
        fc.shuffledSubarray([...Array(size).keys()], { minLength: size }),
        fc.array(
          fc.record({
            status: fc.constantFrom(...STATUSES.filter((status) => status !== 'RUNNING')),
            hold: fc.boolean(),
            allowSkipped: fc.boolean(),
            meant: fc.integer({ min: 0, max: 3 }).map((n) => n > 0),
            kind: fc.constantFrom(...(['script', 'script', 'manual', 'broken', 'unwritten'] as const)),
            wants: fc.uniqueArray(fc.nat(8), { maxLength: 3 }),
          }),
          { minLength: size, maxLength: size },
        ),
      )
      .map(([order, records]) =>
        records.map(
          ({ wants, ...rest }, index): Part => ({
            ...rest,
            dependsOn: wants.filter((want) => want < size && (order[want] ?? 0) < (order[index] ?? 0)),
          }),
        ),
      ),
  );

  /** Reads the rules of design.md §3 again from the start after every task. */
  function simulate(
    given: readonly Part[],
    scope: readonly number[],
    ci: boolean,
  ): { order: number[]; skipped: number[] } {
    const tasks = given.map((part) => ({ ...part, status: part.status as string }));
    const order: number[] = [];
    const skipped: number[] = [];
    const free = (part: Part) =>
      part.dependsOn.every(
        (want) => tasks[want]?.status === 'DONE' || (tasks[want]?.status === 'SKIPPED' && part.allowSkipped),
      );
    // What a person made READY too early is PENDING again, and stays so where it is on hold.
    for (const task of tasks) if (task.status === 'READY' && !free(task as Part)) task.status = 'PENDING';
    for (;;) {
      const next = tasks.findIndex(
        (task, index) =>
          scope.includes(index) &&
          free(given[index] as Part) &&
          (task.status === 'READY' || (task.status === 'PENDING' && !task.hold)) &&
          task.kind !== 'broken' &&
          task.kind !== 'unwritten' &&
          !(task.kind === 'manual' && ci && task.meant),
      );
      const task = tasks[next];
      if (task === undefined) return { order, skipped };
      task.status = task.meant ? 'DONE' : 'SKIPPED';
      (task.meant ? order : skipped).push(next);
    }
  }

  const bookOf = (given: readonly Part[]) =>
    runbookOf(
      given.map(({ dependsOn, meant, kind, ...rest }, index) => ({
        ...rest,
        ...(kind === 'manual' ? manualParts : {}),
        ...(kind === 'unwritten' ? { work: undefined } : {}),
        when: { text: 'w', subject: { kind: 'var', name: 'x' }, equals: true, value: meant ? 'yes' : 'no' },
        id: `t${index}`,
        dependsOn: dependsOn.map((want) => `t${want}`),
      })),
      {
        vars: { x: 'yes' },
        problems: given.flatMap(({ kind }, index) => (kind === 'broken' ? [failing(`t${index}`)] : [])),
      },
    );
  const manualParts = { type: 'MANUAL', work: { type: 'MANUAL', instructions: [], gate: false } } as const;

  test('is planned as the rules say, task by task', () => {
    fc.assert(
      fc.property(parts, fc.subarray([0, 1, 2, 3, 4, 5, 6, 7, 8]), fc.boolean(), (given, only, ci) => {
        const scope = only.length === 0 ? given.map((_, index) => index) : only;
        const attendance = ci ? { person: undefined, unattended: true, yes: false } : undefined;
        const { steps, skipped } = planRun(
          bookOf(given),
          { only: scope.map((index) => id(`t${index}`)) },
          { once: false, keepGoing: true, ...(attendance ? { attendance } : {}) },
        );
        const indexes = (of: readonly { task: { index: number } }[]) => of.map(({ task }) => task.index);
        expect({ order: indexes(steps), skipped: indexes(skipped) }).toEqual(simulate(given, scope, ci));
      }),
      { numRuns: 500 },
    );
  });

  test('is either run or told as stuck, each task once', () => {
    fc.assert(
      fc.property(parts, (given) => {
        const book = bookOf(given);
        const { steps, skipped, stuck } = planRun(book, {}, { once: false, keepGoing: true });
        const told = [...steps, ...skipped, ...stuck].map(({ task }) => task.index).sort((a, b) => a - b);
        expect(told).toEqual(
          book.tasks.filter(({ status }) => status !== 'DONE' && status !== 'SKIPPED').map(({ index }) => index),
        );
      }),
    );
  });
});

describe('ten thousand tasks', () => {
  const SIZE = 10_000;
  test.each<[what: string, dependsOn: (index: number) => string[]]>([
    ['in a chain', (index) => (index === 0 ? [] : [`t${index - 1}`])],
    ['in a chain from the end', (index) => (index === SIZE - 1 ? [] : [`t${index + 1}`])],
    ['independent of each other', () => []],
    ['all on one', (index) => (index === 0 ? [] : ['t0'])],
  ])('%s are planned at once', (_, dependsOn) => {
    const book = runbookOf(
      Array.from({ length: SIZE }, (_unused, index) => ({ id: `t${index}`, dependsOn: dependsOn(index) })),
    );
    const start = performance.now();
    expect(planRun(book, {}, RUN).steps).toHaveLength(SIZE);
    expect(performance.now() - start).toBeLessThan(1000);
  });
});
