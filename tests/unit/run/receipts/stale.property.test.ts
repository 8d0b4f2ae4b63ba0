// On generated runbooks, exactly those tasks are stale that a changed file says; and --refresh takes those and all that rests on them.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ReceiptRow } from '../../../../src/journal/receipts.ts';
import { compareHashes, compareStamps, stampsOf } from '../../../../src/run/receipts/fingerprint.ts';
import { trustOf } from '../../../../src/run/receipts/stale.ts';
import { begin, receiptOf } from '../../../../src/run/receipts/take.ts';
import { doneOn } from '../../../../src/run/states.ts';
import { runbookOf, type TaskParts } from '../../making.ts';
import { makeFolder } from '../../temporary.ts';

const TASKS = 60;

/** Each task runs a script that it may share with others, writes a file of its own, and depends on up to three earlier ones. */
const anyProject = fc.array(fc.record({ script: fc.nat(20), before: fc.array(fc.nat(TASKS), { maxLength: 3 }) }), {
  minLength: TASKS,
  maxLength: TASKS,
});

const script = (file: string) =>
  ({
    type: 'AUTOMATED_SCRIPT',
    script: {
      command: { kind: 'exec', file: 'sh', args: [file] },
      env: {},
      retries: 0,
      retryDelayMs: 0,
      successExitCodes: [0],
      stdin: 'none',
      capture: false,
    },
  }) as const;

const scriptOf = (n: number) => `scripts/s${n}.sh`;
const outputOf = (n: number) => `outputs/o${n}.txt`;

test('what a changed file makes stale is what an independent look at the names says', async () => {
  await fc.assert(
    fc.asyncProperty(
      anyProject,
      fc.array(fc.oneof(fc.nat(20).map(scriptOf), fc.nat(TASKS - 1).map(outputOf)), { maxLength: 6 }),
      async (rows, changed) => {
        const names = [...rows.map(({ script: n }) => scriptOf(n)), ...rows.map((_, at) => outputOf(at)), ...changed];
        const root = makeFolder(Object.fromEntries(names.map((name) => [name, 'before'])));
        const before = rows.map((row, at) => (at === 0 ? [] : [...new Set(row.before.map((n) => n % at))]));
        const runbook = runbookOf(
          rows.map(
            ({ script: n }, at): TaskParts => ({
              id: `t${at}`,
              status: 'DONE',
              dependsOn: (before[at] ?? []).map((other) => `t${other}`),
              work: script(scriptOf(n)),
              outputArtifact: outputOf(at),
            }),
          ),
        );
        const receipts = new Map<string, ReceiptRow>();
        for (const [at, task] of runbook.tasks.entries()) {
          const receipt = receiptOf(root, task, { begun: await begin(root, runbook, task), evidence: [] });
          receipts.set(task.id, {
            seq: at,
            taskId: task.id,
            at: 'T',
            runId: 'r',
            actor: 'x',
            event: 'COMPLETE_TASK',
            details: { receipt },
          });
        }
        for (const name of changed) writeFileSync(path.join(root, name), 'after that');

        const isChanged = (name: string) => changed.includes(name);
        const expected = rows.flatMap(({ script: n }, at) =>
          isChanged(scriptOf(n)) ||
          isChanged(outputOf(at)) ||
          (before[at] ?? []).some((other) => isChanged(outputOf(other)))
            ? [`t${at}`]
            : [],
        );
        for (const compare of [compareHashes(root), compareStamps(stampsOf(root))]) {
          const looking = { runbook, kept: { receipts, memory: new Map() }, compare };
          const stale = runbook.tasks.filter((task) => trustOf(task, looking).kind === 'stale').map(({ id }) => id);
          expect(stale).toEqual(expected);
          // What rests on them, by the closure of the dependencies.
          const all = new Set<string>(stale);
          for (const [at, others] of before.entries())
            if (others.some((other) => all.has(`t${other}`))) all.add(`t${at}`);
          expect(new Set([...stale, ...doneOn(runbook.tasks, stale).map(({ id }) => id)])).toEqual(all);
        }
      },
    ),
    { numRuns: 6 },
  );
});
