// The states of a runbook as a file of their own: how far each task has come, without what it is. For an artifact of a pipeline, and
// for a run that leaves the YAML files alone. Pure; loads the checker of shapes only to read one.

import type { Diagnostic } from '../base/diagnostic.ts';
import { err, ok, type Result } from '../base/result.ts';
import { placeProblems } from '../runbook/problem.ts';
import type { Issue, LastRun } from '../runbook/schema.ts';
import type { Runbook, Task } from '../runbook/task.ts';
import type { Status } from '../runbook/words.ts';

export type TaskState = {
  readonly status: Status;
  readonly last_run?: LastRun | null | undefined;
  readonly issues?: readonly Issue[] | null | undefined;
};

export type States = ReadonlyMap<string, TaskState>;

/** One that runs right now is READY to whoever takes the states over: nobody there runs it. */
function atRest(status: Status): Status {
  return status === 'RUNNING' ? 'READY' : status;
}

export function statesOf(runbook: Runbook): States {
  return new Map(
    runbook.tasks.map(({ id, status, lastRun, issues }) => [
      id,
      {
        status: atRest(status),
        ...(lastRun ? { last_run: lastRun } : {}),
        ...(issues.length > 0 ? { issues } : {}),
      },
    ]),
  );
}

export function stateDocument(runbook: Runbook, at: string): Record<string, unknown> {
  return {
    schema_version: 1,
    ...(runbook.name === undefined ? {} : { name: runbook.name }),
    exported_at: at,
    tasks: Object.fromEntries(statesOf(runbook)),
  };
}

/** What is wrong with it is told with places in the file. */
export async function parseStates(file: string, text: string): Promise<Result<States, readonly Diagnostic[]>> {
  const source = { file, text };
  const { readYaml } = await import('../runbook/parse.ts');
  const { stateShape } = await import('../runbook/state-shape.ts');
  const { checkShape } = await import('../runbook/shape-check.ts');
  // JSON is YAML, and the reader of YAML knows places.
  const data = await readYaml(source);
  if (!data.ok) return err(await placeProblems(data.error));
  const checked = checkShape<{ tasks: Record<string, TaskState> }>(source, data.value, stateShape);
  if (!checked.ok) return err(await placeProblems(checked.error));
  const tasks = Object.entries(checked.value.tasks);
  return ok(new Map(tasks.map(([id, state]) => [id, { ...state, status: atRest(state.status) }])));
}

/** The runbook as if its files held these states; a task that they do not name has not begun. */
export function withStates(runbook: Runbook, states: States): Runbook {
  const tasks = runbook.tasks.map((task): Task => {
    const { lastRun: _, ...rest } = task;
    const { status = 'PENDING', last_run: lastRun, issues } = states.get(task.id) ?? {};
    return {
      ...rest,
      status,
      detailStatus: task.detail?.writable ? status : task.detailStatus,
      issues: issues ?? [],
      ...(lastRun ? { lastRun } : {}),
    };
  });
  return { ...runbook, tasks };
}
