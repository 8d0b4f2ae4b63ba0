// What is to happen to a task, and what that means for its files and the log. Pure; knows not how it is stored.

import type { Redactor } from '../base/secrets.ts';
import { shorten } from '../base/text.ts';
import type { EventType, NewEvent } from '../events/types.ts';
import type { Issue, LastRun } from '../runbook/schema.ts';
import { openIssue, type Task } from '../runbook/task.ts';
import type { Status } from '../runbook/words.ts';
import { markOf, type Plain, type TaskChange } from './step.ts';

/** One task's change. `to` equal to the present status writes the rest and leaves the status alone. */
export type Transition = {
  readonly task: Task;
  readonly to: Status;
  readonly event: EventType;
  readonly details?: Readonly<Record<string, unknown>>;
  /** Where the log must say more than the status in the file: what a person changed it from. */
  readonly statusChange?: string;
  /** What it was before a person changed it, where the file has the new status already. */
  readonly was?: Status | undefined;
  readonly actor?: string;
  readonly lastRun?: LastRun;
  readonly issue?: Issue;
  /** Written as the `resolution` of every open issue. */
  readonly resolution?: string;
  /** Further keys of the entry in runbook.yaml, such as `allow_skipped`. */
  readonly entry?: Plain;
};

export function eventOf({ task, to, event, details, statusChange }: Transition): NewEvent {
  const change = statusChange ?? (task.status === to ? undefined : `${task.status} -> ${to}`);
  return {
    task_id: task.id,
    event_type: event,
    ...(change === undefined ? {} : { status_change: change }),
    ...(details ? { details } : {}),
  };
}

/** Without a detail file that can be written, what would stand there stays in the log and the history (design.md §2). */
export function changeOf(transition: Transition, redactor: Redactor): TaskChange {
  const { task, to, lastRun, issue, resolution, entry, was } = transition;
  const base = { taskId: task.id, from: task.status, to, ...(was ? { was } : {}), ...(entry ? { entry } : {}) };
  // A person's edit counts at once; anything else must not miss a file that has errors: it is refused with the place.
  const isBroken = task.detail?.source?.text.trim() !== '' && transition.event !== 'STATUS_EDITED';
  if (!task.detail?.writable && !(task.detail?.source && isBroken)) return base;
  const open = task.issues.filter((one) => !one.resolution).map(markOf);
  return {
    ...base,
    detail: { file: task.detail.file, from: task.detailStatus ?? null },
    ...(lastRun ? { lastRun: redactor.value(withoutEmpty(lastRun)) } : {}),
    ...(issue ? { issue: redactor.value(withoutEmpty(issue)) } : {}),
    ...(resolution !== undefined && open.length > 0
      ? { resolution: { text: redactor.text(resolution), issues: open } }
      : {}),
  };
}

function withoutEmpty(value: LastRun | Issue): Plain {
  return Object.fromEntries(
    Object.entries(value).filter((pair): pair is [string, string | number | null] => pair[1] !== undefined),
  );
}

/** What of an answer goes into `last_run.llm_response`. The whole stays in the history. Secrets must be gone before it is cut. */
export function snippet(redacted: string): string {
  return shorten(redacted.trim(), 200);
}

/** What hundreds of scripts may bring within a moment, and what says nothing that a person must read at once. */
export function isQuick({ task, event, issue, resolution, entry }: Transition): boolean {
  const isPlain =
    issue === undefined && entry === undefined && (resolution === undefined || openIssue(task) === undefined);
  if (event === 'TASK_READY') return isPlain;
  return isPlain && task.type === 'AUTOMATED_SCRIPT' && (event === 'START_TASK' || event === 'COMPLETE_TASK');
}
