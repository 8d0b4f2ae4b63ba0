// The values of an AI task's template: input_context with its files, outputs and environment read now (design.md §5). Does not fill
// templates or call models.

import path from 'node:path';
import { err, ok, type Result } from '../base/result.ts';
import { didYouMean } from '../base/text.ts';
import { ancestors } from '../runbook/graph.ts';
import type { Problem, Spot } from '../runbook/problem.ts';
import type { AiWork, Runbook, Task } from '../runbook/task.ts';
import type { Environment } from '../system/environment.ts';
import { fileInfo, readText } from '../system/files.ts';
import { insideRoot, realInside } from '../system/paths.ts';
import { outputsOf } from './outputs.ts';

/** What every template may use besides its input_context. `failure` and `previous_output` are null on a first attempt. */
export const BUILT_IN_VARIABLES = ['task', 'vars', 'previous_output', 'failure'] as const;

export type Reference =
  | { readonly kind: 'value'; readonly value: unknown }
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'output_of'; readonly id: string }
  /** What a script wrote to $ORCHESTRATE_OUTPUT. */
  | { readonly kind: 'output_key'; readonly id: string; readonly key: string }
  | { readonly kind: 'env'; readonly name: string };

/** A mapping with the one key `file`, `output_of` (there also with `key`) or `env` is a reference; anything else is the value itself. */
export function referenceOf(value: unknown): Reference {
  if (value !== null && typeof value === 'object' && !Array.isArray(value)) {
    const [pair, second, third] = Object.entries(value);
    const { output_of: id, key } = value as { output_of?: unknown; key?: unknown };
    if (third === undefined && typeof id === 'string' && typeof key === 'string')
      return { kind: 'output_key', id, key };
    if (pair && second === undefined && typeof pair[1] === 'string') {
      if (pair[0] === 'file') return { kind: 'file', path: pair[1] };
      if (pair[0] === 'output_of') return { kind: 'output_of', id: pair[1] };
      if (pair[0] === 'env') return { kind: 'env', name: pair[1] };
    }
  }
  return { kind: 'value', value };
}

/** What can be said of the references before the task starts: files that an earlier task will write are not looked for yet. */
export function checkReferences(root: string, runbook: Runbook, task: Task & { work: AiWork }): Problem[] {
  return Object.entries(task.work.ai.input_context ?? {}).flatMap(([name, value]) => {
    const found = (code: string, message: string, advice: string): Problem[] => [
      { severity: 'error', code, message, spot: spotOf(runbook, task, name), advice, taskId: task.id },
    ];
    if ((BUILT_IN_VARIABLES as readonly string[]).includes(name))
      return found('built-in-name', `"${name}" is a variable that every template has already`, 'choose another name');
    const reference = referenceOf(value);
    switch (reference.kind) {
      case 'value':
        return [];
      case 'env':
        if (runbook.ai.envAllow.includes(reference.name)) return [];
        return found(
          'env-not-allowed',
          `"${name}" reads the environment variable ${reference.name}, which is not allowed`,
          `add it to ai: env_allow: [${reference.name}] in runbook.yaml`,
        );
      case 'file':
        if (insideRoot(root, reference.path) === undefined)
          return found(
            'outside-project',
            `"${name}" reads ${reference.path}, which lies outside the project`,
            'give a path inside the project',
          );
        if (holdsKeys(root, reference.path))
          return found(
            'forbidden-input',
            `"${name}" reads ${reference.path}, which may hold keys`,
            'give the one value by {env: NAME}, and list NAME under ai: env_allow',
          );
        if (fileInfo(path.join(root, reference.path))?.isFile || isToCome(runbook, reference.path)) return [];
        return found(
          'missing-file',
          `"${name}" reads ${reference.path}, which does not exist`,
          'create it, or correct the path',
        );
      case 'output_key':
      case 'output_of': {
        const other = runbook.tasks.find((candidate) => candidate.id === reference.id);
        if (other === undefined) {
          const advice =
            didYouMean(
              reference.id,
              runbook.tasks.map((t) => t.id),
            ) ?? 'name a task that this one depends on';
          return found(
            'unknown-output',
            `"${name}" reads the output of "${reference.id}", which does not exist`,
            advice,
          );
        }
        if (reference.kind === 'output_key' && other.type !== 'AUTOMATED_SCRIPT')
          return found(
            'unknown-output',
            `"${name}" reads "${reference.key}" of "${other.id}", which is ${other.type}: only scripts have outputs with keys`,
            `name a script, or read its artifact: {output_of: ${other.id}}`,
          );
        if (reference.kind === 'output_of' && other.outputArtifact === undefined)
          return found(
            'unknown-output',
            `"${name}" reads the output of "${other.id}", which has no output_artifact`,
            `give "${other.id}" an output_artifact`,
          );
        if (ancestors(runbook.tasks, task.id).has(other.id)) return [];
        return found(
          'unknown-output',
          `"${name}" reads the output of "${other.id}", but does not depend on it`,
          `add "${other.id}" to depends_on of "${task.id}"`,
        );
      }
    }
  });
}

function isToCome(runbook: Runbook, file: string): boolean {
  const wanted = path.normalize(file);
  return runbook.tasks.some(
    ({ outputArtifact }) => outputArtifact !== undefined && path.normalize(outputArtifact) === wanted,
  );
}

function spotOf(runbook: Runbook, task: Task, name: string): Spot {
  return { source: task.detail?.source ?? runbook.source, path: ['ai_details', 'input_context', name] };
}

/** `.env` and the program's own folder are never sent to a model, whatever link leads there. */
function holdsKeys(root: string, file: string): boolean {
  const real = realInside(root, file) ?? file;
  return /^\.env($|\.(?!example$))/.test(real) || /^\.orchestrate(\/|$)/.test(real);
}

/** Every value, read at this moment; all that cannot be read at once. */
export function readContext(
  root: string,
  runbook: Runbook,
  { task, environment }: { task: Task & { work: AiWork }; environment: Environment },
): Result<Record<string, unknown>, Problem[]> {
  const problems: Problem[] = [];
  const values: Record<string, unknown> = {
    task: { id: task.id, name: task.name, description: task.description ?? '' },
    vars: runbook.vars,
    previous_output: null,
    failure: null,
  };
  for (const [name, value] of Object.entries(task.work.ai.input_context ?? {})) {
    const read = readReference(root, runbook, { reference: referenceOf(value), environment });
    if (read.ok) values[name] = read.value;
    else {
      const message = `"${name}": ${read.error}`;
      problems.push({
        severity: 'error',
        code: 'missing-input',
        message,
        spot: spotOf(runbook, task, name),
        taskId: task.id,
      });
    }
  }
  return problems.length > 0 ? err(problems) : ok(values);
}

function readReference(
  root: string,
  runbook: Runbook,
  { reference, environment }: { reference: Reference; environment: Environment },
): Result<unknown, string> {
  switch (reference.kind) {
    case 'value':
      return ok(reference.value);
    case 'env': {
      const value = runbook.ai.envAllow.includes(reference.name) ? environment.get(reference.name) : undefined;
      return value === undefined
        ? err(`the environment variable ${reference.name} is not set or not allowed`)
        : ok(value);
    }
    case 'file':
      return readInside(root, reference.path);
    case 'output_key':
      return readOutput(runbook, reference);
    case 'output_of': {
      const artifact = runbook.tasks.find((task) => task.id === reference.id)?.outputArtifact;
      return artifact === undefined ? err(`"${reference.id}" has no output`) : readInside(root, artifact);
    }
  }
}

function readOutput(runbook: Runbook, { id, key }: { id: string; key: string }): Result<string, string> {
  const task = runbook.tasks.find((other) => other.id === id);
  const outputs = task ? outputsOf(task) : {};
  if (Object.hasOwn(outputs, key)) return ok(outputs[key] ?? '');
  const keys = Object.keys(outputs);
  const known = keys.length === 0 ? 'it left nothing' : (didYouMean(key, keys) ?? `it left ${keys.join(', ')}`);
  return err(`"${id}" left no output "${key}": ${known}`);
}

function readInside(root: string, file: string): Result<string, string> {
  if (holdsKeys(root, file)) return err(`${file} may hold keys and is not read`);
  const absolute = insideRoot(root, file);
  if (absolute === undefined) return err(`${file} lies outside the project`);
  const text = readText(absolute);
  return text.ok
    ? ok(text.value)
    : err(`${file} ${text.error.errno === 'ENOENT' ? 'does not exist' : `cannot be read (${text.error.errno})`}`);
}
