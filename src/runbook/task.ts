// A task as the runner sees it: entry, detail file and defaults made one. Types only; knows nothing of YAML text.

import type { ProviderName } from '../model/provider.ts';
import type { Condition } from './condition.ts';
import type { Problem, SourceFile } from './problem.ts';
import type { AiDetails, Check, Issue, LastRun } from './schema.ts';
import type { Status } from './words.ts';

/** Made by `resolve` alone, so that an unchecked text cannot be taken for an id. */
export type TaskId = string & { readonly __brand: 'TaskId' };

export type ManualWork = { readonly type: 'MANUAL'; readonly instructions: readonly string[]; readonly gate: boolean };
export type AiWork = { readonly type: 'AI_ASSISTED'; readonly ai: AiDetails };
export type ScriptWork = { readonly type: 'AUTOMATED_SCRIPT'; readonly script: ScriptSpec };

/** A script with its options filled in. Times are milliseconds. */
export type ScriptSpec = {
  readonly command:
    | { readonly kind: 'shell'; readonly line: string }
    | { readonly kind: 'exec'; readonly file: string; readonly args: readonly string[] };
  readonly cwd?: string;
  readonly env: Readonly<Record<string, string>>;
  readonly envFile?: string;
  readonly timeoutMs?: number;
  readonly retries: number;
  readonly retryDelayMs: number;
  readonly successExitCodes: readonly number[];
  readonly stdin: 'none' | 'inherit';
  readonly capture: boolean;
};

export type Task = {
  readonly id: TaskId;
  /** Position in runbook.yaml. */
  readonly index: number;
  readonly name: string;
  readonly type: 'MANUAL' | 'AI_ASSISTED' | 'AUTOMATED_SCRIPT';
  /** As runbook.yaml has it; no status is PENDING. */
  readonly status: Status;
  /** As the detail file has it; undefined where there is none. */
  readonly detailStatus: Status | undefined;
  readonly dependsOn: readonly TaskId[];
  readonly phase?: string;
  readonly allowSkipped: boolean;
  readonly hold: boolean;
  /** What it needs of each named resource while it is at work. */
  readonly resources: Readonly<Record<string, number>>;
  /** Nothing else may be at work beside it. */
  readonly exclusive: boolean;
  /** It is SKIPPED instead of run where this does not hold when its turn comes. */
  readonly when?: Condition;
  readonly description?: string;
  readonly outputArtifact?: string;
  readonly expects: readonly Check[];
  readonly lastRun?: LastRun;
  readonly issues: readonly Issue[];
  /** What is to be done; undefined while the task is not yet written or its files have errors. */
  readonly work: ManualWork | AiWork | ScriptWork | undefined;
  /**
   * The detail file; undefined where the entry names none. `source` is undefined while it does not exist or cannot be read;
   * `writable` is false then, and while it is empty or has errors: nothing can be written into such a file without guessing.
   */
  readonly detail?: { readonly file: string; readonly source: SourceFile | undefined; readonly writable: boolean };
};

/** In US dollars; what is not named has no limit. */
export type BudgetUsd = { readonly call?: number; readonly run?: number; readonly day?: number };

/** `ai` of the runbook: who answers prompts, and under which conditions. */
export type AiSettings = {
  readonly provider?: ProviderName;
  readonly model?: string;
  readonly baseUrl?: string;
  readonly budgetUsd?: BudgetUsd;
  /** For a whole call, retries and their waits included. */
  readonly timeoutMs?: number;
  /** The longest silence once the answer has begun. */
  readonly idleTimeoutMs?: number;
  /** The longest wait for the answer to begin. */
  readonly firstTokenTimeoutMs?: number;
  /** Names of secrets that a prompt may hold. */
  readonly allowSecrets: readonly string[];
  readonly confirmSend: boolean;
  readonly envAllow: readonly string[];
};

/** How a run ended, as far as `on` of the runbook knows. */
export type HookEvent = 'error' | 'waiting' | 'done';

export type Runbook = {
  readonly name?: string;
  readonly source: SourceFile;
  readonly tasks: readonly Task[];
  readonly vars: Readonly<Record<string, unknown>>;
  readonly env: Readonly<Record<string, string>>;
  readonly secrets: readonly string[];
  /** How much there is of each named resource; 1 of what is not named. */
  readonly resources: Readonly<Record<string, number>>;
  /** Shell lines that are run at the end of a run, by how it ended. */
  readonly hooks: Readonly<Partial<Record<HookEvent, string | undefined>>>;
  readonly ai: AiSettings;
  /** What is wrong with single tasks: it blocks only those (design.md §2). */
  readonly problems: readonly Problem[];
};

/** The newest issue that nobody has resolved yet. */
export function openIssue(task: Task): Issue | undefined {
  return task.issues.findLast((issue) => !issue.resolution);
}

/** True for a task whose detail file or template has an error: it cannot run until mended. */
export function isBroken(runbook: Runbook, task: Task): boolean {
  return runbook.problems.some((problem) => problem.taskId === task.id && problem.severity === 'error');
}
