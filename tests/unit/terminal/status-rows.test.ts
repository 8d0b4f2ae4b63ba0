// What is shown one by one, and what is folded into a count.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isFinished } from '../../../src/run/states.ts';
import { STATUSES, type Status } from '../../../src/runbook/words.ts';
import { chooseRows, type Phase, type Row } from '../../../src/terminal/status-rows.ts';
import { type TaskParts, tasksOf } from '../making.ts';

const sizeOf = (phases: readonly Phase[]) => phases.reduce((sum, phase) => sum + phase.tasks.length, 0);

function told(row: Row): string {
  switch (row.kind) {
    case 'phase':
      return `# ${row.phase.title} ${row.phase.finished}/${row.phase.tasks.length}`;
    case 'phases':
      return `# ${row.phases.length} phases ${sizeOf(row.phases)}`;
    case 'task':
      return row.task.id;
    default:
      return `${row.kind} ${row.count}`;
  }
}

/** `A DONE*3 READY` is three tasks that are DONE and one that is READY, all of phase A; `-` is no phase. */
function rows(lines: readonly string[], all = false): string[] {
  const parts = lines.flatMap((line) => {
    const [phase = '', ...runs] = line.split(' ');
    return runs.flatMap((run) => {
      const [status = '', times = '1'] = run.split('*');
      const part = { status: status as Status, ...(phase === '-' ? {} : { phase }) };
      return Array.from({ length: Number(times) }, (): Omit<TaskParts, 'id'> => part);
    });
  });
  return chooseRows(tasksOf(parts.map((part, index) => ({ ...part, id: `t${index}` }))), { all }).map(told);
}

describe('shown', () => {
  test.each<[what: string, lines: string[], rows: string[]]>([
    ['a short runbook whole', ['- DONE READY PENDING'], ['t0', 't1', 't2']],
    [
      'a short runbook whole, by phase',
      ['A DONE*2', 'B READY', 'A PENDING'],
      ['# A 2/2', 't0', 't1', '# B 0/1', 't2', '# A 0/1', 't3'],
    ],
    ['tasks before the first phase', ['- DONE', 'A READY'], ['t0', '# A 0/1', 't1']],
    [
      'of a long one the front',
      ['- DONE*20 READY PENDING*20'],
      ['finished 20', 't20', 't21', 't22', 't23', 't24', 't25', 't26', 'more 14'],
    ],
    [
      'of a long one the phase where something goes on',
      ['A DONE*10', 'B DONE*5 READY PENDING*2', 'C PENDING*10'],
      ['# A 10/10', '# B 5/8', 'finished 5', 't15', 't16', 't17', '# C 0/10'],
    ],
    [
      'a single finished task rather than a line that counts it',
      ['A DONE READY PENDING*20'],
      ['# A 1/22', 't0', 't1', 't2', 't3', 't4', 't5', 't6', 't7', 'more 14'],
    ],
    [
      'the first unfinished phase where nothing goes on',
      ['A DONE*10', 'B PENDING*10', 'C PENDING*10'],
      ['# A 10/10', '# B 0/10', 't10', 't11', 't12', 't13', 't14', 't15', 'more 4', '# C 0/10'],
    ],
    [
      'every phase where something goes on, and those between as one line',
      ['A ERROR PENDING*9', 'B PENDING*10', 'C RUNNING PENDING*9'],
      ['# A 0/10', 't0', 't1', 't2', 't3', 't4', 't5', 't6', 'more 3', '# B 0/10', '# C 0/10', 't20', 'more 9'],
    ],
    ['no more READY ones than a few', ['- READY*30'], ['t0', 't1', 't2', 't3', 't4', 't5', 'more 24']],
    ['errors before what merely waits', ['- PENDING*20 ERROR'], ['t0', 't1', 't2', 't3', 't4', 't5', 't20', 'more 14']],
    ['nothing but counts where all is finished', ['- DONE*20'], ['finished 20']],
    ['nothing but phases where all is finished', ['A DONE*10', 'B SKIPPED*10'], ['# A 10/10', '# B 10/10']],
    [
      'many finished phases as one, but for those near the front',
      [...Array.from({ length: 8 }, (_, index) => `P${index} DONE*2`), 'F READY PENDING'],
      ['# 4 phases 8', '# P4 2/2', '# P5 2/2', '# P6 2/2', '# P7 2/2', '# F 0/2', 't16', 't17'],
    ],
    [
      'many phases that wait as one, but for the next ones',
      ['F READY PENDING', ...Array.from({ length: 8 }, (_, index) => `P${index} PENDING*2`)],
      ['# F 0/2', 't0', 't1', '# P0 0/2', '# P1 0/2', '# P2 0/2', '# P3 0/2', '# 4 phases 8'],
    ],
    [
      'five folded phases each: one line would say no less',
      [...Array.from({ length: 5 }, (_, index) => `P${index} DONE*4`), 'F READY'],
      ['# P0 4/4', '# P1 4/4', '# P2 4/4', '# P3 4/4', '# P4 4/4', '# F 0/1', 't20'],
    ],
  ])('%s', (_, lines, expected) => {
    expect(rows(lines)).toEqual(expected);
  });

  test('everything, when all is asked for', () => {
    expect(rows(['A DONE*30', 'B PENDING*30'], true)).toEqual([
      '# A 30/30',
      ...Array.from({ length: 30 }, (_, index) => `t${index}`),
      '# B 0/30',
      ...Array.from({ length: 30 }, (_, index) => `t${index + 30}`),
    ]);
  });

  test('nothing of nothing', () => {
    expect(rows([])).toEqual([]);
  });
});

const anyTasks = fc
  .array(fc.record({ status: fc.constantFrom(...STATUSES), phase: fc.constantFrom('A', 'B', 'C', undefined) }), {
    maxLength: 80,
  })
  .map((parts) =>
    tasksOf(
      parts.map(({ status, phase }, index) => ({ id: `t${index}`, status, ...(phase === undefined ? {} : { phase }) })),
    ),
  );

describe('whatever the runbook', () => {
  test('every task is shown or counted, once', () => {
    fc.assert(
      fc.property(anyTasks, fc.boolean(), (tasks, all) => {
        const chosen = chooseRows(tasks, { all });
        const opened = new Set(chosen.flatMap((row) => (row.kind === 'task' ? [row.task.id] : [])));
        const counted = chosen.reduce(
          (sum, row) => sum + (row.kind === 'finished' || row.kind === 'more' ? row.count : 0),
          0,
        );
        // A phase of which no task is shown is told by its heading alone, unless its tasks are counted below it.
        const folded = chosen.flatMap((row, index) => {
          if (row.kind === 'phases') return [sizeOf(row.phases)];
          const next = chosen[index + 1];
          return row.kind === 'phase' &&
            !row.phase.tasks.some((task) => opened.has(task.id)) &&
            next?.kind !== 'finished' &&
            next?.kind !== 'more'
            ? [row.phase.tasks.length]
            : [];
        });
        expect(opened.size + counted + folded.reduce((sum, size) => sum + size, 0)).toBe(tasks.length);
      }),
    );
  });

  test('the first task of each state that needs a look is shown', () => {
    fc.assert(
      fc.property(anyTasks, (tasks) => {
        const shown = new Set(
          chooseRows(tasks, { all: false }).flatMap((row) => (row.kind === 'task' ? [row.task.id] : [])),
        );
        for (const status of ['ERROR', 'RUNNING', 'READY']) {
          const first = tasks.find((task) => task.status === status);
          if (first) expect(shown).toContain(first.id);
        }
      }),
    );
  });

  test('tasks stay in file order', () => {
    fc.assert(
      fc.property(anyTasks, fc.boolean(), (tasks, all) => {
        const shown = chooseRows(tasks, { all }).flatMap((row) => (row.kind === 'task' ? [row.task.index] : []));
        expect(shown).toEqual(shown.toSorted((a, b) => a - b));
        expect(all ? shown.length : tasks.filter(isFinished).length + shown.length).toBeGreaterThanOrEqual(
          all ? tasks.length : 0,
        );
      }),
    );
  });
});
