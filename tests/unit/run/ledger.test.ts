// What the journal holds after ends that the files or their log could not take. With the real journal, log and files.
import nodeFs from 'node:fs';
import path from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { createRedactor } from '../../../src/base/secrets.ts';
import { LOG_FILE, openLog, parseLog } from '../../../src/events/log.ts';
import { openJournal, readEntries } from '../../../src/journal/journal.ts';
import { createLedger } from '../../../src/run/ledger.ts';
import type { Transition } from '../../../src/run/transition.ts';
import { createFileCache } from '../../../src/runbook/file-cache.ts';
import { loadRunbook } from '../../../src/runbook/store.ts';
import { makeFolder } from '../temporary.ts';

const IDS = ['a', 'b', 'c'];
const entryOf = (id: string, type: string) =>
  `  - { id: ${id}, name: N, type: ${type}, status: READY, task_detail_file: ${id}.yaml }\n`;
const BOOK = `tasks:\n${IDS.map((id) => entryOf(id, 'AUTOMATED_SCRIPT')).join('')}${entryOf('manual', 'MANUAL')}`;
const DETAILS = Object.fromEntries([
  ...IDS.map((id) => [`${id}.yaml`, `id: ${id}\nscript_details: "true"\nstatus: READY\n`]),
  ['manual.yaml', 'id: manual\nstatus: READY\n'],
]);

afterEach(() => void vi.restoreAllMocks());

/** The program at work on some tasks, and what it would decide of them. */
function stage() {
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
  const runbookNow = async () => {
    const loaded = await loadRunbook(root, files);
    if (!loaded.ok) throw new Error(loaded.error.code);
    return loaded.value;
  };
  const taskOf = async (id: string) => {
    const task = (await runbookNow()).tasks.find((one) => one.id === id);
    if (!task) throw new Error(id);
    return task;
  };
  return {
    root,
    ledger,
    taskOf,
    start: async (id: string): Promise<number> => {
      const started = await ledger.apply([{ task: await taskOf(id), to: 'RUNNING', event: 'START_TASK' }]);
      if (!started.ok) throw new Error(started.error.code);
      return started.value;
    },
    done: async (id: string): Promise<Transition> => ({ task: await taskOf(id), to: 'DONE', event: 'COMPLETE_TASK' }),
    /** Whether the journal has taken it. */
    end: async (transition: Transition, step: number): Promise<boolean> => {
      const applied = await ledger.applyEnd([transition], { step, happened: true });
      return applied.ok && (await applied.value.recorded).ok;
    },
    journalled: () => {
      const entries = readEntries(root);
      if (!entries.ok) throw new Error(entries.error.code);
      return entries.value.toReversed().map(({ title, stepSeq }) => `${title} of ${stepSeq}`);
    },
    /** The tasks of the log's lines about ends, when all is in order again. */
    told: async () => {
      await ledger.rollForward(await runbookNow());
      const { events } = parseLog(nodeFs.readFileSync(path.join(root, LOG_FILE), 'utf8'));
      return events.filter(({ event_type }) => event_type === 'COMPLETE_TASK').map(({ task_id }) => task_id);
    },
    close: () => journal.value.close(),
  };
}

/** What happens whenever a file is begun that is to take the place of another. */
function atEachWrite(act: () => void): void {
  const { openSync } = nodeFs;
  vi.spyOn(nodeFs, 'openSync').mockImplementation((file, ...rest) => {
    if (String(file).endsWith('.tmp')) act();
    return openSync(file, ...rest);
  });
}

function noSpace(): never {
  throw Object.assign(new Error('no space'), { code: 'ENOSPC' });
}

test('of several ends that the log cannot take, each is in the journal once, also where it is kept after that', async () => {
  const { root, ledger, start, done, end, journalled, close } = stage();
  const steps = new Map<string, number>();
  for (const id of IDS) steps.set(id, await start(id));
  const ends = await Promise.all(IDS.map(done));
  // A folder in its place takes no line.
  nodeFs.rmSync(path.join(root, LOG_FILE), { force: true });
  nodeFs.mkdirSync(path.join(root, LOG_FILE), { recursive: true });
  const stepOf = ({ task }: Transition) => steps.get(task.id) ?? 0;
  expect(await Promise.all(ends.map((one) => end(one, stepOf(one))))).toEqual([false, false, false]);
  for (const one of ends) expect((await ledger.keep(one, { step: stepOf(one) })).ok).toBe(true);
  expect(journalled().filter((title) => title.startsWith('COMPLETE_TASK'))).toEqual(
    [...steps.values()].map((step) => `COMPLETE_TASK of ${step}`),
  );
  close();
});

test('an end is kept in the journal also where the files cannot take what came before it', async () => {
  const { ledger, start, done, end, told, close } = stage();
  const [first, second] = [await start('a'), await start('b')];
  const later = await done('b');
  expect(await end(await done('a'), first)).toBe(true);
  expect(ledger.isBehind()).toBe(true);
  atEachWrite(noSpace);
  expect((await ledger.keep(later, { step: second })).ok).toBe(true);
  vi.restoreAllMocks();
  expect(await told()).toEqual(['a', 'b']);
  close();
});

test('what was noted on the way and could not be taken back is not taken for the end', async () => {
  const { root, ledger, start, taskOf, done, journalled, close } = stage();
  const step = await start('a');
  const issue = { timestamp: 'T', type: 'VALIDATION_FAIL' as const, detail: 'x', resolution: 'Retried' };
  const noted: Transition = { task: await taskOf('a'), to: 'RUNNING', event: 'CHECK_FAILED', issue };
  // A file that somebody else writes is not put back.
  atEachWrite(() => {
    nodeFs.appendFileSync(path.join(root, 'a.yaml'), '# by hand\n');
    noSpace();
  });
  expect((await ledger.apply([noted], { step })).ok).toBe(false);
  vi.restoreAllMocks();
  expect(ledger.isKept({ step })).toBe(false);
  expect((await ledger.keep(await done('a'), { step })).ok).toBe(true);
  expect(journalled()).toEqual([`START_TASK of ${step}`, `CHECK_FAILED of ${step}`, `COMPLETE_TASK of ${step}`]);
  close();
});

test('an end that somebody who saves again and again keeps out of the files is in the journal, and is told once', async () => {
  const { root, ledger, start, done, end, told, close } = stage();
  const step = await start('manual');
  atEachWrite(() => nodeFs.appendFileSync(path.join(root, 'manual.yaml'), '# more\n'));
  expect(await end(await done('manual'), step)).toBe(false);
  vi.restoreAllMocks();
  expect(ledger.isKept({ step })).toBe(true);
  expect(await told()).toEqual(['manual']);
  close();
});
