// The user's own settings, `config.yaml` in their configuration folder: who answers prompts outside of projects, and where shared
// variables lie. Knows no project.

import path from 'node:path';
import type * as z from 'zod/mini';
import type { Failure } from '../base/failure.ts';
import { err, ok, type Result } from '../base/result.ts';
import { readText } from '../system/files.ts';
import { aiSettings } from './ai-settings.ts';
import { readYaml } from './parse.ts';
import { type Problem, placeProblems, type SourceFile } from './problem.ts';
import type { AiSettings } from './task.ts';
import type { userSettingsShape } from './user-settings-shape.ts';

const SETTINGS_FILE = 'config.yaml';

export type UserSettings = {
  readonly ai: AiSettings;
  /** Absolute. */
  readonly organisationVariables: string | undefined;
};

export async function readUserSettings(folder: string): Promise<Result<UserSettings, Failure>> {
  const file = path.join(folder, SETTINGS_FILE);
  const text = readText(file);
  if (!text.ok && text.error.errno !== 'ENOENT' && text.error.errno !== 'ENOTDIR') return err(text.error);
  if (!text.ok) return ok({ ai: aiSettings({}), organisationVariables: undefined });
  const source = { file, text: text.value };
  const data = await readYaml(source);
  if (!data.ok) return problems(data.error);
  const checked = await check(source, data.value ?? {});
  if (!checked.ok) return problems(checked.error);
  const { ai = {}, organisation_variables: shared } = checked.value;
  return ok({
    ai: aiSettings(ai),
    organisationVariables: shared === undefined ? undefined : path.resolve(folder, shared),
  });
}

/** Loaded only where there is something to check: most people have no such file. */
async function check(source: SourceFile, data: unknown): Promise<Result<z.infer<typeof userSettingsShape>, Problem[]>> {
  const [{ checkShape }, { userSettingsShape: shape }] = await Promise.all([
    import('./shape-check.ts'),
    import('./user-settings-shape.ts'),
  ]);
  return checkShape(source, data, shape);
}

async function problems(found: readonly Problem[]): Promise<Result<never, Failure>> {
  return err({ code: 'problems', diagnostics: await placeProblems(found) });
}
