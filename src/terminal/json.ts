// Tasks, problems and failures as documented JSON (design.md §4). Pure.

import { type Diagnostic, lineColumn, type Place } from '../base/diagnostic.ts';
import { exitCode, type Failure } from '../base/failure.ts';
import { blockReason } from '../run/states.ts';
import type { Runbook, Task } from '../runbook/task.ts';
import { wordFailure } from './wording.ts';

export function jsonPlace(place: Place): Record<string, unknown> {
  if (place.at) return { file: place.file, ...place.at };
  if (place.text === undefined || place.span === undefined || place.text === '') return { file: place.file };
  return { file: place.file, ...lineColumn(place.text, place.span.start) };
}

export function jsonDiagnostic(diagnostic: Diagnostic): Record<string, unknown> {
  const { severity, code, message, place, related, advice, taskId } = diagnostic;
  return {
    severity,
    code,
    message,
    ...(place ? jsonPlace(place) : {}),
    ...(related ? { related: related.map((other) => ({ message: other.message, ...jsonPlace(other.place) })) } : {}),
    ...(advice === undefined ? {} : { advice }),
    ...(taskId === undefined ? {} : { task_id: taskId }),
  };
}

export function jsonFailure(failure: Failure): Record<string, unknown> {
  const { message, advice } = wordFailure(failure);
  return {
    error: {
      code: failure.code,
      message,
      ...(failure.code === 'waiting' && failure.detail !== undefined ? { detail: failure.detail } : {}),
      ...(advice === undefined ? {} : { advice }),
      ...(failure.code === 'problems' || failure.code === 'conflict'
        ? { problems: failure.diagnostics.map(jsonDiagnostic) }
        : {}),
      exit_code: exitCode(failure),
    },
  };
}

export function jsonTask(runbook: Runbook, task: Task): Record<string, unknown> {
  const reason = blockReason(runbook, task);
  return {
    id: task.id,
    name: task.name,
    status: task.status,
    type: task.type,
    depends_on: task.dependsOn,
    ...(task.phase === undefined ? {} : { phase: task.phase }),
    ...(task.when === undefined ? {} : { when: task.when.text }),
    ...(task.detail ? { task_detail_file: task.detail.file } : {}),
    ...(task.outputArtifact === undefined ? {} : { output_artifact: task.outputArtifact }),
    ...(reason === undefined || task.status === 'DONE' || task.status === 'SKIPPED' ? {} : { blocked_because: reason }),
  };
}

/** What is to be done, in the words of the detail file; null while it is not yet written. */
export function jsonWork({ work }: Task): Record<string, unknown> | null {
  switch (work?.type) {
    case undefined:
      return null;
    case 'MANUAL':
      return { manual_instructions: work.instructions, gate: work.gate };
    case 'AI_ASSISTED':
      return { ai_details: work.ai };
    case 'AUTOMATED_SCRIPT': {
      const { command, cwd, env, envFile, timeoutMs, retries, retryDelayMs, successExitCodes, stdin, capture } =
        work.script;
      const options = {
        ...(cwd === undefined ? {} : { cwd }),
        env,
        ...(envFile === undefined ? {} : { env_file: envFile }),
        ...(timeoutMs === undefined ? {} : { timeout_ms: timeoutMs }),
        retries,
        retry_delay_ms: retryDelayMs,
        success_exit_codes: successExitCodes,
        stdin,
        ...(capture ? { capture: 'stdout' } : {}),
      };
      // A line is run by `sh -c`, a command with its arguments without a shell.
      return {
        script_details: {
          ...(command.kind === 'shell' ? { line: command.line } : { command: command.file, args: command.args }),
          ...options,
        },
      };
    }
  }
}
