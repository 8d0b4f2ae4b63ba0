// Where in the files a person finds a task. Loads the full parser; knows no command.

import type { Place } from '../base/diagnostic.ts';
import { placeProblems, placeSpot, type Spot } from './problem.ts';
import type { Runbook, Task } from './task.ts';

/** Its entry in runbook.yaml. */
export function placeOfEntry(runbook: Runbook, task: Task): Promise<Place> {
  return placeSpot({ source: runbook.source, path: ['tasks', task.index] });
}

/** Where a person would change its state by hand: in the detail file, beside its issues, else in the entry. */
export function placeOfStatus(runbook: Runbook, task: Task): Promise<Place> {
  const inDetail = task.detail?.writable && task.detailStatus !== undefined ? task.detail.source : undefined;
  return placeSpot(
    inDetail
      ? { source: inDetail, path: ['status'] }
      : { source: runbook.source, path: ['tasks', task.index, 'status'] },
  );
}

const WORK_KEYS = {
  MANUAL: 'manual_instructions',
  AI_ASSISTED: 'ai_details',
  AUTOMATED_SCRIPT: 'script_details',
} as const satisfies Record<Task['type'], string>;

/** Where it is written what each of the tasks does: in the detail file, else its entry. By id; parses each file once. */
export async function placesOfWork(runbook: Runbook, tasks: readonly Task[]): Promise<Map<string, Place>> {
  const spotOf = ({ type, index, detail }: Task): Spot =>
    detail?.source
      ? { source: detail.source, path: [WORK_KEYS[type]], key: true }
      : { source: runbook.source, path: ['tasks', index] };
  const placed = await placeProblems(
    tasks.map((task) => ({ severity: 'error', code: '', message: '', spot: spotOf(task), taskId: task.id })),
  );
  return new Map(placed.flatMap(({ taskId, place }) => (taskId && place ? [[taskId, place]] : [])));
}
