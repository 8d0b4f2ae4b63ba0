// Problems named by path get their places in the text.
import { expect, test } from 'vitest';
import { type Problem, placeProblems, placeSpot, type SourceFile } from '../../../src/runbook/problem.ts';

const RUNBOOK: SourceFile = { file: 'runbook.yaml', text: 'tasks:\n  - id: a\n    depends_on: [b]\n  - id: b\n' };
const DETAIL: SourceFile = { file: 'tasks/a.yaml', text: 'id: a\nstatus: DONE\n' };

function problem(code: string, rest: Partial<Problem> = {}): Problem {
  return { severity: 'error', code, message: code, ...rest };
}

test('a value, a key, a span that is known already, and a problem without any place', async () => {
  const placed = await placeProblems([
    problem('none'),
    problem('value', { spot: { source: RUNBOOK, path: ['tasks', 0, 'id'] } }),
    problem('key', { spot: { source: RUNBOOK, path: ['tasks', 0, 'depends_on'], key: true } }),
    problem('span', { spot: { source: RUNBOOK, path: ['tasks', 0, 'id'], span: { start: 50, end: 51 } } }),
  ]);
  const marked = placed.map(({ place }) => place?.text?.slice(place.span?.start, place.span?.end));
  expect(marked).toEqual(
    [undefined, 'a', 'depends_on', 'b'].map((text, index) => (index === 3 ? RUNBOOK.text.slice(50, 51) : text)),
  );
  expect(placed[0]).toEqual({ severity: 'error', code: 'none', message: 'none' });
});

test('related places are found too', async () => {
  const [placed] = await placeProblems([
    problem('cycle', {
      spot: { source: RUNBOOK, path: ['tasks', 0] },
      related: [{ message: 'here', spot: { source: DETAIL, path: ['id'] } }],
    }),
  ]);
  expect(placed?.related).toEqual([
    { message: 'here', place: { file: 'tasks/a.yaml', text: DETAIL.text, span: { start: 4, end: 5 } } },
  ]);
});

test('problems come file by file, each from top to bottom', async () => {
  const at = (source: SourceFile, ...path: (string | number)[]) => ({ spot: { source, path } });
  const placed = await placeProblems([
    problem('b', at(RUNBOOK, 'tasks', 1)),
    problem('y', at(DETAIL, 'status')),
    problem('a', at(RUNBOOK, 'tasks', 0)),
    problem('x', at(DETAIL, 'id')),
  ]);
  expect(placed.map(({ code }) => code)).toEqual(['a', 'b', 'x', 'y']);
});

test('a place in an empty file is the file', async () => {
  expect(await placeSpot({ source: { file: 'f.yaml', text: '' }, path: ['a'] })).toEqual({ file: 'f.yaml', text: '' });
  expect(await placeSpot({ source: DETAIL, path: ['status'] })).toEqual({
    file: 'tasks/a.yaml',
    text: DETAIL.text,
    span: { start: 14, end: 18 },
  });
});

test('without problems there is nothing to place', async () => {
  expect(await placeProblems([])).toEqual([]);
});
