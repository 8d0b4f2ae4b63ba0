// What the journal is given of a step. Pure but for the clock; records nothing.

import type { Redactor } from '../base/secrets.ts';
import type { EventLog } from '../events/log.ts';
import type { LogLine } from '../events/types.ts';
import type { Entry, Recorded, Recording, Remembered, RunningRow } from '../journal/journal.ts';
import { timestamp } from '../system/clock.ts';
import { thisProcess } from '../system/process-identity.ts';
import type { Former, TaskChange } from './step.ts';

export type StepOptions = {
  /** The entry that began the step which these transitions go on with: a task's attempt. */
  readonly step?: number;
  /** What has happened cannot be undone by taking the record back: it stays in the journal when the files cannot take it. */
  readonly happened?: boolean;
};

export type Step = StepOptions & {
  readonly changes: readonly TaskChange[];
  readonly lines: readonly LogLine[];
  /** Entries that are taken back by it. */
  readonly undoes?: readonly number[];
  /** The files may follow a moment later. */
  readonly mayWait?: boolean;
};

export type ToRecord = Step & { readonly former: readonly Former[]; readonly state: 'pending' | 'waiting' };

/** `observed`: what stands in the files already, to be remembered with it. */
export function recordingOf(
  { runId, log, redactor }: { readonly runId: string; readonly log: EventLog; readonly redactor: Redactor },
  observed: ReadonlyMap<string, Remembered>,
  step: ToRecord,
): Recording {
  const { changes, lines, former, state } = step;
  const remember = new Map(observed);
  for (const { taskId, to } of changes) remember.set(taskId, { ...remember.get(taskId), status: to });
  const started = lines.find((line) => line.event_type === 'START_TASK');
  const at = timestamp();
  const begin: RunningRow | undefined = started && {
    taskId: started.task_id,
    runId,
    process: thisProcess(),
    since: at,
    waiting: false,
  };
  return {
    entry: {
      ...(step.step === undefined ? {} : { stepSeq: step.step }),
      at,
      runId,
      title: lines[0]?.event_type ?? '',
      changes,
      former: former.map((each) => withoutSecrets(each, redactor)),
      lines,
      logSize: log.size(),
    },
    state,
    undoes: step.undoes ?? [],
    remember,
    begin,
    end: changes.filter(({ to }) => to !== 'RUNNING').map(({ taskId }) => taskId),
  };
}

/** What a person wrote may hold one; ids and states are no secrets. */
function withoutSecrets({ taskId, entry, detail }: Former, redactor: Redactor): Former {
  const { status, ...others } = entry ?? {};
  return {
    taskId,
    ...(entry === undefined ? {} : { entry: { ...('status' in entry ? { status } : {}), ...redactor.value(others) } }),
    ...(detail === undefined
      ? {}
      : { detail: { ...redactor.value(detail), ...('status' in detail ? { status: detail.status } : {}) } }),
  };
}

/** The entry that was made of it. */
export function entryOf({ entry }: Recording, { seq }: Recorded): Entry {
  return { ...entry, seq, stepSeq: entry.stepSeq ?? seq, state: 'pending' };
}
