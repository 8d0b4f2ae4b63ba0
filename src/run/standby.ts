// Waits for a person without the project's lock, so that other commands work meanwhile (design.md §3). Knows no question.

import type { Failure } from '../base/failure.ts';
import { ok, type Result } from '../base/result.ts';
import { createTurns } from '../base/turns.ts';
import type { EventLog } from '../events/log.ts';
import type { Journal } from '../journal/journal.ts';
import { type Claim, type ProjectLock, takeClaim } from '../journal/lock.ts';
import type { Ledger } from './ledger.ts';
import type { Person, Report } from './ports.ts';

type StandbyParts = {
  readonly root: string;
  readonly runId: string;
  readonly journal: Journal;
  readonly lock: ProjectLock;
  readonly log: EventLog;
  readonly ledger: Ledger;
  readonly signal: AbortSignal;
  readonly report: Report;
};

export type Standby = {
  /** The same person; whoever asks them lets go of the lock until they have answered. */
  readonly person: (person: Person) => Person;
  /** Whether anything else is in flight, which needs the lock. */
  readonly setAlone: (alone: boolean) => void;
  readonly close: () => void;
};

/** After Ctrl-C the state must still be written; somebody else's short command may hold the lock at this moment. */
const PATIENCE_MS = 3000;

export function createStandby(parts: StandbyParts): Standby {
  let claim: Claim | undefined;
  const solitude = createSolitude();
  const inTurn = createTurns();
  /** Gives what goes on afterwards: true where the answer counts. */
  const letGo = async ({ isOpen }: { isOpen: boolean }): Promise<(() => Promise<boolean>) | undefined> => {
    const waiting = await begin(parts);
    if (!waiting.ok) {
      const message = 'the journal cannot be written: other commands must wait for this one';
      // Nothing is written into a question.
      if (!isOpen) parts.report({ kind: 'warning', message });
      return undefined;
    }
    if (waiting.value !== undefined && claim === undefined) {
      const taken = takeClaim(parts.root, parts.runId);
      if (taken.ok) claim = taken.value;
    }
    parts.lock.release();
    return async () => {
      const retaken = await retake(parts);
      parts.log.lookAgain();
      return retaken && goesOn(parts, waiting.value);
    };
  };
  /** `gone`: the task was answered or taken over elsewhere, or nothing can be written; what the person said has no place any more. */
  const during = async <T>(question: () => Promise<T>, gone: T): Promise<T> => {
    // What else is in flight needs the lock. When that has ended, nobody need wait for the person.
    const asked = solitude.is() ? undefined : question();
    const first = asked && (await Promise.race([asked.then(() => 'answered' as const), solitude.comes()]));
    if (asked && first === 'answered') return asked;
    const goOn = await letGo({ isOpen: asked !== undefined });
    const answer = await (asked ?? question());
    return goOn === undefined || (await goOn()) ? answer : gone;
  };
  return {
    person: (person) => ({
      choose: (question) => inTurn(() => during(() => person.choose(question), undefined)),
      ask: (message) => inTurn(() => during(() => person.ask(message), undefined)),
      edit: (text, extension, file) =>
        inTurn(() =>
          during(() => person.edit(text, extension, file), {
            problem: 'the task was answered elsewhere meanwhile',
            gone: true,
          }),
        ),
      paste: () => inTurn(() => during(() => person.paste(), undefined)),
      show: person.show,
    }),
    setAlone: (is) => solitude.set(is),
    close: () => claim?.release(),
  };
}

/** Whether anything else is in flight; nothing is before the first task. */
function createSolitude() {
  let alone = true;
  let came = Promise.withResolvers<'alone'>();
  return {
    is: () => alone,
    /** Resolves when it is so. */
    comes: () => (alone ? Promise.resolve('alone' as const) : came.promise),
    set(is: boolean) {
      alone = is;
      if (!is) return;
      came.resolve('alone');
      came = Promise.withResolvers();
    },
  };
}

/** The task of this run that waits from now on; undefined where none runs. */
async function begin({ journal, ledger, runId }: StandbyParts): Promise<Result<string | undefined, Failure>> {
  const flushed = await ledger.flush();
  if (!flushed.ok) return flushed;
  const settled = ledger.settle();
  if (!settled.ok) return settled;
  const running = journal.running();
  if (!running.ok) return running;
  const taskId = running.value.find((row) => row.runId === runId)?.taskId;
  if (taskId === undefined) return ok(undefined);
  const marked = journal.setWaiting(taskId, true);
  return marked.ok ? ok(taskId) : marked;
}

async function retake({ lock, signal, report }: StandbyParts): Promise<boolean> {
  const onWait = (heldBy: string) =>
    report({ kind: 'note', message: `waiting for another orchestrate (${heldBy}) before this can be written` });
  const taken = await lock.retake({ forMs: Number.POSITIVE_INFINITY, signal, onWait });
  if (taken.ok || !signal.aborted) return taken.ok;
  return (await lock.retake({ forMs: PATIENCE_MS, signal: new AbortController().signal })).ok;
}

/** False where somebody else has put an end to the task's wait. */
function goesOn({ journal, runId }: StandbyParts, taskId: string | undefined): boolean {
  if (taskId === undefined) return true;
  const running = journal.running();
  if (!running.ok || !running.value.some((row) => row.taskId === taskId && row.runId === runId)) return false;
  return journal.setWaiting(taskId, false).ok;
}
