// The `when` of all entries against the rest of the runbook: do its names exist, and is their value known by then. Pure.

import { didYouMean } from '../base/text.ts';
import { type Condition, comparable, parseCondition } from './condition.ts';
import { ancestors } from './graph.ts';
import type { Problem, SourceFile, Spot } from './problem.ts';
import type { RawEntry, RawRunbook } from './schema.ts';
import type { Task, TaskId } from './task.ts';

/** Of an entry, or of `defaults`; undefined where there is none, or where it cannot be understood. */
export function conditionOf(raw: RawRunbook, entry: RawEntry): Condition | undefined {
  const text = entry.when ?? raw.defaults?.when;
  const parsed = text === undefined ? undefined : parseCondition(text);
  return parsed?.ok ? parsed.value : undefined;
}

type Wrong = { readonly code: string; readonly message: string; readonly advice: string };

/** They block the whole runbook, as every error in it does (design.md §2). */
export function conditionProblems(source: SourceFile, raw: RawRunbook, tasks: readonly Task[]): Problem[] {
  const told = new Set<string>();
  return raw.tasks.flatMap((entry, index): Problem[] => {
    const text = entry.when ?? raw.defaults?.when;
    const task = tasks[index];
    if (text === undefined || task === undefined) return [];
    const found = wrongWith(text, task, { raw, tasks });
    const spot: Spot = { source, path: entry.when === undefined ? ['defaults', 'when'] : ['tasks', index, 'when'] };
    if (found === undefined || told.has(spot.path.join('.'))) return [];
    told.add(spot.path.join('.'));
    return [{ severity: 'error', ...found, spot }];
  });
}

type Around = { readonly raw: RawRunbook; readonly tasks: readonly Task[] };

function wrongWith(text: string, task: Task, around: Around): Wrong | undefined {
  const parsed = parseCondition(text);
  if (!parsed.ok)
    return { code: 'bad-condition', message: `"when" ${parsed.error.message}`, advice: parsed.error.advice };
  const { subject } = parsed.value;
  return subject.kind === 'var' ? wrongVariable(subject.name, around) : wrongOutput(subject.id, task, around);
}

function wrongVariable(name: string, { raw }: Around): Wrong | undefined {
  const vars = raw.vars ?? {};
  if (!Object.hasOwn(vars, name)) {
    const advice = didYouMean(name, Object.keys(vars)) ?? `declare it: vars: {${name}: …}`;
    return { code: 'unknown-variable', message: `"when" compares vars.${name}, which is not declared`, advice };
  }
  if (comparable(vars[name]) !== undefined) return undefined;
  const message = `"when" compares vars.${name}, which is a ${Array.isArray(vars[name]) ? 'list' : 'mapping'}`;
  return { code: 'bad-condition', message, advice: 'only text, numbers, true and false can be compared' };
}

function wrongOutput(id: string, task: Task, { tasks }: Around): Wrong | undefined {
  const other = tasks.find((one) => one.id === id);
  const code = 'unknown-output';
  if (other === undefined) {
    const ids = tasks.map((one) => one.id);
    const advice = didYouMean(id, ids) ?? 'name a task that this one depends on';
    return { code, message: `"when" compares an output of "${id}", which does not exist`, advice };
  }
  if (other.type !== 'AUTOMATED_SCRIPT') {
    const message = `"when" compares an output of "${id}", which is ${other.type}: only scripts have outputs`;
    return { code, message, advice: 'name an AUTOMATED_SCRIPT task' };
  }
  if (ancestors(tasks, task.id).has(id as TaskId)) return undefined;
  const message = `"when" compares an output of "${id}", on which "${task.id}" does not depend`;
  return { code, message, advice: `add "${id}" to depends_on of "${task.id}"` };
}
