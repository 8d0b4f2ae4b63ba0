// The one place that performs a transition: both YAML files, the memory of what was written, the log line. Knows how a transition
// is stored, not why it happens. (The journal that makes the steps one comes to stand before the files here.)

import type { Failure } from '../base/failure.ts';
import { ok, type Result } from '../base/result.ts';
import type { Redactor } from '../base/secrets.ts';
import { shorten } from '../base/text.ts';
import type { EventLog } from '../events/log.ts';
import type { EventType, NewEvent } from '../events/types.ts';
import type { Memory } from '../journal/memory.ts';
import type { YamlEdit } from '../runbook/patch.ts';
import type { Issue, LastRun } from '../runbook/schema.ts';
import { saveEdits } from '../runbook/store.ts';
import type { Task } from '../runbook/task.ts';
import type { Status } from '../runbook/words.ts';

/** One task's change. `to` equal to the present status writes the rest and leaves the status alone. */
export type Transition = {
  readonly task: Task;
  readonly to: Status;
  readonly event: EventType;
  readonly details?: Readonly<Record<string, unknown>>;
  /** Where the log must say more than the status in the file: what a person changed it from. */
  readonly statusChange?: string;
  readonly actor?: string;
  readonly lastRun?: LastRun;
  readonly issue?: Issue;
  /** Written as the `resolution` of every open issue. */
  readonly resolution?: string;
  /** Further keys of the entry in runbook.yaml, such as `allow_skipped`. */
  readonly entryEdits?: readonly YamlEdit[];
};

export type Ledger = {
  /** Performs the transitions as one step: all edits, then the log lines in the given order. */
  readonly apply: (transitions: readonly Transition[]) => Promise<Result<undefined, Failure>>;
  /** Log lines that change no state. */
  readonly note: (events: readonly NewEvent[], actor?: string) => Result<undefined, Failure>;
  readonly remembered: () => Map<string, string>;
  /** States that stand in the files already: remembered with the next transition, so that looking alone writes nothing. */
  readonly observe: (tasks: readonly Task[]) => void;
};

export type LedgerParts = {
  readonly root: string;
  readonly log: EventLog;
  readonly memory: Memory;
  readonly redactor: Redactor;
  readonly actor: string;
};

export function createLedger({ root, log, memory, redactor, actor }: LedgerParts): Ledger {
  let observed: readonly Task[] = [];
  return {
    async apply(transitions) {
      for (const prepare of [memory.prepare, log.prepare]) {
        const prepared = prepare();
        if (!prepared.ok) return prepared;
      }
      const details = new Map<string, YamlEdit[]>();
      for (const { file, edits } of transitions.flatMap((transition) => detailEdits(transition, redactor))) {
        details.set(file, [...(details.get(file) ?? []), ...edits]);
      }
      const saved = await saveEdits(root, {
        entries: transitions.map(entryEdits).filter(({ edits }) => edits.length > 0),
        details: [...details].map(([file, edits]) => ({ file, edits })),
      });
      if (!saved.ok) return saved;
      memory.remember([
        ...observed.map(({ id, status }) => ({ taskId: id, status })),
        ...transitions.map(({ task, to }) => ({ taskId: task.id, status: to })),
      ]);
      observed = [];
      for (const transition of transitions) {
        const logged = log.append(transition.actor ?? actor, [eventOf(transition)]);
        if (!logged.ok) return logged;
      }
      return ok(undefined);
    },
    note: (events, by) => log.append(by ?? actor, events),
    remembered: memory.statuses,
    observe(tasks) {
      observed = tasks;
    },
  };
}

function eventOf({ task, to, event, details, statusChange }: Transition): NewEvent {
  const change = statusChange ?? (task.status === to ? undefined : `${task.status} -> ${to}`);
  return {
    task_id: task.id,
    event_type: event,
    ...(change === undefined ? {} : { status_change: change }),
    ...(details ? { details } : {}),
  };
}

function entryEdits({ task, to, entryEdits = [] }: Transition): { taskId: string; edits: readonly YamlEdit[] } {
  const status: YamlEdit[] = task.status === to ? [] : [{ kind: 'set', path: ['status'], value: to }];
  return { taskId: task.id, edits: [...status, ...entryEdits] };
}

/** Without a detail file that can be written, what would stand there stays in the log and the history (design.md §2). */
function detailEdits(transition: Transition, redactor: Redactor): { file: string; edits: YamlEdit[] }[] {
  const { task, to, lastRun, issue, resolution } = transition;
  if (!task.detail?.writable) return [];
  const edits: YamlEdit[] = [];
  if (task.detailStatus !== to) edits.push({ kind: 'set', path: ['status'], value: to });
  if (resolution !== undefined) {
    for (const [index, open] of task.issues.entries()) {
      if (!open.resolution)
        edits.push({ kind: 'set', path: ['issues', index, 'resolution'], value: redactor.text(resolution) });
    }
  }
  if (lastRun) edits.push({ kind: 'set', path: ['last_run'], value: redactor.value(withoutEmpty(lastRun)) });
  if (issue) edits.push({ kind: 'append', path: ['issues'], value: redactor.value(withoutEmpty(issue)) });
  return edits.length > 0 ? [{ file: task.detail.file, edits }] : [];
}

type Plain = Record<string, string | number | null>;

function withoutEmpty(value: LastRun | Issue): Plain {
  return Object.fromEntries(
    Object.entries(value).filter((pair): pair is [string, string | number | null] => pair[1] !== undefined),
  );
}

/** What of an answer goes into `last_run.llm_response`. The whole stays in the history. Secrets must be gone before it is cut. */
export function snippet(redacted: string): string {
  return shorten(redacted.trim(), 200);
}
