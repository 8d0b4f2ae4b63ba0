// Files as people write them: each of the three writes that a run makes, tried on every task of every file.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { isCollection, isPair, isScalar, type Node, type Pair, parseDocument, YAMLMap } from 'yaml';
import { readFull } from '../../../src/runbook/full.ts';
import { patchYaml, type YamlEdit, type YamlPath } from '../../../src/runbook/patch.ts';
import { after, fault, type Json, readYaml } from './patch-rig.ts';

const folder = path.join(import.meta.dirname, 'corpus');
const files = readdirSync(folder).map((name) => [name, readFileSync(path.join(folder, name), 'utf8')] as const);

const withCrlf = (text: string): string => text.replaceAll('\n', '\r\n');
const variants: readonly (readonly [name: string, change: (text: string) => string])[] = [
  ['as it is', (text) => text],
  ['with CRLF and a byte order mark', (text) => `\uFEFF${withCrlf(text)}`],
  ['without a line break at the end', (text) => text.replace(/\n+$/, '')],
];

const lastRun = { timestamp: '2026-11-20T10:00:00Z', outcome: 'FAILURE', duration_ms: 1234, exit_code: 3 };
const issue = { timestamp: '2026-11-20T10:00:00Z', type: 'SCRIPT_ERROR', detail: 'exit code 3\n# "no": such {host}\n' };

function taskPaths(data: Json): YamlPath[] {
  const { tasks } = data as { tasks?: Json[] };
  return tasks === undefined ? [[]] : tasks.map((_task, index) => ['tasks', index]);
}

function editsFor(task: YamlPath): YamlEdit[] {
  return [
    { kind: 'set', path: [...task, 'status'], value: 'RUNNING' },
    { kind: 'set', path: [...task, 'last_run'], value: lastRun },
    { kind: 'append', path: [...task, 'issues'], value: issue },
  ];
}

/** The value with the line break behind it, or, where there is none, where its mapping goes on after its last value. */
function targetOf(text: string, { path: target }: YamlEdit): { start: number; end: number } {
  const document = parseDocument(text, { merge: true });
  const map = document.getIn(target.slice(0, -1)) as YAMLMap | undefined;
  const mapping = map instanceof YAMLMap ? map : (document.contents as unknown as YAMLMap);
  const pair = mapping.items.find((item) => String((item.key as { value?: unknown }).value) === target.at(-1));
  if (pair !== undefined) {
    const end = lineEnd(text, endOf(pair));
    // Where there is no value yet, it may come behind the comments that stand in its place.
    const comments = isMissing(pair) ? (/^(?: +#.*\r?\n?)*/.exec(text.slice(end))?.[0].length ?? 0) : 0;
    return { start: (pair.key as Node).range?.[1] ?? 0, end: end + comments };
  }
  const last = mapping.items.at(-1) as Pair;
  return { start: lastEnd(last), end: (mapping.range as [number, number, number])[2] };
}

function isMissing({ value }: Pair): boolean {
  return value === null || (isScalar(value) && value.value === null);
}

function endOf({ key, value }: Pair): number {
  return (value as Node | null)?.range?.[1] ?? (key as Node).range?.[1] ?? 0;
}

/** Of what is written last in it: the range of a list or mapping in block style also counts comments below it. */
function lastEnd({ key, value }: Pair): number {
  const last: unknown = isCollection(value) && !value.flow ? value.items.at(-1) : undefined;
  if (last === undefined) return endOf({ key, value } as Pair);
  return lastEnd(isPair(last) ? last : ({ key, value: last } as Pair));
}

function lineEnd(text: string, offset: number): number {
  const newline = text.indexOf('\n', offset - 1);
  return newline === -1 ? text.length : newline + 1;
}

function checkEdit(text: string, edit: YamlEdit): void {
  const patched = patchYaml(text, [edit]);
  if (!patched.ok) throw new Error(`${JSON.stringify(edit.path)}: ${JSON.stringify(patched.error)}`);
  const result = patched.value;
  expect(fault(text, edit, result)).toBeUndefined();
  const { start, end } = targetOf(text, edit);
  expect(result.slice(0, start)).toBe(text.slice(0, start));
  expect(result.length >= start + text.length - end && result.endsWith(text.slice(end))).toBe(true);
  expect(result.endsWith('\n')).toBe(text.endsWith('\n'));
  if (text.includes('\r\n')) expect(result).not.toMatch(/(?<!\r)\n/);
}

for (const [variant, change] of variants) {
  test.each(files)(`%s ${variant}: each write of a run changes its target alone`, (_name, original) => {
    const text = change(original);
    const tasks = taskPaths(readYaml(text));
    // The end of the file is the matter of its last task.
    for (const task of variant === 'without a line break at the end' ? tasks.slice(-1) : tasks) {
      for (const edit of editsFor(task)) if (!isShared(text, edit.path)) checkEdit(text, edit);
    }
  });
}

/** The one value of the corpus that an alias stands for. */
function isShared(text: string, target: YamlPath): boolean {
  return text.includes('&waiting') && target[1] === 3 && target[2] === 'status';
}

test('a status whose anchor another task uses is the one thing in the corpus that is refused', () => {
  const [, text = ''] = files.find(([name]) => name === 'runbook-anchors.yaml') ?? [];
  const result = patchYaml(text, [{ kind: 'set', path: ['tasks', 3, 'status'], value: 'RUNNING' }]);
  expect(result).toMatchObject({ ok: false, error: { kind: 'refused', reason: expect.stringContaining('&waiting') } });
});

test.each(files)(
  '%s: all writes at once come to the same as one by one, and the program reads what they say',
  (_name, text) => {
    const edits = taskPaths(readYaml(text))
      .flatMap(editsFor)
      .filter((edit) => !isShared(text, edit.path));
    const atOnce = patchYaml(text, edits);
    let oneByOne = text;
    for (const edit of edits) {
      const next = patchYaml(oneByOne, [edit]);
      if (next.ok) oneByOne = next.value;
    }
    expect(atOnce).toStrictEqual({ ok: true, value: oneByOne });
    expect(readFull(oneByOne)).toStrictEqual({ ok: true, value: edits.reduce(after, readYaml(text)) });
  },
);
