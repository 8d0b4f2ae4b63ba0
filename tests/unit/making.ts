// Tasks and runbooks as `resolve` would make them, for tests of what works on them. Each says only what it is about.
import type { Runbook, ScriptSpec, Task, TaskId } from '../../src/runbook/task.ts';

/** Ids as plain text, so that a table can be read. */
export type TaskParts = Partial<Omit<Task, 'id' | 'dependsOn' | 'index'>> & {
  readonly id: string;
  readonly dependsOn?: readonly string[];
};

const SCRIPT: ScriptSpec = {
  command: { kind: 'shell', line: 'true' },
  env: {},
  retries: 0,
  retryDelayMs: 0,
  successExitCodes: [0],
  stdin: 'none',
  capture: false,
};

/** PENDING scripts without a detail file, unless the parts say otherwise. */
export function tasksOf(parts: readonly TaskParts[]): Task[] {
  return parts.map((part, index) => {
    const { id, dependsOn = [], ...rest } = part;
    return {
      name: `Task ${id}`,
      type: 'AUTOMATED_SCRIPT',
      status: 'PENDING',
      detailStatus: undefined,
      allowSkipped: false,
      hold: false,
      resources: {},
      exclusive: false,
      expects: [],
      issues: [],
      work: { type: 'AUTOMATED_SCRIPT', script: SCRIPT },
      ...rest,
      id: id as TaskId,
      index,
      dependsOn: dependsOn as readonly TaskId[],
    };
  });
}

export function runbookOf(parts: readonly TaskParts[], rest: Partial<Omit<Runbook, 'tasks'>> = {}): Runbook {
  return {
    source: { file: 'runbook.yaml', text: '' },
    vars: {},
    env: {},
    secrets: [],
    resources: {},
    hooks: {},
    ai: { allowSecrets: [], confirmSend: false, envAllow: [] },
    problems: [],
    ...rest,
    tasks: tasksOf(parts),
  };
}

/** A detail file that the program may write. */
export function detailOf(file: string, text = ''): NonNullable<Task['detail']> {
  return { file, source: { file, text }, writable: true };
}
