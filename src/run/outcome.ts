// How a task's attempt ended, and how a whole run ended. Data only.

import type { Place } from '../base/diagnostic.ts';
import type { Issue, LastRun } from '../runbook/schema.ts';
import type { Task } from '../runbook/task.ts';
import type { IssueType } from '../runbook/words.ts';

/** What a handler gives back; the loop turns it into a transition. A failed task is an outcome, not an error. */
export type Outcome = (
  | {
      readonly kind: 'done';
      readonly lastRun: LastRun;
      readonly details: Readonly<Record<string, unknown>>;
      readonly actor?: string /** What was wrong on the way, with its resolution. */;
      readonly issue?: Issue;
    }
  | {
      readonly kind: 'failed';
      readonly issue: IssueType;
      readonly detail: string;
      readonly lastRun: LastRun;
      readonly details?: Readonly<Record<string, unknown>>;
    }
  | { readonly kind: 'skipped'; readonly reason: string; readonly actor?: string }
  /** Back to READY: nothing was decided. `stop` ends the run (the person quit); otherwise it goes on with others. */
  | {
      readonly kind: 'released';
      readonly reason: string;
      readonly advice: string;
      readonly stop: boolean /** What is still wrong with the answer that waits. */;
      readonly open?: Issue;
      /** What a person wrote must be mended first: bad input, not their turn. */
      readonly badInput?: true;
    }
  /** Cut off by a signal while something was in flight. */
  | { readonly kind: 'interrupted'; readonly detail: string; readonly lastRun: LastRun }
) & {
  /** To be done when the outcome stands in the journal: what says that an answer needs no review any more must not come before. */
  readonly afterwards?: () => void;
};

/** A task that waits for a person, with what to do about it. */
export type Waiting = {
  readonly task: Task;
  readonly reason: string;
  readonly advice: string;
  /** Its own files have errors: bad input, not a person's turn. */
  readonly badInput?: true;
};

export type RunEnd = {
  readonly ended: 'finished' | 'one-done' | 'error' | 'waiting' | 'interrupted';
  readonly ran: readonly { readonly task: Task; readonly outcome: Outcome['kind'] }[];
  readonly error?: Task;
  /** Where the state of `error` stands. */
  readonly errorPlace?: Place;
  /** What the person has just been told: the failure, or also what to do about it. */
  readonly errorTold?: 'failure' | 'all';
  readonly waiting: readonly Waiting[];
};

/** design.md §4. An interruption's code comes from the signal and is set by main. */
export function runExitCode(end: RunEnd): number {
  switch (end.ended) {
    case 'finished':
    case 'one-done':
      return 0;
    case 'error':
      return 1;
    case 'waiting':
      return nothingButBadInput(end) ? 2 : 3;
    case 'interrupted':
      return 130;
  }
}

/** Nothing was run, and what should have been has errors in its own files. */
function nothingButBadInput({ ran, waiting }: RunEnd): boolean {
  return (
    ran.every(({ outcome }) => outcome === 'released') &&
    waiting.length > 0 &&
    waiting.every(({ badInput }) => badInput)
  );
}
