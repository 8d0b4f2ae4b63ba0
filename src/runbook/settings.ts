// What a runbook says besides its tasks, and which of its detail files a command that runs none of them can do without. Pure.

import { aiSettings } from './ai-settings.ts';
import type { SourceFile } from './problem.ts';
import type { RawRunbook } from './schema.ts';
import type { Runbook, Task } from './task.ts';

export function settingsOf(source: SourceFile, raw: RawRunbook): Omit<Runbook, 'tasks' | 'problems'> {
  return {
    source,
    ...(raw.name === undefined ? {} : { name: raw.name }),
    vars: raw.vars ?? {},
    env: textValues(raw.env),
    secrets: raw.secrets ?? [],
    resources: raw.resources ?? {},
    hooks: raw.on ?? {},
    ai: aiSettings(raw.ai ?? {}),
  };
}

/** Values of environment variables as they are given to a process. */
export function textValues(
  values: Record<string, string | number | boolean> | null | undefined,
): Record<string, string> {
  return Object.fromEntries(Object.entries(values ?? {}).map(([key, value]) => [key, String(value)]));
}

/** What a command that runs no task needs of a runbook: of the tasks, their ids and what their scripts are given. */
export type Settings = Omit<Runbook, 'tasks' | 'problems'> & {
  readonly tasks: readonly Pick<Task, 'id' | 'work'>[];
};

/** Whether this text may give a script variables or a file of them. Where it holds an escape, a word may stand there unseen. */
export function mayGiveVariables(text: string): boolean {
  return text.trim() === '' || /env|\\/.test(text);
}

export function settingsAlone(source: SourceFile, raw: RawRunbook): Settings {
  return { ...settingsOf(source, raw), tasks: raw.tasks.map(({ id }) => ({ id: id as Task['id'], work: undefined })) };
}
