// Entries of the journal that are recorded with one commit: the end of a script and the start of the next. Knows when, not what is in them.
//
// A commit waits for the disk, longer than all else between two quick scripts. What is waiting counts for nobody yet: it is reported, and
// the files and the log follow, when it stands in the journal.

import type { Failure } from '../base/failure.ts';
import { err, ok, type Result } from '../base/result.ts';
import type { EventLog } from '../events/log.ts';
import type { Entry, Journal, Recorded, Recording } from '../journal/journal.ts';
import { entryOf } from './recording.ts';

/** `happened`: it stays in the journal also where the log cannot take its lines. */
export type Joined = { readonly recording: Recording; readonly happened: boolean };

export type Joint = {
  /** Recorded with the next one, or when this turn of the event loop is over. */
  readonly soon: (joined: Joined) => Promise<Result<Entry, Failure>>;
  /** At once, with those that wait. */
  readonly now: (joined: Joined) => Result<Entry, Failure>;
  /** Records those that wait. */
  readonly commit: () => void;
};

type Waiting = Joined & { readonly settle: (result: Result<Entry, Failure>) => void };

export type JointParts = {
  readonly journal: Journal;
  readonly log: EventLog;
  /** They stand in the journal, and their lines in the log. */
  readonly onRecorded: (entries: readonly Entry[]) => void;
  /** `left`: those that stand in the journal all the same. */
  readonly onFailed: (left: readonly Recording[]) => void;
};

export function createJoint(parts: JointParts): Joint {
  let waiting: Waiting[] = [];
  let timer: NodeJS.Immediate | undefined;
  const record = (more: readonly Waiting[]) => {
    clearImmediate(timer);
    timer = undefined;
    const all = [...waiting, ...more];
    waiting = [];
    if (all.length === 0) return;
    const entries = recordAll(parts, all);
    for (const [index, { settle }] of all.entries()) settle(entries.ok ? ok(entries.value[index] as Entry) : entries);
  };
  const commit = () => record([]);
  return {
    soon(joined) {
      const { promise, resolve } = Promise.withResolvers<Result<Entry, Failure>>();
      waiting.push({ ...joined, settle: resolve });
      timer ??= setImmediate(commit);
      return promise;
    },
    now(joined) {
      let recorded: Result<Entry, Failure> | undefined;
      record([{ ...joined, settle: (result) => (recorded = result) }]);
      return recorded as unknown as Result<Entry, Failure>;
    },
    commit,
  };
}

/** All of them, with their lines, or none; but what has happened stays recorded. */
function recordAll(
  { journal, log, onRecorded, onFailed }: JointParts,
  all: readonly Joined[],
): Result<readonly Entry[], Failure> {
  const recorded = journal.record(all.map(({ recording }) => recording));
  if (!recorded.ok) {
    onFailed([]);
    return recorded;
  }
  const written = log.append(all.flatMap(({ recording }) => recording.entry.lines));
  if (!written.ok) {
    const pairs = all.map((joined, index) => ({ ...joined, made: recorded.value[index] as Recorded }));
    const left: Recording[] = [];
    for (const { happened, recording, made } of pairs.toReversed())
      if (happened || !journal.withdraw(made.seq, made.before).ok) left.push(recording);
    onFailed(left);
    return err(written.error);
  }
  const entries = all.map(({ recording }, index) => entryOf(recording, recorded.value[index] as Recorded));
  onRecorded(entries);
  return ok(entries);
}
