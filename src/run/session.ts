// Everything one command that changes state works with, gathered in one value. Types only; app.ts makes it.

import type { Failure } from '../base/failure.ts';
import type { Result } from '../base/result.ts';
import type { Redactor } from '../base/secrets.ts';
import type { ModelCalls } from '../calls/service.ts';
import type { CallStore } from '../history/calls.ts';
import type { FileCache } from '../runbook/file-cache.ts';
import type { Environment } from '../system/environment.ts';
import type { Ledger } from './ledger.ts';
import type { Person, Report } from './ports.ts';
import type { GivenVars } from './vars.ts';

export type Session = {
  readonly root: string;
  /** Where the YAML files with the states stand, and the logs: `root`, or with --fresh a copy (run/overlay.ts). */
  readonly states: string;
  readonly runId: string;
  readonly environment: Environment;
  readonly redactor: Redactor;
  /** What was read of the project's YAML files. */
  readonly files: FileCache;
  /** Fires on Ctrl-C and SIGTERM; asked again after every long wait. */
  readonly signal: AbortSignal;
  /** Undefined without a terminal: then nothing may be asked. */
  readonly person: Person | undefined;
  /** `--ci`: nobody will look at what is left, so nothing is begun that only a person could end. */
  readonly unattended: boolean;
  /** `--yes`: confirms manual steps without `gate`, accepts model output with `auto_accept` or whose `expects` hold. */
  readonly yes: boolean;
  /** `--var`: in place of those in runbook.yaml. */
  readonly vars: GivenVars;
  /** What counts where the files went back to an older version of the whole; a person is asked otherwise. */
  readonly keep: 'files' | 'journal' | undefined;
  readonly report: Report;
  /** Whoever listens can tell which task says what: events come as they happen, though several tasks are at work. */
  readonly eventsAtOnce: boolean;
  /**
   * One decision at a time: what is read of the runbook must still hold when what follows from it is recorded, although several tasks
   * may be at work.
   */
  readonly inTurn: <T>(work: () => Promise<T>) => Promise<T>;
  /** Nobody is at work but the one who asks a person, if that: then the project's lock is let go meanwhile (run/standby.ts). */
  readonly setAlone: (alone: boolean) => void;
  /** How many tasks have failed in this run. */
  readonly failures: { count: number };
  readonly ledger: Ledger;
  /** Whether another run has the task open at a prompt: a person may answer it here as well. */
  readonly waitsElsewhere: (id: string) => boolean;
  /** Whether another run has taken the task over while this one had it at a prompt. */
  readonly takenOver: (id: string) => boolean;
  /** The record of model calls, opened when the first call is made. */
  readonly calls: () => Promise<Result<CallStore, Failure>>;
  /** The one path to a model. */
  readonly models: ModelCalls;
};

/** Who is said to have done a thing that `--yes` decided. */
export const YES_ACTOR = '--yes';
