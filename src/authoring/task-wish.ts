// What a person wants a new task to be, and whether it makes sense by itself. Pure; knows no project.

import type { Failure } from '../base/failure.ts';
import type { TaskType } from '../runbook/words.ts';

export type TaskWish = {
  readonly id: string;
  readonly type: TaskType;
  readonly name?: string;
  readonly dependsOn?: readonly string[];
  readonly phase?: string;
  readonly script?: string;
  readonly template?: string;
  readonly output?: string;
};

/** Options that belong to one type, which cannot do without them. */
const OPTION_OF = { script: 'AUTOMATED_SCRIPT', template: 'AI_ASSISTED' } as const;
const PLACEHOLDER = { script: '--script LINE', template: '--template FILE' } as const;

/** The first thing that is wrong with it. */
export function checkWish(wish: TaskWish, isId: (text: string) => boolean): Failure | undefined {
  if (!isId(wish.id)) {
    return {
      code: 'usage',
      message: `"${wish.id}" is no id`,
      advice: 'an id begins with a letter or digit and holds only letters, digits, "_", "." and "-", at most 100',
    };
  }
  for (const option of ['name', 'phase', 'script', 'template', 'output'] as const) {
    if (wish[option]?.trim() === '')
      return { code: 'usage', message: `--${option} is empty`, advice: 'give it a value, or leave it out' };
  }
  for (const option of ['script', 'template'] as const) {
    const type = OPTION_OF[option];
    if (wish[option] !== undefined && wish.type !== type)
      return {
        code: 'usage',
        message: `--${option} belongs to ${type} tasks, and this one is ${wish.type}`,
        advice: `add --type ${type}, or leave --${option} out`,
      };
    if (wish[option] === undefined && wish.type === type)
      return {
        code: 'usage',
        message: `an ${type} task needs --${option}`,
        advice: `orchestrate add ${wish.id} --type ${type} ${PLACEHOLDER[option]}`,
      };
  }
  return undefined;
}
