// The user's own settings, `config.yaml` in their configuration folder: who answers prompts outside of projects, and where shared
// variables lie. Knows no project.

import path from 'node:path';
import * as z from 'zod/mini';
import type { Failure } from '../base/failure.ts';
import { err, ok, type Result } from '../base/result.ts';
import { readText } from '../system/files.ts';
import { aiSettings } from './ai-settings.ts';
import { readYaml } from './parse.ts';
import { type Problem, placeProblems } from './problem.ts';
import { aiShape } from './schema.ts';
import { checkShape } from './shape-check.ts';
import type { AiSettings } from './task.ts';

const SETTINGS_FILE = 'config.yaml';

const shape = z.strictObject({
  ai: z.optional(aiShape),
  /** Relative to the folder of the settings, or absolute. */
  organisation_variables: z.optional(z.string().check(z.minLength(1))),
});

export type UserSettings = {
  readonly ai: AiSettings;
  /** Absolute. */
  readonly organisationVariables: string | undefined;
};

export async function readUserSettings(folder: string): Promise<Result<UserSettings, Failure>> {
  const file = path.join(folder, SETTINGS_FILE);
  const text = readText(file);
  if (!text.ok && text.error.errno !== 'ENOENT' && text.error.errno !== 'ENOTDIR') return err(text.error);
  const source = { file, text: text.ok ? text.value : '' };
  const data = await readYaml(source);
  if (!data.ok) return problems(data.error);
  const checked = checkShape<z.infer<typeof shape>>(source, data.value ?? {}, shape);
  if (!checked.ok) return problems(checked.error);
  const { ai = {}, organisation_variables: shared } = checked.value;
  return ok({
    ai: aiSettings(ai),
    organisationVariables: shared === undefined ? undefined : path.resolve(folder, shared),
  });
}

async function problems(found: readonly Problem[]): Promise<Result<never, Failure>> {
  return err({ code: 'problems', diagnostics: await placeProblems(found) });
}
