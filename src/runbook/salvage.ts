// What can still be checked of a runbook whose shape has errors, so that a person sees all problems at once (design.md §4). Pure.

import type { Problem } from './problem.ts';
import type { RawEntry, RawRunbook } from './schema.ts';
import { idShape } from './schema.ts';
import { TASK_TYPES } from './words.ts';

/** `lost`: entries whose id cannot be read, so that what names them cannot be judged. */
export type Salvaged = { readonly raw: RawRunbook; readonly lost: boolean };

/** The entries as far as they fit, in their places; undefined where there is no list of tasks. */
export function salvage(data: unknown): Salvaged | undefined {
  if (!isMapping(data) || !Array.isArray(data.tasks) || data.tasks.length === 0) return undefined;
  const tasks = data.tasks.map((entry, index) => salvageEntry(entry, index));
  const defaults = isMapping(data.defaults)
    ? { ...pick(data.defaults, 'ai_details'), ...pick(data.defaults, 'script_details') }
    : {};
  const ai = isMapping(data.ai) && isTexts(data.ai.env_allow) ? { env_allow: data.ai.env_allow } : {};
  const vars = isMapping(data.vars) ? data.vars : {};
  return { raw: { vars, ai, defaults, tasks }, lost: tasks.some(({ id }) => id.startsWith(LOST)) };
}

/** No id of a person can begin so. */
const LOST = '?';

function salvageEntry(entry: unknown, index: number): RawEntry {
  const read = isMapping(entry) ? entry : {};
  const named = idShape.safeParse(read.id).success;
  const typed = (TASK_TYPES as readonly unknown[]).includes(read.type);
  const file =
    typeof read.task_detail_file === 'string' && read.task_detail_file !== '' ? read.task_detail_file : undefined;
  const whole = named && typed && (file !== undefined || read.task_detail_file === undefined);
  return {
    id: named ? (read.id as string) : `${LOST}${index}`,
    name: `${LOST}${index}`,
    // A manual step is the one that misses nothing: what follows from the broken entry is not told.
    type: whole ? (read.type as RawEntry['type']) : 'MANUAL',
    ...(isTexts(read.depends_on) ? { depends_on: read.depends_on } : {}),
    ...(whole && file !== undefined ? { task_detail_file: file } : {}),
  };
}

/** What speaks of other tasks, which may be the lost ones. */
const MAY_FOLLOW = new Set(['unknown-dependency', 'unknown-output', 'missing-file']);

/** Without those that may only follow from an entry that cannot be read. */
export function withoutFollowing(problems: readonly Problem[]): Problem[] {
  return problems.filter(({ code }) => !MAY_FOLLOW.has(code));
}

function pick(mapping: Record<string, unknown>, key: string): Record<string, unknown> {
  const value = mapping[key];
  return isMapping(value) || typeof value === 'string' ? { [key]: value } : {};
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}
