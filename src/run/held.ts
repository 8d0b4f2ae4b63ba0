// Entries of the journal that the files follow a moment later, so that a hundred quick scripts do not rewrite the runbook a hundred
// times (design.md §3: the journal is the truth of the moment). Knows when, and what the files will hold; performs nothing.

import type { Failure } from '../base/failure.ts';
import { err, ok, type Result } from '../base/result.ts';
import type { Entry } from '../journal/journal.ts';
import { afterEdits } from '../runbook/patch/after.ts';
import type { PlainValue } from '../runbook/patch.ts';
import { readData } from '../runbook/store.ts';
import { RUNBOOK_FILE } from '../system/paths.ts';
import { createAhead } from './ahead.ts';
import { changesOf, NOTHING, type RolledForward, type RollParts, type WrittenOut, writeOut } from './roll-forward.ts';
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
  readonly news: () => RolledForward;
};

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
  let news = NOTHING;
  let failed = false;
  let lastWrite = Number.NEGATIVE_INFINITY;
  let timer: NodeJS.Timeout | undefined;
  /** What the files will hold, and what they would after what was planned last. */
  let data = new Map<string, PlainValue>();
  let planned = data;
  /** What is being written at this moment: the journal waits for it (`plan`). */
  let writing: { readonly files: ReadonlySet<string>; readonly done: Promise<Result<undefined, Failure>> } | undefined;
  const ahead = createAhead(parts);
  const wrote = () => {
    lastWrite = performance.now();
  };
  const isBurst = () => performance.now() - lastWrite < LONGEST_MS;
  const writeAll = async (all: readonly Entry[]): Promise<Result<undefined, Failure>> => {
    const rolled = await writeOut(parts, all, await ahead.stop());
    writing = undefined;
    failed = !rolled.ok;
    if (!rolled.ok) {
      entries = [...all, ...entries];
      return err(rolled.error);
    }
    news = joined(news, rolled.value.news);
    // Of the others nothing need be known any more: the files hold it.
    if (!isExpecting) data = entries.length === 0 ? new Map() : only(data, filesOf(entries));
    wrote();
    written(all, rolled.value);
    return ok(undefined);
  };
  const write = async (): Promise<Result<undefined, Failure>> => {
    beforeWrite();
    for (;;) {
      if (writing === undefined) {
        clearTimeout(timer);
        timer = undefined;
        if (entries.length === 0) return ok(undefined);
        const all = entries;
        entries = [];
        writing = { files: filesOf(all), done: writeAll(all) };
      }
      const done = await writing.done;
      if (!done.ok) return done;
    }
  };
  return {
    wrote,
    write,
    // While all is written, there is nothing ahead of it.
    writeAhead: ahead.begin,
    isEmpty: () => entries.length === 0 && !isExpecting && writing === undefined,
    isWriting: (file) => writing?.files.has(file) === true || ahead.isWriting(file),
    async plan(changes, isEnd) {
      // What a kill leaves of the files is judged by the journal: it does not go on while they are written.
      if (writing) await writing.done;
      const isOpen = entries.length > 0 || isExpecting || writing !== undefined;
      if (failed || !(isOpen || (isEnd && isBurst()))) return undefined;
      const dropsBefore = drops;
      const made = await dataAfter(parts, data, changes);
      // What it was planned on is not recorded after all: the files say what stands.
      if (drops !== dropsBefore) return undefined;
      planned = made?.data ?? data;
      return made?.former;
    },
    expect() {
      data = planned;
      isExpecting = true;
    },
    take(recorded) {
      isExpecting = false;
      entries.push(...recorded);
      timer ??= setTimeout(() => void write(), LONGEST_MS);
      if (writing === undefined) for (const taskId of endedIn(recorded)) ahead.push(ofTask(entries, taskId));
    },
    drop() {
      drops += 1;
      isExpecting = false;
      data = new Map();
      // What the files will hold after the others is not known any more.
      failed ||= entries.length > 0 || writing !== undefined;
    },
    news() {
      const told = news;
      news = NOTHING;
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

/** Undefined where a file cannot be read, or a person's value stands in the way: that is found out in the files themselves. */
async function dataAfter(
  { root, files: read }: RollParts,
  data: ReadonlyMap<string, PlainValue>,
  changes: readonly TaskChange[],
): Promise<{ data: Map<string, PlainValue>; former: readonly Former[] } | undefined> {
  const { files, former, overruled } = editsOf(changes);
  const after = new Map(data);
  for (const { file, edits } of files) {
    const held = after.get(file);
    const now = held === undefined ? await readData(root, file, read) : ok(held);
    if (!now.ok) return undefined;
    const wanted = edits(now.value);
    if (!wanted.ok) return undefined;
    after.set(file, afterEdits(now.value as PlainValue, wanted.value));
  }
  return overruled.length > 0 ? undefined : { data: after, former };
}

function joined(one: RolledForward, other: RolledForward): RolledForward {
  return {
    overruled: [...one.overruled, ...other.overruled],
    written: [...one.written, ...other.written],
    waiting: [...one.waiting, ...other.waiting],
  };
}
