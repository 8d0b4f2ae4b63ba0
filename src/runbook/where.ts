// Where in the files a person finds a task. Loads the full parser; knows no command.

import type { Place } from '../base/diagnostic.ts';
import { placeSpot } from './problem.ts';
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
