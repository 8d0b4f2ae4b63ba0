// Every value that must never be shown (design.md §7): of the environment, of .env, and of what scripts are given besides.

import { isSecretName } from '../base/secrets.ts';
import type { Runbook } from '../runbook/task.ts';
import { type Environment, readEnvFile } from '../system/environment.ts';
import { insideRoot } from '../system/paths.ts';

/** Label → value; a label is the name, with the place where the same name has several values. */
export function secretsOf(root: string, environment: Environment, runbook: Runbook): Record<string, string> {
  const found = environment.secrets(runbook.secrets);
  const isSecret = (name: string) => isSecretName(name) || runbook.secrets.includes(name);
  const add = (place: string, values: Readonly<Record<string, string>>) => {
    for (const [name, value] of Object.entries(values)) {
      if (isSecret(name) && found[name] !== value) found[name in found ? `${name} of ${place}` : name] = value;
    }
  };
  add(runbook.source.file, runbook.env);
  const envFiles = new Set<string>();
  for (const task of runbook.tasks) {
    if (task.work?.type !== 'AUTOMATED_SCRIPT') continue;
    add(task.id, task.work.script.env);
    if (task.work.script.envFile !== undefined) envFiles.add(task.work.script.envFile);
  }
  for (const file of envFiles) {
    const absolute = insideRoot(root, file);
    if (absolute !== undefined) add(file, readEnvFile(absolute));
  }
  return found;
}
