// Where in the files a person finds a task. Loads the full parser; knows no command.

import type { Place } from '../base/diagnostic.ts';
import type { YamlPath } from '../base/yaml-path.ts';
import { createPlacer, placeProblems, placeSpot, type Spot } from './problem.ts';
import type { Runbook, Task, TaskId } from './task.ts';

/** Its entry in runbook.yaml. */
export function placeOfEntry(runbook: Runbook, task: Task): Promise<Place> {
  return placeSpot(entrySpot(runbook, task));
}

/** Where a person would change its state by hand: in the detail file, beside its issues, else in the entry. */
export function placeOfStatus(runbook: Runbook, task: Task): Promise<Place> {
  return placeSpot(statusSpot(runbook, task));
}

function entrySpot(runbook: Runbook, task: Task): Spot {
  return { source: runbook.source, path: ['tasks', task.index] };
}

function statusSpot(runbook: Runbook, task: Task): Spot {
  const inDetail = task.detail?.writable && task.detailStatus !== undefined ? task.detail.source : undefined;
  return inDetail
    ? { source: inDetail, path: ['status'] }
    : { source: runbook.source, path: ['tasks', task.index, 'status'] };
}

export type Places = {
  readonly entry: (task: Task) => Place;
  readonly status: (task: Task) => Place;
  readonly hold: (task: Task) => Place;
  /** Where the task says that it depends on the other: in its own list, or in that under `defaults`. */
  readonly edge: (task: Task, dependency: TaskId) => Place;
};

/** Of one runbook, for whoever asks for many. */
export async function placesOf(runbook: Runbook): Promise<Places> {
  const place = await createPlacer();
  const { source } = runbook;
  /** A name that stands twice in a list counts once, so it is looked for. Behind the last item the list itself is found. */
  const itemOf = (list: YamlPath, name: string): Place | undefined => {
    const end = place({ source, path: list }).span?.start;
    for (let position = 0; ; position += 1) {
      const item = place({ source, path: [...list, position] });
      if (item.span === undefined || item.span.start === end) return undefined;
      const text = source.text.slice(item.span.start, item.span.end);
      if (text.replace(/^(["'])(.*)\1$/, '$2') === name) return item;
    }
  };
  return {
    entry: (task) => place(entrySpot(runbook, task)),
    status: (task) => place(statusSpot(runbook, task)),
    hold: (task) => place({ source, path: ['tasks', task.index, 'hold'] }),
    edge: (task, dependency) =>
      itemOf(['tasks', task.index, 'depends_on'], dependency) ??
      itemOf(['defaults', 'depends_on'], dependency) ??
      place(entrySpot(runbook, task)),
  };
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
