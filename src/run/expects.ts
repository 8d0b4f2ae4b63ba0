// The checks of `expects` as a task states them: of which kind each is, and how it is named. Pure; makes none.

import type { Check } from '../runbook/schema.ts';

export type StaticCheck = Extract<Check, { file: string }>;

export function isStatic(check: Check): check is StaticCheck {
  return 'file' in check;
}

/** How a check is named to a person. */
export function labelOf(check: Check): string {
  if (!isStatic(check)) return `command: ${check.command}`;
  if (check.matches !== undefined) return `${check.file} matches /${check.matches}/`;
  if (check.schema !== undefined) return `${check.file} fits ${check.schema}`;
  return check.json ? `${check.file} is JSON` : `${check.file} exists and is not empty`;
}

/** `^` and `$` match at line ends: a check is about lines of a file more often than about the whole. */
export function toPattern(source: string): RegExp | undefined {
  try {
    return new RegExp(source, 'mu');
  } catch {
    try {
      return new RegExp(source, 'm');
    } catch {
      return undefined;
    }
  }
}
