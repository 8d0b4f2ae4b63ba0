// The one place that performs a transition: the journal entry, both YAML files, the log line. Knows how a transition is stored, not why
// it happens.
//
// The entry is durable before the files follow, and says all that is needed to carry it out. After a crash the next start goes on
// where it stopped (design.md §3): `rollForward`. An I/O error takes back what was written, so that nothing is half done.

import path from 'node:path';
import type { Failure } from '../base/failure.ts';
import { err, ok, type Result } from '../base/result.ts';
import type { Redactor } from '../base/secrets.ts';
import { createTurns } from '../base/turns.ts';
import { type EventLog, lineOf } from '../events/log.ts';
import type { LogLine, NewEvent } from '../events/types.ts';
import type { Entry, Journal, Recorded, Recording, Remembered } from '../journal/journal.ts';
import type { FileCache } from '../runbook/file-cache.ts';
import { type PlannedFile, planFiles, writeAllPlanned } from '../runbook/store.ts';
import type { Runbook, Task } from '../runbook/task.ts';
import { afterwards } from './advance.ts';
import { createHeld, type Held } from './held.ts';
import { createJoint, type Joint } from './joint.ts';
import { createLookout } from './lookout.ts';
import { takeBack } from './our-writes.ts';
import { recordingOf, type Step, type StepOptions } from './recording.ts';
import { changesOf, type NotTaken, type RolledForward, rollForward, tasksOf } from './roll-forward.ts';
import { editsOf, type Former, type Overruled, type TaskChange } from './step.ts';
import { changeOf, eventOf, isQuick, type Transition } from './transition.ts';

export type Ledger = {
  /** Performs the transitions as one step: all edits, then the log lines in the given order. Gives the number of the entry. */
  readonly apply: (transitions: readonly Transition[], options?: StepOptions) => Promise<Result<number, Failure>>;
  /**
   * The same for the end of an attempt. From when it is decided, everything goes on from it; it may be recorded with what comes next, and
   * counts for nobody outside before its `recorded` says so.
   */
  readonly applyEnd: (
    transitions: readonly Transition[],
    options: StepOptions,
  ) => Promise<Result<{ readonly recorded: Promise<Result<number, Failure>> }, Failure>>;
  /** Changes that come as data, such as those that take a step back. */
  readonly applyChanges: (
    changes: readonly TaskChange[],
    events: readonly (NewEvent & { actor?: string })[],
    undoes: readonly number[],
  ) => Promise<Result<number, Failure>>;
  /** Whether the end of that step is in the journal already, though the files or the log could not take it. */
  readonly isKept: (options: StepOptions) => boolean;
  /** Keeps in the journal what the files cannot take now, if it is not there yet; `rollForward` tries again. */
  readonly keep: (transition: Transition, options: StepOptions) => Promise<Result<number, Failure>>;
  /** Keeps what a person's value overruled, for whoever looks for it later. It is never tried again. */
  readonly overrule: (transition: Transition, options: StepOptions) => Promise<Result<number, Failure>>;
  /** Completes what an earlier process began, and what waited for the files. */
  readonly rollForward: (runbook: Runbook) => Promise<Result<RolledForward, Failure>>;
  /** The files follow what waits for them. */
  readonly flush: () => Promise<Result<undefined, Failure>>;
  /** A script has just been started: what can be written while it is at work keeps nobody waiting. */
  readonly writeAhead: () => void;
  /** What has come of that since it was last asked for. */
  readonly news: () => NotTaken;
  /** How things stand, by what was read and what was done since; undefined where the files must be read, because somebody was there. */
  readonly view: () => Runbook | undefined;
  /** Whether the files were read for what the last view or reading gave, and nothing was done since. */
  readonly isFresh: () => boolean;
  /** There is no view any more: the files are to be read. */
  readonly lookAgain: () => void;
  /** False where somebody has touched the task's own files since; then there is no view any more. */
  readonly isAsRead: (task: Task) => boolean;
  /** The files have not yet got all that is in the journal. */
  readonly isBehind: () => boolean;
  /** The files are not written meanwhile; nothing that writes may be asked of the ledger in it. */
  readonly whileQuiet: <T>(work: () => Promise<T>) => Promise<T>;
  /** The files were read. */
  readonly readAnew: (runbook: Runbook) => void;
  /** Log lines that change no state. */
  readonly note: (events: readonly NewEvent[], actor?: string) => Result<undefined, Failure>;
  /** The entries of the journal, the newest first. */
  readonly entries: () => Result<readonly Entry[], Failure>;
  /** Tasks whose files cannot take what is in the journal. */
  readonly behind: () => Result<ReadonlySet<string>, Failure>;
  readonly remembered: () => Result<Map<string, Remembered>, Failure>;
  /** What stands in the files already: remembered with the next transition, so that looking alone writes nothing. */
  readonly observe: (tasks: ReadonlyMap<string, Remembered>) => void;
  /** At once. */
  readonly remember: (tasks: ReadonlyMap<string, Remembered>) => Result<undefined, Failure>;
  /** Before a wait and at the end: the log is made durable, so that the entries need not be looked at again. */
  readonly settle: () => Result<undefined, Failure>;
};

export type LedgerParts = {
  readonly root: string;
  readonly runId: string;
  readonly log: EventLog;
  readonly journal: Journal;
  /** What was read of the YAML files. */
  readonly files: FileCache;
  readonly redactor: Redactor;
  readonly actor: string;
  /** Whether this process still is the one writer (design.md §3). */
  readonly ensureLock: () => Promise<Result<undefined, Failure>>;
};

export function createLedger(parts: LedgerParts): Ledger {
  const { runId, log, journal, redactor, actor } = parts;
  const state: State = { observed: new Map(), written: [], left: new Set() };
  const inTurn = createTurns();
  const held = createHeld(parts, {
    beforeWrite: () => joint.commit(),
    written(entries, { done, news }) {
      state.written.push(...done);
      if (news.overruled.length + news.waiting.length > 0) {
        state.view = undefined;
        state.behind = undefined;
      }
      lookAt(entries.flatMap(changesOf));
      // In a burst without a break nobody else asks: there is always something that waits.
      if (state.view && !lookout.isUntouched(state.view)) state.view = undefined;
    },
  });
  const joint = createJoint({
    journal,
    log,
    onRecorded(entries) {
      state.observed.clear();
      held.take(entries);
    },
    onFailed(left) {
      held.drop();
      state.view = undefined;
      state.behind = undefined;
      for (const { entry } of left) noteLeft(state, entry.stepSeq);
    },
  });
  const lookout = createLookout(parts.root, parts.files);
  /** Whoever wrote into a file together with us may have changed more in it than we know. */
  const lookAt = (changes: readonly TaskChange[]) => {
    const isOurs = (file: string | undefined) =>
      file === undefined || parts.files.isUntouched(path.join(parts.root, file));
    const files = new Set([state.view?.source.file, ...changes.map(({ detail }) => detail?.file)]);
    if (![...files].every(isOurs)) state.view = undefined;
  };
  /** Ids, events and states are words of the program and of the runbook: a secret that is such a word is none. */
  const lineFor = (event: NewEvent, by = actor): LogLine => {
    const line = lineOf(event, { runId, actor: by });
    return line.details === undefined ? line : { ...line, details: redactor.value(line.details) };
  };
  const linesOf = (transitions: readonly Transition[]) => transitions.map((each) => lineFor(eventOf(each), each.actor));
  const stepOf = (transitions: readonly Transition[], options: StepOptions): Step => ({
    ...options,
    changes: transitions.map((each) => changeOf(each, redactor)),
    lines: linesOf(transitions),
  });
  const performed = async (step: Step) => {
    const applied = await perform(parts, { state, held, joint }, step);
    // What failed may stand in the journal all the same, and not in the files: for tasks that are still at work that is no edit by hand.
    if (!applied.ok) state.behind = undefined;
    return applied;
  };
  /** One after the other; what is to be recorded together is decided in turn all the same. */
  const decided = (transitions: readonly Transition[], options: StepOptions, isEnd: boolean) =>
    inTurn(async () => {
      const step = { ...stepOf(transitions, options), mayWait: transitions.every(isQuick), isEnd };
      const applied = await performed(step);
      state.view = applied.ok && step.mayWait ? state.view && afterwards(state.view, transitions) : undefined;
      if (held.isEmpty()) lookAt(step.changes);
      return applied;
    });
  /** `written`: whether the files have taken what is held; else that stays pending. */
  const afterHeld = <T>(work: (written: Result<undefined, Failure>) => Promise<Result<T, Failure>>) =>
    inTurn(async () => {
      const written = await held.write();
      state.behind = undefined;
      return work(written);
    });
  return {
    async apply(transitions, options = {}) {
      const applied = await decided(transitions, options, false);
      return applied.ok ? applied.value.recorded : applied;
    },
    applyEnd: (transitions, options) => decided(transitions, options, true),
    applyChanges: (changes, events, undoes) =>
      inTurn(async () => {
        state.view = undefined;
        const lines = events.map(({ actor: by, ...event }) => lineFor(event, by));
        const applied = await performed({ changes, undoes, lines });
        return applied.ok ? applied.value.recorded : applied;
      }),
    isKept: ({ step }) => isLeft(state, step),
    // The journal takes these also where the files do not take what comes before.
    keep: (transition, options) => afterHeld(() => keep(parts, state, stepOf([transition], options))),
    overrule: (transition, options) => afterHeld(() => overrule(parts, stepOf([transition], options))),
    rollForward: (runbook) => afterHeld(async (written) => (written.ok ? rollForward(parts, runbook) : written)),
    flush: () => inTurn(held.write),
    isBehind: () => !held.isEmpty(),
    whileQuiet: inTurn,
    writeAhead: held.writeAhead,
    news: held.news,
    view() {
      state.isFresh = false;
      if (state.view && held.isEmpty() && !lookout.isUntouched(state.view)) state.view = undefined;
      return state.view;
    },
    readAnew(runbook) {
      state.view = runbook;
      state.isFresh = true;
    },
    isFresh: () => state.isFresh === true,
    lookAgain() {
      state.view = undefined;
    },
    isAsRead(task) {
      // While it is being written, it is looked at by that.
      if (state.isFresh || held.isWriting(task.detail?.file ?? '') || lookout.isTaskUntouched(task)) return true;
      state.view = undefined;
      return false;
    },
    note(events, by) {
      joint.commit();
      return log.append(events.map((event) => lineFor(event, by)));
    },
    entries() {
      joint.commit();
      return journal.newest();
    },
    behind: () => {
      joint.commit();
      // Asked at every reading: the journal of a long run is not looked through each time.
      if (state.behind) return ok(state.behind);
      const open = journal.open();
      if (!open.ok) return open;
      state.behind = tasksOf(open.value);
      return ok(state.behind);
    },
    remembered() {
      joint.commit();
      return journal.memory();
    },
    remember: journal.remember,
    observe(tasks) {
      for (const [id, remembered] of tasks) state.observed.set(id, { ...state.observed.get(id), ...remembered });
    },
    settle() {
      joint.commit();
      return settle(parts, state);
    },
  };
}

/**
 * `written`: entries that the files have followed. `left`: steps whose end the files or the log could not take; its entry is
 * pending. `view`: the runbook as it was read, with what was done since.
 */
type State = {
  readonly observed: Map<string, Remembered>;
  written: number[];
  readonly left: Set<number>;
  view?: Runbook | undefined;
  /** Nothing has been done since it was read. */
  isFresh?: boolean;
  /** Undefined where it must be looked for. */
  behind?: ReadonlySet<string> | undefined;
};

type Planned = { readonly files: readonly PlannedFile[]; readonly former: readonly Former[] };

type Means = { readonly state: State; readonly held: Held; readonly joint: Joint };
type Performed = { readonly recorded: Promise<Result<number, Failure>> };

/** `isEnd`: an attempt ends with it, which may be recorded together with what comes next. */
type Performing = Step & { readonly isEnd?: boolean };

async function perform(
  parts: LedgerParts,
  { state, held, joint }: Means,
  step: Performing,
): Promise<Result<Performed, Failure>> {
  const { journal, log } = parts;
  for (const prepare of [parts.ensureLock, journal.prepare, log.prepare]) {
    const prepared = await prepare();
    if (!prepared.ok) return prepared;
  }
  const later = step.mayWait ? await held.plan(step.changes, step.isEnd === true) : undefined;
  if (later !== undefined) {
    const recording = recordingOf(parts, state.observed, { ...step, former: later, state: 'pending' });
    const joined = { recording, happened: step.happened === true };
    held.expect();
    if (step.isEnd) return ok({ recorded: joint.soon(joined).then(seqOf) });
    const recorded = joint.now(joined);
    return recorded.ok ? ok({ recorded: Promise.resolve(seqOf(recorded)) }) : recorded;
  }
  const written = await held.write();
  if (!written.ok) return written;
  const planned = await planNow(parts, step.changes);
  if (!planned.ok) return planned;
  const recorded = await carryOut(parts, state, { step, planned: planned.value });
  if (!recorded.ok) return recorded;
  held.wrote();
  // An entry that cannot be marked is looked at once more by the next command, which finds all in its place.
  if (journal.mark([recorded.value], 'written').ok) state.written.push(recorded.value);
  return ok({ recorded: Promise.resolve(recorded) });
}

function seqOf(recorded: Result<Entry, Failure>): Result<number, Failure> {
  return recorded.ok ? ok(recorded.value.seq) : recorded;
}

async function planNow(parts: LedgerParts, changes: readonly TaskChange[]): Promise<Result<Planned, Failure>> {
  const { files, former, overruled } = editsOf(changes);
  const planned = await planFiles(parts.root, files, parts.files);
  if (!planned.ok) return planned;
  const [other] = overruled;
  return other === undefined ? ok({ files: planned.value, former }) : err(overruledFailure(other));
}

/** The entry, then what follows from it; where that fails, the entry is taken back, unless what it says has happened. Gives its number. */
async function carryOut(
  parts: LedgerParts,
  state: State,
  { step, planned }: { step: Performing; planned: Planned },
): Promise<Result<number, Failure>> {
  const { root, journal } = parts;
  const { former } = planned;
  const recorded = record(parts, recordingOf(parts, state.observed, { ...step, former, state: 'pending' }));
  if (!recorded.ok) return recorded;
  const { seq, before } = recorded.value;
  const written = await writeAll(parts, planned.files, step.lines);
  if (!written.ok) {
    const isBack = !step.happened && (await takeBack(root, planned.files)) && journal.withdraw(seq, before).ok;
    if (!isBack && step.isEnd) noteLeft(state, step.step);
    return written;
  }
  state.observed.clear();
  return ok(seq);
}

function isLeft({ left }: State, step: number | undefined): boolean {
  return step !== undefined && left.has(step);
}

function noteLeft({ left }: State, step: number | undefined): void {
  if (step !== undefined) left.add(step);
}

async function keep(parts: LedgerParts, state: State, step: Step): Promise<Result<number, Failure>> {
  if (step.step !== undefined && isLeft(state, step.step)) return ok(step.step);
  const ours = await parts.ensureLock();
  if (!ours.ok) return ours;
  const recorded = record(parts, recordingOf(parts, state.observed, { ...step, former: [], state: 'waiting' }));
  return recorded.ok ? ok(recorded.value.seq) : recorded;
}

/** What is remembered of the task stays: it is the person's value now, or will be seen as one. */
async function overrule(parts: LedgerParts, step: Step): Promise<Result<number, Failure>> {
  const ours = await parts.ensureLock();
  if (!ours.ok) return ours;
  const { entry } = recordingOf(parts, new Map(), { ...step, former: [], state: 'waiting' });
  const recorded = record(parts, { entry, state: 'overruled', undoes: [], remember: new Map(), end: [] });
  return recorded.ok ? ok(recorded.value.seq) : recorded;
}

function record({ journal }: LedgerParts, recording: Recording): Result<Recorded, Failure> {
  const recorded = journal.record([recording]);
  return recorded.ok ? ok(recorded.value[0] as Recorded) : recorded;
}

async function writeAll(
  { root, log, files }: LedgerParts,
  planned: readonly PlannedFile[],
  lines: readonly LogLine[],
): Promise<Result<undefined, Failure>> {
  const written = await writeAllPlanned(root, planned, files);
  return written.ok ? log.append(lines) : written;
}

function settle({ log, journal }: LedgerParts, state: State): Result<undefined, Failure> {
  if (state.written.length === 0) return ok(undefined);
  const synced = log.sync();
  if (!synced.ok) return synced;
  const marked = journal.mark(state.written, 'settled');
  if (marked.ok) state.written = [];
  return marked;
}

function overruledFailure({ taskId, file, now }: Overruled): Failure {
  const change = now === 'gone' ? 'was removed from the runbook' : `was set to ${now} by somebody else`;
  return { code: 'changed-meanwhile', path: file, message: `"${taskId}" ${change} just now` };
}
