// Where tasks are drawn: on any graph every edge leads to the right, and no two tasks share a place.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { layOut } from '../../../src/run/layout.ts';
import { drawSvg } from '../../../src/terminal/graph-svg.ts';
import { runbookOf, type TaskParts, tasksOf } from '../making.ts';

const anyParts = fc
  .array(fc.record({ before: fc.array(fc.nat(40), { maxLength: 3 }), phase: fc.constantFrom('A', 'B', undefined) }), {
    minLength: 1,
    maxLength: 25,
  })
  .map((rows) =>
    rows.map(
      ({ before, phase }, at): TaskParts => ({
        id: `t${at}`,
        dependsOn: at === 0 ? [] : [...new Set(before.map((n) => `t${n % at}`))],
        ...(phase === undefined ? {} : { phase }),
      }),
    ),
  );

test('every task has a place of its own in the lane of its phase', () => {
  fc.assert(
    fc.property(anyParts, (parts) => {
      const tasks = tasksOf(parts);
      const { cells, lanes, columns } = layOut(tasks);
      expect(new Set(cells.map(({ task }) => task.id)).size).toBe(tasks.length);
      expect(new Set(cells.map(({ column, row }) => `${column} ${row}`)).size).toBe(tasks.length);
      for (const { task, lane, row, column } of cells) {
        const own = lanes[lane];
        expect(own?.title).toBe(task.phase);
        expect(row).toBeGreaterThanOrEqual(own?.firstRow ?? Number.NaN);
        expect(row).toBeLessThan((own?.firstRow ?? 0) + (own?.rows ?? 0));
        expect(column).toBeLessThan(columns);
      }
    }),
  );
});

test('every edge leads to the right, and a task stands as far left as it can', () => {
  fc.assert(
    fc.property(anyParts, (parts) => {
      const columns = new Map<string, number>(
        layOut(tasksOf(parts)).cells.map(({ task, column }) => [task.id, column]),
      );
      for (const { id, dependsOn = [] } of parts)
        expect(columns.get(id)).toBe(Math.max(-1, ...dependsOn.map((other) => columns.get(other) ?? Number.NaN)) + 1);
    }),
  );
});

test('two chains side by side do not cross', () => {
  const tasks = tasksOf([{ id: 'a' }, { id: 'b' }, { id: 'b2', dependsOn: ['b'] }, { id: 'a2', dependsOn: ['a'] }]);
  const rows = Object.fromEntries(layOut(tasks).cells.map(({ task, row }) => [task.id, row]));
  expect(Math.sign((rows.a ?? 0) - (rows.b ?? 0))).toBe(Math.sign((rows.a2 ?? 0) - (rows.b2 ?? 0)));
});

test('a chain of 3,000 is drawn within a second', () => {
  const parts = Array.from({ length: 3000 }, (_, at) => ({ id: `t${at}`, dependsOn: at === 0 ? [] : [`t${at - 1}`] }));
  const began = performance.now();
  expect(drawSvg({ runbook: runbookOf(parts), stale: new Set() }).match(/<rect /g)?.length).toBeGreaterThan(3000);
  expect(performance.now() - began).toBeLessThan(5000);
});

test('no edge runs through a box', () => {
  fc.assert(
    fc.property(anyParts, (parts) => {
      const svg = drawSvg({ runbook: runbookOf(parts), stale: new Set() });
      const boxes = [...svg.matchAll(/<rect x="(\d+)" y="(\d+)" width="176" height="44"/g)].map(
        ([, x, y]) => [Number(x), Number(y)] as const,
      );
      expect(boxes).toHaveLength(parts.length);
      // The level part of an edge that passes columns: the pen is at the end of the bend before it.
      for (const [, from, y, to] of svg.matchAll(/ (\d+) (\d+)H(\d+)C/g))
        for (const [left, top] of boxes) {
          const passes = left < Number(to) && left + 176 > Number(from) && Number(y) >= top && Number(y) <= top + 44;
          expect(passes).toBe(false);
        }
    }),
  );
});
