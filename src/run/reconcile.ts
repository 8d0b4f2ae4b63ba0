// Tells a person's edits of a status from the program's own writes (design.md §3, Hand edits). Pure.

import type { Problem } from '../runbook/problem.ts';
import type { Runbook, Task } from '../runbook/task.ts';
import type { Status } from '../runbook/words.ts';
import { RUNBOOK_FILE } from '../system/paths.ts';

/** A status that somebody changed since the program last wrote it, or that the two files disagree on. */
export type HandEdit = {
  readonly task: Task;
  readonly from: Status | undefined;
  readonly to: Status;
  readonly file: string;
};

export type Conflict = {
  readonly task: Task;
  readonly remembered: Status;
  readonly inRunbook: Status;
  readonly inDetail: Status;
};

export type Reconciled = {
  /** The runbook with the status that counts for each task. */
  readonly runbook: Runbook;
  readonly edits: readonly HandEdit[];
  readonly conflicts: readonly Conflict[];
  /** Tasks that nothing is remembered of, and whose files agree: from now on an edit of one of them can be told. */
  readonly unseen: readonly Task[];
};

/** `memory`: by task id, the status as the program last wrote it. `behind`: tasks whose files have not yet got what is remembered. */
export function reconcile(
  runbook: Runbook,
  memory: ReadonlyMap<string, { readonly status: string }>,
  behind: ReadonlySet<string> = new Set(),
): Reconciled {
  const edits: HandEdit[] = [];
  const conflicts: Conflict[] = [];
  const tasks = runbook.tasks.map((task) => {
    if (behind.has(task.id)) return task;
    const verdict = judge(task, memory.get(task.id)?.status as Status | undefined);
    if (verdict.kind === 'same') return task;
    if (verdict.kind === 'conflict') {
      conflicts.push(verdict.conflict);
      return task;
    }
    edits.push(verdict.edit);
    return { ...task, status: verdict.edit.to };
  });
  const unseen = runbook.tasks.filter((task) => !memory.has(task.id) && judge(task, undefined).kind === 'same');
  return { runbook: { ...runbook, tasks }, edits, conflicts, unseen };
}

type Verdict =
  | { readonly kind: 'same' }
  | { readonly kind: 'edit'; readonly edit: HandEdit }
  | { readonly kind: 'conflict'; readonly conflict: Conflict };

function judge(task: Task, remembered: Status | undefined): Verdict {
  const inRunbook = task.status;
  // A detail file that cannot be written has no say: it is empty, missing or has errors.
  const inDetail = task.detail?.writable ? (task.detailStatus ?? inRunbook) : inRunbook;
  const edit = (to: Status, file: string): Verdict => ({ kind: 'edit', edit: { task, from: remembered, to, file } });
  if (inRunbook === inDetail) {
    return remembered === undefined || remembered === inRunbook ? { kind: 'same' } : edit(inRunbook, RUNBOOK_FILE);
  }
  // Without memory (a fresh clone) the runbook wins, with a notice.
  if (remembered === undefined || remembered === inDetail) return edit(inRunbook, RUNBOOK_FILE);
  if (remembered === inRunbook) return edit(inDetail, task.detail?.file ?? RUNBOOK_FILE);
  return { kind: 'conflict', conflict: { task, remembered, inRunbook, inDetail } };
}

/** A conflict with both its places. */
export function conflictProblem(runbook: Runbook, { task, remembered, inRunbook, inDetail }: Conflict): Problem {
  const file = task.detail?.file ?? 'its detail file';
  return {
    severity: 'error',
    code: 'status-conflict',
    message: `"${task.id}" was ${remembered}; since then it was set to ${inRunbook} in ${RUNBOOK_FILE} and to ${inDetail} in ${file}`,
    spot: { source: runbook.source, path: ['tasks', task.index, 'status'] },
    ...(task.detail?.source
      ? { related: [{ message: 'and here', spot: { source: task.detail.source, path: ['status'] } }] }
      : {}),
    advice: 'make the two files say the same, then try again',
    taskId: task.id,
  };
}

/** True when the two files disagree anywhere: only then does a reader need the memory. */
export function filesDisagree(runbook: Runbook): boolean {
  return runbook.tasks.some(
    (task) => task.detail?.writable && task.detailStatus !== undefined && task.detailStatus !== task.status,
  );
}
