// Random edits of random YAML in every style, held against an oracle that knows what the file should say afterwards and
// which lines and comments have to be there still.

import { fail } from 'node:assert/strict';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { readFull } from '../../../src/runbook/full.ts';
import {
  type PatchRefusal,
  type PlainValue,
  patchYaml,
  type YamlEdit,
  type YamlPath,
} from '../../../src/runbook/patch.ts';
import { inverseEdits } from './inverse-edits.ts';
import { after, fault, type Json, readYaml } from './patch-rig.ts';
import { randomEdit } from './random-edit.ts';
import { type Pick, Writer } from './yaml-writer.ts';

/** Choices read off a tape, so that a failing document shrinks; behind its end everything is the first choice. */
const tapes = fc.noBias(fc.array(fc.nat({ max: 0xffff }), { maxLength: 400, size: 'max' }));

function picking(tape: readonly number[]): Pick {
  let at = 0;
  return (count) => (tape[at++] ?? 0) % count;
}

/** More runs while working on it: `PATCH_RUNS=50 npx vitest run …` does fifty times as many. */
const scale = Number(process.env['PATCH_RUNS'] ?? 1);

/** The time limit ends a long shrinking; what it has come to is reported. */
function holds(runs: number, check: (pick: Pick) => void): void {
  fc.assert(
    fc.property(tapes, (tape) => check(picking(tape))),
    { numRuns: runs * scale, interruptAfterTimeLimit: 20_000 * scale },
  );
}

function report(text: string, edits: unknown, problem: unknown): never {
  return fail([problem, JSON.stringify(edits), JSON.stringify(text)].map(String).join('\n'));
}

function checkEdit(text: string, edit: YamlEdit): { readonly text: string } | PatchRefusal {
  const result = patchYaml(text, [edit]);
  if (!result.ok) return result.error;
  const problem = fault(text, edit, result.value);
  return problem === undefined
    ? { text: result.value }
    : report(text, edit, `${problem}\n${JSON.stringify(result.value)}`);
}

function checkPlainEdit(text: string, edit: YamlEdit): string {
  const result = checkEdit(text, edit);
  return 'kind' in result ? report(text, edit, JSON.stringify(result)) : result.text;
}

function checkAtOnce(text: string, edits: readonly YamlEdit[], expected: Json): void {
  const atOnce = patchYaml(text, edits);
  if (!atOnce.ok) report(text, edits, JSON.stringify(atOnce.error));
  else expect(readYaml(atOnce.value)).toStrictEqual(expected);
}

test('without anchors no edit is refused, and each changes its target and nothing else', () => {
  holds(90, (pick) => {
    const { text, data } = new Writer(pick, { anchors: false }).document();
    checkPlainEdit(text, randomEdit(pick, data));
  });
});

test('with anchors an edit changes its target and nothing else, or is refused for an alias or a merge', () => {
  holds(80, (pick) => {
    const { text, data } = new Writer(pick, { anchors: true }).document();
    const edit = randomEdit(pick, data);
    const result = checkEdit(text, edit);
    if (!('kind' in result)) return;
    const expected = result.kind === 'refused' && /the anchor &|the alias \*|a merge \(<<\)/.test(result.reason);
    if (!expected || !/[&*]a\d/.test(text)) report(text, edit, JSON.stringify(result));
  });
});

test('random edits in a chain, step by step and at once, change their targets and nothing else, and can be taken back', () => {
  holds(15, (pick) => {
    const { text, data } = new Writer(pick, { anchors: false }).document();
    const edits: YamlEdit[] = [];
    let stepped = text;
    let expected = data;
    for (let count = 5; count > 0; count -= 1) {
      const edit = randomEdit(pick, expected);
      edits.push(edit);
      stepped = checkPlainEdit(stepped, edit);
      expected = after(expected, edit);
    }
    checkAtOnce(text, edits, expected);
    const inverses = inverseEdits(data, edits);
    checkAtOnce(stepped, inverses, data);
    expect(readYaml(inverses.reduce(checkPlainEdit, stepped))).toStrictEqual(data);
  });
});

type Place = { readonly path: YamlPath; readonly data: { readonly [key: string]: Json } };

function mappingsIn(data: Json, path: YamlPath = []): Place[] {
  if (typeof data !== 'object' || data === null) return [];
  const below = Array.isArray(data)
    ? data.flatMap((item, index) => mappingsIn(item, [...path, index]))
    : Object.entries(data).flatMap(([key, item]) => mappingsIn(item, [...path, key]));
  return Array.isArray(data) ? below : [{ path, data }, ...below];
}

/** What a run writes about a task that fails and is tried again. */
function runOf({ path, data }: Place): YamlEdit[] {
  const issues = data['issues'] ?? null;
  const set = (key: readonly (string | number)[], value: PlainValue): YamlEdit => ({
    kind: 'set',
    path: [...path, ...key],
    value,
  });
  const usable = issues === null || Array.isArray(issues);
  const lastRun = { timestamp: '2026-11-20T10:00:00Z', outcome: 'FAILURE', exit_code: 3 };
  const issue = { type: 'SCRIPT_ERROR', detail: 'exit code 3\n# so: it {was}\n' };
  return [
    ...(usable ? [] : [set(['issues'], [])]),
    set(['status'], 'RUNNING'),
    set(['last_run'], lastRun),
    { kind: 'append', path: [...path, 'issues'], value: issue },
    set(['status'], 'ERROR'),
    set(['issues', Array.isArray(issues) ? issues.length : 0, 'resolution'], 'key renewed'),
    set(['status'], 'READY'),
  ];
}

test('a whole run on any mapping, step by step and at once, says the same and keeps everything else', () => {
  holds(15, (pick) => {
    const { text, data } = new Writer(pick, { anchors: false }).document();
    const places = mappingsIn(data);
    const edits = runOf(places[pick(places.length)] as Place);
    const stepped = edits.reduce(checkPlainEdit, text);
    checkAtOnce(text, edits, readYaml(stepped));
  });
});

test('what the program reads is what the patch sees: writing it again changes no byte', () => {
  holds(60, (pick) => {
    const { text, data } = new Writer(pick, { anchors: true }).document();
    expect(readFull(text)).toStrictEqual({ ok: true, value: data });
    const edits = Object.entries(data as object).map(([key, value]): YamlEdit => ({ kind: 'set', path: [key], value }));
    expect(patchYaml(text, edits)).toStrictEqual({ ok: true, value: text });
  });
});
