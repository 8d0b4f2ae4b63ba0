// Time so far and what is left, from the attempts that the log tells of. Pure: events and tasks in, figures out.

import type { LogEvent } from '../events/types.ts';
import type { Task } from '../runbook/task.ts';
import type { TaskType } from '../runbook/words.ts';
import { isFinished } from './states.ts';

export type Attempt = {
  readonly taskId: string;
  readonly ended: 'done' | 'failed' | 'skipped' | 'released' | 'interrupted';
  readonly ms: number;
};

const ENDS: Readonly<Record<string, Attempt['ended']>> = {
  COMPLETE_TASK: 'done',
  ERROR_TASK: 'failed',
  SKIP_TASK: 'skipped',
  TASK_RELEASED: 'released',
  TASK_INTERRUPTED: 'interrupted',
};

/**
 * Each attempt from its start to its end in the same run. One that another run put an end to, after a crash, took nobody knows how
 * long; a script says itself how long it ran.
 */
export function attemptsOf(events: readonly LogEvent[]): Attempt[] {
  const begun = new Map<string, LogEvent>();
  return events.flatMap((event) => {
    const { task_id: taskId, event_type, run_id } = event;
    if (event_type === 'START_TASK') begun.set(taskId, event);
    const ended = ENDS[event_type];
    const start = begun.get(taskId);
    if (ended === undefined || start === undefined) return [];
    begun.delete(taskId);
    const own = event.details?.duration_ms;
    const ms = typeof own === 'number' ? own : Date.parse(event.timestamp) - Date.parse(start.timestamp);
    return start.run_id === run_id && ms >= 0 ? [{ taskId, ended, ms }] : [];
  });
}

export type Spent = {
  readonly type: TaskType | null;
  readonly attempts: number;
  readonly failed: number;
  readonly ms: number;
};

/** By type of task, the longest first; `null` is of tasks that are not in the runbook any more. */
export function spentOf(attempts: readonly Attempt[], tasks: readonly Task[]): Spent[] {
  const types = new Map<string, TaskType>(tasks.map(({ id, type }) => [id, type]));
  const groups = Map.groupBy(attempts, ({ taskId }) => types.get(taskId) ?? null);
  return [...groups]
    .map(([type, own]) => ({
      type,
      attempts: own.length,
      failed: own.filter(({ ended }) => ended === 'failed' || ended === 'interrupted').length,
      ms: own.reduce((sum, { ms }) => sum + ms, 0),
    }))
    .sort((a, b) => b.ms - a.ms);
}

export type Estimate = {
  /** Of the sum: it is as likely to be less as to be more. */
  readonly p50: number;
  /** In nine of ten cases it is no more. */
  readonly p90: number;
  /** Tasks that have nothing to go by: they are in neither. */
  readonly unknown: number;
};

/**
 * What a sum over tasks will come to, each of which comes to one of its own samples, or of those of its kind where it has none. The
 * percentiles of single tasks cannot be added up, so the sum is drawn many times; always the same draws, so that asking twice gives
 * the same answer. Undefined where nothing is known at all.
 */
export function estimate(
  tasks: readonly Task[],
  samples: ReadonlyMap<string, readonly number[]>,
): Estimate | undefined {
  const known = new Map([...samples].filter(([, own]) => own.length > 0));
  const pools = tasks.map(({ id }) => known.get(id)).filter((pool) => pool !== undefined);
  if (pools.length === 0) return undefined;
  const random = randomOf(1);
  const sums = Array.from({ length: DRAWS }, () =>
    pools.reduce((sum, pool) => sum + (pool[Math.floor(random() * pool.length)] ?? 0), 0),
  ).sort((a, b) => a - b);
  return { p50: percentile(sums, 0.5), p90: percentile(sums, 0.9), unknown: tasks.length - pools.length };
}

const DRAWS = 2000;

/** The smallest value that at least this part of the sorted values does not exceed; 0 of none. */
export function percentile(sorted: readonly number[], part: number): number {
  return sorted[Math.max(0, Math.ceil(sorted.length * part) - 1)] ?? 0;
}

/** Numbers from 0 to 1 that look random, the same for the same seed (mulberry32). */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** The unfinished. */
export function leftOf(tasks: readonly Task[]): Task[] {
  return tasks.filter((task) => !isFinished(task));
}

/** For each task its own samples, else all those of tasks of its type. */
export function withKin(
  tasks: readonly Task[],
  own: ReadonlyMap<string, readonly number[]>,
): Map<string, readonly number[]> {
  const kin = new Map<TaskType, number[]>();
  for (const { id, type } of tasks) kin.set(type, [...(kin.get(type) ?? []), ...(own.get(id) ?? [])]);
  return new Map(tasks.map(({ id, type }) => [id, own.get(id) ?? kin.get(type) ?? []]));
}

/** How long each task took when it was done, in milliseconds. */
export function timeSamples(attempts: readonly Attempt[]): Map<string, number[]> {
  const done = attempts.filter(({ ended }) => ended === 'done');
  return new Map([...Map.groupBy(done, ({ taskId }) => taskId)].map(([id, own]) => [id, own.map(({ ms }) => ms)]));
}
