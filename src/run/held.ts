// Entries of the journal that the files follow a moment later, so that a hundred quick scripts do not rewrite the runbook a hundred
// times (design.md §3: the journal is the truth of the moment). Knows when, and what the files will hold; performs nothing.

import type { Failure } from '../base/failure.ts';
import { err, ok, type Result } from '../base/result.ts';
import type { Entry } from '../journal/journal.ts';
import { afterEdits, type Copies } from '../runbook/patch/after.ts';
import type { PlainValue, YamlEdit } from '../runbook/patch.ts';
import { readData } from '../runbook/store.ts';
import { RUNBOOK_FILE } from '../system/paths.ts';
import { createAhead } from './ahead.ts';
import { changesOf, type NotTaken, type RollParts, type WrittenOut, writeOut } from './roll-forward.ts';
import { editsOf, type Former, type TaskChange } from './step.ts';

/** How long the files may stay behind (design.md §3), less what the writing takes. */
const LONGEST_MS = 70;

export type Held = {
  /**
   * What stands before the changes, where they may wait; undefined where the files must follow at once. `isEnd`: a task has ended, and
   * only that begins a wait: what starts may last.
   */
  readonly plan: (changes: readonly TaskChange[], isEnd: boolean) => Promise<readonly Former[] | undefined>;
  /** After `plan`: what was planned is about to be recorded, and what is planned next follows it. */
  readonly expect: () => void;
  /** What was expected stands in the journal. */
  readonly take: (entries: readonly Entry[]) => void;
  /** What was expected could not be recorded. */
  readonly drop: () => void;
  /** A task is at work, which nothing keeps waiting. */
  readonly writeAhead: () => void;
  readonly isEmpty: () => boolean;
  /** To be called when the files were written without it. */
  readonly wrote: () => void;
  /** Whether the file is being written at this moment. */
  readonly isWriting: (file: string) => boolean;
  /** Writes all that waits. A failure leaves it waiting. */
  readonly write: () => Promise<Result<undefined, Failure>>;
  readonly news: () => NotTaken;
};

const NONE: NotTaken = { overruled: [], waiting: [] };

type Around = {
  /** To be done before anything is written: what is expected is recorded. */
  readonly beforeWrite: () => void;
  readonly written: (entries: readonly Entry[], out: WrittenOut) => void;
};

export function createHeld(parts: RollParts, { beforeWrite, written }: Around): Held {
  let entries: Entry[] = [];
  let isExpecting = false;
  /** How often something that was expected could not be recorded. */
  let drops = 0;
  let news: NotTaken = NONE;
  let failed = false;
  /** What the files will hold after all that is held is not known any more. */
  let isLost = false;
  let lastWrite = Number.NEGATIVE_INFINITY;
  let timer: NodeJS.Timeout | undefined;
  /** What the files will hold, and what was planned last. */
  let data = new Map<string, PlainValue>();
  let planned: readonly FilePlan[] = [];
  /** Of `data`: changed in place, so that a step does not cost as much as there are tasks. */
  const copies: Copies = new WeakSet();
  /** What is being written at this moment; the run goes on meanwhile. */
  let writing: { readonly files: ReadonlySet<string>; readonly done: Promise<Result<undefined, Failure>> } | undefined;
  const ahead = createAhead(parts);
  const wrote = () => {
    lastWrite = performance.now();
  };
  const isBurst = () => performance.now() - lastWrite < LONGEST_MS;
  const writeAll = async (all: readonly Entry[]): Promise<Result<undefined, Failure>> => {
    /** It waits on: whoever goes on writes first, and is told; nothing is written by itself. */
    const fail = () => {
      writing = undefined;
      failed = true;
      entries = [...all, ...entries];
      clearTimeout(timer);
      timer = undefined;
    };
    let rolled: Result<WrittenOut, Failure>;
    try {
      rolled = await writeOut(parts, all, await ahead.stop());
    } catch (defect) {
      fail();
      throw defect;
    }
    if (!rolled.ok) {
      fail();
      return err(rolled.error);
    }
    writing = undefined;
    failed = false;
    if (entries.length === 0) isLost = false;
    const { overruled, waiting } = rolled.value.news;
    news = { overruled: [...news.overruled, ...overruled], waiting: [...news.waiting, ...waiting] };
    // Of the others nothing need be known any more: the files hold it.
    if (!isExpecting) data = entries.length === 0 ? new Map() : only(data, filesOf(entries));
    for (const taskId of endedIn(entries)) ahead.push(ofTask(entries, taskId));
    wrote();
    written(all, rolled.value);
    return ok(undefined);
  };
  /** All that is held now, as one writing. */
  const begin = () => {
    clearTimeout(timer);
    timer = undefined;
    const all = entries;
    entries = [];
    writing = { files: filesOf(all), done: writeAll(all) };
  };
  const write = async (): Promise<Result<undefined, Failure>> => {
    beforeWrite();
    for (;;) {
      if (writing === undefined && entries.length === 0) return ok(undefined);
      if (writing === undefined) begin();
      const done = await writing?.done;
      if (done?.ok === false) return done;
    }
  };
  /** What came since the last writing began; what comes while it lasts is for the next. */
  const follow = async () => {
    timer = undefined;
    await writing?.done;
    if (writing === undefined && entries.length > 0 && !failed) begin();
  };
  return {
    wrote,
    write,
    // While all is written, there is nothing ahead of it.
    writeAhead: ahead.begin,
    isEmpty: () => entries.length === 0 && !isExpecting && writing === undefined,
    isWriting: (file) => writing?.files.has(file) === true || ahead.isWriting(file),
    async plan(changes, isEnd) {
      const isOpen = entries.length > 0 || isExpecting || writing !== undefined;
      if (failed || isLost || !(isOpen || (isEnd && isBurst()))) return undefined;
      const dropsBefore = drops;
      const made = await planOn(parts, data, changes);
      // What it was planned on is not recorded after all: the files say what stands.
      if (drops !== dropsBefore) return undefined;
      planned = made?.files ?? [];
      return made?.former;
    },
    expect() {
      for (const { file, now, edits } of planned) data.set(file, afterEdits(data.get(file) ?? now, edits, copies));
      isExpecting = true;
    },
    take(recorded) {
      isExpecting = false;
      entries.push(...recorded);
      if (!failed) timer ??= setTimeout(() => void follow(), LONGEST_MS);
      if (writing === undefined) for (const taskId of endedIn(recorded)) ahead.push(ofTask(entries, taskId));
    },
    drop() {
      drops += 1;
      isExpecting = false;
      data = new Map();
      isLost ||= entries.length > 0 || writing !== undefined;
    },
    news() {
      const told = news;
      news = NONE;
      return told;
    },
  };
}

/** Those that are at work no more, and will not be before a person says so. */
function endedIn(entries: readonly Entry[]): string[] {
  return entries.flatMap(changesOf).flatMap(({ taskId, to }) => (to === 'DONE' ? [taskId] : []));
}

function ofTask(entries: readonly Entry[], id: string): TaskChange[] {
  return entries.flatMap(changesOf).filter(({ taskId }) => taskId === id);
}

function filesOf(entries: readonly Entry[]): Set<string> {
  const details = entries.flatMap(changesOf).flatMap(({ detail }) => detail?.file ?? []);
  return new Set([RUNBOOK_FILE, ...details]);
}

function only(data: ReadonlyMap<string, PlainValue>, files: ReadonlySet<string>): Map<string, PlainValue> {
  return new Map([...data].filter(([file]) => files.has(file)));
}

/** What a file holds before the edits. */
type FilePlan = { readonly file: string; readonly now: PlainValue; readonly edits: readonly YamlEdit[] };

/** Undefined where a file cannot be read, or a person's value stands in the way: that is found out in the files themselves. */
async function planOn(
  { root, files: read }: RollParts,
  data: ReadonlyMap<string, PlainValue>,
  changes: readonly TaskChange[],
): Promise<{ files: readonly FilePlan[]; former: readonly Former[] } | undefined> {
  const { files, former, overruled } = editsOf(changes);
  const planned: FilePlan[] = [];
  for (const { file, edits } of files) {
    const held = data.get(file);
    const now = held === undefined ? await readData(root, file, read) : ok(held);
    if (!now.ok) return undefined;
    const wanted = edits(now.value);
    if (!wanted.ok) return undefined;
    planned.push({ file, now: now.value as PlainValue, edits: wanted.value });
  }
  return overruled.length > 0 ? undefined : { files: planned, former };
}
