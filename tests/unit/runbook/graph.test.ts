// Unknown dependencies and cycles, against a naive search.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ancestors, checkGraph } from '../../../src/runbook/graph.ts';
import type { RawRunbook } from '../../../src/runbook/schema.ts';
import type { TaskId } from '../../../src/runbook/task.ts';
import { tasksOf } from '../making.ts';

const SOURCE = { file: 'runbook.yaml', text: '' };

/** `a: b c` depends on b and c; `a` has no list of its own. */
function rawOf(lines: readonly string[], defaults?: readonly string[]): RawRunbook {
  const tasks = lines.map((line) => {
    const [id = '', list] = line.split(':');
    return {
      id,
      name: id,
      type: 'MANUAL' as const,
      ...(list === undefined ? {} : { depends_on: list.split(' ').filter(Boolean) }),
    };
  });
  return { tasks, ...(defaults ? { defaults: { depends_on: [...defaults] } } : {}) };
}

function check(lines: readonly string[], defaults?: readonly string[]) {
  return checkGraph(SOURCE, rawOf(lines, defaults)).map(({ code, message, spot, related = [] }) => ({
    code,
    message,
    places: [spot, ...related.map((other) => other.spot)].map((each) => each?.path.join('.')),
  }));
}

describe('sound', () => {
  test.each<[what: string, lines: string[], defaults?: string[]]>([
    ['nothing', []],
    ['a single task', ['a']],
    ['a chain, also upwards in the file', ['a: b', 'b: c', 'c:']],
    ['a diamond', ['a:', 'b: a', 'c: a', 'd: b c']],
    ['the same dependency twice', ['a:', 'b: a a']],
    ['a dependency for all but the one that it names', ['a:', 'b', 'c'], ['a']],
  ])('%s', (_, lines, defaults) => {
    expect(check(lines, defaults)).toEqual([]);
  });
});

describe('found', () => {
  test('each dependency that does not exist, with what was probably meant', () => {
    expect(check(['build: lnit nope', 'lint: nope'])).toEqual([
      {
        code: 'unknown-dependency',
        message: '"build" depends on "lnit", which does not exist',
        places: ['tasks.0.depends_on.0'],
      },
      {
        code: 'unknown-dependency',
        message: '"build" depends on "nope", which does not exist',
        places: ['tasks.0.depends_on.1'],
      },
      {
        code: 'unknown-dependency',
        message: '"lint" depends on "nope", which does not exist',
        places: ['tasks.1.depends_on.0'],
      },
    ]);
    expect(checkGraph(SOURCE, rawOf(['build: lnit', 'lint:']))[0]?.advice).toBe('did you mean "lint"?');
  });

  test('one that all tasks have by default', () => {
    expect(check(['a', 'b:'], ['nope'])).toEqual([
      {
        code: 'unknown-dependency',
        message: '"a" depends on "nope", which does not exist',
        places: ['defaults.depends_on.0'],
      },
    ]);
  });

  test('a task that depends on itself', () => {
    expect(check(['a:', 'b: a b'])).toEqual([
      { code: 'cycle', message: '"b" depends on itself', places: ['tasks.1.depends_on.1'] },
    ]);
  });

  test('a task that depends on itself by default', () => {
    expect(check(['a', 'b'], ['a'])).toEqual([
      { code: 'cycle', message: '"a" depends on itself', places: ['defaults.depends_on.0'] },
    ]);
  });

  test('a cycle with every edge and its place', () => {
    expect(check(['start:', 'a: start b', 'b: c', 'c: start a'])).toEqual([
      {
        code: 'cycle',
        message: 'these tasks wait for each other: a → b → c → a',
        places: ['tasks.1.depends_on.1', 'tasks.2.depends_on.0', 'tasks.3.depends_on.1'],
      },
    ]);
  });

  test('each of several cycles once', () => {
    expect(check(['a: b', 'b: a', 'c: d', 'd: c', 'e: a c']).map(({ message }) => message)).toEqual([
      'these tasks wait for each other: a → b → a',
      'these tasks wait for each other: c → d → c',
    ]);
  });

  test('no more than twenty of them', () => {
    expect(check(Array.from({ length: 100 }, (_, index) => `t${index}: t${index}`))).toHaveLength(20);
  });
});

/** True where some task reaches itself: the plain definition, by brute force. */
function naiveHasCycle(edges: readonly (readonly number[])[]): boolean {
  const reach = edges.map((targets) => new Set(targets));
  for (let round = 0; round < edges.length; round++) {
    for (const targets of reach)
      for (const target of [...targets]) for (const next of reach[target] ?? []) targets.add(next);
  }
  return reach.some((targets, start) => targets.has(start));
}

const graph = fc
  .integer({ min: 1, max: 8 })
  .chain((size) => fc.array(fc.uniqueArray(fc.nat(size - 1), { maxLength: 3 }), { minLength: size, maxLength: size }));
const linesOf = (edges: readonly (readonly number[])[]) =>
  edges.map((targets, index) => `t${index}: ${targets.map((target) => `t${target}`).join(' ')}`);

describe('in any graph', () => {
  test('a cycle is found exactly where there is one', () => {
    fc.assert(
      fc.property(graph, (edges) => {
        expect(check(linesOf(edges)).length > 0).toBe(naiveHasCycle(edges));
      }),
      { numRuns: 500 },
    );
  });

  test('what is told as a cycle is one: each edge leads to the next', () => {
    fc.assert(
      fc.property(graph, (edges) => {
        for (const { places } of check(linesOf(edges))) {
          const steps = places.map((place) => (place ?? '').split('.').map(Number));
          const ends = steps.map(([, from = -1, , position = -1]) => edges[from]?.[position]);
          expect(ends).toEqual([...steps.slice(1), ...steps.slice(0, 1)].map(([, from]) => from));
        }
      }),
    );
  });

  test('the ancestors of a task are all that it reaches', () => {
    const sound = graph.map((edges) => edges.map((targets, index) => targets.filter((target) => target < index)));
    fc.assert(
      fc.property(sound, (edges) => {
        const tasks = tasksOf(
          edges.map((targets, index) => ({ id: `t${index}`, dependsOn: targets.map((target) => `t${target}`) })),
        );
        const naive = (index: number): string[] =>
          (edges[index] ?? []).flatMap((target) => [`t${target}`, ...naive(target)]);
        for (const [index, task] of tasks.entries()) expect(ancestors(tasks, task.id)).toEqual(new Set(naive(index)));
      }),
    );
  });
});

describe('ten thousand tasks', () => {
  const chain = Array.from({ length: 10_000 }, (_, index) => (index === 0 ? 't0:' : `t${index}: t${index - 1}`));

  test('in a chain are sound, and do not end the stack', () => {
    expect(check(chain)).toEqual([]);
    expect(check(chain.toReversed())).toEqual([]);
  });

  test('in a ring are one cycle', () => {
    const [cycle, ...others] = check([`t0: t9999`, ...chain.slice(1)]);
    expect(cycle?.places).toHaveLength(10_000);
    expect(others).toEqual([]);
  });

  test('have all others as ancestors of the last', () => {
    const tasks = tasksOf(
      chain.map((_, index) => ({ id: `t${index}`, dependsOn: index === 0 ? [] : [`t${index - 1}`] })),
    );
    expect(ancestors(tasks, 't9999' as TaskId).size).toBe(9999);
    expect(ancestors(tasks, 'none' as TaskId).size).toBe(0);
  });
});
