// Marks of what a task is, part by part, so that a change can be named. What has no influence on its result (limits, retries, review
// points) is in none. Pure.

import { sha256 } from '../../base/hash.ts';
import type { Runbook, Task, TaskId } from '../../runbook/task.ts';
import { byId } from '../task-list.ts';

/** Part → mark. The names of the parts are what a person is told. */
export type Marks = Readonly<Record<string, string>>;

/** The parts that are known now: none of the work while the task's files have errors. */
export function definitionMarks(task: Task): Marks {
  const work = workPart(task);
  const artifact = task.outputArtifact;
  return {
    ...(work ? { [work.name]: markOf(work.value) } : {}),
    ...(artifact === undefined ? {} : { output_artifact: markOf(artifact) }),
  };
}

function workPart({ work }: Task): { readonly name: string; readonly value: unknown } | undefined {
  switch (work?.type) {
    case 'AUTOMATED_SCRIPT': {
      const { command, cwd, env, envFile, stdin, capture, successExitCodes } = work.script;
      const words = command.kind === 'shell' ? ['sh', command.line] : ['exec', command.file, ...command.args];
      const rest = [cwd, envFile, stdin, capture, ...successExitCodes];
      return {
        name: 'script_details',
        value: Object.keys(env).length === 0 ? [...words, ...rest] : [words, rest, env],
      };
    }
    case 'AI_ASSISTED': {
      const { review_points: _r, max_attempts: _m, auto_accept: _a, fallback_prompt_template: _f, ...asked } = work.ai;
      return { name: 'ai_details', value: asked };
    }
    case 'MANUAL':
      return { name: 'manual_instructions', value: work.instructions };
    default:
      return undefined;
  }
}

/** Values from elsewhere in the runbook, by their names there: `vars.colour`, `task.description`, `ai.model`, `outputs.build.version`. */
export function valueMarks(runbook: Runbook, task: Task, names: readonly string[]): Marks {
  const values: Readonly<Record<string, unknown>> = {
    vars: runbook.vars,
    task: { id: task.id, name: task.name, description: task.description ?? '' },
    ai: { model: runbook.ai.model },
  };
  return Object.fromEntries(
    names.map((name) => [name, markOf(outputAt(runbook, name) ?? valueAt(values, name.split('.')))]),
  );
}

/** Also while the task that has left it is set back: it stands there until that is done again, as an artifact does. */
function outputAt({ tasks }: Runbook, name: string): unknown {
  const [, id, key = ''] = /^outputs\.(.+)\.([^.]+)$/.exec(name) ?? [];
  const value = byId(tasks).get(id as TaskId)?.lastRun?.outputs?.[key];
  return value === undefined ? undefined : String(value);
}

function valueAt(value: unknown, [key, ...rest]: readonly string[]): unknown {
  if (key === undefined) return value;
  const inner = typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined;
  return valueAt(inner, rest);
}

/** The order of keys does not count. */
export function markOf(value: unknown): string {
  return sha256(JSON.stringify(isFlat(value) ? value : inOrder(value)) ?? 'undefined').slice(0, 16);
}

/** Nothing is to be put in order: so it is with most, and `status` makes thousands of marks. */
function isFlat(value: unknown): boolean {
  return (
    typeof value !== 'object' ||
    value === null ||
    (Array.isArray(value) && value.every((one) => typeof one !== 'object'))
  );
}

function inOrder(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inOrder);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, inOrder(inner)]),
  );
}
