// What the journal holds after ends that their log could not take. With the real journal, log and files.
import { mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { createRedactor } from '../../../src/base/secrets.ts';
import { LOG_FILE, openLog } from '../../../src/events/log.ts';
import { openJournal, readEntries } from '../../../src/journal/journal.ts';
import { createLedger } from '../../../src/run/ledger.ts';
import type { Transition } from '../../../src/run/transition.ts';
import { createFileCache } from '../../../src/runbook/file-cache.ts';
import { loadRunbook } from '../../../src/runbook/store.ts';
import { makeFolder } from '../temporary.ts';

const IDS = ['a', 'b', 'c'];
const BOOK = `tasks:\n${IDS.map((id) => `  - { id: ${id}, name: N, type: AUTOMATED_SCRIPT, status: READY, task_detail_file: ${id}.yaml }\n`).join('')}`;
const DETAILS = Object.fromEntries(
  IDS.map((id) => [`${id}.yaml`, `id: ${id}\nscript_details: "true"\nstatus: READY\n`]),
);

test('of several ends that the log cannot take, each is in the journal once, also where it is kept after that', async () => {
  const root = makeFolder({ 'runbook.yaml': BOOK, ...DETAILS });
  const journal = openJournal(root);
  if (!journal.ok) throw new Error(journal.error.code);
  const files = createFileCache();
  const ledger = createLedger({
    root,
    runId: 'r',
    log: openLog(root),
    journal: journal.value,
    files,
    redactor: createRedactor({}),
    actor: 'orchestrate',
    ensureLock: async () => ({ ok: true, value: undefined }),
  });
  const taskOf = async (id: string) => {
    const loaded = await loadRunbook(root, files);
    const task = loaded.ok ? loaded.value.tasks.find((one) => one.id === id) : undefined;
    if (!task) throw new Error(id);
    return task;
  };
  const steps = new Map<string, number>();
  for (const id of IDS) {
    const started = await ledger.apply([{ task: await taskOf(id), to: 'RUNNING', event: 'START_TASK' }]);
    if (started.ok) steps.set(id, started.value);
  }
  const ends = await Promise.all(
    IDS.map(async (id): Promise<Transition> => ({ task: await taskOf(id), to: 'DONE', event: 'COMPLETE_TASK' })),
  );
  // A folder in its place takes no line.
  rmSync(path.join(root, LOG_FILE), { force: true });
  mkdirSync(path.join(root, LOG_FILE), { recursive: true });
  const optionsOf = ({ task }: Transition) => ({ step: steps.get(task.id) ?? 0, happened: true });
  const recorded = await Promise.all(
    ends.map(async (end) => {
      const applied = await ledger.applyEnd([end], optionsOf(end));
      return applied.ok ? applied.value.recorded : applied;
    }),
  );
  expect(recorded.map(({ ok }) => ok)).toEqual([false, false, false]);
  for (const end of ends) expect((await ledger.keep(end, optionsOf(end))).ok).toBe(true);
  const entries = readEntries(root);
  const titles = entries.ok ? entries.value.map(({ title, stepSeq }) => `${title} of ${stepSeq}`) : [];
  expect(titles.filter((title) => title.startsWith('COMPLETE_TASK')).sort()).toEqual(
    [...steps.values()].map((step) => `COMPLETE_TASK of ${step}`),
  );
  journal.value.close();
});
