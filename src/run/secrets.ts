// Every value that must never be shown (design.md §7): of the environment, of .env, and of what scripts are given besides.

import { isSecretName, SHORTEST_SECRET } from '../base/secrets.ts';
import type { Settings } from '../runbook/settings.ts';
import type { Runbook, Task } from '../runbook/task.ts';
import { type Environment, readEnvFile } from '../system/environment.ts';
import { insideRoot } from '../system/paths.ts';

/**
 * Label → value; a label is the name, with the place where the same name has several values. What is a part of a task's id stands in
 * the runbook for all to read: it is no secret, and the id must stay one.
 */
export function secretsOf(root: string, environment: Environment, runbook: Settings): Record<string, string> {
  const found = everySecret(root, environment, runbook);
  return Object.fromEntries(Object.entries(found).filter(([, value]) => idWith(runbook, value) === undefined));
}

/** The names whose values are no secrets because an id holds them: a person who meant one should know. */
export function openSecrets(
  root: string,
  environment: Environment,
  runbook: Runbook,
): { readonly name: string; readonly task: Task }[] {
  return Object.entries(everySecret(root, environment, runbook)).flatMap(([name, value]) => {
    const task = idWith(runbook, value);
    return task === undefined || value.length < SHORTEST_SECRET ? [] : [{ name, task }];
  });
}

function idWith<T extends Pick<Task, 'id'>>({ tasks }: { readonly tasks: readonly T[] }, value: string): T | undefined {
  return tasks.find(({ id }) => value !== '' && id.includes(value));
}

function everySecret(root: string, environment: Environment, runbook: Settings): Record<string, string> {
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
